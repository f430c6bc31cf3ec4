"""Times as Datadog's documents write them."""

from datetime import UTC, datetime

from lrcp.datadog.errors import invalid


def iso_time(ns: int) -> str:
    """Unix nanoseconds as `2023-05-22T21:15:19.942502+00:00`; the microseconds are always there."""
    return (
        datetime.fromtimestamp(ns // 10**9, UTC)
        .replace(microsecond=ns // 1000 % 10**6)
        .isoformat(timespec="microseconds")
    )


def iso_seconds(seconds: float) -> str:
    """Unix seconds likewise, to the microsecond."""
    return iso_time(round(seconds * 1_000_000) * 1_000)


def unix_s(ns: int) -> int:
    """Whole seconds of Unix nanoseconds."""
    return ns // 10**9


def exact_s(ns: int) -> float:
    """Seconds of Unix nanoseconds to the microsecond, as documents write times: so that one of now compares as equal."""
    return ns // 1000 / 1_000_000


def parse_time(text: str, member: str) -> int:
    """Unix nanoseconds of an ISO 8601 text, UTC where it names no zone. Raises: Refusal - it is none; names the member."""
    try:
        moment = datetime.fromisoformat(text)
    except (ValueError, TypeError):
        raise invalid(f"Invalid {member}: {str(text)[:60]!r} is not a date and time in ISO 8601") from None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return int(moment.timestamp()) * 10**9 + moment.microsecond * 1000
