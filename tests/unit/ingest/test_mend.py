"""JSON with halves of characters: mended wherever a receiver reads JSON, good JSON is left alone."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrcp.ingest.mend import decode_mended, mend_json
from tests.wire.datadog_intake.asking import NOW_S, batch_of
from tests.wire.otlp.bodies import START_NS, Decoders
from tests.wire.otlp.test_json import trace_body

HALF = "cut \ud83d"
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=10,
)


@given(value=JSON_VALUES)
def test_good_json_is_left_as_it_is_by_mending(value: Any) -> None:
    for ascii_only in (True, False):
        body = json.dumps(value, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")
        assert mend_json(body) == body


@given(text=st.text(alphabet=st.sampled_from('a\\"\ud83d\ude00\n\U0001f600'), max_size=8))
def test_text_with_halves_of_characters_can_be_read_after_mending(text: str) -> None:
    read = msgspec.json.decode(mend_json(json.dumps(text).encode()))
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    assert read.replace("\ufffd", "") == whole.replace("\ufffd", "")


def test_a_body_that_is_wrong_otherwise_fails_with_its_own_error() -> None:
    with pytest.raises(msgspec.DecodeError, match="byte 8"):
        decode_mended(msgspec.json.decode, b'{"a": 1 "b": 2}')


def test_the_intakes_of_datadog_take_half_a_character() -> None:
    log = batch_of("/api/v2/logs", json.dumps([{"message": HALF, "ddsource": "js"}]).encode()).logs[0]
    assert log.message == "cut \ufffd"
    line = batch_of("/api/v2/logs", (json.dumps({"message": HALF}) + "\n" + json.dumps({"message": "x"})).encode())
    assert [log.message for log in line.logs] == ["cut \ufffd", "x"]
    inner = json.dumps({"message": json.dumps({"msg": HALF, "level": "error"})}).encode()
    assert [(log.message, log.status) for log in batch_of("/api/v2/logs", inner).logs] == [("cut \ufffd", "error")]
    event = json.dumps({"title": HALF, "text": "t", "date_happened": NOW_S}).encode()
    assert batch_of("/api/v1/events", event).events[0].title == "cut \ufffd"
    series = {"series": [{"metric": "m", "points": [[NOW_S, 1]], "tags": [f"a:{HALF}"]}]}
    assert len(batch_of("/api/v1/series", json.dumps(series).encode()).metrics) == 1


def test_otlp_json_takes_half_a_character_also_beside_a_null() -> None:
    attribute = {"key": "user.id", "value": {"stringValue": HALF}}
    assert Decoders().json("/v1/traces", trace_body([attribute])).batch.spans[0].user_id == "cut \ufffd"
    with_null = trace_body([attribute, {"key": "x", "value": None}])
    assert Decoders().json("/v1/traces", with_null).batch.spans[0].user_id == "cut \ufffd"
    record = {"timeUnixNano": str(START_NS), "body": {"stringValue": HALF}}
    logs = {"resourceLogs": [{"scopeLogs": [{"logRecords": [record]}]}]}
    assert Decoders().json("/v1/logs", logs).batch.logs[0].message == "cut \ufffd"
