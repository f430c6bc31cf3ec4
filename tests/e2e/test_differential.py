"""The same tracer payloads, sent to Datadog's test agent and to our server, decode to the same spans.

A program runs once, traced, against the test agent. What the agent kept of its requests is then sent, byte for byte, to
our server, so that ids and times are the same on both sides.
"""

import base64
import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import RunClient
from tests.e2e.rows import Row
from tests.support.ddapm import DdapmAgent, running_test_agent
from tests.support.lrcp_server import LrcpServer
from tests.support.model_server import ModelServer

pytestmark = pytest.mark.e2e
_LOW_64 = (1 << 64) - 1
PROGRAMS = {
    "openai": ("ddtrace_openai.py", {"DD_LLMOBS_ENABLED": "1", "DD_LLMOBS_ML_APP": "diff"}),
    "plain": ("ddtrace_openai.py", {}),
    "v05": ("ddtrace_fastapi.py", {"DD_TRACE_API_VERSION": "v0.5"}),
    "v04": ("ddtrace_fastapi.py", {"DD_TRACE_API_VERSION": "v0.4"}),
    "manual": ("llmobs_manual.py", {"DD_LLMOBS_ENABLED": "1", "DD_LLMOBS_ML_APP": "diff"}),
}


@pytest.fixture
def own_agent(tmp_path: Path) -> Iterator[DdapmAgent]:
    """A test agent that has seen nothing else."""
    with running_test_agent(tmp_path) as running:
        yield running


@pytest.mark.parametrize("name", PROGRAMS)
def test_our_rows_are_what_the_test_agent_decodes(
    server: LrcpServer, own_agent: DdapmAgent, model_server: ModelServer, run_client: RunClient, name: str
) -> None:
    program, variables = PROGRAMS[name]
    service = f"diff-{name}"
    args = [model_server.openai_url] if "openai" in program else []
    variables = variables | {"DD_TRACE_AGENT_URL": own_agent.url, "DD_SERVICE": service, "DD_ENV": "diff"}
    run_client(program, *args, traced=True, **variables)
    expected = {span["span_id"]: (span, high) for trace in own_agent.traces() for span, high in with_high_bits(trace)}
    assert replay(own_agent, server) > 0
    rows = server.spans(service, len(expected))
    assert {int(row["span_id"], 16) for row in rows} == expected.keys()
    for row in rows:
        span, high = expected[int(row["span_id"], 16)]
        assert as_row(span, high) == {column: row[column] for column in as_row(span, high)}
        assert tags_of(span).items() <= row["tags"].items()
        numbers = numbers_of(span)
        assert numbers == {key: float(row["tags"][key]) for key in numbers}


def with_high_bits(trace: list[dict[str, Any]]) -> Iterator[tuple[dict[str, Any], str]]:
    """The spans with the high half of their trace id, which the first of a chunk carries."""
    high = next((span["meta"]["_dd.p.tid"] for span in trace if "_dd.p.tid" in span.get("meta", {})), "0" * 16)
    return ((span, high) for span in trace)


def as_row(span: dict[str, Any], high: str) -> Row:
    """The columns of a span that the test agent decoded, in our words."""
    llmobs = span.get("meta_struct", {}).get("_llmobs") or {}
    columns: Row = {
        "trace_id": f"{high}{span['trace_id'] & _LOW_64:016x}",
        "parent_id": f"{span['parent_id']:016x}" if span.get("parent_id") else "",
        "name": llmobs.get("name") or span["name"],
        "service": span["service"],
        "resource": span["resource"],
        "start_ns": span["start"],
        "duration_ns": span["duration"],
        "status": "error" if span.get("error") else "ok",
        "env": span.get("meta", {}).get("env", "diff"),
        "error_message": span.get("meta", {}).get("error.message", ""),
        "error_type": span.get("meta", {}).get("error.type", ""),
    }
    if llmobs:
        metrics, meta = llmobs["metrics"], llmobs["meta"]
        columns |= {
            "kind": meta["span"]["kind"],
            "ml_app": llmobs["ml_app"],
            "session_id": llmobs.get("session_id", ""),
            "input_tokens": metrics.get("input_tokens"),
            "output_tokens": metrics.get("output_tokens"),
            "cached_input_tokens": metrics.get("cache_read_input_tokens"),
            "reasoning_tokens": metrics.get("reasoning_output_tokens"),
        }
    return columns


_OWN_COLUMN = ("env", "version", "span.kind", "usr.id", "error.", "gen_ai.", "llmobs_", "_")


def tags_of(span: dict[str, Any]) -> dict[str, str]:
    """The tags that no column of ours takes; tags of the tracer's own ('_dd...') are not kept."""
    return {key: text for key, text in span.get("meta", {}).items() if not key.startswith(_OWN_COLUMN)}


def numbers_of(span: dict[str, Any]) -> dict[str, float]:
    """The numeric tags that no column of ours takes."""
    return {key: number for key, number in span.get("metrics", {}).items() if not key.startswith(_OWN_COLUMN)}


def replay(agent: DdapmAgent, server: LrcpServer) -> int:
    """Send the trace requests that the test agent received to our server. Returns: how many."""
    sent = 0
    for request in agent.requests():
        path = request["url"].split("/", 3)[3]
        if not path.endswith("/traces"):
            continue
        headers = {name: value for name, value in request["headers"].items() if name.lower() != "host"}
        again = urllib.request.Request(
            f"{server.agent_url}/{path}",
            data=base64.b64decode(request["body"]),
            headers=headers,
            method=request["method"],
        )
        with urllib.request.urlopen(again, timeout=30) as reply:
            assert reply.status == 200
            assert "rate_by_service" in json.load(reply)
        sent += 1
    return sent
