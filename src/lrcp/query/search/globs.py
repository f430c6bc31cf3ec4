"""Patterns against values: the whole text, `*` any run of characters and `?` one. Linear in the text, also with many `*`.

Every pattern has two forms of one meaning: a function, and a regular expression of RE2 for SQL.
"""

from collections.abc import Callable

from lrcp.query.search.ast import ANY, Pattern, Wildcard

Segment = tuple[str | None, ...]
"""Characters that stand side by side; None is any one."""


def segments(pattern: Pattern) -> list[Segment]:
    """What stands between the `*` of a pattern, the first and the last piece included; they may be empty."""
    found: list[list[str | None]] = [[]]
    for part in pattern.parts:
        if part == ANY:
            found.append([])
        elif isinstance(part, Wildcard):
            found[-1].append(None)
        else:
            found[-1].extend(part)
    return [tuple(segment) for segment in found]


def fits(segment: Segment, text: str, at: int) -> bool:
    """Whether a segment stands at a place; at: 0 or more."""
    if at + len(segment) > len(text):
        return False
    return all(wanted is None or wanted == text[at + i] for i, wanted in enumerate(segment))


def find(segment: Segment, text: str, start: int) -> int:
    """Where a segment first stands, from a place on; -1 nowhere."""
    if None not in segment:
        return text.find("".join(map(str, segment)), start)
    last = len(text) - len(segment)
    return next((at for at in range(start, last + 1) if fits(segment, text, at)), -1)


def compile_glob(pattern: Pattern) -> Callable[[str], bool]:
    """Whether a value is what the pattern says."""
    literal = pattern.literal
    if literal is not None:
        return lambda text: text == literal
    first, *middle, last = segments(pattern) if ANY in pattern.parts else [(), *segments(pattern)]
    if ANY not in pattern.parts:
        return lambda text: len(text) == len(last) and fits(last, text, 0)
    return lambda text: _matches(text, first, middle, last)


def _matches(text: str, first: Segment, middle: list[Segment], last: Segment) -> bool:
    end = len(text) - len(last)
    if end < len(first) or not fits(first, text, 0) or not fits(last, text, end):
        return False
    at = len(first)
    for segment in middle:
        at = find(segment, text, at)
        if at < 0:
            return False
        at += len(segment)
    return at <= end


def glob_regex(pattern: Pattern) -> str:
    """The same as a regular expression of RE2."""
    return "(?s)^" + ".*".join(segment_regex(segment, ".") for segment in segments(pattern)) + "$"


def segment_regex(segment: Segment, one: str) -> str:
    """A segment in a regular expression of RE2; one: what stands for `?`."""
    return "".join(one if character is None else escape_re2(character) for character in segment)


def escape_re2(character: str) -> str:
    """A character as itself: letters, digits and what is not ASCII stand for themselves, all others by their number."""
    plain = (character.isascii() and character.isalnum()) or ord(character) >= 0x80
    return character if plain else f"\\x{{{ord(character):x}}}"
