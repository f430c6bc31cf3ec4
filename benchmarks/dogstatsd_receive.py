"""How fast DogStatsD is received: parsing and aggregation alone, and over a real socket beside a busy thread.

    python -m benchmarks.dogstatsd_receive [--seconds 5] [--rate 200000]

The sender is a process of its own. `busy` shares the interpreter with a thread that only computes, as decoders of large
bodies do. Dropped is what the kernel says it dropped. The whole way into the store is in `benchmarks.ingest`.
"""

import argparse
import asyncio
import multiprocessing
import socket
import threading
import time

from benchmarks.payloads import dogstatsd_datagrams
from lrcp.ingest.counters import Counters
from lrcp.ingest.receivers.dogstatsd.aggregator import Aggregator
from lrcp.ingest.receivers.dogstatsd.server import DogStatsdServer
from lrcp.kit.clock import SystemClock
from lrcp.model.batch import Batch


class Discard:
    """A consumer that takes everything and keeps nothing."""

    async def consume(self, batch: Batch) -> None:
        await asyncio.sleep(0)


def bench_aggregation(seconds: float) -> float:
    """Returns: microseconds per metric, flushes included."""
    datagrams, metrics, _ = dogstatsd_datagrams(2000)
    aggregator, rounds = Aggregator(), 0
    started = time.perf_counter()
    while time.perf_counter() - started < seconds:
        for datagram in datagrams:
            aggregator.add_datagram(datagram, time.time_ns())
        aggregator.take(time.time_ns())
        rounds += 1
    return (time.perf_counter() - started) / (rounds * metrics) * 1e6


def send(port: int, rate: float, seconds: float) -> None:
    """Send at a steady rate (metrics a second) until the time is over."""
    datagrams, metrics, _ = dogstatsd_datagrams(2000)
    per_datagram, sent, number = metrics / len(datagrams), 0.0, 0
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.connect(("127.0.0.1", port))
        started = time.perf_counter()
        while (passed := time.perf_counter() - started) < seconds:
            while sent < rate * passed:
                sock.send(datagrams[number % len(datagrams)])
                number, sent = number + 1, sent + per_datagram
            time.sleep(0.002)


async def bench_socket(rate: float, seconds: float) -> dict[str, int]:
    """Returns: the receiver's counters."""
    counters = Counters()
    server = DogStatsdServer(Discard(), counters, SystemClock(), port=0)
    await server.start()
    sender = multiprocessing.get_context("spawn").Process(target=send, args=(server.port, rate, seconds))
    sender.start()
    await asyncio.to_thread(sender.join)
    await server.stop()
    return counters.snapshot()["dogstatsd"]


def compute(stop: threading.Event) -> None:
    total = 0
    while not stop.is_set():
        for number in range(1000):
            total += number


def report(name: str, counts: dict[str, int], seconds: float, cpu_s: float) -> None:
    records = counts["records"]
    dropped = counts.get("dropped_datagrams", 0)
    print(
        f"{name:<12} {records / seconds:>10,.0f} metrics/s  {cpu_s / records * 1e6:5.2f} us CPU each  {dropped} datagrams dropped"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--rate", type=float, default=200_000)
    args = parser.parse_args()
    micros = bench_aggregation(args.seconds)
    print(f"{'aggregation':<12} {1e6 / micros:>10,.0f} metrics/s  {micros:5.2f} us each")
    for name in ("socket", "busy"):
        stop = threading.Event()
        if name == "busy":
            threading.Thread(target=compute, args=(stop,), daemon=True).start()
        cpu_s = time.process_time()
        counts = asyncio.run(bench_socket(args.rate, args.seconds))
        report(name, counts, args.seconds, time.process_time() - cpu_s)
        stop.set()


if __name__ == "__main__":
    main()
