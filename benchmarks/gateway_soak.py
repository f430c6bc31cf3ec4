"""Whether the gateway's memory stays flat over a million calls, with every stage on and telemetry stored.

`python -m benchmarks.gateway_soak [--requests 1000000]`. Every call has another prompt; one in eight is a
stream. Prints resident memory as it goes, then its slope.
"""

import argparse
import asyncio
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import uvloop

from benchmarks.fast_upstream import command
from benchmarks.gateway_peers import Call, Way, child, start_ours, unlike
from benchmarks.server_process import free_ports, rss_mb

CONNECTIONS = 16
SAMPLES = 50
FLAT_MB_PER_MILLION = 10.0


async def soak(way: Way, requests: int) -> list[tuple[int, float]]:
    """(calls made, resident MB) as it goes."""
    done, samples, begun = 0, [(0, rss_mb(way.pid))], time.perf_counter()

    async def work() -> None:
        nonlocal done
        call = await Call(way).open()
        while done < requests:
            number = done = done + 1
            await call.ask(unlike(4_000, number, stream=number % 8 == 0))
            if number % (requests // SAMPLES) == 0:
                samples.append((number, rss_mb(way.pid)))
                rate = number / (time.perf_counter() - begun)
                print(f"{number:9,d} calls  {samples[-1][1]:6.1f} MB  {rate:6.0f} calls/s", flush=True)
        call.close()

    await asyncio.gather(*(work() for _ in range(CONNECTIONS)))
    return samples


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=1_000_000)
    requests = parser.parse_args().requests
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        port = free_ports(1)[0]
        stack.enter_context(child(command(port), f"http://127.0.0.1:{port}/", folder / "upstream.log"))
        samples = uvloop.run(soak(start_ours(stack, port, folder), requests))
    steady = np.array(samples[len(samples) // 3 :])
    slope = float(np.polyfit(steady[:, 0], steady[:, 1], 1)[0]) * 1e6
    verdict = "flat" if slope < FLAT_MB_PER_MILLION else "not flat"
    print(f"after the first third: {slope:+.1f} MB a million calls, {steady[:, 1].max():.0f} MB at most: {verdict}")


if __name__ == "__main__":
    main()
