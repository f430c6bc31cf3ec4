# mypy: disable-error-code="no-untyped-call"
"""Definitions by the official clients against a real server: what they send is taken, what it answers they understand."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import datadog
import pytest
from datadog.api.exceptions import ApiError
from datadog_api_client import ApiClient, Configuration
from datadog_api_client.exceptions import ApiException, NotFoundException
from datadog_api_client.v1.api.dashboards_api import DashboardsApi
from datadog_api_client.v1.api.metrics_api import MetricsApi
from datadog_api_client.v1.api.monitors_api import MonitorsApi
from datadog_api_client.v1.api.service_level_objectives_api import ServiceLevelObjectivesApi
from datadog_api_client.v1.model.dashboard import Dashboard
from datadog_api_client.v1.model.dashboard_layout_type import DashboardLayoutType
from datadog_api_client.v1.model.metric_metadata import MetricMetadata
from datadog_api_client.v1.model.monitor import Monitor
from datadog_api_client.v1.model.monitor_options import MonitorOptions
from datadog_api_client.v1.model.monitor_thresholds import MonitorThresholds
from datadog_api_client.v1.model.monitor_type import MonitorType
from datadog_api_client.v1.model.monitor_update_request import MonitorUpdateRequest
from datadog_api_client.v1.model.note_widget_definition import NoteWidgetDefinition
from datadog_api_client.v1.model.note_widget_definition_type import NoteWidgetDefinitionType
from datadog_api_client.v1.model.service_level_objective_query import ServiceLevelObjectiveQuery
from datadog_api_client.v1.model.service_level_objective_request import ServiceLevelObjectiveRequest
from datadog_api_client.v1.model.slo_threshold import SLOThreshold
from datadog_api_client.v1.model.slo_timeframe import SLOTimeframe
from datadog_api_client.v1.model.slo_type import SLOType
from datadog_api_client.v1.model.widget import Widget
from datadog_api_client.v2.api.downtimes_api import DowntimesApi
from datadog_api_client.v2.model.downtime_create_request import DowntimeCreateRequest
from datadog_api_client.v2.model.downtime_create_request_attributes import DowntimeCreateRequestAttributes
from datadog_api_client.v2.model.downtime_create_request_data import DowntimeCreateRequestData
from datadog_api_client.v2.model.downtime_monitor_identifier_id import DowntimeMonitorIdentifierId
from datadog_api_client.v2.model.downtime_resource_type import DowntimeResourceType
from datadog_api_client.v2.model.downtime_schedule_one_time_create_update_request import (
    DowntimeScheduleOneTimeCreateUpdateRequest,
)

from tests.support.lrcp_server import LrcpServer

QUERY = "avg(last_5m):avg:e2e.load{env:e2e} by {host} > 4"


@pytest.fixture
def client(server: LrcpServer) -> Iterator[ApiClient]:
    configuration = Configuration(host=server.url)
    configuration.api_key = {"apiKeyAuth": "a", "appKeyAuth": "b"}
    with ApiClient(configuration) as opened:
        yield opened


@pytest.fixture
def older(server: LrcpServer) -> Any:
    """The older library, `datadog`."""
    datadog.initialize(api_host=server.url, api_key="a", app_key="b")
    datadog.api._mute = False  # its calls raise instead of returning the error
    return datadog.api


def monitor(**members: Any) -> Monitor:
    options = MonitorOptions(thresholds=MonitorThresholds(critical=4.0), renotify_interval=60, timeout_h=1)
    given = {"name": "e2e load", "type": MonitorType.QUERY_ALERT, "query": QUERY, "message": "@me", "options": options}
    return Monitor(**given | members)


def test_a_monitor_lives_through_the_requests_of_terraform(client: ApiClient) -> None:
    api = MonitorsApi(client)
    api.validate_monitor(body=monitor())
    made = api.create_monitor(body=monitor(tags=["team:e2e"], priority=2))
    read = api.get_monitor(made.id)
    assert (read.name, read.query, read.priority, read.tags) == ("e2e load", QUERY, 2, ["team:e2e"])
    assert (read.options.renotify_interval, read.options.thresholds.critical) == (60, 4.0)
    api.validate_existing_monitor(made.id, body=monitor(name="other"))
    changed = api.update_monitor(made.id, body=MonitorUpdateRequest(name="other"))
    assert (changed.name, changed.options.timeout_h) == ("other", 1)
    assert made.id in [one.id for one in api.list_monitors(monitor_tags="team:e2e")]
    assert api.check_can_delete_monitor(monitor_ids=[made.id]).data.ok == [made.id]
    assert api.delete_monitor(made.id).deleted_monitor_id == made.id
    with pytest.raises(NotFoundException) as gone:
        api.get_monitor(made.id)
    assert gone.value.body == {"errors": ["Monitor not found"]}


def test_a_refusal_reaches_the_client_with_its_text(client: ApiClient) -> None:
    with pytest.raises(ApiException) as refused:
        MonitorsApi(client).validate_monitor(body=monitor(query="avg(last_5m):avg:e2e.load{*} > 5"))
    text = "Alert threshold (4.0) does not match that used in the query (5.0)."
    assert (refused.value.status, refused.value.body) == (400, {"errors": [text]})


def test_a_monitor_that_is_evaluated_is_found_by_its_state(client: ApiClient) -> None:
    api = MonitorsApi(client)
    made = api.create_monitor(body=monitor(name="e2e search"))
    found = api.search_monitors(query='"e2e search"')
    assert [one.id for one in found.monitors] == [made.id]
    assert found.monitors[0].metrics == ["e2e.load"]
    assert found.counts.status.value[0].count == 1
    assert api.search_monitor_groups(query="status:alert").metadata.page == 0
    api.delete_monitor(made.id)


def test_a_downtime_silences_a_monitor_until_it_is_cancelled(client: ApiClient) -> None:
    monitors, downtimes = MonitorsApi(client), DowntimesApi(client)
    made = monitors.create_monitor(body=monitor(name="e2e muted"))
    attributes = DowntimeCreateRequestAttributes(
        scope="*",
        message="e2e",
        monitor_identifier=DowntimeMonitorIdentifierId(monitor_id=made.id),
        schedule=DowntimeScheduleOneTimeCreateUpdateRequest(end=datetime.now(UTC) + timedelta(hours=1)),
    )
    data = DowntimeCreateRequestData(type=DowntimeResourceType.DOWNTIME, attributes=attributes)
    downtime = downtimes.create_downtime(body=DowntimeCreateRequest(data=data)).data
    assert str(downtime.attributes.status) == "active"
    assert [one.id for one in downtimes.list_monitor_downtimes(made.id).data] == [downtime.id]
    assert monitors.get_monitor(made.id, with_downtimes=True).matching_downtimes[0].scope == ["*"]
    downtimes.cancel_downtime(downtime.id)
    assert str(downtimes.get_downtime(downtime.id).data.attributes.status) == "canceled"
    assert downtimes.list_monitor_downtimes(made.id).data == []
    monitors.delete_monitor(made.id)


def test_an_slo_tells_what_was_sent_of_its_metrics(client: ApiClient, older: Any) -> None:
    now_s = int(time.time())
    for name, value in (("e2e.good", 9), ("e2e.all", 10)):
        older.Metric.send(metric=name, points=[(now_s - 60, value)], type="count", interval=10, tags=["env:e2e"])
    api = ServiceLevelObjectivesApi(client)
    body = ServiceLevelObjectiveRequest(
        name="e2e answers",
        type=SLOType.METRIC,
        query=ServiceLevelObjectiveQuery(
            numerator="sum:e2e.good{*}.as_count()", denominator="sum:e2e.all{*}.as_count()"
        ),
        thresholds=[SLOThreshold(target=95.0, timeframe=SLOTimeframe.SEVEN_DAYS)],
    )
    made = api.create_slo(body=body).data[0]
    history = api.get_slo_history(made.id, from_ts=now_s - 3600, to_ts=now_s + 10).data
    assert history.overall.sli_value == pytest.approx(90)
    assert history.series.denominator.sum == 10
    (found,) = api.search_slo(query="e2e answers").data.attributes.slos
    assert found.data.attributes.status.state.value == "breached"
    assert api.delete_slo(made.id).data == [made.id]


def test_a_dashboard_and_a_metrics_description_are_kept(client: ApiClient, older: Any) -> None:
    older.Metric.send(metric="e2e.load", points=[(int(time.time()), 1)], tags=["env:e2e"])
    metrics = MetricsApi(client)
    metrics.update_metric_metadata("e2e.load", body=MetricMetadata(unit="process", description="how busy"))
    read = metrics.get_metric_metadata("e2e.load")
    assert (read.type, read.unit, read.description) == ("gauge", "process", "how busy")
    api = DashboardsApi(client)
    widget = Widget(definition=NoteWidgetDefinition(type=NoteWidgetDefinitionType.NOTE, content="hello"))
    board = api.create_dashboard(body=Dashboard(title="e2e", layout_type=DashboardLayoutType.ORDERED, widgets=[widget]))
    assert api.get_dashboard(board.id).widgets[0].definition.content == "hello"
    assert board.id in [one.id for one in api.list_dashboards().dashboards]
    api.delete_dashboard(board.id)


def test_the_older_library_does_the_same(older: Any) -> None:
    made = older.Monitor.create(type="metric alert", query="avg(last_5m):avg:e2e.load{*} > 4", name="e2e older")
    assert older.Monitor.get(made["id"])["name"] == "e2e older"
    silent = older.Downtime.create(scope="env:e2e", monitor_id=made["id"], end=int(time.time()) + 60)
    assert older.Downtime.get(silent["id"])["active"] is True
    older.Downtime.delete(silent["id"])
    assert older.Monitor.delete(made["id"]) == {"deleted_monitor_id": made["id"]}
    with pytest.raises(ApiError, match="The value provided for parameter 'query' is invalid"):
        older.Monitor.validate(type="metric alert", query="THIS IS NO QUERY")
