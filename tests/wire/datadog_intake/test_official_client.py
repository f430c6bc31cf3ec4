"""The official `datadog-api-client` against the intakes on a real server."""

import socket
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import uvicorn
from datadog_api_client import ApiClient, Configuration
from datadog_api_client.exceptions import ApiException, ForbiddenException
from datadog_api_client.v1.api.authentication_api import AuthenticationApi
from datadog_api_client.v1.api.events_api import EventsApi as EventsApiV1
from datadog_api_client.v1.api.metrics_api import MetricsApi as MetricsApiV1
from datadog_api_client.v1.api.service_checks_api import ServiceChecksApi
from datadog_api_client.v1.model.distribution_point import DistributionPoint
from datadog_api_client.v1.model.distribution_points_payload import DistributionPointsPayload
from datadog_api_client.v1.model.distribution_points_series import DistributionPointsSeries
from datadog_api_client.v1.model.event_create_request import EventCreateRequest as EventCreateRequestV1
from datadog_api_client.v1.model.metrics_payload import MetricsPayload
from datadog_api_client.v1.model.point import Point
from datadog_api_client.v1.model.series import Series
from datadog_api_client.v1.model.service_check import ServiceCheck
from datadog_api_client.v1.model.service_check_status import ServiceCheckStatus
from datadog_api_client.v1.model.service_checks import ServiceChecks
from datadog_api_client.v2.api.events_api import EventsApi
from datadog_api_client.v2.api.logs_api import LogsApi
from datadog_api_client.v2.api.metrics_api import MetricsApi
from datadog_api_client.v2.model.content_encoding import ContentEncoding
from datadog_api_client.v2.model.http_log import HTTPLog
from datadog_api_client.v2.model.http_log_item import HTTPLogItem
from datadog_api_client.v2.model.metric_content_encoding import MetricContentEncoding
from datadog_api_client.v2.model.metric_intake_type import MetricIntakeType
from datadog_api_client.v2.model.metric_payload import MetricPayload
from datadog_api_client.v2.model.metric_point import MetricPoint
from datadog_api_client.v2.model.metric_resource import MetricResource
from datadog_api_client.v2.model.metric_series import MetricSeries

from lrcp.ingest.counters import Counters
from lrcp.ingest.http import Receiver, ReceiverApp
from lrcp.ingest.receivers.datadog_intake import render_error, routes
from lrcp.kit.clock import SystemClock
from tests.support.asgi import KeepingConsumer


class LiveIntake:
    """A running server, what it stored, and a client that speaks to it."""

    def __init__(self, address: str, consumer: KeepingConsumer) -> None:
        self.address = address
        self.consumer = consumer

    def client(self, api_key: str = "any") -> ApiClient:
        return ApiClient(Configuration(host=self.address, api_key={"apiKeyAuth": api_key, "appKeyAuth": "app"}))


@pytest.fixture
def live() -> Iterator[LiveIntake]:
    consumer = KeepingConsumer()
    app = ReceiverApp(Receiver("datadog_intake", routes(), render_error), consumer, Counters(), SystemClock())
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off"))
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [sock]}, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield LiveIntake(f"http://127.0.0.1:{sock.getsockname()[1]}", consumer)
        server.should_exit = True
        thread.join(timeout=10)


def now_s() -> int:
    return int(time.time())


@pytest.mark.parametrize("encoding", [None, "deflate", "gzip"])
def test_series_v2(live: LiveIntake, encoding: str | None) -> None:
    series = MetricSeries(
        metric="shop.load",
        type=MetricIntakeType.COUNT,
        points=[MetricPoint(timestamp=now_s(), value=3.5)],
        resources=[MetricResource(name="web-1", type="host")],
        tags=["env:test"],
        unit="request",
        interval=10,
    )
    options = {"content_encoding": MetricContentEncoding(encoding)} if encoding else {}
    with live.client() as client:
        reply = MetricsApi(client).submit_metrics(body=MetricPayload(series=[series]), **options)
    assert reply.errors == []
    (bucket,) = live.consumer.batches[0].metrics
    assert (bucket.type, bucket.sum, bucket.unit, bucket.interval_s) == ("count", 3.5, "request", 10)
    assert bucket.tags == ("env:test", "host:web-1")


@pytest.mark.parametrize("encoding", [None, "deflate"])
def test_series_v1(live: LiveIntake, encoding: str | None) -> None:
    series = Series(
        metric="shop.load", type="gauge", points=[Point([float(now_s()), 1.5])], tags=["env:test"], host="h"
    )
    options = {"content_encoding": encoding} if encoding else {}
    with live.client() as client:
        reply = MetricsApiV1(client).submit_metrics(body=MetricsPayload(series=[series]), **options)
    assert reply.status == "ok"
    (bucket,) = live.consumer.batches[0].metrics
    assert (bucket.type, bucket.last, bucket.tags) == ("gauge", 1.5, ("env:test", "host:h"))


@pytest.mark.parametrize("encoding", [None, "deflate"])
def test_distribution_points(live: LiveIntake, encoding: str | None) -> None:
    point = DistributionPoint([float(now_s()), [1.0, 2.0]])
    body = DistributionPointsPayload(series=[DistributionPointsSeries(metric="shop.lat", points=[point])])
    options = {"content_encoding": encoding} if encoding else {}
    with live.client() as client:
        reply = MetricsApiV1(client).submit_distribution_points(body=body, **options)
    assert reply.status == "ok"
    assert live.consumer.batches[0].metrics[0].values == [1.0, 2.0]


@pytest.mark.parametrize("encoding", [None, "gzip", "deflate"])
def test_logs(live: LiveIntake, encoding: str | None) -> None:
    item = HTTPLogItem(
        message="hello", ddsource="python", ddtags="env:test", hostname="h", service="shop", status="error", order=7
    )
    options = {"content_encoding": ContentEncoding(encoding)} if encoding else {}
    with live.client() as client:
        LogsApi(client).submit_log(body=HTTPLog([item]), ddtags="team:a", **options)
    (log,) = live.consumer.batches[0].logs
    assert (log.message, log.service, log.status, log.tags) == ("hello", "shop", "error", ("env:test", "team:a"))
    assert log.attributes == '{"order":7}'


def test_events_v1(live: LiveIntake) -> None:
    body = EventCreateRequestV1(title="Deploy", text="v2", tags=["env:test"], date_happened=now_s())
    with live.client() as client:
        reply = EventsApiV1(client).create_event(body=body)
    (event,) = live.consumer.batches[0].events
    assert (reply.status, reply.event.id, event.title) == ("ok", event.id, "Deploy")


def test_events_v2(live: LiveIntake) -> None:
    attributes = {
        "title": "Flag turned",
        "category": "change",
        "attributes": {"changed_resource": {"name": "fallback", "type": "feature_flag"}},
        "integration_id": "custom-events",
        "timestamp": datetime.now(UTC).isoformat(),
    }
    with live.client() as client:
        reply = EventsApi(client).create_event(body={"data": {"type": "event", "attributes": attributes}})
    (event,) = live.consumer.batches[0].events
    assert event.title == "Flag turned"
    assert reply.data.attributes.attributes.evt.id == str(event.id)


def test_service_checks(live: LiveIntake) -> None:
    check = ServiceCheck(
        check="app.up", host_name="h", status=ServiceCheckStatus.WARNING, tags=["a:b"], timestamp=now_s()
    )
    with live.client() as client:
        reply = ServiceChecksApi(client).submit_service_check(body=ServiceChecks([check]))
    assert reply.status == "ok"
    assert live.consumer.batches[0].checks[0].status == "warning"


def test_validate(live: LiveIntake) -> None:
    with live.client() as client:
        assert AuthenticationApi(client).validate().valid is True
    with live.client(api_key=" ") as client, pytest.raises(ForbiddenException) as refused:
        AuthenticationApi(client).validate()
    assert refused.value.body["errors"] == ["API key required"]


def test_what_is_wrong_reaches_the_clients_user(live: LiveIntake) -> None:
    body = EventCreateRequestV1(title="Old", text="x", date_happened=now_s() - 20 * 3600)
    with live.client() as client, pytest.raises(ApiException) as refused:
        EventsApiV1(client).create_event(body=body)
    assert (refused.value.status, refused.value.body["errors"]) == (400, ["Event too far in the past"])
