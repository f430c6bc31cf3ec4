"""Whether a reply has all that the recorded one has: the same members with the same values, and possibly more."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

MADE_UP: Final = frozenset(
    (
        "id", "id_str", "uid", "uuid", "public_id", "token", "alert_id",
        "org_id", "creator", "creator_id", "updater_id", "author", "author_handle", "author_name", "created_by",
        "creator_uuid", "modifier", "included", "icon",
        "created", "created_at", "modified", "modified_at", "deleted_at", "indexed_at", "overall_state_modified",
        "canceled", "timing", "last_triggered_ts", "after", "cursor", "next_cursor",
    )
)  # fmt: skip
"""Members whose values every server makes up: that they are there is looked at, not what they hold."""

INTERNAL: Final = frozenset(("experience_type", "avalanche_window", "run_as", "restricted", "locked"))
"""Members of single recordings (of organisations of Datadog's own, or of years past) that the API does not document."""

CLOCK_S: Final = 60
"""A recording's clock stands still, the server's went on: a time that the server took is that much later at most."""

LEAST_TIME: Final = 1_000_000_000
"""Numbers from here on are Unix seconds."""

SETS: Final = frozenset(
    (
        "tags",
        "notify_end_states",
        "notify_end_types",
        "monitor_tags",
        "valid_tag_values",
        "recipients",
        "all_tags",
        "added",
    )
)
"""Lists whose order has no meaning; the server itself changes it between replies."""


def differences(recorded: Any, answered: Any, path: str = "$") -> Iterator[str]:
    """Each place where the answer has something else than the recording, as a sentence."""
    name = path.rpartition(".")[2].removesuffix("[]")
    if isinstance(recorded, dict):
        yield from _of_object(recorded, answered, path)
    elif isinstance(recorded, list):
        yield from _of_list(recorded, answered, path, name)
    elif not _same(recorded, answered):
        yield f"{path}: recorded {recorded!r}, answered {answered!r}"


def _of_object(recorded: dict[str, Any], answered: Any, path: str) -> Iterator[str]:
    if not isinstance(answered, dict):
        yield f"{path}: recorded an object, answered {answered!r}"
        return
    for name, value in recorded.items():
        if name not in answered:
            yield from () if name in INTERNAL else (f"{path}.{name}: missing",)
        elif name not in MADE_UP | INTERNAL:
            yield from differences(value, answered[name], f"{path}.{name}")


def _of_list(recorded: list[Any], answered: Any, path: str, name: str) -> Iterator[str]:
    if not isinstance(answered, list) or len(recorded) != len(answered):
        shown = len(answered) if isinstance(answered, list) else answered
        yield f"{path}: recorded {len(recorded)} elements, answered {shown!r}"
        return
    if name in SETS and all(isinstance(value, str) for value in [*recorded, *answered]):
        recorded, answered = sorted(recorded), sorted(answered)
    for one, other in zip(recorded, answered, strict=True):
        yield from differences(one, other, f"{path}[]")


def _same(recorded: Any, answered: Any) -> bool:
    if isinstance(recorded, bool) or isinstance(answered, bool):
        return recorded is answered
    if isinstance(recorded, int | float) and isinstance(answered, int | float):
        return recorded == answered or (recorded > LEAST_TIME and abs(recorded - answered) < CLOCK_S)
    if not isinstance(recorded, str) or not isinstance(answered, str):
        return recorded is None and answered is None
    return recorded == answered or _same_time(recorded, answered) or _same_address(recorded, answered)


def _same_time(recorded: str, answered: str) -> bool:
    try:
        apart = datetime.fromisoformat(recorded) - datetime.fromisoformat(answered)
    except (ValueError, TypeError):
        return False
    return abs(apart.total_seconds()) < CLOCK_S


def _same_address(recorded: str, answered: str) -> bool:
    """The same path and parameters, on whatever host; of a dashboard's page without its id."""
    one, other = urlsplit(recorded), urlsplit(answered)
    if one.path.startswith("/dashboard/"):
        return one.path.split("/")[3:] == other.path.split("/")[3:]
    same_query = sorted(parse_qsl(one.query)) == sorted(parse_qsl(other.query))
    return bool(one.scheme) and one.path == other.path and same_query
