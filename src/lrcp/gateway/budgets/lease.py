"""Lease: a part of a cap that this process may spend without asking. Pure: it knows neither clock nor database."""

from typing import Final, TypeAlias

from lrcp.model.budget import BudgetKey, LeaseClaim, LeaseGrant

Cells: TypeAlias = "memoryview[int] | list[int]"
_AHEAD_S: Final = 2.0
"""How long the headroom should last at the present rate."""
_FIRST_REQUESTS: Final = 4
"""Requests to be ahead of while the rate is not known yet."""
_DECAY: Final = 0.5
_IDLE_SWEEPS: Final = 10
_REFRESH_SWEEPS: Final = 5
_FORGET_SWEEPS: Final = 600
_ENOUGH: Final = 2
_SCARCE_REQUESTS: Final = 64
"""Of a cap with so few requests left nothing is held idle: another process may need it."""


class Lease:
    """One lease. Nano-dollars; granted and spent are totals over its life.

    Its slot of the journal always holds what would be spent if every reservation cost what it reserved: by that a killed
    process is settled. cap_nusd is the policy's of now. others_nusd: spent by all others, unused_nusd: left of the cap,
    both as last heard. refused_nusd: the last amount that was not left, until there is more again. stale: there is
    something to tell the database. spoilt: it was taken away.
    """

    __slots__ = (
        "_cell",
        "_cells",
        "_idle_sweeps",
        "_peak_nusd",
        "_rate_nusd_s",
        "_sweeps",
        "_swept_nusd",
        "_used_since",
        "cap_nusd",
        "ends_ns",
        "granted_nusd",
        "key",
        "known",
        "largest_nusd",
        "others_nusd",
        "refused_nusd",
        "reserved_nusd",
        "serial",
        "slot",
        "spent_nusd",
        "spoilt",
        "stale",
        "unused_nusd",
    )

    def __init__(self, serial: int, key: BudgetKey, ends_ns: int, cap_nusd: int) -> None:
        self.serial, self.key, self.ends_ns, self.cap_nusd = serial, key, ends_ns, cap_nusd
        self.slot, self._cell = -1, 0
        self._cells: Cells = [0]
        self.granted_nusd = self.spent_nusd = self.reserved_nusd = self.others_nusd = 0
        self.unused_nusd = cap_nusd
        self.largest_nusd = self.refused_nusd = 0
        self.known = False
        self.stale = False
        self.spoilt = False
        self._peak_nusd = self._swept_nusd = 0
        self._rate_nusd_s = 0.0
        self._idle_sweeps = self._sweeps = 0
        self._used_since = False

    def note_in(self, cells: Cells, slot: int) -> None:
        """Keep a slot of a journal up to date from now on; -1: there is none."""
        if slot >= 0:
            self.slot, self._cells, self._cell = slot, cells, slot

    def stop_noting(self) -> int:
        """Returns: the slot, which is free now; -1 when there was none."""
        slot, self.slot = self.slot, -1
        self._cells, self._cell = [0], 0
        return slot

    @property
    def available_nusd(self) -> int:
        """What may be reserved now; below 0 when calls cost more than they reserved."""
        return self.granted_nusd - self.spent_nusd - self.reserved_nusd

    @property
    def ratio(self) -> float:
        """What of the cap is spent, by all processes, others' as last heard; at least 1.0 when it is used up."""
        if self.refused_nusd:
            return max(1.0, (self.others_nusd + self.spent_nusd) / self.cap_nusd)
        return (self.others_nusd + self.spent_nusd) / self.cap_nusd

    def reserve(self, nusd: int) -> bool:
        """Set an amount aside, if it is there."""
        committed = self.spent_nusd + self.reserved_nusd + nusd
        if committed > self.granted_nusd and nusd:
            return False
        self.reserved_nusd += nusd
        self._cells[self._cell] = committed
        self.stale = self._used_since = True
        if self.reserved_nusd > self._peak_nusd:
            self._peak_nusd = self.reserved_nusd
        if nusd > self.largest_nusd:
            self.largest_nusd = nusd
        return True

    def settle(self, reserved_nusd: int, cost_nusd: int) -> None:
        """A reservation came to its cost."""
        self.reserved_nusd -= reserved_nusd
        self.spent_nusd += cost_nusd
        self._cells[self._cell] = self.spent_nusd + self.reserved_nusd
        self.stale = True

    def sweep(self, elapsed_s: float) -> None:
        """Once a second or so: learn the rate, and give back what is held for nothing."""
        spent = self.spent_nusd - self._swept_nusd
        self._swept_nusd = self.spent_nusd
        self._rate_nusd_s += _DECAY * (spent / max(elapsed_s, 1e-3) - self._rate_nusd_s)
        self._peak_nusd = max(self.reserved_nusd, int(self._peak_nusd * (1 - _DECAY)))
        self._idle_sweeps = 0 if self._used_since or self.reserved_nusd else self._idle_sweeps + 1
        self._used_since = False
        # Others spend as well: what they did is heard with the next claim.
        self._sweeps += 1
        if self._sweeps % _REFRESH_SWEEPS == 0 and self._idle_sweeps < _REFRESH_SWEEPS * _IDLE_SWEEPS:
            self.stale = True
        if self._is_scarce():
            wanted = 0 if self._idle_sweeps else self.largest_nusd
        else:
            wanted = 0 if self._idle_sweeps >= _IDLE_SWEEPS else self.headroom_nusd()
        surplus = self.available_nusd - wanted
        if surplus > wanted:
            self.granted_nusd -= surplus
            self.stale = True

    @property
    def is_idle(self) -> bool:
        """Whether it was not used for ten minutes and holds nothing in progress."""
        return self._idle_sweeps >= _FORGET_SWEEPS

    def headroom_nusd(self) -> int:
        """What should be available, so that reservations need not wait."""
        ahead = int(_AHEAD_S * self._rate_nusd_s) + self._peak_nusd - self.reserved_nusd
        return max(ahead + self.largest_nusd, _FIRST_REQUESTS * self.largest_nusd)

    def make_claim(self, need_nusd: int, *, one_nusd: int = 0, over: bool = False) -> LeaseClaim:
        """What to tell the database. need_nusd: of requests that wait, beyond what is available."""
        self.stale = False
        self.largest_nusd = max(self.largest_nusd, one_nusd)
        want = self.headroom_nusd() - max(0, self.available_nusd) if not over else 0
        return LeaseClaim(
            serial=self.serial,
            key=self.key,
            ends_ns=self.ends_ns,
            cap_nusd=self.cap_nusd,
            granted_nusd=self.granted_nusd,
            spent_nusd=self.spent_nusd,
            need_nusd=need_nusd,
            want_nusd=max(0, want),
            one_nusd=self.largest_nusd,
            slot=self.slot,
            known=self.known,
            over=over,
        )

    def accept(self, claim: LeaseClaim, grant: LeaseGrant) -> None:
        """What the database answered. A lost lease is charged already: nothing more may be reserved from it."""
        self.known = True
        self.others_nusd = max(0, grant.spent_nusd - claim.spent_nusd)
        self.unused_nusd = max(0, self.cap_nusd - grant.used_nusd)
        if self.unused_nusd >= _ENOUGH * self.refused_nusd:
            self.refused_nusd = 0
        if grant.lost:
            self.spoilt = True
            self.granted_nusd = self.spent_nusd + self.reserved_nusd
        else:
            # What was given back while the claim was on its way is claimed back: the database counts it as held.
            self.granted_nusd = grant.granted_nusd

    def _is_scarce(self) -> bool:
        return self.unused_nusd < _SCARCE_REQUESTS * self.largest_nusd
