"""Logs intakes: forms of the body, reserved attributes, limits (DATADOG.md 1.4)."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from lrcp.model.errors import DecodeError, InputError, TooLargeError
from lrcp.model.log import Log
from tests.wire.datadog_intake.asking import NOW_S, NS, Intake, as_body, batch_of, decode

V2, V1 = "/api/v2/logs", "/v1/input"


def one_log(value: Any, **options: Any) -> Log:
    (log,) = batch_of(V2, value, **options).logs
    return log


def attributes_of(log: Log) -> Any:
    return msgspec.json.decode(log.attributes) if log.attributes else {}


def test_reserved_attributes_fill_the_columns_and_the_rest_stays_as_attributes() -> None:
    log = one_log(
        {
            "message": "paid",
            "ddsource": "python",
            "ddtags": "env:prod,team:shop",
            "hostname": "web-1",
            "service": "checkout",
            "level": "WARNING",
            "timestamp": (NOW_S - 5) * 1000,
            "dd.trace_id": "123456789",
            "dd.span_id": "255",
            "order": {"id": 7, "total": 9.5},
        }
    )
    assert log == Log(
        (NOW_S - 5) * NS,
        "paid",
        service="checkout",
        status="warn",
        trace_id=f"{123456789:032x}",
        span_id=f"{255:016x}",
        env="prod",
        host="web-1",
        source="python",
        tags=("env:prod", "team:shop"),
        attributes='{"order":{"id":7,"total":9.5}}',
    )


def test_the_query_says_what_the_logs_do_not() -> None:
    query = b"ddsource=nginx&ddtags=env%3Atest%2Ca%3Ab&service=web&hostname=h1"
    log = one_log({"message": "x", "ddtags": "c:d"}, query=query)
    assert (log.source, log.service, log.host, log.env) == ("nginx", "web", "h1", "test")
    assert log.tags == ("a:b", "c:d", "env:test")
    assert one_log({"message": "x", "service": "own", "ddsource": "py"}, query=query).service == "own"


@pytest.mark.parametrize(
    ("body", "content_type", "messages"),
    [
        (b'[{"message":"a"},{"message":"b"}]', b"application/json", ["a", "b"]),
        (b'{"message":"a"}', b"application/json", ["a"]),
        (b'{"message":"a"}', b"", ["a"]),
        (b'["a","b"]', b"application/json", ["a", "b"]),
        (b'{"message":"a"}\n{"message":"b"}\n', b"application/json", ["a", "b"]),
        ("één\n\nzwei\r\n".encode(), b"text/plain", ["één", "zwei"]),
        (b"{}", b"application/json", []),
        (b"[]", b"application/json", []),
        (b"", b"application/json", []),
    ],
)
def test_forms_of_a_body(body: bytes, content_type: bytes, messages: list[str]) -> None:
    decoded = decode(V2, body, content_type=content_type)
    assert decoded.batch is not None
    assert [log.message for log in decoded.batch.logs] == messages
    assert (decoded.reply.status, decoded.reply.body) == (202, b"{}")


def test_logplex_frames_carry_time_host_application_and_severity() -> None:
    moment = datetime.fromtimestamp(NOW_S, UTC).isoformat()
    first = f"<187>1 {moment} d.1 api web.3 - State changed from starting to up".encode()
    body = b"%d %s%d <40>1 - - - - - two" % (len(first), first, len(b"<40>1 - - - - - two"))
    one, two = batch_of(V2, body, content_type=b"application/logplex-1").logs
    assert (one.message, one.time_ns, one.host, one.service, one.status) == (
        "State changed from starting to up",
        NOW_S * NS,
        "d.1",
        "api",
        "error",
    )
    assert (two.message, two.status, two.host) == ("two", "emergency", "")


def test_logplex_that_is_not_framed_is_lines() -> None:
    assert [log.message for log in batch_of(V2, b"one\n99 two\n", content_type=b"application/logplex-1").logs] == [
        "one",
        "99 two",
    ]


def test_a_message_that_is_a_json_object_is_read_like_the_log_itself() -> None:
    log = one_log(
        {
            "message": '{"msg":"inner","level":"error","user":"ann","dd":{"trace_id":"5","span_id":"6"}}',
            "ddsource": "js",
        }
    )
    assert (log.message, log.status, log.source) == ("inner", "error", "js")
    assert (log.trace_id, log.span_id) == (f"{5:032x}", f"{6:016x}")
    assert attributes_of(log) == {"user": "ann"}


def test_a_json_message_without_a_text_of_its_own_stays_the_message() -> None:
    log = one_log({"message": '{"user":"ann"}'})
    assert (log.message, attributes_of(log)) == ('{"user":"ann"}', {"user": "ann"})


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ("emerg", "emergency"),
        ("fatal", "emergency"),
        ("alert", "alert"),
        ("CRITICAL", "critical"),
        ("err", "error"),
        ("Warn", "warn"),
        ("notice", "notice"),
        ("INFO", "info"),
        ("debug", "debug"),
        ("trace", "debug"),
        ("verbose", "debug"),
        ("OK", "ok"),
        ("Success", "ok"),
        (3, "error"),
        ("6", "info"),
        ("???", "info"),
        (None, "info"),
        (17, "info"),
    ],
)
def test_levels_become_datadogs_words(sent: Any, status: str) -> None:
    assert one_log({"message": "x", "severity": sent}).status == status


@pytest.mark.parametrize(
    ("sent", "trace_id"),
    [
        ("0000000000000000000000000000002a", f"{42:032x}"),
        ("68f0b1c2000000001122334455667788", "68f0b1c2000000001122334455667788"),
        ("11223344556677aa", "000000000000000011223344556677aa"),
        (1234, f"{1234:032x}"),
        (2**100, f"{2**100:032x}"),
        ("0", ""),
        ("no id", ""),
        (10**40, ""),
        (True, ""),
    ],
)
def test_trace_ids_become_thirty_two_hex_digits(sent: Any, trace_id: str) -> None:
    assert (
        one_log(
            b'{"message":"x","trace_id":%s}' % (str(sent).encode() if type(sent) is int else as_body(sent))
        ).trace_id
        == trace_id
    )


@pytest.mark.parametrize(
    ("name", "sent"),
    [
        ("timestamp", NOW_S),
        ("timestamp", str(NOW_S * 1000)),
        ("date", NOW_S * 1000),
        ("@timestamp", "2023-11-14T22:13:20Z"),
        ("eventTime", "2023-11-14T23:13:20+01:00"),
        ("_timestamp", "2023-11-14 22:13:20"),
        ("Timestamp", NOW_S * NS),
    ],
)
def test_forms_of_a_logs_own_time(name: str, sent: Any) -> None:
    batch = batch_of(V2, {"message": "x", name: sent})
    assert batch.logs[0].time_ns == NOW_S * NS
    assert len(batch.digest) == 16


def test_a_log_without_a_time_is_of_its_arrival_and_its_payload_may_come_again() -> None:
    batch = batch_of(V2, [{"message": "x", "timestamp": NOW_S}, {"message": "x"}])
    assert [log.time_ns for log in batch.logs] == [NOW_S * NS, NOW_S * NS]
    assert batch.digest == b""


def test_a_time_in_an_unknown_form_is_kept_to_be_read() -> None:
    log = one_log({"message": "x", "date": "next tuesday"})
    assert (log.time_ns, attributes_of(log)) == (NOW_S * NS, {"timestamp": "next tuesday"})


def test_logs_older_than_eighteen_hours_are_refused_and_the_request_is_accepted() -> None:
    decoded = decode(
        V2, [{"message": "old", "timestamp": NOW_S - 18 * 3600 - 1}, {"message": "new", "timestamp": NOW_S}]
    )
    assert decoded.batch is not None
    assert ([log.message for log in decoded.batch.logs], decoded.rejected) == (["new"], 1)


def test_a_message_over_a_megabyte_is_cut_at_a_character() -> None:
    log = one_log({"message": "é" * 700_000})
    assert len(log.message.encode()) == 1_000_000
    assert log.message == "é" * 500_000


def test_more_than_a_thousand_logs_are_too_many() -> None:
    assert len(batch_of(V2, [{"message": "x"}] * 1000).logs) == 1000
    with pytest.raises(TooLargeError, match="1000"):
        decode(V2, [{"message": "x"}] * 1001)


def test_an_item_that_is_no_log_does_not_cost_the_others() -> None:
    decoded = decode(V2, [5, {"message": "x"}, None])
    assert decoded.batch is not None
    assert (len(decoded.batch.logs), decoded.rejected) == (1, 2)


@pytest.mark.parametrize("body", [b"{", b"[1", b"\xff", b"[5]", b"7", b"[" * 100_000])
def test_a_body_that_holds_no_log_is_refused(body: bytes) -> None:
    with pytest.raises(DecodeError):
        decode(V2, body)


def test_a_deeply_nested_log_is_stored_or_refused_and_never_a_crash() -> None:
    for depth in (10, 500, 900, 990):
        nested = b'{"message":"x","a":' + b"[" * depth + b"]" * depth + b"}"
        try:
            assert one_log(nested).message == "x"
        except InputError:
            assert depth > 100


def test_v1_answers_200_and_errors_have_each_versions_form() -> None:
    intake = Intake()
    accepted = intake.post(V1, {"message": "x"})
    assert (accepted.status, accepted.body) == (200, b"{}")
    assert msgspec.json.decode(intake.post(V1, b"{").body)["code"] == 400
    refused = msgspec.json.decode(intake.post(V2, b"{").body)
    assert (refused["errors"][0]["status"], refused["errors"][0]["title"]) == ("400", "Bad Request")
