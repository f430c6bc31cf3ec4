"""Money, end to end: rows of tests/spec/money sent by a provider through a running gateway, and the span that it tells."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from email.message import Message
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from aiohttp import web

from lrcp.gateway.config import TelemetryConfig
from tests.support.gateway_thread import gateway_thread
from tests.support.http_thread import serving
from tests.support.money_rows import (
    MoneyRow,
    load_money_rows,
    make_row_upstream,
    request_body,
    request_path,
)
from tests.support.span_listener import SeenSpan, SpanListener

ROWS = [row for row in load_money_rows() if row.end_to_end]
ATTRIBUTE_OF = {
    "input": "gen_ai.usage.input_tokens",
    "cached": "gen_ai.usage.cache_read.input_tokens",
    "written": "gen_ai.usage.cache_creation.input_tokens",
    "output": "gen_ai.usage.output_tokens",
    "reasoning": "gen_ai.usage.reasoning.output_tokens",
}


@dataclass
class Answering:
    """A provider that answers every request with the bytes of a row."""

    row: MoneyRow = field(default_factory=lambda: ROWS[0])

    async def answer(self, request: web.Request) -> web.Response:
        await request.read()
        kind = "text/event-stream" if self.row.streams else "application/json"
        return web.Response(body=self.row.body(), status=self.row.status, content_type=kind)


@dataclass
class Scene:
    """One provider before one gateway for each of the rows' providers, and who is told of the calls."""

    provider: Answering
    listener: SpanListener
    address: str
    traces: str
    stack: ExitStack
    gateways: dict[str, str] = field(default_factory=dict)

    def gateway(self, provider: str) -> str:
        """The address of the gateway whose default provider this is."""
        if provider not in self.gateways:
            upstream = make_row_upstream(provider, self.address)
            telemetry = TelemetryConfig(url=f"{self.traces}/v1/traces", flush_interval_s=0.01)
            running = gateway_thread(
                self.address, upstreams={upstream.name: upstream}, provider=upstream.name, telemetry=telemetry
            )
            self.gateways[provider] = self.stack.enter_context(running)
        return self.gateways[provider]

    def ask(self, row: MoneyRow) -> tuple[int, Message, SeenSpan]:
        """Send a row's request. Returns: the reply's status and headers, once it is read to its end, and the span."""
        self.provider.row = row
        seen = len(self.listener.spans)
        path = request_path(row.format, row.model, streams=row.streams)
        body = request_body(row.format, row.model, streams=row.streams)
        request = Request(self.gateway(row.provider) + path, body, {"content-type": "application/json"})
        status, headers = send(request)
        return status, headers, SeenSpan(self.listener.wait_for(seen + 1)[seen])


def send(request: Request) -> tuple[int, Message]:
    try:
        with urlopen(request, timeout=30) as reply:
            reply.read()
            return reply.status, reply.headers
    except HTTPError as refused:
        with refused:
            return refused.code, refused.headers


@contextmanager
def new_scene() -> Iterator[Scene]:
    provider, listener = Answering(), SpanListener()
    app = web.Application()
    app.router.add_post("/{path:.*}", provider.answer)
    with ExitStack() as stack:
        address = stack.enter_context(serving(app))
        traces = stack.enter_context(serving(listener.build()))
        yield Scene(provider, listener, address, traces, stack)


@pytest.fixture(scope="module")
def scene() -> Iterator[Scene]:
    with new_scene() as scene:
        yield scene


@pytest.mark.parametrize("row", ROWS, ids=[f"{row.provider}: {row.name}" for row in ROWS])
def test_a_call_through_the_gateway_is_told_at_its_price(scene: Scene, row: MoneyRow) -> None:
    status, headers, span = scene.ask(row)
    assert status == row.status
    assert (span["lrcp.cost_nusd"], span["lrcp.cost_source"] or "") == (row.nusd, row.source)
    for kind, attribute in ATTRIBUTE_OF.items():
        assert (span[attribute] or 0) == row.tokens.get(kind, 0), kind
    cost = headers.get("x-lrcp-cost-usd")
    if row.streams or row.nusd is None:
        assert cost is None
    else:
        assert cost == f"{row.nusd // 10**9}.{row.nusd % 10**9:09d}"
