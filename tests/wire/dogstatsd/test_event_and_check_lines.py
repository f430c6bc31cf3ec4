"""Events and service checks of DogStatsD: accept and reject rules of the agent (DATADOG.md 1.1)."""

import pytest

from lrcp.ingest.receivers.dogstatsd.check_line import parse_check
from lrcp.ingest.receivers.dogstatsd.event_line import parse_event
from lrcp.model.errors import DecodeError
from lrcp.model.event import Event, ServiceCheck

S = 1_000_000_000

EVENTS = {
    b"_e{5,4}:title|text": Event(0, "title", "text"),
    b"_e{5,0}:title|": Event(0, "title", ""),
    b"_e{10,9}:test title|test text|t:warning|d:12345|p:low|h:some.host|k:some agg key|s:some source|#tag1,tag2:x": Event(
        12345 * S,
        "test title",
        "test text",
        alert_type="warning",
        priority="low",
        host="some.host",
        aggregation_key="some agg key",
        source="some source",
        tags=("tag1", "tag2:x"),
    ),
    b"_e{5,10}:title|a\\nb\\nc| d": Event(0, "title", "a\nb\nc| d"),
    "_e{7,5}:été x|été".encode(): Event(0, "été x", "été"),
    b"_e{5,4}:title|text|#host:web-1,a:b": Event(0, "title", "text", host="web-1", tags=("a:b",)),
    b"_e{5,4}:title|text|#host:web-1|h:db-1": Event(0, "title", "text", host="db-1"),
    b"_e{5,4}:title|text|c:ci-1|e:pu-2|card:low|unknown": Event(0, "title", "text"),
    # a wrong optional field costs only itself
    b"_e{5,4}:title|text|t:fatal|p:high|d:abc|k:key": Event(0, "title", "text", aggregation_key="key"),
    b"_e{5,4}:title|text|d:-1": Event(0, "title", "text"),
    b"_e{5,4}:title|text|d:99999999999999999999": Event(0, "title", "text"),
}

BAD_EVENTS = [
    b"_e{5,4}",
    b"_e{5}:title|text",
    b"_e{,4}:title|text",
    b"_e{5,}:title|text",
    b"_e{a,b}:title|text",
    b"_e{-5,4}:title|text",
    b"_e{0,4}:|text",
    b"_e{5,5}:title|text",
    b"_e{50,4}:title|text",
    b"_e{9999999999,9999999999}:title|text",
    b"_e{99999999999999999999,4}:title|text",
    "_e{7,5}:été x|été".encode()[:-1],
]

CHECKS = {
    b"_sc|agent.up|0": ServiceCheck(0, "agent.up", "ok"),
    b"_sc|agent.up|1": ServiceCheck(0, "agent.up", "warning"),
    b"_sc|agent.up|2": ServiceCheck(0, "agent.up", "critical"),
    b"_sc|agent.up|3": ServiceCheck(0, "agent.up", "unknown"),
    b"_sc|agent.up|0|d:21|h:localhost|#tag1:test,tag2|m:this is fine": ServiceCheck(
        21 * S, "agent.up", "ok", host="localhost", message="this is fine", tags=("tag1:test", "tag2")
    ),
    b"_sc|agent.up|0|#host:web-1|c:ci-1": ServiceCheck(0, "agent.up", "ok", host="web-1"),
    b"_sc|agent.up|2|d:soon|m:two\\nlines and m\\: too": ServiceCheck(
        0, "agent.up", "critical", message="two\nlines and m: too"
    ),
}

BAD_CHECKS = [
    b"_sc",
    b"_sc|",
    b"_sc|agent.up",
    b"_sc||0",
    b"_sc|agent.up|4",
    b"_sc|agent.up|OK",
    b"_sc|agent.up|",
    b"_sca|b|0",
]


@pytest.mark.parametrize("line", EVENTS, ids=repr)
def test_an_event_is_understood(line: bytes) -> None:
    assert parse_event(line) == EVENTS[line]


@pytest.mark.parametrize("line", BAD_EVENTS, ids=repr)
def test_a_broken_event_is_rejected(line: bytes) -> None:
    with pytest.raises(DecodeError):
        parse_event(line)


@pytest.mark.parametrize("line", CHECKS, ids=repr)
def test_a_service_check_is_understood(line: bytes) -> None:
    assert parse_check(line) == CHECKS[line]


@pytest.mark.parametrize("line", BAD_CHECKS, ids=repr)
def test_a_broken_service_check_is_rejected(line: bytes) -> None:
    with pytest.raises(DecodeError):
        parse_check(line)
