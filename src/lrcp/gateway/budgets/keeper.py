"""Keeper: the leases of this process, kept in step with the state database by one thread beside the event loop.

Reserving touches memory only. What was spent is written every SYNC_S, and what more is needed is asked for in the same
transaction; a request waits for it only where its lease does not hold enough.
"""

import asyncio
import logging
import os
import secrets
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final, Literal, TypeVar

from lrcp.gateway.budgets.journal import SLOTS, Journal, read_dead_journals
from lrcp.gateway.budgets.lease import Lease
from lrcp.gateway.budgets.ledger import Ledger
from lrcp.kit.backoff import Backoff
from lrcp.kit.clock import Clock
from lrcp.model.budget import BudgetKey, Every, LeaseClaim, LeaseGrant, find_window
from lrcp.model.errors import LrcpError

log = logging.getLogger(__name__)

SYNC_S: Final = 0.2
SWEEP_S: Final = 1.0
HEARTBEAT_S: Final = 5.0
RECOVER_S: Final = 5.0
LOST_S: Final = 30.0
WAIT_S: Final = 2.0
"""How long a request waits for the state database before it is refused."""
CLOSE_S: Final = 5.0
MAX_LEASES: Final = SLOTS
MAX_CLAIMS: Final = 500

_NEVER_S: Final = float("-inf")

Answer = Literal["granted", "exhausted", "away"]
_T = TypeVar("_T")
_Waiter = tuple[int, asyncio.Future[Answer]]


class BudgetKeeper:
    """All leases of a process, by budget and value. All but the ledger's calls runs on one event loop.

    journal_folder: where the journals of this machine's processes are; None keeps none, and a killed process is charged
    all it had leased. The thread, the task and the journal begin with the first lease; stop ends them.
    """

    def __init__(self, ledger: Ledger, clock: Clock, journal_folder: Path | None = None) -> None:
        self._ledger = ledger
        self._clock = clock
        self._folder = journal_folder
        self._process = f"{os.getpid()}-{secrets.token_hex(10)}"[:32]
        self._journal: Journal | None = None
        self._leases: dict[tuple[str, str], Lease] = {}
        self._ending: list[Lease] = []
        self._waiting: dict[Lease, list[_Waiter]] = {}
        self._serial = 0
        self._work = asyncio.Event()
        self._closing = False
        self._task: asyncio.Task[None] | None = None
        self._thread: ThreadPoolExecutor | None = None
        self._backoff = Backoff(base_s=0.2, cap_s=2.0, least_share=0.5)
        self._failures = 0
        self._down_until_s = 0.0
        self._problem = ""
        self._synced_s = self._swept_s = self._recovered_s = self._searched_s = _NEVER_S

    def find_lease(self, budget: str, value: str) -> Lease | None:
        """The lease at hand, if there is one; it may be of a window that is over."""
        return self._leases.get((budget, value))

    def lease_for(self, budget: str, value: str, every: Every, cap_nusd: int, now_ns: int) -> Lease | None:
        """The lease of the window of now, begun empty where there is none; None when there are too many."""
        lease = self._leases.get((budget, value))
        if lease is None or now_ns >= lease.ends_ns or lease.spoilt:
            lease = self._begin(lease, budget, value, every, cap_nusd, now_ns)
        elif lease.cap_nusd != cap_nusd:
            lease.cap_nusd = cap_nusd
        return lease

    async def obtain(self, lease: Lease, nusd: int) -> Answer:
        """Reserve what the lease does not hold now, by asking the database. Reserved only when granted."""
        if self._clock.monotonic_s() < self._down_until_s or self._closing:
            return "away"
        answered: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(lease, []).append((nusd, answered))
        self._work.set()
        try:
            async with asyncio.timeout(WAIT_S):
                return await answered
        except (TimeoutError, asyncio.CancelledError) as error:
            # The answer may have come in the very moment in which the waiting ended.
            if answered.done() and not answered.cancelled() and answered.result() == "granted":
                lease.settle(nusd, 0)
            if isinstance(error, asyncio.CancelledError):
                raise
            return "away"

    async def start(self) -> None:
        """Where processes of this machine were killed, settle them now; else everything waits for the first lease."""
        if self._folder is not None and any(self._folder.glob("*.journal")):
            self._start()

    async def stop(self) -> None:
        """Settle everything and give it back, within CLOSE_S; what cannot be settled stays in the journal."""
        self._closing = True
        self._work.set()
        if self._task is None:
            return
        settled = False
        try:
            async with asyncio.timeout(CLOSE_S):
                await self._task
                settled = await self._settle_all()
        except TimeoutError:
            log.warning("budgets were not settled within %s s", CLOSE_S)
        self._task.cancel()
        if self._thread is not None:
            self._thread.shutdown(wait=False, cancel_futures=True)
        if self._journal is not None:
            self._journal.close(settled=settled)

    def describe(self) -> dict[str, Any]:
        """For /health."""
        return {"leases": len(self._leases), "database": self._problem or "ok"}

    def _begin(
        self, before: Lease | None, budget: str, value: str, every: Every, cap_nusd: int, now_ns: int
    ) -> Lease | None:
        if before is None and len(self._leases) >= MAX_LEASES:
            return None
        self._start()
        if before is not None and not before.spoilt:
            self._ending.append(before)
        window = find_window(every, now_ns)
        self._serial += 1
        lease = Lease(self._serial, BudgetKey(budget, value, window.name), window.ends_ns, cap_nusd)
        if self._journal is not None:
            lease.note_in(self._journal.cells, self._journal.take_slot())
        self._leases[budget, value] = lease
        return lease

    def _start(self) -> None:
        if self._task is not None:
            return
        if self._folder is not None:
            try:
                self._journal = Journal(self._folder, self._process)
            except OSError as error:
                log.warning("no journal of budgets, a killed gateway is charged what it had leased: %s", error)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="budgets")
        self._task = asyncio.create_task(self._run(), name="budgets")

    async def _run(self) -> None:
        while not self._closing:
            await self._rest()
            self._work.clear()
            try:
                if self._synced_s == _NEVER_S:
                    # What killed processes held is free before the first request asks.
                    await self._recover()
                await self._sync()
                # Only now, as a process that slept for long would take itself for dead.
                await self._recover()
            except LrcpError as error:
                self._fail(error)
            except Exception as error:  # boundary: whatever is wrong with the ledger, leases at hand go on
                log.exception("budgets could not be settled")
                self._fail(error)
            else:
                self._failures, self._problem = 0, ""

    async def _rest(self) -> None:
        """Until there is work, or it is time to write; after a failure until another try is worth it."""
        pause_s = self._down_until_s - self._clock.monotonic_s()
        if pause_s > 0:
            await asyncio.sleep(pause_s)
            return
        try:
            async with asyncio.timeout(SYNC_S):
                await self._work.wait()
        except TimeoutError:
            return

    async def _recover(self) -> None:
        """Settle the processes that are no more: those of this machine by their journals, others when silent for long."""
        now_s = self._clock.monotonic_s()
        if self._folder is not None and now_s - self._recovered_s >= RECOVER_S:
            await self._on_thread(self._settle_dead)
            self._recovered_s = now_s
        if now_s - self._searched_s >= LOST_S:
            await self._on_thread(self._ledger.settle_lost, self._clock.now_ns())
            self._searched_s = now_s

    def _settle_dead(self) -> None:
        assert self._folder is not None
        for process, committed_nusd, path in read_dead_journals(self._folder):
            settled = self._ledger.settle_process(process, committed_nusd)
            log.info("budgets: settled %d leases of %s, which has ended", settled, process)
            path.unlink(missing_ok=True)

    async def _sync(self) -> None:
        self._sweep()
        claims = self._make_claims()
        now_s = self._clock.monotonic_s()
        if not claims and now_s - self._synced_s < HEARTBEAT_S:
            return
        leases = list(claims)
        try:
            grants = await self._on_thread(
                self._ledger.sync, self._process, self._clock.now_ns(), [claims[lease][0] for lease in leases]
            )
        except BaseException:
            for lease in leases:
                lease.stale = True
                _answer_all(claims[lease][1], "away")
            raise
        self._synced_s = now_s
        for lease, grant in zip(leases, grants, strict=True):
            self._take_grant(lease, *claims[lease], grant)

    def _sweep(self) -> None:
        now_s = self._clock.monotonic_s()
        if now_s - self._swept_s < SWEEP_S:
            return
        elapsed_s, self._swept_s = now_s - self._swept_s, now_s
        now_ns = self._clock.now_ns()
        for name, lease in list(self._leases.items()):
            lease.sweep(elapsed_s)
            if (lease.is_idle or now_ns >= lease.ends_ns) and lease not in self._waiting:
                self._ending.append(self._leases.pop(name))

    def _make_claims(self) -> dict[Lease, tuple[LeaseClaim, list[_Waiter]]]:
        """What to tell now, those first for which requests wait."""
        waiting, self._waiting = self._waiting, {}
        claims = {lease: _claim_for(lease, waiters) for lease, waiters in waiting.items()}
        for lease in [lease for lease in self._ending if not lease.reserved_nusd and lease not in claims]:
            claims[lease] = (lease.make_claim(0, over=True), [])
        for lease in (*self._leases.values(), *self._ending):
            if len(claims) >= MAX_CLAIMS:
                break
            if lease.stale and not lease.spoilt and lease not in claims:
                claims[lease] = (lease.make_claim(0), [])
        return claims

    def _take_grant(self, lease: Lease, claim: LeaseClaim, waiters: Sequence[_Waiter], grant: LeaseGrant) -> None:
        lease.accept(claim, grant)
        if lease in self._ending and (claim.over or grant.lost):
            self._ending.remove(lease)
        if self._journal is not None and (claim.over or grant.lost):
            self._journal.free_slot(lease.stop_noting())
        given_nusd = grant.granted_nusd - claim.granted_nusd
        for waiter in waiters:
            nusd, answered = waiter
            if answered.done():
                continue
            if lease.spoilt:
                answered.set_result("away")
            elif lease.reserve(nusd):
                answered.set_result("granted")
            elif given_nusd < claim.need_nusd:
                lease.refused_nusd = nusd
                answered.set_result("exhausted")
            else:  # all that was asked for was given, and others took of it while the claim was on its way: ask again
                self._waiting.setdefault(lease, []).append(waiter)
                self._work.set()

    def _fail(self, error: Exception) -> None:
        """The database is away: go on from what is leased, refuse what waits."""
        self._failures += 1
        self._problem = str(error)
        if self._failures == 1:
            log.warning("budgets go on from what is leased: %s", error)
        self._down_until_s = self._clock.monotonic_s() + self._backoff.delay_s(self._failures)
        self._turn_away()

    def _turn_away(self) -> None:
        for waiters in self._waiting.values():
            _answer_all(waiters, "away")
        self._waiting = {}

    async def _settle_all(self) -> bool:
        """The last word of this process: nothing is held any more. What is still in progress is charged whole."""
        self._turn_away()
        leases = [lease for lease in (*self._leases.values(), *self._ending) if not lease.spoilt]
        for lease in leases:
            lease.settle(lease.reserved_nusd, lease.reserved_nusd)
        try:
            for start in range(0, len(leases), MAX_CLAIMS):
                claims = [lease.make_claim(0, over=True) for lease in leases[start : start + MAX_CLAIMS]]
                await self._on_thread(self._ledger.sync, self._process, self._clock.now_ns(), claims)
            await self._on_thread(self._ledger.settle_process, self._process, ())
        except LrcpError as error:
            log.warning("budgets could not be settled at the end: %s", error)
            return False
        return True

    async def _on_thread(self, work: Callable[..., _T], *arguments: object) -> _T:
        assert self._thread is not None
        return await asyncio.get_running_loop().run_in_executor(self._thread, work, *arguments)


def _claim_for(lease: Lease, waiters: list[_Waiter]) -> tuple[LeaseClaim, list[_Waiter]]:
    """One claim for all who wait and still do."""
    left = [waiter for waiter in waiters if not waiter[1].done()]
    amounts = [nusd for nusd, _ in left]
    need_nusd = max(0, sum(amounts) - lease.available_nusd)
    return lease.make_claim(need_nusd, one_nusd=max(amounts, default=0)), left


def _answer_all(waiters: Sequence[_Waiter], answer: Answer) -> None:
    for _, answered in waiters:
        if not answered.done():
            answered.set_result(answer)
