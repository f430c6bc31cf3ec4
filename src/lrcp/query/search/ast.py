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


@dataclass(frozen=True, slots=True)
class Pattern:
    """A value: literal pieces and wildcards. parts: text, or '*' and '?' as Wildcard. quoted: compared as a phrase."""

    parts: tuple["str | Wildcard", ...]
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class Wildcard:
    """`*` any characters, `?` one."""

    kind: str


@dataclass(frozen=True, slots=True)
class FreeText:
    """Words without a field."""

    pattern: Pattern


@dataclass(frozen=True, slots=True)
class FieldIs:
    """`field:value`."""

    field: Field
    pattern: Pattern


@dataclass(frozen=True, slots=True)
class FieldExists:
    """`@field:*`."""

    field: Field


@dataclass(frozen=True, slots=True)
class FieldCompares:
    """`@field:>5`, `@duration:>=5s`. value: in the field's own unit as written; unit '' or ns us ms s m h d w."""

    field: Field
    operator: str
    value: float
    unit: str = ""


@dataclass(frozen=True, slots=True)
class FieldBetween:
    """`@field:[1 TO 5]`, both ends within; None is `*`, no end."""

    field: Field
    low: float | str | None
    high: float | str | None


@dataclass(frozen=True, slots=True)
class InNetwork:
    """`CIDR(@ip, "10.0.0.0/8", ...)`."""

    field: Field
    networks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SearchNot:
    """`-x`, `NOT x`."""

    term: "Search"


@dataclass(frozen=True, slots=True)
class SearchAnd:
    """All of them; `AND` or nothing between them."""

    terms: tuple["Search", ...]


@dataclass(frozen=True, slots=True)
class SearchOr:
    """Any of them."""

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
