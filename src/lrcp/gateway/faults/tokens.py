"""Faults of the bill: tokens that nobody used, and an answer by another model than the one that was asked."""

from collections.abc import Iterable

import msgspec

from lrcp.evaluators.cost import TokenUsage
from lrcp.gateway.exchange import Attempt, AttemptHandler, Reply
from lrcp.gateway.faults.injection import Injection
from lrcp.gateway.faults.rewriting import rewrite
from lrcp.gateway.wire.chat import ChatReply, Delta, Finished, Started, UsageKnown


async def inject_inflated_tokens(injection: Injection, proceed: AttemptHandler) -> Reply:
    """The provider's counts, so many times as high; cost and budgets follow them, as they follow a provider's."""
    attempt = injection.attempt
    reply = await proceed(injection.exchange, attempt)
    editor = UsageEditor(injection.fault.factor, attempt)
    editor.inflate_noted()
    return rewrite(injection, reply, editor)


async def inject_model_swap(injection: Injection, proceed: AttemptHandler) -> Reply:
    """Another model answers under the asked one's name; the try's span and its price tell the true one."""
    attempt, asked = injection.attempt, injection.attempt.target
    attempt.target = injection.around.swaps[injection.fault.name]
    attempt.swapped = True
    attempt.notes["swapped_to"] = attempt.target.name
    reply = await proceed(injection.exchange, attempt)
    return rewrite(injection, reply, NameEditor(asked.model))


class UsageEditor:
    """An Editor that multiplies counts, in the reply and in what a translation noted on the try."""

    def __init__(self, factor: float, attempt: Attempt) -> None:
        self._factor = factor
        self._attempt = attempt
        self._noted: TokenUsage | None = None

    def edit_reply(self, reply: ChatReply) -> None:
        if reply.usage is not None:
            reply.usage = inflate(reply.usage, self._factor)

    def edit_step(self, step: Delta) -> Iterable[Delta]:
        if isinstance(step, Started) and step.usage is not None:
            step = Started(step.id, step.model, inflate(step.usage, self._factor), step.created_s)
        elif isinstance(step, UsageKnown):
            step = UsageKnown(inflate(step.usage, self._factor))
        if isinstance(step, Started | UsageKnown | Finished):
            self.inflate_noted()
        yield step

    def inflate_noted(self) -> None:
        """Once for each time that the translation notes what it knows by then."""
        usage = self._attempt.usage
        if usage is not None and usage is not self._noted:
            self._attempt.usage = self._noted = inflate(usage, self._factor)


class NameEditor:
    """An Editor that gives the answer another model's name."""

    def __init__(self, model: str) -> None:
        self._model = model

    def edit_reply(self, reply: ChatReply) -> None:
        reply.model = self._model

    def edit_step(self, step: Delta) -> Iterable[Delta]:
        if isinstance(step, Started):
            step = Started(step.id, self._model, step.usage, step.created_s)
        yield step


def inflate(usage: TokenUsage, factor: float) -> TokenUsage:
    """Every count that is known, times a factor, so that parts stay parts."""
    known = msgspec.structs.asdict(usage)
    counts = {name: int(count * factor) for name, count in known.items() if isinstance(count, int)}
    return msgspec.structs.replace(usage, **counts)
