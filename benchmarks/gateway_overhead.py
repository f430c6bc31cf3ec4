"""What the gateway adds to a call: direct against through it, side by side in one run, telemetry on.

`python benchmarks/gateway_overhead.py [--seconds 5]` starts an upstream, a listener for the telemetry and a gateway, each
a process of its own, and prints milliseconds and requests a second. The two ways take turns request by request (or
block by block where several connections are open), so that a noisy machine is unfair to neither.
"""

import argparse
import asyncio
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
CHUNKS = 20
CONNECTIONS = 16
WARM_UP = 200
PROMPTS_CHARS = {"1k tokens": 4_000, "10k tokens": 40_000, "100k tokens": 400_000}

UPSTREAM = """
import asyncio, sys, uvicorn
USAGE = b'"usage":{"prompt_tokens":1000,"completion_tokens":20,"total_tokens":1020}'
WHOLE = b'{"id":"c","object":"chat.completion","model":"fast","choices":[{"index":0,"message":{"role":"assistant","content":"' + b"word " * 20 + b'"},"finish_reason":"stop"}],' + USAGE + b"}"
CHUNK = b'data: {"id":"c","object":"chat.completion.chunk","model":"fast","choices":[{"index":0,"delta":{"content":"word "},"finish_reason":null}]}\\n\\n'
END = b'data: {"id":"c","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\\n\\ndata: {"id":"c","choices":[],' + USAGE + b'}\\n\\ndata: [DONE]\\n\\n'
async def app(scope, receive, send):
    if scope["type"] != "http":
        return
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    if b'"stream":true' in body:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/event-stream")]})
        for _ in range(CHUNKS):
            await send({"type": "http.response.body", "body": CHUNK, "more_body": True})
            await asyncio.sleep(0)
        await send({"type": "http.response.body", "body": END})
        return
    reply = WHOLE if "chat" in scope["path"] else b"{}"
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json"), (b"content-length", str(len(reply)).encode())]})
    await send({"type": "http.response.body", "body": reply})
uvicorn.run(app, port=int(sys.argv[1]), http="httptools", access_log=False, log_level="warning", lifespan="off")
""".replace("CHUNKS", str(CHUNKS))
GATEWAY = "from lrcp.app.settings import load_settings; from lrcp.app.gateway import run_gateway_process as r; r(load_settings())"


class Connection:
    """A kept HTTP/1.1 connection, as thin as can be, so that the client's own time weighs little."""

    def __init__(self, port: int) -> None:
        self._port = port

    async def open(self) -> "Connection":
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port, limit=2**20)
        return self

    async def ask(self, body: bytes) -> tuple[float, float]:
        """(seconds to the first byte of the body, seconds to its end)."""
        begun = time.perf_counter()
        head = b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
        self._writer.write(head % len(body) + body)
        headers = (await self._reader.readuntil(b"\r\n\r\n")).lower()
        if not headers.startswith(b"http/1.1 200"):
            raise RuntimeError(headers.decode())
        if b"transfer-encoding: chunked" in headers:
            return await self._read_chunks(begun)
        length = int(headers.split(b"content-length:")[1].split(b"\r\n")[0])
        await self._reader.readexactly(length)
        return (ended := time.perf_counter() - begun), ended

    async def _read_chunks(self, begun: float) -> tuple[float, float]:
        first = 0.0
        while True:
            size = int(await self._reader.readuntil(b"\r\n"), 16)
            first = first or time.perf_counter() - begun
            await self._reader.readexactly(size + 2)
            if not size:
                return first, time.perf_counter() - begun

    def close(self) -> None:
        self._writer.close()


async def compare_sequentially(ports: tuple[int, int], body: bytes, seconds: float, *, pick: int) -> list[list[float]]:
    """Milliseconds of each call, direct and through the gateway, taken in turns. pick: 0 first byte, 1 whole."""
    direct, through = [await Connection(port).open() for port in ports]
    taken: list[list[float]] = [[], []]
    for _ in range(WARM_UP):
        await direct.ask(body)
        await through.ask(body)
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        for times, connection in zip(taken, (direct, through), strict=True):
            times.append((await connection.ask(body))[pick] * 1000)
    direct.close()
    through.close()
    return taken


async def measure_rate(port: int, body: bytes, seconds: float) -> float:
    """Requests a second over CONNECTIONS connections."""
    connections = [await Connection(port).open() for _ in range(CONNECTIONS)]
    end = time.perf_counter() + seconds
    done = 0

    async def work(connection: Connection) -> None:
        nonlocal done
        while time.perf_counter() < end:
            await connection.ask(body)
            done += 1

    begun = time.perf_counter()
    await asyncio.gather(*(work(connection) for connection in connections))
    for connection in connections:
        connection.close()
    return done / (time.perf_counter() - begun)


def ask_body(chars: int, *, stream: bool) -> bytes:
    fields: dict[str, Any] = {"model": "fast", "messages": [{"role": "user", "content": "word " * (chars // 5)}]}
    if stream:
        fields |= {"stream": True, "stream_options": {"include_usage": True}}
    return json.dumps(fields, separators=(",", ":")).encode()


def show_latency(name: str, taken: list[list[float]]) -> None:
    medians = [statistics.median(times) for times in taken]
    p99s = [statistics.quantiles(times, n=100)[98] for times in taken]
    added = f"adds {medians[1] - medians[0]:.3f} at the median, {p99s[1] - p99s[0]:.3f} at p99"
    print(f"{name:32s} direct {medians[0]:.3f} ms, gateway {medians[1]:.3f} ms: {added}  (n={len(taken[0])})")


async def run(ports: tuple[int, int], seconds: float) -> None:
    for name, chars in PROMPTS_CHARS.items():
        show_latency(
            f"whole, {name}", await compare_sequentially(ports, ask_body(chars, stream=False), seconds, pick=1)
        )
    stream = ask_body(4_000, stream=True)
    show_latency("stream, first token", await compare_sequentially(ports, stream, seconds, pick=0))
    show_latency(f"stream, all {CHUNKS} chunks", await compare_sequentially(ports, stream, seconds, pick=1))
    body = ask_body(4_000, stream=False)
    for name, port in zip(("direct", "gateway"), ports, strict=True):
        rate = await measure_rate(port, body, seconds)
        print(f"{name + f', {CONNECTIONS} connections':32s} {rate:.0f} requests/s")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def child(arguments: list[str], ready_url: str, **variables: str) -> Iterator[subprocess.Popen[bytes]]:
    environ = {**os.environ, "PYTHONPATH": str(ROOT / "src"), **variables}
    process = subprocess.Popen([sys.executable, *arguments], env=environ)
    try:
        begun = time.perf_counter()
        while not _answers(ready_url):
            time.sleep(0.005)
        process.ready_s = time.perf_counter() - begun  # type: ignore[attr-defined]
        yield process
    finally:
        process.terminate()
        process.wait(timeout=30)


def _answers(url: str) -> bool:
    try:
        urllib.request.urlopen(url, timeout=1).close()
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False
    return True


def rss_mb(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmRSS")).split()[1]) / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=5.0, help="of each measurement")
    seconds = parser.parse_args().seconds
    upstream, listener, gateway = free_port(), free_port(), free_port()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        server = folder / "upstream.py"
        server.write_text(UPSTREAM)
        for port in (upstream, listener):
            stack.enter_context(child([str(server), str(port)], f"http://127.0.0.1:{port}/"))
        prices = folder / "prices.json"
        prices.write_text('{"models": [{"model": "fast", "prices": [{"input": 1, "output": 2}]}]}')
        told = {"LRCP_GATEWAY_PORT": gateway, "LRCP_OTLP_HTTP_PORT": listener, "LRCP_PRICES_FILE": prices}
        told["LRCP_DATA_DIR"] = folder / "data"  # its own: a policy or keys of this machine are not what is measured
        told |= {"LRCP_UPSTREAM": "url", "LRCP_UPSTREAM_URL": f"http://127.0.0.1:{upstream}/v1"}
        health = f"http://127.0.0.1:{gateway}/health"
        process = stack.enter_context(
            child(["-c", GATEWAY], health, **{name: str(value) for name, value in told.items()})
        )
        print(f"gateway ready in {process.ready_s:.2f} s with {rss_mb(process.pid):.0f} MB")  # type: ignore[attr-defined]
        asyncio.run(run((upstream, gateway), seconds))
        time.sleep(1.0)
        telemetry = json.load(urllib.request.urlopen(health, timeout=5))["telemetry"]
        print(f"gateway ends with {rss_mb(process.pid):.0f} MB; telemetry: {telemetry}")


if __name__ == "__main__":
    main()
