"""Errors in Anthropic's form: `{"type": "error", "error": {"type": ..., "message": ...}}`, the type going by the status."""

from typing import Any, Final

import msgspec

from lrcp.gateway.wire.format import decode_json

_MAX_CHARS: Final = 2000
_KIND_OF_STATUS: Final = {
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    409: "conflict_error",
    413: "request_too_large",
    429: "rate_limit_error",
    503: "overloaded_error",
    504: "timeout_error",
    529: "overloaded_error",
}
ERROR_KINDS: Final = frozenset({"invalid_request_error", "api_error", *_KIND_OF_STATUS.values()})
"""The types that clients know; anything else that goes wrong is an api_error."""


def error_kind(status: int) -> str:
    """Anthropic's type of error for a status."""
    known = _KIND_OF_STATUS.get(status)
    return known or ("invalid_request_error" if 400 <= status < 500 else "api_error")


def render_error(status: int, message: str, kind: str, code: str) -> bytes:
    """An error. kind is OpenAI's and goes unused; code, which Anthropic has not, goes along for programs."""
    return msgspec.json.encode(_error(error_kind(status), message, code))


def render_error_event(status: int, message: str, kind: str, code: str) -> bytes:
    """The same as a stream's last event; clients raise it."""
    return render_event("error", _error(error_kind(status), message, code))


def render_failure(kind: str, message: str) -> bytes:
    """What a provider said in the middle of its stream, as an event; a kind that Anthropic has not is an api_error."""
    return render_event("error", _error(kind if kind in ERROR_KINDS else "api_error", message))


def render_event(name: str, data: dict[str, Any]) -> bytes:
    """One event of a stream."""
    return b"event: %b\ndata: %b\n\n" % (name.encode(), msgspec.json.encode(data))


def error_of(data: bytes) -> tuple[str, str]:
    """(type, message) of an error body; ('', the body's beginning) when it is none of Anthropic's."""
    body = decode_json(data)
    error = body.get("error", body) if isinstance(body, dict) else None
    if not isinstance(error, dict):
        return "", error[:_MAX_CHARS] if isinstance(error, str) else data[:_MAX_CHARS].decode("utf-8", "replace")
    return str(error.get("type") or ""), str(error.get("message") or "")[:_MAX_CHARS]


def _error(kind: str, message: str, code: str = "") -> dict[str, Any]:
    error = {"type": kind, "message": message}
    if code:
        error["code"] = code
    return {"type": "error", "error": error}
