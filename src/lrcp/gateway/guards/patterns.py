"""The guard `patterns`: words and regular expressions, found in time that grows with the text and nothing else (RE2)."""

from collections.abc import Callable, Iterator, Mapping
from typing import Annotated, Any, Final

import msgspec
import re2

from lrcp.gateway.guards.port import OK, REDACTED, GuardInput, GuardText, Span, Verdict
from lrcp.model.errors import InputError

_MAX_WORDS: Final = 10_000
_MAX_MEMORY_BYTES: Final = 8 * 1024 * 1024
_MAX_SPANS: Final = 10_000
_REASON: Final = "it holds a word or pattern that is not allowed"
_EMPTY_PROBES: Final = (b"", b"a", b" ", b"a b")
_Positive = Annotated[int, msgspec.Meta(gt=0, le=100_000)]


class _Options(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """words stand alone: no letter, digit or _ next to them. roles: whose texts; all when empty.

    longest: no match of a pattern is longer, in characters; with it streams are redacted as they pass.
    """

    words: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()
    case_sensitive: bool = False
    roles: tuple[str, ...] = ()
    replacement: str = REDACTED
    longest: _Positive | None = None


class Patterns:
    """blocking is False: 100,000 tokens take about a millisecond."""

    blocking = False

    def __init__(self, options: _Options) -> None:
        self.reach = _reach_of(options)
        self._roles = frozenset(options.roles)
        self._replacement = options.replacement
        self._words = _compile([re2.escape(word) for word in options.words], options)
        self._patterns = _compile(list(options.patterns), options)

    def judge(self, seen: GuardInput) -> Verdict:
        spans: list[Span] = []
        for index, text in enumerate(seen.texts):
            if self._roles and text.role not in self._roles:
                continue
            found = sorted(self._find(text))
            if found and not seen.wants_spans:
                return Verdict(True, _REASON)
            spans += [Span(index, start, end, self._replacement) for start, end in _merge(found)]
        return Verdict(True, _REASON, spans=tuple(spans)) if spans else OK

    def _find(self, given: GuardText) -> Iterator[tuple[int, int]]:
        raw = given.text.encode("utf-8", "replace")
        start = len(given.text[: given.start].encode("utf-8", "replace")) if given.start else 0
        if self._words is not None:
            yield from _places(self._words, raw, start, given.text, _stands_alone)
        if self._patterns is not None:
            yield from _places(self._patterns, raw, start, given.text, _anywhere)


def make_patterns(options: Mapping[str, Any]) -> Patterns:
    """The guard of a policy's options. Raises: InputError."""
    try:
        read = msgspec.convert(dict(options), _Options)
    except msgspec.ValidationError as error:
        raise InputError(str(error)) from error
    if not read.words and not read.patterns:
        raise InputError("words or patterns must be given")
    if len(read.words) + len(read.patterns) > _MAX_WORDS or not all(word.strip() for word in read.words):
        raise InputError(f"there may be {_MAX_WORDS} words and patterns at most, and none of them empty")
    return Patterns(read)


def _compile(alternatives: list[str], options: _Options) -> Any:
    """One expression of many. Raises: InputError - one is wrong, or may match where there is nothing."""
    if not alternatives:
        return None
    settings = re2.Options()
    settings.case_sensitive = options.case_sensitive
    settings.log_errors = False
    settings.max_mem = _MAX_MEMORY_BYTES
    for alternative in [*alternatives[:_MAX_WORDS], "|".join(f"(?:{one})" for one in alternatives)]:
        try:
            compiled = re2.compile(alternative.encode(), settings)
        except re2.error as error:
            said = error.args[0] if error.args else ""
            why = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
            raise InputError(f"{alternative[:80]!r} is no pattern of RE2: {why}") from error
        if any((match := compiled.search(probe)) and match.start() == match.end() for probe in _EMPTY_PROBES):
            raise InputError(f"{alternative[:80]!r} matches where there is nothing")
    return compiled


def _reach_of(options: _Options) -> int | None:
    """A match and the character after it; changing the case may make a word one byte a character longer, never two characters."""
    if options.patterns and options.longest is None:
        return None
    return max([*(len(word) for word in options.words), options.longest or 0]) + 2


def _places(
    compiled: Any, raw: bytes, start: int, text: str, counts: Callable[[str, int, int], bool]
) -> Iterator[tuple[int, int]]:
    """In characters, of the matches that count. raw is text in UTF-8; start is in its bytes."""
    is_ascii = len(raw) == len(text)
    seen_bytes = seen_chars = 0
    for _ in range(_MAX_SPANS):
        match = compiled.search(raw, start)
        if match is None:
            return
        begin, end = match.span()
        first, length = begin, end - begin
        if not is_ascii:
            first = seen_chars + len(raw[seen_bytes:begin].decode("utf-8", "ignore"))
            length = len(raw[begin:end].decode("utf-8", "ignore"))
            seen_bytes, seen_chars = begin, first
        start = begin + 1
        if length and counts(text, first, first + length):
            start = end
            yield first, first + length


def _anywhere(text: str, start: int, end: int) -> bool:
    return True


def _stands_alone(text: str, start: int, end: int) -> bool:
    """Whether no letter, digit or _ goes on where a word begins or ends with one. RE2's own \\b knows ASCII only."""
    before = start > 0 and _joins(text[start]) and _joins(text[start - 1])
    after = end < len(text) and _joins(text[end - 1]) and _joins(text[end])
    return not before and not after


def _joins(char: str) -> bool:
    return char.isalnum() or char == "_"


def _merge(places: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Those that overlap become one."""
    merged: list[tuple[int, int]] = []
    for start, end in places:
        if merged and start < merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((start, end))
    return merged
