"""Everything of the agent's API around the traces: discovery, replies, errors, and what is accepted and dropped."""

import gzip
import json
import zlib
from hashlib import sha256

import pytest
from backports import zstd

from lrcp.ingest.counters import Counters
from lrcp.ingest.http import ReceiverApp
from lrcp.kit.clock import FakeClock
from lrcp.model.errors import BusyError, UnavailableError
from tests.support.asgi import Answer, KeepingConsumer, ask
from tests.wire.agent import AGENT, JSON, MSGPACK, PROXIED, pack, recording, wire_span

TRACES = pack([wire_span()])
REAL = {"datadog-send-real-http-status": "1"}


class Agent:
    """The agent's application with what it stores into and counts with."""

    def __init__(self, failure: Exception | None = None) -> None:
        self.consumer, self.counters = KeepingConsumer(failure), Counters()
        self.app = ReceiverApp(AGENT, self.consumer, self.counters, FakeClock())

    def ask(self, path: str, body: bytes = b"", method: str = "POST", **headers: str) -> Answer:
        named = MSGPACK | {key.replace("_", "-"): value for key, value in headers.items()}
        return ask(self.app, path, body, method=method, headers=named)


@pytest.fixture
def agent() -> Agent:
    return Agent()


def test_info_makes_tracers_send_everything_here(agent: Agent) -> None:
    answer = agent.ask("/info", method="GET")
    info = json.loads(answer.body)
    assert {"/v0.4/traces", "/v0.5/traces", "/v0.6/stats", "/evp_proxy/v2/", "/evp_proxy/v4/"} <= set(info["endpoints"])
    assert {"/telemetry/proxy/", "/v0.7/config"} <= set(info["endpoints"])
    assert (info["client_drop_p0s"], info["span_meta_structs"], info["span_events"]) == (False, True, True)
    assert (info["config"]["statsd_port"], info["config"]["max_request_bytes"]) == (8125, 1_000_000)
    assert answer.headers["datadog-agent-state"] == sha256(answer.body).hexdigest()


def test_every_endpoint_that_info_names_is_served(agent: Agent) -> None:
    for path in json.loads(agent.ask("/info", method="GET").body)["endpoints"]:
        answer = agent.ask(path + "x" if path.endswith("/") else path, b"\x90", x_datadog_evp_subdomain="x")
        assert answer.status in (200, 202, 400), path


@pytest.mark.parametrize("method", ["PUT", "POST"])
@pytest.mark.parametrize(
    ("path", "reply"), [("/v0.3/traces", b"OK\n"), ("/v0.4/traces", b'{"rate_by_service":{"service:,env:":1.0}}')]
)
def test_traces_are_stored_and_answered_in_their_versions_way(
    agent: Agent, method: str, path: str, reply: bytes
) -> None:
    answer = agent.ask(path, TRACES, method)
    assert (answer.status, answer.body) == (200, reply)
    assert len(agent.consumer.batches[0].spans) == 1
    assert "datadog-agent-state" in answer.headers


def test_a_client_that_knows_the_rates_is_told_that_nothing_changed(agent: Agent) -> None:
    first = agent.ask("/v0.4/traces", TRACES, datadog_rates_payload_version="")
    version = first.headers["datadog-rates-payload-version"]
    assert agent.ask("/v0.4/traces", TRACES, datadog_rates_payload_version=version).body == b"{}"


@pytest.mark.parametrize("name", ["gzip", "deflate", "zstd"])
def test_traces_may_be_compressed(agent: Agent, name: str) -> None:
    pack_body = {"gzip": gzip.compress, "deflate": zlib.compress, "zstd": zstd.compress}[name]
    assert agent.ask("/v0.4/traces", pack_body(TRACES), content_encoding=name).status == 200


def test_errors_are_text_that_says_what_is_wrong(agent: Agent) -> None:
    answer = agent.ask("/v0.4/traces", b"\xc1")
    assert (answer.status, answer.headers["content-type"]) == (400, "text/plain; charset=utf-8")
    assert b"list of lists" in answer.body
    assert agent.ask("/v0.4/traces", b"x" * 1_000_001).status == 413
    assert agent.ask("/v0.4/traces", b"<html>", content_type="text/html").status == 415
    assert agent.ask("/v0.4/traces", method="GET").status == 405
    assert agent.ask("/v0.9/traces", TRACES).status == 404


def test_busy_is_429_for_clients_that_ask_for_real_statuses_and_never_2xx_for_the_others() -> None:
    agent = Agent(BusyError("full"))
    real, plain = agent.ask("/v0.4/traces", TRACES, **REAL), agent.ask("/v0.4/traces", TRACES)
    assert (real.status, plain.status) == (429, 503)
    assert real.headers["retry-after"] == plain.headers["retry-after"] == "1"


def test_a_store_that_is_away_is_503() -> None:
    assert Agent(UnavailableError("away")).ask("/v0.4/traces", TRACES, **REAL).status == 503


def test_real_stats_are_accepted_and_not_stored(agent: Agent) -> None:
    assert agent.ask("/v0.6/stats", recording("ddtrace_v05/counted.stats.bin")).status == 200
    assert agent.ask("/v0.6/stats", b"\xc1").status == 400
    assert agent.consumer.batches == []


def test_remote_configuration_is_empty(agent: Agent) -> None:
    for method in ("GET", "POST"):
        answer = agent.ask("/v0.7/config", b"{}", method)
        assert (answer.status, answer.body) == (200, b"{}")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/telemetry/proxy/api/v2/apmtelemetry", 202),
        ("/v0.1/pipeline_stats", 202),
        ("/v0.3/services", 200),
        ("/v0.4/services", 200),
        ("/profiling/v1/input", 202),
        ("/debugger/v1/input", 202),
        ("/debugger/v1/diagnostics", 202),
        ("/symdb/v1/input", 202),
        ("/tracer_flare/v1", 200),
        ("/dogstatsd/v2/proxy", 200),
        ("/openlineage/api/v1/lineage", 202),
    ],
)
def test_what_is_not_kept_is_accepted(agent: Agent, path: str, status: int) -> None:
    assert agent.ask(path, b"anything").status == status
    assert agent.consumer.batches == []


@pytest.mark.parametrize("path", ["/evp_proxy/v2/api/v2/llmobs", "/evp_proxy/v4/api/v2/citestcycle", "/evp_proxy/v1/x"])
def test_the_proxy_forwards_nothing_without_a_subdomain(agent: Agent, path: str) -> None:
    answer = agent.ask(path, b"[]")
    assert answer.status == 400
    assert b"X-Datadog-EVP-Subdomain" in answer.body


def test_the_proxy_accepts_what_is_not_for_llm_observability(agent: Agent) -> None:
    assert (
        agent.ask("/evp_proxy/v4/api/v2/citestcycle", b"\x80", x_datadog_evp_subdomain="citestcycle-intake").status
        == 202
    )


def test_events_are_stored_and_answered_202(agent: Agent) -> None:
    body = recording("llmobs/alone.events.json")
    assert ask(agent.app, "/evp_proxy/v2/api/v2/llmobs", body, headers=PROXIED).status == 202
    assert ask(agent.app, "/api/v2/llmobs", body, headers=JSON).status == 202
    assert [len(batch.spans) for batch in agent.consumer.batches] == [5, 5]
