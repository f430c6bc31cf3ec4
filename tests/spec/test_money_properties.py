"""What holds of every cost, whatever the usage and the prices: its parts are its sum, and more of anything costs no less."""

import json
from decimal import Decimal
from itertools import permutations
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrcp.evaluators.cost import TokenUsage
from lrcp.evaluators.cost.rates import COST_PARTS, PRICED_PARTS, Rates, make_rates
from lrcp.gateway.wire.format import Format
from lrcp.gateway.wire.formats import FORMATS
from lrcp.gateway.wire.transcript import Transcript

PART_AND_WHOLE = {
    "cached_input_tokens": "input_tokens",
    "cache_write_tokens": "input_tokens",
    "reasoning_tokens": "output_tokens",
}
dollars = st.decimals(0, 500, places=6, allow_nan=False, allow_infinity=False)
tokens = st.none() | st.integers(0, 10**7)
prices = st.builds(
    make_rates,
    st.dictionaries(st.sampled_from((*PRICED_PARTS, "cache_write_1h")), dollars),
    st.none() | dollars,
    st.none() | dollars,
)
usages = st.builds(
    TokenUsage,
    tokens,
    tokens,
    tokens,
    tokens,
    tokens,
    tokens,
    st.none() | st.integers(0, 1000),
)


def more(usage: TokenUsage, *names: str) -> TokenUsage:
    return msgspec.structs.replace(usage, **{name: (getattr(usage, name) or 0) + 1 for name in names})


@given(prices, usages)
def test_the_parts_of_a_cost_are_whole_none_is_negative_and_they_sum_to_it(rates: Rates, usage: TokenUsage) -> None:
    parts = rates.parts_nusd(usage)
    assert tuple(parts) == COST_PARTS
    assert all(isinstance(part, int) and part >= 0 for part in parts.values())
    assert sum(parts.values()) == rates.cost_nusd(usage)


@given(prices, usages)
def test_a_part_is_off_by_less_than_a_nano_dollar(rates: Rates, usage: TokenUsage) -> None:
    exact = dict(zip(COST_PARTS, rates._parts(usage), strict=True))
    for name, nusd in rates.parts_nusd(usage).items():
        assert abs(nusd * rates.denominator - exact[name]) < rates.denominator


@given(prices, usages)
def test_one_more_of_anything_costs_no_less(rates: Rates, usage: TokenUsage) -> None:
    cost = rates.cost_nusd(usage)
    assert all(rates.cost_nusd(more(usage, name)) >= cost for name in ("output_tokens", "input_tokens", "web_searches"))
    for part, whole in PART_AND_WHOLE.items():
        assert rates.cost_nusd(more(usage, part, whole)) >= cost, part


@given(prices)
def test_nothing_costs_nothing_but_the_price_of_a_request(rates: Rates) -> None:
    assert rates.cost_nusd(TokenUsage()) == rates.cost_nusd(TokenUsage(0, 0, 0, 0, 0, 0, 0))
    assert rates.cost_nusd(TokenUsage()) == rates.parts_nusd(TokenUsage())["request"]


@given(st.dictionaries(st.sampled_from(PRICED_PARTS), dollars), usages)
def test_a_price_of_zero_makes_a_cost_of_zero(per_mtok: dict[str, Decimal], usage: TokenUsage) -> None:
    assert make_rates(dict.fromkeys(per_mtok, Decimal(0))).cost_nusd(usage) == 0


counts = st.integers(1, 10**6)
said = st.fixed_dictionaries(
    {"plain": counts, "cached": counts, "written": counts, "hour": counts, "answer": counts, "thought": counts}
)


def openai_usage(n: dict[str, int]) -> dict[str, Any]:
    prompt, output = n["plain"] + n["cached"], n["answer"] + n["thought"]
    return {
        "prompt_tokens": prompt,
        "completion_tokens": output,
        "total_tokens": prompt + output,
        "prompt_tokens_details": {"cached_tokens": n["cached"]},
        "completion_tokens_details": {"reasoning_tokens": n["thought"]},
    }


def responses_usage(n: dict[str, int]) -> dict[str, Any]:
    prompt, output = n["plain"] + n["cached"], n["answer"] + n["thought"]
    return {
        "input_tokens": prompt,
        "output_tokens": output,
        "total_tokens": prompt + output,
        "input_tokens_details": {"cached_tokens": n["cached"]},
        "output_tokens_details": {"reasoning_tokens": n["thought"]},
    }


def anthropic_usage(n: dict[str, int]) -> dict[str, Any]:
    split = {"ephemeral_5m_input_tokens": n["written"], "ephemeral_1h_input_tokens": n["hour"]}
    return {
        "input_tokens": n["plain"],
        "cache_read_input_tokens": n["cached"],
        "cache_creation_input_tokens": n["written"] + n["hour"],
        "cache_creation": split,
        "output_tokens": n["answer"] + n["thought"],
        "output_tokens_details": {"thinking_tokens": n["thought"]},
    }


def gemini_usage(n: dict[str, int]) -> dict[str, Any]:
    return {
        "promptTokenCount": n["plain"] + n["cached"],
        "cachedContentTokenCount": n["cached"],
        "candidatesTokenCount": n["answer"],
        "thoughtsTokenCount": n["thought"],
        "totalTokenCount": n["plain"] + n["cached"] + n["answer"] + n["thought"],
    }


def both_ways(format: str, n: dict[str, int]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The same counts in a whole reply, and in the events of a stream that hold any."""
    if format == "openai.chat":
        usage = openai_usage(n)
        return {"model": "m", "choices": [], "usage": usage}, [{"model": "m", "choices": [], "usage": usage}]
    if format == "openai.responses":
        response = {"model": "m", "status": "completed", "output": [], "usage": responses_usage(n)}
        return response, [{"type": "response.completed", "response": response}]
    if format == "gemini.generate":
        answer = {"candidates": [], "usageMetadata": gemini_usage(n)}
        return answer, [{"candidates": [], "usageMetadata": {"promptTokenCount": 1}}, answer]
    usage = anthropic_usage(n)
    begun = {name: usage[name] for name in usage if name != "output_tokens_details"} | {"output_tokens": 1}
    end = {name: usage[name] for name in ("output_tokens", "output_tokens_details")}
    started = {"type": "message_start", "message": {"id": "x", "model": "m", "usage": begun}}
    return {"id": "x", "model": "m", "content": [], "usage": usage}, [
        started,
        {"type": "message_delta", "delta": {}, "usage": end},
    ]


def read(format: Format, events: list[dict[str, Any]]) -> TokenUsage | None:
    transcript = Transcript(100)
    for event in events:
        format.read_event(transcript, b"data: " + json.dumps(event).encode() + b"\n\n")
    return transcript.usage


@pytest.mark.parametrize("name", ["openai.chat", "openai.responses", "gemini.generate", "anthropic.messages"])
@given(n=said)
def test_a_stream_is_counted_as_the_whole_reply_is(name: str, n: dict[str, int]) -> None:
    whole, events = both_ways(name, n)
    transcript = Transcript(100)
    FORMATS[name].read_body(transcript, json.dumps(whole).encode())
    assert transcript.usage is not None
    assert read(FORMATS[name], events) == transcript.usage
    assert (transcript.usage.output_tokens, transcript.usage.cached_input_tokens) == (
        n["answer"] + n["thought"],
        n["cached"],
    )


@given(n=said)
def test_where_the_usage_of_a_chat_stands_among_its_chunks_does_not_matter(n: dict[str, int]) -> None:
    chunks: list[dict[str, Any]] = [
        {"model": "m", "service_tier": "flex", "choices": [{"index": 0, "delta": {"content": "a"}}], "usage": None},
        {"model": "m", "service_tier": "flex", "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]},
        {"model": "m", "service_tier": "flex", "choices": [], "usage": openai_usage(n)},
    ]
    seen = [read(FORMATS["openai.chat"], list(order)) for order in permutations(chunks)]
    assert seen[0] is not None
    assert all(usage == seen[0] for usage in seen)
