"""The replay itself: tick after tick through history, with the evaluation and the states that run live."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from lrcp.model.errors import InputError
from lrcp.model.monitor_state import GroupState, Transition
from lrcp.monitors.evaluate.prepare import Prepared
from lrcp.monitors.tick import MonitorResult, TickResult, run_tick
from lrcp.query.scan.chunks import ChunkedSource
from lrcp.query.scan.source import Source

DEFAULT_EVERY_S: Final = 60
"""Datadog's own rhythm; live monitors are evaluated every 10 s."""
MAX_TICKS: Final = 400_000

Progress = Callable[[int, int], None]
"""Called with (ticks done, ticks in all)."""


@dataclass(slots=True)
class Replayed:
    """transitions: all of them, in order. errors: of monitors that could not be evaluated, the last of each by id.

    evaluations: how many there were. unknown: how many of them could not be made. until_s: end of the replay.
    """

    since_s: int
    until_s: int
    transitions: list[Transition] = field(default_factory=list)
    errors: dict[int, str] = field(default_factory=dict)
    evaluations: int = 0
    unknown: int = 0


@dataclass(slots=True)
class _Memory:
    """What monitors remember while history goes by."""

    states: dict[int, dict[str, GroupState]] = field(default_factory=dict)
    evaluated_s: dict[int, float] = field(default_factory=dict)

    def adopt(self, tick: TickResult) -> None:
        """Take over what a tick changed."""
        for id, result in tick.monitors.items():
            if result.evaluated:
                self.evaluated_s[id] = float(tick.at_s)
            groups = self.states.setdefault(id, {})
            groups.update((state.group, state) for state in result.states)
            for group in result.gone:
                groups.pop(group, None)


async def replay(
    prepared: Collection[Prepared],
    source: Source,
    *,
    since_s: int,
    until_s: int,
    every_s: int = DEFAULT_EVERY_S,
    progress: Progress | None = None,
    on_tick: Callable[[TickResult], None] | None = None,
) -> Replayed:
    """What monitors would have done in [since_s, until_s], starting with nothing remembered.

    Args:
        since_s, until_s: Unix seconds. every_s: distance of the ticks, a multiple of 10; a monitor with a long window is
            evaluated at its own, longer intervals.
        on_tick: is given each tick's result, e.g. to write down values.
    Raises: InputError - the range is empty or too long for this distance; UnavailableError - the source went away.
    """
    ticks = _ticks(since_s, until_s, every_s)
    done, memory, chunked = Replayed(since_s, until_s), _Memory(), ChunkedSource(source)
    for number, at_s in enumerate(ticks, 1):
        tick = await run_tick(prepared, memory.states, at_s, chunked, evaluated_s=memory.evaluated_s)
        memory.adopt(tick)
        _count(done, tick)
        if on_tick is not None:
            on_tick(tick)
        if progress is not None:
            progress(number, len(ticks))
    return done


def _ticks(since_s: int, until_s: int, every_s: int) -> range:
    if every_s < 10 or every_s % 10:
        raise InputError("ticks are a multiple of 10 seconds apart")
    ticks = range(-(-since_s // every_s) * every_s, until_s + 1, every_s)
    if not ticks:
        raise InputError("there is no tick in this range; its end must lie behind its start")
    if len(ticks) > MAX_TICKS:
        raise InputError(
            f"{len(ticks):,} ticks are more than {MAX_TICKS:,}; choose a shorter range or a longer distance"
        )
    return ticks


def _count(done: Replayed, tick: TickResult) -> None:
    done.evaluations += len(tick.monitors)
    for result in _in_order(tick.monitors):
        done.transitions += result.transitions
        if result.error:
            done.unknown += 1
            done.errors[result.monitor_id] = result.error


def _in_order(monitors: Mapping[int, MonitorResult]) -> Iterator[MonitorResult]:
    return (monitors[id] for id in sorted(monitors))
