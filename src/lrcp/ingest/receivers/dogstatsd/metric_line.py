"""A metric of DogStatsD: `name:value[:value...]|type[|field...]`. Source: DATADOG.md 1.1."""

from typing import Final

import msgspec

from lrcp.ingest.receivers.dogstatsd.fields import parse_integer, parse_number, parse_tags, parse_text
from lrcp.model.errors import DecodeError

KINDS: Final = {
    b"c": "count",
    b"g": "gauge",
    b"ms": "timer",
    b"h": "histogram",
    b"s": "set",
    b"d": "distribution",
}
_TIMED_KINDS: Final = frozenset({"count", "gauge"})


class MetricLine(msgspec.Struct):
    """One line, understood. values are finite; a set has none and its one member instead.

    rate is the sample rate as sent (the agent does not check its range). time_s: Unix seconds, 0 when not sent.
    host: what a `host:` tag named, None without one. cardinality and the container's ids are read past: they steer
    the agent's tagger, which has no counterpart here.
    """

    name: str
    kind: str
    values: tuple[float, ...] = ()
    member: str = ""
    rate: float = 1.0
    tags: tuple[str, ...] = ()
    host: str | None = None
    time_s: int = 0


def parse_metric(line: bytes) -> MetricLine:
    """A metric line. Raises: DecodeError - by the agent's rules for rejecting a sample; the message says which part."""
    head, *fields = line.split(b"|")
    if not fields:
        raise DecodeError("a metric needs '|' and a type")
    name, _, raw = head.partition(b":")
    if not name or not raw:
        raise DecodeError(f"{head[:80]!r} is not name:value")
    kind = KINDS.get(fields[0])
    if kind is None:
        raise DecodeError(f"{fields[0][:20]!r} is not a metric type")
    metric = MetricLine(parse_text(name), kind)
    if kind == "set":
        metric.member = parse_text(raw)
    else:
        metric.values = parse_values(raw)
    for field in fields[1:]:
        _apply_field(metric, field)
    if metric.time_s and kind not in _TIMED_KINDS:
        raise DecodeError(f"a timestamp is for counts and gauges, not for a {kind}")
    return metric


def parse_values(raw: bytes) -> tuple[float, ...]:
    """Packed values; empty ones are skipped. Raises: DecodeError - none left, or one is no finite number."""
    values = tuple([parse_number(part) for part in raw.split(b":") if part])
    if not values:
        raise DecodeError("no value")
    return values


def _apply_field(metric: MetricLine, field: bytes) -> None:
    """Note one field after the type; unknown ones are skipped, which is how the protocol grows."""
    mark = field[:1]
    if mark == b"#":
        metric.tags, metric.host = parse_tags(field[1:])
    elif mark == b"@":
        metric.rate = parse_number(field[1:])
    elif mark == b"T":
        metric.time_s = parse_integer(field[1:])
        if metric.time_s < 1:
            raise DecodeError("a timestamp must be above 0")
