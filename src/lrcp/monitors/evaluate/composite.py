"""Composites: a boolean of other monitors' states, by the reporting sources that they have in common.

Source: DATADOG.md 3.7, rule 18, and the truth table below 3.8; checked by tests/spec/monitors/composite.yaml.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Final

import numpy as np

from lrcp.model.monitor import Monitor, Options
from lrcp.model.monitor_state import DATADOG_NAMES, GroupState, State
from lrcp.monitors.evaluate.observer import Answers, Part, Parts
from lrcp.monitors.groups import EVERYTHING, TAG_SETS, values_of_group
from lrcp.monitors.observation import HOLD, Observation, unknown_observation
from lrcp.query.errors import QueryError
from lrcp.query.monitor.ast import Both, CompositeQuery, Condition, Either, Opposite, Reference
from lrcp.query.monitor.printer import print_monitor_query
from lrcp.query.scan.scans import Scan

MOST_PARTS: Final = 10

_OPPOSITES: Final = {State.OK: State.ALERT, State.NO_DATA: State.NO_DATA, State.WARN: State.OK, State.ALERT: State.OK}
_WITHOUT_DATA: Final = {
    "show_no_data": int(State.NO_DATA),
    "show_and_notify_no_data": int(State.NO_DATA),
    "resolve": int(State.OK),
}

States = tuple[State, ...]


@dataclass(frozen=True, slots=True)
class CompositeObserver:
    """ids: of the monitors, in the order they are named. without_data: the level where no data decides; HOLD: the last one."""

    condition: Condition
    ids: tuple[int, ...]
    text: str
    without_data: int

    @property
    def keys(self) -> tuple[str, ...]:
        """Those of the parts are not known before they are there; nothing refers to a composite."""
        return ()

    def scans(self, at_s: int) -> frozenset[Scan]:
        """None."""
        return frozenset()

    def observe(self, at_s: int, answers: Answers, parts: Parts) -> Observation:
        """A state, or HOLD, for each group that all parts have."""
        for id in self.ids:
            if id not in parts:
                return unknown_observation(f"monitor {id} does not exist, or cannot be evaluated")
            if parts[id].unknown:
                return unknown_observation(f"monitor {id}: {parts[id].unknown}")
        keys, rows = common_groups([parts[id] for id in self.ids])
        seen: dict[States, tuple[int, str]] = {}
        found = [seen.get(states) or seen.setdefault(states, self._judge(states)) for _, states in rows]
        return Observation(
            keys=keys,
            groups=[group for group, _ in rows],
            data=np.ones(len(rows), dtype=np.bool_),
            values=np.full(len(rows), np.nan),
            levels=np.array([level for level, _ in found], dtype=np.int8),
            reasons=[reason for _, reason in found],
            family="composite",
            note="" if rows else "the monitors have no group in common",
        )

    def _judge(self, states: States) -> tuple[int, str]:
        """The level for the states of all parts, and why."""
        state = evaluate_condition(self.condition, dict(zip(self.ids, states, strict=True)))
        told = ", ".join(f"{id} is {DATADOG_NAMES[one]}" for id, one in zip(self.ids, states, strict=True))
        if state is State.NO_DATA:
            level = HOLD if State.SKIPPED in states else self.without_data
            return level, f"{told}: {self.text} has no data"
        return int(state), f"{told}: {self.text} is {DATADOG_NAMES[state]}"


def observe_composite(monitor: Monitor, query: CompositeQuery) -> CompositeObserver:
    """The observer of `123 && !456`.

    Raises: QueryError - more than ten monitors.
    """
    ids = tuple(dict.fromkeys(references(query.condition)))
    if len(ids) > MOST_PARTS:
        raise QueryError(f"a composite has {MOST_PARTS} monitors at most, not {len(ids)}", monitor.query)
    return CompositeObserver(query.condition, ids, print_monitor_query(query), _without_data(monitor.options))


def _without_data(options: Options) -> int:
    if options.on_missing_data is not None:
        return _WITHOUT_DATA.get(options.on_missing_data, HOLD)
    return int(State.NO_DATA) if options.notify_no_data else HOLD


def references(condition: Condition) -> Iterator[int]:
    """Ids of the monitors of a condition, as they are named."""
    match condition:
        case Reference():
            yield condition.monitor_id
        case Opposite():
            yield from references(condition.operand)
        case Both() | Either():
            yield from references(condition.left)
            yield from references(condition.right)


def evaluate_condition(condition: Condition, states: Mapping[int, State]) -> State:
    """`&&` is the lesser, `||` the greater of OK < No Data < Warn < Alert; `!` makes Alert of OK, and OK of Warn and Alert.

    A part that was never evaluated counts as without data, one that is Unknown as OK.
    """
    match condition:
        case Reference():
            return _counted(states[condition.monitor_id])
        case Opposite():
            return _OPPOSITES[evaluate_condition(condition.operand, states)]
        case Both():
            return min(evaluate_condition(condition.left, states), evaluate_condition(condition.right, states))
        case Either():
            return max(evaluate_condition(condition.left, states), evaluate_condition(condition.right, states))


def _counted(state: State) -> State:
    if state is State.SKIPPED:
        return State.NO_DATA
    return State.OK if state is State.UNKNOWN else state


def common_groups(parts: list[Part]) -> tuple[tuple[str, ...], list[tuple[tuple[str, ...], States]]]:
    """Groups that all parts have, compared by their values whatever the keys are called, with the state of each part.

    A part without groups goes with every group; a part with fewer keys with each group that has its values among its own.
    Returns: the keys of the part with the most, and by group (values of those keys) the states in the order of the parts.
    """
    grouped = [part for part in parts if _is_grouped(part)]
    if not grouped:
        return (), [((), tuple(_single(part) for part in parts))]
    widest = max(grouped, key=_size)
    finders = [_by_values(part) if _is_grouped(part) else None for part in parts]
    rows: list[tuple[tuple[str, ...], States]] = []
    for name in sorted(widest.states):
        values = values_of_group(name, widest.keys)
        states: list[State] = []
        for part, finder in zip(parts, finders, strict=True):
            state = _single(part) if finder is None else _find(finder, values, _size(part))
            if state is None:
                break
            states.append(state)
        else:
            rows.append((values, tuple(states)))
    return widest.keys, rows


def _is_grouped(part: Part) -> bool:
    return bool(part.keys)


def _size(part: Part) -> int:
    """Values of a group; of tag sets those of the first."""
    if part.keys != TAG_SETS:
        return len(part.keys)
    return len(values_of_group(next(iter(part.states)), part.keys)) if part.states else 0


def _single(part: Part) -> State:
    state: GroupState | None = part.states.get(EVERYTHING)
    return State.SKIPPED if state is None else state.state


def _by_values(part: Part) -> dict[frozenset[str], State]:
    return {frozenset(values_of_group(name, part.keys)): state.state for name, state in part.states.items()}


def _find(by_values: dict[frozenset[str], State], values: tuple[str, ...], size: int) -> State | None:
    """The state of the group whose values are among those given."""
    if size == len(values):
        return by_values.get(frozenset(values))
    found = (by_values.get(frozenset(some)) for some in combinations(values, size))
    return next((state for state in found if state is not None), None)
