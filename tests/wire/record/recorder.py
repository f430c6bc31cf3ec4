"""Run a traced application against a server that keeps what it is sent: how the fixtures of tests/wire were made.

python -m tests.wire.record.recorder tests/wire
"""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple

from tests.wire.record.providers import serve_providers

APP = Path(__file__).with_name("traced_app.py")
_INFO = {
    "version": "7.70.0",
    "endpoints": ["/v0.4/traces", "/v0.5/traces", "/v0.6/stats", "/evp_proxy/v2/", "/evp_proxy/v4/"],
    "client_drop_p0s": False,
    "span_meta_structs": True,
    "span_events": True,
    "config": {"statsd_port": 0},
}


class Kept(NamedTuple):
    """One request as it arrived."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@contextmanager
def keep_requests(**info: object) -> Iterator[tuple[str, list[Kept]]]:
    """An agent that accepts everything. info: overrides of `/info`. Yields: its address, and the list that fills."""
    kept: list[Kept] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            headers = {key.lower(): value for key, value in self.headers.items()}
            kept.append(Kept(self.command, self.path, headers, body))
            reply = b'{"rate_by_service":{"service:,env:":1.0}}' if "traces" in self.path else b"{}"
            self._reply(202 if "evp_proxy" in self.path or "telemetry" in self.path else 200, reply)

        do_PUT = do_POST

        def do_GET(self) -> None:
            self._reply(200, json.dumps(_INFO | info).encode())

        def _reply(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing: the recorder prints what it kept."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", kept
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


def run_traced_app(scene: str, agent_url: str, **extra: str) -> None:
    """Run one scene under `ddtrace-run` until it ends. extra: more environment variables."""
    with serve_providers() as providers:
        environ = {
            "PATH": os.environ.get("PATH", ""),
            "PROVIDERS": providers,
            "DD_TRACE_AGENT_URL": agent_url,
            "DD_SERVICE": "shop",
            "DD_ENV": "test",
            "DD_VERSION": "1.2.3",
            "DD_LLMOBS_ML_APP": "shop-assistant",
            "DD_INSTRUMENTATION_TELEMETRY_ENABLED": "false",
            "DD_REMOTE_CONFIGURATION_ENABLED": "false",
            "DD_EXPERIMENTAL_PROPAGATE_PROCESS_TAGS_ENABLED": "false",
            "DD_TRACE_STARTUP_LOGS": "false",
            "DD_TRACE_GIT_METADATA_ENABLED": "false",
            **extra,
        }
        command = [sys.executable, "-m", "ddtrace.commands.ddtrace_run", sys.executable, str(APP), scene]
        subprocess.run(command, env=environ, check=True, timeout=120)


class Recording(NamedTuple):
    """A scene to record, the folder of tests/wire for its traces, and the environment it needs."""

    name: str
    scene: str
    folder: str
    environ: dict[str, str]


_LLMOBS = {"DD_LLMOBS_ENABLED": "1"}
_RECORDINGS = (
    Recording("plain", "plain", "ddtrace_v04", {"DD_TRACE_API_VERSION": "v0.4"}),
    Recording("plain", "plain", "ddtrace_v05", {"DD_TRACE_API_VERSION": "v0.5"}),
    Recording("counted", "plain", "ddtrace_v05", {"DD_TRACE_STATS_COMPUTATION_ENABLED": "true"}),
    Recording("openai", "openai", "ddtrace_v04", _LLMOBS),
    Recording("anthropic", "anthropic", "ddtrace_v04", _LLMOBS),
    Recording("gemini", "gemini", "ddtrace_v04", _LLMOBS),
    Recording("manual", "manual", "ddtrace_v04", _LLMOBS),
    Recording("unsampled", "openai", "ddtrace_v04", {**_LLMOBS, "DD_TRACE_SAMPLING_RULES": '[{"sample_rate":0}]'}),
    Recording("alone", "openai", "ddtrace_v04", {**_LLMOBS, "DD_APM_TRACING_ENABLED": "false"}),
)


def record_all(root: Path) -> None:
    """Record every scene into the folders below root, without the paths of this machine."""
    for recording in _RECORDINGS:
        with keep_requests(client_drop_p0s=recording.name == "counted") as (url, kept):  # or no stats are sent
            run_traced_app(recording.scene, url, **recording.environ)
        for request in kept:
            path = root / _file_of(recording, request.path)
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(without_paths(request.body))
            print(path, len(request.body), request.headers.get("content-encoding", ""))


def _file_of(recording: Recording, path: str) -> str:
    if path.endswith("/traces"):
        return f"{recording.folder}/{recording.name}.bin"
    if path.endswith("/stats"):
        return f"{recording.folder}/{recording.name}.stats.bin"
    kind = "evaluations" if path.endswith("/eval-metric") else "events"
    return f"llmobs/{recording.name}.{kind}.json"


def without_paths(body: bytes) -> bytes:
    """The body with this checkout's path replaced by one of the same length, which leaves its framing whole."""
    here = str(Path(__file__).parents[3])
    return body.replace(here.encode(), f"/app{'-' * (len(here) - 4)}".encode())


if __name__ == "__main__":
    record_all(Path(sys.argv[1]))
