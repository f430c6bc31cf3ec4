"""Real `ddtrace` processes against the real receiver over a real socket: what their rows are, and that nothing is refused."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import uvicorn

from lrcp.ingest.counters import Counters
from lrcp.ingest.http import ReceiverApp
from lrcp.kit.clock import SystemClock
from lrcp.model.evaluation import Evaluation
from lrcp.model.span import Span
from tests.support.asgi import KeepingConsumer
from tests.wire.agent import AGENT
from tests.wire.record.recorder import run_traced_app


class Live:
    """A served receiver: its address, what it took, what it counted."""

    def __init__(self, url: str, consumer: KeepingConsumer, counters: Counters) -> None:
        self.url, self._consumer, self._counters = url, consumer, counters

    def spans(self) -> list[Span]:
        return [span for batch in self._consumer.batches for span in batch.spans]

    def evaluations(self) -> list[Evaluation]:
        return [evaluation for batch in self._consumer.batches for evaluation in batch.evaluations]

    def refused(self) -> dict[str, int]:
        """What was refused, by reason; nothing should be."""
        taken = {"requests", "bytes", "records"}
        return {key: n for key, n in self._counters.snapshot()["datadog_agent"].items() if key not in taken}


@contextmanager
def served_agent() -> Iterator[Live]:
    consumer, counters = KeepingConsumer(), Counters()
    listener = socket.create_server(("127.0.0.1", 0))
    app = ReceiverApp(AGENT, consumer, counters, SystemClock())
    server = uvicorn.Server(uvicorn.Config(app, lifespan="off", log_level="warning"))
    thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[listener])), daemon=True)
    thread.start()
    try:
        yield Live(f"http://127.0.0.1:{listener.getsockname()[1]}", consumer, counters)
    finally:
        server.should_exit = True
        thread.join(10)
        listener.close()


@pytest.mark.e2e
def test_ddtrace_chooses_the_agent_path_and_its_generations_arrive_whole() -> None:
    with served_agent() as live:
        run_traced_app("openai", live.url, DD_LLMOBS_ENABLED="1", DD_INSTRUMENTATION_TELEMETRY_ENABLED="true")
    spans = live.spans()
    assert sorted(span.kind for span in spans) == ["client"] * 4 + ["embedding"] + ["llm"] * 3 + ["workflow"]
    assert {span.awaits for span in spans} == {""}
    generation = next(span for span in spans if span.prompt_version == "v3")
    assert (generation.input_tokens, generation.output_tokens, generation.model) == (120, 30, "gpt-4o-mini")
    assert live.refused() == {}


@pytest.mark.e2e
def test_ddtrace_without_apm_sends_events_through_the_proxy_and_evaluations_join_them() -> None:
    with served_agent() as live:
        run_traced_app("manual", live.url, DD_LLMOBS_ENABLED="1", DD_APM_TRACING_ENABLED="false")
    spans = {span.name: span for span in live.spans()}
    assert {span.source for span in spans.values()} == {"llmobs"}
    assert spans["look_up"].parent_id == spans["generate"].span_id
    assert {e.span_id for e in live.evaluations()} == {spans["whole"].span_id, ""}
    assert live.refused() == {}


@pytest.mark.e2e
def test_ddtrace_that_is_told_to_go_around_the_agent_arrives_too() -> None:
    with served_agent() as live:
        run_traced_app(
            "manual",
            live.url,
            DD_LLMOBS_ENABLED="1",
            DD_LLMOBS_AGENTLESS_ENABLED="1",
            DD_LLMOBS_OVERRIDE_ORIGIN=live.url,
            DD_API_KEY="none",
        )
    names = sorted(span.name for span in live.spans() if span.source == "llmobs")
    assert names == ["clean", "generate", "look_up", "search", "shop_agent", "whole"]
    assert len(live.evaluations()) == 3
    assert live.refused() == {}


@pytest.mark.e2e
@pytest.mark.parametrize("version", ["v0.4", "v0.5"])
def test_ordinary_traces_arrive_in_either_form(version: str) -> None:
    with served_agent() as live:
        run_traced_app("plain", live.url, DD_TRACE_API_VERSION=version, DD_TRACE_STATS_COMPUTATION_ENABLED="true")
    assert sorted(span.name for span in live.spans()) == ["cart.add", "fastapi.request", "postgres.query"]
    assert live.refused() == {}
