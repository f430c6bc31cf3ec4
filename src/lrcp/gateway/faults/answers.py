"""Faults of content: answers that say something wrong, or the same again, or nothing."""

from collections.abc import Iterable

from lrcp.gateway.exchange import AttemptHandler, Reply
from lrcp.gateway.faults.injection import Injection
from lrcp.gateway.faults.rewriting import rewrite
from lrcp.gateway.faults.words import REWRITERS, Rewriter
from lrcp.gateway.wire.chat import (
    ChatReply,
    Delta,
    Finished,
    Part,
    Text,
    TextDelta,
    ToolArgumentsDelta,
    ToolCall,
    ToolCallStarted,
)


async def inject_words(injection: Injection, proceed: AttemptHandler) -> Reply:
    """Other words than the provider's, by the fault's kind; what the provider counted stays."""
    reply = await proceed(injection.exchange, injection.attempt)
    rewriter = REWRITERS[injection.fault.kind](injection.key, injection.fault.text)
    return rewrite(injection, reply, WordEditor(rewriter))


class WordEditor:
    """An Editor that puts the answer's text through a rewriter; what a model thinks aloud stays."""

    def __init__(self, rewriter: Rewriter) -> None:
        self._rewriter = rewriter

    def edit_reply(self, reply: ChatReply) -> None:
        rewriter, parts, place = self._rewriter, list[Part](), 0
        for part in reply.parts:
            if isinstance(part, Text):
                parts.append(Text(rewriter.feed(part.text)))
                place = len(parts)
            elif rewriter.keeps_calls or not isinstance(part, ToolCall):
                parts.append(part)
        if rest := rewriter.finish():
            parts.insert(place, Text(rest))
        reply.parts = _joined(parts)
        reply.stop = "end" if reply.stop == "tool" and not rewriter.keeps_calls else reply.stop

    def edit_step(self, step: Delta) -> Iterable[Delta]:
        rewriter = self._rewriter
        if isinstance(step, TextDelta):
            if text := rewriter.feed(step.text):
                yield TextDelta(text)
        elif isinstance(step, Finished):
            if rest := rewriter.finish():
                yield TextDelta(rest)
            yield Finished("end", "") if step.stop == "tool" and not rewriter.keeps_calls else step
        elif rewriter.keeps_calls or not isinstance(step, ToolCallStarted | ToolArgumentsDelta):
            yield step


def _joined(parts: list[Part]) -> list[Part]:
    """The parts with texts beside each other as one, and without empty ones: some formats have one text only."""
    joined: list[Part] = []
    for part in parts:
        if isinstance(part, Text) and joined and isinstance(joined[-1], Text):
            joined[-1] = Text(joined[-1].text + part.text)
        else:
            joined.append(part)
    return [part for part in joined if not isinstance(part, Text) or part.text]
