"""Evaluation metrics, version 1 and 2."""

import json
from typing import Any

import pytest

from lrcp.model.errors import DecodeError
from lrcp.model.evaluation import Evaluation
from tests.wire.agent import NOW_NS, PROXIED, batch_of, decode, recording, spans_of

V2 = "/evp_proxy/v2/api/intake/llm-obs/v2/eval-metric"
TRACE = "0123456789abcdef0123456789abcdef"


def metric(**changes: Any) -> dict[str, Any]:
    base = {
        "join_on": {"span": {"span_id": "4660", "trace_id": TRACE}},
        "label": "quality",
        "metric_type": "score",
        "score_value": 0.5,
        "timestamp_ms": 1_799_999_999_123,
        "ml_app": "shop",
    }
    return {key: value for key, value in (base | changes).items() if value is not None}


def body_of(*metrics: Any) -> bytes:
    return json.dumps({"data": {"type": "evaluation_metric", "attributes": {"metrics": list(metrics)}}}).encode()


def one(**changes: Any) -> Evaluation:
    return batch_of(V2, body_of(metric(**changes)), PROXIED).evaluations[0]


def test_evaluations_of_the_real_sdk_join_the_real_spans() -> None:
    score, topic, kept = batch_of(V2, recording("llmobs/manual.evaluations.json"), PROXIED).evaluations
    whole = next(s for s in spans_of("/v0.4/traces", recording("ddtrace_v04/manual.bin")) if s.name == "whole")
    assert score.span_id == topic.span_id == whole.span_id
    assert score.trace_id == whole.tags["llmobs_trace_id"]
    assert (score.name, score.score, score.label, score.evidence) == ("quality", 0.7, "", "close to the text")
    assert (score.tags["assessment"], score.tags["ml_app"], score.tags["judge"]) == ("pass", "shop-assistant", "j1")
    assert (topic.name, topic.score, topic.label) == ("topic", None, "returns")
    assert (kept.label, kept.span_id, kept.trace_id, kept.tags["join_tag"]) == ("true", "", "", "order:o-1")
    assert abs(score.time_ns - whole.start_ns) < 10_000_000_000


def test_version_1_has_its_ids_beside_the_value() -> None:
    evaluation = one(join_on=None, span_id="4660", trace_id=TRACE)
    assert (evaluation.span_id, evaluation.trace_id, evaluation.time_ns) == (
        f"{0x1234:016x}",
        TRACE,
        1_799_999_999_123_000_000,
    )
    assert evaluation == one()


@pytest.mark.parametrize(
    ("changes", "score", "label"),
    [
        ({"score_value": 0}, 0.0, ""),
        ({"score_value": 1}, 1.0, ""),
        ({"score_value": 7.5}, None, "7.5"),
        ({"score_value": -1}, None, "-1"),
        ({"metric_type": "categorical", "categorical_value": "0.5"}, None, "0.5"),
        ({"metric_type": "boolean", "boolean_value": False}, None, "false"),
        ({"metric_type": "json", "json_value": {"a": 1}}, None, '{"a":1}'),
        ({"metric_type": "text", "text_value": "liked it"}, None, "liked it"),
        ({"metric_type": "Score"}, 0.5, ""),
    ],
)
def test_a_ratio_is_the_score_and_any_other_value_the_label(
    changes: dict[str, Any], score: float | None, label: str
) -> None:
    evaluation = one(**changes)
    assert (evaluation.score, evaluation.label) == (score, label)


def test_feedback_about_a_session_is_kept_with_it() -> None:
    feedback = {
        "join_on": None,
        "session_id": "s-42",
        "event_kind": "feedback",
        "metric_type": "text",
        "text_value": "ok",
    }
    evaluation = one(**feedback)
    assert (evaluation.evaluator, evaluation.tags["session_id"], evaluation.span_id) == ("feedback", "s-42", "")


def test_an_evaluation_without_a_time_is_of_now() -> None:
    assert one(timestamp_ms=None).time_ns == NOW_NS


BROKEN: dict[str, Any] = {
    "no_label": metric(label=None),
    "an_empty_label": metric(label=""),
    "no_type": metric(metric_type=None),
    "an_unknown_type": metric(metric_type="colour"),
    "no_value_of_its_type": metric(metric_type="boolean"),
    "nothing_it_is_about": metric(join_on=None),
    "no_map": 7,
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_metric_is_refused_and_the_others_go_on(name: str) -> None:
    decoded = decode(V2, body_of(BROKEN[name], metric()), PROXIED)
    assert decoded.batch is not None
    assert (len(decoded.batch.evaluations), decoded.rejected) == (1, 1)


@pytest.mark.parametrize("name", BROKEN)
def test_a_request_of_only_broken_metrics_is_an_error(name: str) -> None:
    with pytest.raises(DecodeError):
        decode(V2, body_of(BROKEN[name]), PROXIED)


def test_the_reply_gives_back_what_was_accepted_with_ids_that_a_resend_gets_too() -> None:
    body = body_of(metric(), 7, metric(label="other"))
    reply = decode(V2, body, PROXIED).reply
    data = json.loads(reply.body)["data"]
    metrics = data["attributes"]["metrics"]
    assert (reply.status, data["type"], [item["label"] for item in metrics]) == (
        202,
        "evaluation_metric",
        ["quality", "other"],
    )
    assert len({data["id"], *(item["id"] for item in metrics)}) == 3
    assert decode(V2, body, PROXIED).reply.body == reply.body


@pytest.mark.parametrize("prefix", ["", "/evp_proxy/v2", "/evp_proxy/v4"])
@pytest.mark.parametrize("version", ["intake/llm-obs/v1", "intake/llm-obs/v2", "unstable/llm-obs/v1"])
def test_every_path_of_the_intake_takes_both_versions(prefix: str, version: str) -> None:
    path = f"{prefix}/api/{version}/eval-metric"
    assert batch_of(path, body_of(metric()), PROXIED).evaluations == [one()]


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b'{"data":5}', b'{"data":{"attributes":{"metrics":5}}}', b"{" * 50_000]
)
def test_a_body_of_another_shape_is_undecodable(body: bytes) -> None:
    with pytest.raises(DecodeError):
        decode(V2, body, PROXIED)
