"""Money, to the nano-dollar: real providers' answers in tests/spec/money/*.yaml, through the gateway's readers and price book.

What the members of a row mean is in tests/support/money_rows.py; tests/scenario/gateway/test_money.py sends a part of the
same rows through a gateway.
"""

import asyncio
from collections.abc import AsyncGenerator
from itertools import product

import pytest

from lrcp.evaluators.cost import PriceBook, TokenUsage, load_price_book
from lrcp.gateway.exchange import Attempt, Exchange, Reply, Stream
from lrcp.gateway.measurement import Measurement
from lrcp.gateway.translation import AnswerContext, make_translation
from lrcp.gateway.wire.format import CHAT
from lrcp.gateway.wire.formats import FORMATS
from lrcp.gateway.wire.sse import EventSplitter
from lrcp.model.span import Span
from tests.support.money_rows import MoneyRow, load_money_rows, make_row_exchange

ROWS = load_money_rows()
KINDS = ("input", "cached", "written", "written_1h", "output", "reasoning", "searches")
CHATS = [name for name in FORMATS if FORMATS[name].operation == CHAT]
TRANSLATIONS = [
    (row, asked)
    for row, asked in product(ROWS, CHATS)
    if row.format in CHATS and asked != row.format and row.translated and row.status == 200
]


@pytest.fixture(scope="module")
def book() -> PriceBook:
    return load_price_book()


def measure(measurement: Measurement, row: MoneyRow, body: bytes) -> Span:
    if row.streams:
        splitter = EventSplitter(1 << 20)
        for event in [*splitter.feed(body), splitter.take_rest()]:
            if event:
                measurement.add_event(event, 1)
    else:
        measurement.add_reply(Reply(row.status, [], body))
    return measurement.finish()[0]


def counts(usage: TokenUsage) -> dict[str, int]:
    told = (
        usage.input_tokens,
        usage.cached_input_tokens,
        usage.cache_write_tokens,
        usage.cache_write_1h_tokens,
        usage.output_tokens,
        usage.reasoning_tokens,
        usage.web_searches,
    )
    return {kind: count or 0 for kind, count in zip(KINDS, told, strict=True)}


def names(rows: list[MoneyRow]) -> list[str]:
    return [f"{row.provider}: {row.name}" for row in rows]


def test_the_table_holds_what_it_must() -> None:
    assert len(ROWS) >= 60
    assert len(set(names(ROWS))) == len(ROWS)
    assert 3 * sum(row.end_to_end for row in ROWS) >= len(ROWS)
    assert {row.source for row in ROWS} == {"computed", "estimated", "reported", "unknown", ""}
    assert {kind for row in ROWS for kind in row.tokens} == set(KINDS)


@pytest.mark.parametrize("row", ROWS, ids=names(ROWS))
def test_the_formula_of_a_row_is_its_cost(row: MoneyRow) -> None:
    assert row.formula_nusd() == row.nusd


@pytest.mark.parametrize("row", ROWS, ids=names(ROWS))
def test_an_answer_costs_what_its_provider_asks_for(book: PriceBook, row: MoneyRow) -> None:
    measurement = Measurement(make_row_exchange(row), book, 1 << 16)
    span = measure(measurement, row, row.body())
    assert counts(measurement._count()[0]) == dict.fromkeys(KINDS, 0) | row.tokens
    assert (span.cost_nusd, span.cost_source) == (row.nusd, row.source)


@pytest.mark.parametrize(("row", "asked"), TRANSLATIONS, ids=[f"{row.name} as {asked}" for row, asked in TRANSLATIONS])
def test_an_answer_costs_the_same_in_whichever_format_it_was_asked_for(
    book: PriceBook, row: MoneyRow, asked: str
) -> None:
    exchange = make_row_exchange(row, asked)
    body = asyncio.run(translated(exchange, row))
    span = measure(Measurement(exchange, book, 1 << 16), row, body)
    if row.source == "estimated":  # the client's format, and with it the prompt, has another size
        assert (span.cost_source, bool(span.cost_nusd)) == ("estimated", True)
    else:
        assert (span.cost_nusd, span.cost_source) == (row.nusd, row.source)


async def translated(exchange: Exchange, row: MoneyRow) -> bytes:
    """The row's answer as the client gets it, with what the provider counted noted on the try."""
    assert exchange.target is not None
    attempt = Attempt(1, exchange.target, "0" * 16, 0, 0, row.wire)
    exchange.attempts.append(attempt)

    def note_usage(usage: TokenUsage) -> None:
        attempt.usage = usage

    context = AnswerContext("own", row.model, 7, note_usage, 1 << 20, 1 << 20)
    translation = make_translation(exchange.format, row.wire, exchange.body, exchange.call)
    stream = Stream(once(row.body())) if row.streams else None
    reply = await translation.translate_reply(Reply(200, [], b"" if row.streams else row.body(), stream), context)
    if reply.stream is None:
        return reply.body
    return b"".join([piece async for piece in reply.stream])


async def once(body: bytes) -> AsyncGenerator[bytes, None]:
    yield body
