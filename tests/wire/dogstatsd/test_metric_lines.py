"""Metric lines of DogStatsD 1.0 to 1.6: what the agent accepts and what it rejects (DATADOG.md 1.1)."""

import pytest

from lrcp.ingest.receivers.dogstatsd.metric_line import MetricLine, parse_metric
from lrcp.model.errors import DecodeError

ACCEPTED = {
    # 1.0
    b"page.views:1|c": MetricLine("page.views", "count", (1.0,)),
    b"fuel.level:0.5|g": MetricLine("fuel.level", "gauge", (0.5,)),
    b"fuel.level:-3|g": MetricLine("fuel.level", "gauge", (-3.0,)),
    b"fuel.level:+3|g": MetricLine("fuel.level", "gauge", (3.0,)),
    b"song.length:240|h|@0.5": MetricLine("song.length", "histogram", (240.0,), rate=0.5),
    b"users.uniques:1234|s": MetricLine("users.uniques", "set", member="1234"),
    b"request:12|ms": MetricLine("request", "timer", (12.0,)),
    b"request:1.5e3|d": MetricLine("request", "distribution", (1500.0,)),
    b"users.online:1|c|#country:china": MetricLine("users.online", "count", (1.0,), tags=("country:china",)),
    b"users.online:1|c|@0.5|#country:china": MetricLine(
        "users.online", "count", (1.0,), rate=0.5, tags=("country:china",)
    ),
    b"users.online:1|c|#country:china|@0.5": MetricLine(
        "users.online", "count", (1.0,), rate=0.5, tags=("country:china",)
    ),
    b"a:1|c|#": MetricLine("a", "count", (1.0,)),
    b"a:1|c|#,,b:c,": MetricLine("a", "count", (1.0,), tags=("b:c",)),
    b"a:1|c|#B:C d": MetricLine("a", "count", (1.0,), tags=("b:c_d",)),
    "métrique:1|c|#ville:sète".encode(): MetricLine("métrique", "count", (1.0,), tags=("ville:sète",)),
    b"a:0x1.8p1|g": MetricLine("a", "gauge", (3.0,)),
    b"a:1|g|@0.5": MetricLine("a", "gauge", (1.0,), rate=0.5),
    # 1.1: several values; a set's value may hold ':'
    b"a:1:2:3|d": MetricLine("a", "distribution", (1.0, 2.0, 3.0)),
    b"a:21::22|c": MetricLine("a", "count", (21.0, 22.0)),
    b"a::5:|g": MetricLine("a", "gauge", (5.0,)),
    b"a:x:y:z|s": MetricLine("a", "set", member="x:y:z"),
    b"a::|s": MetricLine("a", "set", member=":"),
    # 1.2, 1.4, 1.5, 1.6: origin, external data, cardinality
    b"a:1|c|c:83c0a99c0a54c0c187f461c7980e9b57f3f6a8b0c918c8d93df19a9de6f3fe1d": MetricLine("a", "count", (1.0,)),
    b"a:1|c|c:ci-abc,in-42|#x:y": MetricLine("a", "count", (1.0,), tags=("x:y",)),
    b"a:1|g|e:it-false,cn-web,pu-75a2b6d5": MetricLine("a", "gauge", (1.0,)),
    b"a.card:1|g|#env:t|card:low": MetricLine("a.card", "gauge", (1.0,), tags=("env:t",)),
    # 1.3: timestamps
    b"a:1|g|T1656581400": MetricLine("a", "gauge", (1.0,), time_s=1656581400),
    b"a:1:2|c|#x:y|T1656581400": MetricLine("a", "count", (1.0, 2.0), tags=("x:y",), time_s=1656581400),
    # what is not known is skipped
    b"a:1|c|zfuture:1|#x:y|": MetricLine("a", "count", (1.0,), tags=("x:y",)),
    # tags that speak to the agent
    b"a:1|c|#host:web-1,x:y": MetricLine("a", "count", (1.0,), tags=("x:y",), host="web-1"),
    b"a:1|c|#host:": MetricLine("a", "count", (1.0,), host=""),
    b"a:1|c|#dd.internal.entity_id:u,dd.internal.card:low,dd.internal.jmx_check_name:j,x:y": MetricLine(
        "a", "count", (1.0,), tags=("x:y",)
    ),
}

REJECTED = [
    b"gibberish",
    b"a:1",
    b"|c",
    b":1|c",
    b"a:|c",
    b"a|c",
    b"a|1:2|c",
    b"a:1|",
    b"a:1|x",
    b"a:1|C",
    b"a:1|c |",
    b"a:abc|g",
    b"a:1:abc|d",
    b"a:::|d",
    b"a: 1|g",
    b"a:1 |g",
    b"a:1_000|g",
    b"a:1,5|g",
    b"a:nan|g",
    b"a:NaN|d",
    b"a:inf|g",
    b"a:-Infinity|c",
    b"a:1e999|g",
    b"a:" + b"9" * 500 + b"|g",
    "a:١|g".encode(),
    b"a:1|c|@",
    b"a:1|c|@x",
    b"a:1|c|@0.5x",
    b"a:1|g|T",
    b"a:1|g|Tx",
    b"a:1|g|T1.5",
    b"a:1|g|T0",
    b"a:1|g|T-5",
    b"a:1|g|T99999999999999999999",
    b"a:1|h|T1656581400",
    b"a:1|d|T1656581400",
    b"a:1|ms|T1656581400",
    b"a:x|s|T1656581400",
]


@pytest.mark.parametrize("line", ACCEPTED, ids=repr)
def test_a_metric_line_that_the_agent_accepts_is_understood(line: bytes) -> None:
    assert parse_metric(line) == ACCEPTED[line]


@pytest.mark.parametrize("line", REJECTED, ids=repr)
def test_a_metric_line_that_the_agent_rejects_is_rejected(line: bytes) -> None:
    with pytest.raises(DecodeError):
        parse_metric(line)


def test_bytes_that_are_no_utf8_do_not_cost_the_metric() -> None:
    assert parse_metric(b"a\xff:1|c|#x:\xfe").values == (1.0,)
