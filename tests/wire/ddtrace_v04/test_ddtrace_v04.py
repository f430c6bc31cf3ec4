"""v0.3 and v0.4: what a real ddtrace sent, and what other tracers may send."""

import json

import msgspec
import pytest

from lrcp.model.errors import DecodeError, UnsupportedError
from lrcp.model.span import Span
from tests.wire.agent import JSON, NOW_NS, batch_of, decode, pack, recording, spans_of, wire_span

V04 = "/v0.4/traces"


def by_name(spans: list[Span]) -> dict[str, Span]:
    return {span.name: span for span in spans}


def test_ordinary_spans_of_a_real_tracer_become_rows() -> None:
    spans = by_name(spans_of(V04, recording("ddtrace_v04/plain.bin")))
    web, query, failed = spans["fastapi.request"], spans["postgres.query"], spans["cart.add"]
    assert {span.trace_id for span in spans.values()} == {web.trace_id}
    assert len(web.trace_id) == 32
    assert web.trace_id[:16] != "0" * 16
    assert (web.parent_id, query.parent_id, failed.parent_id) == ("", web.span_id, web.span_id)
    assert (web.kind, query.kind, failed.kind) == ("server", "client", "internal")
    assert (web.status, failed.status) == ("ok", "error")
    assert (failed.error_type, failed.error_message) == ("builtins.ValueError", "no such item")
    assert (web.env, web.version, web.service, query.service) == ("test", "1.2.3", "shop", "shop-db")
    assert (web.resource, web.user_id, web.source, web.awaits) == ("GET /items/{id}", "u-7", "ddtrace", "")
    assert web.duration_ns > query.duration_ns > 0


def test_tags_keep_what_the_application_said_and_lose_the_tracers_internals() -> None:
    spans = by_name(spans_of(V04, recording("ddtrace_v04/plain.bin")))
    tags = spans["fastapi.request"].tags
    assert tags["http.status_code"] == "200"
    assert (tags["http.method"], tags["http.rows"], tags["seen"], tags["span.type"]) == ("GET", "3", "yes", "web")
    assert not [key for key in tags if key.startswith("_")]
    assert not {"env", "version", "span.kind", "usr.id"} & set(tags)
    assert spans["postgres.query"].tags["base_service"] == "shop"
    assert "no such item" in spans["cart.add"].tags["error.stack"]


def test_a_chat_completion_of_the_real_openai_client_is_one_whole_generation() -> None:
    spans = spans_of(V04, recording("ddtrace_v04/openai.bin"))
    chat = next(span for span in spans if span.prompt_version)
    assert (chat.name, chat.resource, chat.kind) == ("OpenAI.createChatCompletion", "createChatCompletion", "llm")
    assert (chat.model, chat.response_model) == ("gpt-4o-mini", "gpt-4o-mini-2024-07-18")
    assert (chat.input_tokens, chat.output_tokens) == (120, 30)
    assert (chat.cached_input_tokens, chat.reasoning_tokens, chat.cache_write_tokens) == (64, 12, None)
    assert (chat.ml_app, chat.session_id, chat.finish_reason) == ("shop-assistant", "s-42", "stop")
    assert (chat.prompt_version, chat.tags["prompt_id"]) == ("v3", "returns")
    assert json.loads(chat.input)[1] == {"role": "user", "content": "Can I return shoes?"}
    assert json.loads(chat.output) == [{"role": "assistant", "content": "Returns are free for 30 days."}]
    assert (chat.source, chat.awaits, chat.cost_nusd, chat.cost_source) == ("ddtrace", "", None, "")
    assert chat.tags["metadata.temperature"] == "0.2"


def test_the_other_spans_of_that_workflow_are_what_they_are() -> None:
    spans = spans_of(V04, recording("ddtrace_v04/openai.bin"))
    assert len({span.trace_id for span in spans}) == 1
    flow = next(span for span in spans if not span.parent_id)
    assert (flow.kind, flow.name, flow.input, flow.output) == (
        "workflow",
        "answer_question",
        "Can I return shoes?",
        "yes",
    )
    assert (flow.user_id, flow.tags["tier"], flow.input_tokens) == ("u-7", "gold", None)
    kinds = sorted(span.kind for span in spans)
    assert kinds == ["client"] * 4 + ["embedding"] + ["llm"] * 3 + ["workflow"]
    embedding = next(span for span in spans if span.kind == "embedding")
    assert (embedding.input_tokens, embedding.model) == (7, "text-embedding-3-small")
    assert json.loads(embedding.input) == [{"text": "shoes"}]
    failed = next(span for span in spans if span.status == "error")
    assert (failed.error_type, failed.model, failed.input_tokens) == ("openai.NotFoundError", "missing", None)
    assert "does not exist" in failed.error_message


def test_the_trace_id_that_evaluations_use_stays_beside_the_apm_trace_id() -> None:
    spans = spans_of(V04, recording("ddtrace_v04/openai.bin"))
    ids = {span.tags["llmobs_trace_id"] for span in spans if span.kind != "client"}
    assert len(ids) == 1
    assert ids != {spans[0].trace_id}


def test_anthropic_counts_cached_and_written_tokens_as_input() -> None:
    message = spans_of(V04, recording("ddtrace_v04/anthropic.bin"))[0]
    assert (message.input_tokens, message.output_tokens) == (100, 9)
    assert (message.cached_input_tokens, message.cache_write_tokens) == (30, 50)
    assert (message.finish_reason, message.model) == ("end_turn", "claude-sonnet-4-5")
    assert message.tags["ephemeral_5m_input_tokens"] == "50"


def test_gemini_counts_thoughts_as_output() -> None:
    content = spans_of(V04, recording("ddtrace_v04/gemini.bin"))[0]
    assert (content.input_tokens, content.output_tokens, content.reasoning_tokens) == (40, 15, 5)
    assert (content.cached_input_tokens, content.provider, content.model) == (16, "google", "gemini-2.5-flash")


def test_every_kind_made_by_hand_keeps_its_kind_its_content_and_its_place() -> None:
    spans = by_name(spans_of(V04, recording("ddtrace_v04/manual.bin")))
    assert {name: span.kind for name, span in spans.items()} == {
        "whole": "workflow",
        "shop_agent": "agent",
        "search": "retrieval",
        "clean": "task",
        "generate": "llm",
        "look_up": "tool",
    }
    assert json.loads(spans["search"].output)[0]["score"] == 0.9
    assert spans["look_up"].parent_id == spans["generate"].span_id
    generated = spans["generate"]
    assert (generated.ttft_ns, generated.cost_nusd, generated.cost_source) == (250_000_000, 1_250_000, "reported")
    assert (generated.provider, generated.model, generated.finish_reason) == ("acme", "own-model", "stop")
    assert generated.tags["metadata.nested.a"] == "1"


def test_a_span_whose_llm_view_comes_apart_waits_for_it_and_already_knows_model_and_tokens() -> None:
    spans = spans_of(V04, recording("ddtrace_v04/unsampled.bin"))
    waiting = [span for span in spans if span.awaits]
    assert {span.awaits for span in waiting} == {"llmobs"}
    assert sorted(span.kind for span in waiting) == ["embedding", "llm", "llm", "llm", "workflow"]
    chat = next(span for span in waiting if span.kind == "llm")
    assert (chat.model, chat.input_tokens, chat.cached_input_tokens, chat.reasoning_tokens) == (
        "gpt-4o-mini",
        120,
        64,
        12,
    )
    assert (chat.ml_app, chat.session_id, chat.provider) == ("shop-assistant", "s-42", "")


def test_an_llm_span_of_a_tracer_without_llm_observability_waits_for_nothing() -> None:
    meta = {"_dd.llmobs.span_kind": "llm", "_dd.llmobs.model_name": "m", "openai.request.model": "m"}
    metrics = {"_dd.llmobs.enabled": 0.0, "_dd.llmobs.input_tokens": 5.0, "_dd.llmobs.output_tokens": 2.0}
    span = spans_of(V04, pack([wire_span(type="llm", meta=meta, metrics=metrics)]))[0]
    assert (span.awaits, span.kind, span.model, span.input_tokens, span.output_tokens) == ("", "llm", "m", 5, 2)


def test_the_high_half_of_a_trace_id_holds_for_its_whole_chunk_and_no_other() -> None:
    first, second = wire_span(span_id=1), wire_span(span_id=2, meta={"_dd.p.tid": "640cfd8d00000000"})
    spans = spans_of(V04, pack([first, second], [wire_span(span_id=3)]))
    assert [span.trace_id[:16] for span in spans] == ["640cfd8d00000000"] * 2 + ["0" * 16]
    assert {span.trace_id[16:] for span in spans} == {f"{0x1234:016x}"}


@pytest.mark.parametrize("tid", ["", "xyz", "-1", "1" * 17])
def test_a_high_half_that_is_no_number_is_none(tid: str) -> None:
    assert spans_of(V04, pack([wire_span(meta={"_dd.p.tid": tid})]))[0].trace_id[:16] == "0" * 16


def test_ids_use_all_64_bits() -> None:
    top = (1 << 64) - 1
    span = spans_of(V04, pack([wire_span(trace_id=top, span_id=top, parent_id=top - 1)]))[0]
    assert (span.trace_id, span.span_id, span.parent_id) == ("0" * 16 + "f" * 16, "f" * 16, "f" * 15 + "e")


@pytest.mark.parametrize("content_type", ["application/json", "text/json", "", "application/x-something"])
def test_json_is_read_by_its_type_or_by_its_look(content_type: str) -> None:
    body = json.dumps([[wire_span()]]).encode()
    assert spans_of(V04, body, {"content-type": content_type}) == spans_of(V04, pack([wire_span()]))


def test_msgpack_under_another_type_is_read_by_its_look() -> None:
    assert len(spans_of(V04, pack([wire_span()]), {"content-type": "application/octet-stream"})) == 1


def test_a_type_that_is_not_ours_with_a_body_that_is_neither_is_unsupported() -> None:
    with pytest.raises(UnsupportedError, match="text/html"):
        decode(V04, b"<html>", {"content-type": "text/html"})


ODD = {
    "meta_is_null": {"meta": None},
    "metrics_are_null": {"metrics": None},
    "error_is_a_boolean": {"error": True},
    "numbers_are_floats": {"start": 1_799_999_999_000_000_000.0, "duration": 1e6, "error": 1.0},
    "a_tag_is_a_number": {"meta": {"a": 5}},
    "a_tag_is_null": {"meta": {"a": None}},
    "a_metric_is_text": {"metrics": {"a": "five"}},
    "a_metric_is_a_boolean": {"metrics": {"a": True}},
    "names_are_null": {"name": None, "service": None, "resource": None, "type": None},
    "an_id_is_decimal_text": {"trace_id": str(0x1234), "span_id": str(0xABCD)},
    "text_is_binary": {"resource": b"GET \xff"},
    "a_key_is_a_number": {"meta": {5: "x"}},
}


@pytest.mark.parametrize("name", ODD)
def test_an_odd_span_is_mended(name: str) -> None:
    decoded = decode(V04, pack([wire_span(span_id=1), wire_span(**ODD[name])]))
    assert decoded.batch is not None
    assert (len(decoded.batch.spans), decoded.rejected) == (2, 0)
    mended = decoded.batch.spans[1]
    assert (mended.trace_id, mended.span_id) == (f"{0x1234:032x}", f"{0xABCD:016x}")


def test_mended_values_keep_their_meaning() -> None:
    odd = wire_span(error=True, meta={"a": 5, "b": None}, metrics={"m": "five", "n": True, "k": 7}, name=None)
    span = spans_of(V04, pack([odd]))[0]
    assert (span.status, span.name) == ("error", "unnamed_operation")
    assert span.tags == {"a": "5", "m": "five", "n": "1", "k": "7", "span.type": "web"}


BROKEN = {
    "no_map": 5,
    "no_span_id": wire_span(span_id=0),
    "no_trace_id": wire_span(trace_id=0),
    "id_is_a_list": wire_span(span_id=[1]),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_span_is_refused_and_counted_and_the_others_go_on(name: str) -> None:
    decoded = decode(V04, pack([BROKEN[name], wire_span()], [wire_span(span_id=7)]))
    assert decoded.batch is not None
    assert (len(decoded.batch.spans), decoded.rejected) == (2, 1)


def test_a_span_whose_text_is_not_utf8_costs_only_itself() -> None:
    good, bad = wire_span(), wire_span(resource="ABCDEFGH")
    body = pack([good, bad]).replace(b"ABCDEFGH", b"\xff\xfe\xfd\xfcEFGH")
    decoded = decode(V04, body)
    assert decoded.batch is not None
    assert (len(decoded.batch.spans), decoded.rejected) == (1, 1)


@pytest.mark.parametrize(
    ("start", "duration", "expected"),
    [
        (0, 5, (NOW_NS - 5, 5)),
        (-7, 5, (NOW_NS - 5, 5)),
        (1 << 63, 5, (NOW_NS - 5, 5)),
        (1_799_999_999_000_000_000, -1, (1_799_999_999_000_000_000, 0)),
        (1_799_999_999_000_000_000, 1 << 63, (1_799_999_999_000_000_000, 0)),
    ],
)
def test_times_out_of_range_are_set_as_the_agent_sets_them(
    start: int, duration: int, expected: tuple[int, int]
) -> None:
    span = spans_of(V04, pack([wire_span(start=start, duration=duration)]))[0]
    assert (span.start_ns, span.duration_ns) == expected


def test_links_and_events_are_kept_as_json() -> None:
    span = wire_span(span_links=[{"trace_id": 1, "span_id": 2}], span_events=[{"name": "e", "time_unix_nano": 3}])
    tags = spans_of(V04, pack([span]))[0].tags
    assert json.loads(tags["span_links"]) == [{"trace_id": 1, "span_id": 2}]
    assert json.loads(tags["span_events"])[0]["name"] == "e"


def test_an_llm_part_that_cannot_be_read_costs_only_itself() -> None:
    span = spans_of(V04, pack([wire_span(type="llm", meta_struct={"_llmobs": b"\xc1"})]))[0]
    assert (span.name, span.tags["llmobs_undecodable"]) == ("web.request", "true")


def test_an_input_of_megabytes_is_cut_and_says_so() -> None:
    part = msgspec.msgpack.encode({"meta": {"span": {"kind": "task"}, "input": {"value": "x" * (3 << 20)}}})
    span = spans_of(V04, pack([wire_span(type="llm", meta_struct={"_llmobs": part})]))[0]
    assert len(span.input) < (1 << 20) + 100
    assert span.input.endswith("[cut, 3145728 characters]")


@pytest.mark.parametrize(
    "body",
    [b"", b"\xc1", b"\x81", b"\x91", b"\x91" * 100_000, b"\xdd\xff\xff\xff\xff", pack(5), b"\xa5hello"],
)
def test_a_body_that_is_no_list_of_lists_is_undecodable(body: bytes) -> None:
    with pytest.raises(DecodeError):
        decode(V04, body)


@pytest.mark.parametrize("body", [b"", b"{", b"[" * 100_000, b'{"a":1}', b"[[1]", b"5"])
def test_a_json_body_that_is_no_list_of_lists_is_undecodable(body: bytes) -> None:
    with pytest.raises(DecodeError):
        decode(V04, body, JSON)


@pytest.mark.parametrize("body", [pack(), pack([]), pack(None), b"\xc0"])
def test_an_empty_payload_is_good(body: bytes) -> None:
    assert decode(V04, body).batch is not None


def test_equal_payloads_have_equal_digests_and_others_do_not() -> None:
    body, other = pack([wire_span()]), pack([wire_span(span_id=9)])
    assert batch_of(V04, body).digest == batch_of(V04, body).digest != batch_of(V04, other).digest
    assert batch_of(V04, body).size_bytes == len(body)


def test_the_payload_and_the_chunks_of_v07_speak_for_all_their_spans() -> None:
    payload = {
        "container_id": "",
        "language_name": "go",
        "env": "prod",
        "app_version": "9",
        "tags": {"team": "a"},
        "chunks": [
            {
                "priority": 1,
                "origin": "lambda",
                "tags": {"_dd.p.tid": "640cfd8d00000000"},
                "spans": [wire_span(meta={}), wire_span(span_id=2, meta={"env": "own"})],
                "dropped_trace": False,
            }
        ],
    }
    first, second = spans_of("/v0.7/traces", msgspec.msgpack.encode(payload))
    assert (first.env, second.env, first.version, first.trace_id[:16]) == ("prod", "own", "9", "640cfd8d00000000")
    assert (first.tags["team"], first.tags["origin"]) == ("a", "lambda")
