"""The conditions of a template, as a table: what arguments each takes, and when it holds."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from lrcp.model.monitor_state import State
from lrcp.monitors.message.tree import Argument, Quoted
from lrcp.monitors.message.values import Values

Holds = Callable[[Values, Sequence[Argument]], bool]


@dataclass(frozen=True, slots=True)
class Condition:
    """takes: '' nothing, "priority" `'P1'`, "match" a variable and texts."""

    holds: Holds
    takes: str = ""

    def wrong(self, arguments: Sequence[Argument]) -> str:
        """Why these cannot be its arguments, '' when they can."""
        return _WRONG[self.takes](arguments)


def _no_arguments(arguments: Sequence[Argument]) -> str:
    return "the condition takes no arguments" if arguments else ""


def _one_priority(arguments: Sequence[Argument]) -> str:
    given = [argument.text for argument in arguments if isinstance(argument, Quoted)]
    fits = len(arguments) == 1 and len(given) == 1 and given[0] in ("P1", "P2", "P3", "P4", "P5")
    return "" if fits else "is_priority takes one of 'P1' to 'P5'"


def _variable_and_texts(arguments: Sequence[Argument]) -> str:
    if len(arguments) < 2:
        return "the condition takes a variable and what to compare it with, each in quotes"
    return "" if all(isinstance(one, Quoted) for one in arguments[1:]) else "what is compared with stands in quotes"


_WRONG: Final = {"": _no_arguments, "priority": _one_priority, "match": _variable_and_texts}


def _state(state: State) -> Condition:
    return Condition(lambda values, _: values.transition.after is state)


def _from(state: State) -> Condition:
    return Condition(lambda values, _: values.recovers and values.before is state)


def _texts(arguments: Sequence[Argument]) -> list[str]:
    return [argument.text for argument in arguments if isinstance(argument, Quoted)]


def _is_match(values: Values, arguments: Sequence[Argument]) -> bool:
    """Whether a variable holds one of the texts; the empty text asks whether there is anything."""
    found = values.text(arguments[0])
    return any(text in found if text else found != "" for text in _texts(arguments[1:]))


def _is_exact_match(values: Values, arguments: Sequence[Argument]) -> bool:
    """Whether a variable is one of the texts; numbers by what they are (5 is 5.0), the empty text: there is nothing."""
    found = values.text(arguments[0])
    number = values.number(arguments[0])
    return any(text == found or (number is not None and _is_number(text, number)) for text in _texts(arguments[1:]))


def _is_number(text: str, number: float) -> bool:
    try:
        return float(text) == number
    except ValueError:
        return False


CONDITIONS: Final = {
    "is_alert": _state(State.ALERT),
    "is_warning": _state(State.WARN),
    "is_no_data": _state(State.NO_DATA),
    "is_unknown": _state(State.UNKNOWN),
    "is_recovery": Condition(lambda values, _: values.recovers),
    "is_alert_recovery": _from(State.ALERT),
    "is_warning_recovery": _from(State.WARN),
    "is_no_data_recovery": _from(State.NO_DATA),
    "is_alert_to_warning": Condition(lambda values, _: values.transition.kind == "alert_to_warning"),
    "is_renotify": Condition(lambda values, _: values.transition.kind == "renotify"),
    "is_priority": Condition(lambda values, given: f"P{values.monitor.priority}" in _texts(given), "priority"),
    "is_match": Condition(_is_match, "match"),
    "is_exact_match": Condition(_is_exact_match, "match"),
}
