"""The receiver as data: every path of the agent, and its errors in the agent's form."""

from collections.abc import Callable
from hashlib import sha256
from typing import Final

from lrcp.ingest.http import DEFAULT_MAX_BODY_BYTES, Decoded, Decoder, Receiver, Reply, Request, Route
from lrcp.ingest.receivers.datadog_agent.accepted import (
    ACCEPTED_STATUSES,
    accept_with,
    decode_config,
    decode_services,
    decode_stats,
)
from lrcp.ingest.receivers.datadog_agent.info import render_info
from lrcp.ingest.receivers.datadog_agent.traces import Chunks, read_maps, read_payload, read_table, spans_of
from lrcp.ingest.receivers.llmobs.routes import LLMOBS_DECODERS, llmobs_routes
from lrcp.model.batch import Batch
from lrcp.model.errors import InputError
from lrcp.model.ids import payload_digest

_GET: Final = frozenset({"GET"})
_GET_POST: Final = frozenset({"GET", "POST"})
_WRITE: Final = frozenset({"PUT", "POST"})
_ANY: Final = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})
_RATES: Final = b'{"rate_by_service":{"service:,env:":1.0}}'
_RATES_VERSION: Final = b"lrcp-1"
_TEXT: Final = b"text/plain; charset=utf-8"
_EVP_VERSIONS: Final = ("v1", "v2", "v3", "v4")

Headers = tuple[tuple[bytes, bytes], ...]
Read = Callable[[bytes, str], Chunks]


def receiver(
    *,
    version: str,
    env: str,
    port: int,
    dogstatsd_port: int,
    max_body_bytes: int = DEFAULT_MAX_BODY_BYTES,
) -> Receiver:
    """The trace agent's receiver.

    Args:
        version: of LRCP; env: what `/info` gives as default_env.
        port, dogstatsd_port: as `/info` tells them; ddtrace finds DogStatsD by it.
        max_body_bytes: bound of a body of traces or LLM Observability, before and after decompression.
    """
    info = render_info(
        version=version, env=env, port=port, dogstatsd_port=dogstatsd_port, max_body_bytes=max_body_bytes
    )
    state = ((b"datadog-agent-state", sha256(info).hexdigest().encode()),)
    routes = {"/info": Route(_fixed(Reply(200, info, headers=state)), _GET)}
    routes |= _trace_routes(state, max_body_bytes)
    routes |= _llmobs_routes(max_body_bytes)
    routes |= {path: Route(accept_with(status), _WRITE, max_body_bytes) for path, status in ACCEPTED_STATUSES.items()}
    routes["/v0.6/stats"] = Route(decode_stats, _WRITE, max_body_bytes)
    routes["/v0.7/config"] = Route(decode_config, _GET_POST)
    routes["/v0.3/services"] = routes["/v0.4/services"] = Route(decode_services, _WRITE)
    return Receiver("datadog_agent", routes, render_error)


def _trace_routes(state: Headers, max_body_bytes: int) -> dict[str, Route]:
    reads: dict[str, Read] = {
        "/v0.3/traces": read_maps,
        "/v0.4/traces": read_maps,
        "/v0.5/traces": read_table,
        "/v0.7/traces": read_payload,
    }
    return {
        path: Route(_decode_traces(read, state, is_text=path == "/v0.3/traces"), _WRITE, max_body_bytes)
        for path, read in reads.items()
    }


def _llmobs_routes(max_body_bytes: int) -> dict[str, Route]:
    """LLM Observability directly, and below every version of the proxy; the proxy's other paths are accepted."""
    routes = dict(llmobs_routes())
    for version in _EVP_VERSIONS:
        prefix = f"/evp_proxy/{version}"
        routes[f"{prefix}/*"] = Route(_behind_proxy(accept_with(202)), _ANY, max_body_bytes)
        for path, decode in LLMOBS_DECODERS.items():
            routes[prefix + path] = Route(_behind_proxy(decode), _WRITE, max_body_bytes)
    return routes


def _decode_traces(read: Read, state: Headers, *, is_text: bool) -> Decoder:
    fresh = (
        Reply(200, b"OK\n", _TEXT, state)
        if is_text
        else Reply(200, _RATES, headers=(*state, (b"datadog-rates-payload-version", _RATES_VERSION)))
    )
    unchanged = Reply(200, b"{}", headers=fresh.headers)

    def decode(request: Request) -> Decoded:
        spans, rejected = spans_of(read(request.body, request.content_type()), request.received_ns)
        digest = payload_digest(request.path.encode(), request.body)
        batch = Batch(spans=spans, digest=digest, size_bytes=len(request.body))
        known = request.headers.get(b"datadog-rates-payload-version") == _RATES_VERSION
        return Decoded(unchanged if known and not is_text else fresh, batch, rejected)

    return decode


def _behind_proxy(decode: Decoder) -> Decoder:
    """The proxy builds the target's address from a header, so without it the real agent forwards nothing either."""

    def decode_proxied(request: Request) -> Decoded:
        if not request.headers.get(b"x-datadog-evp-subdomain"):
            raise InputError("no subdomain specified: the header X-Datadog-EVP-Subdomain is missing")
        return decode(request)

    return decode_proxied


def _fixed(reply: Reply) -> Decoder:
    def decode(request: Request) -> Decoded:
        return Decoded(reply)

    return decode


def render_error(request: Request, status: int, message: str) -> Reply:
    """An error as the agent gives it: plain text.

    Busy is 429 only for clients that ask for real statuses. To the others the real agent says 200 and drops the
    traces; a 2xx here means stored, so they get 503, which every tracer takes as a failure.
    """
    if status == 429 and request.headers.get(b"datadog-send-real-http-status", b"").lower() in (b"", b"0", b"false"):
        status = 503
    return Reply(status, f"{message}\n".encode("utf-8", "replace"), _TEXT)
