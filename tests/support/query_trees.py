"""Hypothesis strategies for the trees of metric expressions and monitor queries: everything that the printers can print.

The trees obey the grammar, not the checker: `anomalies` may stand anywhere, functions have any arguments.
"""

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from lrcp.query.metric.ast import (
    Arithmetic,
    Call,
    Everything,
    Expression,
    Keyword,
    MetricQuery,
    Modifier,
    Negation,
    Number,
    Scope,
    ScopeAnd,
    ScopeNot,
    ScopeOr,
    TagIn,
    TagMatch,
    TemplateVariable,
    Text,
    ValueCondition,
    Variable,
    Word,
)
from lrcp.query.metric.printer import print_expression
from lrcp.query.monitor.ast import (
    Both,
    Change,
    CheckMonitorQuery,
    Comparison,
    CompositeQuery,
    Condition,
    Either,
    EventMonitorQuery,
    FormulaMonitorQuery,
    MetricMonitorQuery,
    MonitorQuery,
    Opposite,
    Reference,
    SloQuery,
    Window,
)
from lrcp.query.monitor.events import SOURCES
from lrcp.query.search.parser import parse_search

COMPARISONS = st.sampled_from([">", ">=", "<", "<=", "==", "!="])
NAMES = st.sampled_from(["env", "service", "model", "host", "kube_cluster", "a-b", "http.status", "@usr.id", "été"])
VALUES = st.sampled_from(["prod", "web-*", "*-trace", "*", "*mid*", "a/b:c", "4xx", "x.y", "a=b", "été", "v1+2", "@id"])
METRICS = st.sampled_from(
    ["llm.request.duration", "system.load.1", "a.5xx", "x", "Kafka_Lag", "trace.http.request.hits"]
)
VARIABLE_NAMES = st.sampled_from(["query1", "query2", "a", "errors", "total_by"])
FUNCTION_NAMES = st.sampled_from(
    [
        "abs",
        "per_second",
        "default_zero",
        "clamp_min",
        "top",
        "moving_rollup",
        "timeshift",
        "ewma_5",
        "anomalies",
        "count",
    ]
)
PLAIN_TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=12)
ARGUMENT_WORDS = st.sampled_from(["zero", "last", "max", "null", "avg", "desc"])
numbers = st.one_of(
    st.integers(0, 10**6).map(float),
    st.floats(0, 1e12, allow_nan=False, allow_infinity=False),
    st.sampled_from([0.5, 1e-9, 1e20, 14.4]),
)
signed_numbers = st.tuples(numbers, st.booleans()).map(lambda pair: -pair[0] if pair[1] else pair[0])


# --- scopes ---

tag_matches: SearchStrategy[Scope] = st.builds(TagMatch, NAMES, st.none() | VALUES)
tag_ins: SearchStrategy[Scope] = st.builds(TagIn, NAMES, st.lists(VALUES, min_size=1, max_size=3).map(tuple))
template_variables: SearchStrategy[Scope] = st.builds(
    TemplateVariable, st.sampled_from(["env", "my-var"]), st.none() | NAMES, st.booleans()
)


def _comma_scopes(simple: SearchStrategy[Scope]) -> SearchStrategy[Scope]:
    term = simple | simple.map(ScopeNot)
    return term | st.lists(term, min_size=2, max_size=4).map(lambda terms: ScopeAnd(tuple(terms)))


def _word_scopes(simple: SearchStrategy[Scope]) -> SearchStrategy[Scope]:
    def deeper(inner: SearchStrategy[Scope]) -> SearchStrategy[Scope]:
        several = st.lists(inner, min_size=2, max_size=3)
        return st.one_of(
            several.map(lambda terms: ScopeAnd(tuple(terms), commas=False)),
            several.map(lambda terms: ScopeOr(tuple(terms))),
            inner.map(ScopeNot),
        )

    return st.recursive(simple | tag_ins, deeper, max_leaves=6)


def scopes(*, templates: bool = False) -> SearchStrategy[Scope]:
    """Scopes of both styles. templates: with template variables, as dashboards have them."""
    simple = st.just(Everything()) | tag_matches | (template_variables if templates else st.nothing())
    return _comma_scopes(simple) | _word_scopes(simple)


# --- expressions ---

literals = st.one_of(numbers.map(Number), PLAIN_TEXT.map(Text), ARGUMENT_WORDS.map(Word))
modifiers = st.builds(
    Modifier,
    st.sampled_from(["as_count", "as_rate", "rollup", "fill", "weighted"]),
    st.lists(literals, max_size=2).map(tuple),
)
aggregators = st.sampled_from(["avg", "sum", "min", "max", "count", "p50", "p99", "p99.9", "p99.99"])


def metric_queries(*, templates: bool = False) -> SearchStrategy[Expression]:
    """Single metric queries."""
    return st.builds(
        MetricQuery,
        aggregators,
        METRICS,
        scopes(templates=templates),
        st.lists(NAMES, max_size=3, unique=True).map(tuple),
        st.lists(modifiers, max_size=2).map(tuple),
        st.none() | st.builds(ValueCondition, COMPARISONS, signed_numbers),
    ).map(_only_count_has_a_condition)


def _only_count_has_a_condition(query: MetricQuery) -> MetricQuery:
    if query.condition is None or query.aggregator == "count":
        return query
    return MetricQuery("count", query.metric, query.scope, query.by, query.modifiers, query.condition)


keywords = st.builds(Keyword, st.sampled_from(["interval", "direction", "alert_window"]), literals)


def _deeper(inner: SearchStrategy[Expression]) -> SearchStrategy[Expression]:
    rest = st.lists(literals, max_size=2)
    call = st.builds(
        lambda name, first, more, named: Call(name, (first, *more), tuple(named)),
        FUNCTION_NAMES,
        inner,
        rest,
        st.lists(keywords, max_size=2, unique_by=lambda one: one.name),
    )
    return st.one_of(call, inner.map(Negation), st.builds(Arithmetic, st.sampled_from("+-*/"), inner, inner))


def expressions(*, templates: bool = False) -> SearchStrategy[Expression]:
    """Expressions over metric queries."""
    return st.recursive(metric_queries(templates=templates) | numbers.map(Number), _deeper, max_leaves=5)


def formulas() -> SearchStrategy[Expression]:
    """Formulas over named queries."""
    return st.recursive(VARIABLE_NAMES.map(Variable) | numbers.map(Number), _deeper, max_leaves=5)


# --- monitor queries ---

windows = st.builds(
    Window,
    st.sampled_from(["last", "current", "next"]),
    st.integers(1, 999),
    st.sampled_from(["s", "m", "h", "d", "w", "mo"]),
)
last_windows = windows.map(lambda window: Window("last", window.amount, window.unit))
chain_windows = windows.map(lambda window: Window("last", 5, "m") if window.kind == "next" else window)
comparisons = st.builds(Comparison, COMPARISONS, st.none() | signed_numbers)
facets = st.lists(NAMES, max_size=4, unique=True).map(tuple)

metric_monitors = st.builds(
    MetricMonitorQuery,
    st.sampled_from(["avg", "sum", "min", "max", "percentile"]),
    windows,
    expressions(),
    comparisons,
    st.none() | st.builds(Change, st.sampled_from(["change", "pct_change"]), last_windows, st.booleans()),
)

SEARCHES = st.sampled_from(
    [
        "*",
        "",
        "service:foo AND type:error",
        '@http.url:"/a b" -env:dev',
        r"a\:b",
        "@duration:>5s",
        "status:(error OR warn)",
    ]
)


@st.composite
def event_monitors(draw: st.DrawFn) -> EventMonitorQuery:
    """Queries over events; the tree of the search belongs to its text."""
    source = draw(st.sampled_from(SOURCES))
    search = draw(SEARCHES)
    issues = source.startswith("error-tracking")
    kinds = st.permutations([("source", ("all",)), ("new", ())]).map(tuple)
    return EventMonitorQuery(
        source,
        search,
        parse_search(search),
        () if source == "processes" else draw(st.lists(PLAIN_TEXT.filter(bool), max_size=2).map(tuple)),
        draw(st.sampled_from(["count", "cardinality", "avg", "pc99"])),
        draw(st.sampled_from(["", "@duration", "@usr.id"])),
        draw(facets),
        draw(chain_windows),
        draw(comparisons),
        draw(facets) if source == "processes" else (),
        draw(kinds) if issues else (),
    )


@st.composite
def formula_monitors(draw: st.DrawFn) -> FormulaMonitorQuery:
    """Formula monitors; keys without quotes are plain names."""
    tree = draw(formulas())
    quoted = draw(st.booleans())
    keys = facets if quoted else st.lists(st.sampled_from(["job", "a.b", "@x.y"]), max_size=2, unique=True).map(tuple)
    values = st.one_of(PLAIN_TEXT, numbers)
    anomaly = st.lists(st.tuples(st.sampled_from(["direction", "threshold"]), values), max_size=2).map(tuple)
    return FormulaMonitorQuery(
        print_expression(tree),
        tree,
        draw(st.sampled_from(["", "sum", "avg"])),
        draw(keys),
        draw(chain_windows if quoted else last_windows),
        draw(comparisons),
        draw(st.none() | anomaly),
        quoted,
    )


check_monitors = st.builds(
    CheckMonitorQuery,
    st.sampled_from(["ntp.in_sync", 'say "x"', "custom check"]),
    facets,
    facets,
    facets | st.just(("*",)),
    st.integers(0, 200),
    st.booleans(),
    st.none() | comparisons,
)


def _conditions(inner: SearchStrategy[Condition]) -> SearchStrategy[Condition]:
    return st.one_of(st.builds(Both, inner, inner), st.builds(Either, inner, inner), st.builds(Opposite, inner))


composites = st.recursive(st.builds(Reference, st.integers(0, 10**17)), _conditions, max_leaves=8).map(CompositeQuery)


@st.composite
def slo_monitors(draw: st.DrawFn) -> SloQuery:
    """SLO queries of both kinds."""
    kind = draw(st.sampled_from(["error_budget", "burn_rate"]))
    slo_id = draw(PLAIN_TEXT.filter(lambda text: text.strip() != ""))
    over, comparison = draw(last_windows), draw(comparisons)
    if kind == "error_budget":
        return SloQuery(kind, slo_id, over, comparison)
    return SloQuery(kind, slo_id, over, comparison, draw(last_windows), draw(st.none() | last_windows))


def monitor_queries() -> SearchStrategy[MonitorQuery]:
    """Whole queries of every family."""
    return st.one_of(metric_monitors, event_monitors(), formula_monitors(), check_monitors, composites, slo_monitors())


TYPE_OF: dict[type, str] = {
    MetricMonitorQuery: "query alert",
    EventMonitorQuery: "log alert",
    FormulaMonitorQuery: "query alert",
    CheckMonitorQuery: "service check",
    CompositeQuery: "composite",
    SloQuery: "slo alert",
}
"""A type of monitor under which the parser reads such a query."""
