"""Around every request: only known host names (against DNS rebinding), only our own pages (against forged requests of
others), a bound of the body, security headers on replies."""

from collections.abc import Sequence
from typing import Final
from urllib.parse import urlsplit

from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lrcp.api.problems import render_problem

LOCAL_HOSTS: Final = ("127.0.0.1", "localhost", "[::1]")

MAX_BODY_BYTES: Final = 1024 * 1024
"""Of a request to the API; telemetry does not pass here."""

_POLICY: Final = (
    "default-src 'self'; script-src 'self'{scripts}; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:;"
    " font-src 'self' data:; connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
# Styles are set from script by the charts and the virtual lists; the reference page compiles its templates.
_APP_POLICY: Final = _POLICY.format(scripts="").encode()
_DOCS_POLICY: Final = _POLICY.format(scripts=" 'unsafe-eval'").encode()
_HEADERS: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
)


class RequestGuard:
    """ASGI middleware. allowed_hosts: names without port; '*' allows all, '.example.org' its subdomains too."""

    def __init__(self, app: ASGIApp, allowed_hosts: Sequence[str]) -> None:
        self._app = app
        self._all = "*" in allowed_hosts
        self._hosts = frozenset(host.lower() for host in allowed_hosts)
        self._suffixes = tuple(host.lower() for host in allowed_hosts if host.startswith("."))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path = scope["path"]

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *_HEADERS, (b"content-security-policy", _policy(path))]
            await send(message)

        refusal = self._refusal(scope)
        if refusal is None:
            await self._app(scope, _bounded(receive), send_guarded)
        else:
            await refusal(scope, receive, send_guarded)

    def _refusal(self, scope: Scope) -> Response | None:
        host, origin = _host_of(scope), _header(scope, b"origin")
        if not self._allows(host):
            return render_problem(
                421, f"this server does not answer to the host {host[:100]!r}; add it to LRCP_ALLOWED_HOSTS to allow it"
            )
        # Browsers name the page that a request comes from wherever it could change something; other clients name none.
        if origin and not self._allows(_origin_host(origin)):
            return render_problem(
                403,
                f"pages of {origin[:100]!r} may not ask this server; add its host to LRCP_ALLOWED_HOSTS to allow it",
            )
        return None

    def _allows(self, host: str) -> bool:
        return self._all or host in self._hosts or (bool(self._suffixes) and host.endswith(self._suffixes))


def _bounded(receive: Receive) -> Receive:
    """Raises (when called): HTTPException 413 - more of the body came than a request may have."""
    size = 0

    async def receive_bounded() -> Message:
        nonlocal size
        message = await receive()
        size += len(message.get("body", b""))
        if size > MAX_BODY_BYTES:
            raise HTTPException(413, f"the body is over the limit of {MAX_BODY_BYTES} bytes")
        return message

    return receive_bounded


def _header(scope: Scope, wanted: bytes) -> str:
    return next((value for name, value in scope["headers"] if name == wanted), b"").decode("latin-1").lower()


def _origin_host(origin: str) -> str:
    """The host of `https://host:port`, in brackets where it is an IPv6 address; '' of `null` and what is none."""
    try:
        host = urlsplit(origin).hostname or ""
    except ValueError:
        return ""
    return f"[{host}]" if ":" in host else host


def _host_of(scope: Scope) -> str:
    value = _header(scope, b"host")
    if value.startswith("["):
        return value.partition("]")[0] + "]"
    return value.partition(":")[0]


def _policy(path: str) -> bytes:
    return _DOCS_POLICY if path == "/docs" else _APP_POLICY
