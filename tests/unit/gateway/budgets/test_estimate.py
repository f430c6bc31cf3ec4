"""What is reserved errs on the high side, and what is charged in the end is what the call cost, or more where nobody knows."""

import json
from typing import Any

import pytest

from lrcp.gateway.budgets.estimate import charge_nusd, estimate_usage
from lrcp.gateway.caller import read_caller
from lrcp.gateway.exchange import Attempt, Exchange, Outcome, Target
from lrcp.gateway.providers import make_upstreams
from lrcp.gateway.tracecontext import continue_trace
from lrcp.gateway.wire.openai_formats import OPENAI_CHAT, OPENAI_EMBEDDINGS

TARGET = Target(make_upstreams("local", {})["local"], "small")
RESERVED = 1_000


def make_exchange(body: dict[str, Any], *tries: tuple[int, str]) -> Exchange:
    """tries: (status, error code) of each."""
    format = OPENAI_EMBEDDINGS if "input" in body else OPENAI_CHAT
    raw = json.dumps({"model": "small"} | body).encode()
    exchange = Exchange(
        method="POST",
        path="/v1",
        query=b"",
        headers={},
        body=raw,
        trace=continue_trace({}),
        started_ns=0,
        started_tick=0,
        format=format,
        call=format.decode_call("/v1", raw),
        caller=read_caller({}),
    )
    for number, (status, code) in enumerate(tries, 1):
        attempt = Attempt(number, TARGET, "0" * 16, 0, 0, format)
        attempt.status, attempt.error = status, (code, "")
        exchange.attempts.append(attempt)
    return exchange


def outcome(status: int = 200, *, cost: int | None = 400, cancelled: bool = False) -> Outcome:
    return Outcome(status, "", cancelled, 1, None, 1, 1, cost)


@pytest.mark.parametrize(
    ("said", "tokens"),
    [
        ({"max_tokens": 50}, 50),
        ({"max_completion_tokens": 70, "max_tokens": 50}, 70),
        ({}, 2_048),
        ({"max_tokens": 50, "n": 3}, 150),
        ({"max_tokens": 50, "n": None}, 50),
        ({"max_tokens": 50, "generationConfig": {"candidateCount": 4}}, 200),
        ({"max_tokens": 50, "n": "wrong"}, 50),
        ({"max_tokens": 50, "user": '"n": 9'}, 50),
    ],
)
def test_an_answer_is_as_long_as_the_request_allows(said: dict[str, Any], tokens: int) -> None:
    body = {"messages": [{"role": "user", "content": "Hello"}]} | said
    assert estimate_usage(make_exchange(body), 2_048).output_tokens == tokens


def test_embeddings_have_no_answer() -> None:
    usage = estimate_usage(make_exchange({"input": "Hello"}), 2_048)
    assert (usage.output_tokens, usage.input_tokens is not None) == (None, True)


def test_tools_count_as_well_as_words() -> None:
    question = {"messages": [{"role": "user", "content": "Hello"}]}
    tools = {"tools": [{"type": "function", "function": {"name": "f", "description": "words " * 500}}]}
    plain, with_tools = (
        estimate_usage(make_exchange(body), 1).input_tokens or 0 for body in (question, question | tools)
    )
    assert with_tools - plain >= 750


def test_what_is_written_to_a_cache_is_priced_as_that() -> None:
    part = {"type": "text", "text": "Hello", "cache_control": {"type": "ephemeral"}}
    usage = estimate_usage(make_exchange({"messages": [{"role": "user", "content": [part]}]}), 1)
    assert usage.cache_write_tokens == usage.input_tokens


@pytest.mark.parametrize(("ttl", "kept_for_an_hour"), [("1h", True), ("5m", False)])
def test_what_is_kept_for_an_hour_is_priced_as_that(ttl: str, kept_for_an_hour: bool) -> None:
    part = {"type": "text", "text": "Hello", "cache_control": {"type": "ephemeral", "ttl": ttl}}
    usage = estimate_usage(make_exchange({"messages": [{"role": "user", "content": [part]}]}), 1)
    assert usage.cache_write_tokens == usage.input_tokens
    assert usage.cache_write_1h_tokens == (usage.input_tokens if kept_for_an_hour else None)


@pytest.mark.parametrize(
    ("tries", "ended", "charged"),
    [
        ([(200, "")], outcome(), 400),
        ([(200, "")], outcome(cost=None), RESERVED),
        ([], outcome(429, cost=0), 0),
        ([(500, "http_500")], outcome(500, cost=0), 0),
        ([(0, "upstream_timeout")], outcome(504, cost=0), RESERVED),
        ([(0, "")], outcome(499, cost=0, cancelled=True), RESERVED),
        ([(200, "")], outcome(499, cost=300, cancelled=True), 300),
        ([], outcome(499, cost=0, cancelled=True), 0),
        ([(500, "http_500"), (429, "http_429"), (200, "")], outcome(), 400),
        ([(0, "upstream_unreachable"), (200, "")], outcome(), 400),
        ([(0, "upstream_timeout"), (200, "")], outcome(), 400 + RESERVED),
        ([(0, ""), (200, "")], outcome(), 400 + RESERVED),
        ([(0, "upstream_timeout"), (0, "upstream_timeout")], outcome(504, cost=0), 2 * RESERVED),
    ],
)
def test_a_call_is_charged_its_cost_or_what_nobody_knows_better(
    tries: list[tuple[int, str]], ended: Outcome, charged: int
) -> None:
    assert charge_nusd(make_exchange({"messages": []}, *tries), ended, RESERVED) == charged
