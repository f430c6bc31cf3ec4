"""Evaluation metrics, version 1 and 2: what an evaluator or a person said of a span."""

from typing import Any, Final
from uuid import UUID

import msgspec

from lrcp.ingest.http import Decoded, Reply, Request
from lrcp.ingest.receivers.llmobs.ids import span_id_of, trace_id_of
from lrcp.ingest.receivers.llmobs.values import (
    cut_text,
    find_count,
    find_number,
    flatten,
    json_text,
    map_of,
    number_text,
    tag_pairs,
    text_of,
)
from lrcp.ingest.receivers.llmobs.wire import DOCUMENT, METRIC, WireMetric, decode_json, find_record
from lrcp.model.batch import Batch
from lrcp.model.errors import DecodeError
from lrcp.model.evaluation import Evaluation
from lrcp.model.ids import payload_digest

_NS_PER_MS: Final = 1_000_000
_MAX_TIME_MS: Final = ((1 << 63) - 1) // _NS_PER_MS
_AS_SENT: Final = msgspec.json.Decoder(dict[str, Any])
_MAX_LABEL_CHARS: Final = 1024
_VALUES: Final = {
    "categorical": "categorical_value",
    "score": "score_value",
    "numerical": "numerical_value",
    "boolean": "boolean_value",
    "json": "json_value",
    "text": "text_value",
}


def decode_evaluations(request: Request) -> Decoded:
    """Decode the body of `eval-metric`; the reply gives each accepted metric back with an id, as Datadog does.

    Raises: DecodeError - not such JSON, or it has metrics and none of them could be read.
    """
    raws = decode_json(DOCUMENT, request.body).data.attributes.metrics
    accepted: list[msgspec.Raw] = []
    evaluations: list[Evaluation] = []
    for raw in raws:
        wire = find_record(METRIC, raw)
        evaluation = evaluation_of(wire, request.received_ns) if wire is not None else None
        if evaluation is not None:
            accepted.append(raw)
            evaluations.append(evaluation)
    if raws and not evaluations:
        raise DecodeError("no metric of the body has a label, a metric_type and the value of that type")
    digest = payload_digest(request.path.encode(), request.body)
    batch = Batch(evaluations=evaluations, digest=digest, size_bytes=len(request.body))
    return Decoded(Reply(202, _render_echo(digest, accepted)), batch, len(raws) - len(evaluations))


def evaluation_of(wire: WireMetric, now_ns: int) -> Evaluation | None:
    """One metric as an evaluation, None without a label, a known type, its value, and something it is about.

    A score within [0, 1] is the score; every other value is the label. The trace id on this wire is LLM
    Observability's, not the APM trace's: the span id is what joins.
    """
    value = getattr(wire, _VALUES.get(wire.metric_type.lower(), ""), None)
    target = wire.join_on.span if wire.join_on is not None and wire.join_on.span is not None else None
    span_id = span_id_of(target.get("span_id") if target is not None else wire.span_id)
    trace_id = trace_id_of(target.get("trace_id") if target is not None else wire.trace_id)
    tags = _tags_of(wire)
    is_joined = span_id or trace_id or "join_tag" in tags or "session_id" in tags
    if not wire.label or value is None or not is_joined:
        return None
    time_ms = find_count(wire.timestamp_ms)
    number = find_number(value)
    is_ratio = number is not None and 0 <= number <= 1 and not isinstance(value, str)
    return Evaluation(
        time_ns=time_ms * _NS_PER_MS if time_ms and time_ms <= _MAX_TIME_MS else now_ns,
        name=wire.label,
        trace_id=trace_id,
        span_id=span_id,
        score=number if is_ratio else None,
        label="" if is_ratio else cut_text(_label_of(value), _MAX_LABEL_CHARS),
        evaluator=tags.get("evaluator", "feedback" if wire.event_kind == "feedback" else "external"),
        evidence=cut_text(text_of(wire.reasoning)),
        tags=tags,
    )


def _label_of(value: Any) -> str:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return number_text(float(value))
    return text_of(value)


def _tags_of(wire: WireMetric) -> dict[str, str]:
    """Tags of the metric, and as tags what has no column: its type, the verdict, the application, what it joins."""
    tags = {key: text for key, text in tag_pairs(wire.tags) if key}
    tags.update(flatten("metadata", map_of(wire.metadata)))
    tags["metric_type"] = wire.metric_type.lower()
    for key in ("assessment", "ml_app", "eval_scope", "session_id"):
        text = text_of(getattr(wire, key))
        if text:
            tags[key] = text
    joined = wire.join_on.tag if wire.join_on is not None else None
    if joined is not None and joined.get("key"):
        tags["join_tag"] = f"{text_of(joined['key'])}:{text_of(joined.get('value'))}"
    return tags


def _render_echo(digest: bytes, accepted: list[msgspec.Raw]) -> bytes:
    """The reply: what was accepted, with ids that follow from the payload, so that a resent one gets the same."""
    number = int.from_bytes(digest)
    metrics = [
        {**map_of(find_record(_AS_SENT, raw)), "id": str(UUID(int=(number + place) % (1 << 128)))}
        for place, raw in enumerate(accepted, start=1)
    ]
    attributes = {"metrics": metrics}
    document = {"id": str(UUID(int=number)), "type": "evaluation_metric", "attributes": attributes}
    return json_text({"data": document}).encode()
