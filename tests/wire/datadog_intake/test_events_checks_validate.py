"""Events v1 and v2, service checks, key validation (DATADOG.md 1.4, appendix B)."""

from typing import Any

import msgspec
import pytest

from lrcp.ingest.http import Request
from lrcp.ingest.receivers.datadog_intake import routes
from lrcp.model.errors import InputError
from lrcp.model.event import Event, ServiceCheck
from tests.support.asgi import ask
from tests.wire.datadog_intake.asking import NOW_S, NS, Intake, batch_of, decode

V1, V2, CHECKS, VALIDATE = "/api/v1/events", "/api/v2/events", "/api/v1/check_run", "/api/v1/validate"


def alert(**fields: Any) -> dict[str, Any]:
    attributes = {"title": "Slow", "category": "alert", "attributes": {"status": "warn", "priority": "2"}, **fields}
    return {"data": {"type": "event", "attributes": attributes}}


def test_an_event_v1_fills_every_column_and_is_answered_with_its_id() -> None:
    body = {
        "title": "Deploy",
        "text": "v2",
        "date_happened": NOW_S - 60,
        "aggregation_key": "k",
        "alert_type": "success",
        "priority": "low",
        "host": "web-1",
        "source_type_name": "github",
        "tags": ["Env:Prod"],
        "device_name": "eth0",
    }
    decoded = decode(V1, body)
    assert decoded.batch is not None
    (event,) = decoded.batch.events
    assert event == Event(
        (NOW_S - 60) * NS,
        "Deploy",
        "v2",
        id=event.id,
        alert_type="success",
        priority="low",
        source="github",
        aggregation_key="k",
        host="web-1",
        tags=("device:eth0", "env:prod"),
    )
    reply = msgspec.json.decode(decoded.reply.body)
    assert (decoded.reply.status, reply["status"]) == (202, "ok")
    assert (reply["event"]["id"], reply["event"]["id_str"]) == (event.id, str(event.id))
    assert 0 < event.id < 1 << 63


def test_a_resent_event_gets_the_same_id_and_digest() -> None:
    timed = {"title": "a", "text": "b", "date_happened": NOW_S}
    first, again = batch_of(V1, timed), batch_of(V1, timed)
    assert (first.events[0].id, first.digest) == (again.events[0].id, again.digest)
    assert batch_of(V1, {"title": "a", "text": "b"}).digest == b""


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"text": "no title"}, "title is required"),
        ({"title": 5}, "title must be a string"),
        ({"title": "a", "alert_type": "fatal"}, "alert_type"),
        ({"title": "a", "priority": "high"}, "priority"),
        ({"title": "a", "tags": "x"}, "tags must be an array"),
        ({"title": "a", "date_happened": NOW_S - 18 * 3600 - 1}, "Event too far in the past"),
        ({"title": "a", "date_happened": NOW_S + 3600}, "future"),
        ({"title": "a", "date_happened": "soon"}, "date_happened"),
        ([], "object"),
    ],
)
def test_a_wrong_event_v1_is_refused_with_the_field(fields: Any, why: str) -> None:
    with pytest.raises(InputError, match=why):
        decode(V1, fields)


def test_an_event_v1_is_cut_at_its_limits() -> None:
    (event,) = batch_of(V1, {"title": "t", "text": "x" * 5000, "aggregation_key": "k" * 200}).events
    assert (len(event.text), len(event.aggregation_key)) == (4000, 100)


def test_an_alert_event_v2_has_its_severity_priority_and_answer() -> None:
    decoded = decode(
        V2, alert(message="p95 is up", tags=["a:b"], timestamp="2023-11-14T22:13:20Z", host="h", aggregation_key="k")
    )
    assert decoded.batch is not None
    (event,) = decoded.batch.events
    assert (event.time_ns, event.title, event.text, event.alert_type) == (NOW_S * NS, "Slow", "p95 is up", "warning")
    assert (event.priority, event.tags, event.source) == ("2", ("a:b", "category:alert"), "custom-events")
    reply = msgspec.json.decode(decoded.reply.body)
    assert decoded.reply.status == 202
    assert reply["data"]["attributes"]["attributes"]["evt"]["id"] == str(event.id)
    assert reply["data"]["attributes"]["attributes"]["evt"]["uid"]


def test_a_change_event_v2_says_what_changed() -> None:
    attributes = {"changed_resource": {"name": "fallback", "type": "feature_flag"}, "new_value": {"on": True}}
    (event,) = batch_of(V2, alert(category="change", attributes=attributes)).events
    assert event.tags == ("category:change", "changed_resource_name:fallback", "changed_resource_type:feature_flag")
    assert msgspec.json.decode(event.text) == attributes


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ({}, "data must be an object"),
        ({"data": {}}, "data.attributes"),
        (alert(title=""), "title"),
        (alert(category="other"), "category"),
        (alert(attributes={"status": "bad"}), "attributes.status"),
        (alert(attributes={"status": "ok", "priority": "9"}), "attributes.priority"),
        (alert(attributes={"status": "ok", "links": [1] * 21}), "links"),
        (alert(category="change", attributes={}), "changed_resource"),
        (alert(tags=["x"] * 101), "tags"),
        (alert(timestamp="yesterday"), "timestamp"),
        (alert(timestamp="2020-01-01T00:00:00Z"), "past"),
        (alert(timestamp="0001-01-01T00:00:00+14:00"), "timestamp|past"),
    ],
)
def test_a_wrong_event_v2_is_refused_with_the_field(body: Any, why: str) -> None:
    with pytest.raises(InputError, match=why):
        decode(V2, body)
    errors = msgspec.json.decode(Intake().post(V2, body).body)["errors"]
    assert errors[0]["title"] == "Bad Request"
    assert errors[0]["detail"]


def test_service_checks_become_records_and_wrong_ones_do_not_cost_the_others() -> None:
    body = [
        {"check": "app.up", "host_name": "h", "status": 2, "tags": ["A:b"], "message": "down", "timestamp": NOW_S - 5},
        {"check": "app.up", "status": 7, "tags": []},
        {"status": 0},
        {"check": "app.old", "status": 0, "timestamp": NOW_S - 601},
    ]
    decoded = decode(CHECKS, body)
    assert decoded.batch is not None
    assert decoded.batch.checks == [ServiceCheck((NOW_S - 5) * NS, "app.up", "critical", "h", "down", ("a:b",))]
    assert (decoded.rejected, decoded.reply.status, decoded.reply.body) == (3, 202, b'{"status":"ok"}')
    assert len(decoded.batch.digest) == 16


def test_a_single_service_check_without_a_time_is_of_now() -> None:
    batch = batch_of(CHECKS, {"check": "app.up", "status": 0, "host_name": "h", "tags": []})
    assert (batch.checks[0].time_ns, batch.checks[0].status, batch.digest) == (NOW_S * NS, "ok", b"")


@pytest.mark.parametrize("body", [5, [{"check": "a", "status": "0"}], [{"check": "a", "status": True}], [[]]])
def test_a_check_run_without_a_single_check_is_refused(body: Any) -> None:
    with pytest.raises(InputError):
        decode(CHECKS, body)


@pytest.mark.parametrize("headers", [{"dd-api-key": "k"}, {"authorization": "Bearer ddpat_x"}])
def test_a_request_with_a_key_is_valid(headers: dict[str, str]) -> None:
    answer = ask(Intake().app, VALIDATE, method="GET", headers=headers)
    assert (answer.status, answer.body) == (200, b'{"valid":true}')


def test_a_key_in_the_query_is_valid_too() -> None:
    request = Request("GET", VALIDATE, b"api_key=k", {}, b"", 0)
    assert routes()[VALIDATE].decode(request).reply.status == 200


@pytest.mark.parametrize("headers", [{}, {"dd-api-key": " "}, {"authorization": "Basic x"}])
def test_a_request_without_a_key_is_forbidden(headers: dict[str, str]) -> None:
    answer = ask(Intake().app, VALIDATE, method="GET", headers=headers)
    assert (answer.status, answer.body) == (403, b'{"errors":["API key required"]}')
