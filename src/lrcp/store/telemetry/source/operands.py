"""Facets as SQL: how a condition, a group and a measure read one from a row."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Protocol

from lrcp.query.search.facets import (
    AttributeFacet,
    EvaluationFacet,
    Facet,
    MapFacet,
    MembersFacet,
    NumberFacet,
    TagFacet,
    TextFacet,
    WordsFacet,
)
from lrcp.query.search.records import attribute_paths
from lrcp.store.telemetry.source.binder import Binder
from lrcp.store.telemetry.source.values import ValueTest, number_of


class Operand(Protocol):
    """A facet of a row, in SQL."""

    def any(self, test: ValueTest) -> str:
        """Whether one of its values passes: 0 or 1."""

    def scalar(self) -> str | None:
        """Its value as text, '' for none; None when it may have several."""

    def texts(self) -> str:
        """Its values: Array(String)."""

    def number(self) -> str:
        """Its first value as a number: Nullable(Float64)."""


@dataclass(frozen=True, slots=True)
class TextOperand:
    """x: a text, '' for none."""

    x: str

    def any(self, test: ValueTest) -> str:
        holds = test.text(self.x)
        return holds if test.literal or holds == "0" else f"({self.x} != '' AND {holds})"

    def scalar(self) -> str:
        return f"toString({self.x})"

    def texts(self) -> str:
        return f"if({self.x} = '', [], [toString({self.x})])"

    def number(self) -> str:
        return number_of(f"toString({self.x})")


@dataclass(frozen=True, slots=True)
class NumberOperand:
    """x: a number, NULL for none."""

    x: str

    def any(self, test: ValueTest) -> str:
        return test.number(self.x)

    def scalar(self) -> str:
        return f"ifNull(toString({self.x}), '')"

    def texts(self) -> str:
        return f"if(isNull({self.x}), [], [{self.scalar()}])"

    def number(self) -> str:
        return f"toNullable(toFloat64({self.x}))"


@dataclass(frozen=True, slots=True)
class ListOperand:
    """xs: Array(String). has: whether a text is one of them, as SQL."""

    xs: str
    has: Callable[[str], str]

    def any(self, test: ValueTest) -> str:
        if test.literal:
            return self.has(test.literal)
        return f"arrayExists(x -> {test.text('x')}, {self.xs})"

    def scalar(self) -> None:
        return None

    def texts(self) -> str:
        return self.xs

    def number(self) -> str:
        return f"if(empty({self.xs}), NULL, {number_of(f'{self.xs}[1]')})"


@dataclass(frozen=True, slots=True)
class JsonOperand:
    """raws: JSON texts of scalars that are something, Array(String)."""

    raws: str

    def any(self, test: ValueTest) -> str:
        number = f"if(isNull(toInt64OrNull(r)), {test.number('toFloat64OrNull(r)')}, {test.number('toInt64OrNull(r)')})"
        holds = f"multiIf(startsWith(r, '\"'), {test.text('JSONExtractString(r)')}, r IN ('true', 'false'), {test.text('r')}, {number})"
        return f"arrayExists(r -> {holds}, {self.raws})"

    def scalar(self) -> None:
        return None

    def texts(self) -> str:
        return f"arrayMap(r -> if(startsWith(r, '\"'), JSONExtractString(r), r), {self.raws})"

    def number(self) -> str:
        texts = self.texts()
        return f"if(empty({self.raws}), NULL, {number_of(f'{texts}[1]')})"


@dataclass(frozen=True, slots=True)
class EitherOperand:
    """The values of the one, then of the other."""

    first: Operand
    second: Operand

    def any(self, test: ValueTest) -> str:
        return f"({self.first.any(test)} OR {self.second.any(test)})"

    def scalar(self) -> None:
        return None

    def texts(self) -> str:
        return f"arrayConcat({self.first.texts()}, {self.second.texts()})"

    def number(self) -> str:
        texts = self.texts()
        return f"if(empty({texts}), NULL, {number_of(f'{texts}[1]')})"


@dataclass(frozen=True, slots=True)
class ScoreOperand:
    """score: a number or NULL. label: what stands for it then."""

    score: str
    label: str

    def any(self, test: ValueTest) -> str:
        of_label, of_score = TextOperand(self.label).any(test), test.number(self.score)
        return "0" if of_label == of_score == "0" else f"if(isNull({self.score}), {of_label}, {of_score})"

    def scalar(self) -> str:
        return f"ifNull(toString({self.score}), toString({self.label}))"

    def texts(self) -> str:
        return f"if({self.scalar()} = '', [], [{self.scalar()}])"

    def number(self) -> str:
        return f"ifNull({self.score}, {number_of(f'toString({self.label})')})"


class Operands:
    """Facets of one relation as SQL. evaluations: names that the relation must join, in the order of their number."""

    def __init__(self, binder: Binder) -> None:
        self._binder = binder
        self.evaluations: list[str] = []

    def of(self, facet: Facet) -> Operand:
        """How to read a facet."""
        return self._makers[type(facet)](self, facet)

    def _text(self, facet: TextFacet | WordsFacet) -> Operand:
        blank = getattr(facet, "blank", "")
        if not blank:
            return TextOperand(facet.column)
        return TextOperand(f"if({facet.column} = '', {self._binder.text(blank)}, {facet.column})")

    def _number(self, facet: NumberFacet) -> Operand:
        summed = f"({facet.column} + {facet.plus})" if facet.plus else facet.column
        return NumberOperand(f"({summed} / {facet.per})" if facet.per != 1 else summed)

    def _tag(self, facet: TagFacet) -> Operand:
        prefix = f"{facet.key}:"
        size, key = len(prefix.encode("utf-8", "replace")), self._binder.text(prefix)
        ends = f"arrayMap(t -> substring(t, {size + 1}), arrayFilter(t -> startsWith(t, {key}) AND length(t) > {size}, tags))"
        return ListOperand(ends, lambda literal: f"has(tags, {self._binder.text(prefix + literal)})")

    def _members(self, _: MembersFacet) -> Operand:
        return ListOperand(
            "arrayFilter(t -> t != '', tags)", lambda literal: f"has(tags, {self._binder.text(literal)})"
        )

    def _map(self, facet: MapFacet) -> Operand:
        first, *others = (f"tags[{self._binder.text(key)}]" for key in facet.keys)
        for other in others:
            first = f"if({first} = '', {other}, {first})"
        return TextOperand(first)

    def _attribute(self, facet: AttributeFacet) -> Operand:
        json = JsonOperand(self._raws(facet.name))
        return EitherOperand(json, self._tag(TagFacet(facet.name))) if facet.or_tag else json

    def _raws(self, name: str) -> str:
        paths = (", ".join(map(self._binder.text, path)) for path in attribute_paths(name))
        places = ", ".join(f"JSONExtractRaw(attributes, {path})" for path in paths)
        found = f"arrayFirst(r -> r NOT IN ('', 'null'), [{places}])"
        elements = f"if(startsWith({found}, '['), JSONExtractArrayRaw({found}), [{found}])"
        return f"arrayFilter(r -> r NOT IN ('', 'null', '\"\"') AND NOT match(r, '^[\\\\[{{]'), {elements})"

    def _evaluation(self, facet: EvaluationFacet) -> Operand:
        if facet.name not in self.evaluations:
            self.evaluations.append(facet.name)
        number = self.evaluations.index(facet.name)
        return ScoreOperand(f"e{number}_score", f"e{number}_label")

    _makers: Final[dict[type, Callable[[Any, Any], Operand]]] = {
        TextFacet: _text,
        WordsFacet: _text,
        NumberFacet: _number,
        TagFacet: _tag,
        MembersFacet: _members,
        MapFacet: _map,
        AttributeFacet: _attribute,
        EvaluationFacet: _evaluation,
    }
