"""Dispatch: one try, in the wire format that its target speaks."""

from urllib.parse import quote

from lrcp.gateway.config import Timeouts
from lrcp.gateway.exchange import Attempt, AttemptHandler, Exchange, Reply
from lrcp.gateway.headers import upstream_headers
from lrcp.gateway.providers import Upstream
from lrcp.gateway.upstream import UpstreamClient, UpstreamRequest
from lrcp.gateway.wire.format import Format
from lrcp.model.errors import InputError


def make_dispatch(client: UpstreamClient, timeouts: Timeouts) -> AttemptHandler:
    """The handler of a try: fits the request to its target, calls it, and gives back its answer as the client reads it."""

    async def dispatch(exchange: Exchange, attempt: Attempt) -> Reply:
        prepare_attempt(exchange, attempt)
        request = _request_of(exchange, attempt, attempt.timeouts or timeouts)
        try:
            return await client.call(request)
        finally:
            attempt.upstream_ns += request.spent_ns

    return dispatch


def prepare_attempt(exchange: Exchange, attempt: Attempt) -> None:
    """Choose the format of a try, and write its body and path. Raises: InputError - its target cannot be asked this."""
    attempt.format = find_target_format(exchange.format, attempt.target.upstream)
    model, streams = attempt.target.model, exchange.call.streams
    attempt.body = exchange.format.fit_body(exchange.body, exchange.call, model)
    attempt.path = attempt.format.target_path(quote(model, safe="/:@"), streams).partition("?")[0]
    if exchange.query:
        attempt.path += f"?{exchange.query.decode('latin-1')}"


def find_target_format(asked: Format, upstream: Upstream) -> Format:
    """The format itself where the provider speaks it, else one that it can be translated into.

    Raises: InputError - there is none.
    """
    spoken = upstream.provider.formats
    if asked.name in spoken and asked.family in upstream.endpoints:
        return asked
    message = f"provider '{upstream.name}' does not take {asked.name}: it speaks {', '.join(spoken)}"
    raise InputError(message)


def _request_of(exchange: Exchange, attempt: Attempt, timeouts: Timeouts) -> UpstreamRequest:
    upstream, family = attempt.target.upstream, attempt.format.family
    traceparent = f"00-{exchange.trace.trace_id}-{attempt.span_id}-01".encode()
    translated = attempt.format is not exchange.format
    headers = upstream_headers(exchange.headers, upstream, traceparent, family=family, translated=translated)
    return UpstreamRequest(
        upstream=upstream,
        method="POST",
        url=f"{upstream.endpoints[family]}{attempt.path}",
        headers=headers,
        timeouts=timeouts,
        body=attempt.body,
    )
