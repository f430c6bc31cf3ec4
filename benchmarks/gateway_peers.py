"""The gateway beside its peers, in one run: what each adds to a call, how many calls it takes, how streams pass.

`python -m benchmarks.gateway_peers [--peers DIR] [--seconds 5]`. Ours has every stage on and its telemetry stored by a
real server; peers are those found in DIR (see benchmarks/README.md for their installation), with their defaults. All
call the same fast upstream on this machine, in turns.
"""

import argparse
import asyncio
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvloop

from benchmarks.fast_upstream import FAST_CHUNKS, FRAME_S, PACED_FRAMES, command
from benchmarks.gateway_overhead import ask_body
from benchmarks.gateway_policy import make_policy
from benchmarks.server_process import ServerProcess, free_ports, rss_mb

CONNECTIONS = 16
STREAMS = 256
WARM_UP = 100
PROMPTS_CHARS = {"1k": 4_000, "10k": 40_000, "100k": 400_000}


@dataclass
class Way:
    """A way to the upstream: direct, or through a gateway. headers: lines of its requests, each with its line end."""

    name: str
    port: int
    headers: bytes = b""
    pid: int = 0


class Call:
    """A kept connection that asks one thing at a time, as thin as can be."""

    def __init__(self, way: Way) -> None:
        self._way = way
        self.failed = False

    async def open(self) -> "Call":
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._way.port, limit=2**20)
        return self

    async def ask(self, body: bytes, gaps: list[float] | None = None) -> tuple[float, float]:
        """(seconds to the first byte of the answer's body, to its end). gaps takes the seconds between pieces."""
        head = (
            b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: %d\r\n"
        )
        begun = time.perf_counter()
        self._writer.write(head % len(body) + self._way.headers + b"\r\n" + body)
        told = (await self._reader.readuntil(b"\r\n\r\n")).lower()
        if not told.startswith(b"http/1.1 200"):
            return await self._fail(told)
        if b"transfer-encoding: chunked" in told:
            return await self._read_chunks(begun, gaps)
        await self._reader.readexactly(int(told.split(b"content-length:")[1].split(b"\r\n")[0]))
        return (ended := time.perf_counter() - begun), ended

    async def _fail(self, told: bytes) -> tuple[float, float]:
        """A peer's failure is its result; ours, or the upstream's, ends the run."""
        said = told.decode() + (await self._reader.read(2000)).decode()
        if self._way.name in ("direct", "lrcp"):
            raise RuntimeError(f"{self._way.name}: {said}")
        print(f"{self._way.name} fails: {said[:60].splitlines()[0]} ... {said.splitlines()[-1][:200]}")
        self.failed = True
        return 0.0, 0.0

    async def _read_chunks(self, begun: float, gaps: list[float] | None) -> tuple[float, float]:
        first = last = 0.0
        while True:
            size = int(await self._reader.readuntil(b"\r\n"), 16)
            now = time.perf_counter()
            if gaps is not None and last:
                gaps.append(now - last)
            first, last = first or now - begun, now
            await self._reader.readexactly(size + 2)
            if not size:
                return first, time.perf_counter() - begun

    def close(self) -> None:
        self._writer.close()


async def take_turns(ways: list[Way], chars: int, seconds: float, *, stream: bool) -> list[list[float]]:
    """Milliseconds of each call, way by way: whole answers, or the first token of streams. No two prompts are alike."""
    calls = [await Call(way).open() for way in ways]
    taken: list[list[float]] = [[] for _ in ways]
    end, number = time.perf_counter() + seconds * len(ways), 0
    while time.perf_counter() < end or number < WARM_UP * 2:
        for times, call in zip(taken, calls, strict=True):
            number += 1
            if call.failed:
                continue
            answered = await call.ask(unlike(chars, number, stream=stream))
            times.append(answered[0 if stream else 1] * 1000)
    for call in calls:
        call.close()
    return [times[WARM_UP // len(ways) :] for times in taken]


async def measure_rate(way: Way, seconds: float) -> float:
    """Requests a second over CONNECTIONS connections."""
    calls = [await Call(way).open() for _ in range(CONNECTIONS)]
    bodies = [unlike(4_000, number, stream=False) for number in range(4_000)]
    end, done = time.perf_counter() + seconds, 0

    async def work(call: Call) -> None:
        nonlocal done
        while time.perf_counter() < end and not call.failed:
            done += 1
            await call.ask(bodies[done % len(bodies)].replace(b"word 0000", b"word %04x" % (done // len(bodies)), 1))

    begun = time.perf_counter()
    await asyncio.gather(*(work(call) for call in calls))
    for call in calls:
        call.close()
    return done / (time.perf_counter() - begun)


async def measure_streams(way: Way) -> tuple[float, float, float]:
    """(p50, p99, longest) milliseconds between two frames of STREAMS streams at once, a frame every FRAME_S."""
    gaps: list[float] = []
    body = json.dumps({"model": "paced", "stream": True, "messages": [{"role": "user", "content": "?"}]}).encode()

    async def one(number: int) -> None:
        call = await Call(way).open()
        await call.ask(body.replace(b'"?"', b'"%d?"' % number), gaps)
        call.close()

    await asyncio.gather(*(one(number) for number in range(STREAMS)))
    if not gaps:
        return math.nan, math.nan, math.nan
    cut = statistics.quantiles(gaps, n=100)
    return cut[49] * 1000, cut[98] * 1000, max(gaps) * 1000


def unlike(chars: int, number: int, *, stream: bool) -> bytes:
    """A body that no cache has seen."""
    return ask_body(chars, stream=stream).replace(b"word ", b"word 0000 %08x " % number, 1)


async def run(ways: list[Way], seconds: float) -> None:
    through = ways[1:]
    print(f"{'ms added at the median / p99':34s}" + "".join(f"{way.name:>18s}" for way in through))
    rows = [(f"whole, {name} tokens", chars, False) for name, chars in PROMPTS_CHARS.items()]
    for name, chars, stream in [*rows, (f"first token of {FAST_CHUNKS}", 4_000, True)]:
        taken = await take_turns(ways, chars, seconds, stream=stream)
        base = statistics.median(taken[0]), statistics.quantiles(taken[0], n=100)[98]
        cells = [_added(base, times) for times in taken[1:]]
        print(f"{name:34s}" + "".join(f"{cell:>18s}" for cell in cells) + f"   (direct {base[0]:.2f} / {base[1]:.2f})")
    for way in ways:
        print(f"{way.name + f', {CONNECTIONS} connections':34s}{await measure_rate(way, seconds):18.0f} requests/s")
    for way in ways:
        p50, p99, longest = await measure_streams(way)
        what = f"{way.name}, {STREAMS} streams at {FRAME_S * 1000:.0f} ms"
        print(f"{what:34s} between frames p50 {p50:.1f}, p99 {p99:.1f}, longest {longest:.1f} ms  (n={PACED_FRAMES})")
    for way in through:
        print(f"{way.name}: {rss_mb(way.pid):.0f} MB")


def _added(base: tuple[float, float], times: list[float]) -> str:
    if len(times) < 3:
        return "fails"
    return f"{statistics.median(times) - base[0]:.2f} / {statistics.quantiles(times, n=100)[98] - base[1]:.2f}"


@contextmanager
def child(arguments: list[str], ready_url: str, log: Path, **variables: str) -> Iterator[int]:
    """A process that is ready when an address answers. Yields: its id."""
    with log.open("ab") as output:
        process = subprocess.Popen(arguments, env={**os.environ, **variables}, stdout=output, stderr=output)
    try:
        begun = time.perf_counter()
        while not _answers(ready_url):
            if process.poll() is not None or time.perf_counter() - begun > 120:
                raise RuntimeError(f"{arguments[0]} did not start:\n{log.read_text()[-2000:]}")
            time.sleep(0.05)
        yield process.pid
    finally:
        process.terminate()
        process.wait(timeout=60)


def _answers(url: str) -> bool:
    try:
        urllib.request.urlopen(url, timeout=2).close()
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


def start_ours(stack: ExitStack, upstream_port: int, folder: Path) -> Way:
    """A server that stores, and a gateway with every stage on."""
    server = stack.enter_context(ServerProcess())
    key = put_policy(server)
    port = free_ports(1)[0]
    variables = {
        "LRCP_GATEWAY_PORT": str(port),
        "LRCP_UPSTREAM": "url",
        "LRCP_UPSTREAM_URL": f"http://127.0.0.1:{upstream_port}/v1",
        "LRCP_OTLP_HTTP_PORT": str(server.ports["otlp_http_port"]),
        "LRCP_DATA_DIR": str(server.directory / "data"),
        "LRCP_PRICES_FILE": str(write_prices(folder)),
    }
    arguments = [sys.executable, "-m", "lrcp", "gateway"]
    pid = stack.enter_context(child(arguments, f"http://127.0.0.1:{port}/health", folder / "ours.log", **variables))
    _wait_for_policy(port)
    return Way("lrcp", port, b"authorization: Bearer " + key.encode() + b"\r\n", pid)


def write_prices(folder: Path) -> Path:
    """Prices of the upstream's models, without which a budget lets no call through."""
    prices = [{"input": 0.15, "output": 0.6, "cached_input": 0.075}]
    file = folder / "prices.json"
    file.write_text(json.dumps({"models": [{"model": name, "prices": prices} for name in ("fast", "paced")]}))
    return file


def put_policy(server: ServerProcess) -> str:
    """Put the policy with every stage on. Returns: a virtual key."""
    _send("PUT", f"{server.url('port')}/api/policy?author=benchmark&reason=all+stages", make_policy())
    made = _send("POST", f"{server.url('port')}/api/keys", {"name": "bench", "owner": "benchmark", "team": "bench"})
    return str(made["text"])


def _wait_for_policy(port: int) -> None:
    while True:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health") as reply:
            if json.load(reply)["policy"]["version"]:
                return
        time.sleep(0.1)


def _send(method: str, url: str, body: dict[str, Any]) -> dict[str, Any]:
    request = urllib.request.Request(
        url, json.dumps(body).encode(), {"content-type": "application/json"}, method=method
    )
    with urllib.request.urlopen(request, timeout=30) as reply:
        answer: dict[str, Any] = json.load(reply)
    return answer


def start_litellm(stack: ExitStack, peers: Path, upstream_port: int, folder: Path) -> Way | None:
    program = peers / "litellm" / "bin" / "litellm"
    if not program.exists():
        return None
    target = {"model": "openai/fast", "api_base": f"http://127.0.0.1:{upstream_port}/v1", "api_key": "k"}
    paced = {**target, "model": "openai/paced"}
    models = [{"model_name": "fast", "litellm_params": target}, {"model_name": "paced", "litellm_params": paced}]
    config = folder / "litellm.json"
    config.write_text(json.dumps({"model_list": models}))
    port = free_ports(1)[0]
    arguments = [str(program), "--config", str(config), "--port", str(port), "--host", "127.0.0.1"]
    ready = f"http://127.0.0.1:{port}/health/liveliness"
    pid = stack.enter_context(child(arguments, ready, folder / "litellm.log", **_LITELLM))
    return Way("litellm", port, b"authorization: Bearer sk-" + b"0" * 32 + b"\r\n", pid)


_LITELLM = {"LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_MASTER_KEY": "sk-" + "0" * 32}


def start_portkey(stack: ExitStack, peers: Path, upstream_port: int, folder: Path) -> Way | None:
    program = peers / "portkey" / "node_modules" / "@portkey-ai" / "gateway" / "build" / "start-server.js"
    if not program.exists():
        return None
    port = free_ports(1)[0]
    arguments = ["node", str(program), f"--port={port}", "--headless"]
    pid = stack.enter_context(child(arguments, f"http://127.0.0.1:{port}/", folder / "portkey.log"))
    host = b"http://127.0.0.1:%d/v1" % upstream_port
    headers = b"authorization: Bearer k\r\nx-portkey-provider: openai\r\nx-portkey-custom-host: " + host + b"\r\n"
    return Way("portkey", port, headers, pid)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=5.0, help="of each measurement and way")
    parser.add_argument("--peers", type=Path, default=Path("../peers"), help="where the peers are installed")
    options = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        port = free_ports(1)[0]
        stack.enter_context(child(command(port), f"http://127.0.0.1:{port}/", folder / "upstream.log"))
        ways = [Way("direct", port), start_ours(stack, port, folder)]
        for start in (start_litellm, start_portkey):
            if (way := start(stack, options.peers, port, folder)) is not None:
                ways.append(way)
        uvloop.run(run(ways, options.seconds))


if __name__ == "__main__":
    main()
