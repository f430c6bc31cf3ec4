"""Datadog's paths over a real state database, in this process, with a clock that a test moves."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

from lrcp.datadog.app import create_datadog_api
from lrcp.datadog.dashboards.routes import dashboard_routes
from lrcp.datadog.downtimes.routes import downtime_routes
from lrcp.datadog.metric_settings.routes import metric_setting_routes
from lrcp.datadog.monitor_rules.routes import monitor_rule_routes
from lrcp.datadog.monitors.routes import monitor_routes
from lrcp.datadog.slos.routes import slo_routes
from lrcp.kit.clock import FakeClock
from lrcp.model.monitor_state import GroupState, State
from lrcp.model.monitor_tick import Change, MonitorStatus
from lrcp.monitors.slo.history import SloReader
from lrcp.monitors.slo.past import StoredPast
from lrcp.monitors.slo.stored import StoredMonitors
from lrcp.query.memory.series import MemorySeries
from lrcp.query.memory.source import MemorySource
from lrcp.store.state.leases import LeaseStore
from lrcp.store.state.monitor_states import MonitorStateStore
from lrcp.store.state.resources import ResourceStore
from lrcp.store.state.store import StateStore, open_state

Answer = tuple[int, Any]
"""(status, decoded JSON, None where there is none)."""


class MemoryMetrics:
    """The metrics of series in memory."""

    def __init__(self, series: Sequence[MemorySeries]) -> None:
        self._types = {one.metric: one.type for one in series}

    async def find_type(self, metric: str) -> str | None:
        return self._types.get(metric)


class DatadogApi:
    """Asks the application. Each answer is (status, document)."""

    def __init__(self, state: StateStore, clock: FakeClock, series: Sequence[MemorySeries] = ()) -> None:
        self.clock = clock
        self.state = state
        self.resources, self.states = ResourceStore(state), MonitorStateStore(state)
        reader = SloReader(MemorySource(series), StoredPast(self.states, StoredMonitors(self.resources)))
        self.app = create_datadog_api(
            [
                *downtime_routes(self.resources, self.states, clock),
                *monitor_routes(self.resources, self.states, clock),
                *monitor_rule_routes(self.resources, clock),
                *slo_routes(self.resources, reader, clock),
                *dashboard_routes(self.resources, clock),
                *metric_setting_routes(self.resources, MemoryMetrics(series), clock),
            ]
        )
        self.client = TestClient(self.app, base_url="http://127.0.0.1", raise_server_exceptions=False)

    def ask(self, method: str, path: str, body: Any = None, **query: Any) -> Answer:
        """query: parameters of the address."""
        answer = self.client.request(method, path, params=query, json=body)
        return answer.status_code, answer.json() if answer.content else None

    def made(self, path: str, body: Any, status: int = 200) -> Any:
        """The document of a POST that must succeed."""
        answered, document = self.ask("POST", path, body)
        assert answered == status, document
        return document

    def refusal(self, path: str, body: Any, method: str = "POST") -> str:
        """The text of a 400."""
        status, document = self.ask(method, path, body)
        assert status == 400, document
        return str(document["errors"][0])

    def remember(self, monitor_id: int, *groups: GroupState) -> None:
        """What an evaluation would have left of a monitor."""
        now_ns = self.clock.now_ns()
        lease = LeaseStore(self.state).acquire("monitors", "test", now_ns)
        assert lease is not None
        worst = max((one.state for one in groups), default=State.OK)
        status = MonitorStatus(monitor_id=monitor_id, state=worst, evaluated_s=now_ns // 10**9, definition="d")
        self.states.commit([Change(status=status, states=groups)], lease=lease, now_ns=now_ns)


@contextmanager
def open_datadog_api(directory: Path, now_s: float, series: Sequence[MemorySeries] = ()) -> Iterator[DatadogApi]:
    """An application over an empty database of its own."""
    state = open_state("", directory, now_ns=0)
    try:
        api = DatadogApi(state, FakeClock(now_s), series)
        with api.client:
            yield api
    finally:
        state.close()
