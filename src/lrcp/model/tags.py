"""Datadog's rules for tags. Source: DATADOG.md 1.1; checked by tests/unit/model/test_tags.py."""

import re
from collections.abc import Iterable

MAX_TAG_CHARS = 200
_PLAIN = re.compile(r"[a-z][a-z0-9_\-:./]{0,198}[a-z0-9_\-./]\Z").match
_FORBIDDEN = re.compile(r"[^\w\-:./]")


def normalize_tag(tag: str) -> str:
    """One tag by Datadog's rules: lower case, letters first, other characters to '_', 200 characters, no trailing ':'.

    Returns: the tag, '' when nothing of it is left (it held no letter).
    """
    if _PLAIN(tag):
        return tag
    text = _FORBIDDEN.sub("_", tag.strip().lower())
    start = next((i for i, char in enumerate(text) if char.isalpha()), len(text))
    return text[start : start + MAX_TAG_CHARS].rstrip(":")


def fold_tag_text(text: str) -> str:
    """A piece of a tag in the same case and characters as a normalised one, uncut; for patterns."""
    return _FORBIDDEN.sub("_", text.lower())


def normalize_tags(tags: Iterable[str]) -> tuple[str, ...]:
    """A tag set in its one stored form: each tag normalised, sorted, without repeats and empty ones."""
    return tuple(sorted({clean for tag in tags if (clean := normalize_tag(tag))}))


def split_tag(tag: str) -> tuple[str, str]:
    """`key:value` in two at the first ':'; a bare tag has the value ''."""
    key, _, value = tag.partition(":")
    return key, value
