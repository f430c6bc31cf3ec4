"""The gateway's own errors, and the status that each is answered with.

LrcpError
 +- InputError      the client's request is wrong: 400, or 413 when it is too large
 +- UpstreamError   the provider could not be reached, or broke off: 502, or 504 when it took too long
"""

from typing import Final

from lrcp.model.errors import InputError, LrcpError, TooLargeError, UnavailableError


class UpstreamError(UnavailableError):
    """The call to the provider failed before it gave a whole answer.

    status: HTTP status for the client; code: a word for programs and telemetry, such as 'upstream_unreachable'.
    """

    def __init__(self, message: str, *, code: str, status: int = 502) -> None:
        super().__init__(message)
        self.code = code
        self.status = status


_STATUS_OF: Final[tuple[tuple[type[LrcpError], int, str, str], ...]] = (
    (TooLargeError, 413, "invalid_request_error", "request_too_large"),
    (InputError, 400, "invalid_request_error", "invalid_request"),
)


def describe_error(error: LrcpError) -> tuple[int, str, str]:
    """(HTTP status, OpenAI's error type, code) of an error."""
    if isinstance(error, UpstreamError):
        return error.status, "upstream_error", error.code
    found = next((row for row in _STATUS_OF if isinstance(error, row[0])), None)
    return found[1:] if found else (500, "gateway_error", "internal_error")
