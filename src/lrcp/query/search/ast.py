"""The tree of a search. A field is an attribute (`@a.b`) or a tag or reserved attribute (`service`)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MatchAll:
    """`*`, or nothing."""


@dataclass(frozen=True, slots=True)
class Field:
    """`@duration` (attribute) or `service`. `*` stands for the full text of every attribute."""

    name: str
    attribute: bool = False

    @property
    def is_full_text(self) -> bool:
        """Whether it is the `*` of `*:"some words"`."""
        return self.name == "*" and not self.attribute


@dataclass(frozen=True, slots=True)
class Wildcard:
    """`*` any characters, none too; `?` exactly one."""

    kind: str


ANY = Wildcard("*")
ONE = Wildcard("?")


@dataclass(frozen=True, slots=True)
class Pattern:
    """A value. parts: literal pieces and wildcards, no piece empty, no two pieces and no two `*` side by side.

    quoted: written in quotes; then there is exactly one piece, which may be empty, and no wildcard.
    """

    parts: tuple[str | Wildcard, ...]
    quoted: bool = False

    @property
    def literal(self) -> str | None:
        """The text when there is no wildcard in it."""
        first = self.parts[0]
        return first if len(self.parts) == 1 and isinstance(first, str) else None


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number as it was written. unit: '' or one of UNITS_NS; with a unit it is a duration."""

    value: float
    unit: str = ""

    @property
    def plain(self) -> float:
        """What values are compared with: durations in nanoseconds, as `@duration` is stored; else the number itself."""
        return self.value * UNITS_NS[self.unit] if self.unit else self.value


UNITS_NS = {
    "ns": 1,
    "us": 1_000,
    "µs": 1_000,
    "ms": 1_000_000,
    "s": 1_000_000_000,
    "m": 60 * 1_000_000_000,
    "min": 60 * 1_000_000_000,
    "h": 3600 * 1_000_000_000,
    "d": 86400 * 1_000_000_000,
    "w": 7 * 86400 * 1_000_000_000,
}
"""Nanoseconds of each unit of a duration."""


@dataclass(frozen=True, slots=True)
class FreeText:
    """Words without a field: looked for in the message, or in what a source has instead."""

    pattern: Pattern


@dataclass(frozen=True, slots=True)
class FieldIs:
    """`field:value`. Of the field `*` it is a full-text search."""

    field: Field
    pattern: Pattern


@dataclass(frozen=True, slots=True)
class FieldExists:
    """`@field:*`."""

    field: Field


@dataclass(frozen=True, slots=True)
class FieldCompares:
    """`@field:>5`, `@duration:>=5s`. operator: > >= < <=."""

    field: Field
    operator: str
    value: Quantity


@dataclass(frozen=True, slots=True)
class FieldBetween:
    """`@field:[1 TO 5]`, both ends within; None is `*`, no end. Texts compare by code point. The ends are of one kind."""

    field: Field
    low: Quantity | str | None
    high: Quantity | str | None


@dataclass(frozen=True, slots=True)
class InNetwork:
    """`CIDR(@ip, 10.0.0.0/8, ...)`. networks: at least one, in their normal form."""

    field: Field
    networks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SearchNot:
    """`-x`, `NOT x`."""

    term: "Search"


@dataclass(frozen=True, slots=True)
class SearchAnd:
    """All of them, two or more; `AND` or nothing between them. None of them is itself a SearchAnd."""

    terms: tuple["Search", ...]


@dataclass(frozen=True, slots=True)
class SearchOr:
    """Any of them, two or more. None of them is itself a SearchOr."""

    terms: tuple["Search", ...]


Search = (
    MatchAll
    | FreeText
    | FieldIs
    | FieldExists
    | FieldCompares
    | FieldBetween
    | InNetwork
    | SearchNot
    | SearchAnd
    | SearchOr
)
