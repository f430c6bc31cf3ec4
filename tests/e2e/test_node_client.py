"""dd-trace from npm, with LLM Observability on the official openai client."""

import hashlib
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.e2e.conftest import CLIENTS
from tests.e2e.rows import CHAT_TOKENS, TOKENS, Row, assert_one_row_each, every, only, pick
from tests.support.lrcp_server import LrcpServer
from tests.support.model_server import ModelServer, running_model_server
from tests.support.model_wires import ANSWER
from tests.support.processes import PYTHON, clean_environ

pytestmark = pytest.mark.e2e
PATH = os.pathsep.join((os.environ["PATH"], str(Path(PYTHON).parent)))
SOURCES = ("main.js", "package.json", "package-lock.json")


@pytest.fixture(scope="session")
def node_program(request: pytest.FixtureRequest) -> Path:
    """The program with its packages, installed by `npm ci` once for each state of its files, in pytest's cache."""
    npm = shutil.which("npm", path=PATH)
    assert npm, "Node is needed: put node and npm on PATH (`make test` installs one where PATH has none)"
    texts = {name: (CLIENTS / "node" / name).read_bytes() for name in SOURCES}
    state = hashlib.sha256(b"".join(texts.values())).hexdigest()[:16]
    folder = Path(request.config.cache.mkdir(f"node-client-{state}"))
    if not (folder / "installed").exists():
        for name, text in texts.items():
            (folder / name).write_bytes(text)
        command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        subprocess.run(command, cwd=folder, env=clean_environ(PATH=PATH), check=True, capture_output=True, timeout=240)
        (folder / "installed").touch()
    return folder / "main.js"


@pytest.fixture(scope="module")
def node_rows(server: LrcpServer, node_program: Path) -> tuple[dict[str, object], list[Row]]:
    with running_model_server() as model:
        printed = run_node(node_program, server, model)
    return printed, server.spans("dd-node", 5)


def run_node(program: Path, server: LrcpServer, model: ModelServer) -> dict[str, object]:
    environ = clean_environ(
        DD_TRACE_AGENT_URL=server.agent_url,
        DD_SERVICE="dd-node",
        DD_ENV="e2e",
        DD_LLMOBS_ENABLED="1",
        DD_LLMOBS_ML_APP="dd-node-ml",
        DD_DOGSTATSD_PORT=str(server.dogstatsd_port),
        PATH=PATH,
    )
    argv = [shutil.which("node", path=PATH) or "node", str(program), model.openai_url]
    done = subprocess.run(argv, env=environ, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    printed: dict[str, object] = json.loads(done.stdout.strip().splitlines()[-1])
    return printed


def test_an_operation_that_dd_trace_sends_twice_is_one_row(node_rows: tuple[dict[str, object], list[Row]]) -> None:
    printed, rows = node_rows
    assert_one_row_each(rows)
    assert {row["trace_id"] for row in rows} == {printed["trace_id"]}
    assert len(every(rows, kind="workflow")) == 1
    assert len(every(rows, kind="llm")) == 2


def test_the_generation_has_its_tokens_and_words(node_rows: tuple[dict[str, object], list[Row]]) -> None:
    printed, rows = node_rows
    workflow = only(rows, kind="workflow")
    assert pick(workflow, "span_id", "name", "ml_app", "session_id") == (
        printed["span_id"], "ask", "dd-node-ml", "session-node",
    )  # fmt: skip
    generation = only(rows, kind="llm", status="ok")
    assert generation["parent_id"] == workflow["span_id"]
    assert pick(generation, "model", "response_model", "session_id") == (
        "gpt-5-mini", "gpt-5-mini-2026-08-01", "session-node",
    )  # fmt: skip
    assert pick(generation, *TOKENS) == CHAT_TOKENS
    assert "When does my parcel come?" in generation["input"]
    assert ANSWER in generation["output"]
    assert printed["failed"] == 404
    failed = only(rows, kind="llm", status="error")
    assert "fails with 404" in failed["error_message"]


def test_its_evaluation_is_a_row(server: LrcpServer, node_rows: tuple[dict[str, object], list[Row]]) -> None:
    printed, _ = node_rows
    (row,) = server.wait_rows(f"SELECT * FROM evaluations WHERE span_id = '{printed['span_id']}'")
    assert pick(row, "name", "score") == ("quality", 0.5)
