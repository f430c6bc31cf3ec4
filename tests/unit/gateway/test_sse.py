"""Cutting a stream into events."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrcp.gateway.errors import UpstreamError
from lrcp.gateway.wire.sse import EventSplitter, event_data

STREAM = b'data: {"a":1}\n\n: ping\n\ndata: {"b":2}\r\n\r\nevent: x\ndata: one\ndata: two\n\ndata: [DONE]\n\nrest'
EVENTS = [
    b'data: {"a":1}\n\n',
    b": ping\n\n",
    b'data: {"b":2}\r\n\r\n',
    b"event: x\ndata: one\ndata: two\n\n",
    b"data: [DONE]\n\n",
]


@given(st.lists(st.integers(0, len(STREAM)), max_size=20))
def test_events_are_the_same_however_the_network_cuts_the_stream(cuts: list[int]) -> None:
    splitter, events = EventSplitter(1000), []
    edges = [0, *sorted(cuts), len(STREAM)]
    for start, end in pairwise(edges):
        events += splitter.feed(STREAM[start:end])
    assert events == EVENTS
    assert splitter.take_rest() == b"rest"
    assert splitter.take_rest() == b""


def test_data_of_an_event_is_its_data_lines_joined() -> None:
    assert [event_data(event) for event in EVENTS] == [b'{"a":1}', b"", b'{"b":2}', b"one\ntwo", b"[DONE]"]


def test_an_event_without_end_is_refused() -> None:
    splitter = EventSplitter(10)
    with pytest.raises(UpstreamError, match="over 10 bytes"):
        splitter.feed(b"data: 12345")
