"""A provider that knows what it is owed: an OpenAI-compatible server that counts every token it gave, whoever asked.

Its price is in prices_file: a thousand dollars for a million tokens of an answer, the prompt free, so that one token of
an answer is a tenth of a cent. The model `broken` fails. An answer has between one token and what the request allows, by a fixed seed.
"""

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from aiohttp import web

NUSD_PER_TOKEN = 1_000_000
PRICES = {"models": [{"model": "priced*", "prices": [{"input": 0, "output": 1000}]}]}


@dataclass
class PricedUpstream:
    """Where it listens, what it is owed, and how long it takes for an answer."""

    url: str = ""
    tokens: int = 0
    calls: int = 0
    asked: list[int] = field(default_factory=list)
    delay_s: float = 0.01
    random: Random = field(default_factory=lambda: Random(1))

    @property
    def owed_nusd(self) -> int:
        return self.tokens * NUSD_PER_TOKEN

    async def answer(self, request: web.Request) -> web.Response:
        body = await request.json()
        if body["model"] == "broken":
            return web.json_response({"error": {"message": "broken", "type": "server_error"}}, status=500)
        allowed = int(body.get("max_tokens") or body.get("max_completion_tokens") or 2_048)
        given = self.random.randint(1, allowed)
        # Owed from the beginning, whatever becomes of who asked.
        self.tokens += given
        self.calls += 1
        self.asked.append(allowed)
        await asyncio.sleep(self.delay_s)
        usage = {"prompt_tokens": 5, "completion_tokens": given, "total_tokens": 5 + given}
        message = {"role": "assistant", "content": "word " * 3}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        answer = {"id": "1", "object": "chat.completion", "created": 1, "model": body["model"]}
        return web.json_response(answer | {"choices": [choice], "usage": usage})


@contextmanager
def running_priced_upstream() -> Iterator[PricedUpstream]:
    """Serve from a thread of its own until the block ends."""
    upstream = PricedUpstream()
    app = web.Application()
    app.router.add_post("/v1/chat/completions", upstream.answer)
    loop, runner = asyncio.new_event_loop(), web.AppRunner(app, shutdown_timeout=1)
    loop.run_until_complete(runner.setup())
    loop.run_until_complete(web.TCPSite(runner, "127.0.0.1", 0).start())
    host, port = runner.addresses[0][:2]
    upstream.url = f"http://{host}:{port}"
    thread = threading.Thread(target=loop.run_forever, name="priced-upstream", daemon=True)
    thread.start()
    try:
        yield upstream
    finally:
        asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result(timeout=10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(timeout=10)
        loop.close()


def write_prices(folder: Path) -> Path:
    """The file that LRCP_PRICES_FILE names."""
    path = folder / "prices.json"
    path.write_text(json.dumps(PRICES))
    return path
