"""How long a page waits: the API's reads over ten million spans, through HTTP, warm, the median of twenty.

python -m benchmarks.queries
python -m benchmarks.queries --spans 1000000
"""

import argparse
import json
import statistics
import tempfile
import time
import urllib.parse
import urllib.request
from pathlib import Path

from benchmarks.server_process import ServerProcess
from benchmarks.span_history import BIG_TRACE_ID, BIG_TRACE_SPANS, RARE_WORD, build_history

TARGET_MS = 150
LATENCY_SQL = """
SELECT toStartOfMinute(start_time) AS minute, model, quantile(0.95)(duration_ns) / 1e6 AS p95_ms FROM spans
WHERE kind = 'llm' AND start_time >= now() - INTERVAL 1 DAY GROUP BY minute, model ORDER BY minute
"""
METRICS_SQL = """
SELECT toStartOfMinute(time) AS minute, arrayFirst(t -> startsWith(t, 'model:'), tags) AS model,
    quantilesDDMerge(0.005, 0.5, 0.75, 0.9, 0.95, 0.99)(sketch)[4] AS p95_s FROM metrics
WHERE metric = 'llm.request.duration' AND time >= now() - INTERVAL 1 DAY GROUP BY minute, model ORDER BY minute
"""


def timed(server: ServerProcess, path: str, body: dict | None = None) -> tuple[float, dict]:
    """Milliseconds until the whole reply is there, and the reply."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(server.url("port") + path, data, {"content-type": "application/json"})
    began = time.perf_counter()
    with urllib.request.urlopen(request, timeout=120) as reply:
        raw = reply.read()
    return (time.perf_counter() - began) * 1000, json.loads(raw)


def cases(server: ServerProcess) -> dict[str, tuple[str, dict | None]]:
    """Name -> (path, body)."""
    some_trace = server.sql("SELECT trace_id FROM spans WHERE start_time < now() - INTERVAL 3 DAY LIMIT 1")[0][0]
    query = urllib.parse.urlencode
    return {
        "50 newest traces with cost": ("/api/traces?limit=50", None),
        "50 newest traces of the week with errors": (
            f"/api/traces?{query({'limit': 50, 'from': '7d', 'status': 'error'})}",
            None,
        ),
        "p95 by model and minute over a day, from spans": ("/api/sql", {"query": LATENCY_SQL}),
        "p95 by model and minute over a day, from metrics": ("/api/sql", {"query": METRICS_SQL}),
        "text search, a rare word, over the week": (
            f"/api/traces?{query({'limit': 50, 'from': '7d', 'q': RARE_WORD})}",
            None,
        ),
        "text search, two common words": (
            f"/api/traces?{query({'limit': 50, 'from': '7d', 'q': 'refund parcel'})}",
            None,
        ),
        "one trace by id": (f"/api/traces/{some_trace}", None),
        f"a trace of {BIG_TRACE_SPANS:,} spans": (f"/api/traces/{BIG_TRACE_ID}", None),
        "overview of a day by model": (f"/api/overview?{query({'from': '1d', 'group_by': 'model'})}", None),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--spans", type=int, default=10_000_000)
    parser.add_argument("--repeat", type=int, default=20)
    parser.add_argument("--directory", type=Path, help="keep the history here and use it again")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="lrcp-queries-") as temporary:
        directory = args.directory or Path(temporary)
        if not (directory / "data" / "telemetry").exists():
            build_history(directory / "data", args.spans, time.time_ns())
        with ServerProcess(directory) as server:
            print(f"{server.sql('SELECT count() FROM spans')[0][0]:,} spans; target {TARGET_MS} ms at the median")
            for name, (path, body) in cases(server).items():
                first_ms, _ = timed(server, path, body)
                times = [timed(server, path, body)[0] for _ in range(args.repeat)]
                median, worst = statistics.median(times), max(times)
                mark = "" if median <= TARGET_MS else "   OVER"
                print(f"  {name:52} {median:7.1f} ms   first {first_ms:7.1f}   slowest {worst:7.1f}{mark}")
            print(f"  server memory {server.rss_mb():,.0f} MB")


if __name__ == "__main__":
    main()
