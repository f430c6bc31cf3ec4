"""Leases held to their promise: no interleaving of processes, crashes and lost answers spends more than the cap."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from lrcp.gateway.budgets.lease import Lease
from lrcp.model.budget import BudgetKey
from lrcp.store.state.budgets import HEARTBEAT_TIMEOUT_NS, BudgetStore
from lrcp.store.state.store import open_state

KEY = BudgetKey("dollars", "", "2026-11-20")
ENDS_NS = 1 << 62
PROCESSES = st.integers(0, 3)


@dataclass
class Process:
    """One gateway process as far as its lease goes: what it reserved, and the journal that outlives it."""

    name: str
    journal: list[int] = field(default_factory=lambda: [0] * 1000)
    held: list[int] = field(default_factory=list)
    serial: int = 0
    lease: Lease | None = None


class Caps(RuleBasedStateMachine):
    """The true spend is what calls cost, whoever knows of it. excess_nusd: what calls cost over their reservations."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        state = open_state("", Path(self.folder.name), now_ns=0)
        with state.transaction() as connection:
            connection.exec_driver_sql("PRAGMA synchronous = OFF")
        self.close: Callable[[], None] = state.close
        self.store = BudgetStore(lambda: state)
        self.now_ns = 10**18
        self.true_nusd = self.excess_nusd = 0
        self.names = 0
        self.charged_in_full = False
        self.processes = [self._new_process() for _ in range(4)]

    @initialize(cap=st.sampled_from([100, 3_000, 20_000]))
    def choose_cap(self, cap: int) -> None:
        self.cap = cap

    def _new_process(self) -> Process:
        self.names += 1
        return Process(f"process {self.names}")

    def _lease(self, process: Process) -> Lease:
        if process.lease is None or process.lease.spoilt:
            self.true_nusd += sum(process.held)  # of a lost lease: charged already, and goes on all the same
            process.held.clear()
            process.serial += 1
            process.lease = Lease(process.serial, KEY, ENDS_NS, self.cap)
            process.lease.note_in(process.journal, process.serial)
        return process.lease

    @rule(at=PROCESSES, nusd=st.integers(1, 2_000), repeats=st.integers(1, 4))
    def reserve(self, at: int, nusd: int, repeats: int) -> None:
        process = self.processes[at]
        for _ in range(repeats):
            if not self._lease(process).reserve(nusd):
                self.sync(at, nusd, True)
                if not self._lease(process).reserve(nusd):
                    return
            process.held.append(nusd)

    @rule(at=PROCESSES, share=st.floats(0, 1), more=st.sampled_from([0, 0, 0, 500]))
    def settle(self, at: int, share: float, more: int) -> None:
        process = self.processes[at]
        if process.held and process.lease is not None:
            reserved = process.held.pop()
            cost = int(reserved * share) + more
            self.true_nusd += cost
            self.excess_nusd += max(0, cost - reserved)
            process.lease.settle(reserved, cost)

    @rule(at=PROCESSES, need=st.integers(0, 3_000), answered=st.booleans())
    def sync(self, at: int, need: int, answered: bool) -> None:
        process = self.processes[at]
        lease = self._lease(process)
        claim = lease.make_claim(need)
        (grant,) = self.store.sync(process.name, self.now_ns, [claim])
        if answered:
            lease.accept(claim, grant)

    @rule(at=PROCESSES)
    def sweep(self, at: int) -> None:
        lease = self.processes[at].lease
        if lease is not None and not lease.spoilt:
            lease.sweep(1.0)

    @rule(at=PROCESSES, journal_left=st.booleans(), answered_share=st.floats(0, 1))
    def kill(self, at: int, journal_left: bool, answered_share: float) -> None:
        """What was in progress costs at most what it reserved; the providers do not know that anybody died."""
        process = self.processes[at]
        if process.lease is not None and not process.lease.spoilt:
            self.true_nusd += sum(int(nusd * answered_share) for nusd in process.held)
        self.store.settle_process(process.name, process.journal if journal_left else ())
        self.charged_in_full = True
        self.processes[at] = self._new_process()

    @rule(at=PROCESSES)
    def be_silent_for_long(self, at: int) -> None:
        """All but one are taken for dead, and go on all the same with what they had."""
        self.now_ns += HEARTBEAT_TIMEOUT_NS + 1
        process = self.processes[at]
        self.store.sync(process.name, self.now_ns, [])
        self.store.settle_lost(self.now_ns)
        self.charged_in_full = True

    @invariant()
    def the_cap_holds(self) -> None:
        assert self.true_nusd + self._in_progress() <= getattr(self, "cap", 0) + self.excess_nusd

    def _in_progress(self) -> int:
        return sum(sum(process.held) for process in self.processes if process.lease)

    def teardown(self) -> None:
        for process in self.processes:
            if process.lease is not None and not process.lease.spoilt:
                lease = process.lease
                self.true_nusd += sum(process.held)
                for nusd in process.held:
                    lease.settle(nusd, nusd)
                self.store.sync(process.name, self.now_ns, [lease.make_claim(0, over=True)])
        uses = self.store.list_uses(0)
        recorded = uses[0].spent_nusd if uses else 0
        if self.charged_in_full:
            assert recorded >= self.true_nusd - self.excess_nusd
        else:
            assert recorded == self.true_nusd
        self.close()
        self.folder.cleanup()


Caps.TestCase.settings = settings(
    max_examples=80, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
)
TestNoInterleavingSpendsMoreThanTheCap = Caps.TestCase
