"""Which requests a rule of the policy is about: a Scope made into one function, when the policy is loaded."""

from collections.abc import Callable, Iterable, Mapping
from operator import attrgetter

from lrcp.gateway.exchange import Exchange
from lrcp.model.policy.scope import Scope

UNNAMED_MODEL = "default"
"""What a request that names no model is matched as."""

Matches = Callable[[Exchange], bool]
MatchesText = Callable[[str], bool]


def compile_scope(scope: Scope) -> Matches | None:
    """Whether an exchange is in a scope; None when every one is, so that a caller need not ask.

    What a request does not have (no key, no session) is matched by the value '' only, not by `*`: `keys: ["*"]` are
    the requests with a key.
    """
    tests = [test for test in _tests(scope) if test is not None]
    if not tests:
        return None
    return tests[0] if len(tests) == 1 else _all_of(tuple(tests))


def compile_patterns(patterns: Iterable[str]) -> MatchesText:
    """Whether a text is one of the patterns, in which `*` stands for any run of characters.

    No regular expression: a request's model may be of any length, and some expressions take its square in time.
    """
    given = tuple(patterns)
    exact = frozenset(pattern for pattern in given if "*" not in pattern)
    with_stars = [pattern.split("*") for pattern in given if "*" in pattern]
    prefixes = tuple(pieces[0] for pieces in with_stars if len(pieces) == 2 and not pieces[1])
    globs = tuple(tuple(pieces) for pieces in with_stars if len(pieces) > 2 or pieces[1])

    def matches(text: str) -> bool:
        if text in exact:
            return True
        return text != "" and (text.startswith(prefixes) or any(_fits(text, pieces) for pieces in globs))

    return matches if prefixes or globs else exact.__contains__


def _fits(text: str, pieces: tuple[str, ...]) -> bool:
    """Whether a text has these pieces in this order, the first at its start and the last at its end."""
    head, *middle, tail = pieces
    end = len(text) - len(tail)
    place = len(head)
    if place > end or not text.startswith(head) or not text.endswith(tail):
        return False
    for piece in middle:
        found = text.find(piece, place, end)
        if found < 0:
            return False
        place = found + len(piece)
    return True


def _tests(scope: Scope) -> Iterable[Matches | None]:
    """One test a member, the cheapest first."""
    yield _on(scope.priorities, attrgetter("caller.priority"))
    yield _on(scope.routes, attrgetter("route"))
    yield _on(scope.models, _model_of)
    yield _on(scope.teams, attrgetter("caller.team"))
    yield _on(scope.services, attrgetter("caller.service"))
    yield _on(scope.sessions, attrgetter("caller.session"))
    yield _on(scope.users, attrgetter("caller.user"))
    yield _on_keys(scope.keys)
    yield _on_tags(scope.tags)


def _model_of(exchange: Exchange) -> str:
    return exchange.call.model or UNNAMED_MODEL


def _on(patterns: tuple[str, ...], value_of: Callable[[Exchange], str]) -> Matches | None:
    if not patterns:
        return None
    matches = compile_patterns(patterns)

    def test(exchange: Exchange) -> bool:
        return matches(value_of(exchange))

    return test


def _on_keys(patterns: tuple[str, ...]) -> Matches | None:
    """By id or by name."""
    if not patterns:
        return None
    matches = compile_patterns(patterns)

    def test(exchange: Exchange) -> bool:
        return matches(exchange.caller.key_id) or matches(exchange.caller.key_name)

    return test


def _on_tags(tags: Mapping[str, str]) -> Matches | None:
    """Every tag must be there, with a value that its pattern takes."""
    if not tags:
        return None
    wanted = tuple((name, compile_patterns((pattern,))) for name, pattern in tags.items())

    def test(exchange: Exchange) -> bool:
        carried = exchange.caller.tags
        return all(name in carried and matches(carried[name]) for name, matches in wanted)

    return test


def _all_of(tests: tuple[Matches, ...]) -> Matches:
    def test(exchange: Exchange) -> bool:
        return all(one(exchange) for one in tests)

    return test
