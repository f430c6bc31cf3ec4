"""Which headers pass, in which direction. Names are lower case."""

from collections.abc import Iterable, Mapping
from typing import Final

from lrcp.gateway.keys.credentials import without_virtual_keys
from lrcp.gateway.providers import Upstream

_HOP_BY_HOP: Final = frozenset(
    b"connection keep-alive proxy-authenticate proxy-authorization proxy-connection te trailer transfer-encoding upgrade".split()
)
_NOT_FORWARDED: Final = _HOP_BY_HOP | frozenset(
    b"host content-length content-encoding accept-encoding expect cookie forwarded via "
    b"traceparent tracestate baggage b3 x-real-ip".split()
)
_CREDENTIALS: Final = frozenset(b"authorization api-key x-api-key x-goog-api-key x-goog-user-project".split())
_PRIVATE_PREFIXES: Final = (b"x-lrcp-", b"x-datadog-", b"x-forwarded-", b"x-b3-")
_NOT_RETURNED: Final = _HOP_BY_HOP | frozenset(
    b"content-length content-encoding set-cookie server date alt-svc".split()
)


_CLIENT_KEYS: Final = (b"x-api-key", b"x-goog-api-key", b"api-key")
_ANTHROPIC_VERSION: Final = ("anthropic-version", "2023-06-01")


def upstream_headers(
    headers: Mapping[bytes, bytes],
    upstream: Upstream,
    traceparent: bytes,
    *,
    family: str,
    translated: bool,
    client_key: bool,
) -> list[tuple[str, str]]:
    """The headers of the call to a provider, in a wire family.

    What names the caller, its cookies and its traces stays here. The client's own credentials go on only when they are
    meant for this provider (client_key) and the gateway has none for it, in the header that the family wants. Answers are asked for uncompressed, so
    that they can be measured as they pass. Of a translated call only what concerns the body goes on. A virtual key
    never does, also where no policy asks for one.
    """
    headers = without_virtual_keys(headers)
    if translated:
        passed = [("content-type", "application/json"), ("accept", "*/*")]
    else:
        withheld = _NOT_FORWARDED if client_key and not upstream.has_key else _NOT_FORWARDED | _CREDENTIALS
        passed = [
            (name.decode("latin-1"), value.decode("latin-1"))
            for name, value in headers.items()
            if name not in withheld and not name.startswith(_PRIVATE_PREFIXES)
        ]
    key = upstream.credential() or (find_client_key(headers) if translated and client_key else "")
    if key:
        name = upstream.key_header(family)
        passed.append((name, f"Bearer {key}" if name == "authorization" else key))
    if family == "anthropic" and b"anthropic-version" not in headers:
        passed.append(_ANTHROPIC_VERSION)
    passed.append(("accept-encoding", "identity"))
    passed.append(("traceparent", traceparent.decode()))
    return passed


def find_client_key(headers: Mapping[bytes, bytes]) -> str:
    """The credential that a client sent, in whichever header; '' when none."""
    scheme, _, token = headers.get(b"authorization", b"").partition(b" ")
    if scheme.lower() == b"bearer" and token:
        return token.strip().decode("latin-1")
    return next((headers[name].decode("latin-1") for name in _CLIENT_KEYS if name in headers), "")


def client_headers(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """The provider's headers (lower-case names) that go back to the client."""
    return [(n, v) for n, v in headers if n not in _NOT_RETURNED and not n.startswith(b"x-lrcp-")]
