"""A monitor's step with a value for each group, and what it remembers between."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from lrcp.model.monitor import Monitor, parse_monitor
from lrcp.model.monitor_state import GroupState, State
from lrcp.monitors.groups import name_groups
from lrcp.monitors.observation import Observation
from lrcp.monitors.state.step import Step, step
from lrcp.query.monitor.ast import Comparison
from tests.unit.monitors.drive import spell

NAN = float("nan")


def monitor(**options: Any) -> Monitor:
    """A definition with options; its query is not looked at by step."""
    return parse_monitor({"name": "m", "type": "query alert", "query": "", "options": options}, id=7)


def observed(
    values: Mapping[str, float | None],
    comparison: str = "> 10",
    keys: tuple[str, ...] = ("host",),
    **fields: Any,
) -> Observation:
    """An observation by group: `a`, or `a/prod` for two keys; '' without groups. NaN: too little; None: no data."""
    operator, _, threshold = comparison.partition(" ")
    groups = [tuple(name.split("/")) if name else () for name in values]
    given = [NAN if value is None else value for value in values.values()]
    return Observation(
        keys=() if list(values) == [""] else keys,
        groups=groups,
        data=np.array([value is not None for value in values.values()], dtype=np.bool_),
        values=np.array(given, dtype=np.float64),
        comparison=Comparison(operator, float(threshold)),
        window_s=fields.pop("window_s", 300.0),
        **fields,
    )


class Scene:
    """One monitor, stepped."""

    def __init__(
        self, comparison: str = "> 10", keys: tuple[str, ...] = ("host",), max_groups: int = 1000, **options: Any
    ):
        self.monitor, self.comparison, self.keys, self.max_groups = monitor(**options), comparison, keys, max_groups
        self.states: dict[str, GroupState] = {}
        self.evaluated_s: float | None = None
        self.last: Step | None = None

    def at(self, at_s: float, values: Mapping[str, float | None] | float | None, **fields: Any) -> list[str]:
        """One step; its transitions as `time group kind`, `+` where it may notify."""
        given = values if isinstance(values, Mapping) else {"": values}
        return self.observe(at_s, observed(given, self.comparison, self.keys, **fields))

    def observe(self, at_s: float, observation: Observation) -> list[str]:
        """One step with an observation of one's own."""
        done = step(self.monitor, observation, self.states, at_s, self.evaluated_s, self.max_groups)
        self.states.update(done.states)
        for name in done.gone:
            del self.states[name]
        if done.evaluated:
            self.evaluated_s = at_s
        self.last = done
        return [spell(transition) for transition in done.transitions]

    def state(self, group: str = "*") -> State:
        """What a group is in."""
        return self.states[group].state

    def reason(self, group: str = "*") -> str:
        """Why, by the last step."""
        assert self.last is not None
        return next(one.reason for one in self.last.evaluations if one.group == group)


__all__ = ["NAN", "Scene", "monitor", "name_groups", "observed"]
