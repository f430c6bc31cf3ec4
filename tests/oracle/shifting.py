"""A recording's times moved to another day, so that a server whose clock is today's takes it as it was taken then."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from tests.oracle.recordings import Interaction, Recording

NEAR_S: Final = 40 * 86_400
"""A number so near to the time of the recording is a time; others (ids, thresholds, times of long ago) stay."""


def moved_to(recording: Recording, now_s: float) -> Recording:
    """The recording as if it had been made at another time. Bodies that are packed stay as they are."""
    by_s = round(now_s - recording.frozen_s)

    def move(one: Interaction) -> Interaction:
        query = tuple((name, shifted(value, recording.frozen_s, by_s)) for name, value in one.query)
        body, reply = (shifted(value, recording.frozen_s, by_s) for value in (one.body, one.reply))
        return replace(one, query=query, body=body, reply=reply)

    return replace(recording, frozen_s=now_s, interactions=tuple(map(move, recording.interactions)))


def shifted(value: Any, around_s: float, by_s: int) -> Any:
    """A document, or a parameter's text, with its times moved by by_s: Unix seconds, milliseconds, ISO 8601."""
    if isinstance(value, dict):
        return {name: shifted(one, around_s, by_s) for name, one in value.items()}
    if isinstance(value, list):
        return [shifted(one, around_s, by_s) for one in value]
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int):
        return _number(value, around_s, by_s)
    if isinstance(value, str):
        return str(_number(int(value), around_s, by_s)) if value.isdecimal() and len(value) < 19 else _text(value, by_s)
    return value


def _number(value: int, around_s: float, by_s: int) -> int:
    for unit in (1, 1_000):
        if abs(value / unit - around_s) < NEAR_S:
            return value + by_s * unit
    return value


def _text(value: str, by_s: int) -> str:
    if len(value) < 19 or value[4:5] != "-":
        return value
    try:
        return (datetime.fromisoformat(value) + timedelta(seconds=by_s)).isoformat()
    except ValueError:
        return value
