"""The simulated provider: answers a try in the client's own wire format, in the time its model takes, without a network."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from hashlib import blake2b
from typing import Final

import msgspec

from lrcp.evaluators.cost import TokenUsage, estimate_tokens
from lrcp.gateway.config import Timeouts
from lrcp.gateway.endpoints import JSON
from lrcp.gateway.errors import UpstreamError
from lrcp.gateway.exchange import Attempt, Exchange, Reply, Stream
from lrcp.gateway.pacing import hold, timed_out
from lrcp.gateway.simulated.embedding import embed
from lrcp.gateway.simulated.models import SYSTEM, models_of
from lrcp.gateway.simulated.plan import Plan, fit_json, plan_answer
from lrcp.gateway.simulated.questions import read_question
from lrcp.gateway.translation import read_chat_request
from lrcp.gateway.wire.chat import ChatReply, ChatRequest, Finished, Started, Text, TextDelta, UsageKnown
from lrcp.gateway.wire.format import ChatCodec, EmbeddingCodec, EmbeddingReply, StreamRenderer
from lrcp.model.policy.faults import SimulatedModel, Simulation

NOTE: Final = "simulated"
_EVENT_STREAM: Final = (b"content-type", b"text/event-stream; charset=utf-8")
_NS_PER_S: Final = 1_000_000_000
_COUNTED_AS: Final = {"anthropic": "input_tokens", "gemini": "totalTokens"}


class Simulator:
    """The models of one policy. timeouts: of tries that have none of their own."""

    def __init__(self, simulation: Simulation, timeouts: Timeouts) -> None:
        self._models: Mapping[str, SimulatedModel] = models_of(simulation)
        self._timeouts = timeouts

    async def answer(self, exchange: Exchange, attempt: Attempt) -> Reply:
        """Raises: UpstreamError - the model takes longer than a provider may. InputError - it cannot be asked this."""
        attempt.notes[NOTE] = "true"
        timeouts = attempt.timeouts or self._timeouts
        model = self._models.get(attempt.target.model)
        if model is None:
            return self._refuse(exchange, attempt.target.model)
        whole_s = asyncio.get_running_loop().time() + timeouts.whole_s
        plan = plan_answer(
            model, _key_of(exchange, attempt), lambda: read_question(exchange.call.prompt), exchange.call.max_tokens
        )
        codec = exchange.format.chat
        if codec is None or plan.fails:
            await hold(attempt, plan.ttft_s, timeouts)
            return _fail(exchange, model) if plan.fails else _answer_other(exchange, attempt)
        chat = _Chat(exchange, attempt, codec, plan)
        if exchange.call.streams:
            await hold(attempt, plan.ttft_s, timeouts)
            return Reply(200, [_EVENT_STREAM], stream=Stream(chat.stream(timeouts, whole_s)))
        await hold(attempt, plan.whole_s, timeouts)
        return Reply(200, [JSON], chat.body())

    def _refuse(self, exchange: Exchange, model: str) -> Reply:
        message = f"there is no simulated model {model[:100]!r}; there are {', '.join(sorted(self._models))}"
        body = exchange.format.render_error(404, message, "not_found_error", "model_not_found")
        return Reply(404, [JSON], body)


class _Chat:
    """One answer, rendered. Its tokens are those of the plan; JSON that was asked for comes as one token after another too."""

    def __init__(self, exchange: Exchange, attempt: Attempt, codec: ChatCodec, plan: Plan) -> None:
        self._attempt = attempt
        self._codec = codec
        self._plan = plan
        self._request = read_chat_request(codec, exchange.body, exchange.call)
        self._tokens = _fit(self._request, plan)
        self._usage = TokenUsage(exchange.prompt_tokens(), len(plan.tokens))
        self._created_s = exchange.started_ns // _NS_PER_S

    def body(self) -> bytes:
        return self._codec.render_reply(
            ChatReply(
                id=f"sim-{self._attempt.span_id}",
                model=self._attempt.target.model,
                parts=[Text("".join(self._tokens))],
                stop=self._plan.stop,
                usage=self._usage,
                created_s=self._created_s,
            )
        )

    async def stream(self, timeouts: Timeouts, ends_s: float) -> AsyncGenerator[bytes, None]:
        """Each token at its time; those whose time has come together go together."""
        renderer = self._codec.new_renderer(self._request)
        started = Started(f"sim-{self._attempt.span_id}", self._attempt.target.model, None, self._created_s)
        loop = asyncio.get_running_loop()
        begun_s, sent, held = loop.time(), 0, renderer.feed(started)
        while sent < len(self._tokens):
            due = min(len(self._tokens), 1 + int((loop.time() - begun_s) / self._plan.token_s))
            yield held + b"".join(renderer.feed(TextDelta(token)) for token in self._tokens[sent:due])
            sent, held = due, b""
            if sent < len(self._tokens):
                await self._wait_until(begun_s + sent * self._plan.token_s, timeouts, ends_s)
        yield held + self._ending(renderer)

    async def _wait_until(self, due_s: float, timeouts: Timeouts, ends_s: float) -> None:
        now_s = asyncio.get_running_loop().time()
        if due_s >= ends_s:
            await asyncio.sleep(max(0.0, ends_s - now_s))
            raise timed_out(self._attempt, "did not finish its answer", timeouts.whole_s)
        if due_s - now_s >= timeouts.idle_s:
            await asyncio.sleep(timeouts.idle_s)
            raise timed_out(self._attempt, "sent nothing", timeouts.idle_s)
        await asyncio.sleep(due_s - now_s)

    def _ending(self, renderer: StreamRenderer) -> bytes:
        return renderer.feed(UsageKnown(self._usage)) + renderer.feed(Finished(self._plan.stop)) + renderer.finish()


def _fit(request: ChatRequest, plan: Plan) -> tuple[str, ...]:
    if request.output is None:
        return plan.tokens
    text = fit_json("".join(plan.tokens), request.output.schema)
    size = max(1, -(-len(text) // len(plan.tokens)))
    return tuple(text[start : start + size] for start in range(0, len(text), size))


def _key_of(exchange: Exchange, attempt: Attempt) -> str:
    """The same request, asked again under the same trace, is answered the same; a second try of it is another chance."""
    content = blake2b(exchange.call.prompt, digest_size=8).hexdigest()
    return f"{attempt.target.model}\0{exchange.trace.trace_id}\0{attempt.number}\0{content}"


def _fail(exchange: Exchange, model: SimulatedModel) -> Reply:
    status = model.error_status
    kind = "rate_limit_error" if status == 429 else "server_error" if status >= 500 else "invalid_request_error"
    message = f"the {SYSTEM} model fails now and then, as it is declared to"
    return Reply(status, [JSON], exchange.format.render_error(status, message, kind, "simulated_failure"))


def _answer_other(exchange: Exchange, attempt: Attempt) -> Reply:
    """Embeddings, and counts of tokens."""
    codec = exchange.format.embeddings
    if codec is not None:
        return Reply(200, [JSON], _embed(exchange, attempt, codec))
    member = _COUNTED_AS.get(exchange.format.family)
    if member is None:
        raise UpstreamError(f"{SYSTEM} models do not take {exchange.format.name}", code="no_target", status=501)
    return Reply(200, [JSON], msgspec.json.encode({member: exchange.prompt_tokens()}))


def _embed(exchange: Exchange, attempt: Attempt, codec: EmbeddingCodec) -> bytes:
    request = codec.parse_request(exchange.body, exchange.call)
    vectors = [embed(text, request.dimensions) for text in request.texts]
    tokens = sum(map(estimate_tokens, request.texts))
    return codec.render_reply(EmbeddingReply(attempt.target.model, vectors, tokens), exchange.body)
