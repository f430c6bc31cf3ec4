"""What the trace routes give, for the API reference."""

from typing import Any, Literal

from pydantic import BaseModel, Field

_COST = "Nano-dollars (1 dollar is 1000000000); null when no price is known, which is not zero"


class TraceTotals(BaseModel):
    """Totals of a trace; tokens and cost are of its generations (kinds llm and embedding) only."""

    trace_id: str = Field(examples=["0af7651916cd43dd8448eb211c80319c"])
    name: str = Field(description="Of the root span; of the earliest span while the root has not arrived")
    service: str
    resource: str
    env: str
    ml_app: str
    root_arrived: bool
    start_time: str = Field(examples=["2026-11-20T10:00:00.000000000Z"])
    duration_ns: int
    status: Literal["ok", "error"] = Field(description="error when any span failed")
    spans: int
    errors: int = Field(description="Spans that failed")
    generations: int
    models: list[str]
    input_tokens: int | None
    output_tokens: int | None
    cost_nusd: int | None = Field(description=_COST, examples=[1_250_000])
    cost_state: Literal["complete", "partial", "unknown", "none"] = Field(
        description="partial: some generations have no known price; none: the trace has no generation"
    )
    ttft_ns: int | None = Field(description="Time to first token of the first generation that streamed")
    session_id: str
    user_id: str


class TraceRow(TraceTotals):
    """A row of the list."""

    input: str = Field(description="First words of the prompt")
    output: str = Field(description="First words of the answer")
    error: str = Field(description="The first error of the trace")


class TracePage(BaseModel):
    """A page of traces."""

    traces: list[TraceRow]
    next_cursor: str | None = Field(description="For the next page; null on the last one")


class EvaluationRow(BaseModel):
    """An evaluation of a span."""

    time: str
    span_id: str
    name: str
    score: float | None
    label: str
    evaluator: str
    evaluator_version: str
    evidence: str
    tags: dict[str, str]


class TraceDetail(TraceTotals):
    """A trace with its spans as columns: arrays of one length, by start time."""

    bodies: bool = Field(
        description="Whether the columns include input, output, error_message and tags (up to 200 spans)"
    )
    truncated: bool = Field(description="Whether the trace has more spans than are given (100000)")
    columns: dict[str, list[Any]] = Field(
        examples=[{"span_id": ["00f067aa0ba902b7"], "parent_id": [""], "start_offset_ns": [0], "kind": ["llm"]}]
    )
    evaluations: list[EvaluationRow]


class SpanDetail(BaseModel):
    """A span with everything."""

    trace_id: str
    span_id: str
    parent_id: str
    start_time: str
    duration_ns: int
    name: str
    service: str
    resource: str
    kind: str
    status: str
    error_type: str
    error_message: str
    env: str
    version: str
    ml_app: str
    session_id: str
    user_id: str
    provider: str
    model: str
    response_model: str
    input_tokens: int | None
    output_tokens: int | None
    cached_input_tokens: int | None
    cache_write_tokens: int | None
    reasoning_tokens: int | None
    cost_nusd: int | None = Field(description=_COST)
    cost_source: str = Field(
        description="reported, computed, estimated or unknown; empty when the span is no generation"
    )
    ttft_ns: int | None
    finish_reason: str
    prompt_version: str
    route: str
    cache: str
    attempts: int
    input: str
    output: str
    tags: dict[str, str]
    source: str
