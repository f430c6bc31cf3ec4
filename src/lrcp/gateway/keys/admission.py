"""Whether a request may do what it asks, by its virtual key."""

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from lrcp.gateway.errors import RefusedError
from lrcp.gateway.keys.credentials import find_virtual_key, query_without_virtual_keys, without_virtual_keys
from lrcp.gateway.keys.source import KeyRing
from lrcp.gateway.scope import UNNAMED_MODEL, MatchesText, compile_patterns
from lrcp.gateway.wire.format import CHAT, COUNT_TOKENS, EMBEDDINGS
from lrcp.model.errors import UnavailableError
from lrcp.model.policy.admission import Authentication
from lrcp.model.virtual_key import Scope, VirtualKey, digest_of, is_key_text

SCOPE_OF: Final[Mapping[str, Scope]] = {CHAT: "chat", COUNT_TOKENS: "chat", EMBEDDINGS: "embeddings"}
"""Operation of a format -> the scope that it takes."""
LISTING: Final[Scope] = "models"
RETRY_S: Final = 1.0
_MAX_COMPILED: Final = 1024


class Admitted(NamedTuple):
    """A request that may go on. key: None when it has none and needs none; headers and query are without it."""

    key: VirtualKey | None
    headers: Mapping[bytes, bytes]
    query: bytes


Admit = Callable[[Mapping[bytes, bytes], bytes, Scope, str | None, int], Admitted]
"""(headers, query, scope, model or None for none in particular, Unix ns now) -> Admitted. Raises: RefusedError."""


def make_admission(section: Authentication, ring: KeyRing) -> Admit:
    """The check of a policy's section `authentication`."""
    compiled: dict[tuple[str, ...], MatchesText] = {}

    def is_allowed(key: VirtualKey, model: str) -> bool:
        matches = compiled.get(key.allowed_models)
        if matches is None:
            if len(compiled) >= _MAX_COMPILED:
                compiled.clear()
            matches = compiled[key.allowed_models] = compile_patterns(key.allowed_models)
        return matches(model or UNNAMED_MODEL)

    def admit(headers: Mapping[bytes, bytes], query: bytes, scope: Scope, model: str | None, now_ns: int) -> Admitted:
        text = find_virtual_key(headers, query)
        if not text:
            if section.required:
                raise _missing()
            return Admitted(None, headers, query)
        key = _find(ring, text, now_ns)
        if scope not in key.scopes:
            raise _forbidden("scope_not_allowed", f"this key is for {', '.join(key.scopes) or 'nothing'}, not {scope}")
        if model is not None and not is_allowed(key, model):
            named = f"the model {model[:100]!r}" if model else "a request that names no model ('default')"
            raise _forbidden("model_not_allowed", f"this key does not allow {named}")
        return Admitted(key, without_virtual_keys(headers), query_without_virtual_keys(query))

    return admit


def make_listing_admission(
    section: Authentication | None, ring: KeyRing
) -> Callable[[Mapping[bytes, bytes], bytes, int], tuple[Mapping[bytes, bytes], bytes]]:
    """The check of requests for the list of models: (headers, query, Unix ns now) -> both without a virtual key.

    It raises RefusedError; never where the section is absent.
    """
    admit = make_admission(section, ring) if section is not None else None

    def admit_listing(headers: Mapping[bytes, bytes], query: bytes, now_ns: int) -> tuple[Mapping[bytes, bytes], bytes]:
        if admit is None:
            return without_virtual_keys(headers), query_without_virtual_keys(query)
        return admit(headers, query, LISTING, None, now_ns)[1:]

    return admit_listing


def _find(ring: KeyRing, text: str, now_ns: int) -> VirtualKey:
    """The key in force that has this text. Raises: RefusedError."""
    try:
        key = ring.find(digest_of(text)) if is_key_text(text) else None
    except UnavailableError as error:
        # Not let in, as nobody can say whether it may: the reason is the operator's, but the caller must not wonder.
        raise RefusedError(
            str(error), status=503, kind="api_error", code="keys_unavailable", retry_after_s=RETRY_S
        ) from error
    if key is None:
        raise _unauthorized("the virtual key is not known here, or it was revoked")
    if key.state(now_ns) != "active":
        raise _unauthorized("the virtual key has expired")
    return key


def _missing() -> RefusedError:
    return _unauthorized("this gateway needs a virtual key (lrcp_...), where the client puts its API key")


def _unauthorized(message: str) -> RefusedError:
    return RefusedError(message, status=401, kind="authentication_error", code="invalid_api_key")


def _forbidden(code: str, message: str) -> RefusedError:
    return RefusedError(message, status=403, kind="permission_error", code=code)
