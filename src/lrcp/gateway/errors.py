"""The gateway's own errors, and the status that each is answered with.

LrcpError
 +- InputError      the client's request is wrong: 400, or 413 when it is too large
 +- RefusedError    a stage says no: 401, 403, 429 ..., with the time to wait where there is one
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


class RefusedError(LrcpError):
    """A stage does not let the call through, as the policy says.

    kind: OpenAI's error type, which the other formats map; code: a word for programs, such as 'budget_exceeded'.
    retry_after_s: seconds after which another try is worth it, None when none is.
    """

    def __init__(self, message: str, *, status: int, kind: str, code: str, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.kind = kind
        self.code = code
        self.retry_after_s = retry_after_s
        self.retryable = retry_after_s is not None


_STATUS_OF: Final[tuple[tuple[type[LrcpError], int, str, str], ...]] = (
    (TooLargeError, 413, "invalid_request_error", "request_too_large"),
    (InputError, 400, "invalid_request_error", "invalid_request"),
)


def describe_error(error: LrcpError) -> tuple[int, str, str]:
    """(HTTP status, OpenAI's error type, code) of an error."""
    if isinstance(error, RefusedError):
        return error.status, error.kind, error.code
    if isinstance(error, UpstreamError):
        return error.status, "upstream_error", error.code
    found = next((row for row in _STATUS_OF if isinstance(error, row[0])), None)
    return found[1:] if found else (500, "gateway_error", "internal_error")
