"""Bodies as plain values, and the careful reading of values that a stranger wrote."""

import math
from typing import Any, Final
from urllib.parse import parse_qsl

import msgspec

from lrcp.ingest.http import Request
from lrcp.ingest.mend import decode_mended
from lrcp.model.errors import DecodeError, InputError, TooLargeError
from lrcp.model.metric_name import normalize_metric_name

_NS_PER_S: Final = 1_000_000_000


class Refusals(msgspec.Struct):
    """Records of a body that are refused while the others go on: how many, and why the first wrong one was.

    Records that are well formed but too old, or too far ahead, count without being wrong: Datadog accepts a request
    that holds nothing else.
    """

    count: int = 0
    first_wrong: str = ""

    def note_wrong(self, where: str, error: InputError) -> None:
        self.count += 1
        self.first_wrong = self.first_wrong or f"{where}: {error}"

    def note_untimely(self, records: int = 1) -> None:
        self.count += records

    def raise_if_nothing_else(self, kept: int) -> None:
        """Raises: DecodeError - nothing was kept, and something was wrong."""
        if not kept and self.first_wrong:
            raise DecodeError(self.first_wrong)


def parse_json(body: bytes) -> Any:
    """The JSON value of a body; halves of characters in it are mended. Raises: DecodeError - says where."""
    try:
        return decode_mended(msgspec.json.decode, body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise DecodeError(f"the body is not valid JSON: {error}") from error
    except RecursionError:
        raise DecodeError("the body is not accepted: it is nested too deeply") from None


def as_json(value: Any) -> str:
    """A decoded value as JSON text again. Raises: InputError - nested too deeply, or a number that JSON has no form for."""
    try:
        return msgspec.json.encode(value).decode()
    except (RecursionError, OverflowError, ValueError):
        raise InputError("a value is nested too deeply or out of range") from None


def read_query(request: Request) -> dict[str, str]:
    """Parameters of the query; the last of a name counts. Raises: InputError - more than 100."""
    try:
        pairs = parse_qsl(request.query.decode("latin-1"), max_num_fields=100, errors="replace")
    except ValueError:
        raise InputError("the query has too many parameters") from None
    return dict(pairs)


def check_sent_bytes(request: Request, limit: int) -> None:
    """Bound of the body as it was sent, before decompression. Raises: TooLargeError."""
    declared = request.headers.get(b"content-length", b"")
    sent = int(declared) if declared.isdigit() else 0
    if not request.headers.get(b"content-encoding"):
        sent = max(sent, len(request.body))
    if sent > limit:
        raise TooLargeError(f"the body has {sent} bytes as sent, the limit is {limit}")


def as_object(value: Any, what: str) -> dict[str, Any]:
    """Raises: InputError - not a JSON object."""
    if not isinstance(value, dict):
        raise InputError(f"{what} must be an object")
    return value


def as_list(value: Any, what: str) -> list[Any]:
    """Raises: InputError - not a JSON array."""
    if not isinstance(value, list):
        raise InputError(f"{what} must be an array")
    return value


def as_text(value: Any, what: str) -> str:
    """A text, '' for null. Raises: InputError - another type."""
    if value is None:
        return ""
    if not isinstance(value, str):
        raise InputError(f"{what} must be a string")
    return value


def as_number(value: Any, what: str) -> float:
    """A finite number; numbers in quotes are numbers too, as the intake takes them. Raises: InputError."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise InputError(f"{what} must be a number")
    try:
        number = float(value)
    except (ValueError, OverflowError):
        raise InputError(f"{what} is not a number that fits 64 bits") from None
    if not math.isfinite(number):
        raise InputError(f"{what} must be finite")
    return number


def as_tags(value: Any, what: str = "tags") -> list[str]:
    """Tags as sent: an array of texts, or null for none. Raises: InputError."""
    if value is None:
        return []
    return [as_text(tag, f"{what}[{index}]") for index, tag in enumerate(as_list(value, what))]


def as_metric_name(value: Any) -> str:
    """A metric's stored name. Raises: InputError - missing, or nothing is left of it."""
    name = normalize_metric_name(as_text(value, "metric"))
    if not name:
        raise InputError("metric must be a name that starts with a letter")
    return name


def as_interval_s(value: Any) -> int:
    """An interval, seconds; 0 for none. Raises: InputError - negative, or no whole 32-bit number."""
    if value is None:
        return 0
    seconds = as_number(value, "interval")
    if not 0 <= seconds < 1 << 31:
        raise InputError("interval must be between 0 and 2147483647 seconds")
    return int(seconds)


def is_timely(time_s: float, now_ns: int, *, past_s: float, future_s: float) -> bool:
    """Whether a moment (Unix seconds) lies in an intake's window around now."""
    now_s = now_ns / _NS_PER_S
    return now_s - past_s <= time_s <= now_s + future_s
