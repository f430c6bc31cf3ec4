"""Records to Arrow tables, one function a table; the column order is the tables' own.

Columns are built one at a time over the whole batch, which costs a tenth of building rows (benchmarks/ingest.py).
"""

from collections.abc import Iterable, Sequence
from itertools import accumulate, chain
from operator import attrgetter
from typing import Any, Final

import numpy as np
import pyarrow as pa

from lrcp.model.evaluation import Evaluation
from lrcp.model.event import Event, ServiceCheck
from lrcp.model.log import Log
from lrcp.model.metric import MetricBucket
from lrcp.model.span import Span

Payloads = Sequence[int]
"""uint64[n], aligned with the records: which payload each came in, 0 for none."""

_STRING: Final = pa.string()
_TIME_NS: Final = pa.timestamp("ns", tz="UTC")
_TIME_S: Final = pa.timestamp("s", tz="UTC")
_INT64: Final = pa.int64()
_FLOAT64: Final = pa.float64()
_UINT64: Final = pa.uint64()
_SKETCH_LEAST: Final = 1e-140
_SKETCH_MOST: Final = 1e140
"""Magnitudes that sketches tell apart; below it is 0. Sum, minimum and maximum are as they were sent."""

_SPAN_STRINGS: Final = [
    "trace_id",
    "span_id",
    "parent_id",
    "name",
    "service",
    "resource",
    "kind",
    "status",
    "error_type",
    "error_message",
    "env",
    "version",
    "ml_app",
    "session_id",
    "user_id",
    "provider",
    "model",
    "response_model",
    "cost_source",
    "finish_reason",
    "prompt_version",
    "route",
    "cache",
    "input",
    "output",
    "source",
    "awaits",
]
_SPAN_NUMBERS: Final = [
    "duration_ns",
    "input_tokens",
    "output_tokens",
    "cached_input_tokens",
    "cache_write_tokens",
    "reasoning_tokens",
    "cost_nusd",
    "ttft_ns",
]


def span_table(spans: Sequence[Span], derive: Sequence[bool], payloads: Payloads) -> pa.Table:
    """Rows of `spans`. derive[i]: whether the row counts in the derived metrics."""
    columns: dict[str, pa.Array] = {name: _column(spans, name, _STRING) for name in _SPAN_STRINGS}
    columns |= {name: _column(spans, name, _INT64) for name in _SPAN_NUMBERS}
    columns["start_time"] = _column(spans, "start_ns", _TIME_NS)
    columns["attempts"] = _column(spans, "attempts", pa.uint16())
    columns["tags"] = _map_column([span.tags for span in spans])
    columns["derive"] = pa.array(derive, pa.bool_())
    return _table(columns, payloads)


def evaluation_table(evaluations: Sequence[Evaluation], payloads: Payloads) -> pa.Table:
    """Rows of `evaluations`."""
    strings = ("trace_id", "span_id", "name", "label", "evaluator", "evaluator_version", "evidence")
    columns = {name: _column(evaluations, name, _STRING) for name in strings}
    columns["time"] = _column(evaluations, "time_ns", _TIME_NS)
    columns["score"] = _column(evaluations, "score", _FLOAT64)
    columns["tags"] = _map_column([evaluation.tags for evaluation in evaluations])
    return _table(columns, payloads)


def metric_table(buckets: Sequence[MetricBucket], payloads: Payloads) -> pa.Table:
    """Rows of `metric_buckets`."""
    columns = {name: _column(buckets, name, _STRING) for name in ("metric", "type", "unit")}
    columns |= {name: _column(buckets, name, _FLOAT64) for name in ("count", "sum", "min", "max", "last")}
    columns["time"] = _column(buckets, "time_s", _TIME_S)
    columns["last_ns"] = _column(buckets, "last_ns", _INT64)
    columns["interval_s"] = _column(buckets, "interval_s", pa.uint32())
    columns["tags"] = _list_column([bucket.tags for bucket in buckets], _STRING)
    columns["values"] = _sketch_column([bucket.values for bucket in buckets])
    columns["weights"] = _list_column([bucket.weights for bucket in buckets], pa.uint32())
    columns["members"] = _list_column([bucket.members for bucket in buckets], _STRING)
    return _table(columns, payloads)


def log_table(logs: Sequence[Log], payloads: Payloads) -> pa.Table:
    """Rows of `logs`."""
    strings = ("message", "service", "status", "trace_id", "span_id", "env", "host", "source", "attributes")
    return _tagged_table(logs, strings, payloads)


def event_table(events: Sequence[Event], payloads: Payloads) -> pa.Table:
    """Rows of `events`."""
    strings = ("title", "text", "alert_type", "priority", "source", "aggregation_key", "host")
    return _tagged_table(events, strings, payloads, id=_column(events, "id", _UINT64))


def check_table(checks: Sequence[ServiceCheck], payloads: Payloads) -> pa.Table:
    """Rows of `checks`."""
    return _tagged_table(checks, ("check", "status", "host", "message"), payloads)


def _tagged_table(records: Sequence[Any], strings: Sequence[str], payloads: Payloads, **more: pa.Array) -> pa.Table:
    columns = {name: _column(records, name, _STRING) for name in strings}
    columns["time"] = _column(records, "time_ns", _TIME_NS)
    columns["tags"] = _list_column([record.tags for record in records], _STRING)
    return _table(columns | more, payloads)


def _table(columns: dict[str, pa.Array], payloads: Payloads) -> pa.Table:
    columns["payload"] = pa.array(payloads, _UINT64)
    return pa.table(columns)


def _column(records: Sequence[Any], name: str, kind: pa.DataType) -> pa.Array:
    values = list(map(attrgetter(name), records))
    if kind is _STRING:
        return _string_array(values)
    return pa.array(values, kind)


def _string_array(values: list[str]) -> pa.Array:
    """Text as Arrow. Lone surrogates, which JSON can carry and UTF-8 cannot, become '?'."""
    try:
        return pa.array(values, _STRING)
    except UnicodeEncodeError:
        return pa.array([value.encode("utf-8", "replace").decode() for value in values], _STRING)


def _offsets(sizes: Iterable[int]) -> pa.Array:
    return pa.array(accumulate(chain((0,), sizes)), pa.int32())


def _list_column(lists: Sequence[Sequence[Any]], kind: pa.DataType) -> pa.Array:
    flat = list(chain.from_iterable(lists))
    items = _string_array(flat) if kind is _STRING else pa.array(flat, kind)
    return pa.ListArray.from_arrays(_offsets(map(len, lists)), items)


def _sketch_column(lists: Sequence[Sequence[float]]) -> pa.Array:
    """Values that any sketch can hold together: the engine refuses to read one whose keys lie too far apart."""
    flat = np.fromiter(chain.from_iterable(lists), np.float64).clip(-_SKETCH_MOST, _SKETCH_MOST)
    flat[np.abs(flat) < _SKETCH_LEAST] = 0.0
    return pa.ListArray.from_arrays(_offsets(map(len, lists)), pa.array(flat))


def _map_column(maps: Sequence[dict[str, str]]) -> pa.Array:
    keys = _string_array(list(chain.from_iterable(maps)))
    items = _string_array(list(chain.from_iterable(map(dict.values, maps))))
    return pa.MapArray.from_arrays(_offsets(map(len, maps)), keys, items)
