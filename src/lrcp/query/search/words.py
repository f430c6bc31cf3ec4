"""Words in prose: what a search without a field, and `*:`, look for. Without regard to the case of ASCII letters.

A word is a run of letters, digits and characters beyond ASCII, as the store's text index cuts them. A phrase is its words
in their order with nothing but other characters between them. A word with wildcards is looked for within what stands
between spaces: `web*` what begins a word with web, `*web` what ends one, `*web*` anywhere; `*` crosses no space.
"""

import re
from collections.abc import Callable
from typing import Final

from lrcp.query.search.ast import Pattern
from lrcp.query.search.globs import Segment, escape_re2, find, fits, segment_regex, segments

_SPACE: Final = "\t\n\f\r "
_SPACES: Final = re.compile(f"[{_SPACE}]+")
_WORD: Final = re.compile(r"[0-9a-z\u0080-\U0010ffff]+")
_GAP: Final = r"[^0-9a-z\x{80}-\x{10FFFF}]"
_ASCII_LOWER: Final = {upper: upper + 32 for upper in range(65, 91)}


def lower(text: str) -> str:
    """As ClickHouse's lower: ASCII letters only."""
    return text.translate(_ASCII_LOWER)


def words_of(pattern: Pattern) -> list[str]:
    """The words of a pattern without wildcards; [] when it has wildcards, or no word."""
    return [] if pattern.literal is None else _WORD.findall(lower(pattern.literal))


def compile_words(pattern: Pattern) -> Callable[[str], bool]:
    """Whether a text holds the pattern."""
    words, literal = words_of(pattern), pattern.literal
    if words:
        between = r"[^0-9a-z\u0080-\U0010ffff]+"
        found = re.compile(rf"(?<![0-9a-z\u0080-\U0010ffff]){between.join(words)}(?![0-9a-z\u0080-\U0010ffff])")
        return lambda text: found.search(lower(text)) is not None
    if literal is not None:
        return lambda text: literal in text
    wanted = _lowered(pattern)
    return lambda text: any(_in_chunk(wanted, chunk) for chunk in _SPACES.split(lower(text)))


def words_regex(pattern: Pattern) -> str:
    """The same as a regular expression of RE2, to be looked for in the lowered text."""
    words, literal = words_of(pattern), pattern.literal
    if words:
        return f"(?:^|{_GAP}){f'{_GAP}+'.join(words)}(?:$|{_GAP})"
    if literal is not None:
        return "".join(map(escape_re2, literal))
    wanted = _lowered(pattern)
    if any(character is not None and character in _SPACE for segment in wanted for character in segment):
        return _NEVER
    inner = r"[^\t\n\f\r ]*".join(segment_regex(segment, r"[^\t\n\f\r ]") for segment in wanted)
    return f"{f'(?:^|{_GAP})' if wanted[0] else ''}{inner}{f'(?:$|{_GAP})' if wanted[-1] else ''}"


_NEVER: Final = r"[^\x{0}-\x{10FFFF}]"


def _lowered(pattern: Pattern) -> list[Segment]:
    return [tuple(lower(c) if c is not None else None for c in segment) for segment in segments(pattern)]


def _in_chunk(wanted: list[Segment], chunk: str) -> bool:
    """Whether a chunk between spaces holds the segments in their order; empty ends stand for a leading or closing `*`.

    The first place of each segment is the best one: whatever fits behind a later place fits behind it too.
    """
    at = 0
    for number, segment in enumerate(wanted):
        at = _place(segment, chunk, at, begins=number == 0, ends=number == len(wanted) - 1)
        if at < 0:
            return False
        at += len(segment)
    return True


def _place(segment: Segment, chunk: str, start: int, *, begins: bool, ends: bool) -> int:
    """Where a segment first stands at the edges of words that it must stand at; -1 nowhere."""
    if not segment:
        return start
    at = find(segment, chunk, start)
    while at >= 0:
        behind = at + len(segment)
        opens = not begins or at == 0 or not _is_word(chunk[at - 1])
        closes = not ends or behind == len(chunk) or not _is_word(chunk[behind])
        if opens and closes and fits(segment, chunk, at):
            return at
        at = find(segment, chunk, at + 1)
    return -1


def _is_word(character: str) -> bool:
    return _WORD.match(character) is not None
