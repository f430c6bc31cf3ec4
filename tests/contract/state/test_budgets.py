"""Budgets in the state database, the same cases on SQLite and on a real PostgreSQL."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from lrcp.model.budget import BudgetKey, LeaseClaim
from lrcp.model.errors import UnavailableError
from lrcp.store.state.budgets import HEARTBEAT_TIMEOUT_NS, KEEP_NS, BudgetStore
from lrcp.store.state.store import StateStore, open_state
from tests.contract.state.test_state_store import url as url  # the fixture

NOW_NS = 1_700_000_000_000_000_000
ENDS_NS = NOW_NS + 3_600_000_000_000
KEY = BudgetKey("dollars", "team:search", "2026-11-20")
CAP = 1_000_000


@pytest.fixture
def state(url: str, tmp_path: Path) -> Iterator[StateStore]:
    opened = open_state(url, tmp_path, now_ns=NOW_NS)
    yield opened
    opened.close()


@pytest.fixture
def budgets(state: StateStore) -> BudgetStore:
    return BudgetStore(lambda: state)


def claim(serial: int = 1, **changes: object) -> LeaseClaim:
    values: dict[str, object] = {"key": KEY, "ends_ns": ENDS_NS, "cap_nusd": CAP, "granted_nusd": 0, "spent_nusd": 0}
    return LeaseClaim(serial=serial, **(values | changes))  # type: ignore[arg-type]


def test_what_is_needed_is_granted_and_counts_as_used(budgets: BudgetStore) -> None:
    (grant,) = budgets.sync("one", NOW_NS, [claim(need_nusd=700_000)])
    assert (grant.granted_nusd, grant.spent_nusd, grant.used_nusd) == (700_000, 0, 700_000)
    (use,) = budgets.list_uses(NOW_NS)
    assert (use.key, use.spent_nusd, use.reserved_nusd, use.leases) == (KEY, 0, 700_000, 1)


def test_processes_never_get_more_than_the_cap_together(budgets: BudgetStore) -> None:
    first = budgets.sync("one", NOW_NS, [claim(need_nusd=700_000)])[0]
    second = budgets.sync("two", NOW_NS, [claim(need_nusd=700_000)])[0]
    assert first.granted_nusd + second.granted_nusd == CAP
    assert budgets.sync("three", NOW_NS, [claim(need_nusd=1)])[0].granted_nusd == 0


def test_only_a_share_is_leased_ahead_of_need(budgets: BudgetStore) -> None:
    (grant,) = budgets.sync("one", NOW_NS, [claim(want_nusd=CAP, one_nusd=10)])
    assert grant.granted_nusd == CAP // 100


def test_what_is_given_back_is_there_for_others(budgets: BudgetStore) -> None:
    budgets.sync("one", NOW_NS, [claim(need_nusd=CAP)])
    budgets.sync("one", NOW_NS, [claim(granted_nusd=100, spent_nusd=100, known=True)])
    (grant,) = budgets.sync("two", NOW_NS, [claim(need_nusd=CAP)])
    assert grant.granted_nusd == CAP - 100
    assert grant.spent_nusd == 100


def test_a_lease_that_is_over_leaves_what_it_spent(budgets: BudgetStore) -> None:
    budgets.sync("one", NOW_NS, [claim(need_nusd=500)])
    budgets.sync("one", NOW_NS, [claim(granted_nusd=500, spent_nusd=321, known=True, over=True)])
    (use,) = budgets.list_uses(NOW_NS)
    assert (use.spent_nusd, use.reserved_nusd, use.leases) == (321, 0, 0)


def test_a_claim_that_is_sent_twice_counts_once(budgets: BudgetStore) -> None:
    budgets.sync("one", NOW_NS, [claim(need_nusd=500)])
    spent = claim(granted_nusd=500, spent_nusd=200, known=True)
    assert budgets.sync("one", NOW_NS, [spent]) == budgets.sync("one", NOW_NS, [spent])
    over = claim(granted_nusd=500, spent_nusd=200, known=True, over=True)
    budgets.sync("one", NOW_NS, [over])
    budgets.sync("one", NOW_NS, [over])
    assert budgets.list_uses(NOW_NS)[0].spent_nusd == 200


def test_a_grant_whose_answer_was_lost_is_not_lost_to_others(budgets: BudgetStore) -> None:
    budgets.sync("one", NOW_NS, [claim(need_nusd=CAP)])
    (again,) = budgets.sync("one", NOW_NS, [claim(need_nusd=10)])
    assert again.granted_nusd == 10
    assert budgets.list_uses(NOW_NS)[0].reserved_nusd == 10


def test_a_process_that_was_killed_is_settled_by_its_journal(budgets: BudgetStore) -> None:
    budgets.sync("dead", NOW_NS, [claim(need_nusd=900, slot=2)])
    assert budgets.settle_process("dead", [0, 0, 123]) == 1
    (use,) = budgets.list_uses(NOW_NS)
    assert (use.spent_nusd, use.leases) == (123, 0)
    assert budgets.settle_process("dead", [0, 0, 123]) == 0


def test_a_process_that_is_not_heard_of_is_charged_in_full(budgets: BudgetStore) -> None:
    budgets.sync("silent", NOW_NS, [claim(need_nusd=900)])
    later_ns = NOW_NS + HEARTBEAT_TIMEOUT_NS + 1
    assert budgets.settle_lost(later_ns) == 1
    assert budgets.list_uses(NOW_NS)[0].spent_nusd == 900


def test_a_process_that_asks_charges_the_silent_ones_it_meets(budgets: BudgetStore) -> None:
    budgets.sync("silent", NOW_NS, [claim(need_nusd=900)])
    (grant,) = budgets.sync("two", NOW_NS + HEARTBEAT_TIMEOUT_NS + 1, [claim(need_nusd=10)])
    assert (grant.spent_nusd, grant.used_nusd) == (900, 910)


def test_a_process_that_comes_back_learns_that_its_lease_was_charged(budgets: BudgetStore) -> None:
    budgets.sync("slow", NOW_NS, [claim(need_nusd=900)])
    later_ns = NOW_NS + HEARTBEAT_TIMEOUT_NS + 1
    budgets.settle_lost(later_ns)
    (grant,) = budgets.sync("slow", later_ns, [claim(granted_nusd=900, spent_nusd=400, known=True)])
    assert grant.lost
    (fresh,) = budgets.sync("slow", later_ns, [claim(serial=2, need_nusd=50)])
    assert (fresh.granted_nusd, fresh.spent_nusd) == (50, 900)


def test_a_process_with_a_heartbeat_is_left_alone(budgets: BudgetStore) -> None:
    budgets.sync("quiet", NOW_NS, [claim(need_nusd=900)])
    budgets.sync("quiet", NOW_NS + HEARTBEAT_TIMEOUT_NS, [])
    assert budgets.settle_lost(NOW_NS + HEARTBEAT_TIMEOUT_NS + 1) == 0


def test_windows_are_kept_apart_and_forgotten_after_their_time(budgets: BudgetStore) -> None:
    tomorrow = claim(serial=2, key=KEY._replace(window="2026-11-21"), ends_ns=ENDS_NS + 86_400_000_000_000)
    budgets.sync("one", NOW_NS, [claim(need_nusd=CAP), tomorrow])
    assert [use.key.window for use in budgets.list_uses(ENDS_NS)] == ["2026-11-21"]
    budgets.settle_lost(ENDS_NS + KEEP_NS + 1)
    assert [use.key.window for use in budgets.list_uses(0)] == ["2026-11-21"]


def test_many_processes_at_once_stay_within_the_cap(budgets: BudgetStore) -> None:
    keys = [KEY._replace(value=f"team:{number}") for number in range(6)]

    def work(process: int) -> int:
        got = 0
        for turn in range(8):
            shuffled = keys[process % 3 :] + keys[: process % 3]
            claims = [claim(turn * 10 + n, key=key, need_nusd=60_000) for n, key in enumerate(shuffled)]
            got += sum(grant.granted_nusd for grant in budgets.sync(f"process {process}", NOW_NS, claims))
        return got

    with ThreadPoolExecutor(4) as pool:
        granted = sum(pool.map(work, range(4)))
    uses = budgets.list_uses(NOW_NS)
    assert [use.reserved_nusd for use in uses] == [CAP] * 6
    assert granted == 6 * CAP


def test_a_database_that_is_away_is_said_to_be_unavailable(tmp_path: Path) -> None:
    def away() -> StateStore:
        return open_state("postgresql://lrcp@127.0.0.1:1/none", tmp_path, now_ns=NOW_NS)

    with pytest.raises(UnavailableError):
        BudgetStore(away).sync("one", NOW_NS, [claim()])
