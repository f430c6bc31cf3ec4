"""What hypothesis comes up with, and shrinks when it breaks something."""

import asyncio
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from lrcp.ingest.http import Receiver
from lrcp.ingest.receivers.datadog_intake import render_error, routes
from lrcp.ingest.receivers.dogstatsd.aggregator import Aggregator
from tests.fuzz.datadog_intake import NOW_S
from tests.fuzz.dogstatsd import START_NS, is_storable
from tests.fuzz.http_bodies import Seed, send_once

_SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20)
)
_NAMES = st.sampled_from(
    [
        "series",
        "metric",
        "points",
        "tags",
        "type",
        "host",
        "timestamp",
        "value",
        "resources",
        "interval",
        "unit",
        "message",
        "ddtags",
        "status",
        "date",
        "dd",
        "trace_id",
        "span_id",
        "title",
        "text",
        "data",
        "attributes",
        "category",
        "check",
    ]
)
_JSON = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_NAMES | st.text(max_size=5), inner, max_size=5),
)
_PATHS = st.sampled_from([path for path, route in routes().items() if "POST" in route.methods])
_PARTS = st.sampled_from(
    [b"a", b":", b"|", b"c", b"g", b"ms", b"h", b"s", b"d", b"@", b"#", b"T", b"1", b".", b"e", b"-"]
)
_LINES = st.lists(_PARTS | st.binary(max_size=3), max_size=25).map(b"".join)


@settings(max_examples=300, deadline=None)
@given(_PATHS, _JSON)
def test_any_json_gets_a_reply_below_500_from_every_intake(path: str, value: Any) -> None:
    receiver = Receiver("datadog_intake", routes(), render_error)
    findings = asyncio.run(
        send_once(receiver, Seed(path, b"", {"content-type": "application/json"}), value, now_s=NOW_S)
    )
    assert findings.failures == []


@settings(max_examples=1000, deadline=None)
@given(st.lists(_LINES, max_size=6))
def test_any_lines_leave_buckets_that_can_be_stored(lines: list[bytes]) -> None:
    aggregator = Aggregator()
    aggregator.add_datagram(b"\n".join([*lines, *lines]), START_NS)
    buckets, _, _ = aggregator.take(START_NS, final=True)
    assert all(is_storable(bucket) for bucket in buckets)
    tally = aggregator.take_tally()
    assert tally.records + tally.rejected == sum(1 for part in b"\n".join([*lines, *lines]).split(b"\n") if part)
