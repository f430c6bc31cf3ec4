"""Errors in Google's form: `{"error": {"code", "message", "status"}}`, the status going by the HTTP status."""

from typing import Any, Final

import msgspec

from lrcp.gateway.wire.format import decode_json

_MAX_CHARS: Final = 2000
_STATUS_OF: Final = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    402: "FAILED_PRECONDITION",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    405: "UNIMPLEMENTED",
    409: "ABORTED",
    413: "INVALID_ARGUMENT",
    429: "RESOURCE_EXHAUSTED",
    499: "CANCELLED",
    500: "INTERNAL",
    501: "UNIMPLEMENTED",
    502: "UNAVAILABLE",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}
_CODE_OF: Final = {name: code for code, name in reversed(_STATUS_OF.items())}
_ERROR_INFO: Final = "type.googleapis.com/google.rpc.ErrorInfo"


def status_name(status: int) -> str:
    """Google's name for an HTTP status of 400 and above."""
    known = _STATUS_OF.get(status)
    return known or ("FAILED_PRECONDITION" if 400 <= status < 500 else "INTERNAL")


def render_error(status: int, message: str, kind: str, code: str) -> bytes:
    """An error. kind is OpenAI's and goes unused; code goes along as ErrorInfo's reason, in upper case as is usual there."""
    return msgspec.json.encode(_error(status, message, code))


def render_error_event(status: int, message: str, kind: str, code: str) -> bytes:
    """The same as a stream's last event; clients raise it."""
    return render_event(_error(status, message, code))


def render_failure(kind: str, message: str) -> bytes:
    """What another provider said in the middle of its stream, as an event; a kind that Google has not is INTERNAL."""
    return render_event(_error(_CODE_OF.get(kind, 500), message))


def render_event(data: dict[str, Any]) -> bytes:
    """One event of a stream; Google ends its lines with CRLF."""
    return b"data: %b\r\n\r\n" % msgspec.json.encode(data)


def error_of(data: bytes) -> tuple[str, str]:
    """(status, message) of an error body, alone or in a list as streams without `alt=sse` give it; ('', its beginning) else."""
    body = decode_json(data)
    if isinstance(body, list) and body:
        body = body[0]
    error = body.get("error", body) if isinstance(body, dict) else None
    if not isinstance(error, dict):
        return "", error[:_MAX_CHARS] if isinstance(error, str) else data[:_MAX_CHARS].decode("utf-8", "replace")
    return str(error.get("status") or error.get("code") or ""), str(error.get("message") or "")[:_MAX_CHARS]


def _error(status: int, message: str, code: str = "") -> dict[str, Any]:
    error: dict[str, Any] = {"code": status, "message": message, "status": status_name(status)}
    if code:
        error["details"] = [{"@type": _ERROR_INFO, "reason": code.upper(), "domain": "lrcp"}]
    return {"error": error}
