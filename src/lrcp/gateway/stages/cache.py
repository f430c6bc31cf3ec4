"""Cache: an answer that was given before is given again, and identical requests in progress are one call."""

import asyncio
from collections.abc import Callable, Collection
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from lrcp.gateway.cache.beside import Beside
from lrcp.gateway.cache.flight import Flight, Landing
from lrcp.gateway.cache.keeping import Answer, make_entry
from lrcp.gateway.cache.key import Fields, find_key, read_fields
from lrcp.gateway.cache.replay import reply_of
from lrcp.gateway.cache.runtime import CacheRuntime
from lrcp.gateway.cache.store import Entry
from lrcp.gateway.exchange import Exchange, Handler, Outcome, Reply, Stage
from lrcp.gateway.scope import Matches, compile_scope
from lrcp.model.policy.caching import Cache, ExactCache, SemanticCache
from lrcp.model.policy.scope import Scope

if TYPE_CHECKING:
    from lrcp.gateway.cache.semantic import Question, SemanticLookup

EXACT: Final = "exact"
SEMANTIC: Final = "semantic"
MISS: Final = "miss"

NO_CACHE: Final = b"x-lrcp-no-cache"
_FAULT: Final = b"x-lrcp-fault"
_BYPASSED: Final = (b"x-lrcp-cache", b"bypass")
_MAX_FOLLOWERS: Final = 1_000


def make_cache_stage(
    section: Cache,
    runtime: CacheRuntime,
    *,
    route_of: Callable[[Exchange], str],
    directions: bytes,
    may_force: Collection[str],
    beside: Beside,
) -> Stage | None:
    """The stage of a policy; None when both caches are off and the ladder has no step that switches one on.

    Args:
        route_of: the name of the route that takes a request, '' for none; requests on other routes share no answers.
        directions: what the policy says of routes and targets, in any form; under other directions nothing is shared.
        may_force: the caches that the ladder may switch on (`exchange.forced_caches`).
        beside: for the calls that the semantic cache makes itself (embeddings, questions asked again).
    """
    exact_on = section.exact is not None and section.exact.enabled
    semantic_on = section.semantic is not None and section.semantic.enabled
    if not (exact_on or semantic_on or may_force):
        return None
    exact, semantic = section.exact or ExactCache(), section.semantic or SemanticCache()
    runtime.exact.max_entries, runtime.exact.max_bytes = exact.max_entries, exact.max_bytes
    lookup = _open_semantic(semantic, runtime, beside) if semantic_on or SEMANTIC in may_force else None
    return _CacheStage(
        runtime,
        exact,
        lookup,
        exact_when=_switch(EXACT, exact_on, exact.match),
        semantic_when=_switch(SEMANTIC, semantic_on, semantic.match),
        route_of=route_of,
        directions=sha256(directions).hexdigest(),
    )


def _open_semantic(section: SemanticCache, runtime: CacheRuntime, beside: Beside) -> "SemanticLookup":
    from lrcp.gateway.cache.semantic import open_lookup  # numpy comes with it: only for those who use it

    return open_lookup(section, runtime, beside)


def _switch(name: str, on: bool, scope: Scope) -> Matches:
    """Whether a cache is on for a request: by its section, or forced by the ladder."""
    if not on:
        return lambda exchange: name in exchange.forced_caches
    matches = compile_scope(scope)
    if matches is None:
        return lambda exchange: True
    return lambda exchange: matches(exchange) or name in exchange.forced_caches


@dataclass(slots=True)
class _Asked:
    """One request, prepared. reads: an answer kept before may be given."""

    exchange: Exchange
    proceed: Handler
    fields: Fields
    key: bytes
    exact: bool
    semantic: bool
    reads: bool
    question: "Question | None" = None


class _CacheStage:
    """Both caches as one stage, so that a miss of the one is looked up in the other and kept in both."""

    def __init__(
        self,
        runtime: CacheRuntime,
        section: ExactCache,
        lookup: "SemanticLookup | None",
        *,
        exact_when: Matches,
        semantic_when: Matches,
        route_of: Callable[[Exchange], str],
        directions: str,
    ) -> None:
        self._runtime = runtime
        self._counts = runtime.counts
        self._section = section
        self._lookup = lookup
        self._exact_when = exact_when
        self._semantic_when = semantic_when
        self._route_of = route_of
        self._directions = directions

    async def __call__(self, exchange: Exchange, proceed: Handler) -> Reply:
        exchange.route = self._route_of(exchange) or exchange.route
        exact = self._exact_when(exchange)
        semantic = self._lookup is not None and self._semantic_when(exchange)
        if not (exact or semantic):
            return await proceed(exchange)
        asked = self._prepare(exchange, proceed, exact, semantic)
        if asked is None:
            self._counts.bypassed += 1
            exchange.reply_headers.append(_BYPASSED)
            return await proceed(exchange)
        return await self._answer(asked)

    def _prepare(self, exchange: Exchange, proceed: Handler, exact: bool, semantic: bool) -> _Asked | None:
        """None for what passes by: what the client wants so (the ladder's wish goes before his), and what has no key."""
        wish = exchange.headers.get(NO_CACHE, b"").strip().lower() if not exchange.forced_caches else b""
        if wish not in (b"", b"0", b"false", b"refresh") or _FAULT in exchange.headers:
            return None
        fields = read_fields(exchange.body, self._section.max_request_bytes)
        if fields is None:
            return None
        key = find_key(exchange, fields, self._section.tenant, self._directions)
        return None if key is None else _Asked(exchange, proceed, fields, key, exact, semantic, wish != b"refresh")

    async def _answer(self, asked: _Asked) -> Reply:
        section, flights = self._section, self._runtime.flights
        while asked.exact and asked.reads:
            entry = self._runtime.exact.find(asked.key, self._runtime.clock.monotonic_s(), section.ttl_s)
            if entry is not None:
                self._counts.exact_hits += 1
                return self._repeat(asked.exchange, entry, EXACT)
            flight = flights.find(asked.key) if section.single_flight else None
            if flight is None:
                return await self._lead(asked, shared=section.single_flight)
            landing = await flight.land()
            if landing is Landing.ANSWERED:
                return self._read_along(asked.exchange, flight)
            if landing is Landing.FAILED:
                break
            self._counts.promoted += 1
        return await self._lead(asked, shared=False)

    def _repeat(self, exchange: Exchange, entry: Entry, how: str) -> Reply:
        """An entry as the reply, and what it saves as tags of the span."""
        exchange.cache = how
        counts, notes = self._counts, exchange.notes
        notes["cache.age_s"] = str(int(self._runtime.clock.monotonic_s() - entry.stored_s))
        if entry.input_tokens is not None:
            counts.saved_input_tokens += entry.input_tokens
            notes["cache.saved_input_tokens"] = str(entry.input_tokens)
        if entry.output_tokens is not None:
            counts.saved_output_tokens += entry.output_tokens
            notes["cache.saved_output_tokens"] = str(entry.output_tokens)
        if entry.cost_nusd is not None:
            counts.saved_nusd += entry.cost_nusd
            notes["cache.saved_nusd"] = str(entry.cost_nusd)
        return reply_of(entry)

    def _read_along(self, exchange: Exchange, flight: Flight) -> Reply:
        """The answer of a call in progress, as it comes."""
        self._counts.exact_hits += 1
        self._counts.joined += 1
        exchange.cache = flight.how
        exchange.notes["cache.joined"] = "true"
        return flight.follow()

    async def _lead(self, asked: _Asked, *, shared: bool) -> Reply:
        """Answer by a call of one's own, which others may join."""
        flight = Flight(self._section.max_answer_bytes, _MAX_FOLLOWERS)
        flights = self._runtime.flights
        flights.open(asked.key, flight, shared=shared)
        try:
            reply = await self._produce(asked)
            if reply.status == 200 and not _had_faults(asked.exchange):
                flight.answer(reply, how=EXACT if asked.exchange.cache == MISS else asked.exchange.cache)
        except asyncio.CancelledError:
            flight.settle(Landing.ABANDONED)
            raise
        finally:
            if flight.undecided:
                flight.settle(Landing.FAILED)
            if not flight.answered:
                flights.remove(asked.key, flight)
        if not flight.answered:
            return reply
        asked.exchange.on_done.append(lambda outcome: self._done(asked, flight, outcome))
        return reply if reply.stream is None else Reply(reply.status, reply.headers, stream=flight.read())

    async def _produce(self, asked: _Asked) -> Reply:
        """By the semantic cache, or by the provider."""
        if asked.semantic and self._lookup is not None:
            asked.question = await self._lookup.ask(asked.exchange, asked.fields, asked.proceed, self._directions)
            if asked.question is not None and asked.reads:
                match = self._lookup.match(asked.question)
                if match is not None:
                    self._counts.semantic_hits += 1
                    asked.exchange.notes["cache.similarity"] = f"{match.similarity:.3f}"
                    self._lookup.sample(asked.exchange, asked.proceed, match)
                    return self._repeat(asked.exchange, match.entry, SEMANTIC)
        self._counts.misses += 1
        asked.exchange.cache = MISS
        return await asked.proceed(asked.exchange)

    def _done(self, asked: _Asked, flight: Flight, outcome: Outcome) -> None:
        """Keep the answer, once the reply is on its way: the client does not wait for our notes."""
        asyncio.get_running_loop().call_soon(self._finish, asked, flight, outcome)

    def _finish(self, asked: _Asked, flight: Flight, outcome: Outcome) -> None:
        if asked.exchange.cache == MISS:
            self._save_for_followers(flight, outcome)
            entry = self._entry_of(asked, flight, outcome)
            if entry is None:
                self._counts.not_kept += 1
            else:
                self._keep(asked, entry)
        self._runtime.flights.remove(asked.key, flight)

    def _save_for_followers(self, flight: Flight, outcome: Outcome) -> None:
        self._counts.saved_input_tokens += flight.followers * (outcome.input_tokens or 0)
        self._counts.saved_output_tokens += flight.followers * (outcome.output_tokens or 0)
        self._counts.saved_nusd += flight.followers * (outcome.cost_nusd or 0)

    def _entry_of(self, asked: _Asked, flight: Flight, outcome: Outcome) -> Entry | None:
        body = flight.recorded()
        if outcome.status != 200 or outcome.error or outcome.cancelled or body is None or _had_faults(asked.exchange):
            return None
        now_s, wants_text = self._runtime.clock.monotonic_s(), asked.question is not None
        answer = Answer(flight.headers, body, streams=flight.streams)
        return make_entry(asked.exchange, answer, outcome, now_s, wants_text=wants_text)

    def _keep(self, asked: _Asked, entry: Entry) -> None:
        self._counts.kept += 1
        if asked.exact:
            self._runtime.exact.save(asked.key, entry)
        if asked.question is not None and self._lookup is not None:
            self._lookup.remember(asked.question, entry)


def _had_faults(exchange: Exchange) -> bool:
    """Whether a failure was injected on purpose: what came of it is nobody else's answer."""
    return any(attempt.faults for attempt in exchange.attempts)
