"""What makes two requests the same: one digest of who shares, what is asked, and of whom."""

from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any, Final

import msgspec

from lrcp.gateway.exchange import Exchange
from lrcp.model.policy.caching import Tenant

Fields = dict[str, Any]
"""A request's body as decoded: the members that make the answer, and those that do not."""

_IGNORED: Final[Mapping[str, frozenset[str]]] = {
    "openai": frozenset(
        [
            "model",
            "stream",
            "stream_options",
            "user",
            "metadata",
            "safety_identifier",
            "service_tier",
            "prompt_cache_key",
            "prompt_cache_retention",
        ]
    ),
    "anthropic": frozenset(["model", "stream", "metadata", "service_tier"]),
    "gemini": frozenset(["model", "labels"]),
}
"""Members that do not change the answer, or that the key holds by other means (model, stream)."""

_STATEFUL: Final = ("conversation", "background", "container")
"""Members that tie a request to something that lives at the provider and changes: the same bytes ask something else."""

_CREDENTIALS: Final = (b"authorization", b"x-api-key", b"x-goog-api-key", b"api-key")
_SHAPING: Final = (b"anthropic-version", b"anthropic-beta", b"openai-beta", b"openai-organization", b"openai-project")
"""Headers of the providers that an answer depends on."""

_UNKEYABLE: Final = (msgspec.MsgspecError, UnicodeError, RecursionError, OverflowError, ValueError)
_decode: Final = msgspec.json.Decoder(dict[str, Any]).decode


def read_fields(body: bytes, max_bytes: int) -> Fields | None:
    """The members of a request; None for what cannot be cached: too large, no JSON object, or tied to changing state."""
    if len(body) > max_bytes:
        return None
    try:
        fields = _decode(body)
    except _UNKEYABLE:
        return None
    return None if any(fields.get(name) for name in _STATEFUL) else fields


def find_key(exchange: Exchange, fields: Fields, tenant: Tenant, directions: str) -> bytes | None:
    """32 bytes that are equal for requests with the same answer, and only for those; None where JSON cannot say.

    Args:
        fields: of read_fields, or changed from it.
        directions: stands for the policy's routes, so that an answer found by other ones is another answer.
    """
    try:
        body = msgspec.json.encode(canonical_fields(exchange.format.family, fields), order="sorted")
        about = msgspec.json.encode(_circumstances(exchange, tenant, directions))
    except _UNKEYABLE:
        return None
    digest = sha256(about)  # JSON of a list ends where it ends: what follows cannot be taken for a part of it
    digest.update(body)
    return digest.digest()


def canonical_fields(family: str, fields: Fields) -> Fields:
    """The members that make the answer. null is as good as absent, and 1.0 as 1; deeper values stay as they are."""
    ignored = _IGNORED.get(family, _IGNORED["openai"])
    return {
        name: _canonical_value(value) for name, value in fields.items() if value is not None and name not in ignored
    }


def _canonical_value(value: Any) -> Any:
    if isinstance(value, float):
        return int(value) if value.is_integer() else value
    if isinstance(value, dict):  # Gemini keeps its numbers one level down, in generationConfig
        return {name: int(v) if isinstance(v, float) and v.is_integer() else v for name, v in value.items()}
    return value


def _circumstances(exchange: Exchange, tenant: Tenant, directions: str) -> list[Any]:
    call, headers = exchange.call, exchange.headers
    return [
        "lrcp-cache-1",
        tenant_of(exchange, tenant),
        exchange.format.name,
        exchange.path,
        _query_without_key(exchange.query),
        call.model,
        call.streams,
        call.max_tokens,
        directions,
        exchange.route,
        [target.name for target in exchange.candidates],
        [headers[name].decode("latin-1") if name in headers else None for name in _SHAPING],
    ]


def tenant_of(exchange: Exchange, tenant: Tenant) -> list[str]:
    """Who shares an answer, as words that no other tenant has. A user or a session is told apart within its key only,
    since everybody may call himself anything."""
    return _TENANTS[tenant](exchange)


def _key_tenant(exchange: Exchange) -> list[str]:
    if exchange.caller.key_id:
        return ["key", exchange.caller.key_id]
    return ["credential", *_credentials_of(exchange)]


def _credentials_of(exchange: Exchange) -> list[str]:
    """Digests of the keys that the client itself sent; empty for clients that send none, who are then one tenant."""
    sent = [exchange.headers[name] for name in _CREDENTIALS if name in exchange.headers]
    sent += [part[4:] for part in exchange.query.split(b"&") if part.startswith(b"key=")]
    return [sha256(value).hexdigest() for value in sent]


def _team_tenant(exchange: Exchange) -> list[str]:
    """A team is shared by its virtual keys. Without one it is only what a client says, and stays within its credential."""
    caller = exchange.caller
    if not caller.team:
        return _key_tenant(exchange)
    return ["team", caller.team] if caller.key_id else ["team", caller.team, *_credentials_of(exchange)]


def _user_tenant(exchange: Exchange) -> list[str]:
    return ["user", exchange.caller.user, *_key_tenant(exchange)]


def _session_tenant(exchange: Exchange) -> list[str]:
    return ["session", exchange.caller.session, *_key_tenant(exchange)]


def _no_tenant(exchange: Exchange) -> list[str]:
    return ["all"]


_TENANTS: Final[Mapping[Tenant, Callable[[Exchange], list[str]]]] = {
    "key": _key_tenant,
    "team": _team_tenant,
    "user": _user_tenant,
    "session": _session_tenant,
    "all": _no_tenant,
}


def _query_without_key(query: bytes) -> str:
    """Gemini's clients may put their key into the query; it belongs to the tenant, and other parts to the answer."""
    if not query:
        return ""
    parts = (part for part in query.split(b"&") if not part.startswith(b"key="))
    return b"&".join(sorted(parts)).decode("latin-1")
