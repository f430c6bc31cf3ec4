"""Evaluation: a judged value on a span."""

import msgspec


class Evaluation(msgspec.Struct):
    """One row of `evaluations`. score is in [0, 1] where the evaluator gives one, else None and the label speaks.

    span_id may be '' when the evaluation is of a whole trace; both ids are '' when it joins by a tag (kept in tags).
    """

    time_ns: int
    name: str
    trace_id: str = ""
    span_id: str = ""
    score: float | None = None
    label: str = ""
    evaluator: str = ""
    evaluator_version: str = ""
    evidence: str = ""
    tags: dict[str, str] = {}
