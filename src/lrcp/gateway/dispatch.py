"""Dispatch: one try, in the wire format that its target speaks."""

from typing import Final
from urllib.parse import quote

import msgspec

from lrcp.evaluators.cost import TokenUsage
from lrcp.gateway.config import Limits, Timeouts
from lrcp.gateway.exchange import Attempt, AttemptHandler, Exchange, Reply
from lrcp.gateway.headers import upstream_headers
from lrcp.gateway.keys.credentials import query_without_virtual_keys
from lrcp.gateway.providers import Upstream
from lrcp.gateway.simulated.provider import Simulator
from lrcp.gateway.translation import AnswerContext, Translation, make_translation, translatable
from lrcp.gateway.upstream import UpstreamClient, UpstreamRequest
from lrcp.gateway.wire.format import Format
from lrcp.gateway.wire.formats import FORMATS
from lrcp.model.errors import InputError

_NS_PER_S: Final = 1_000_000_000
_CREDENTIALS: Final = (b"key=", b"access_token=")


def make_dispatch(client: UpstreamClient, timeouts: Timeouts, limits: Limits, simulator: Simulator) -> AttemptHandler:
    """The handler of a try: fits the request to its target, calls it, and gives back its answer as the client reads it."""

    async def dispatch(exchange: Exchange, attempt: Attempt) -> Reply:
        if attempt.target.upstream.provider.simulated:
            return await simulator.answer(exchange, attempt)
        translation = prepare_attempt(exchange, attempt)
        request = _request_of(exchange, attempt, attempt.timeouts or timeouts)
        try:
            reply = await client.call(request)
        finally:
            attempt.upstream_ns += request.spent_ns
        if translation is None:
            return reply
        return await translation.translate_reply(reply, _context_of(exchange, attempt, limits))

    return dispatch


def prepare_attempt(exchange: Exchange, attempt: Attempt) -> Translation | None:
    """Choose the format of a try, and write its body and path.

    Returns: how its answer is put back into the client's format; None where the target speaks that.
    Raises: InputError - its target cannot be asked this.
    """
    if not speaks(attempt.target.upstream, exchange.format):
        return _prepare_translated(exchange, attempt)
    model, streams = attempt.target.model, exchange.call.streams
    attempt.format = exchange.format
    attempt.body = exchange.format.fit_body(exchange.body, exchange.call, model)
    attempt.path = attempt.format.target_path(quote(model, safe="/:@"), streams).partition("?")[0]
    query = passed_query(exchange.query, attempt.target.upstream)
    if query:
        attempt.path += f"?{query.decode('latin-1')}"
    return None


def _prepare_translated(exchange: Exchange, attempt: Attempt) -> Translation:
    """In the first format of the target's that can say the same; when none can, the first one's reason is told."""
    target, reasons = attempt.target, []
    for spoken in find_translated_formats(exchange.format, target.upstream):
        try:
            translation = make_translation(exchange.format, spoken, exchange.body, exchange.call)
            attempt.body = rename_members(translation.render_request(target.model), target.upstream, spoken)
        except InputError as error:
            reasons.append(error)
            continue
        attempt.format = spoken
        attempt.path = spoken.target_path(quote(target.model, safe="/:@"), exchange.call.streams)
        return translation
    where = f"provider '{target.upstream.name}' does not take {exchange.format.name}"
    if reasons:
        raise InputError(f"{where}, and this request cannot be translated for it: {reasons[0]}") from reasons[0]
    raise InputError(f"{where}: it speaks {', '.join(target.upstream.provider.formats)}")


def passed_query(query: bytes, upstream: Upstream) -> bytes:
    """The client's query, without a virtual key, and where the gateway has its own key without any that Google's clients may put there."""
    query = query_without_virtual_keys(query)
    if not upstream.has_key or not any(name in query for name in _CREDENTIALS):
        return query
    return b"&".join(pair for pair in query.split(b"&") if not pair.startswith(_CREDENTIALS))


def speaks(upstream: Upstream, format: Format) -> bool:
    """Whether a provider takes a format as it is."""
    return format.name in upstream.provider.formats and format.family in upstream.endpoints


def find_translated_formats(asked: Format, upstream: Upstream) -> list[Format]:
    """The formats of a provider that a call can be translated into; its own before OpenAI's, which it speaks less well."""
    known = [FORMATS[name] for name in upstream.provider.formats if name in FORMATS]
    found = [format for format in known if speaks(upstream, format) and translatable(asked, format)]
    return sorted(found, key=_is_openai)


def _is_openai(format: Format) -> bool:
    return format.family == "openai"


def rename_members(body: bytes, upstream: Upstream, spoken: Format) -> bytes:
    """The body of a translated chat with the members that this provider calls by other names."""
    names = upstream.provider.chat_names
    if not names or spoken.name != "openai.chat":
        return body
    fields = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
    return msgspec.json.encode({names.get(name, name): value for name, value in fields.items()})


def _context_of(exchange: Exchange, attempt: Attempt, limits: Limits) -> AnswerContext:
    def note_usage(usage: TokenUsage) -> None:
        attempt.usage = usage

    return AnswerContext(
        id=attempt.span_id,
        model=attempt.target.model,
        now_s=exchange.started_ns // _NS_PER_S,
        note_usage=note_usage,
        max_event_bytes=limits.max_event_bytes,
        max_reply_bytes=limits.max_reply_bytes,
    )


def is_meant_for(exchange: Exchange, upstream: Upstream) -> bool:
    """Whether a key that the client brought is for this provider: its default one, or the one that the client named.

    A route, fallback, hedge or ladder may lead to another company, which must not be handed the client's key.
    """
    return upstream.client_keys or exchange.asked_model.startswith(f"{upstream.name}/")


def _request_of(exchange: Exchange, attempt: Attempt, timeouts: Timeouts) -> UpstreamRequest:
    upstream, family = attempt.target.upstream, attempt.format.family
    traceparent = f"00-{exchange.trace.trace_id}-{attempt.span_id}-01".encode()
    translated = attempt.format is not exchange.format
    headers = upstream_headers(
        exchange.headers,
        upstream,
        traceparent,
        family=family,
        translated=translated,
        client_key=is_meant_for(exchange, upstream),
    )
    return UpstreamRequest(
        upstream=upstream,
        method="POST",
        url=f"{upstream.endpoints[family]}{attempt.path}",
        headers=headers,
        timeouts=timeouts,
        body=attempt.body,
    )
