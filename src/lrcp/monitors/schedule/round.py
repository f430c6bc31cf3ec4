"""One round: take the lease, follow the definitions, tick, keep what changed with what is to be told, record why."""

import logging
from collections.abc import Mapping, Sequence
from typing import Protocol

from lrcp.kit.clock import Clock
from lrcp.model.errors import LrcpError
from lrcp.model.monitor_state import GroupState, State, Transition
from lrcp.model.monitor_tick import Change, MonitorEvaluation, MonitorStatus
from lrcp.model.notification import Notification
from lrcp.monitors.evaluate.prepare import Prepared
from lrcp.monitors.schedule.definitions import DefinitionFollower
from lrcp.monitors.tick import MonitorResult, TickResult, run_tick
from lrcp.query.scan.source import Source
from lrcp.store.state.leases import Lease, LeaseLostError, LeaseStore
from lrcp.store.state.monitor_states import MonitorStateStore

log = logging.getLogger(__name__)

LEASE = "monitors"


class Teller(Protocol):
    """Makes the notifications of a transition."""

    def tell(
        self, one: Prepared, transition: Transition, states: Mapping[int, Mapping[str, GroupState]]
    ) -> tuple[Notification, ...]:
        """What is to be told, muted or not; nothing where the transition does not notify."""


class EvaluationWriter(Protocol):
    """Where evaluations are recorded."""

    async def write(self, evaluations: Sequence[MonitorEvaluation]) -> None:
        """Keep those of one tick. Raises: LrcpError."""


class Rounds:
    """The evaluation of one server. holder: names this process among those on the same state database.

    What is remembered in memory is what the state database has: it is changed only after a commit, so that a failed one
    is made up for by the next round, and read anew when the lease comes back from another server.
    """

    def __init__(
        self,
        definitions: DefinitionFollower,
        store: MonitorStateStore,
        leases: LeaseStore,
        source: Source,
        teller: Teller,
        evaluations: EvaluationWriter,
        clock: Clock,
        holder: str,
    ) -> None:
        self._definitions = definitions
        self._store = store
        self._leases = leases
        self._source = source
        self._teller = teller
        self._evaluations = evaluations
        self._clock = clock
        self._holder = holder
        self._lease: Lease | None = None
        self._states: dict[int, dict[str, GroupState]] = {}
        self._statuses: dict[int, MonitorStatus] = {}

    @property
    def active(self) -> bool:
        """Whether this server is the one that evaluates."""
        return self._lease is not None

    async def run(self, at_s: int) -> TickResult | None:
        """Evaluate what is due at a time, Unix seconds, a multiple of 10. Returns: None while another server evaluates.

        Raises: UnavailableError - the state database cannot be reached; nothing was changed.
        """
        if not self._take_lease():
            return None
        self._follow_definitions()
        current = self._definitions.current
        evaluated_s = {id: float(status.evaluated_s) for id, status in self._statuses.items()}
        tick = await run_tick(
            list(current.prepared.values()),
            self._states,
            at_s,
            self._source,
            evaluated_s=evaluated_s,
            monotonic=self._clock.monotonic_s,
        )
        self._commit(tick)
        await self._record(tick)
        return tick

    def close(self) -> None:
        """Let another server take over at once."""
        if self._lease is not None:
            lease, self._lease = self._lease, None
            self._leases.release(lease)

    def _take_lease(self) -> bool:
        lease = self._leases.acquire(LEASE, self._holder, self._clock.now_ns())
        if lease is None:
            self._lease = None
            return False
        if self._lease is None or lease.term != self._lease.term:
            self._states, self._statuses = self._store.load(), self._store.statuses()
        self._lease = lease
        return True

    def _follow_definitions(self) -> None:
        """Forget the states of monitors that are no more, or that mean something else now."""
        self._definitions.refresh()
        digests = self._definitions.current.digests
        stale = [id for id, status in self._statuses.items() if digests.get(id) != status.definition]
        stale += [id for id in self._states if id not in digests and id not in self._statuses]
        if stale:
            self._store.forget(stale)
            for id in stale:
                self._states.pop(id, None)
                self._statuses.pop(id, None)

    def _commit(self, tick: TickResult) -> None:
        assert self._lease is not None
        changes = [self._change(tick.at_s, result) for result in tick.monitors.values()]
        try:
            self._store.commit(changes, lease=self._lease, now_ns=self._clock.now_ns())
        except LeaseLostError:
            self._lease = None
            raise
        for change in changes:
            self._adopt(change)

    def _change(self, at_s: int, result: MonitorResult) -> Change:
        before = self._statuses.get(result.monitor_id)
        evaluated_s = at_s if result.evaluated or before is None else before.evaluated_s
        one = self._definitions.current.prepared[result.monitor_id]
        status = MonitorStatus(
            monitor_id=result.monitor_id,
            state=result.state,
            evaluated_s=evaluated_s,
            definition=self._definitions.current.digests[result.monitor_id],
        )
        told = [(transition, self._teller.tell(one, transition, self._states)) for transition in result.transitions]
        return Change(status=status, states=result.states, gone=result.gone, transitions=tuple(told))

    def _adopt(self, change: Change) -> None:
        id = change.status.monitor_id
        self._statuses[id] = change.status
        groups = self._states.setdefault(id, {})
        for state in change.states:
            groups[state.group] = state
        for group in change.gone:
            groups.pop(group, None)

    async def _record(self, tick: TickResult) -> None:
        broken = self._definitions.current.broken
        rows = [_as_evaluation(tick.at_s, result) for result in tick.monitors.values()]
        rows += [_broken_evaluation(tick.at_s, id, error) for id, error in broken.items()]
        try:
            await self._evaluations.write(rows)
        except LrcpError as error:
            log.warning("why monitors did or did not fire at %d is not recorded: %s", tick.at_s, error)


def _as_evaluation(at_s: int, result: MonitorResult) -> MonitorEvaluation:
    return MonitorEvaluation(
        monitor_id=result.monitor_id,
        at_s=at_s,
        state=result.state,
        took_s=result.took_s,
        group_count=result.group_count,
        error=result.error or result.note,
        groups=result.evaluations,
    )


def _broken_evaluation(at_s: int, id: int, error: str) -> MonitorEvaluation:
    return MonitorEvaluation(monitor_id=id, at_s=at_s, state=State.UNKNOWN, took_s=0.0, group_count=0, error=error)
