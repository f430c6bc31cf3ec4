"""What an APM span says of its kind, its service and its model."""

import pytest

from lrcp.ingest.receivers.datadog_agent.spans import build_span
from lrcp.ingest.receivers.datadog_agent.wire import WireSpan
from lrcp.model.span import Span

NOW_NS = 1_800_000_000_000_000_000


def built(**fields: object) -> Span:
    base = {"trace_id": 1, "span_id": 2, "start": NOW_NS, "duration": 3}
    span = build_span(WireSpan(**(base | fields)), "0" * 16, NOW_NS)  # type: ignore[arg-type]
    assert span is not None
    return span


@pytest.mark.parametrize(
    ("kind", "span_type", "expected"),
    [
        ("server", "", "server"),
        ("client", "web", "client"),
        ("producer", "worker", "producer"),
        ("consumer", "", "consumer"),
        ("internal", "http", "internal"),
        ("strange", "web", "server"),
        ("", "web", "server"),
        ("", "http", "client"),
        ("", "sql", "client"),
        ("", "worker", "internal"),
        ("", "", "internal"),
    ],
)
def test_the_kind_is_what_the_span_says_else_what_its_type_means(kind: str, span_type: str, expected: str) -> None:
    assert built(meta={"span.kind": kind} if kind else {}, type=span_type).kind == expected


def test_a_span_without_names_gets_the_agents() -> None:
    span = built()
    assert (span.name, span.service, span.resource) == ("unnamed_operation", "unnamed-service", "unnamed_operation")
    assert built(name="n").resource == "n"


def test_names_of_thousands_of_characters_are_cut() -> None:
    span = built(name="n" * 9000, resource="r" * 9000, service="s" * 9000)
    assert max(len(span.name), len(span.service)) < 500
    assert len(span.resource) < 5100


@pytest.mark.parametrize(
    ("operation", "kind"),
    [("chat", "llm"), ("embeddings", "embedding"), ("execute_tool", "tool"), ("invoke_agent", "agent"), ("llm", "llm")],
)
def test_opentelemetrys_words_for_an_operation_are_known(operation: str, kind: str) -> None:
    meta = {"gen_ai.operation.name": operation, "gen_ai.request.model": "m", "gen_ai.provider.name": "OpenAI"}
    span = built(meta=meta, metrics={"gen_ai.usage.input_tokens": 4.0})
    assert (span.kind, span.model, span.provider, span.awaits) == (kind, "m", "openai", "")
    assert span.input_tokens == (4 if kind in ("llm", "embedding") else None)


def test_an_llm_span_of_an_old_tracer_waits_and_claims_no_kind_it_does_not_know() -> None:
    span = built(type="llm", name="openai.request", meta={"openai.request.model": "gpt-4"})
    assert (span.awaits, span.kind, span.model) == ("llmobs", "internal", "gpt-4")


def test_error_details_are_columns_only_on_errors() -> None:
    failed = built(error=1, meta={"error.type": "T", "error.msg": "m"})
    assert (failed.status, failed.error_type, failed.error_message, failed.tags) == ("error", "T", "m", {})
    handled = built(error=0, meta={"error.type": "T"})
    assert (handled.status, handled.error_type, handled.tags) == ("ok", "", {"error.type": "T"})


def test_numbers_become_short_tags() -> None:
    tags = built(metrics={"a": 3.0, "b": 0.5, "_dd.top_level": 1.0, "c": 1e20}).tags
    assert tags == {"a": "3", "b": "0.5", "c": "1e+20"}
