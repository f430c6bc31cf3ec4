"""How soon a monitor fires on live traffic. Target: 15 s at the median for thresholds over a window of a minute.

    python -m benchmarks.monitor_delay [--services 24]

Each service sends five generations a second by OTLP. At a random moment each one breaks: from then on every call fails and
takes five times as long. Measured from the end of the first bad call to the moment at which the transition is there to be
read, per monitor.
"""

import argparse
import json
import random
import statistics
import tempfile
import threading
import time
import urllib.request
from pathlib import Path
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from benchmarks.server_process import ServerProcess

CALLS_PER_S = 5
SEND_EVERY_S = 0.2
WARM_UP_S = 75
SPREAD_S = 60
GIVE_UP_S = 90

MONITORS = {
    "error rate above 5 %": (
        "sum(last_1m):sum:llm.request.error.count{*} by {service}.as_count()"
        " / sum:llm.request.count{*} by {service}.as_count() > 0.05",
        0.05,
    ),
    "p95 latency above 2 s": ("percentile(last_1m):p95:llm.request.duration{*} by {service} > 2", 2.0),
    "more than 3 errors": ("sum(last_1m):sum:llm.request.error.count{*} by {service}.as_count() > 3", 3.0),
    "average latency above 2 s": ("avg(last_1m):avg:llm.request.duration{*} by {service} > 2", 2.0),
}


class Service(threading.Thread):
    """Sends generations; breaks at break_s (time.time()). bad_s: end of its first bad call."""

    def __init__(self, name: str, url: str, break_s: float, until_s: float) -> None:
        super().__init__(daemon=True)
        self.name_, self._url, self._break_s, self._until_s = name, url, break_s, until_s
        self._rng = random.Random(name)
        self.bad_s: float | None = None

    def stop(self) -> None:
        """Send no more, and wait for what is under way."""
        self._until_s = 0.0
        self.join()

    def run(self) -> None:
        while time.time() < self._until_s:
            time.sleep(SEND_EVERY_S)
            bad = time.time() >= self._break_s
            request = urllib.request.Request(
                f"{self._url}/v1/traces", self._body(bad), {"content-type": "application/x-protobuf"}
            )
            with urllib.request.urlopen(request, timeout=30):
                pass

    def _body(self, bad: bool) -> bytes:
        now_s = time.time()
        if bad and self.bad_s is None:
            self.bad_s = now_s
        message = ExportTraceServiceRequest()
        resource = message.resource_spans.add()
        resource.resource.attributes.add(key="service.name").value.string_value = self.name_
        spans = resource.scope_spans.add()
        for _ in range(max(1, round(CALLS_PER_S * SEND_EVERY_S))):
            span = spans.spans.add(
                trace_id=self._rng.randbytes(16), span_id=self._rng.randbytes(8), name="chat", kind=3
            )
            span.end_time_unix_nano = int(now_s * 1e9)
            span.start_time_unix_nano = span.end_time_unix_nano - (5_000_000_000 if bad else 1_000_000_000)
            span.status.code = 2 if bad else 0
            for key, value in (("gen_ai.operation.name", "chat"), ("gen_ai.request.model", "gpt-5-mini")):
                span.attributes.add(key=key).value.string_value = value
        return message.SerializeToString()


def call(url: str, body: dict[str, Any] | None = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"content-type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as reply:
        return json.load(reply)


def watch(url: str, names: dict[int, str], services: list[Service], until_s: float) -> dict[tuple[str, str], float]:
    """When each (monitor, service) was first seen in ALERT, time.time()."""
    seen: dict[tuple[str, str], float] = {}
    while time.time() < until_s and len(seen) < len(names) * len(services):
        found = call(f"{url}/api/monitors/transitions?from=10m&limit=1000")["transitions"]
        now_s = time.time()
        for one in found:
            if one["after"] == "Alert" and one["monitor_id"] in names:
                seen.setdefault((names[one["monitor_id"]], one["group"].removeprefix("service:")), now_s)
        time.sleep(0.1)
    return seen


def create(url: str) -> dict[int, str]:
    ids = {}
    for name, (query, critical) in MONITORS.items():
        body = {"name": name, "type": "query alert", "query": query, "options": {"thresholds": {"critical": critical}}}
        ids[call(f"{url}/api/v1/monitor", body)["id"]] = name
    return ids


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--services", type=int, default=24)
    count = options.parse_args().services
    rng = random.Random(1)
    with (
        tempfile.TemporaryDirectory(prefix="lrcp-delay-") as directory,
        ServerProcess(Path(directory), monitor_pack="default") as server,
    ):
        names = create(server.url("port"))
        begin_s = time.time() + WARM_UP_S
        end_s = begin_s + SPREAD_S + GIVE_UP_S
        breaks = [begin_s + rng.uniform(0, SPREAD_S) for _ in range(count)]
        otlp = server.url("otlp_http_port")
        services = [Service(f"service-{at}", otlp, break_s, end_s) for at, break_s in enumerate(breaks)]
        for service in services:
            service.start()
        seen = watch(server.url("port"), names, services, end_s)
        for service in services:
            service.stop()
        report(names, services, seen)


def report(names: dict[int, str], services: list[Service], seen: dict[tuple[str, str], float]) -> None:
    bad = {service.name_: service.bad_s for service in services}
    print("| monitor, window of a minute | median s | p95 s | longest s | not fired |")
    print("|---|---|---|---|---|")
    for name in names.values():
        delays = sorted(at - (bad[service] or 0) for (monitor, service), at in seen.items() if monitor == name)
        missing = len(services) - len(delays)
        if not delays:
            print(f"| {name} | - | - | - | {missing} |")
            continue
        p95 = delays[min(len(delays) - 1, int(0.95 * len(delays)))]
        print(f"| {name} | {statistics.median(delays):.1f} | {p95:.1f} | {delays[-1]:.1f} | {missing} |")


if __name__ == "__main__":
    main()
