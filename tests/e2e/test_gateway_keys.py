"""Keys and limits between real processes: `lrcp keys` makes a key, two workers obey it and count together."""

import json
import os
import signal
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openai
import pytest

from tests.support.http_thread import serving
from tests.support.lrcp_server import LrcpServer, running_server
from tests.support.processes import PYTHON, ROOT, clean_environ, free_port, running_process, wait_until
from tests.support.wayward_upstream import Wayward

pytestmark = pytest.mark.e2e

ASK: Any = [{"role": "user", "content": "When does the bus go?"}]
POLICY = """
authentication: {required: true}
limits:
- {name: each-day, per: key, requests: 20, every: day, match: {keys: ["counted*"]}}
- {name: at-once, per: key, concurrent: 4}
"""


class Site:
    """A server, and a gateway of two workers on the same data folder."""

    def __init__(self, server: LrcpServer, url: str, upstream: Wayward) -> None:
        self.server, self.url, self.upstream = server, url, upstream

    def lrcp(self, *arguments: str, stdin: str = "") -> str:
        """What a command prints on its standard output."""
        environ = clean_environ(PYTHONPATH=str(ROOT / "src"), LRCP_PORT=str(self.server.port), COLUMNS="200")
        command = [PYTHON, "-m", "lrcp", *arguments]
        done = subprocess.run(
            command, input=stdin, env=environ, capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def health(self) -> dict[str, Any]:
        with urllib.request.urlopen(f"{self.url}/health", timeout=10) as reply:
            told: dict[str, Any] = json.load(reply)
        return told

    def workers(self) -> dict[int, dict[str, Any]]:
        """What each process says of itself; each connection may reach another."""
        return {told["pid"]: told for told in (self.health() for _ in range(30))}

    def all_say(self, what: str, condition: Any) -> None:
        def said() -> bool:
            try:
                found = self.workers().values()
            except OSError:
                return False
            return len(found) == 2 and all(condition(told) for told in found)

        wait_until(said, what, within_s=60)

    def client(self, key: str) -> openai.OpenAI:
        return openai.OpenAI(base_url=f"{self.url}/v1", api_key=key, max_retries=0)

    def ask(self, key: str, model: str = "plain") -> str:
        """'answered', or the code of the refusal; over a connection of its own."""
        try:
            with self.client(key) as client:
                client.chat.completions.create(model=model, messages=ASK)
        except openai.APIStatusError as error:
            return str(error.code)
        return "answered"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder: Path = tmp_path_factory.mktemp("keys")
    upstream, port = Wayward(), free_port()
    with running_server(folder) as server, serving(upstream.build()) as upstream_url:
        environ = clean_environ(
            PYTHONPATH=str(ROOT / "src"),
            LRCP_GATEWAY_PORT=str(port),
            LRCP_UPSTREAM="url",
            LRCP_UPSTREAM_URL=f"{upstream_url}/v1",
            LRCP_OTLP_HTTP_PORT=str(server.otlp_http_port),
            LRCP_DATA_DIR=str(server.data_dir),
        )
        url = f"http://127.0.0.1:{port}"
        arguments = [PYTHON, "-m", "lrcp", "gateway", "--workers", "2"]
        with running_process(arguments, environ, folder / "gateway.log", ready_url=f"{url}/health"):
            site = Site(server, url, upstream)
            site.lrcp("policy", "apply", "-", "-m", "keys", "--author", "tests", stdin=POLICY)
            site.all_say("the policy to be in force", lambda told: told["policy"]["version"] == 1)
            yield site


def make_key(site: Site, name: str) -> str:
    known = max(told["keys"]["revision"] for told in site.workers().values())
    text = site.lrcp("keys", "create", name, "--team", "search").strip()
    site.all_say("the key to be known", lambda told: told["keys"]["revision"] > known)
    return text


def test_a_key_works_in_all_workers_until_it_is_revoked(site: Site) -> None:
    assert {site.ask("sk-own") for _ in range(4)} == {"invalid_api_key"}
    text = make_key(site, "shop")
    assert {site.ask(text) for _ in range(10)} == {"answered"}
    (listed,) = [key for key in json.loads(site.lrcp("keys", "list", "--json")) if key["name"] == "shop"]
    assert (listed["team"], listed["state"]) == ("search", "active")
    assert "is revoked since" in site.lrcp("keys", "revoke", listed["id"])
    wait_until(lambda: {site.ask(text) for _ in range(10)} == {"invalid_api_key"}, "the key to be refused", within_s=5)
    assert "revoked" in site.lrcp("keys", "list")


def test_the_text_of_a_key_is_written_nowhere(site: Site) -> None:
    text = make_key(site, "secret").encode()
    assert site.ask(text.decode()) == "answered"
    site.server.wait_rows("SELECT trace_id FROM spans WHERE tags['key'] = 'secret'")
    secret = text.removeprefix(b"lrcp_")
    folder = site.server.data_dir.parent
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert [path for path in files if secret in _read(path)] == []
    assert len(files) > 10


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:  # the engine takes its own temporary files away
        return b""


def test_two_workers_let_through_together_what_the_limit_says(site: Site) -> None:
    text = make_key(site, "counted")
    said = [site.ask(text) for _ in range(30)]
    assert said == ["answered"] * 20 + ["rate_limit_exceeded"] * 10
    numbers = {told["limits"]["worker"] for told in site.workers().values()}
    assert len(numbers) == 2
    assert all(told["limits"]["shared"] for told in site.workers().values())


def test_the_calls_of_a_killed_worker_are_given_back(site: Site) -> None:
    text = make_key(site, "streams")
    streams = [site.client(text).chat.completions.create(model="pauses", messages=ASK, stream=True) for _ in range(4)]
    assert [next(stream).choices[0].delta.content is not None for stream in streams] == [True] * 4
    assert site.ask(text) == "rate_limit_exceeded"
    for pid in site.workers():
        os.kill(pid, signal.SIGKILL)
    site.all_say("both workers to be started again", lambda told: told["policy"]["version"] == 1)
    wait_until(lambda: site.ask(text) == "answered", "the calls to be given back", within_s=10)
    site.upstream.may_go_on.set()


def test_a_gateway_that_finds_no_database_at_its_start_lets_nobody_in(site: Site, tmp_path: Path) -> None:
    port, kept = free_port(), site.server.data_dir / "gateway-policy.json"
    wait_until(kept.exists, "the policy on disk")
    (tmp_path / kept.name).write_bytes(kept.read_bytes())
    environ = clean_environ(
        PYTHONPATH=str(ROOT / "src"),
        LRCP_GATEWAY_PORT=str(port),
        LRCP_OTLP_HTTP_PORT="0",
        LRCP_DATA_DIR=str(tmp_path),
        LRCP_STATE_URL=f"postgresql://nobody@127.0.0.1:{free_port()}/none",
    )
    url = f"http://127.0.0.1:{port}"
    with running_process([PYTHON, "-m", "lrcp", "gateway"], environ, tmp_path / "log", ready_url=f"{url}/health"):
        alone = Site(site.server, url, site.upstream)
        assert alone.ask(f"lrcp_{'x' * 43}") == "keys_unavailable"
        assert alone.ask("sk-own") == "invalid_api_key"
        wait_until(lambda: "does not answer" in alone.health()["keys"]["source"], "the reason to be known")
        assert alone.ask(f"lrcp_{'x' * 43}") == "keys_unavailable"
