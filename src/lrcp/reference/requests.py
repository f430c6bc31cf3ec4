"""What callers send and what they get, with the limits that keep one caller from taking the model away from the others."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

_Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
_Name = Annotated[str, Field(min_length=1, max_length=200)]


class _Caller(BaseModel):
    """Who asks: for grouping turns into a session. The headers x-session-id and x-user-id do the same."""

    model_config = ConfigDict(extra="forbid")

    session_id: _Name | None = None
    user_id: _Name | None = None


class QaRequest(_Caller):
    question: Annotated[_Text, Field(max_length=4_000)]
    document: Annotated[str, Field(max_length=100_000)] = ""


class ReasonRequest(_Caller):
    prompt: Annotated[_Text, Field(max_length=20_000)]


class StressRequest(_Caller):
    prompt: Annotated[_Text, Field(max_length=20_000)]
    repetitions: Annotated[int, Field(ge=1, le=50)]


class AnswerMetadata(BaseModel):
    """The figures of one answer. null: not reported, or (cost) not known. What was cut for the model's context is said."""

    model_config = ConfigDict(extra="forbid")

    latency_ms: float
    input_tokens: int | None
    output_tokens: int | None
    cost_usd: float | None
    model: str
    trace_id: str
    session_id: str | None = None
    finish_reason: str = ""
    document_truncated: bool = False
    prompt_truncated: bool = False
    repetitions: int = 1
    completed: int = 1


class AnswerReply(BaseModel):
    answer: str
    metadata: AnswerMetadata
