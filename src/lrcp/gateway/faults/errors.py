"""Faults that are answers of their own: the provider is not asked, and says no."""

from typing import Final

from lrcp.gateway.endpoints import JSON
from lrcp.gateway.exchange import AttemptHandler, Reply
from lrcp.gateway.faults.injection import Injection

CODE: Final = "fault_injected"
_TOO_MANY: Final = 429
_KINDS: Final = {
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
}


async def inject_error(injection: Injection, proceed: AttemptHandler) -> Reply:
    """An error in the client's format, with the fault's status."""
    return _refuse(injection, injection.fault.status)


async def inject_rate_limit(injection: Injection, proceed: AttemptHandler) -> Reply:
    """429, with the time to wait."""
    reply = _refuse(injection, _TOO_MANY)
    reply.headers.append((b"retry-after", b"%d" % injection.fault.retry_after_s))
    return reply


def _refuse(injection: Injection, status: int) -> Reply:
    """The message names the fault, so that nobody looks for the reason elsewhere."""
    kind = _KINDS.get(status, "server_error" if status >= 500 else "invalid_request_error")
    message = f"this failure was injected on purpose, by the fault '{injection.fault.name}'"
    return Reply(status, [JSON], injection.exchange.format.render_error(status, message, kind, CODE))
