"""Documents in the state database, the same cases on SQLite and on a real PostgreSQL."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from lrcp.model.errors import InputError
from lrcp.store.state.resources import ResourceStore, new_id
from lrcp.store.state.store import open_state
from tests.contract.state.test_state_store import url as url  # the fixture

NOW_NS = 1_700_000_000_000_000_000


@pytest.fixture
def resources(url: str, tmp_path: Path) -> Iterator[ResourceStore]:
    state = open_state(url, tmp_path, now_ns=NOW_NS)
    yield ResourceStore(state)
    state.close()


def test_a_document_comes_back_as_it_was_put(resources: ResourceStore) -> None:
    document = {"name": "slow ✓", "options": {"thresholds": {"critical": 0.5}}, "tags": [], "priority": None}
    made = resources.create("monitor", document, now_ns=NOW_NS)
    assert int(made.id) > 10_000
    assert resources.find("monitor", made.id) == made
    assert made.document == document
    assert resources.find("slo", made.id) is None


def test_numbers_are_given_once_also_to_many_at_a_time(resources: ResourceStore) -> None:
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda n: resources.create("monitor", {"n": n}, now_ns=NOW_NS).id, range(40)))
    assert len(set(made)) == 40
    assert len(resources.find_all("monitor")) == 40


def test_an_id_is_taken_once(resources: ResourceStore) -> None:
    resources.create("slo", {}, now_ns=NOW_NS, id="a")
    with pytest.raises(InputError, match="there is a slo 'a' already"):
        resources.create("slo", {}, now_ns=NOW_NS, id="a")
    assert resources.create("dashboard", {}, now_ns=NOW_NS, id="a").id == "a"


def test_an_update_replaces_the_document_and_its_time(resources: ResourceStore) -> None:
    made = resources.create("slo", {"a": 1}, now_ns=NOW_NS, id=new_id())
    changed = resources.update("slo", made.id, {"b": 2}, now_ns=NOW_NS + 5)
    assert changed is not None
    assert (changed.document, changed.created_ns, changed.modified_ns) == ({"b": 2}, NOW_NS, NOW_NS + 5)
    assert resources.update("slo", "other", {}, now_ns=NOW_NS) is None


def test_what_is_deleted_can_be_brought_back(resources: ResourceStore) -> None:
    made = resources.create("dashboard", {"a": 1}, now_ns=NOW_NS, id="x")
    assert resources.delete("dashboard", ["x", "y"], now_ns=NOW_NS + 1) == ["x"]
    assert resources.find("dashboard", "x") is None
    assert resources.find_all("dashboard") == []
    assert resources.update("dashboard", "x", {}, now_ns=NOW_NS) is None
    gone = resources.find("dashboard", "x", deleted=True)
    assert gone is not None
    assert gone.deleted_ns == NOW_NS + 1
    assert resources.restore("dashboard", ["x"]) == ["x"]
    assert resources.find("dashboard", "x") == made


def test_the_revision_grows_with_every_change(resources: ResourceStore) -> None:
    seen = [resources.revision()]
    made = resources.create("monitor", {}, now_ns=NOW_NS)
    seen.append(resources.revision())
    resources.update("monitor", made.id, {"a": 1}, now_ns=NOW_NS)
    seen.append(resources.revision())
    resources.delete("monitor", [made.id], now_ns=NOW_NS)
    seen.append(resources.revision())
    resources.restore("monitor", [made.id])
    seen.append(resources.revision())
    assert seen == sorted(set(seen))


def test_a_document_over_the_limit_is_refused(resources: ResourceStore) -> None:
    with pytest.raises(InputError, match="larger than"):
        resources.create("dashboard", {"a": "x" * 5_000_000}, now_ns=NOW_NS, id="x")
