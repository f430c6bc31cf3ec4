"""The gateway as a process with a service account's key: Vertex AI gets its token, whoever asks with whatever key."""

import json
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import openai
import pytest
from google import genai
from google.genai import types

from tests.support import model_wires as wires
from tests.support.model_server import ModelServer, running_model_server
from tests.support.processes import PYTHON, ROOT, clean_environ, free_port, running_process, wait_until
from tests.support.token_endpoint import TokenEndpoint, token_endpoint, write_key_file

pytestmark = pytest.mark.e2e

MODEL = "gemini-2.5-flash"
VERTEX = "/v1/projects/p-1/locations/europe-west4/publishers/google"
RUN = "from lrcp.app.settings import load_settings; from lrcp.app.gateway import run_gateway_process as run; run(load_settings())"


@dataclass
class Scene:
    """Vertex AI's wire, a token endpoint, and a gateway process that has an account there."""

    model: ModelServer
    tokens: TokenEndpoint
    url: str
    log: Path

    def has_token(self) -> bool:
        with urllib.request.urlopen(f"{self.url}/health", timeout=10) as reply:
            return '"renewals": 1' in json.dumps(json.load(reply))


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    port, log = free_port(), tmp_path / "gateway.log"
    with running_model_server() as model, token_endpoint() as tokens:
        environ = clean_environ(
            PYTHONPATH=str(ROOT / "src"),
            LRCP_DATA_DIR=str(tmp_path / "data"),
            LRCP_GATEWAY_PORT=str(port),
            LRCP_UPSTREAM="vertex",
            LRCP_OTLP_HTTP_PORT=str(free_port()),
            VERTEX_BASE_URL=f"{model.url}{VERTEX}",
            GOOGLE_CLOUD_PROJECT="p-1",
            GOOGLE_APPLICATION_CREDENTIALS=str(write_key_file(tmp_path, tokens.url)),
        )
        url = f"http://127.0.0.1:{port}"
        with running_process([PYTHON, "-c", RUN], environ, log, ready_url=f"{url}/health"):
            made = Scene(model, tokens, url, log)
            wait_until(made.has_token, "the account's first token")
            yield made


def test_the_accounts_token_goes_to_vertex_and_the_clients_key_does_not(scene: Scene) -> None:
    options = types.HttpOptions(base_url=scene.url)
    client = genai.Client(api_key="AIza-the-clients-own", http_options=options)
    assert client.models.generate_content(model=MODEL, contents="Where is it?").text == wires.ANSWER
    asked = f"{scene.url}/v1beta/models/{MODEL}:generateContent?key=AIza-the-clients-own&x=1"
    body = json.dumps({"contents": [{"role": "user", "parts": [{"text": "Where is it?"}]}]}).encode()
    with urllib.request.urlopen(urllib.request.Request(asked, data=body), timeout=30) as reply:
        assert json.load(reply) == wires.gemini_reply(MODEL)
    for request in scene.model.requests:
        assert request.path == f"{VERTEX}/models/{MODEL}:generateContent"
        assert request.headers["authorization"] == "Bearer token-1"
        assert "AIza" not in json.dumps(request.headers)
    assert "token-1" not in scene.log.read_text()


def test_an_openai_client_is_answered_by_vertex(scene: Scene) -> None:
    client = openai.OpenAI(base_url=f"{scene.url}/v1", api_key="sk-the-clients-own", max_retries=0)
    reply = client.chat.completions.create(model=MODEL, messages=[{"role": "user", "content": "Where is it?"}])
    assert reply.choices[0].message.content == wires.ANSWER
    assert reply.usage is not None
    assert (reply.usage.prompt_tokens, reply.usage.completion_tokens) == (wires.USAGE.input, wires.USAGE.output)
    vectors = client.embeddings.create(model="text-embedding-005", input=["a", "b"], encoding_format="float").data
    assert [vector.embedding for vector in vectors] == [[0.5, 0.0], [0.5, 1.0]]
    assert [request.path.rpartition("/")[2] for request in scene.model.requests] == [
        f"{MODEL}:generateContent",
        "text-embedding-005:predict",
    ]
    assert {request.headers["authorization"] for request in scene.model.requests} == {"Bearer token-1"}
