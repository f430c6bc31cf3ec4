"""A template cut into text and tags, in one pass: what stands between braces, and where."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

MAX_TEMPLATE_CHARS: Final = 64 * 1024
MAX_TAG_CHARS: Final = 1000


@dataclass(frozen=True, slots=True)
class Tag:
    """One piece of a template, text[start:end]. kind: text, open, invert, close, else, insert, insert_raw, raw_block,
    comment, bad. content: what is between the braces, without the sign; of a bad tag what is wrong with it. body: of a
    raw block what is inside."""

    kind: str
    content: str
    start: int
    end: int
    body: str = ""


class _Finder:
    """str.find with a growing start, which looks at no character of the text twice for the same thing."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._found: dict[str, int] = {}

    def find(self, what: str, start: int) -> int:
        known = self._found.get(what)
        if known is None or -1 < known < start:
            known = self._found[what] = self._text.find(what, start)
        return known


def split_tags(text: str) -> list[Tag]:
    """All of a template in its order. A pair of braces that is never closed is a bad tag of its braces alone.

    A condition, else or comment that has a line for itself takes the line with it: it leaves no empty line behind.
    """
    pieces: list[Tag] = []
    place = 0
    for tag, start, end in _tags_with_extent(text):
        if start > place:
            pieces.append(Tag("text", text[place:start], place, start))
        pieces.append(tag)
        place = end
    if place < len(text):
        pieces.append(Tag("text", text[place:], place, len(text)))
    return pieces


def _tags_with_extent(text: str) -> Iterator[tuple[Tag, int, int]]:
    """Each tag with what it takes of the text."""
    finder, place = _Finder(text), 0
    while (start := finder.find("{{", place)) >= 0:
        tag = _read_tag(text, start, finder)
        place = tag.end
        yield (tag, *(_line_of(text, tag) if _owns_line(tag) else (tag.start, tag.end)))


def _read_tag(text: str, start: int, finder: _Finder) -> Tag:
    if text.startswith("{{{{", start):
        return _read_raw_block(text, start, finder)
    if text.startswith("{{!", start):
        return _read_comment(text, start, finder)
    opening, closing = ("{{{", "}}}") if text.startswith("{{{", start) else ("{{", "}}")
    inside = start + len(opening)
    end = finder.find(closing, inside)
    if end < 0 or end - inside > MAX_TAG_CHARS:
        wrong = (
            f"{opening} is not closed by {closing}" if end < 0 else f"more than {MAX_TAG_CHARS} characters in braces"
        )
        return Tag("bad", wrong, start, inside)
    content = text[inside:end].strip()
    if opening == "{{{":
        return Tag("insert_raw", content, start, end + 3)
    if content == "else":
        return Tag("else", "", start, end + 2)
    kind = _SIGNS.get(content[:1], "insert")
    return Tag(kind, content if kind == "insert" else content[1:].strip(), start, end + 2)


_SIGNS: Final = {"#": "open", "^": "invert", "/": "close"}


def _read_raw_block(text: str, start: int, finder: _Finder) -> Tag:
    """`{{{{raw}}}} ... {{{{/raw}}}}`, or with a condition in place of `raw`."""
    inside = start + 4
    end = finder.find("}}}}", inside)
    if end < 0 or end - inside > MAX_TAG_CHARS:
        return Tag("bad", "{{{{ is not closed by }}}}", start, inside)
    content = text[inside:end].strip()
    close = f"{{{{{{{{/{content.split(None, 1)[0] if content else 'raw'}}}}}}}}}"
    last = finder.find(close, end + 4)
    if last < 0:
        return Tag("bad", f"the raw block is not closed by {close}", start, end + 4)
    return Tag("raw_block", content, start, last + len(close), text[end + 4 : last])


def _read_comment(text: str, start: int, finder: _Finder) -> Tag:
    """`{{!-- ... --}}`, or `{{! ... }}`, which ends at the first braces."""
    long, short, another = finder.find("--}}", start), finder.find("}}", start), finder.find("{{!", start + 3)
    if text.startswith("{{!--", start) and long >= 0 and not start < another < long:
        return Tag("comment", "", start, long + 4)
    if short >= 0:
        return Tag("comment", "", start, short + 2)
    return Tag("bad", "the comment is not closed by }}", start, start + 3)


_OWN_LINE: Final = frozenset({"open", "invert", "close", "else", "comment"})
_REST_OF_LINE: Final = re.compile(r"[ \t]*\r?(?:\n|\Z)")


def _owns_line(tag: Tag) -> bool:
    return tag.kind in _OWN_LINE or (tag.kind == "insert" and tag.content.startswith("override_priority"))


def _line_of(text: str, tag: Tag) -> tuple[int, int]:
    """The whole line of a tag that is alone on it; else where the tag itself begins and ends."""
    first = tag.start
    while first > 0 and text[first - 1] in " \t":
        first -= 1
    rest = _REST_OF_LINE.match(text, tag.end)
    if rest is None or (first > 0 and text[first - 1] != "\n"):
        return tag.start, tag.end
    return first, rest.end()
