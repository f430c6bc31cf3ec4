"""LLM Observability spans that come on their own: events of real tracers, and the public HTTP API."""

import json
from typing import Any

import msgspec
import pytest

from lrcp.model.errors import DecodeError
from lrcp.model.span import Span
from tests.wire.agent import NOW_NS, PROXIED, batch_of, decode, recording, spans_of

EVENTS = "/evp_proxy/v2/api/v2/llmobs"
PUBLIC = "/api/intake/llm-obs/v1/trace/spans"


def event(**changes: Any) -> dict[str, Any]:
    return {
        "span_id": "4660",
        "trace_id": "0123456789abcdef0123456789abcdef",
        "parent_id": "undefined",
        "name": "step",
        "start_ns": 1_799_999_999_000_000_000,
        "duration": 5,
        "status": "ok",
        "meta": {"span.kind": "task"},
        "metrics": {},
        "tags": [],
        "_dd": {},
        **changes,
    }


def events_body(*spans: Any) -> bytes:
    return json.dumps([{"_dd.stage": "raw", "event_type": "span", "spans": list(spans)}]).encode()


def public_body(*spans: Any, **attributes: Any) -> bytes:
    return json.dumps({"data": {"type": "span", "attributes": {"spans": list(spans), **attributes}}}).encode()


def one(**changes: Any) -> Span:
    return spans_of(EVENTS, events_body(event(**changes)), PROXIED)[0]


def test_events_of_a_real_tracer_become_rows_that_wait_for_their_apm_view() -> None:
    spans = spans_of(EVENTS, recording("llmobs/alone.events.json"), PROXIED)
    assert sorted(span.kind for span in spans) == ["embedding", "llm", "llm", "llm", "workflow"]
    assert {(span.source, span.awaits, span.service, span.env) for span in spans} == {("llmobs", "apm", "shop", "test")}
    assert {(span.ml_app, span.session_id, span.version) for span in spans} == {("shop-assistant", "s-42", "1.2.3")}
    flow = next(span for span in spans if span.kind == "workflow")
    assert (flow.parent_id, flow.user_id, flow.tags["tier"]) == ("", "u-7", "gold")
    assert {span.parent_id for span in spans if span is not flow} == {flow.span_id}
    chat = next(span for span in spans if span.prompt_version)
    assert (chat.input_tokens, chat.output_tokens, chat.cached_input_tokens, chat.reasoning_tokens) == (120, 30, 64, 12)
    failed = next(span for span in spans if span.status == "error")
    assert failed.error_type == "openai.NotFoundError"


def test_both_views_of_an_unsampled_trace_have_the_same_ids() -> None:
    events = spans_of(EVENTS, recording("llmobs/unsampled.events.json"), PROXIED)
    apm = spans_of("/v0.4/traces", recording("ddtrace_v04/unsampled.bin"))
    waiting = {(span.trace_id, span.span_id): span for span in apm if span.awaits == "llmobs"}
    assert {(span.trace_id, span.span_id) for span in events} == set(waiting)
    for span in events:
        other = waiting[span.trace_id, span.span_id]
        assert (span.kind, span.input_tokens, span.status) == (other.kind, other.input_tokens, other.status)
        assert abs(span.start_ns - other.start_ns) < 1_000_000_000
        assert span.tags["llmobs_trace_id"] != span.trace_id


@pytest.mark.parametrize("prefix", ["", "/evp_proxy/v1", "/evp_proxy/v2", "/evp_proxy/v3", "/evp_proxy/v4"])
def test_every_way_to_the_intake_is_the_same(prefix: str) -> None:
    assert spans_of(f"{prefix}/api/v2/llmobs", events_body(event()), PROXIED) == [one()]


def test_a_single_envelope_without_a_list_is_taken() -> None:
    body = json.dumps({"event_type": "span", "spans": [event()]}).encode()
    assert spans_of(EVENTS, body, PROXIED) == [one()]


def test_events_packed_as_messagepack_are_the_same() -> None:
    headers = PROXIED | {"content-type": "application/msgpack"}
    for envelopes in ([{"event_type": "span", "spans": [event(), 5]}], {"event_type": "span", "spans": [event(), 5]}):
        decoded = decode(EVENTS, msgspec.msgpack.encode(envelopes), headers)
        assert decoded.batch is not None
        assert (decoded.batch.spans, decoded.rejected) == ([one()], 1)
    with pytest.raises(DecodeError, match="MessagePack"):
        decode(EVENTS, b"\xc1", headers)


@pytest.mark.parametrize("parent", ["undefined", "", "0", None])
def test_no_parent_has_many_spellings(parent: Any) -> None:
    assert one(parent_id=parent).parent_id == ""


@pytest.mark.parametrize(
    ("apm", "expected"),
    [
        ("6b00a42f00000000985048af9d27d0ae", "6b00a42f00000000985048af9d27d0ae"),
        ("4660", f"{0x1234:032x}"),
        ("985048af9d27d0ae", "0" * 16 + "985048af9d27d0ae"),
        ("", "0123456789abcdef0123456789abcdef"),
        (None, "0123456789abcdef0123456789abcdef"),
    ],
)
def test_the_apm_trace_id_is_the_trace_id_where_there_is_one(apm: Any, expected: str) -> None:
    span = one(_dd={"apm_trace_id": apm})
    assert (span.trace_id, span.tags["llmobs_trace_id"]) == (expected, "0123456789abcdef0123456789abcdef")


@pytest.mark.parametrize(
    ("metrics", "expected"),
    [
        ({"input_tokens": 100, "cache_read_input_tokens": 30, "cache_write_input_tokens": 50}, 100),
        ({"input_tokens": 20, "cache_read_input_tokens": 30, "cache_write_input_tokens": 50}, 100),
        ({"input_tokens": 80, "cache_read_input_tokens": 80}, 80),
        ({"prompt_tokens": 7.0}, 7),
        ({"input_tokens": "12"}, 12),
        ({"input_tokens": -1}, None),
        ({"input_tokens": None}, None),
        ({"input_tokens": True}, None),
        ({"input_tokens": 1 << 70}, None),
        ({}, None),
    ],
)
def test_input_tokens_are_all_input_or_unknown(metrics: dict[str, Any], expected: int | None) -> None:
    assert one(metrics=metrics).input_tokens == expected


@pytest.mark.parametrize(
    ("metrics", "nusd", "source"),
    [
        ({"total_cost": 0.00125}, 1_250_000, "reported"),
        ({"total_cost": 0}, 0, "reported"),
        ({"input_cost": 0.1, "output_cost": 0.2}, 300_000_000, "reported"),
        ({"input_cost": 0.1}, None, ""),
        ({"total_cost": -1}, None, ""),
        ({"total_cost": "free"}, None, ""),
        ({"total_cost": 1e300}, None, ""),
    ],
)
def test_a_reported_cost_is_dollars_and_becomes_nano_dollars(
    metrics: dict[str, Any], nusd: int | None, source: str
) -> None:
    span = one(metrics=metrics)
    assert (span.cost_nusd, span.cost_source) == (nusd, source)


def test_other_metrics_are_tags_and_time_to_first_token_is_seconds() -> None:
    span = one(metrics={"time_to_first_token": 0.25, "time_in_queue": 0.5, "ephemeral_1h_input_tokens": 3})
    assert (span.ttft_ns, span.tags["time_in_queue"], span.tags["ephemeral_1h_input_tokens"]) == (
        250_000_000,
        "0.5",
        "3",
    )


@pytest.mark.parametrize(
    ("changes", "error_type", "message"),
    [
        ({"status": "error", "meta": {"error": {"type": "T", "message": "m"}}}, "T", "m"),
        ({"status": "ok", "meta": {"error": {"type": "T", "message": "m"}}}, "T", "m"),
        ({"status": "error", "tags": ["error:1", "error_type:T"], "status_message": "m"}, "T", "m"),
        ({"tags": ["error:1"]}, "", ""),
    ],
)
def test_errors_are_errors_however_they_are_told(changes: dict[str, Any], error_type: str, message: str) -> None:
    span = one(**changes)
    assert (span.status, span.error_type, span.error_message) == ("error", error_type, message)


def test_messages_are_kept_whole_as_json_and_values_as_they_are() -> None:
    messages = [{"role": "assistant", "content": "", "tool_calls": [{"name": "f", "arguments": {"a": 1}}]}]
    span = one(meta={"span": {"kind": "llm"}, "input": {"value": "plain\ntext"}, "output": {"messages": messages}})
    assert (span.input, json.loads(span.output)) == ("plain\ntext", messages)
    assert ": " not in span.output
    assert one(meta={"input": {"value": {"a": [1, 2.5]}}}).input == '{"a":[1,2.5]}'


def test_metadata_is_flat_and_without_internals() -> None:
    tags = one(meta={"metadata": {"a": {"b": True, "_dd": {"x": 1}}, "_dd": {"y": 2}, "l": [1, "z"], "n": None}}).tags
    assert {key: text for key, text in tags.items() if key.startswith("metadata")} == {
        "metadata.a.b": "true",
        "metadata.l": '[1,"z"]',
    }


def test_metadata_of_thousands_of_keys_is_cut_and_says_so() -> None:
    tags = one(meta={"metadata": {f"k{i}": i for i in range(5000)}}).tags
    assert len(tags) < 300
    assert tags["metadata.cut"] == "true"


def test_metadata_that_is_nested_deep_becomes_json_at_a_depth() -> None:
    deep: Any = 1
    for _ in range(200):
        deep = {"d": deep}
    tags = one(meta={"metadata": deep}).tags
    assert next(text for key, text in tags.items() if key.startswith("metadata.d.d")).startswith('{"d":')


@pytest.mark.parametrize("broken", [{"span_id": ""}, {"trace_id": None}, {"start_ns": "soon"}, {"start_ns": -5}])
def test_a_span_without_id_or_start_is_refused_and_the_others_go_on(broken: dict[str, Any]) -> None:
    decoded = decode(EVENTS, events_body(event(**broken), event(), 5), PROXIED)
    assert decoded.batch is not None
    assert (len(decoded.batch.spans), decoded.rejected) == (1, 2)


HALVES = [
    (rb'"\ud83d cut"', "\ufffd cut"),
    (rb'"cut \uDE00"', "cut \ufffd"),
    (rb'"\ud83d\ud83d\ude00"', "\ufffd\U0001f600"),
    (rb'"\\ud83d"', "\\ud83d"),
    (rb'"\\\ud83d\n"', "\\\ufffd\n"),
    (b'"\xf0\x9f cut"', "\ufffd cut"),
]


@pytest.mark.parametrize(("written", "read"), HALVES)
def test_half_a_character_is_replaced_and_nothing_else_is_touched(written: bytes, read: str) -> None:
    body = events_body(event(name="CUT", tags=["a:\U0001f600\\n"]), event()).replace(b'"CUT"', written)
    first, second = spans_of(EVENTS, body, PROXIED)
    assert (first.name, first.tags["a"], second.name) == (read, "\U0001f600\\n", "step")


def test_a_request_whose_spans_are_all_broken_is_an_error() -> None:
    with pytest.raises(DecodeError, match="span_id"):
        decode(EVENTS, events_body(event(span_id="")), PROXIED)


@pytest.mark.parametrize("body", [b"", b"{}x", b"[[]]", b"[" * 100_000, b"5", b'[{"spans":5}]', b"\xff"])
def test_a_body_that_is_no_list_of_envelopes_is_undecodable(body: bytes) -> None:
    with pytest.raises(DecodeError):
        decode(EVENTS, body, PROXIED)


def test_the_public_api_gives_its_spans_what_the_request_says_once() -> None:
    child = event(span_id="b", parent_id="4660", meta={"kind": "llm"}, tags=["env:own"], session_id="mine")
    body = public_body(
        event(meta={"kind": "agent"}), child, ml_app="weather", session_id="s", tags=["service:w", "env:e", "user_id:7"]
    )
    decoded = decode(PUBLIC, body, {"content-type": "application/json"})
    assert (decoded.reply.status, decoded.rejected) == (202, 0)
    assert decoded.batch is not None
    root, generation = decoded.batch.spans
    assert (root.kind, root.ml_app, root.session_id, root.service, root.env) == ("agent", "weather", "s", "w", "e")
    assert (generation.kind, generation.env, generation.session_id, generation.user_id) == ("llm", "own", "mine", "7")
    assert (generation.span_id, generation.parent_id) == ("000000000000000b", root.span_id)


def test_ids_that_are_any_text_are_equal_where_the_text_is() -> None:
    body = public_body(
        event(span_id="agent", trace_id="my trace"), event(span_id="x", trace_id="my trace", parent_id="agent")
    )
    root, child = spans_of(PUBLIC, body)
    assert (child.trace_id, child.parent_id) == (root.trace_id, root.span_id)
    assert (len(root.trace_id), len(root.span_id)) == (32, 16)


def test_a_uuid_is_a_trace_id_as_it_is() -> None:
    assert one(trace_id="123E4567-e89b-12d3-a456-426614174000").trace_id == "123e4567e89b12d3a456426614174000"


def test_equal_payloads_have_equal_digests() -> None:
    body = events_body(event())
    assert batch_of(EVENTS, body, PROXIED).digest == batch_of(EVENTS, body, PROXIED).digest != b""
    assert batch_of(EVENTS, body, PROXIED).size_bytes == len(body)


def test_a_start_of_zero_is_the_time_of_arrival() -> None:
    assert one(start_ns=0).start_ns == NOW_NS
