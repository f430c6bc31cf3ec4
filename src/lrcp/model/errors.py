"""The one tree of errors; each says whether trying again can help.

LrcpError
 +- InputError            permanent: the caller sent something wrong; the message says what and where
 |   +- DecodeError       the bytes are not the format they claim to be
 |   +- TooLargeError     over a stated limit
 |   +- UnsupportedError  a content type or encoding that is not accepted here
 +- BusyError             retryable: a bound was reached; retry_after_s says when to come back
 +- UnavailableError      retryable: something this depends on (store, upstream) cannot be reached
 |   +- CostlyError       it can be, but what was asked takes more time or memory than it may
 +- SettingsError         permanent: a setting or the machine is wrong; the message says what to do
"""


class LrcpError(Exception):
    """Root of every error that LRCP raises on purpose."""

    retryable = False


class InputError(LrcpError):
    """What was sent is wrong and will stay wrong."""


class DecodeError(InputError):
    """The bytes are not in the format they claim to be in."""


class TooLargeError(InputError):
    """A body, record or field is over its stated limit."""


class UnsupportedError(InputError):
    """A content type, encoding or version that is not accepted here."""


class BusyError(LrcpError):
    """A bound was reached; nothing of the request was kept.

    retry_after_s: seconds after which another try is worth it.
    """

    retryable = True

    def __init__(self, message: str, *, retry_after_s: float = 1.0) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class UnavailableError(LrcpError):
    """Something that this depends on cannot be reached now."""

    retryable = True


class CostlyError(UnavailableError):
    """What was asked takes more time or memory than it may; something smaller would be answered."""


class SettingsError(LrcpError):
    """A setting, or the machine, is not as it must be; the message says what to do."""
