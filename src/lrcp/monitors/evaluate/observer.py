"""Observer: what one kind of monitor asks, and what it makes of the answers. The port between prepare and the kinds."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from lrcp.model.monitor_state import GroupState
from lrcp.monitors.observation import Observation, unknown_observation
from lrcp.query.scan.blocks import Block
from lrcp.query.scan.scans import Scan

Answers = Mapping[Scan, Block]


@dataclass(frozen=True, slots=True)
class Part:
    """Another monitor, as a composite or an SLO sees it in the same tick.

    keys: of its grouping. states: of its groups, this tick's included. unknown: why it could not be evaluated now, ''.
    """

    keys: tuple[str, ...]
    states: Mapping[str, GroupState] = field(default_factory=dict)
    unknown: str = ""


Parts = Mapping[int, Part]
"""By the monitor's id; a monitor that does not exist is absent."""


class Observer(Protocol):
    """One prepared query."""

    @property
    def keys(self) -> tuple[str, ...]:
        """Keys that the groups are named by, as far as they are known without data."""

    def scans(self, at_s: int) -> frozenset[Scan]:
        """What is to be read for an evaluation at a time."""

    def observe(self, at_s: int, answers: Answers, parts: Parts) -> Observation:
        """What was found; answers: to all scans of that time."""


@dataclass(frozen=True, slots=True)
class Unanswerable:
    """A monitor of data that is not kept here: UNKNOWN, and why."""

    reason: str
    keys: tuple[str, ...] = ()

    def scans(self, at_s: int) -> frozenset[Scan]:
        """None."""
        return frozenset()

    def observe(self, at_s: int, answers: Answers, parts: Parts) -> Observation:
        """Nothing can be said."""
        return unknown_observation(self.reason)
