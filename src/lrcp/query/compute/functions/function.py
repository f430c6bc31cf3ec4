"""Function: what the evaluator must know of a function over series."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache

from lrcp.query.compute.series import SeriesSet
from lrcp.query.errors import QueryError
from lrcp.query.metric.ast import Call, Expression, Negation, Number, Text, Word
from lrcp.query.scan.grid import Array, Grid

Literal = float | str


@dataclass(frozen=True, slots=True)
class Arguments:
    """What stands behind the series: by position, and by name."""

    function: str
    positional: tuple[Literal, ...] = ()
    named: tuple[tuple[str, Literal], ...] = ()

    def number(self, place: int, default: float | None = None) -> float:
        """A number. Raises: QueryError - it is missing or no number."""
        value = self._at(place, default)
        if isinstance(value, str):
            try:
                return float(value)
            except ValueError:
                raise QueryError(f"argument {place + 2} of {self.function} is a number, not {value!r}") from None
        return value

    def text(self, place: int, default: str | None = None, choices: tuple[str, ...] = ()) -> str:
        """A word. Raises: QueryError - it is missing, or none of the choices."""
        value = str(self._at(place, default))
        value = value.lower() if choices else value
        if choices and value not in choices:
            raise QueryError(f"argument {place + 2} of {self.function} cannot be {value!r}", expected=choices)
        return value

    def by_name(self, name: str) -> Literal | None:
        """A keyword's value, None without it."""
        return next((value for known, value in self.named if known == name), None)

    def _at(self, place: int, default: Literal | None) -> Literal:
        if place < len(self.positional):
            return self.positional[place]
        if default is None:
            raise QueryError(f"{self.function} needs an argument {place + 2}")
        return default


@dataclass(frozen=True, slots=True)
class Function:
    """apply: the result over the argument's grid, which is longer in front by history(arguments, step_s) buckets, and
    earlier by -shift_s(arguments, start_s) seconds (start_s: where the grid begins). pointwise: each point by itself, so
    that it may be applied to reduced values."""

    apply: Callable[[SeriesSet, Arguments], SeriesSet]
    history: Callable[[Arguments, int], int] = lambda _arguments, _step_s: 0
    shift_s: Callable[[Arguments, int], int] = lambda _arguments, _start_s: 0
    pointwise: bool = False


def with_values(found: SeriesSet, values: Array) -> SeriesSet:
    """Other points of the same groups; no longer a count whose missing points are 0."""
    return replace(found, values=values, counted=False)


def with_rows(found: SeriesSet, rows: list[int]) -> SeriesSet:
    """These groups, in this order."""
    return replace(found, groups=[found.groups[row] for row in rows], values=found.values[rows])


def on_values(change: Callable[[Array, Grid, Arguments], Array]) -> Callable[[SeriesSet, Arguments], SeriesSet]:
    """A function that changes points and leaves the groups."""
    return lambda found, arguments: with_values(found, change(found.values, found.grid, arguments))


@lru_cache(maxsize=4096)
def arguments_of(call: Call) -> Arguments:
    """The literals of a call. Raises: QueryError - a series where a number or a word belongs."""
    positional = tuple(_literal(call.name, argument) for argument in call.arguments[1:])
    named = tuple((keyword.name, keyword.value.value) for keyword in call.keywords)
    return Arguments(call.name, positional, named)


def _literal(function: str, argument: Expression) -> Literal:
    match argument:
        case Number() | Text() | Word():
            return argument.value
        case Negation(operand=Number(value=value)):
            return -value
        case _:
            raise QueryError(f"only the first argument of {function} is a series")
