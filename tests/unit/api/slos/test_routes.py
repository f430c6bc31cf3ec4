"""/api/slos over a real state database and a real store."""

import asyncio
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from lrcp.api.app import create_api
from lrcp.api.slos.routes import slo_router
from lrcp.kit.clock import FakeClock
from lrcp.monitors.slo.history import SloReader
from lrcp.monitors.slo.past import StoredPast
from lrcp.monitors.slo.stored import StoredMonitors
from lrcp.query.memory.series import MemorySeries
from lrcp.query.scan.blocks import Block
from lrcp.query.scan.scans import Scan
from lrcp.store.state.monitor_states import MonitorStateStore
from lrcp.store.state.resources import ResourceStore
from lrcp.store.state.store import open_state
from lrcp.store.telemetry.columns import metric_table
from lrcp.store.telemetry.engine import embedded_engine
from lrcp.store.telemetry.source.source import TelemetrySource
from lrcp.store.telemetry.store import TelemetryStore
from tests.contract.source.filled import buckets_of

NOW_S = 1_790_000_040 // 3600 * 3600
NOW_NS = NOW_S * 10**9
ORDERS = {
    "name": "Orders go through",
    "type": "metric",
    "description": "d",
    "tags": ["team:shop"],
    "query": {"numerator": "sum:orders{result:ok}.as_count()", "denominator": "sum:orders{*}.as_count()"},
    "thresholds": [{"timeframe": "7d", "target": 95.0, "warning": 97.0}, {"timeframe": "30d", "target": 80.0}],
}
QUICK = {
    "name": "Quick",
    "type": "time_slice",
    "sli_specification": {
        "time_slice": {
            "query": {
                "formulas": [{"formula": "q"}],
                "queries": [{"data_source": "metrics", "name": "q", "query": "avg:took{*}"}],
            },
            "comparator": "<",
            "threshold": 5,
            "query_interval_seconds": 300,
        }
    },
    "thresholds": [{"timeframe": "7d", "target": 99.0}],
}
CALM = {"name": "Calm", "type": "monitor", "monitor_ids": [7], "thresholds": [{"timeframe": "7d", "target": 99.0}]}
WRONG = ORDERS | {"name": "Wrong", "query": {"numerator": "sum:orders{", "denominator": "sum:orders{*}"}}
BURNS = {"name": "Burns", "type": "slo alert", "query": 'burn_rate("orders").over("7d").long_window("1h") > 5'}


class CountingSource:
    """A source that counts how often it is asked."""

    def __init__(self, source: TelemetrySource) -> None:
        self.source, self.asked = source, 0

    async def fetch(self, scans: Collection[Scan]) -> Mapping[Scan, Block]:
        self.asked += 1
        return await self.source.fetch(scans)


class Served:
    """The API with its clock and its source."""

    def __init__(self, client: TestClient, source: CountingSource, clock: FakeClock, resources: ResourceStore) -> None:
        self.client, self.source, self.clock, self.resources = client, source, clock, resources

    def get(self, path: str) -> Any:
        reply = self.client.get(path)
        assert reply.status_code == 200, reply.text
        return reply.json()


def points() -> list[MemorySeries]:
    """Two hours, a minute apart: 10 good orders a minute, in the last hour 9 and a failed one; answers slow in the last hour."""
    times = [float(at_s) for at_s in range(NOW_S - 7200, NOW_S, 60)]
    late = times[60:]
    return [
        MemorySeries("orders", "count", ("result:ok",), times, [10.0] * 60 + [9.0] * 60),
        MemorySeries("orders", "count", ("result:failed",), late, [1.0] * 60),
        MemorySeries("took", "gauge", (), times, [1.0] * 60 + [9.0] * 60),
    ]


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    state = open_state("", tmp_path, now_ns=NOW_NS)
    store = TelemetryStore(embedded_engine(tmp_path / "telemetry"))
    asyncio.run(store.open(3650))
    buckets = [bucket for one in points() for bucket in buckets_of(one)]
    table = metric_table(buckets, [0] * len(buckets))
    asyncio.run(store.on_writer(lambda: store.insert("metric_buckets", table)))
    resources, states, clock = ResourceStore(state), MonitorStateStore(state), FakeClock(NOW_S)
    source = CountingSource(TelemetrySource(store))
    reader = SloReader(source, StoredPast(states, StoredMonitors(resources)))
    app = create_api(store, {}, tmp_path, clock=clock, routers=(slo_router(resources, reader, clock),))
    yield Served(TestClient(app, base_url="http://127.0.0.1:8000"), source, clock, resources)
    asyncio.run(store.close())
    state.close()


def put(served: Served, **slos: Any) -> None:
    for id, document in slos.items():
        served.resources.create("slo", document, now_ns=NOW_NS, id=id)


def test_the_list_has_the_worst_first_with_every_timeframe(served: Served) -> None:
    put(served, orders=ORDERS, quick=QUICK)
    served.resources.create("monitor", BURNS, now_ns=NOW_NS, id="7")
    put(served, calm=CALM)
    slos = served.get("/api/slos")["slos"]
    assert [(one["id"], one["state"]) for one in slos] == [("orders", "warning"), ("calm", "ok"), ("quick", "ok")]
    week, month = slos[0]["targets"]
    assert (week["sli_percent"], week["remaining_percent"], week["burn_rate"], week["state"]) == (
        95.0,
        0.0,
        1.0,
        "warning",
    )
    assert (month["sli_percent"], month["remaining_percent"], month["state"]) == (95.0, 75.0, "ok")


def test_all_are_read_with_one_question_that_is_kept_for_ten_seconds(served: Served) -> None:
    put(served, orders=ORDERS, quick=QUICK)
    served.get("/api/slos")
    served.get("/api/slos")
    assert served.source.asked == 1
    served.clock.advance(10)
    served.get("/api/slos")
    assert served.source.asked == 2


def test_one_that_cannot_be_evaluated_says_why_and_hides_no_other(served: Served) -> None:
    put(served, orders=ORDERS, wrong=WRONG, odd=ORDERS | {"type": "of tomorrow"})
    slos = {one["id"]: one for one in served.get("/api/slos")["slos"]}
    assert slos["orders"]["error"] == ""
    assert slos["wrong"]["state"] == "error"
    assert "sum:orders{" in slos["wrong"]["error"]
    assert "of tomorrow" in slos["odd"]["error"]


def test_a_history_has_the_course_and_what_was_left_of_the_budget(served: Served) -> None:
    put(served, orders=ORDERS)
    found = served.get(f"/api/slos/orders?from={NOW_S - 7200}&to={NOW_S}")["history"]
    assert (found["step_s"], found["target_percent"], found["timeframe"]) == (60, 95.0, "7d")
    columns = found["columns"]
    assert columns["times_s"] == list(range(NOW_S - 7200, NOW_S, 60))
    assert (columns["sli_percent"][0], columns["sli_percent"][-1]) == (100.0, 90.0)
    assert (columns["burn_rate"][0], columns["burn_rate"][-1]) == (0.0, 2.0)
    assert (columns["remaining_percent"][0], columns["remaining_percent"][-1]) == (100.0, 0.0)
    assert (found["overall"]["good"], found["overall"]["valid"]) == (1140.0, 1200.0)


def test_another_timeframe_is_another_target(served: Served) -> None:
    put(served, orders=ORDERS)
    found = served.get("/api/slos/orders?timeframe=30d")["history"]
    assert (found["target_percent"], found["overall"]["remaining_percent"]) == (80.0, 75.0)


def test_time_that_is_sliced_has_a_course_in_seconds(served: Served) -> None:
    put(served, quick=QUICK)
    found = served.get(f"/api/slos/quick?from={NOW_S - 7200}&to={NOW_S}")["history"]
    assert found["step_s"] == 300
    assert found["columns"]["valid"] == [300.0] * 24
    assert found["columns"]["good"] == [300.0] * 12 + [0.0] * 12
    assert sum(found["columns"]["good"]) == found["overall"]["good"]


def test_corrected_time_is_shown_and_does_not_count(served: Served) -> None:
    put(served, orders=ORDERS)
    correction = {
        "slo_id": "orders",
        "start": NOW_S - 1800,
        "end": NOW_S,
        "category": "Deployment",
        "description": "new",
    }
    served.resources.create("slo_correction", correction, now_ns=NOW_NS, id="c")
    found = served.get(f"/api/slos/orders?from={NOW_S - 7200}&to={NOW_S}")
    assert found["corrections"] == [correction | {"id": "c"}]
    assert len(found["history"]["corrected"]) == 1
    assert found["history"]["overall"]["valid"] == 900.0
    assert found["history"]["columns"]["sli_percent"][-1] is None


def test_an_slo_names_the_monitors_that_watch_it_and_that_it_is_made_of(served: Served) -> None:
    served.resources.create("monitor", BURNS, now_ns=NOW_NS, id="7")
    put(served, orders=ORDERS, calm=CALM)
    assert served.get("/api/slos/orders")["alerts"] == {"7": "Burns"}
    assert served.get("/api/slos/calm")["monitors"] == {"7": "Burns"}


@pytest.mark.parametrize(
    ("path", "status", "says"),
    [
        ("/api/slos/none", 404, "there is no SLO"),
        ("/api/slos/orders?timeframe=90d", 422, "7d, 30d"),
        ("/api/slos/orders?from=now", 422, "before"),
        ("/api/slos/orders?from=900d", 400, "two years"),
        ("/api/slos/wrong", 400, "orders"),
    ],
)
def test_what_cannot_be_shown_is_refused_with_the_reason(served: Served, path: str, status: int, says: str) -> None:
    put(served, orders=ORDERS, wrong=WRONG)
    reply = served.client.get(path)
    assert reply.status_code == status
    assert says in reply.json()["detail"]
