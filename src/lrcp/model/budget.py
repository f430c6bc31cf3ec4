"""Budgets as they are kept: windows of time, and the leases by which gateway processes share a cap.

A process leases a part of what is left of a cap and spends from it without asking; what is leased counts as used until
it is given back. Both numbers of a lease only grow or are stated anew as a whole, so that a claim may be sent twice.
"""

from datetime import UTC, datetime, timedelta
from typing import Final, Literal, NamedTuple

import msgspec

Every = Literal["hour", "day", "month"]
_NS_PER_S: Final = 1_000_000_000
_PATTERNS: Final = {"hour": "%Y-%m-%dT%H", "day": "%Y-%m-%d", "month": "%Y-%m"}
_CAP_SHARE: Final = 100
_LEFT_SHARE: Final = 8
_ONE_REQUEST_SHARE: Final = 16


class BudgetWindow(NamedTuple):
    """One UTC hour, day or month. name: `2026-11-20T22`, `2026-11-20` or `2026-11`; it ends at ends_ns, Unix nanoseconds."""

    name: str
    ends_ns: int


def find_window(every: Every, now_ns: int) -> BudgetWindow:
    """The window that a time is in."""
    now = datetime.fromtimestamp(now_ns // _NS_PER_S, UTC)
    start = now.replace(minute=0, second=0)
    if every != "hour":
        start = start.replace(hour=0)
    if every == "month":
        start = start.replace(day=1)
        end = (start + timedelta(days=32)).replace(day=1)
    else:
        end = start + (timedelta(hours=1) if every == "hour" else timedelta(days=1))
    return BudgetWindow(start.strftime(_PATTERNS[every]), int(end.timestamp()) * _NS_PER_S)


class BudgetKey(NamedTuple):
    """What dollars are counted under. budget: its name; value: such as `team:search`, '' where it is one for all."""

    budget: str
    value: str
    window: str


class LeaseClaim(msgspec.Struct, frozen=True, kw_only=True):
    """What a process says of one lease, and what more it asks for. Amounts are nano-dollars.

    serial: number of the lease within its process. ends_ns: end of the window. granted_nusd: all that was leased to it
    so far, as it knows, less what it gives back with this claim; spent_nusd: all that it has spent of it.
    need_nusd: more, for requests that wait; want_nusd: more on top, to be ahead of need; one_nusd: a usual request.
    slot: place in the journal, -1 without one. known: the database has confirmed the lease before. over: it is given back whole.
    """

    serial: int
    key: BudgetKey
    ends_ns: int
    cap_nusd: int
    granted_nusd: int
    spent_nusd: int
    need_nusd: int = 0
    want_nusd: int = 0
    one_nusd: int = 0
    slot: int = -1
    known: bool = False
    over: bool = False

    @property
    def used_nusd(self) -> int:
        """What of the cap this lease takes: its grant, or what was spent where that came to more."""
        return max(self.granted_nusd, self.spent_nusd)

    def extra_nusd(self, others_nusd: int) -> int:
        """How much more may be leased, when all others have used others_nusd of the cap.

        What is needed comes first; of the rest only a share is leased ahead, so that near the cap no process holds
        what another one needs.
        """
        left = self.cap_nusd - others_nusd - self.used_nusd
        if self.over or left <= 0:
            return 0
        # Where more was spent than was granted, the difference must be covered as well.
        need = min(self.need_nusd, left)
        rest = left - need
        ahead = min(self.cap_nusd // _CAP_SHARE, rest // _LEFT_SHARE)
        if rest >= self.one_nusd * _ONE_REQUEST_SHARE:
            ahead = max(ahead, self.one_nusd)
        return need + min(self.want_nusd, ahead)


class LeaseGrant(msgspec.Struct, frozen=True):
    """The database's answer to a claim.

    granted_nusd: all that the lease has now. spent_nusd, used_nusd: of all processes; used counts leases whole.
    lost: the process was taken for dead and its lease charged in full; it must begin another one.
    """

    serial: int
    granted_nusd: int
    spent_nusd: int
    used_nusd: int
    lost: bool = False


class BudgetUse(msgspec.Struct, frozen=True, kw_only=True):
    """What of a budget is used in one window. reserved_nusd: leased and not spent yet; leases: how many hold it."""

    key: BudgetKey
    ends_ns: int
    spent_nusd: int
    reserved_nusd: int
    leases: int
