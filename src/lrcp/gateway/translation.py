"""Translation: a call in the client's wire format, put to a provider that speaks another, and its answer put back."""

from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from typing import Final

import msgspec

from lrcp.evaluators.cost import TokenUsage
from lrcp.gateway.errors import UpstreamError
from lrcp.gateway.exchange import Reply, Stream
from lrcp.gateway.wire.chat import ChatReply, ChatRequest, Delta, Finished, Started, StreamFailed, UsageKnown
from lrcp.gateway.wire.format import ChatCodec, EmbeddingCodec, Format, ModelCall, StreamParser, StreamRenderer
from lrcp.gateway.wire.sse import EventSplitter
from lrcp.gateway.wire.steps import ReplyBuilder, steps_of
from lrcp.model.errors import InputError

_JSON: Final = (b"content-type", b"application/json")
_EVENT_STREAM: Final = (b"content-type", b"text/event-stream; charset=utf-8")
_KIND_OF_STATUS: Final = {
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
}


class AnswerContext(msgspec.Struct, frozen=True):
    """What an answer needs that its provider may not say: an id, the model, the time (Unix seconds). Bounds in bytes.

    note_usage is told what the provider counted, in full: the client's format may have no word for a part of it.
    """

    id: str
    model: str
    now_s: int
    note_usage: Callable[[TokenUsage], None]
    max_event_bytes: int
    max_reply_bytes: int


class ChatTranslation(msgspec.Struct, frozen=True):
    """One chat call between two formats."""

    asked: Format
    spoken: Format
    asked_codec: ChatCodec
    spoken_codec: ChatCodec
    request: ChatRequest

    def render_request(self, model: str) -> bytes:
        """The body for the provider. Raises: InputError - its format cannot say it."""
        return self.spoken_codec.render_request(self.request, model)

    async def translate_reply(self, reply: Reply, context: AnswerContext) -> Reply:
        """The provider's answer as the client reads it, streamed if it asked for a stream, with the status kept.

        Raises: UpstreamError - it is no answer of the provider's format.
        """
        if reply.stream is None and reply.status >= 300:
            return _translate_error(self.asked, self.spoken, reply)
        if reply.stream is not None and self.request.streams:
            return Reply(reply.status, _headers(reply, _EVENT_STREAM), stream=self._translate(reply.stream, context))
        if reply.stream is not None:
            answer = await self._gather(reply.stream, context)
        else:
            answer = self.spoken_codec.parse_reply(reply.body)
        return self._render(reply, _completed(answer, context))

    def _render(self, reply: Reply, answer: ChatReply) -> Reply:
        if not self.request.streams:
            return Reply(reply.status, _headers(reply, _JSON), self.asked_codec.render_reply(answer))
        renderer = self.asked_codec.new_renderer(self.request)
        rendered = b"".join([*map(renderer.feed, steps_of(answer)), renderer.finish()])
        return Reply(reply.status, _headers(reply, _EVENT_STREAM), stream=Stream(_once(rendered)))

    def _translate(self, source: Stream, context: AnswerContext) -> Stream:
        parser, renderer = self.spoken_codec.new_parser(), self.asked_codec.new_renderer(self.request)
        translator = StreamTranslator(parser, renderer, context)
        return DerivedStream(translate_pieces(source, translator), source)

    async def _gather(self, source: Stream, context: AnswerContext) -> ChatReply:
        parser, splitter = self.spoken_codec.new_parser(), EventSplitter(context.max_event_bytes)
        builder = ReplyBuilder(context.max_reply_bytes)
        try:
            async for piece in source:
                _gather_events(builder, parser, splitter.feed(piece))
            _gather_events(builder, parser, [splitter.take_rest()])
        finally:
            await source.aclose()
        return builder.finish()


class EmbeddingTranslation(msgspec.Struct, frozen=True):
    """One call for embeddings between two formats. body: the client's."""

    asked: Format
    spoken: Format
    asked_codec: EmbeddingCodec
    spoken_codec: EmbeddingCodec
    body: bytes
    call: ModelCall

    def render_request(self, model: str) -> bytes:
        """The body for the provider. Raises: InputError - it cannot be translated."""
        return self.spoken_codec.render_request(self.asked_codec.parse_request(self.body, self.call), model)

    async def translate_reply(self, reply: Reply, context: AnswerContext) -> Reply:
        """As ChatTranslation's."""
        if reply.stream is not None:
            await reply.stream.aclose()
            raise UpstreamError("the provider answered a call for embeddings with a stream", code="invalid_reply")
        if reply.status >= 300:
            return _translate_error(self.asked, self.spoken, reply)
        answer = self.spoken_codec.parse_reply(reply.body)
        answer.model = answer.model or context.model
        if answer.input_tokens is not None:
            context.note_usage(TokenUsage(input_tokens=answer.input_tokens))
        return Reply(reply.status, _headers(reply, _JSON), self.asked_codec.render_reply(answer, self.body))


Translation = ChatTranslation | EmbeddingTranslation


def make_translation(asked: Format, spoken: Format, body: bytes, call: ModelCall) -> Translation:
    """How a call in one format is put in another.

    Raises: InputError - it holds what no other format can say, or the two cannot be translated into each other.
    """
    if asked.chat is not None and spoken.chat is not None:
        request = asked.chat.parse_request(body, call)
        request.streams, request.asks_usage = call.streams, True  # the meter takes the usage out again, if unasked
        return ChatTranslation(asked, spoken, asked.chat, spoken.chat, request)
    if asked.embeddings is not None and spoken.embeddings is not None:
        return EmbeddingTranslation(asked, spoken, asked.embeddings, spoken.embeddings, body, call)
    raise InputError(f"{asked.name} cannot be translated into {spoken.name}")


def read_chat_request(codec: ChatCodec, body: bytes, call: ModelCall) -> ChatRequest:
    """The client's request, for whoever writes an answer himself; of one that the records cannot hold, only its model."""
    try:
        request = codec.parse_request(body, call)
    except InputError:
        request = ChatRequest(model=call.model, turns=[])
    request.streams, request.asks_usage = call.streams, True  # the meter takes the usage out again, if unasked
    return request


def translatable(asked: Format, spoken: Format) -> bool:
    """Whether both are formats of the same operation, with codecs. Counting tokens has none: every family has its own."""
    chat = asked.chat is not None and spoken.chat is not None
    return asked is not spoken and (chat or (asked.embeddings is not None and spoken.embeddings is not None))


class StreamTranslator:
    """Events of the provider's stream in, bytes of the client's out, without waiting for the next."""

    def __init__(self, parser: StreamParser, renderer: StreamRenderer, context: AnswerContext) -> None:
        self._parser = parser
        self._renderer = renderer
        self._context = context
        self._splitter = EventSplitter(context.max_event_bytes)
        self._started = False
        self._finished = False
        self.failed = False

    def feed(self, piece: bytes) -> bytes:
        """What a piece of the stream says. Raises: UpstreamError - an event without end."""
        return self._render(self._splitter.feed(piece))

    def finish(self) -> bytes:
        """What ends the stream. Raises: UpstreamError - the answer was not complete."""
        rest = self._splitter.take_rest()
        last = self._render([rest]) if rest else b""
        if self.failed:
            return last
        if not self._finished:
            raise UpstreamError("the provider's stream ended before its answer was complete", code="upstream_cut")
        return last + self._renderer.finish()

    def _render(self, events: Sequence[bytes]) -> bytes:
        return b"".join(self._renderer.feed(step) for event in events for step in self._steps(event))

    def _steps(self, event: bytes) -> Iterator[Delta]:
        """The steps of an event, up to the one that is a failure; the first one of all tells who answers."""
        for step in () if self.failed else self._parser.feed(event):
            if not self._started and not isinstance(step, StreamFailed):
                self._started = True
                yield _started(step if isinstance(step, Started) else Started("", ""), self._context)
                if isinstance(step, Started):
                    if step.usage is not None:  # all there will be, should the stream break off
                        self._context.note_usage(step.usage)
                    continue
            if isinstance(step, UsageKnown):
                self._context.note_usage(step.usage)
            self._finished = self._finished or isinstance(step, Finished)
            self.failed = isinstance(step, StreamFailed)
            yield step
            if self.failed:
                return


class DerivedStream(Stream):
    """Made of another stream: closing it closes that one too, also when nobody took a piece of it."""

    __slots__ = ("_source",)

    def __init__(self, pieces: AsyncGenerator[bytes, None], source: Stream) -> None:
        super().__init__(pieces)
        self._source = source

    async def aclose(self) -> None:
        try:
            await super().aclose()
        finally:
            await self._source.aclose()


async def translate_pieces(source: Stream, translator: StreamTranslator) -> AsyncGenerator[bytes, None]:
    """A stream as its translator puts it, to its end or the provider's failure; whoever closes it closes the source."""
    async for piece in source:
        if rendered := translator.feed(piece):
            yield rendered
        if translator.failed:
            return
    if last := translator.finish():
        yield last


async def _once(rendered: bytes) -> AsyncGenerator[bytes, None]:
    yield rendered


def _gather_events(builder: ReplyBuilder, parser: StreamParser, events: Sequence[bytes]) -> None:
    for event in events:
        for step in parser.feed(event) if event else ():
            builder.add(step)


def _started(step: Started, context: AnswerContext) -> Started:
    return Started(step.id or context.id, step.model or context.model, step.usage, step.created_s or context.now_s)


def _completed(answer: ChatReply, context: AnswerContext) -> ChatReply:
    answer.id, answer.model = answer.id or context.id, answer.model or context.model
    answer.created_s = answer.created_s or context.now_s
    if answer.usage is not None:
        context.note_usage(answer.usage)
    return answer


def _translate_error(asked: Format, spoken: Format, reply: Reply) -> Reply:
    """The same status and words in the client's form; the provider's own type of the error goes along as its code."""
    code, message = spoken.error_of(reply.body)
    kind = _KIND_OF_STATUS.get(reply.status, "server_error" if reply.status >= 500 else "invalid_request_error")
    message = message or f"the provider answered with status {reply.status}"
    return Reply(reply.status, _headers(reply, _JSON), asked.render_error(reply.status, message, kind, code))


def _headers(reply: Reply, content_type: tuple[bytes, bytes]) -> list[tuple[bytes, bytes]]:
    """The provider's headers, which name its request and say when to come back, with the new content's type."""
    return [content_type, *(header for header in reply.headers if header[0] != b"content-type")]
