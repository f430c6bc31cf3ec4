"""The event `gen_ai.evaluation.result`, on a span or as a log record, to an evaluation of the span it names."""

import math
from collections.abc import Mapping
from typing import Any, Final

from lrcp.ingest.receivers.otlp.values import as_text
from lrcp.model.evaluation import Evaluation

EVENT: Final = "gen_ai.evaluation.result"

_NAME: Final = "gen_ai.evaluation.name"
_SCORE: Final = "gen_ai.evaluation.score.value"
_LABEL: Final = "gen_ai.evaluation.score.label"
_EXPLANATION: Final = "gen_ai.evaluation.explanation"
_READ: Final = frozenset({_NAME, _LABEL, _EXPLANATION})


def read_evaluation(
    attributes: Mapping[str, Any], *, time_ns: int, trace_id: str, span_id: str, evaluator: str
) -> Evaluation | None:
    """An evaluation from the event's attributes, as plain values; None when it has no name.

    The conventions leave a score's range open. One outside [0, 1] cannot be a score here; it stays as a tag.
    """
    name = as_text(attributes.get(_NAME))
    if not name:
        return None
    value = attributes.get(_SCORE)
    score = float(value) if isinstance(value, int | float) and math.isfinite(value) and 0 <= value <= 1 else None
    taken = _READ if score is None else _READ | {_SCORE}
    return Evaluation(
        time_ns,
        name,
        trace_id,
        span_id,
        score,
        as_text(attributes.get(_LABEL)),
        evaluator,
        "",
        as_text(attributes.get(_EXPLANATION)),
        {key: as_text(item) for key, item in attributes.items() if key not in taken},
    )
