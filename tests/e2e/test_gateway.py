"""The gateway as a process, between the official client and real servers that behave and misbehave."""

import json
import signal
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import openai
import pytest

from tests.support.http_thread import serving
from tests.support.processes import PYTHON, ROOT, clean_environ, free_port, running_process, stop, wait_until
from tests.support.span_listener import SeenSpan, SpanListener
from tests.support.wayward_upstream import CACHED_TOKENS, COMPLETION_TOKENS, PROMPT_TOKENS, USAGE, WORDS, Wayward

pytestmark = pytest.mark.e2e

ASK = [{"role": "user", "content": "What shall I do?"}]
SECRET = "sk-never-to-be-seen"
PRICES = {"models": [{"model": "*", "prices": [{"input": 1, "cached_input": "0.1", "output": 2}]}]}
COST_NUSD = (PROMPT_TOKENS - CACHED_TOKENS) * 1000 + CACHED_TOKENS * 100 + COMPLETION_TOKENS * 2000


class Scene:
    """One upstream, one listener, one gateway between them."""

    def __init__(self, upstream: Wayward, listener: SpanListener, url: str, log: Path, process: Any) -> None:
        self.upstream = upstream
        self.listener = listener
        self.url = url
        self.log = log
        self.process = process

    def client(self, **headers: str) -> openai.OpenAI:
        return openai.OpenAI(base_url=f"{self.url}/v1", api_key=SECRET, max_retries=0, default_headers=headers)

    def health(self) -> dict[str, Any]:
        with urllib.request.urlopen(f"{self.url}/health", timeout=10) as reply:
            health: dict[str, Any] = json.load(reply)
        return health

    def telemetry(self) -> dict[str, Any]:
        told: dict[str, Any] = self.health()["telemetry"]
        return told

    def raw_stream(self, body: dict[str, Any]) -> list[bytes]:
        """The lines of a streamed reply, as they are on the wire."""
        data = json.dumps({**body, "stream": True}).encode()
        request = urllib.request.Request(f"{self.url}/v1/chat/completions", data=data)
        with urllib.request.urlopen(request, timeout=30) as reply:
            return [part + b"\n\n" for part in reply.read().split(b"\n\n") if part.strip()]


@contextmanager
def gateway(tmp_path: Path, upstream_url: str, otlp_port: int, **variables: str) -> Iterator[tuple[str, Path, Any]]:
    port = free_port()
    prices = tmp_path / "prices.json"
    prices.write_text(json.dumps(PRICES))
    environ = clean_environ(
        PYTHONPATH=str(ROOT / "src"),
        LRCP_GATEWAY_PORT=str(port),
        LRCP_UPSTREAM="url",
        LRCP_UPSTREAM_URL=upstream_url,
        LRCP_OTLP_HTTP_PORT=str(otlp_port),
        LRCP_PRICES_FILE=str(prices),
        LRCP_ENV="tests",
        **variables,
    )
    log, url = tmp_path / "gateway.log", f"http://127.0.0.1:{port}"
    code = "from lrcp.app.settings import load_settings; from lrcp.app.gateway import run_gateway_process as run; run(load_settings())"
    with running_process([PYTHON, "-c", code], environ, log, ready_url=f"{url}/health") as process:
        yield url, log, process


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    upstream, listener = Wayward(), SpanListener()
    with (
        serving(upstream.build()) as upstream_url,
        serving(listener.build()) as listener_url,
        gateway(tmp_path, f"{upstream_url}/v1", int(listener_url.rsplit(":", 1)[1])) as (url, log, process),
    ):
        yield Scene(upstream, listener, url, log, process)


def test_a_whole_reply_passes_and_is_measured(scene: Scene) -> None:
    raw = scene.client(**{"x-lrcp-session": "s-1", "x-lrcp-user": "u-1"}).chat.completions.with_raw_response
    reply = raw.create(model="plain", messages=ASK)  # type: ignore[arg-type]
    assert reply.parse().choices[0].message.content == "".join(WORDS)
    assert reply.headers["x-request-id"] == "req-1"
    assert reply.headers["x-lrcp-cost-usd"] == f"0.{COST_NUSD:09d}"
    assert reply.headers["x-lrcp-model"] == "url/plain"
    assert reply.headers["x-lrcp-attempts"] == "1"
    assert float(reply.headers["x-lrcp-overhead-ms"]) > 0
    span = scene.listener.only()
    assert span.raw["traceId"] == reply.headers["x-lrcp-trace-id"]
    assert span.raw["parentSpanId"] == ""
    assert span.raw["name"] == "chat plain"
    assert span.raw["status"]["code"] == 1
    expected = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "127.0.0.1",
        "gen_ai.request.model": "plain",
        "gen_ai.response.model": "plain",
        "gen_ai.usage.input_tokens": PROMPT_TOKENS,
        "gen_ai.usage.output_tokens": COMPLETION_TOKENS,
        "gen_ai.usage.cache_read.input_tokens": CACHED_TOKENS,
        "gen_ai.response.finish_reasons": ["stop"],
        "gen_ai.conversation.id": "s-1",
        "user.id": "u-1",
        "lrcp.kind": "llm",
        "lrcp.source": "gateway",
        "lrcp.attempts": 1,
        "lrcp.cost_nusd": COST_NUSD,
        "lrcp.cost_source": "computed",
        "lrcp.route": "direct",
    }
    assert {key: span[key] for key in expected} == expected
    assert json.loads(span["gen_ai.input.messages"]) == ASK
    assert json.loads(span["gen_ai.output.messages"]) == [{"role": "assistant", "content": "".join(WORDS)}]
    assert scene.listener.resources[0] == {
        "service.name": "lrcp-gateway",
        "deployment.environment.name": "tests",
        "service.version": scene.health()["version"],
    }


def test_the_request_body_goes_on_byte_for_byte(scene: Scene) -> None:
    body = b'{ "messages" : [{"role":"user","content":"h\\u00e9\xc3\xa9"}], "model":"plain","seed": 1.50,  "x":null }'
    request = urllib.request.Request(f"{scene.url}/v1/chat/completions?api-version=1", data=body)
    urllib.request.urlopen(request, timeout=30).close()
    assert scene.upstream.bodies == [body]


def test_a_provider_prefix_is_taken_off_and_nothing_else_changes(scene: Scene) -> None:
    body = b'{"temperature":1.50,"model":"url/plain","messages":[{"role": "user", "content": "h\\u00e9"}]}'
    request = urllib.request.Request(f"{scene.url}/v1/chat/completions", data=body)
    urllib.request.urlopen(request, timeout=30).close()
    assert scene.upstream.bodies == [body.replace(b"url/plain", b"plain")]


def test_a_stream_that_asks_for_usage_passes_unchanged(scene: Scene) -> None:
    asked = {"model": "plain", "messages": ASK, "stream_options": {"include_usage": True}}
    assert scene.raw_stream(asked) == [*scene.upstream.sent_events, b"data: [DONE]\n\n"]
    assert scene.listener.only()["gen_ai.usage.input_tokens"] == PROMPT_TOKENS


def test_a_stream_that_does_not_ask_for_usage_is_measured_and_does_not_see_it(scene: Scene) -> None:
    seen = scene.raw_stream({"model": "plain", "messages": ASK})
    assert json.loads(scene.upstream.bodies[0])["stream_options"] == {"include_usage": True}
    assert json.loads(scene.upstream.sent_events[-1][6:])["usage"] == USAGE
    assert seen == [*scene.upstream.sent_events[:-1], b"data: [DONE]\n\n"]
    span = scene.listener.only()
    assert (span["gen_ai.usage.input_tokens"], span["lrcp.cost_nusd"]) == (PROMPT_TOKENS, COST_NUSD)
    assert json.loads(span["gen_ai.output.messages"])[0]["content"] == "".join(WORDS)
    duration_ns = int(span.raw["endTimeUnixNano"]) - int(span.raw["startTimeUnixNano"])
    assert 0 < span["lrcp.ttft_ns"] <= duration_ns


def test_a_chunk_reaches_the_client_while_the_upstream_still_thinks_about_the_next(scene: Scene) -> None:
    stream = scene.client().chat.completions.create(model="pauses", messages=ASK, stream=True)  # type: ignore[call-overload]
    first = next(stream)
    assert first.choices[0].delta.content == WORDS[0]  # the upstream waits for us until the next line
    scene.upstream.may_go_on.set()
    assert [chunk.choices[0].delta.content for chunk in stream] == [WORDS[1]]


def test_tokens_are_estimated_and_marked_when_the_provider_does_not_count(scene: Scene) -> None:
    scene.client().chat.completions.create(model="without-usage", messages=ASK)  # type: ignore[arg-type]
    scene.raw_stream({"model": "without-usage", "messages": ASK})
    for span in map(SeenSpan, scene.listener.wait_for(2)):
        assert span["lrcp.cost_source"] == "estimated"
        assert span["gen_ai.usage.input_tokens"] == 4 + len(ASK[0]["content"]) // 4
        assert span["gen_ai.usage.output_tokens"] == -(-len("".join(WORDS)) // 4)
        assert (
            span["lrcp.cost_nusd"]
            == span["gen_ai.usage.input_tokens"] * 1000 + span["gen_ai.usage.output_tokens"] * 2000
        )


def test_an_upstream_error_passes_with_its_status_body_and_headers(scene: Scene) -> None:
    with pytest.raises(openai.RateLimitError) as caught:
        scene.client().chat.completions.create(model="throttled", messages=ASK)  # type: ignore[arg-type]
    assert caught.value.response.headers["retry-after"] == "7"
    assert caught.value.body == {
        "message": "slow down",
        "type": "rate_limit_error",
        "code": "rate_limited",
        "param": None,
    }
    span = scene.listener.only()
    assert span.raw["status"] == {"code": 2, "message": "slow down"}
    assert (span["error.type"], span["http.status_code"]) == ("rate_limit_error", "429")
    assert span["lrcp.cost_nusd"] is None


@pytest.mark.parametrize(
    ("model", "status", "code"),
    [("drops", 502, "upstream_disconnected"), ("cut-body", 502, "upstream_cut")],
)
def test_a_broken_answer_is_an_error_that_says_so(scene: Scene, model: str, status: int, code: str) -> None:
    with pytest.raises(openai.APIStatusError) as caught:
        scene.client().chat.completions.create(model=model, messages=ASK)  # type: ignore[arg-type]
    assert (caught.value.status_code, caught.value.code) == (status, code)
    assert "provider 'url'" in caught.value.message
    assert scene.listener.only()["error.type"] == code


def test_an_error_that_is_not_json_passes_all_the_same(scene: Scene) -> None:
    with pytest.raises(openai.InternalServerError) as caught:
        scene.client().chat.completions.create(model="gateway-page", messages=ASK)  # type: ignore[arg-type]
    assert (caught.value.status_code, caught.value.response.content) == (500, b"<html>no</html>")


@pytest.mark.parametrize("model", ["cut", "ends-early"])
def test_a_stream_that_breaks_ends_with_an_error_event(scene: Scene, model: str) -> None:
    stream = scene.client().chat.completions.create(model=model, messages=ASK, stream=True)  # type: ignore[call-overload]
    assert next(stream).choices[0].delta.content == WORDS[0]
    with pytest.raises(openai.APIError) as caught:
        list(stream)
    assert caught.value.code == "upstream_cut"
    span = scene.listener.only()
    assert (span["error.type"], span["lrcp.cost_source"]) == ("upstream_cut", "estimated")


@pytest.mark.parametrize(("model", "streams"), [("hangs", False), ("pauses", True)])
def test_the_upstream_call_is_cancelled_when_the_client_goes(scene: Scene, model: str, streams: bool) -> None:
    client = scene.client()
    with pytest.raises(openai.APITimeoutError):
        list(client.with_options(timeout=0.5).chat.completions.create(model=model, messages=ASK, stream=streams))  # type: ignore[call-overload]
    client.close()
    assert scene.upstream.cancelled.wait(timeout=30)
    span = scene.listener.only()
    assert span["gen_ai.response.finish_reasons"] == ["cancelled"]
    assert scene.health()["in_progress"] == 0


def test_embeddings_and_models_pass(scene: Scene) -> None:
    reply = scene.client().embeddings.create(model="embedder", input=["one", "two"], encoding_format="float")
    assert reply.data[0].embedding == [0.25, -0.5]
    span = scene.listener.only()
    assert (span["lrcp.kind"], span.raw["name"], span["gen_ai.usage.input_tokens"]) == (
        "embedding",
        "embeddings embedder",
        7,
    )
    assert span["lrcp.cost_nusd"] == 7000
    assert [model.id for model in scene.client().models.list()] == ["plain"]
    assert len(scene.listener.spans) == 1


def test_a_trace_of_datadog_is_continued_and_a_reported_generation_is_a_hop(scene: Scene) -> None:
    headers = {
        "x-datadog-trace-id": str(0x1122334455667788),
        "x-datadog-parent-id": str(0xAABB),
        "x-datadog-tags": "_dd.p.dm=-1,_dd.p.tid=640cfd8d00000000,_dd.p.llmobs_parent_id=43707,_dd.p.llmobs_ml_app=shop",
    }
    scene.client(**headers).chat.completions.create(model="plain", messages=ASK)  # type: ignore[arg-type]
    span = scene.listener.only()
    assert span.raw["traceId"] == "640cfd8d000000001122334455667788"
    assert span.raw["parentSpanId"] == "000000000000aabb"
    assert (span["lrcp.kind"], span["lrcp.cost_nusd"]) == ("client", COST_NUSD)
    passed_on = scene.upstream.headers[0]
    (attempt,) = scene.listener.attempts
    assert attempt["parentSpanId"] == span.raw["spanId"]
    assert passed_on["traceparent"] == f"00-{span.raw['traceId']}-{attempt['spanId']}-01"
    assert not [name for name in passed_on if name.startswith(("x-datadog-", "x-lrcp-"))]


def test_keys_go_to_the_provider_and_nowhere_else(scene: Scene) -> None:
    scene.client().chat.completions.create(model="plain", messages=ASK)  # type: ignore[arg-type]
    with pytest.raises(openai.APIStatusError):
        scene.client().chat.completions.create(model="drops", messages=ASK)  # type: ignore[arg-type]
    scene.listener.wait_for(2)
    assert scene.upstream.headers[0]["authorization"] == f"Bearer {SECRET}"  # the gateway has none of its own
    assert not any(SECRET.encode() in body for body in scene.listener.bodies)
    assert SECRET not in scene.log.read_text()
    assert SECRET not in json.dumps(scene.health())


def test_the_gateways_key_replaces_the_clients(tmp_path: Path) -> None:
    upstream = Wayward()
    with (
        serving(upstream.build()) as upstream_url,
        gateway(tmp_path, f"{upstream_url}/v1", free_port(), LRCP_UPSTREAM_KEY="sk-own") as (url, log, _),
    ):
        client = openai.OpenAI(base_url=f"{url}/v1", api_key=SECRET, max_retries=0)
        client.chat.completions.create(model="plain", messages=ASK)  # type: ignore[arg-type]
        assert upstream.headers[0]["authorization"] == "Bearer sk-own"
        assert "sk-own" not in log.read_text()


def test_the_gateway_works_while_the_server_is_down_and_its_spans_arrive_later(tmp_path: Path) -> None:
    upstream, listener, otlp_port = Wayward(), SpanListener(), free_port()
    with (
        serving(upstream.build()) as upstream_url,
        gateway(tmp_path, f"{upstream_url}/v1", otlp_port) as (url, log, process),
    ):
        scene = Scene(upstream, listener, url, log, process)
        for _ in range(3):
            scene.client().chat.completions.create(model="plain", messages=ASK)  # type: ignore[arg-type]
        wait_until(lambda: bool(scene.telemetry()["last_error"]), "the gateway to notice that the server is down")
        assert (scene.telemetry()["waiting"], scene.telemetry()["dropped"]) == (6, 0)  # three calls, a try each
        with serving(listener.build(), port=otlp_port):
            assert len(listener.wait_for(3)) == 3
            wait_until(lambda: scene.telemetry()["waiting"] == 0, "the gateway to hear that its spans are stored")
            assert scene.telemetry()["sent"] == 6


def test_a_refused_batch_is_sent_again_as_the_same_bytes(scene: Scene) -> None:
    scene.listener.statuses.extend([503, 429])
    scene.client().chat.completions.create(model="plain", messages=ASK)  # type: ignore[arg-type]
    scene.listener.wait_for(1)
    first, *others = scene.listener.bodies
    assert others == [first, first]


def test_sigterm_finishes_what_is_in_progress_and_sends_the_last_spans(scene: Scene) -> None:
    stream = scene.client().chat.completions.create(model="pauses", messages=ASK, stream=True)  # type: ignore[call-overload]
    next(stream)
    scene.process.send_signal(signal.SIGTERM)
    scene.upstream.may_go_on.set()
    assert [chunk.choices[0].delta.content for chunk in stream] == [WORDS[1]]
    stop(scene.process)
    assert scene.process.returncode == 0
    assert scene.listener.only()["gen_ai.response.finish_reasons"] == ["stop"]


def test_a_taken_port_and_a_wrong_provider_end_the_process_with_words(scene: Scene, tmp_path: Path) -> None:
    log = tmp_path / "second.log"
    environ = clean_environ(PYTHONPATH=str(ROOT / "src"), LRCP_GATEWAY_PORT=scene.url.rsplit(":", 1)[1])
    code = "from lrcp.app.settings import load_settings; from lrcp.app.gateway import run_gateway_process as run; run(load_settings())"
    with running_process([PYTHON, "-c", code], environ, log) as process:
        assert process.wait(timeout=60) == 1
    assert "set LRCP_GATEWAY_PORT" in log.read_text()
    with running_process([PYTHON, "-c", code], {**environ, "LRCP_UPSTREAM": "openia"}, log) as process:
        assert process.wait(timeout=60) == 1
    assert "is not one of local, openai, gemini" in log.read_text()
