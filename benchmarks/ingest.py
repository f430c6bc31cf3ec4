"""How many records a second the server stores, durable before the reply; client and server on one machine.

    python -m benchmarks.ingest                               all three formats, ten seconds each
    python -m benchmarks.ingest --seconds 60 --format otlp    one of them

Beside each figure stand two limits measured in the same run on the same payloads: decoding alone and storing alone.
"""

import argparse
import asyncio
import socket
import threading
import time
from dataclasses import dataclass, field

import numpy as np

from benchmarks.limits import decode_limit, store_limit
from benchmarks.payloads import Template, ddtrace_template, dogstatsd_datagrams, otlp_template
from benchmarks.server_process import ServerProcess

TRACES_PER_BODY = 100


@dataclass
class Run:
    """What one format's run showed."""

    acknowledged: int = 0
    refused: int = 0
    latencies_s: list[float] = field(default_factory=list)
    rss_mb: list[float] = field(default_factory=list)
    seconds: float = 0.0
    server_cpu_s: float = 0.0


_Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class HttpSender:
    """One keep-alive connection that sends ready bodies as fast as they are acknowledged."""

    def __init__(self, port: int, method: str, path: str, content_type: str) -> None:
        self._port = port
        self._kept: _Connection | None = None
        self._head = f"{method} {path} HTTP/1.1\r\nhost: bench\r\ncontent-type: {content_type}\r\n"

    async def send(self, template: Template, until_s: float, rng: np.random.Generator, run: Run) -> None:
        """Send until then, over a connection of this call's own."""
        connection = await asyncio.open_connection("127.0.0.1", self._port)
        while time.perf_counter() < until_s:
            await self._exchange(connection, template, rng, run)
        connection[1].close()

    async def send_one(self, template: Template, rng: np.random.Generator, run: Run) -> None:
        """Send one body over a connection that is kept."""
        if self._kept is None:
            self._kept = await asyncio.open_connection("127.0.0.1", self._port)
        await self._exchange(self._kept, template, rng, run)

    async def _exchange(self, connection: _Connection, template: Template, rng: np.random.Generator, run: Run) -> None:
        reader, writer = connection
        body = template.stamp(rng)
        began = time.perf_counter()
        writer.write(f"{self._head}content-length: {len(body)}\r\n\r\n".encode() + body)
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
        await reader.readexactly(length)
        if head.split(b" ", 2)[1] == b"200":
            run.acknowledged += template.spans
            run.latencies_s.append(time.perf_counter() - began)
        else:
            run.refused += template.spans
            await asyncio.sleep(0.2)


def bench_spans(server: ServerProcess, sender: HttpSender, template: Template, seconds: float, connections: int) -> Run:
    """Send for so long; then compare what was acknowledged with what is stored."""
    run = Run()
    before = server.sql("SELECT count() FROM spans")[0][0]
    sampler = Sampler(server, run)
    cpu_s, began = server.cpu_s(), time.perf_counter()

    async def load() -> None:
        rngs = [np.random.default_rng(n + time.time_ns()) for n in range(connections)]
        await asyncio.gather(*(sender.send(template, began + seconds, rng, run) for rng in rngs))

    with sampler:
        asyncio.run(load())
    run.seconds, run.server_cpu_s = time.perf_counter() - began, server.cpu_s() - cpu_s
    stored = server.sql("SELECT count() FROM spans")[0][0] - before
    assert stored == run.acknowledged, f"{run.acknowledged} spans acknowledged, {stored} stored"
    return run


class Sampler:
    """Samples the server's memory once a second while it is entered."""

    def __init__(self, server: ServerProcess, run: Run) -> None:
        self._server, self._run, self._stop = server, run, threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)

    def _sample(self) -> None:
        while not self._stop.wait(1.0):
            self._run.rss_mb.append(self._server.rss_mb())

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()


def bench_dogstatsd(server: ServerProcess, seconds: float, rate: int) -> tuple[Run, float]:
    """Offer `rate` metrics a second over UDP. Returns: the run and the share of the counts that arrived, 1.0 = all."""
    datagrams, metrics, hits = dogstatsd_datagrams(2000)
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.connect(("127.0.0.1", server.ports["dogstatsd_port"]))
    run, sent_hits, pause_s = Run(), 0, len(datagrams) / 100 * metrics / len(datagrams) / rate
    cpu_s, began = server.cpu_s(), time.perf_counter()
    with Sampler(server, run):
        while time.perf_counter() - began < seconds:
            for start in range(0, len(datagrams), len(datagrams) // 100):
                for datagram in datagrams[start : start + len(datagrams) // 100]:
                    sock.send(datagram)
                run.acknowledged += metrics // 100
                ahead_s = run.acknowledged / rate - (time.perf_counter() - began)
                if ahead_s > pause_s:
                    time.sleep(ahead_s)
            sent_hits += hits
    run.seconds, run.server_cpu_s = time.perf_counter() - began, server.cpu_s() - cpu_s
    time.sleep(13)  # the open buckets close and are written
    stored = server.sql("SELECT sum(sum) FROM metrics WHERE metric = 'bench.hits'")[0][0]
    return run, stored / sent_hits


def report(name: str, run: Run, limits: dict[str, float] | None = None, note: str = "") -> None:
    rate = run.acknowledged / run.seconds
    print(
        f"\n{name}: {rate:,.0f} a second stored ({run.acknowledged:,} in {run.seconds:.1f} s; {run.refused:,} refused){note}"
    )
    if run.latencies_s:
        p50, p99 = np.percentile(run.latencies_s, [50, 99]) * 1000
        print(f"  a request of 1,000 spans is acknowledged in {p50:.0f} ms (p50), {p99:.0f} ms (p99)")
    print(
        f"  server: {run.server_cpu_s / run.seconds:.2f} cores, {1e6 * run.server_cpu_s / run.acknowledged:.1f} us each"
    )
    if run.rss_mb:
        third = max(1, len(run.rss_mb) // 3)
        first, last = np.mean(run.rss_mb[:third]), np.mean(run.rss_mb[-third:])
        print(
            f"  memory: {first:.0f} MB in the first third, {last:.0f} MB in the last, {max(run.rss_mb):.0f} MB at most"
        )
    for what, figure in (limits or {}).items():
        print(f"  limit, {what}: {figure:,.0f} a second on one core")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--rate", type=int, default=200_000, help="DogStatsD metrics offered a second")
    parser.add_argument("--format", choices=("otlp", "ddtrace", "dogstatsd", "all"), default="all")
    args = parser.parse_args()
    senders = {
        "otlp": (otlp_template, "otlp_http_port", "POST", "/v1/traces", "application/x-protobuf"),
        "ddtrace": (ddtrace_template, "agent_port", "PUT", "/v0.4/traces", "application/msgpack"),
    }
    for name, (make, port, method, path, content_type) in senders.items():
        if args.format not in (name, "all"):
            continue
        template = make(TRACES_PER_BODY)
        limits = {"decoding alone": decode_limit(name, template), "storing alone": store_limit(name, template)}
        with ServerProcess() as server:
            sender = HttpSender(server.ports[port], method, path, content_type)
            bench_spans(server, sender, template, 2, args.connections)
            report(f"{name}, spans", bench_spans(server, sender, template, args.seconds, args.connections), limits)
    if args.format in ("dogstatsd", "all"):
        with ServerProcess() as server:
            run, share = bench_dogstatsd(server, args.seconds, args.rate)
            report("DogStatsD, metrics", run, note=f", {share:.2%} of the counts arrived")


if __name__ == "__main__":
    main()
