"""The evaluation event of the GenAI conventions, on spans and as log records."""

from typing import Any

import pytest

from tests.wire.otlp.bodies import SPAN_ID, START_NS, TRACE_ID, Decoders, key_values, log_request, trace_request

RESULT = {
    "gen_ai.evaluation.name": "relevance",
    "gen_ai.evaluation.score.value": 0.75,
    "gen_ai.evaluation.score.label": "good",
    "gen_ai.evaluation.explanation": "on topic",
    "gen_ai.response.id": "r1",
}
EVENT = "gen_ai.evaluation.result"


def test_the_event_on_a_span_is_an_evaluation_of_that_span() -> None:
    batch = Decoders().traces(trace_request(events=[(EVENT, RESULT)], scope="judge")).batch
    (found,) = batch.evaluations
    assert (found.trace_id, found.span_id, found.time_ns) == (TRACE_ID.hex(), SPAN_ID.hex(), START_NS + 500_000_000)
    assert (found.name, found.score, found.label, found.evidence) == ("relevance", 0.75, "good", "on topic")
    assert (found.evaluator, found.tags) == ("judge", {"gen_ai.response.id": "r1"})


@pytest.mark.parametrize("score", [4, -1, float("nan"), "high"])
def test_a_score_outside_zero_and_one_is_no_score_but_is_not_lost(score: Any) -> None:
    attributes = RESULT | {"gen_ai.evaluation.score.value": score}
    (found,) = Decoders().traces(trace_request(events=[(EVENT, attributes)])).batch.evaluations
    assert (found.score, found.tags["gen_ai.evaluation.score.value"]) == (None, str(score))


def test_an_event_without_a_name_judges_nothing() -> None:
    assert Decoders().traces(trace_request(events=[(EVENT, {})])).batch.evaluations == []


def test_the_event_as_a_log_record_is_an_evaluation_of_the_span_it_names() -> None:
    record = {"time_unix_nano": START_NS, "event_name": EVENT, "attributes": key_values(RESULT)}
    named = {"trace_id": TRACE_ID, "span_id": SPAN_ID}
    batch = Decoders().logs(log_request(record | named, record)).batch
    (found,) = batch.evaluations
    assert (found.trace_id, found.span_id, found.name, found.score) == (
        TRACE_ID.hex(),
        SPAN_ID.hex(),
        "relevance",
        0.75,
    )
    assert len(batch.logs) == 2
