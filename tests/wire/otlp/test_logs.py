"""Log records to logs."""

import json
from typing import Any

import pytest

from lrcp.model.log import Log
from tests.wire.otlp.bodies import SPAN_ID, START_NS, TRACE_ID, Decoders, any_value, key_values, log_request


def one_log(resource: dict[str, Any] | None = None, **fields: Any) -> Log:
    record = {"time_unix_nano": START_NS, "body": any_value("hello")} | fields
    (log,) = Decoders().logs(log_request(record, resource=resource)).batch.logs
    return log


def test_a_record_becomes_a_log_of_its_span_and_service() -> None:
    log = one_log(
        resource={
            "service.name": "shop",
            "host.name": "h1",
            "deployment.environment.name": "prod",
            "service.version": "2",
            "process.pid": 7,
        },
        trace_id=TRACE_ID,
        span_id=SPAN_ID,
        severity_number=17,
        attributes=key_values({"code.line": 12, "list": [1, 2]}),
        event_name="order.failed",
    )
    assert (log.time_ns, log.message, log.status, log.source) == (START_NS, "hello", "error", "otlp")
    assert (log.service, log.env, log.host) == ("shop", "prod", "h1")
    assert (log.trace_id, log.span_id) == (TRACE_ID.hex(), SPAN_ID.hex())
    assert log.tags == ("env:prod", "service:shop", "version:2")
    assert json.loads(log.attributes) == {
        "process.pid": "7",
        "code.line": 12,
        "list": [1, 2],
        "event.name": "order.failed",
    }


@pytest.mark.parametrize(
    ("number", "text", "status"),
    [
        (1, "", "debug"),
        (5, "", "debug"),
        (9, "", "info"),
        (13, "", "warn"),
        (20, "", "error"),
        (21, "", "emergency"),
        (0, "WARNING", "warn"),
        (0, "Critical", "critical"),
        (0, "fatal", "emergency"),
        (0, "", "info"),
        (99, "odd", "ok"),
        (-3, "?", "info"),
    ],
)
def test_severities_become_datadogs_words(number: int, text: str, status: str) -> None:
    assert one_log(severity_number=number, severity_text=text).status == status


def test_a_structured_body_is_kept_as_json() -> None:
    assert one_log(body=any_value({"a": [1, True]})).message == '{"a":[1,true]}'


def test_the_observed_time_serves_where_there_is_no_other() -> None:
    assert one_log(time_unix_nano=0, observed_time_unix_nano=START_NS + 1).time_ns == START_NS + 1


def test_a_request_with_a_record_without_any_time_may_be_a_new_fact_when_it_comes_again() -> None:
    untimed = {"body": any_value("x")}
    timed = {"body": any_value("x"), "time_unix_nano": START_NS}
    taken = Decoders().logs(log_request(timed, untimed))
    assert [log.time_ns for log in taken.batch.logs] == [START_NS, START_NS]
    assert taken.batch.digest == b""
    assert len(Decoders().logs(log_request(timed)).batch.digest) == 16


def test_ids_of_another_length_belong_to_no_trace() -> None:
    assert (one_log(trace_id=b"\x01" * 3).trace_id, one_log(span_id=b"\x00" * 8).span_id) == ("", "")


def test_a_time_beyond_reason_is_refused() -> None:
    taken = Decoders().logs(log_request({"time_unix_nano": 2**64 - 1}, {"time_unix_nano": START_NS}))
    assert (len(taken.batch.logs), taken.refusals.count) == (1, 1)


def test_attributes_over_the_bound_stay_a_json_object_that_says_so() -> None:
    log = one_log(attributes=key_values({f"k{n}": "x" * 30_000 for n in range(50)}))
    assert len(log.attributes) <= 1024 * 1024 + 100
    assert json.loads(log.attributes)["lrcp.cut"] == "attributes"
