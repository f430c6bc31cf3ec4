"""Datadog's own clients of metrics, logs, events and checks: the rows hold what was sent."""

import json

import pytest

from tests.e2e.conftest import RunClient
from tests.e2e.rows import Row, only, pick
from tests.support.lrcp_server import LrcpServer

pytestmark = pytest.mark.e2e


def metric(server: LrcpServer, name: str) -> Row:
    """One metric over all its buckets."""
    query = (
        "SELECT metric, any(type) AS type, any(tags) AS tags, sum(count) AS count, sum(sum) AS sum, min(min) AS min,"
        " max(max) AS max, argMax(last_at.value, last_at) AS last, uniqMerge(members) AS members,"
        " quantilesDDMerge(0.005, 0.5, 0.75, 0.9, 0.95, 0.99)(sketch) AS quantiles"
        f" FROM metrics WHERE metric = '{name}' GROUP BY metric"
    )
    return server.wait_rows(query)[0]


@pytest.mark.parametrize("transport", ["udp", "socket"])
def test_dogstatsd_metrics_are_aggregated_as_the_agent_does(
    server: LrcpServer, run_client: RunClient, transport: str
) -> None:
    name = f"statsd_{transport}"
    run_client(
        "dogstatsd_client.py", name, str(server.dogstatsd_port) if transport == "udp" else server.dogstatsd_socket
    )
    orders = metric(server, f"{name}.orders")
    assert pick(orders, "type", "sum") == ("count", 6.0)
    assert orders["tags"] == ["shop:north", f"suite:{name}"]
    assert pick(metric(server, f"{name}.stock"), "type", "last") == ("gauge", 5.0)
    checkout = metric(server, f"{name}.checkout")
    assert pick(checkout, "type", "count", "sum", "min", "max") == ("distribution", 5.0, 1.5, 0.1, 0.5)
    assert checkout["quantiles"][0] == pytest.approx(0.3, rel=0.02)
    assert metric(server, f"{name}.basket.max")["last"] == 12.5
    assert pick(metric(server, f"{name}.visitors"), "type", "members") == ("set", 2)


@pytest.mark.parametrize("transport", ["udp", "socket"])
def test_dogstatsd_events_and_checks_are_rows(server: LrcpServer, run_client: RunClient, transport: str) -> None:
    name = f"statsd_event_{transport}"
    run_client(
        "dogstatsd_client.py", name, str(server.dogstatsd_port) if transport == "udp" else server.dogstatsd_socket
    )
    (event,) = server.wait_rows(f"SELECT * FROM events WHERE aggregation_key = '{name}'")
    assert pick(event, "title", "text", "alert_type", "priority") == (
        "Shop opened", "The doors\nare open", "success", "normal",
    )  # fmt: skip
    assert sorted(event["tags"]) == ["shop:north", f"suite:{name}"]
    (check,) = server.wait_rows(f"SELECT * FROM checks WHERE check = '{name}.up'")
    assert pick(check, "status", "message") == ("warning", "slow")


def test_the_official_api_client_submits_metrics_logs_events_and_checks(
    server: LrcpServer, run_client: RunClient
) -> None:
    printed = run_client("datadog_api.py", server.url)
    assert (printed["valid"], printed["event"]) == (True, "ok")
    assert pick(metric(server, "api.orders"), "type", "sum", "tags") == ("count", 4.0, ["shop:north", "suite:api"])
    assert pick(metric(server, "api.stock"), "type", "last") == ("gauge", 9.0)
    assert pick(metric(server, "api.checkout"), "type", "count", "sum", "max") == ("distribution", 3.0, 6.0, 3.0)
    logs = server.wait_rows("SELECT * FROM logs WHERE service = 'api-logs' ORDER BY message", 2)
    lost, sent = logs
    assert pick(sent, "message", "source", "host", "env") == ("parcel sent", "shop", "h1", "e2e")
    assert "team:north" in sent["tags"]
    assert pick(lost, "message", "status") == ("parcel lost", "error")
    assert json.loads(lost["attributes"])["order"] == "7"
    event = only(server.sql("SELECT * FROM events WHERE aggregation_key = 'api-prices'"), title="Price changed")
    assert pick(event, "text", "alert_type") == ("Kettles cost less", "info")
    change = only(server.sql("SELECT * FROM events WHERE aggregation_key = 'api-flags'"), title="Free shipping on")
    assert change["text"] == "A flag was switched"
    assert "suite:api" in change["tags"]
    check = only(server.sql("SELECT * FROM checks WHERE check = 'api.up'"), host="h1")
    assert pick(check, "status", "message") == ("critical", "down")
