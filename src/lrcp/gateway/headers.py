"""Which headers pass, in which direction. Names are lower case."""

from collections.abc import Iterable, Mapping
from typing import Final

from lrcp.gateway.providers import Upstream

_HOP_BY_HOP: Final = frozenset(
    b"connection keep-alive proxy-authenticate proxy-authorization proxy-connection te trailer transfer-encoding upgrade".split()
)
_NOT_FORWARDED: Final = _HOP_BY_HOP | frozenset(
    b"host content-length content-encoding accept-encoding expect cookie forwarded via "
    b"traceparent tracestate baggage b3 x-real-ip".split()
)
_CREDENTIALS: Final = frozenset(b"authorization api-key x-api-key x-goog-api-key".split())
_PRIVATE_PREFIXES: Final = (b"x-lrcp-", b"x-datadog-", b"x-forwarded-", b"x-b3-")
_NOT_RETURNED: Final = _HOP_BY_HOP | frozenset(
    b"content-length content-encoding set-cookie server date alt-svc".split()
)


def upstream_headers(headers: Mapping[bytes, bytes], upstream: Upstream, traceparent: bytes) -> list[tuple[str, str]]:
    """The headers of the call to a provider.

    What names the caller, its cookies and its traces stays here. The client's own credentials go on only when the
    gateway has no key for this provider. Answers are asked for uncompressed, so that they can be measured as they pass.
    """
    withheld = _NOT_FORWARDED | _CREDENTIALS if upstream.key else _NOT_FORWARDED
    passed = [
        (name.decode("latin-1"), value.decode("latin-1"))
        for name, value in headers.items()
        if name not in withheld and not name.startswith(_PRIVATE_PREFIXES)
    ]
    if upstream.key:
        passed.append(("authorization", f"Bearer {upstream.key}"))
    passed.append(("accept-encoding", "identity"))
    passed.append(("traceparent", traceparent.decode()))
    return passed


def client_headers(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """The provider's headers that go back to the client."""
    lowered = ((name.lower(), value) for name, value in headers)
    return [(n, v) for n, v in lowered if n not in _NOT_RETURNED and not n.startswith(b"x-lrcp-")]
