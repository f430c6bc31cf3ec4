"""The sender against real servers that answer in every way but the right one."""

import asyncio
from collections.abc import Awaitable, Callable
from itertools import count, repeat
from random import Random

import pytest
from aiohttp import web
from rich.console import Console

from lrcp.traffic.display import render_table
from lrcp.traffic.plan import plan_request
from lrcp.traffic.profiles import PROFILES
from lrcp.traffic.sender import Limits, Sender

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
REQUEST = plan_request(Random(1), PROFILES["normal"])
GOOD = {"answer": "yes", "metadata": {"input_tokens": 7, "output_tokens": 2, "cost_usd": 0.25}}


async def healthy(request: web.Request) -> web.Response:
    return web.Response()


def sent(handler: Handler, *, until: int, concurrency: int = 4) -> Sender:
    """A sender that was stopped once `until` requests were tallied."""

    async def scenario() -> Sender:
        app = web.Application()
        app.router.add_get("/health", healthy)
        app.router.add_post("/{path}", handler)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0][:2]
        sender = Sender(f"http://{host}:{port}", Limits(concurrency=concurrency, drain_s=1))
        running = asyncio.create_task(sender.run(repeat(REQUEST), repeat(0.0)))
        while sender.tally.sent < until:  # noqa: ASYNC110 - the sender tells nobody how far it is
            await asyncio.sleep(0.01)
        sender.stop()
        await running
        await runner.cleanup()
        return sender

    return asyncio.run(scenario())


def test_answers_are_added_up() -> None:
    async def answer(request: web.Request) -> web.Response:
        return web.json_response(GOOD)

    tally = sent(answer, until=20).tally
    assert tally.ok == tally.sent >= 20
    assert (tally.input_tokens, tally.output_tokens, tally.cost_usd) == (7 * tally.ok, 2 * tally.ok, 0.25 * tally.ok)


@pytest.mark.parametrize(
    ("body", "status", "kind"),
    [
        ("[]", 200, "reply that is no answer"),
        ('{"metadata": {"input_tokens": "many"}}', 200, "reply that is no answer"),
        ("<html>", 200, "reply that is no answer"),
        ("{}", 502, "HTTP 502"),
        ("{}", 422, "HTTP 422"),
    ],
)
def test_no_reply_ends_the_traffic(body: str, status: int, kind: str) -> None:
    async def answer(request: web.Request) -> web.Response:
        return web.Response(text=body, status=status, content_type="application/json")

    tally = sent(answer, until=5).tally
    assert (tally.ok, set(tally.errors)) == (0, {kind})


def test_a_connection_that_breaks_is_counted_and_traffic_goes_on() -> None:
    turns = count()

    async def break_every_other(request: web.Request) -> web.Response:
        if next(turns) % 2 and request.transport is not None:
            request.transport.abort()
        return web.json_response(GOOD)

    tally = sent(break_every_other, until=12, concurrency=1).tally
    assert tally.errors["application down"] >= 4
    assert tally.ok >= 4


def test_no_more_requests_are_in_flight_than_allowed() -> None:
    flying, most = 0, 0

    async def answer(request: web.Request) -> web.Response:
        nonlocal flying, most
        flying += 1
        most = max(most, flying)
        await asyncio.sleep(0.01)
        flying -= 1
        return web.json_response(GOOD)

    sent(answer, until=30, concurrency=3)
    assert most == 3


def test_the_session_and_the_user_travel_in_headers() -> None:
    seen: list[tuple[str | None, str | None]] = []

    async def answer(request: web.Request) -> web.Response:
        seen.append((request.headers.get("x-session-id"), request.headers.get("x-user-id")))
        return web.json_response(GOOD)

    sent(answer, until=1)
    assert set(seen) == {(REQUEST.session_id, REQUEST.user_id)}


def test_the_table_shows_what_was_sent_what_failed_and_what_is_awaited() -> None:
    turns = count()

    async def answer(request: web.Request) -> web.Response:
        return web.json_response(GOOD) if next(turns) % 2 else web.Response(status=500)

    sender = sent(answer, until=10)
    sender.waiting = "for the application"
    console = Console(width=90)
    with console.capture() as captured:
        console.print(render_table(sender, "normal traffic"))
    shown = captured.get()
    for text in (
        "normal traffic",
        "HTTP 500",
        str(sender.tally.errors["HTTP 500"]),
        "until stopped",
        "for the application",
    ):
        assert text in shown
