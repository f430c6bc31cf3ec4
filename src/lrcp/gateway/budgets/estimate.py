"""What a call may cost at most, as far as its request tells, and what it is charged in the end. Errs on the high side."""

import asyncio
from collections.abc import Sequence
from typing import Final

import msgspec

from lrcp.evaluators.cost import PriceBook, TokenUsage
from lrcp.gateway.exchange import Exchange, Outcome, Target
from lrcp.gateway.wire.format import CHAT, UNDECODABLE

_BYTES_PER_TOKEN: Final = 3
_CACHE_MARK: Final = b'"cache_control"'
_HOUR_MARK: Final = b'"1h"'
_ANSWERS_MARKS: Final = (b'"n"', b'"candidateCount"', b'"candidate_count"')
_NEVER_SENT: Final = frozenset(
    {"upstream_unreachable", "upstream_tls", "upstream_connect_timeout", "upstream_not_allowed"}
)
_NO_ANSWER_STATUSES: Final = frozenset({499, 504})


class _Generation(msgspec.Struct):
    candidate_count: int | None = None
    candidates: int | None = msgspec.field(default=None, name="candidateCount")


class _Answers(msgspec.Struct):
    n: int | None = None
    config: _Generation | None = msgspec.field(default=None, name="generationConfig")


_answers: Final = msgspec.json.Decoder(_Answers)


def estimate_usage(exchange: Exchange, answer_tokens: int) -> TokenUsage:
    """The most tokens that a request is likely to need.

    The prompt's estimate and a quarter; what of the body is not the prompt (tools, schemas, settings) by its bytes. The
    answer is as long as the request allows, or answer_tokens where it does not say.
    """
    call, body = exchange.call, exchange.body
    around_bytes = max(0, len(body) - len(call.prompt))
    tokens = exchange.prompt_tokens()
    prompt = tokens + tokens // 4 + around_bytes // _BYTES_PER_TOKEN + 1
    usage = TokenUsage(prompt)
    if _CACHE_MARK in body:
        usage.cache_write_tokens = prompt
        usage.cache_write_1h_tokens = prompt if _HOUR_MARK in body else None  # kept for an hour costs more
    if call.operation == CHAT:
        answer = call.max_tokens if call.max_tokens is not None and call.max_tokens >= 0 else answer_tokens
        usage.output_tokens = answer * _count_answers(body)
    return usage


def _count_answers(body: bytes) -> int:
    """How many answers are asked for at once; the body is read only where it may say so."""
    if not any(mark in body for mark in _ANSWERS_MARKS):
        return 1
    try:
        said = _answers.decode(body)
    except UNDECODABLE:
        return 1
    config = said.config or _Generation()
    return max(1, said.n or 1, config.candidates or 1, config.candidate_count or 1)


async def resolve_prices(book: PriceBook, targets: Sequence[Target], when_ns: int) -> None:
    """Have the prices of all targets at hand; one that is new today is looked up beside the event loop."""
    for target in targets:
        if not book.knows(target.upstream.system, target.model, when_ns):
            await asyncio.to_thread(_price, book, target, TokenUsage(0, 0), when_ns)


def price_targets(book: PriceBook, targets: Sequence[Target], usage: TokenUsage, when_ns: int) -> list[int | None]:
    """Nano-dollars of one call to each target; None where its price is unknown."""
    return [_price(book, target, usage, when_ns) for target in targets]


def _price(book: PriceBook, target: Target, usage: TokenUsage, when_ns: int) -> int | None:
    return book.price_generation(target.upstream.system, target.model, usage, when_ns).nusd


def charge_nusd(exchange: Exchange, outcome: Outcome, reserved_nusd: int) -> int:
    """What a call is charged: its cost, or what was reserved where nobody knows what the provider asks for.

    That is when its price is unknown, when it was sent and given up before any answer, and for each further try that
    was sent and left without an answer (timed out, cut, the slower one of two).
    """
    known = outcome.cost_nusd
    gave_up = outcome.cancelled or outcome.status in _NO_ANSWER_STATUSES
    if known is None or (not known and gave_up and exchange.attempts):
        known = reserved_nusd
    return known + reserved_nusd * _count_unanswered(exchange)


def _count_unanswered(exchange: Exchange) -> int:
    """Tries, besides the one that the outcome is of, that a provider may ask money for all the same."""
    if len(exchange.attempts) < 2:
        return 0
    may_cost = sum(attempt.status < 400 and attempt.error[0] not in _NEVER_SENT for attempt in exchange.attempts)
    return max(0, may_cost - 1)
