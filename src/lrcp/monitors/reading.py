"""What a tick reads: all monitors together; one whose data cannot be read is set aside, so that the others do not suffer.

What is said of a failure, and when there is another try: docs/monitors.md.
"""

import asyncio
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from lrcp.model.errors import BusyError, CostlyError, InputError, LrcpError, UnavailableError
from lrcp.monitors.evaluate.observer import Answers
from lrcp.monitors.evaluate.prepare import Prepared
from lrcp.query.scan.blocks import Block
from lrcp.query.scan.scans import Scan
from lrcp.query.scan.source import Source

ASIDE_S: Final = 600
"""Between two tries of a monitor that is set aside."""

_TRIES_WHEN_BUSY: Final = 3
_LONGEST_PAUSE_S: Final = 1.0

Plans = Mapping[int, frozenset[Scan]]
"""What each monitor wants to be read, by its id."""


@dataclass(slots=True)
class Found:
    """answers: to all scans that could be answered. failures: why a monitor's were not, by its id.

    source_error: why nothing could be read at all, ''.
    """

    answers: dict[Scan, Block] = field(default_factory=dict)
    failures: dict[int, str] = field(default_factory=dict)
    source_error: str = ""


@dataclass(frozen=True, slots=True)
class _Held:
    one: Prepared
    reason: str
    again_s: int


class Aside:
    """Monitors that could not be read while others could, as long as their definition stays. In memory, one a scheduler."""

    def __init__(self) -> None:
        self._held: dict[int, _Held] = {}

    def reason(self, one: Prepared) -> str:
        """Why a monitor is set aside, '' when it is not."""
        held = self._held.get(one.monitor.id)
        return held.reason if held is not None and held.one is one else ""

    def rests(self, one: Prepared, at_s: int) -> bool:
        """Whether it is not to be tried yet."""
        held = self._held.get(one.monitor.id)
        return bool(self.reason(one)) and held is not None and held.again_s - ASIDE_S <= at_s < held.again_s

    def hold(self, one: Prepared, reason: str, at_s: int) -> None:
        """Set it aside."""
        self._held[one.monitor.id] = _Held(one, reason, at_s + ASIDE_S)

    def release(self, one: Prepared) -> None:
        """It could be read."""
        self._held.pop(one.monitor.id, None)

    def forget(self, ids: Collection[int]) -> None:
        """Those that are no more. ids: those that are."""
        self._held = {id: held for id, held in self._held.items() if id in ids}


async def read_plans(plans: Plans, monitors: Mapping[int, Prepared], at_s: int, source: Source, aside: Aside) -> Found:
    """All answers at once; where something is wrong with one scan each monitor's own.

    A source that is away is not asked again for each monitor. Never raises but for cancellation.
    """
    found = Found()
    held = [id for id in plans if aside.reason(monitors[id])]
    together = {id: wanted for id, wanted in plans.items() if wanted and id not in held}
    try:
        found.answers.update(await _fetch(source, frozenset().union(*together.values())))
    except Exception as error:  # noqa: BLE001 - boundary: told by the monitors that need what could not be read
        if not _away(error):
            await _read_apart(together, monitors, at_s, source, aside, found)
        else:
            found.source_error = spell_error(error)
            _fail(found, together, found.source_error)
    for id in held:
        one = monitors[id]
        if found.source_error or aside.rests(one, at_s):
            found.failures[id] = aside.reason(one)
        else:
            await _try_again(one, plans[id], at_s, source, aside, found)
    return found


async def _read_apart(
    plans: Plans, monitors: Mapping[int, Prepared], at_s: int, source: Source, aside: Aside, found: Found
) -> None:
    """Each monitor's own; those that fail while others do not are set aside."""
    failed: dict[int, Exception] = {}
    for id, wanted in plans.items():
        try:
            found.answers.update(await _fetch(source, wanted - found.answers.keys()))
        except Exception as error:  # noqa: BLE001 - boundary: as in read_plans, for one monitor
            if _away(error):
                found.source_error = spell_error(error)
                _fail(found, (other for other in plans if other not in failed), found.source_error)
                break
            failed[id] = error
    for id, why in failed.items():
        found.failures[id] = spell_error(why)
        if len(failed) < len(plans):
            aside.hold(monitors[id], found.failures[id], at_s)
    if len(failed) == len(plans) and not found.source_error:
        found.source_error = next((spell_error(why) for why in failed.values() if not _own_fault(why)), "")


async def _try_again(
    one: Prepared, wanted: frozenset[Scan], at_s: int, source: Source, aside: Aside, found: Found
) -> None:
    try:
        found.answers.update(await _fetch(source, wanted - found.answers.keys()))
        aside.release(one)
    except Exception as error:  # noqa: BLE001 - boundary: as in read_plans, for one monitor
        found.failures[one.monitor.id] = spell_error(error)
        aside.hold(one, found.failures[one.monitor.id], at_s)


async def _fetch(source: Source, scans: frozenset[Scan]) -> Answers:
    """Another try or two where too much else is being read."""
    if not scans:
        return {}
    for _ in range(_TRIES_WHEN_BUSY - 1):
        try:
            return await source.fetch(scans)
        except BusyError as error:
            await asyncio.sleep(min(error.retry_after_s, _LONGEST_PAUSE_S))
    return await source.fetch(scans)


def _away(error: Exception) -> bool:
    """Whether the next question would fare no better."""
    return isinstance(error, UnavailableError | BusyError) and not isinstance(error, CostlyError)


def _own_fault(error: Exception) -> bool:
    """Whether it is the scans' and not the source's."""
    return isinstance(error, InputError | CostlyError)


def _fail(found: Found, monitor_ids: Iterable[int], reason: str) -> None:
    for id in monitor_ids:
        found.failures.setdefault(id, reason)


def spell_error(error: Exception) -> str:
    """An error of ours speaks for itself; of another the kind says more than its words."""
    if isinstance(error, CostlyError):
        return f"reading it takes more than a query may: {error}"
    if isinstance(error, UnavailableError | BusyError):
        return f"the store cannot be read: {error}"
    return str(error) if isinstance(error, LrcpError) else f"{type(error).__name__}: {error}"
