"""Why a group is in the state it is in: one sentence with its numbers. Made only for those that somebody will read."""

from typing import Final

from lrcp.model.monitor_state import State

_STILL: Final = {">": "above", ">=": "at or above", "<": "below", "<=": "at or below"}


def spell_number(value: float) -> str:
    """Six significant digits, large whole numbers whole."""
    text = f"{value:.6g}"
    return f"{value:.0f}" if "e+" in text and value == int(value) and abs(value) < 1e15 else text


def breach_reason(value: float, operator: str, threshold: float, level: str, meaning: str) -> str:
    """`0.43 > 0.4 critical: average of the last 5 minutes`."""
    return f"{_number(value)} {operator} {spell_number(threshold)} {level}{_meaning(meaning)}"


def fine_reason(value: float, operator: str, threshold: float, level: str, meaning: str) -> str:
    """`0.31 is not > 0.4 critical: average of the last 5 minutes`."""
    return f"{_number(value)} is not {operator} {spell_number(threshold)} {level}{_meaning(meaning)}"


def held_reason(value: float, operator: str, recovery: float, state: State) -> str:
    """`held in ALERT: 0.38 is above the recovery threshold 0.35`."""
    return (
        f"held in {state.name}: {_number(value)} is {_STILL[operator]} the recovery threshold {spell_number(recovery)}"
    )


def plain_reason(text: str) -> str:
    """The text itself: for reasons that the observer has found."""
    return text


def kept_reason(why: str, state: State) -> str:
    """`no data for 10 minutes; stays OK`."""
    return f"{why}; stays {state.name}" if state is not State.SKIPPED else f"{why}; not evaluated yet"


def _number(value: float) -> str:
    return spell_number(value) if value == value and abs(value) != float("inf") else str(value)


def _meaning(meaning: str) -> str:
    return f": {meaning}" if meaning else ""
