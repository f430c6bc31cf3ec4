"""v0.5: the string table."""

from typing import Any

import msgspec
import pytest

from lrcp.model.errors import DecodeError
from tests.wire.agent import decode, recording, spans_of

V05 = "/v0.5/traces"
STRINGS = ["", "shop", "web.request", "GET /", "env", "test", "web", "http.status_code"]
GOOD: list[Any] = [1, 2, 3, 0x1234, 0xABCD, 0, 1_799_999_999_000_000_000, 5, 0, {4: 5}, {7: 200.0}, 6]


def body_of(*spans: Any, strings: Any = STRINGS) -> bytes:
    return msgspec.msgpack.encode([strings, [list(spans)]])


def changed(place: int, value: Any) -> list[Any]:
    return [*GOOD[:place], value, *GOOD[place + 1 :]]


def test_a_real_tracers_spans_are_the_same_in_both_forms() -> None:
    old = spans_of("/v0.4/traces", recording("ddtrace_v04/plain.bin"))
    new = spans_of(V05, recording("ddtrace_v05/plain.bin"))
    for before, after in zip(old, new, strict=True):
        for span in (before, after):  # two runs: what differs by nature is taken out
            span.trace_id = span.span_id = span.parent_id = ""
            span.start_ns = span.duration_ns = 0
            span.tags.pop("runtime-id", None)
            span.tags.pop("process_id", None)
        assert before == after


def test_texts_are_looked_up() -> None:
    span = spans_of(V05, body_of(GOOD))[0]
    assert (span.service, span.name, span.resource, span.env, span.kind) == (
        "shop",
        "web.request",
        "GET /",
        "test",
        "server",
    )
    assert span.tags == {"http.status_code": "200", "span.type": "web"}


@pytest.mark.parametrize(
    "span",
    [
        changed(0, 8),
        changed(1, -1),
        changed(11, 1 << 40),
        changed(9, {4: 99}),
        changed(9, {99: 5}),
        changed(10, {-1: 2.0}),
        changed(3, "x"),
        GOOD[:11],
        [*GOOD, 1],
        5,
        [],
    ],
)
def test_a_span_that_points_outside_the_table_or_is_no_twelve_values_is_refused_and_the_others_go_on(span: Any) -> None:
    decoded = decode(V05, body_of(GOOD, span, changed(4, 7)))
    assert decoded.batch is not None
    assert ([item.span_id[-4:] for item in decoded.batch.spans], decoded.rejected) == (["abcd", "0007"], 1)


@pytest.mark.parametrize("span", [changed(9, None), changed(10, None), changed(8, False), changed(6, 1.8e18)])
def test_an_odd_span_is_mended(span: Any) -> None:
    decoded = decode(V05, body_of(span))
    assert decoded.batch is not None
    assert (len(decoded.batch.spans), decoded.rejected) == (1, 0)


def test_a_text_that_is_not_utf8_is_kept_with_what_is_readable() -> None:
    body = body_of(GOOD, strings=[*STRINGS[:3], "GET ABCD", *STRINGS[4:]]).replace(b"ABCD", b"A\xffCD")
    assert spans_of(V05, body)[0].resource == "GET A\ufffdCD"


def test_a_long_text_that_is_not_utf8_is_kept_too() -> None:
    for length in (40, 300, 70_000):
        strings = [*STRINGS[:3], "Q" * (length - 1) + "!", *STRINGS[4:]]
        body = body_of(GOOD, strings=strings).replace(b"Q!", b"Q\xff")
        assert spans_of(V05, body)[0].resource.startswith("Q" * 39)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xc1",
        msgspec.msgpack.encode([[], [], []]),
        msgspec.msgpack.encode([["a"]]),
        b"\x92\x90\x05",
        b"\x91" * 50_000,
    ],
)
def test_a_body_that_is_no_pair_is_undecodable(body: bytes) -> None:
    with pytest.raises(DecodeError):
        decode(V05, body)


def test_a_table_that_claims_to_be_huge_is_undecodable() -> None:
    with pytest.raises(DecodeError):
        decode(V05, b"\x92\xdd\xff\xff\xff\xff\xa1x")
