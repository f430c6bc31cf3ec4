"""The reference application as a child process on a free port."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.processes import PYTHON, ROOT, clean_environ, free_port, running_process


@dataclass(frozen=True)
class Reply:
    """A reply: its status and its JSON; header names are lower case."""

    status: int
    body: dict[str, Any]
    headers: dict[str, str]


@dataclass(frozen=True)
class ReferenceApp:
    """Where the application listens."""

    url: str

    def post(self, path: str, body: object, **headers: str) -> Reply:
        """Send JSON, or text as it is. Header names are given with underscores."""
        data = body.encode() if isinstance(body, str) else json.dumps(body).encode()
        sent = {"content-type": "application/json"} | {k.replace("_", "-"): v for k, v in headers.items()}
        request = urllib.request.Request(f"{self.url}{path}", data=data, headers=sent)
        try:
            with urllib.request.urlopen(request, timeout=60) as reply:
                return _reply(reply.status, reply.read(), reply.headers)
        except urllib.error.HTTPError as error:
            return _reply(error.code, error.read(), error.headers)


def _reply(status: int, body: bytes, headers: Any) -> Reply:
    return Reply(status, json.loads(body), {name.lower(): value for name, value in headers.items()})


@contextmanager
def running_reference_app(
    folder: Path, *, gateway_url: str, agent_url: str, **variables: str
) -> Iterator[ReferenceApp]:
    """Serve until the block ends; leaving the block stops it as a user would, so what the tracer holds is sent."""
    port = variables.pop("LRCP_APP_PORT", "") or str(free_port())
    environ = clean_environ(
        PYTHONPATH=str(ROOT / "src"),
        LRCP_APP_PORT=port,
        LRCP_GATEWAY_URL=gateway_url,
        DD_TRACE_AGENT_URL=agent_url,
        **variables,
    )
    url = f"http://127.0.0.1:{port}"
    argv = [PYTHON, "-m", "lrcp.reference.app"]
    with running_process(argv, environ, folder / "app.log", ready_url=f"{url}/health"):
        yield ReferenceApp(url)
