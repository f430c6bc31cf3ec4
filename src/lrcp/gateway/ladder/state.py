"""The ladder's memory, which outlives a policy: what traffic was like, and where things stand.

Latency and errors move one position for all requests of this process; each account of a budget has its own, so that one
team's empty budget degrades nobody else. A request is under the lowest step of those that concern it.
"""

from collections.abc import Iterable
from typing import Any, Final, NamedTuple

from lrcp.gateway.exchange import Exchange, Outcome
from lrcp.gateway.ladder.position import Position, Reading, advance, judge_budget, judge_traffic
from lrcp.gateway.ladder.traffic import TrafficWindow
from lrcp.kit.clock import Clock
from lrcp.model.policy.admission import Ladder, Pressure

EVALUATE_S: Final = 0.1
"""A position is looked at again after so long, at the earliest."""
MAX_POSITIONS: Final = 4096
_TRAFFIC: Final = ("", "")
_START: Final = Position()


class BudgetPressure(NamedTuple):
    """One account that an exchange counts for. ratio: spent share of its cap. degrades: at the cap no step is waited for."""

    budget: str
    value: str
    ratio: float
    degrades: bool


class LadderState:
    """Of one process; used from its event loop only."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._pressure = Pressure()
        self._last_step = 0
        self._held: int | None = None
        self._window = TrafficWindow(self._pressure.window_s)
        self._positions: dict[tuple[str, str], Position] = {}

    def obey(self, ladder: Ladder) -> None:
        """Judge by this ladder from now on; positions stay, as far down as it goes."""
        self._pressure, self._last_step = ladder.pressure, len(ladder.steps)
        self._held = None if ladder.at_step is None else min(ladder.at_step, self._last_step)
        for key, position in self._positions.items():
            self._positions[key] = position._replace(step=min(position.step, self._last_step))
        if self._window.window_s != ladder.pressure.window_s:
            self._window = TrafficWindow(ladder.pressure.window_s)

    def record(self, exchange: Exchange, outcome: Outcome) -> None:
        """One exchange has ended. Only what providers did counts: not what was refused, cached or given up here."""
        if not exchange.attempts or outcome.cancelled:
            return
        failed = outcome.status >= 500 or outcome.status == 429 or (outcome.status < 400 and outcome.error != "")
        self._window.add(self._clock.monotonic_s(), outcome.duration_ns / 1e9, failed)

    def find_position(self, budgets: Iterable[BudgetPressure] = ()) -> Position:
        """The lowest position of those that concern a request: that of all traffic, and those of its budgets."""
        if self._held is not None:
            return Position(self._held, "held by hand" if self._held else "")
        now_s = self._clock.monotonic_s()
        lowest = self._of_traffic(now_s)
        for budget in budgets:
            position = self._of_budget(budget, now_s)
            if position.step > lowest.step:
                lowest = position
        return lowest

    async def start(self) -> None:
        """Nothing to start: it is all in memory, and moves when it is asked."""

    async def stop(self) -> None:
        """Nothing to stop."""

    def describe(self) -> dict[str, Any]:
        """For /health: the step of all traffic, and of the budgets that are under pressure."""
        position = self.find_position()
        budgets = {":".join(filter(None, key)): one.step for key, one in self._positions.items() if key != _TRAFFIC}
        return {"step": position.step, "reason": position.reason, "of": self._last_step, "budgets": budgets}

    def _of_traffic(self, now_s: float) -> Position:
        position = self._positions.get(_TRAFFIC, _START)
        if now_s - position.seen_s < EVALUATE_S:
            return position
        reading = judge_traffic(self._pressure, self._window.read(now_s))
        return self._move(_TRAFFIC, position, reading, now_s)

    def _of_budget(self, budget: BudgetPressure, now_s: float) -> Position:
        key = (budget.budget, budget.value)
        position = self._positions.get(key)
        if position is None:
            above = self._pressure.budget_above
            if budget.ratio < 1.0 and (above is None or budget.ratio <= above):
                return _START
            position = _START
        elif now_s - position.seen_s < EVALUATE_S:
            return position
        reading = judge_budget(self._pressure, budget.budget, budget.ratio, degrades=budget.degrades)
        return self._move(key, position, reading, now_s)

    def _move(self, key: tuple[str, str], before: Position, reading: Reading, now_s: float) -> Position:
        after = advance(before, reading, self._pressure, self._last_step, now_s)
        if after.step or reading.over or key == _TRAFFIC:
            if key in self._positions or len(self._positions) < MAX_POSITIONS:
                self._positions[key] = after
        else:
            self._positions.pop(key, None)
        return after
