"""Gemini's streams, to and from the steps of an answer."""

from collections.abc import Sequence
from typing import Any

from lrcp.evaluators.cost import TokenUsage
from lrcp.gateway.errors import UpstreamError
from lrcp.gateway.wire.chat import (
    ChatRequest,
    Delta,
    Finished,
    Part,
    Started,
    StopReason,
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
from lrcp.gateway.wire.gemini import answers as wire
from lrcp.gateway.wire.gemini.errors import render_event, render_failure
from lrcp.gateway.wire.gemini.outcome import blocked, reason_of, stop_of
from lrcp.gateway.wire.gemini.replies import PartParser, created_s, render_answer, render_call
from lrcp.gateway.wire.sse import event_data


class GeminiStreamParser:
    """Chunks in, steps out. Each chunk is a reply of its own, with the next words and the counts so far.

    feed raises UpstreamError for a part that has no step, such as a picture.
    """

    def __init__(self) -> None:
        self._parts: PartParser | None = None
        self._calls = 0
        self._finished = False

    def feed(self, event: bytes) -> Sequence[Delta]:
        data = event_data(event)
        answer = wire.decode_answer(data) if data else None
        if answer is None:
            return ()
        if answer.error is not None:
            return (_failed(answer.error),)
        return self._steps(answer)

    def _steps(self, answer: wire.Answer) -> list[Delta]:
        steps: list[Delta] = []
        if self._parts is None:
            self._parts = PartParser(answer.response_id or "")
            started = created_s(answer.create_time)
            steps.append(Started(answer.response_id or "", answer.model_version or "", created_s=started))
        candidate = answer.candidates[0] if answer.candidates else wire.Candidate()
        for part in self._parts.parse(wire.parts_of(candidate)):
            steps += self._steps_of(part)
        reason = candidate.finish_reason or ("SAFETY" if blocked(answer) else "")
        if answer.usage_metadata is not None and (reason or self._finished):
            steps.append(UsageKnown(wire.token_usage(answer.usage_metadata)))
        if reason and not self._finished:
            self._finished = True
            steps.append(Finished(stop_of(reason, calls=bool(self._calls))))
        return steps

    def _steps_of(self, part: Part) -> list[Delta]:
        if self._finished:
            return []
        if isinstance(part, Text):
            return [TextDelta(part.text)]
        if isinstance(part, Thinking):
            return [ThinkingDelta(part.text, part.signature)]
        if not isinstance(part, ToolCall):
            raise UpstreamError(f"a stream cannot hold {type(part).__name__}", code="untranslatable_reply")
        index, self._calls = self._calls, self._calls + 1
        begun = ToolCallStarted(index, part.id, part.name, part.signature)
        return [begun, ToolArgumentsDelta(index, part.arguments)]


class GeminiStreamRenderer:
    """Steps in, chunks out. Gemini says calls whole and the end together with the counts, so both wait for the last step."""

    def __init__(self, request: ChatRequest) -> None:
        self._id = ""
        self._model = request.model
        self._calls: dict[int, ToolCall] = {}
        self._stop: StopReason | None = None
        self._usage: TokenUsage | None = None

    def feed(self, delta: Delta) -> bytes:
        if isinstance(delta, TextDelta):
            return self._render([{"text": delta.text}]) if delta.text else b""
        if isinstance(delta, ThinkingDelta):
            return self._render([{"text": delta.text, "thought": True}]) if delta.text else b""
        if isinstance(delta, StreamFailed):
            self._stop = None
            return render_failure(delta.kind, delta.message)
        self._keep(delta)
        return b""

    def finish(self) -> bytes:
        """The last chunk; nothing when the answer did not come to its end."""
        if self._stop is None:
            return b""
        rendered = [render_call(call) for _, call in sorted(self._calls.items())]
        calls = [call for call in rendered if call is not None]
        return self._render(calls, reason_of(self._stop, malformed=len(calls) < len(rendered)))

    def _keep(self, delta: Delta) -> None:
        if isinstance(delta, ToolArgumentsDelta):
            if delta.index in self._calls:
                self._calls[delta.index].arguments += delta.fragment
        elif isinstance(delta, ToolCallStarted):
            self._calls[delta.index] = ToolCall(delta.id, delta.name, "", delta.signature)
        elif isinstance(delta, Started):
            self._id, self._model, self._usage = delta.id, delta.model or self._model, delta.usage
        elif isinstance(delta, UsageKnown):
            self._usage = delta.usage
        elif isinstance(delta, Finished):
            self._stop = delta.stop

    def _render(self, parts: list[dict[str, Any]], reason: str = "") -> bytes:
        usage = self._usage if reason else None
        return render_event(render_answer(self._id, self._model, parts, reason, usage=usage))


def _failed(error: Any) -> StreamFailed:
    known = error if isinstance(error, dict) else {"message": error}
    kind = known.get("status") or known.get("code") or "INTERNAL"
    return StreamFailed(str(kind), str(known.get("message") or "")[:2000])
