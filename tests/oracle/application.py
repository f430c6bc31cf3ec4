"""The application that the recordings are played to: ours, in this process, with a clock at the time of the recording."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import delete
from starlette.testclient import TestClient

from lrcp.datadog.app import create_datadog_api
from lrcp.datadog.dashboards.routes import dashboard_routes
from lrcp.datadog.downtimes.routes import downtime_routes
from lrcp.datadog.metric_settings.routes import metric_setting_routes
from lrcp.datadog.monitor_rules.routes import monitor_rule_routes
from lrcp.datadog.monitors.routes import monitor_routes
from lrcp.datadog.slos.routes import slo_routes
from lrcp.kit.clock import FakeClock
from lrcp.monitors.slo.history import SloReader
from lrcp.monitors.slo.past import StoredPast
from lrcp.monitors.slo.stored import StoredMonitors
from lrcp.query.memory.source import MemorySource
from lrcp.store.state.monitor_states import MonitorStateStore
from lrcp.store.state.resources import ResourceStore
from lrcp.store.state.store import StateStore, open_state
from lrcp.store.state.tables import resource
from tests.oracle.replay import Send


class AnyMetric:
    """Metrics of which nothing is known but their names."""

    async def find_type(self, metric: str) -> str | None:
        return "gauge"


def open_test_state(directory: Path) -> StateStore:
    """A state database of the tests."""
    return open_state("", directory, now_ns=0)


def forget_all(state: StateStore) -> None:
    """Empty it for the next recording."""
    with state.transaction() as connection:
        connection.execute(delete(resource))


@contextmanager
def playing(state: StateStore, now_s: float) -> Iterator[Send]:
    """How requests are sent to an application over a state, at a time."""
    store, states, clock = ResourceStore(state), MonitorStateStore(state), FakeClock(now_s)
    # Nothing was ever counted: what the recorded organisation had of the metrics of its SLOs.
    reader = SloReader(MemorySource(), StoredPast(states, StoredMonitors(store)))
    app = create_datadog_api(
        [
            *downtime_routes(store, states, clock),
            *monitor_routes(store, states, clock),
            *monitor_rule_routes(store, clock),
            *slo_routes(store, reader, clock),
            *dashboard_routes(store, clock),
            *metric_setting_routes(store, AnyMetric(), clock),
        ]
    )
    with TestClient(app, base_url="http://127.0.0.1", raise_server_exceptions=False) as client:

        def send(method: str, path: str, query: list[tuple[str, str]], body: Any) -> tuple[int, Any, str]:
            answer = client.request(method, path, params=dict(query), json=body)
            clock.advance(0.01)
            return answer.status_code, answer.json() if answer.content else None, answer.text

        yield send
