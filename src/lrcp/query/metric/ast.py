"""The tree of a metric expression or a formula. Nodes are hashable: equal trees mean the same, which is how scans are shared."""

from dataclasses import dataclass

# --- scopes: what stands in braces ---


@dataclass(frozen=True, slots=True)
class Everything:
    """`*`."""


@dataclass(frozen=True, slots=True)
class TagMatch:
    """`key:value`, or the bare tag `key` (value None). value may begin or end with `*`."""

    key: str
    value: str | None


@dataclass(frozen=True, slots=True)
class TagIn:
    """`key IN (a, b)`; each value may begin or end with `*`."""

    key: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TemplateVariable:
    """`$name`, `$name.value` (key None), or `key:$name`; only in dashboards, where it is replaced before evaluation."""

    name: str
    key: str | None = None
    value_only: bool = False


@dataclass(frozen=True, slots=True)
class ScopeNot:
    """`!x` in the comma style, `NOT x` (and `NOT IN`) in the word style."""

    term: "Scope"


@dataclass(frozen=True, slots=True)
class ScopeAnd:
    """All of them. commas: written `a,b`; else `a AND b`. The two styles are not mixed in one scope."""

    terms: tuple["Scope", ...]
    commas: bool = True


@dataclass(frozen=True, slots=True)
class ScopeOr:
    """Any of them; the word style only."""

    terms: tuple["Scope", ...]


Scope = Everything | TagMatch | TagIn | TemplateVariable | ScopeNot | ScopeAnd | ScopeOr

# --- expressions ---


@dataclass(frozen=True, slots=True)
class Number:
    """A numeric literal, never negative (that is a Negation)."""

    value: float


@dataclass(frozen=True, slots=True)
class Text:
    """An argument in quotes, without them."""

    value: str


@dataclass(frozen=True, slots=True)
class Word:
    """A bare word as an argument: `zero`, `max`, `null`."""

    value: str


@dataclass(frozen=True, slots=True)
class Modifier:
    """`.name(arguments)` behind a metric query: as_count, as_rate, rollup, fill, weighted."""

    name: str
    arguments: tuple[Number | Text | Word, ...] = ()


@dataclass(frozen=True, slots=True)
class ValueCondition:
    """`count(v: v<=1):metric{...}`: how many values of a distribution meet a condition."""

    comparator: str
    value: float


@dataclass(frozen=True, slots=True)
class MetricQuery:
    """`aggregator:metric{scope} by {keys}.modifiers`. aggregator: avg, sum, min, max, count, or a percentile such as p95, p99.9."""

    aggregator: str
    metric: str
    scope: Scope = Everything()
    by: tuple[str, ...] = ()
    modifiers: tuple[Modifier, ...] = ()
    condition: ValueCondition | None = None

    def modifier(self, name: str) -> Modifier | None:
        """The last modifier of a name, which is the one that counts."""
        return next((one for one in reversed(self.modifiers) if one.name == name), None)

    @property
    def percentile(self) -> float | None:
        """0 to 1 for pXX, else None."""
        return float(self.aggregator[1:]) / 100 if self.aggregator[0] == "p" else None


@dataclass(frozen=True, slots=True)
class Variable:
    """The name of a query in a formula: `query1`."""

    name: str


@dataclass(frozen=True, slots=True)
class Keyword:
    """`name=value` among a call's arguments."""

    name: str
    value: Number | Text | Word


@dataclass(frozen=True, slots=True)
class Call:
    """`name(arguments, keyword=...)`: a function over series. A Negation of a Number is allowed where a number is."""

    name: str
    arguments: tuple["Expression", ...]
    keywords: tuple[Keyword, ...] = ()

    def keyword(self, name: str) -> Number | Text | Word | None:
        """A keyword argument's value, None when it is absent."""
        return next((one.value for one in self.keywords if one.name == name), None)


@dataclass(frozen=True, slots=True)
class Negation:
    """`-x`."""

    operand: "Expression"


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """`left operator right`; operator: + - * /."""

    operator: str
    left: "Expression"
    right: "Expression"


Expression = Number | Text | Word | MetricQuery | Variable | Call | Negation | Arithmetic
"""What may stand in an expression; Text and Word only as arguments of a Call."""
