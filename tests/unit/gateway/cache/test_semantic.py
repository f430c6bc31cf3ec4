"""The semantic cache by itself, on real embeddings, with a model that is a plain function."""

import asyncio
import json
from random import Random
from typing import Any

from lrcp.gateway.background import Background
from lrcp.gateway.cache.beside import Beside
from lrcp.gateway.cache.key import read_fields
from lrcp.gateway.cache.runtime import CacheRuntime
from lrcp.gateway.cache.semantic import Match, Question, SemanticLookup, open_lookup
from lrcp.gateway.cache.store import Entry
from lrcp.gateway.errors import RefusedError
from lrcp.gateway.exchange import Exchange, Handler, Reply
from lrcp.kit.clock import FakeClock
from lrcp.model.policy.caching import SemanticCache
from tests.support.exchanges import new_exchange


def answer(text: str) -> bytes:
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
    return json.dumps({"object": "chat.completion", "model": "m", "choices": [choice]}).encode()


async def unmeasured(exchange: Exchange, proceed: Handler) -> Reply:
    return await proceed(exchange)


async def never(exchange: Exchange) -> Reply:
    raise AssertionError("nobody should have been asked")


class Desk:
    """A lookup with its clock; say answers a question, ask looks one up."""

    def __init__(self, **section: Any) -> None:
        self.clock = FakeClock()
        self.background = Background()
        self.runtime = CacheRuntime(self.clock)
        beside = Beside(unmeasured, self.background, self.clock, Random(1))
        self.lookup: SemanticLookup = open_lookup(
            SemanticCache(**{"timeout_ms": 60_000, **section}), self.runtime, beside
        )

    async def question(self, text: str, **members: Any) -> Question | None:
        exchange = new_exchange(messages=[{"role": "user", "content": text}], **members)
        fields = read_fields(exchange.body, 10**6)
        assert fields is not None
        return await self.lookup.ask(exchange, fields, never, "")

    async def say(self, text: str, said: str, **members: Any) -> None:
        question = await self.question(text, **members)
        assert question is not None
        entry = Entry([], (answer(said),), False, self.clock.monotonic_s(), text=said)
        self.lookup.remember(question, entry)

    async def ask(self, text: str, **members: Any) -> Match | None:
        question = await self.question(text, **members)
        return self.lookup.match(question) if question is not None else None

    def counts(self) -> dict[str, Any]:
        assert self.runtime.semantic is not None
        return self.runtime.semantic.describe()


def test_a_question_in_other_words_gets_the_answer_and_one_turned_round_does_not() -> None:
    async def run() -> tuple[Match | None, Match | None, Match | None, dict[str, Any]]:
        desk = Desk()
        await desk.say("How do I reset my password?", "Like this.")
        return (
            await desk.ask("What is the way to reset my password"),
            await desk.ask("How do I not reset my password?"),
            await desk.ask("What is the capital of France?"),
            desk.counts(),
        )

    hit, turned, another, counts = asyncio.run(run())
    assert hit is not None
    assert hit.entry.text == "Like this."
    assert hit.similarity > 0.9
    assert (turned, another) == (None, None)
    assert counts["refused"] == {"negation": 1}


def test_anything_else_of_the_request_that_differs_makes_it_another_question() -> None:
    async def run() -> list[Match | None]:
        desk = Desk()
        await desk.say("How do I reset my password?", "Like this.", temperature=0.2)
        return [
            await desk.ask("How can I reset my password?", **members)
            for members in ({"temperature": 0.9}, {"temperature": 0.2})
        ]

    other, same = asyncio.run(run())
    assert other is None
    assert same is not None


def test_an_answer_is_given_until_it_is_too_old() -> None:
    async def run() -> list[bool]:
        desk = Desk(ttl_s=60)
        await desk.say("How do I reset my password?", "Like this.")
        found = []
        for seconds in (59, 2):
            desk.clock.advance(seconds)
            found.append(await desk.ask("How can I reset my password?") is not None)
        return [*found, desk.counts()["entries"] == 0]

    assert asyncio.run(run()) == [True, False, True]


def test_long_texts_pass_by_and_an_embedding_that_takes_too_long_is_a_miss() -> None:
    async def run() -> dict[str, Any]:
        desk = Desk(max_question_chars=20, timeout_ms=1)
        assert await desk.ask("a text that is longer than it may be") is None
        assert await desk.ask("Why?") is None  # the model is not loaded yet, which takes longer than a millisecond
        return desk.counts()

    counts = asyncio.run(run())
    assert (counts["skipped"], counts["slow"]) == (1, 1)


def test_an_answer_that_calls_a_tool_is_not_given_to_another_question() -> None:
    async def run() -> Match | None:
        desk = Desk()
        await desk.say("Cancel my order", '[{"tool_calls": []}]')
        return await desk.ask("Please cancel my order")

    assert asyncio.run(run()) is None


def sampled(said_again: str | None, **section: Any) -> dict[str, Any]:
    async def run() -> dict[str, Any]:
        desk = Desk(shadow_ratio=1.0, **section)

        async def model(exchange: Exchange) -> Reply:
            assert exchange.notes["shadow"] == "semantic_cache"
            if said_again is None:
                raise RefusedError("the budget is spent", status=429, kind="rate_limit_error", code="budget_exceeded")
            return Reply(200, [], answer(said_again))

        text = json.dumps([{"role": "assistant", "content": "The shop opens at nine in the morning."}])
        match = Match(Entry([], (b"",), False, 0.0, text=text), 0.95)
        for _ in range(3):
            desk.lookup.sample(new_exchange(), model, match)
        while len(desk.background):  # noqa: ASYNC110 - it has no signal for its end, and needs none but here
            await asyncio.sleep(0.01)
        return desk.counts()

    return asyncio.run(run())


def test_hits_that_are_asked_again_tell_how_often_a_hit_is_false() -> None:
    agreeing = sampled("In the morning the shop opens at nine.")
    assert (agreeing["agreed"], agreeing["disagreed"], agreeing["false_hit_ratio"]) == (3, 0, 0.0)
    disagreeing = sampled("Bananas are rich in potassium.")
    assert (disagreeing["agreed"], disagreeing["disagreed"], disagreeing["false_hit_ratio"]) == (0, 3, 1.0)


def test_samples_are_bounded_and_one_that_is_refused_tells_nothing() -> None:
    assert sampled("x", shadow_per_minute=2)["unsampled"] == 1
    refused = sampled(None)
    assert (refused["sampled"], refused["unsampled"], refused["false_hit_ratio"]) == (0, 3, None)
