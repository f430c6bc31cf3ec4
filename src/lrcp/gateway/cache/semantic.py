"""The semantic cache: the answer to a question that means the same, and a measure of how often that is not so."""

import asyncio
from collections import Counter
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from lrcp.gateway.cache.beside import Beside, copy_for_sample
from lrcp.gateway.cache.embedding import Embedder, make_embedder
from lrcp.gateway.cache.guard import Traits, find_conflict, traits_of
from lrcp.gateway.cache.index import Known, SemanticIndex, Vector
from lrcp.gateway.cache.keeping import read_text
from lrcp.gateway.cache.key import Fields, find_key
from lrcp.gateway.cache.question import split_question
from lrcp.gateway.cache.replay import read_whole, replay_stream
from lrcp.gateway.cache.runtime import CacheRuntime
from lrcp.gateway.cache.store import Entry
from lrcp.gateway.exchange import Exchange, Handler, Reply
from lrcp.model.errors import LrcpError
from lrcp.model.policy.caching import SemanticCache

_SAMPLE_TIMEOUT_S: Final = 120.0
_MINUTE_S: Final = 60.0


class SemanticCounts(msgspec.Struct):
    """skipped: requests whose last word is no short text. slow: embeddings that took too long. failed: that failed.

    sampled: hits that were asked again; agreed and disagreed: how the two answers compared. unsampled: over the bound,
    refused by a budget, or failed.
    """

    lookups: int = 0
    skipped: int = 0
    slow: int = 0
    failed: int = 0
    sampled: int = 0
    agreed: int = 0
    disagreed: int = 0
    unsampled: int = 0


class SemanticMemory:
    """What of the semantic cache outlives a policy."""

    def __init__(self) -> None:
        self.index = SemanticIndex(0, 0)
        self.counts = SemanticCounts()
        self.refused: Counter[str] = Counter()
        self.embedders: dict[str, Embedder] = {}
        self.sampled_from_s = 0.0
        self.sampled_in_minute = 0

    def describe(self) -> dict[str, Any]:
        """For /health. refused: what the guard kept from being hits, by reason."""
        compared = self.counts.agreed + self.counts.disagreed
        return {
            "entries": len(self.index),
            "bytes": self.index.size_bytes,
            "evicted": self.index.evicted,
            **msgspec.structs.asdict(self.counts),
            "refused": dict(self.refused),
            "false_hit_ratio": self.counts.disagreed / compared if compared else None,
        }

    def close(self) -> None:
        for embedder in self.embedders.values():
            embedder.close()


@dataclass(slots=True)
class Question:
    """A question made ready to be looked up or kept."""

    partition: bytes
    traits: Traits
    vector: Vector


@dataclass(slots=True)
class Match:
    """An answer that may be given. similarity: cosine of the two questions."""

    entry: Entry
    similarity: float


def open_lookup(section: SemanticCache, runtime: CacheRuntime, beside: Beside) -> "SemanticLookup":
    """The semantic cache under a policy, on what it remembers from before."""
    if runtime.semantic is None:
        runtime.semantic = SemanticMemory()
    memory = runtime.semantic
    memory.index.max_entries, memory.index.max_bytes = section.max_entries, section.max_bytes
    if section.embeddings not in memory.embedders:
        memory.embedders[section.embeddings] = make_embedder(section.embeddings, beside)
    return SemanticLookup(section, memory, memory.embedders[section.embeddings], beside)


class SemanticLookup:
    """Questions looked up, kept and sampled by one policy's section."""

    def __init__(self, section: SemanticCache, memory: SemanticMemory, embedder: Embedder, beside: Beside) -> None:
        self._section = section
        self._memory = memory
        self._counts = memory.counts
        self._embedder = embedder
        self._beside = beside

    async def ask(self, exchange: Exchange, fields: Fields, proceed: Handler, directions: str) -> Question | None:
        """The question of a request; None when it has none that can be looked up, or not in time."""
        split = split_question(exchange.format, fields)
        if split is None or len(split[0]) > self._section.max_question_chars:
            self._counts.skipped += 1
            return None
        text, others = split
        circumstances = f"{self._section.embeddings}\0{directions}"
        partition = find_key(exchange, others, self._section.tenant, circumstances)
        vector = await self._embed(text, exchange, proceed) if partition is not None else None
        if partition is None or vector is None:
            return None
        self._counts.lookups += 1
        return Question(partition, traits_of(text), vector)

    async def _embed(self, text: str, exchange: Exchange, proceed: Handler) -> Vector | None:
        """None when it takes too long or fails: then the request is a miss like any other."""
        try:
            async with asyncio.timeout(self._section.timeout_ms / 1000):
                vectors = await self._embedder.embed([text], exchange, proceed)
                return vectors[0, :]
        except TimeoutError:
            self._counts.slow += 1
        except (LrcpError, RuntimeError, OSError):  # the runtime's own among them
            self._counts.failed += 1
        return None

    def match(self, question: Question) -> Match | None:
        """The most alike of the questions that were answered, if the guard lets it pass."""
        now_s = self._beside.clock.monotonic_s()
        for similarity, known in self._memory.index.nearest(
            question.partition, question.vector, self._section.threshold
        ):
            if now_s - known.entry.stored_s >= self._section.ttl_s:
                self._memory.index.remove(known)
                continue
            conflict = find_conflict(question.traits, known.traits)
            if not conflict:
                self._memory.index.touch(known)
                return Match(known.entry, similarity)
            self._memory.refused[conflict] += 1
        return None

    def remember(self, question: Question, entry: Entry) -> None:
        """Keep an answer. One that calls tools is not kept: it acts, and shall act on what was asked, word for word."""
        if entry.size_bytes <= self._section.max_answer_bytes and "tool_calls" not in entry.text:
            self._memory.index.add(Known(question.partition, question.vector, question.traits, entry))

    def sample(self, exchange: Exchange, proceed: Handler, match: Match) -> None:
        """For a share of the hits, ask the model all the same, beside the reply, and compare."""
        if self._beside.random.random() >= self._section.shadow_ratio:
            return
        copy = copy_for_sample(exchange, self._beside.clock)
        if not self._may_sample() or not self._beside.background.begin(
            lambda: self._compare(copy, proceed, match), f"semantic sample of {exchange.trace.trace_id}"
        ):
            self._counts.unsampled += 1

    def _may_sample(self) -> bool:
        now_s = self._beside.clock.monotonic_s()
        if now_s - self._memory.sampled_from_s >= _MINUTE_S:
            self._memory.sampled_from_s, self._memory.sampled_in_minute = now_s, 0
        self._memory.sampled_in_minute += 1
        return self._memory.sampled_in_minute <= self._section.shadow_per_minute

    async def _compare(self, copy: Exchange, proceed: Handler, match: Match) -> None:
        """Under the meter, so that the question is paid for, and its span tells how the answers compared."""
        try:
            async with asyncio.timeout(_SAMPLE_TIMEOUT_S):
                agreed = await self._ask_again(copy, proceed, match)
        except (LrcpError, TimeoutError):
            agreed = None
        if agreed is None:
            self._counts.unsampled += 1
            return
        self._counts.sampled += 1
        if agreed:
            self._counts.agreed += 1
        else:
            self._counts.disagreed += 1

    async def _ask_again(self, copy: Exchange, proceed: Handler, match: Match) -> bool | None:
        """Whether the model's answer agrees with the one that was given; None when it has none."""
        agreed: bool | None = None

        async def ask(exchange: Exchange) -> Reply:
            nonlocal agreed
            reply = await proceed(exchange)
            if reply.stream is not None:
                reply.body = await read_whole(reply.stream, self._section.max_answer_bytes)
                reply.stream = replay_stream((reply.body,))
            if reply.status == 200:
                said = read_text(exchange.format, reply.body, streams=reply.stream is not None)
                agreed = await self._agree(said, match.entry.text, exchange, proceed)
                exchange.notes["cache.sample"] = "agreed" if agreed else "disagreed"
                exchange.notes["cache.similarity"] = f"{match.similarity:.3f}"
            return reply

        reply = await self._beside.meter(copy, ask)
        if reply.stream is not None:
            await read_whole(reply.stream, self._section.max_answer_bytes)
        return agreed

    async def _agree(self, one: str, other: str, exchange: Exchange, proceed: Handler) -> bool:
        if one == other:
            return True
        vectors = await self._embedder.embed([one, other], exchange, proceed)
        return bool(vectors[0] @ vectors[1] >= self._section.agree_from)
