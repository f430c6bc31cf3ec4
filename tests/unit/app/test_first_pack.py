"""The pack of a new installation: put in once, by one server, taken up where it was cut off."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from lrcp.app.first_pack import load_first_pack
from lrcp.model.errors import SettingsError
from lrcp.store.state.leases import LeaseStore
from lrcp.store.state.resources import ResourceStore
from lrcp.store.state.store import StateStore, open_state

NOW_NS = 1_790_000_000_000_000_000
SLOW = {"name": "slow", "type": "query alert", "query": "avg(last_5m):avg:a{*} > 5", "message": "{{runbook:slow}}"}


@pytest.fixture
def state(tmp_path: Path) -> Iterator[StateStore]:
    opened = open_state("", tmp_path / "data", now_ns=NOW_NS)
    yield opened
    opened.close()


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    """Two monitors, one of them a composite of the other, and a runbook."""
    folder = tmp_path / "pack"
    for name in ("monitors", "runbooks"):
        (folder / name).mkdir(parents=True)
    (folder / "runbooks" / "slow.md").write_text("# Slow\n")
    (folder / "monitors" / "slow.json").write_text(json.dumps(SLOW))
    both = {"name": "both", "type": "composite", "query": "{{monitor:slow}} && {{monitor:slow}}"}
    (folder / "monitors" / "both.json").write_text(json.dumps(both))
    return folder


def load(state: StateStore, setting: str, holder: str = "one", now_ns: int = NOW_NS) -> int:
    stores = (ResourceStore(state), LeaseStore(state))
    return load_first_pack(setting, *stores, holder=holder, address="http://lrcp", now_ns=now_ns)


def names(state: StateStore) -> list[str]:
    return sorted(one.document["name"] for one in ResourceStore(state).find_all("monitor"))


def test_documents_refer_to_each_other_by_their_ids(state: StateStore, pack: Path) -> None:
    assert load(state, str(pack)) == 2
    slow, both = ResourceStore(state).find_all("monitor")
    assert both.document["query"] == f"{slow.id} && {slow.id}"
    assert slow.document["message"] == "http://lrcp/runbooks/slow"
    runbook = ResourceStore(state).find("runbook", "slow")
    assert runbook is not None
    assert runbook.document == {"text": "# Slow\n"}


def test_it_is_put_in_once_and_what_users_delete_stays_deleted(state: StateStore, pack: Path) -> None:
    load(state, str(pack))
    resources = ResourceStore(state)
    resources.delete("monitor", [one.id for one in resources.find_all("monitor")], now_ns=NOW_NS)
    assert load(state, str(pack)) == 0
    assert names(state) == []


def test_of_servers_that_start_together_one_does_it(state: StateStore, pack: Path) -> None:
    with ThreadPoolExecutor(6) as pool:
        made = list(pool.map(lambda number: load(state, str(pack), f"server-{number}"), range(6)))
    assert sum(made) == 2
    assert names(state) == ["both", "slow"]


def test_what_was_cut_off_is_taken_up_where_it_stopped(state: StateStore, pack: Path) -> None:
    both = pack / "monitors" / "both.json"
    whole = both.read_text()
    both.write_text(json.dumps(json.loads(whole) | {"type": "nonsense"}))
    with pytest.raises(SettingsError, match=r"both\.json"):
        load(state, str(pack))
    assert names(state) == ["slow"]
    both.write_text(whole)
    assert load(state, str(pack)) == 1
    assert names(state) == ["both", "slow"]


def test_none_loads_nothing_and_may_be_changed_later(state: StateStore, pack: Path) -> None:
    assert load(state, "none") == 0
    assert load(state, str(pack)) == 2


def test_a_folder_that_is_not_there_is_told(state: StateStore, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="is no folder"):
        load(state, str(tmp_path / "missing"))
