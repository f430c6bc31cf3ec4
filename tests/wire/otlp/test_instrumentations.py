"""The OpenAI client, instrumented by OpenInference and by OpenLLMetry, exporting to the receiver on a socket."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from lrcp.model.span import Span
from tests.support.model_server import running_model_server
from tests.support.model_wires import ANSWER, USAGE
from tests.wire.otlp.instrumented_app import QUESTION, SYSTEM
from tests.wire.otlp.servers import serving

APP = Path(__file__).parent / "instrumented_app.py"
Spans = tuple[Span, Span, Span, Span]


@pytest.fixture(scope="module", params=["openinference.instrumentation.openai", "opentelemetry.instrumentation.openai"])
def spans(request: pytest.FixtureRequest) -> Spans:
    """What arrives of the application: chat, streamed chat, embedding, failure."""
    with serving() as servers, running_model_server() as models:
        command = [sys.executable, str(APP), request.param, servers.http_url, models.openai_url]
        subprocess.run(command, check=True, timeout=120)
        chat, streamed, embedding, failure = (s for batch in servers.collector.batches for s in batch.spans)
    return chat, streamed, embedding, failure


def test_a_chat_call_fills_the_columns_of_a_generation(spans: Spans) -> None:
    span = spans[0]
    assert (span.kind, span.provider, span.model, span.status) == ("llm", "openai", "gpt-x", "ok")
    assert (span.response_model, span.ml_app, span.service) == ("gpt-x-2026-08-01", "shop", "shop")
    assert (span.input_tokens, span.output_tokens) == (USAGE.input, USAGE.output)
    assert (span.cached_input_tokens, span.reasoning_tokens) == (USAGE.cached, USAGE.reasoning)
    assert json.loads(span.input) == [SYSTEM, QUESTION]
    assert [(m["role"], m["content"]) for m in json.loads(span.output)] == [("assistant", ANSWER)]
    assert span.finish_reason == "stop"


def test_a_streamed_call_tells_the_time_to_its_first_token(spans: Spans) -> None:
    span = spans[1]
    assert json.loads(span.output)[0]["content"] == ANSWER
    assert span.ttft_ns is not None
    assert 0 < span.ttft_ns <= span.duration_ns


def test_an_embedding_call_is_an_embedding(spans: Spans) -> None:
    span = spans[2]
    assert (span.kind, span.model, span.input_tokens, span.output) == ("embedding", "emb", USAGE.input, "")
    assert ('"a"' in span.input, '"b"' in span.input) == (True, True)


def test_a_failed_call_names_its_error_and_its_model(spans: Spans) -> None:
    span = spans[3]
    assert (span.status, span.model, span.kind) == ("error", "missing", "llm")
    assert span.error_type.endswith("NotFoundError")
    assert "404" in span.error_message
