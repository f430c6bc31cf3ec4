"""An answer as its steps, and steps as the answer: for a provider that answers whole where a stream was asked for, or the reverse."""

from collections.abc import Iterator

import msgspec

from lrcp.gateway.errors import UpstreamError
from lrcp.gateway.wire.chat import (
    ChatReply,
    Delta,
    Finished,
    Part,
    Started,
    StreamFailed,
    Text,
    TextDelta,
    Thinking,
    ThinkingDelta,
    ToolArgumentsDelta,
    ToolCall,
    ToolCallStarted,
    UsageKnown,
)


def steps_of(reply: ChatReply) -> Iterator[Delta]:
    """The steps that a stream of this answer would have."""
    yield Started(reply.id, reply.model, created_s=reply.created_s)
    calls = 0
    for part in reply.parts:
        if isinstance(part, Text):
            yield TextDelta(part.text)
        elif isinstance(part, Thinking):
            yield ThinkingDelta(part.text, part.signature, part.redacted)
        elif isinstance(part, ToolCall):
            yield ToolCallStarted(calls, part.id, part.name, part.signature)
            yield ToolArgumentsDelta(calls, part.arguments)
            calls += 1
        else:
            raise UpstreamError(f"a stream cannot hold {type(part).__name__}", code="untranslatable_reply")
    if reply.usage is not None:
        yield UsageKnown(reply.usage)
    yield Finished(reply.stop or "end", reply.stop_sequence)


class _Part(msgspec.Struct):
    """A part of the answer as it comes."""

    kind: type
    pieces: list[str]
    id: str = ""
    name: str = ""
    signature: str = ""
    redacted: bool = False

    def finished(self) -> Part:
        text = "".join(self.pieces)
        if self.kind is Text:
            return Text(text)
        if self.kind is Thinking:
            return Thinking(text, self.signature, self.redacted)
        return ToolCall(self.id, self.name, text or "{}", self.signature)


class ReplyBuilder:
    """Put a stream's steps together; the text may have max_chars at most."""

    def __init__(self, max_chars: int) -> None:
        self._chars_left = max_chars
        self._parts: list[_Part] = []
        self._calls: dict[int, _Part] = {}
        self._reply = ChatReply(id="", model="", parts=[], stop=None)

    def add(self, delta: Delta) -> None:
        """One more step. Raises: UpstreamError - the provider ended its answer with an error, or it is too long."""
        reply = self._reply
        if isinstance(delta, TextDelta):
            self._add_text(self._text(), delta.text)
        elif isinstance(delta, ThinkingDelta):
            self._add_thought(delta)
        elif isinstance(delta, ToolArgumentsDelta):
            self._add_text(self._calls[delta.index], delta.fragment)
        elif isinstance(delta, ToolCallStarted):
            call = self._calls[delta.index] = _Part(ToolCall, [], delta.id, delta.name, delta.signature)
            self._parts.append(call)
        elif isinstance(delta, Started):
            reply.id, reply.model, reply.created_s = delta.id, delta.model, delta.created_s
            reply.usage = delta.usage or reply.usage
        elif isinstance(delta, Finished):
            reply.stop, reply.stop_sequence = delta.stop, delta.stop_sequence
        elif isinstance(delta, UsageKnown):
            reply.usage = delta.usage
        elif isinstance(delta, StreamFailed):
            raise UpstreamError(f"the provider's stream failed: {delta.message}", code=delta.kind or "upstream_failed")

    def finish(self) -> ChatReply:
        """The whole answer. Raises: UpstreamError - it has not come to its end."""
        if self._reply.stop is None:
            raise UpstreamError("the provider's stream ended before its answer was complete", code="upstream_cut")
        self._reply.parts = [part.finished() for part in self._parts]
        return self._reply

    def _add_thought(self, delta: ThinkingDelta) -> None:
        """A signature closes a thought; one that shows nothing is a whole one."""
        last = self._parts[-1] if self._parts else None
        if last is None or last.kind is not Thinking or last.signature or delta.redacted:
            last = _Part(Thinking, [], redacted=delta.redacted)
            self._parts.append(last)
        last.signature += delta.signature
        self._add_text(last, delta.text)

    def _text(self) -> _Part:
        """The last part when it is text, which goes on, else a new one."""
        last = self._parts[-1] if self._parts else None
        if last is None or last.kind is not Text:
            last = _Part(Text, [])
            self._parts.append(last)
        return last

    def _add_text(self, part: _Part, text: str) -> None:
        self._chars_left -= len(text)
        if self._chars_left < 0:
            raise UpstreamError("the provider's answer is too long to be given whole", code="reply_too_large")
        part.pieces.append(text)
