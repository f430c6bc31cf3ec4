"""After a crash: the derived metrics are made to agree with the spans again. Runs on the writer thread.

An insert reaches `spans` and, through the views, `metrics` in steps. A process that dies in between leaves the two in
disagreement for the 10-second buckets that it was writing, so these are compared at start, and derived anew if they differ.
"""

import logging
from typing import Final

from lrcp.store.telemetry.migrate import gateway_exchanges_select, gateway_metrics_select, llm_metrics_select
from lrcp.store.telemetry.store import TelemetryStore

log = logging.getLogger(__name__)

_IN_FLIGHT_S: Final = 60
"""Longer than an insert takes: what was stored this long before the last row was complete."""

_AROUND_S: Final = 120
"""Around the last rows' times: a row may be in `metrics` and not in `spans`."""

_BUCKET: Final = "toDateTime(intDiv(toUnixTimestamp(toDateTime(start_time)), 10) * 10, 'UTC')"

_LAST_WRITTEN: Final = f"""
SELECT toInt64(toUnixTimestamp(min({_BUCKET}))) - {_AROUND_S}, toInt64(toUnixTimestamp(max({_BUCKET}))) + {_AROUND_S}
FROM spans WHERE ingested_at >= (SELECT max(ingested_at) FROM spans) - {_IN_FLIGHT_S}
"""
_WITHIN: Final = (
    "start_time >= toDateTime64({from_s:Int64}, 9, 'UTC') AND start_time < toDateTime64({to_s:Int64}, 9, 'UTC')"
)
"""DateTime64 all through: compared with a DateTime, the engine's key analysis leaves out the last second's rows."""

_DISAGREEING: Final = f"""
SELECT toInt64(toUnixTimestamp(time)) FROM (
    SELECT {_BUCKET} AS time, toFloat64(count()) AS generations, 0. AS exchanges FROM spans
    WHERE kind IN ('llm', 'embedding') AND {_WITHIN} GROUP BY time
    UNION ALL
    SELECT {_BUCKET} AS time, 0., toFloat64(count()) FROM ({gateway_exchanges_select(_WITHIN)}) GROUP BY time
    UNION ALL
    SELECT time, -sumIf(count, metric = 'llm.request.count'), -sumIf(count, metric = 'llm.gateway.requests') FROM metrics
    WHERE metric IN ('llm.request.count', 'llm.gateway.requests') AND origin = 'spans'
      AND time >= toDateTime({{from_s:Int64}}, 'UTC') AND time < toDateTime({{to_s:Int64}}, 'UTC') GROUP BY time
) GROUP BY time HAVING sum(generations) != 0 OR sum(exchanges) != 0
"""
_TIMES: Final = "arrayMap(s -> toDateTime(s, 'UTC'), {seconds:Array(Int64)})"
_FORGET: Final = f"DELETE FROM metrics WHERE origin = 'spans' AND has({_TIMES}, time)"
_DERIVE: Final = "INSERT INTO metrics (metric, time, tags, type, count, sum, min, max, last_at, sketch, members, interval_s, unit, origin) "


def recover_derived_metrics(store: TelemetryStore) -> int:
    """Make the buckets that were being written agree. Returns: how many buckets were derived anew."""
    ((from_s, to_s),) = store.read(_LAST_WRITTEN).rows
    rows = store.read(_DISAGREEING, {"from_s": from_s, "to_s": to_s}).rows
    seconds = sorted(row[0] for row in rows)
    if not seconds:
        return 0
    bounds = {"seconds": seconds, "from_s": seconds[0], "to_s": seconds[-1] + 10}
    store.command(_FORGET, {"seconds": seconds})
    for derived_select in (llm_metrics_select, gateway_metrics_select):
        store.command(_DERIVE + derived_select(f"{_WITHIN} AND has({_TIMES}, {_BUCKET})"), bounds)
    log.info("derived the metrics of %d buckets anew after an unclean stop", len(seconds))
    return len(seconds)
