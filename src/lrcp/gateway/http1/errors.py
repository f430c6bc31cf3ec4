"""How a call over HTTP can fail, as words for programs."""

from typing import Final

CONNECT_TIMEOUT: Final = "connect_timeout"
TIMEOUT: Final = "timeout"
UNREACHABLE: Final = "unreachable"
NOT_ALLOWED: Final = "not_allowed"
TLS: Final = "tls"
DISCONNECTED: Final = "disconnected"
CUT: Final = "cut"
INVALID: Final = "invalid"
BUSY: Final = "busy"


class HttpError(Exception):
    """A call that came to no whole answer. code: one of this module's; detail: what the machine said, for people."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code
        self.detail = detail
