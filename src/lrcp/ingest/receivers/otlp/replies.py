"""Replies of OTLP in both encodings, written by hand: three small messages do not need a schema.

Export...ServiceResponse   1: partial_success {1: rejected int64, 2: error_message string}
google.rpc.Status          1: code int32, 2: message string, 3: details Any[]
google.protobuf.Any        1: type_url string, 2: value bytes
google.rpc.RetryInfo       1: retry_delay Duration {1: seconds int64, 2: nanos int32}
"""

from typing import Final

from lrcp.ingest.receivers.otlp.signals import JSON
from lrcp.ingest.receivers.otlp.taken import Refusals
from lrcp.ingest.receivers.otlp.values import json_text

INVALID_ARGUMENT: Final = 3
NOT_FOUND: Final = 5
RESOURCE_EXHAUSTED: Final = 8
UNIMPLEMENTED: Final = 12
INTERNAL: Final = 13
UNAVAILABLE: Final = 14

_RETRY_INFO_URL: Final = "type.googleapis.com/google.rpc.RetryInfo"
_CODE_OF_STATUS: Final = {
    400: INVALID_ARGUMENT,
    404: NOT_FOUND,
    405: UNIMPLEMENTED,
    413: INVALID_ARGUMENT,
    415: INVALID_ARGUMENT,
    429: RESOURCE_EXHAUSTED,
    503: UNAVAILABLE,
}


def success(refusals: Refusals, refused_field: str, content_type: str) -> bytes:
    """The body of a 200: empty, or with a partial success when records were refused."""
    if content_type == JSON:
        partial = {refused_field: str(refusals.count), "errorMessage": refusals.message()}
        return json_text({"partialSuccess": partial} if refusals.count else {}).encode()
    if not refusals.count:
        return b""
    return _bytes_field(1, _int_field(1, refusals.count) + _bytes_field(2, refusals.message().encode()))


def failure(status: int, message: str, content_type: str) -> bytes:
    """A google.rpc.Status for an HTTP status."""
    code = _CODE_OF_STATUS.get(status, INTERNAL)
    if content_type == JSON:
        return json_text({"code": code, "message": message}).encode()
    return rpc_status(code, message)


def rpc_status(code: int, message: str, retry_info: bytes = b"") -> bytes:
    """google.rpc.Status in protobuf. retry_info: a RetryInfo to go with it, b'' for none."""
    status = _int_field(1, code) + _bytes_field(2, message.encode(errors="replace"))
    if retry_info:
        status += _bytes_field(3, _bytes_field(1, _RETRY_INFO_URL.encode()) + _bytes_field(2, retry_info))
    return status


def retry_info(after_s: float) -> bytes:
    """google.rpc.RetryInfo in protobuf."""
    nanoseconds = max(0, round(after_s * 1_000_000_000))
    seconds, nanos = divmod(nanoseconds, 1_000_000_000)
    duration = (_int_field(1, seconds) if seconds else b"") + (_int_field(2, nanos) if nanos else b"")
    return _bytes_field(1, duration)


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def _int_field(field: int, number: int) -> bytes:
    return _varint(field << 3) + _varint(number)


def _bytes_field(field: int, value: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(value)) + value
