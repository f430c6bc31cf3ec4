"""One round: take the lease, follow the definitions, tick, keep what changed with what is to be told, record why."""

import logging
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from lrcp.kit.clock import Clock
from lrcp.model.errors import LrcpError
from lrcp.model.monitor_state import GroupState, State, Transition
from lrcp.model.monitor_tick import Change, MonitorEvaluation, MonitorStatus
from lrcp.model.notification import Notification
from lrcp.monitors.downtime.mute import tell_ended
from lrcp.monitors.evaluate.prepare import Prepared
from lrcp.monitors.message.render import title_prefix
from lrcp.monitors.reading import Aside
from lrcp.monitors.schedule.definitions import DefinitionFollower
from lrcp.monitors.schedule.evidence import MAX_A_TICK, Evidence, wants_evidence
from lrcp.monitors.schedule.history import RecentHistory
from lrcp.monitors.telling import context_of, tell
from lrcp.monitors.tick import MonitorResult, TickResult, run_tick
from lrcp.query.scan.source import Source
from lrcp.store.state.leases import Lease, LeaseLostError, LeaseStore
from lrcp.store.state.monitor_states import MonitorStateStore

log = logging.getLogger(__name__)

LEASE = "monitors"
PRUNE_EVERY_NS = 6 * 3600 * 1_000_000_000


FindEvidence = Callable[[Prepared, Transition], Awaitable[Evidence | None]]
"""Looks a record up that a message can speak of. Raises: LrcpError."""


class EvaluationWriter(Protocol):
    """Where evaluations are recorded."""

    async def write(self, evaluations: Sequence[MonitorEvaluation]) -> None:
        """Keep those of one tick. Raises: LrcpError."""


class Rounds:
    """The evaluation of one server. holder: names this process among those on the same state database.
    address: of the web app, such as http://127.0.0.1:8000, for links. find: None: messages speak of no record.

    What is remembered in memory is what the state database has: it is changed only after a commit, so that a failed one
    is made up for by the next round, and read anew when the lease comes back from another server.
    """

    def __init__(
        self,
        definitions: DefinitionFollower,
        store: MonitorStateStore,
        leases: LeaseStore,
        source: Source,
        evaluations: EvaluationWriter,
        clock: Clock,
        *,
        holder: str,
        address: str,
        find: FindEvidence | None = None,
    ) -> None:
        self._definitions = definitions
        self._store = store
        self._leases = leases
        self._source = RecentHistory(source)
        self._aside = Aside()
        self._evaluations = evaluations
        self._clock = clock
        self._holder = holder
        self._address = address
        self._find = find
        self._lease: Lease | None = None
        self._last_s: int | None = None
        self._pruned_ns = 0
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
        self._prune()
        current = self._definitions.current
        evaluated_s = {id: float(status.evaluated_s) for id, status in self._statuses.items()}
        tick = await run_tick(
            list(current.prepared.values()),
            self._states,
            at_s,
            self._source,
            evaluated_s=evaluated_s,
            monotonic=self._clock.monotonic_s,
            aside=self._aside,
        )
        self._commit(tick, await self._find_evidence(tick))
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
        self._aside.forget(digests.keys())
        stale = [id for id, status in self._statuses.items() if digests.get(id) != status.definition]
        stale += [id for id in self._states if id not in digests and id not in self._statuses]
        if stale:
            self._store.forget(stale)
            for id in stale:
                self._states.pop(id, None)
                self._statuses.pop(id, None)

    def _prune(self) -> None:
        """Once in a while, and at first."""
        now_ns = self._clock.now_ns()
        if abs(now_ns - self._pruned_ns) >= PRUNE_EVERY_NS:
            self._store.prune(now_ns)
            self._pruned_ns = now_ns

    async def _find_evidence(self, tick: TickResult) -> dict[tuple[int, str], Evidence]:
        """A record for each transition whose message speaks of one; by monitor and group. Without one it is told as well."""
        find, prepared = self._find, self._definitions.current.prepared
        if find is None:
            return {}
        wanted = [
            (prepared[result.monitor_id], transition)
            for result in tick.monitors.values()
            if result.transitions and wants_evidence(prepared[result.monitor_id])
            for transition in result.transitions
            if transition.notify
        ]
        found: dict[tuple[int, str], Evidence] = {}
        for one, transition in wanted[:MAX_A_TICK]:
            try:
                evidence = await find(one, transition)
            except LrcpError as error:
                log.warning("no record was found for the message of monitor %d: %s", one.monitor.id, error)
                break
            if evidence is not None:
                found[one.monitor.id, transition.group] = evidence
        return found

    def _commit(self, tick: TickResult, evidence: Mapping[tuple[int, str], Evidence]) -> None:
        assert self._lease is not None
        after = _After(_States(self._states, tick), evidence)
        changes = [self._change(tick.at_s, result, after) for result in tick.monitors.values()]
        changes += [self._unknown(tick.at_s, id) for id in self._definitions.current.broken]
        try:
            self._store.commit(changes, lease=self._lease, now_ns=self._clock.now_ns())
        except LeaseLostError:
            self._lease = None
            raise
        for change in changes:
            self._adopt(change)
        self._last_s = tick.at_s

    def _change(self, at_s: int, result: MonitorResult, after: "_After") -> Change:
        current, id = self._definitions.current, result.monitor_id
        before = self._statuses.get(id)
        evaluated_s = at_s if result.evaluated or before is None else before.evaluated_s
        status = MonitorStatus(
            monitor_id=id, state=result.state, evaluated_s=evaluated_s, definition=current.digests[id]
        )
        one = current.prepared[id]
        transitions = [*result.transitions, *self._ended_downtimes(one, at_s, after.states)]
        told = tuple((each, self._tell_always(one, each, after)) for each in transitions)
        return Change(status=status, states=result.states, gone=result.gone, transitions=told)

    def _tell_always(self, one: Prepared, transition: Transition, after: "_After") -> tuple[Notification, ...]:
        try:
            return self._tell(one, transition, after)
        except Exception:  # boundary: a message that cannot be written must not keep any state from being kept
            log.exception("the message of monitor %d cannot be written; its numbers are told alone", one.monitor.id)
            return (_bare_notification(one, transition),)

    def _tell(self, one: Prepared, transition: Transition, after: "_After") -> tuple[Notification, ...]:
        current = self._definitions.current
        link = f"{self._address}/monitors/{one.monitor.id}"
        context = replace(context_of(one, transition, after.states), link=link)
        evidence = after.evidence.get((one.monitor.id, transition.group))
        if evidence is not None:
            context = replace(context, record=evidence.record, record_kind=evidence.kind)
        return tell(one, transition, after.states, downtimes=current.downtimes, rules=current.rules, context=context)

    def _unknown(self, at_s: int, id: int) -> Change:
        """Of a definition that cannot be read."""
        digest = self._definitions.current.digests[id]
        status = MonitorStatus(monitor_id=id, state=State.UNKNOWN, evaluated_s=at_s, definition=digest)
        return Change(status=status)

    def _ended_downtimes(self, one: Prepared, at_s: int, after: "_States") -> list[Transition]:
        downtimes = self._definitions.current.downtimes
        if not downtimes or self._last_s is None:
            return []
        return tell_ended(downtimes, one.monitor, after.get(one.monitor.id, {}), self._last_s, at_s)

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


def _bare_notification(one: Prepared, transition: Transition) -> Notification:
    """What is known without the message, its recipients and downtimes."""
    return Notification(
        monitor_id=one.monitor.id,
        group=transition.group,
        time_s=transition.time_s,
        kind=transition.kind,
        title=f"{title_prefix(one.monitor, transition, one.monitor.priority)} {one.monitor.name}",
        body=f"{one.monitor.query}\n{transition.reason}",
        priority=one.monitor.priority,
    )


@dataclass(slots=True)
class _After:
    """What a tick leaves behind, for the messages about it. evidence: by monitor and group."""

    states: "_States"
    evidence: Mapping[tuple[int, str], Evidence]


class _States(Mapping[int, Mapping[str, GroupState]]):
    """Remembered states as a tick leaves them, put together for the few monitors that are asked for."""

    def __init__(self, before: Mapping[int, Mapping[str, GroupState]], tick: TickResult) -> None:
        self._before = before
        self._tick = tick

    def __getitem__(self, id: int) -> Mapping[str, GroupState]:
        groups = self._before.get(id, {})
        result = self._tick.monitors.get(id)
        if result is None or not (result.states or result.gone):
            return groups
        merged = {**groups, **{state.group: state for state in result.states}}
        return {name: state for name, state in merged.items() if name not in result.gone}

    def __iter__(self) -> Iterator[int]:
        return iter(self._before.keys() | self._tick.monitors.keys())

    def __len__(self) -> int:
        return len(self._before.keys() | self._tick.monitors.keys())


def _as_evaluation(at_s: int, result: MonitorResult) -> MonitorEvaluation:
    return MonitorEvaluation(
        monitor_id=result.monitor_id,
        at_s=at_s,
        state=result.state,
        took_s=result.took_s,
        group_count=result.group_count,
        note=result.error or result.note,
        groups=result.evaluations,
    )


def _broken_evaluation(at_s: int, id: int, error: str) -> MonitorEvaluation:
    return MonitorEvaluation(monitor_id=id, at_s=at_s, state=State.UNKNOWN, took_s=0.0, group_count=0, note=error)
