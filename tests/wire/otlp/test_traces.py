"""Spans of any kind: ids, times, resource, status, events, tags."""

import json

import pytest

from lrcp.model.ids import payload_digest
from tests.wire.otlp.bodies import SPAN_ID, START_NS, TRACE_ID, Decoders, one_span, trace_request


def test_ids_times_and_resource_fields_are_read() -> None:
    span = one_span(
        parent_span_id=b"\x01" * 8,
        kind=2,
        resource={"service.name": "shop", "deployment.environment.name": "prod", "service.version": "1.2"},
        scope="http",
    )
    assert (span.trace_id, span.span_id, span.parent_id) == (TRACE_ID.hex(), SPAN_ID.hex(), "01" * 8)
    assert (span.start_ns, span.duration_ns) == (START_NS, 1_000_000_000)
    assert (span.service, span.env, span.version, span.kind, span.source) == ("shop", "prod", "1.2", "server", "otlp")
    assert span.tags == {"otel.scope": "http"}


def test_the_older_name_of_the_environment_is_understood_and_the_newer_goes_first() -> None:
    assert one_span(resource={"deployment.environment": "old"}).env == "old"
    assert one_span(resource={"deployment.environment": "old", "deployment.environment.name": "new"}).env == "new"


def test_a_resource_without_a_name_is_an_unknown_service() -> None:
    assert one_span().service == "unknown_service"


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        (0, "internal"),
        (1, "internal"),
        (2, "server"),
        (3, "client"),
        (4, "producer"),
        (5, "consumer"),
        (77, "internal"),
    ],
)
def test_the_span_kind_is_the_protocols_when_no_llm_convention_decides(number: int, kind: str) -> None:
    assert one_span(kind=number).kind == kind


def test_attributes_without_a_column_become_tags_with_lists_and_maps_as_json() -> None:
    span = one_span(
        {"text": "a", "flag": True, "n": 3, "f": 0.5, "list": [1, "x"], "map": {"b": [2]}, "raw": b"\xff", "empty": ""},
        resource={"k8s.pod.name": "pod-1", "service.name": "shop"},
    )
    assert span.tags == {
        "k8s.pod.name": "pod-1",
        "text": "a",
        "flag": "true",
        "n": "3",
        "f": "0.5",
        "list": '[1,"x"]',
        "map": '{"b":[2]}',
        "raw": "/w==",
        "empty": "",
    }


def test_the_resource_of_a_web_request_is_its_method_and_route() -> None:
    assert one_span({"http.request.method": "GET", "http.route": "/a/{id}"}).resource == "GET /a/{id}"
    assert one_span({"http.method": "GET", "http.route": "/a"}).resource == "GET /a"
    assert one_span(name="job").resource == "job"


def test_datadogs_own_attributes_name_the_operation_and_the_resource() -> None:
    span = one_span({"operation.name": "web.request", "resource.name": "GET /x"}, name="GET")
    assert (span.name, span.resource) == ("web.request", "GET /x")
    span = one_span({"operation.name": "web.request"}, name="GET /y")
    assert (span.name, span.resource) == ("web.request", "GET /y")
    span = one_span({"datadog.service": "s", "datadog.env": "e", "datadog.version": "v", "datadog.span.kind": "server"})
    assert (span.service, span.env, span.version, span.kind) == ("s", "e", "v", "server")


def test_an_exception_event_of_a_failed_span_says_what_failed() -> None:
    event = ("exception", {"exception.type": "ValueError", "exception.message": "no", "exception.stacktrace": "at x"})
    span = one_span(events=[event], status={"code": 2})
    assert (span.status, span.error_type, span.error_message) == ("error", "ValueError", "no")
    assert span.tags["error.stack"] == "at x"


def test_the_status_message_goes_before_the_exceptions() -> None:
    span = one_span(events=[("exception", {"exception.message": "no"})], status={"code": 2, "message": "why"})
    assert span.error_message == "why"


def test_a_handled_exception_does_not_make_a_span_an_error() -> None:
    span = one_span(events=[("exception", {"exception.type": "Retry", "exception.message": "again"})])
    assert (span.status, span.error_type, span.error_message) == ("ok", "", "")
    assert span.tags["exception.type"] == "Retry"


def test_other_events_and_links_are_kept_as_json() -> None:
    request = trace_request(events=[("cache.miss", {"key": "k"})])
    request.resource_spans[0].scope_spans[0].spans[0].links.add(trace_id=b"\x02" * 16, span_id=b"\x03" * 8)
    (span,) = Decoders().traces(request).batch.spans
    (event,) = json.loads(span.tags["otel.events"])
    assert (event["name"], event["attributes"]) == ("cache.miss", {"key": "k"})
    assert json.loads(span.tags["otel.links"]) == [{"trace_id": "02" * 16, "span_id": "03" * 8, "attributes": {}}]


@pytest.mark.parametrize(
    "wrong",
    [
        {"trace_id": b"\x01" * 15},
        {"trace_id": b"\x00" * 16},
        {"trace_id": b""},
        {"span_id": b"\x01" * 9},
        {"span_id": b"\x00" * 8},
        {"parent_span_id": b"\x01" * 3},
    ],
)
def test_a_span_with_a_wrong_id_is_refused_while_the_good_one_goes_on(wrong: dict[str, bytes]) -> None:
    request = trace_request(**wrong)
    request.resource_spans.extend(trace_request(name="good").resource_spans)
    taken = Decoders().traces(request)
    assert [span.name for span in taken.batch.spans] == ["good"]
    assert taken.refusals.count == 1
    assert "bytes" in taken.refusals.message()


def test_a_parent_of_zeros_is_no_parent() -> None:
    assert one_span(parent_span_id=b"\x00" * 8).parent_id == ""


def test_an_end_before_the_start_is_a_duration_of_zero() -> None:
    assert one_span(start_time_unix_nano=START_NS * 2).duration_ns == 0


def test_a_span_without_a_start_happened_when_it_ended() -> None:
    span = one_span(start_time_unix_nano=0)
    assert (span.start_ns, span.duration_ns) == (START_NS + 1_000_000_000, 0)


def test_the_digest_is_of_path_and_body() -> None:
    request = trace_request()
    batch = Decoders().traces(request).batch
    body = request.SerializeToString()
    assert batch.digest == payload_digest(b"/v1/traces", body)
    assert batch.size_bytes == len(body)


def test_spans_of_one_request_do_not_share_their_tags() -> None:
    request = trace_request({"a": "1"}, resource={"r": "x"})
    request.resource_spans[0].scope_spans[0].spans.append(request.resource_spans[0].scope_spans[0].spans[0])
    first, second = Decoders().traces(request).batch.spans
    first.tags["a"] = "changed"
    assert second.tags["a"] == "1"


def test_attributes_seen_before_read_the_same_when_seen_again() -> None:
    decoders = Decoders()
    request = trace_request({"a": "1", "gen_ai.request.model": "m", "gen_ai.response.finish_reasons": ["stop"]})
    first, second = (decoders.traces(request).batch.spans[0] for _ in range(2))
    assert first == second
    assert (first.model, first.finish_reason) == ("m", "stop")


def test_a_long_attribute_is_cut_and_says_so() -> None:
    text = one_span({"long": "x" * 100_000}).tags["long"]
    assert len(text) < 40_000
    assert text.endswith("[cut]")
