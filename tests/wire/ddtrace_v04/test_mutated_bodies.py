"""Bodies changed at random, on every path that reads one: no reply is a 5xx, and what is kept can be stored."""

import json
from typing import Any

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lrcp.ingest.counters import Counters
from lrcp.ingest.http import ReceiverApp
from lrcp.kit.clock import FakeClock
from lrcp.model.batch import Batch
from tests.support.asgi import KeepingConsumer, ask
from tests.wire.agent import AGENT, JSON, MSGPACK, PROXIED, recording

MAX_INT64 = (1 << 63) - 1
SEEDS: list[tuple[str, dict[str, str], bytes]] = [
    ("/v0.4/traces", MSGPACK, recording("ddtrace_v04/plain.bin")),
    ("/v0.4/traces", MSGPACK, recording("ddtrace_v04/openai.bin")),
    ("/v0.4/traces", MSGPACK, recording("ddtrace_v04/manual.bin")),
    ("/v0.5/traces", MSGPACK, recording("ddtrace_v05/plain.bin")),
    ("/v0.6/stats", MSGPACK, recording("ddtrace_v05/counted.stats.bin")),
    ("/evp_proxy/v2/api/v2/llmobs", PROXIED, recording("llmobs/alone.events.json")),
    ("/api/intake/llm-obs/v2/eval-metric", JSON, recording("llmobs/manual.evaluations.json")),
]
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(1 << 63), (1 << 64) - 1),
    st.floats(),
    st.text(max_size=8),
    st.binary(max_size=8),
    st.just([]),
    st.just({}),
    st.just([[1]]),
    st.just({"a": {"b": None}}),
)
EDITS = st.lists(st.tuples(st.integers(0, 1 << 20), st.integers(0, 2), st.binary(min_size=1, max_size=6)), max_size=8)


def send(path: str, headers: dict[str, str], body: bytes) -> None:
    consumer, counters = KeepingConsumer(), Counters()
    answer = ask(ReceiverApp(AGENT, consumer, counters, FakeClock()), path, body, headers=headers)
    assert answer.status < 500
    assert counters.value("datadog_agent", "unexpected") == 0
    for batch in consumer.batches:
        check_storable(batch)


def check_storable(batch: Batch) -> None:
    """What the columns of the store can hold."""
    for span in batch.spans:
        assert (len(span.trace_id), len(span.span_id), len(span.parent_id) in (0, 16)) == (32, 16, True)
        assert 0 <= span.start_ns <= MAX_INT64
        assert 0 <= span.duration_ns <= MAX_INT64
        for count in (span.input_tokens, span.output_tokens, span.cached_input_tokens, span.cost_nusd, span.ttft_ns):
            assert count is None or 0 <= count <= MAX_INT64
        assert all(isinstance(text, str) for pair in span.tags.items() for text in pair)
    for evaluation in batch.evaluations:
        assert evaluation.score is None or 0 <= evaluation.score <= 1
        assert 0 <= evaluation.time_ns <= MAX_INT64
    msgspec.json.encode(batch).decode()  # every text is whole Unicode


def mutate(body: bytes, edits: list[tuple[int, int, bytes]]) -> bytes:
    for place, how, piece in edits:
        at = place % (len(body) + 1)
        if how == 0:
            body = body[:at] + piece + body[at + len(piece) :]
        elif how == 1:
            body = body[:at] + piece + body[at:]
        else:
            body = body[:at] + body[at + piece[0] :]
    return body


@settings(max_examples=1000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.sampled_from(SEEDS), edits=EDITS)
def test_bytes_changed_at_random_never_make_a_server_error(seed: Any, edits: Any) -> None:
    path, headers, body = seed
    send(path, headers, mutate(body, edits))


def replace_one(value: Any, place: int, new: Any) -> tuple[Any, int]:
    """A copy of a nested value with its place-th part replaced. Returns: the copy, and how far the count got."""
    if place == 0:
        return new, -1
    place -= 1
    if isinstance(value, dict):
        items = list(value.items())
        for key, inner in items:
            changed, place = replace_one(inner, place, new)
            if place < 0:
                return {**value, key: changed}, -1
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            changed, place = replace_one(inner, place, new)
            if place < 0:
                return [*value[:index], changed, *value[index + 1 :]], -1
    return value, place


@settings(max_examples=1000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.sampled_from(SEEDS), place=st.integers(0, 400), new=SCALARS)
def test_a_value_of_any_type_anywhere_never_makes_a_server_error(seed: Any, place: int, new: Any) -> None:
    path, headers, body = seed
    if headers is MSGPACK:
        changed, _ = replace_one(msgspec.msgpack.decode(body), place, new)
        send(path, headers, msgspec.msgpack.encode(changed))
    else:
        changed, _ = replace_one(json.loads(body), place, new)
        send(path, headers, json.dumps(changed, default=repr).encode())


@settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(place=st.integers(0, 60), new=SCALARS)
def test_a_value_of_any_type_inside_the_llm_part_costs_at_most_that_part(place: int, new: Any) -> None:
    chunks = msgspec.msgpack.decode(recording("ddtrace_v04/openai.bin"))
    part = msgspec.msgpack.decode(chunks[0][1]["meta_struct"]["_llmobs"])
    changed, _ = replace_one(part, place, new)
    chunks[0][1]["meta_struct"]["_llmobs"] = msgspec.msgpack.encode(changed)
    consumer = KeepingConsumer()
    app = ReceiverApp(AGENT, consumer, Counters(), FakeClock())
    assert ask(app, "/v0.4/traces", msgspec.msgpack.encode(chunks), headers=MSGPACK).status == 200
    assert len(consumer.batches[0].spans) == 9
    check_storable(consumer.batches[0])


@settings(max_examples=300, deadline=None)
@given(body=st.binary(max_size=200), seed=st.sampled_from(SEEDS))
def test_random_bytes_never_make_a_server_error(body: bytes, seed: Any) -> None:
    send(seed[0], seed[1], body)
