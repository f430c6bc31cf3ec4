"""Rewriting: an answer read and written again in its own wire format, changed on the way; streams event by event."""

from collections.abc import Iterable
from typing import Final, Protocol

from lrcp.evaluators.cost import TokenUsage
from lrcp.gateway.exchange import Reply
from lrcp.gateway.faults.injection import Injection
from lrcp.gateway.translation import (
    AnswerContext,
    DerivedStream,
    StreamTranslator,
    read_chat_request,
    translate_pieces,
)
from lrcp.gateway.wire.chat import ChatReply, Delta
from lrcp.gateway.wire.format import StreamRenderer
from lrcp.model.errors import LrcpError

NOT_APPLIED: Final = "fault_not_applied"
_NS_PER_S: Final = 1_000_000_000


class Editor(Protocol):
    """What changes an answer: whole, or step by step."""

    def edit_reply(self, reply: ChatReply) -> None: ...
    def edit_step(self, step: Delta) -> Iterable[Delta]: ...


def rewrite(injection: Injection, reply: Reply, editor: Editor) -> Reply:
    """The reply as the editor changes it; as it is where it is no answer, or one that cannot be read and written again."""
    exchange, codec = injection.exchange, injection.exchange.format.chat
    if codec is None or reply.status >= 300:
        return reply
    if reply.stream is not None:
        renderer = _EditingRenderer(editor, codec.new_renderer(read_chat_request(codec, exchange.body, exchange.call)))
        translator = StreamTranslator(codec.new_parser(), renderer, _context_of(injection))
        reply.stream = DerivedStream(translate_pieces(reply.stream, translator), reply.stream)
        return reply
    try:
        answer = codec.parse_reply(reply.body)
        editor.edit_reply(answer)
        reply.body = codec.render_reply(answer)
    except LrcpError:
        injection.attempt.notes[NOT_APPLIED] = "unreadable"
    return reply


class _EditingRenderer:
    """A renderer of what an editor makes of the steps."""

    def __init__(self, editor: Editor, renderer: StreamRenderer) -> None:
        self._editor = editor
        self._renderer = renderer

    def feed(self, delta: Delta) -> bytes:
        return b"".join(map(self._renderer.feed, self._editor.edit_step(delta)))

    def finish(self) -> bytes:
        return self._renderer.finish()


def _context_of(injection: Injection) -> AnswerContext:
    limits, attempt = injection.around.limits, injection.attempt
    return AnswerContext(
        id=attempt.span_id,
        model=attempt.target.model,
        now_s=injection.exchange.started_ns // _NS_PER_S,
        note_usage=_leave,
        max_event_bytes=limits.max_event_bytes,
        max_reply_bytes=limits.max_reply_bytes,
    )


def _leave(usage: TokenUsage) -> None:
    """What was counted is in the reply itself, where the meter reads it."""
