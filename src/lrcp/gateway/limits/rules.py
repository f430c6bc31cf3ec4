"""A policy's limits as rules: each is one thing counted (requests, tokens, calls in progress) with its cells."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Final, Protocol

from lrcp.gateway.exchange import Exchange, Outcome
from lrcp.gateway.limits import calls, layout, window
from lrcp.gateway.limits.cells import Cells
from lrcp.gateway.limits.layout import Table
from lrcp.gateway.limits.typical import Typical
from lrcp.gateway.scope import UNNAMED_MODEL, Matches, compile_scope
from lrcp.model.policy.admission import Limit
from lrcp.model.policy.scope import Per

PERIOD_NS: Final[Mapping[str, int]] = {
    "second": 10**9,
    "minute": 60 * 10**9,
    "hour": 3600 * 10**9,
    "day": 86_400 * 10**9,
}
NEVER: Final = -1
"""Instead of a time to wait: this request will never fit."""

_MAX_PLACES: Final = 512
"""Of cells whose place a rule remembers; there may be 600 rules."""
_MAX_REMEMBERED_CHARS: Final = 200


@dataclass(slots=True)
class Claim:
    """What one rule counts of one exchange. bucket: where a window counted it; left: what the rule has left then."""

    rule: "Rule"
    key: int
    slot: int
    amount: int
    bucket: int = 0
    left: int = 0
    resets_ns: int = 0


class Rule(Protocol):
    """One thing that is counted. All but claim is called under the cells' lock, with `words` the cells' memory.

    what: `requests`, `tokens` or `calls`. settles: whether settle has anything to do.
    """

    limit: Limit
    what: str
    most: int
    matches: Matches | None
    places: "Places"
    settles: bool

    def amount_of(self, exchange: Exchange, typical: Typical) -> int:
        """How much of it an exchange takes, as far as is known before."""

    def wait_ns(self, cells: Cells, claim: Claim, now_ns: int) -> int:
        """0 when the claim fits; else how long to wait, or NEVER. Sets the claim's bucket, left and resets_ns."""

    def take(self, cells: Cells, claim: Claim, now_ns: int) -> None:
        """Count it."""

    def settle(self, cells: Cells, claim: Claim, now_ns: int, outcome: Outcome) -> None:
        """Once its end is known."""


class Places:
    """Where the cells of a rule are: one for all exchanges, or one for each value of what the limit is `per`."""

    __slots__ = ("_prefix", "_remembered", "_value_of", "table")

    def __init__(self, limit: Limit, what: str, firm: Table, open_: Table) -> None:
        self._value_of = _VALUE_OF[limit.per]
        self._prefix = f"{limit.name}\0{what}\0{limit.every}\0{limit.per}\0"
        self._remembered: dict[str, tuple[int, int]] = {}
        self.table = firm if limit.per in ("all", "key") else open_

    def find(self, cells: Cells, exchange: Exchange, now_ns: int) -> tuple[int, int]:
        """(hash, slot) of an exchange's cell, made when it has none. Under the lock."""
        value = self._value_of(exchange)
        place = self._remembered.get(value)
        if place is not None and cells.words[place[1]] == place[0]:
            return place
        key = cells.hash_of(self._prefix + value)
        place = (key, cells.find_or_add(self.table, key, now_ns))
        if len(self._remembered) >= _MAX_PLACES:
            self._remembered.clear()
        if len(value) <= _MAX_REMEMBERED_CHARS:
            self._remembered[value] = place
        return place


def _no_value(exchange: Exchange) -> str:
    return ""


def _model(exchange: Exchange) -> str:
    return exchange.call.model or UNNAMED_MODEL


_VALUE_OF: Final[Mapping[Per, Callable[[Exchange], str]]] = {
    "all": _no_value,
    "key": attrgetter("caller.key_id"),
    "team": attrgetter("caller.team"),
    "service": attrgetter("caller.service"),
    "model": _model,
    "session": attrgetter("caller.session"),
    "user": attrgetter("caller.user"),
}


@dataclass(slots=True)
class WindowRule:
    """Requests or tokens in a sliding window."""

    limit: Limit
    what: str
    most: int
    settles: bool
    matches: Matches | None = field(init=False)
    places: Places = field(init=False)
    width_ns: int = field(init=False)

    def __post_init__(self) -> None:
        self.matches = compile_scope(self.limit.match)
        self.places = Places(self.limit, self.what, layout.WINDOWS_FIRM, layout.WINDOWS_OPEN)
        self.width_ns = window.width_of(PERIOD_NS[self.limit.every])

    def amount_of(self, exchange: Exchange, typical: Typical) -> int:
        if self.what == "requests":
            return 1
        prompt = exchange.prompt_tokens()
        # The bound on the answer is only a bound: it must not make a request impossible whose prompt fits.
        return prompt + min(typical.output_tokens(exchange), max(0, self.most - prompt))

    def wait_ns(self, cells: Cells, claim: Claim, now_ns: int) -> int:
        words, slot = cells.words, claim.slot
        claim.bucket = window.advance(words, slot, self.width_ns, now_ns)
        counted = words[slot + 2]
        claim.left = max(0, self.most - counted)
        claim.resets_ns = max(0, words[slot + 1] - now_ns) if counted else 0
        excess = counted + claim.amount - self.most
        if excess <= 0:
            return 0
        if claim.amount > self.most:
            return NEVER
        return max(1, window.wait_ns(words, slot, self.width_ns, claim.bucket, now_ns, excess))

    def take(self, cells: Cells, claim: Claim, now_ns: int) -> None:
        window.add(cells.words, claim.slot, claim.bucket, claim.amount)
        claim.left -= claim.amount
        claim.resets_ns = cells.words[claim.slot + 1] - now_ns

    def settle(self, cells: Cells, claim: Claim, now_ns: int, outcome: Outcome) -> None:
        used = (outcome.input_tokens or 0) + (outcome.output_tokens or 0)
        slot = _slot_of(cells, claim, self.places.table)
        if slot >= 0 and used != claim.amount:
            bucket = window.advance(cells.words, slot, self.width_ns, now_ns)
            window.correct(cells.words, slot, claim.bucket, bucket, used - claim.amount)


@dataclass(slots=True)
class CallsRule:
    """Calls in progress at the same time."""

    limit: Limit
    most: int
    typical: Typical
    what: str = "calls"
    settles: bool = True
    matches: Matches | None = field(init=False)
    places: Places = field(init=False)

    def __post_init__(self) -> None:
        self.matches = compile_scope(self.limit.match)
        self.places = Places(self.limit, self.what, layout.CALLS_FIRM, layout.CALLS_OPEN)

    def amount_of(self, exchange: Exchange, typical: Typical) -> int:
        return 1

    def wait_ns(self, cells: Cells, claim: Claim, now_ns: int) -> int:
        counted = calls.in_progress(cells.words, claim.slot)
        if counted >= self.most and cells.reap(claim.slot, now_ns / 1e9):
            counted = calls.in_progress(cells.words, claim.slot)
        if counted < self.most:
            return 0
        # Nobody knows when a call will end; on average one of them does in this time.
        return max(1, self.typical.duration_ns(self.limit.name) // self.most)

    def take(self, cells: Cells, claim: Claim, now_ns: int) -> None:
        calls.begin(cells.words, claim.slot, cells.worker, now_ns)

    def settle(self, cells: Cells, claim: Claim, now_ns: int, outcome: Outcome) -> None:
        self.typical.note_duration(self.limit.name, outcome.duration_ns)
        slot = _slot_of(cells, claim, self.places.table)
        if slot >= 0:
            calls.end(cells.words, slot, cells.worker)


def _slot_of(cells: Cells, claim: Claim, table: Table) -> int:
    """Where the cell of a claim is by now; -1 when it had to give way to another."""
    return claim.slot if cells.words[claim.slot] == claim.key else cells.find(table, claim.key)


def compile_limits(limits: Iterable[Limit], typical: Typical) -> tuple[WindowRule | CallsRule, ...]:
    """The rules of a policy's limits, in their order."""
    rules: list[WindowRule | CallsRule] = []
    for limit in limits:
        if limit.requests is not None:
            rules.append(WindowRule(limit, "requests", limit.requests, settles=False))
        if limit.tokens is not None:
            rules.append(WindowRule(limit, "tokens", limit.tokens, settles=True))
        if limit.concurrent is not None:
            rules.append(CallsRule(limit, limit.concurrent, typical))
    return tuple(rules)
