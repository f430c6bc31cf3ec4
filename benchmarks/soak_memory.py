"""Whether the server's memory stays flat under steady traffic of OTLP, ddtrace and DogStatsD together.

    python -m benchmarks.soak_memory --minutes 10

Prints resident memory over time, then its slope after the warm-up. What was acknowledged must be what is stored.
"""

import argparse
import asyncio
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from benchmarks.ingest import HttpSender, Run
from benchmarks.payloads import SPANS_PER_TRACE, Template, ddtrace_template, dogstatsd_datagrams, otlp_template
from benchmarks.server_process import ServerProcess

TRACES_PER_BODY = 10
WARM_UP_RATIO = 1 / 3
FRESH_S = 10.0
"""A template's spans started when it was made; it is made anew this often, so that the traffic is always of now."""
FLAT_MB_PER_MILLION = 20.0
"""Below this a server of 600 MB takes weeks of such traffic to double; caches that still fill show up as this much."""


@dataclass
class Samples:
    """Seconds since the start, resident MB, spans acknowledged by then."""

    at_s: list[float] = field(default_factory=list)
    rss_mb: list[float] = field(default_factory=list)
    spans: list[int] = field(default_factory=list)

    def slope(self, over: list[float] | list[int]) -> float:
        """MB for each unit of `over`, after the warm-up."""
        first = int(len(self.at_s) * WARM_UP_RATIO)
        return float(np.polyfit(np.array(over[first:], float), np.array(self.rss_mb[first:]), 1)[0])


async def send_spans(sender: HttpSender, make: Callable[[int], Template], rate: float, end_s: float, run: Run) -> None:
    """Bodies at a steady rate of spans a second, slower when the server is; a template is used while it is fresh."""
    rng = np.random.default_rng()
    pause_s = TRACES_PER_BODY * SPANS_PER_TRACE / rate
    while (now_s := time.perf_counter()) < end_s:
        template, fresh_until_s = make(TRACES_PER_BODY), min(end_s, now_s + FRESH_S)
        while (began_s := time.perf_counter()) < fresh_until_s:
            await sender.send_one(template, rng, run)
            await asyncio.sleep(max(0.0, began_s + pause_s - time.perf_counter()))


async def send_metrics(port: int, rate: float, end_s: float) -> int:
    """DogStatsD datagrams at a steady rate of metrics a second. Returns: metrics sent."""
    datagrams, metrics, _ = dogstatsd_datagrams(500)
    per_datagram, sent, number = metrics / len(datagrams), 0.0, 0
    began = time.perf_counter()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.connect(("127.0.0.1", port))
        while (now := time.perf_counter()) < end_s:
            while sent < (now - began) * rate:
                sock.send(datagrams[number % len(datagrams)])
                sent, number = sent + per_datagram, number + 1
            await asyncio.sleep(0.02)
    return int(sent)


async def watch(server: ServerProcess, end_s: float, runs: list[Run], samples: Samples) -> None:
    """Sample once a second, print every half minute."""
    began = time.perf_counter()
    print(f"{'minutes':>8} {'MB':>7} {'spans':>12} {'refused':>8}")
    while time.perf_counter() < end_s:
        samples.at_s.append(time.perf_counter() - began)
        samples.rss_mb.append(server.rss_mb())
        samples.spans.append(sum(run.acknowledged for run in runs))
        if len(samples.at_s) % 30 == 1:
            refused = sum(run.refused for run in runs)
            print(
                f"{samples.at_s[-1] / 60:8.1f} {samples.rss_mb[-1]:7.0f} {samples.spans[-1]:12,} {refused:8,}",
                flush=True,
            )
        await asyncio.sleep(1.0)


async def soak(server: ServerProcess, minutes: float, rate: float) -> tuple[Samples, list[Run], int]:
    """Half of the spans over OTLP, half from ddtrace, as many metrics beside them."""
    end_s = time.perf_counter() + minutes * 60
    runs, samples = [Run(), Run()], Samples()
    otlp = HttpSender(server.ports["otlp_http_port"], "POST", "/v1/traces", "application/x-protobuf")
    ddtrace = HttpSender(server.ports["agent_port"], "PUT", "/v0.4/traces", "application/msgpack")
    *_, metrics = await asyncio.gather(
        watch(server, end_s, runs, samples),
        send_spans(otlp, otlp_template, rate / 2, end_s, runs[0]),
        send_spans(ddtrace, ddtrace_template, rate / 2, end_s, runs[1]),
        send_metrics(server.ports["dogstatsd_port"], rate, end_s),
    )
    return samples, runs, metrics


def report(samples: Samples, server: ServerProcess, runs: list[Run], metrics: int) -> None:
    acknowledged, refused = sum(run.acknowledged for run in runs), sum(run.refused for run in runs)
    stored = server.sql("SELECT count() FROM spans")[0][0]
    assert stored == acknowledged, f"{acknowledged} spans acknowledged, {stored} stored"
    per_minute, per_million = samples.slope(samples.at_s) * 60, samples.slope(samples.spans) * 1e6
    verdict = "flat" if per_million < FLAT_MB_PER_MILLION else "NOT FLAT"
    print(
        f"\n{acknowledged:,} spans stored in {samples.at_s[-1] / 60:.1f} minutes, {refused:,} refused, {metrics:,} metrics sent"
    )
    print(
        f"memory after the warm-up: {per_minute:+.2f} MB a minute, {per_million:+.1f} MB per million spans: {verdict};"
        f" {max(samples.rss_mb):.0f} MB at most"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--rate", type=float, default=4_000, help="spans a second, and metrics a second")
    options = parser.parse_args()
    with ServerProcess() as server:
        samples, runs, metrics = asyncio.run(soak(server, options.minutes, options.rate))
        report(samples, server, runs, metrics)


if __name__ == "__main__":
    main()
