"""What Gemini's answers said and used, gathered into a Transcript: whole replies, and streams chunk by chunk."""

from typing import Any, Final

import msgspec

from lrcp.evaluators.cost import TokenUsage
from lrcp.gateway.wire.format import UNDECODABLE
from lrcp.gateway.wire.gemini.answers import (
    Answer,
    FunctionCall,
    Part,
    Usage,
    Wire,
    decode_answer,
    decode_answers,
    parts_of,
    token_usage,
)
from lrcp.gateway.wire.sse import event_data
from lrcp.gateway.wire.transcript import Transcript, count_of


def read_body(transcript: Transcript, body: bytes) -> None:
    """A whole reply, or a stream that came whole."""
    for answer in decode_answers(body):
        _add(transcript, answer)
    transcript.done = True


def read_event(transcript: Transcript, event: bytes) -> bool:
    """One event of a stream. Returns: False, for no event of this format carries the usage and nothing else."""
    data = event_data(event)
    answer = decode_answer(data) if data else None
    if answer is not None:
        _add(transcript, answer)
    return False


def read_count(transcript: Transcript, body: bytes) -> None:
    """A reply of countTokens, which generated nothing and costs nothing."""
    transcript.done = True


def _add(transcript: Transcript, answer: Answer) -> None:
    transcript.model = answer.model_version or transcript.model
    transcript.error = answer.error or transcript.error
    if answer.usage_metadata is not None:
        transcript.usage = token_usage(answer.usage_metadata)
    if answer.prompt_feedback is not None and answer.prompt_feedback.block_reason:
        transcript.finish_reasons.append(answer.prompt_feedback.block_reason)
    for candidate in answer.candidates or ():
        for part in parts_of(candidate):
            _add_part(transcript, candidate.index, part)
        if candidate.finish_reason:
            transcript.finish_reasons.append(candidate.finish_reason)


def _add_part(transcript: Transcript, index: int, part: Part) -> None:
    if part.function_call is not None:
        _add_call(transcript, index, part.function_call)
    elif part.text and part.thought:
        transcript.add_thinking(part.text)
    elif part.text:
        transcript.add_text(index, part.text)


def _add_call(transcript: Transcript, index: int, call: FunctionCall) -> None:
    """A call; one without a name goes on with the one before, whose arguments are streamed in pieces."""
    if call.name:
        arguments = "" if call.args is None and call.partial_args else _json(call.args or {})
        transcript.add_tool_call(index, call.name, arguments)
    for piece in call.partial_args or ():
        transcript.extend_tool_call(index, _json(piece))


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


class _Statistics(msgspec.Struct):
    token_count: float | None = None


class _PredictedEmbeddings(msgspec.Struct):
    statistics: _Statistics | None = None


class _Prediction(msgspec.Struct):
    embeddings: _PredictedEmbeddings | None = None


class _Embedded(Wire):
    """A reply of embedContent, batchEmbedContents or predict, without the vectors."""

    usage_metadata: Usage | None = None
    predictions: list[_Prediction] | None = None
    error: Any = None


_embedded: Final = msgspec.json.Decoder(_Embedded)


def read_embedded(transcript: Transcript, body: bytes) -> None:
    """A reply that holds vectors: what they used. Not every model tells it."""
    transcript.done = True
    try:
        reply = _embedded.decode(body)
    except UNDECODABLE:
        return
    transcript.error = reply.error
    tokens = _embedded_tokens(reply)
    if tokens is not None:
        transcript.usage = TokenUsage(input_tokens=tokens)


def _embedded_tokens(reply: _Embedded) -> int | None:
    if reply.usage_metadata is not None:
        usage = reply.usage_metadata
        return count_of(usage.prompt_token_count if usage.prompt_token_count is not None else usage.total_token_count)
    statistics = [p.embeddings.statistics for p in reply.predictions or () if p.embeddings is not None]
    counts = [s.token_count for s in statistics if s is not None and s.token_count is not None]
    return count_of(int(sum(counts))) if counts and len(counts) == len(reply.predictions or ()) else None
