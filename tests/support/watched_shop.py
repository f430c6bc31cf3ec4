"""A real server whose monitors and SLOs have something to say: the shop's traffic of the last hours is in its store before
it starts, with slow answers, and metrics come in by the intake. For the browser tests, and for looking at:
python -m tests.support.watched_shop FOLDER.
"""

import argparse
import asyncio
import json
import signal
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from lrcp.store.state.resources import ResourceStore
from lrcp.store.state.store import open_state
from lrcp.store.telemetry.engine import embedded_engine
from lrcp.store.telemetry.store import TelemetryStore
from tests.support.lrcp_server import LrcpServer, plan_server
from tests.support.processes import PYTHON, ROOT, clean_environ, running_process
from tests.support.seeded_server import seed_shop

HOUR_S: Final = 3600
RUNBOOK: Final = """# Checkout

| shows | means |
|---|---|
| one host is slow | take it out |
| all are slow | see [slow answers](slow.md) |
"""
SLOW_MONITOR: Final[dict[str, Any]] = {
    "name": "Slow checkout on {{host.name}}",
    "type": "query alert",
    "query": "avg(last_1h):avg:checkout.took{service:storefront} by {host} > 5",
    "message": "**What failed:** the checkout takes {{value}} s. [Runbook](ADDRESS/runbooks/slow) @oncall-shop",
    "tags": ["team:shop", "service:storefront"],
    "priority": 1,
    "options": {"thresholds": {"critical": 5.0, "warning": 3.0}},
}


@contextmanager
def running_shop(folder: Path, *, traces: int, pack: str = "default") -> Iterator[LrcpServer]:
    """The server with the shop's traffic of the last six hours; `fill_shop` gives its monitors something to see."""
    server = plan_server(folder)
    server.data_dir.mkdir(parents=True, exist_ok=True)
    # In a process of its own: the engine opens one folder a process.
    seed = [PYTHON, "-m", "tests.support.watched_shop", "--seed", str(traces), str(server.data_dir)]
    subprocess.run(seed, cwd=ROOT, env=clean_environ(PYTHONPATH="src:."), check=True, timeout=120)
    environ = server.environ() | {"LRCP_MONITOR_PACK": pack}
    log = folder / "server.log"
    with running_process([PYTHON, "-m", "lrcp", "serve"], environ, log, ready_url=f"{server.url}/health"):
        yield server


def seed(data_dir: Path, traces: int) -> None:
    """Traces into the store, and a runbook with a table into the state database."""
    asyncio.run(_seed_traces(data_dir, traces))
    state = open_state("", data_dir, now_ns=time.time_ns())
    ResourceStore(state).create("runbook", {"text": RUNBOOK}, now_ns=time.time_ns(), id="checkout")
    state.close()


async def _seed_traces(data_dir: Path, traces: int) -> None:
    store = TelemetryStore(embedded_engine(data_dir / "telemetry"))
    await store.open(retention_days=30)
    try:
        await seed_shop(store, traces, end_ns=time.time_ns(), over_s=6 * HOUR_S)
    finally:
        await store.close()


def ask(server: LrcpServer, method: str, path: str, body: Any = None) -> Any:
    """A JSON reply of the server, None where it has no body. Raises: urllib.error.HTTPError."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(server.url + path, data, {"content-type": "application/json"}, method=method)
    with urllib.request.urlopen(request, timeout=30) as reply:
        text = reply.read()
    return json.loads(text) if text else None


def fill_shop(server: LrcpServer, *, hosts: int = 40) -> dict[str, Any]:
    """Points of the last hour with one slow host, monitors of them and an SLO. Returns: ids by name."""
    now_s = int(time.time()) // 60 * 60
    times = range(now_s - HOUR_S, now_s, 60)
    series = [
        _series(
            "checkout.took",
            3,
            f"host:web-{host:04d}",
            dict.fromkeys(times, 9.0 if host == 7 else 1.0 + host % 100 / 100),
        )
        for host in range(hosts)
    ]
    series.append(_series("shop.orders", 1, "result:ok", dict.fromkeys(times, 97.0)))
    series.append(_series("shop.orders", 1, "result:failed", {at: 60.0 if at > now_s - 600 else 1.0 for at in times}))
    for first in range(0, len(series), 50):
        ask(server, "POST", "/api/v2/series", {"series": series[first : first + 50]})
    message = SLOW_MONITOR["message"].replace("ADDRESS", server.url)
    slow = ask(server, "POST", "/api/v1/monitor", SLOW_MONITOR | {"message": message})["id"]
    slo = ask(server, "POST", "/api/v1/slo", orders_slo())["data"][0]["id"]
    return {"slow": slow, "slo": slo}


def _series(metric: str, kind: int, tag: str, values: dict[int, float]) -> dict[str, Any]:
    points = [{"timestamp": at, "value": value} for at, value in values.items()]
    return {"metric": metric, "type": kind, "points": points, "tags": [tag, "service:storefront"]}


def orders_slo() -> dict[str, Any]:
    """An objective that is missed: a tenth of the last orders failed."""
    good, every = "sum:shop.orders{result:ok}.as_count()", "sum:shop.orders{*}.as_count()"
    return {
        "name": "Orders go through",
        "type": "metric",
        "description": "Orders that are not refused.",
        "tags": ["team:shop"],
        "query": {"numerator": good, "denominator": every},
        "thresholds": [{"timeframe": "7d", "target": 95.0, "warning": 97.0}, {"timeframe": "30d", "target": 80.0}],
    }


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("folder", type=Path)
    options.add_argument("--seed", type=int, help="only put so many traces into this data folder")
    options.add_argument("--hosts", type=int, default=1200)
    given = options.parse_args()
    if given.seed is not None:
        seed(given.folder, given.seed)
        return
    with running_shop(given.folder, traces=6000) as shown:
        print(shown.url, fill_shop(shown, hosts=given.hosts), flush=True)
        signal.sigwait({signal.SIGINT, signal.SIGTERM})


if __name__ == "__main__":
    main()
