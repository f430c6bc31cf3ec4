"""Guards on what is there whole: a request's body, and a reply's."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from lrcp.evaluators.cost import TokenUsage
from lrcp.gateway.exchange import Exchange, Reply
from lrcp.gateway.guards.hook import Hook
from lrcp.gateway.guards.port import GuardText, Verdict
from lrcp.gateway.guards.rewriting import Edit, rewrite_json
from lrcp.gateway.guards.walk import Found, Path, reply_texts, request_texts, telltales
from lrcp.gateway.wire.format import UNDECODABLE, decode_json
from lrcp.gateway.wire.transcript import Transcript
from lrcp.model.errors import InputError

_any: Final = msgspec.json.Decoder()


async def check_request(exchange: Exchange, hooks: Sequence[Hook]) -> None:
    """Ask the guards one by one; those after one that redacts see the redacted text.

    Raises: RefusedError; InputError - the body cannot be read, so that no guard can have seen it.
    """
    found = request_texts(exchange.format.name, _decode(exchange.body))
    for hook in hooks:
        verdict = await hook.asker.ask(hook.make_input(exchange, "request", _as_input(found)))
        if hook.obey(exchange, "request", verdict) and verdict is not None:
            _put_body(exchange, rewrite_json(exchange.body, edits_of(verdict, found)))
            found = request_texts(exchange.format.name, _decode(exchange.body))


async def check_reply(exchange: Exchange, reply: Reply, hooks: Sequence[Hook]) -> None:
    """The same for a whole answer. Raises: RefusedError."""
    for hook in hooks:
        body = decode_json(reply.body)
        found = reply_texts(exchange.format.name, body)
        readable = body is not None
        verdict = await hook.asker.ask(hook.make_input(exchange, "reply", _as_input(found))) if readable else None
        if hook.obey(exchange, "reply", verdict) and verdict is not None:
            places = telltales(exchange.format.name, body)
            reply.body = rewrite_json(reply.body, edits_of(verdict, found), places)


def note_usage(exchange: Exchange, transcript: Transcript) -> None:
    """What a provider is to be paid for an answer that the client does not get."""
    last = exchange.attempts[-1] if exchange.attempts else None
    if last is not None and last.usage is None and exchange.cache in ("", "miss"):
        estimate = TokenUsage(exchange.prompt_tokens(), transcript.output_tokens())
        last.usage = transcript.usage or estimate


def edits_of(verdict: Verdict, found: Sequence[Found]) -> dict[Path, list[Edit]]:
    """The places of a verdict, by where their texts are."""
    edits: dict[Path, list[Edit]] = {}
    for span in sorted(verdict.spans, key=lambda span: (span.index, span.start)):
        edits.setdefault(found[span.index].path, []).append((span.start, span.end, span.replacement))
    return edits


def _as_input(found: Sequence[Found]) -> list[GuardText]:
    return [GuardText(one.role, one.text) for one in found]


def _decode(body: bytes) -> Any:
    try:
        return _any.decode(body)
    except UNDECODABLE as error:
        raise InputError(f"the body is not a valid request: {error}") from error


def _put_body(exchange: Exchange, body: bytes) -> None:
    exchange.body = body
    prompt = exchange.format.decode_call(exchange.path, body).prompt
    exchange.call = msgspec.structs.replace(exchange.call, prompt=prompt)
