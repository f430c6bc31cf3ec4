"""Facets: what a field of a search, a group or a measure stands for in each source. Memory and SQL both read these tables.

A source is a table of the store. Its facets name columns; any other field is a tag or an attribute of the record.
"""

from dataclasses import dataclass
from typing import Final

from lrcp.model.errors import InputError
from lrcp.query.search.ast import Field, Search
from lrcp.query.search.parser import parse_search


@dataclass(frozen=True, slots=True)
class TextFacet:
    """A column of text; '' is no value, or the value `blank` where one is named."""

    column: str
    blank: str = ""


@dataclass(frozen=True, slots=True)
class NumberFacet:
    """A column of numbers, None where nobody said; `plus` is added to it, and `per` divides it."""

    column: str
    plus: str = ""
    per: int = 1


@dataclass(frozen=True, slots=True)
class WordsFacet:
    """A column of prose: a value is looked for among its words."""

    column: str


@dataclass(frozen=True, slots=True)
class TagFacet:
    """The values of a key among tags `key:value`."""

    key: str


@dataclass(frozen=True, slots=True)
class MembersFacet:
    """The tags themselves, whole: `tags:urgent`."""


@dataclass(frozen=True, slots=True)
class MapFacet:
    """A key of the map of tags; the first of these keys that is there."""

    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AttributeFacet:
    """A path in the JSON of attributes, `a.b.c`; with or_tag also the tag of that name."""

    name: str
    or_tag: bool = False


@dataclass(frozen=True, slots=True)
class EvaluationFacet:
    """The newest evaluation of that name on a span: its score, or its label where it has none."""

    name: str


Facet = TextFacet | NumberFacet | WordsFacet | TagFacet | MembersFacet | MapFacet | AttributeFacet | EvaluationFacet


@dataclass(frozen=True, slots=True, kw_only=True)
class EventSource:
    """Records that searches run over.

    kind: `logs`, `spans`, `events` or `errors`, whose rows it reads. time: the column of a record's own time.
    facets: name without `@` -> column. free, full: columns that words without a field, and `*:`, are looked for in.
    only: what narrows the kind's rows to this source.
    """

    name: str
    kind: str
    time: str
    facets: dict[str, Facet]
    free: tuple[str, ...]
    full: tuple[str, ...]
    only: Search | None = None

    def facet(self, field: Field) -> Facet:
        """What a field stands for here."""
        found = self.facets.get(field.name)
        if found is not None:
            return found
        if self.kind == "spans":
            return _of_span(field.name)
        if field.attribute and self.kind in ("logs", "errors"):
            return AttributeFacet(field.name, or_tag=self.kind == "errors")
        return TagFacet(field.name)

    def facet_named(self, text: str) -> Facet:
        """What a group or a measure such as `@duration` or `service` stands for."""
        return self.facet(Field(text[1:], True) if text.startswith("@") else Field(text))


_EVALUATIONS: Final = "evaluations."
_SECTIONS: Final = ("meta.", "metrics.", "tags.", "custom.")
"""Members of an LLM Observability event whose content are tags here, under the name that follows."""


def _of_span(name: str) -> Facet:
    if name.startswith(_EVALUATIONS):
        judged = name[len(_EVALUATIONS) :].removeprefix("custom.")
        return EvaluationFacet(judged.removesuffix(".value") or judged)
    inner = next((name[len(section) :] for section in _SECTIONS if name.startswith(section)), "")
    return MapFacet((name, inner) if inner else (name,))


def _texts(*columns: str, **others: str) -> dict[str, Facet]:
    """Columns under their own names, and further names for columns, dots written as `__`."""
    names = {column: column for column in columns} | {name.replace("__", "."): c for name, c in others.items()}
    return {name: TextFacet(column) for name, column in names.items()}


def _numbers(*columns: str, **others: str) -> dict[str, Facet]:
    names = {column: column for column in columns} | {name.replace("__", "."): c for name, c in others.items()}
    return {name: NumberFacet(column) for name, column in names.items()}


_LOGS: Final[dict[str, Facet]] = {
    **_texts("service", "status", "host", "env", "source", "trace_id", "span_id", dd__trace_id="trace_id"),
    "message": WordsFacet("message"),
    "tags": MembersFacet(),
}

_SPANS: Final[dict[str, Facet]] = {
    **_texts(
        *("trace_id", "span_id", "name", "service", "resource", "kind", "status", "error_type", "error_message"),
        *("env", "version", "ml_app", "session_id", "user_id", "provider", "model", "response_model", "cost_source"),
        *("finish_reason", "prompt_version", "route", "cache", "input", "output", "source"),
        operation_name="name",
        meta__span__name="name",
        resource_name="resource",
        span_kind="kind",
        span__kind="kind",
        meta__span__kind="kind",
        error__type="error_type",
        meta__error__type="error_type",
        error__message="error_message",
        error__msg="error_message",
        meta__error__message="error_message",
        usr__id="user_id",
        model_name="model",
        meta__model_name="model",
        model_provider="provider",
        meta__model_provider="provider",
        meta__input__value="input",
        meta__output__value="output",
    ),
    **_numbers(
        *("duration_ns", "input_tokens", "output_tokens", "cached_input_tokens", "cache_write_tokens"),
        *("reasoning_tokens", "cost_nusd", "ttft_ns", "attempts"),
        duration="duration_ns",
        metrics__input_tokens="input_tokens",
        metrics__output_tokens="output_tokens",
        metrics__cache_read_input_tokens="cached_input_tokens",
        metrics__cache_write_input_tokens="cache_write_tokens",
        metrics__reasoning_output_tokens="reasoning_tokens",
        metrics__estimated_total_cost="cost_nusd",
    ),
    "metrics.total_tokens": NumberFacet("input_tokens", plus="output_tokens"),
    "metrics.time_to_first_token": NumberFacet("ttft_ns", per=1_000_000_000),
    "parent_id": TextFacet("parent_id", blank="undefined"),
}

_EVENTS: Final[dict[str, Facet]] = {
    **_texts("alert_type", "priority", "source", "aggregation_key", "host", status="alert_type"),
    **_texts(evt__source="source", aggregation_key="aggregation_key", evt__name="title"),
    **_numbers("id", evt__id="id"),
    "title": WordsFacet("title"),
    "text": WordsFacet("text"),
    "message": WordsFacet("text"),
    "tags": MembersFacet(),
}

_ERRORS: Final[dict[str, Facet]] = {
    **_texts("service", "env", "host", "source", "trace_id", "span_id", "issue_id", "error_type", "error_message"),
    **_texts(issue__id="issue_id", error__type="error_type", error__kind="error_type", error__message="error_message"),
    **_texts(error__source="source", issue__service="service"),
    "tags": MembersFacet(),
}

LLM_KINDS: Final = ("llm", "agent", "workflow", "tool", "task", "embedding", "retrieval")
"""Kinds of the spans that LLM Observability shows."""

_SPAN_FREE: Final = ("name", "resource", "error_message", "input", "output")
_SPANS_SOURCE: Final = EventSource(
    name="trace-analytics",
    kind="spans",
    time="start_time",
    facets=_SPANS,
    free=_SPAN_FREE,
    full=(*_SPAN_FREE, "tags"),
)

SOURCES: Final[dict[str, EventSource]] = {
    "logs": EventSource(
        name="logs",
        kind="logs",
        time="time",
        facets=_LOGS,
        free=("message",),
        full=("message", "attributes", "tags"),
    ),
    "trace-analytics": _SPANS_SOURCE,
    "spans": _SPANS_SOURCE,
    "llm-observability": EventSource(
        name="llm-observability",
        kind="spans",
        time="start_time",
        facets=_SPANS,
        free=("input", "output"),
        full=(*_SPAN_FREE, "tags"),
        only=parse_search(f"kind:({' OR '.join(LLM_KINDS)})"),
    ),
    "events": EventSource(
        name="events",
        kind="events",
        time="time",
        facets=_EVENTS,
        free=("title", "text"),
        full=("title", "text", "tags"),
    ),
    "error-tracking": EventSource(
        name="error-tracking",
        kind="errors",
        time="time",
        facets=_ERRORS,
        free=("error_type", "error_message"),
        full=("error_type", "error_message", "attributes", "tags"),
    ),
}
"""Source of a query -> what it reads."""

NOT_STORED: Final = frozenset(
    {
        *("rum", "ci-pipelines", "ci-tests", "audits", "database-monitoring", "network-performance", "network-path"),
        *(
            "audit",
            "database-queries",
            "network",
            "processes",
            "error-tracking-rum",
            "security-signals",
            "cost",
            "product-analytics",
        ),
    }
)
"""Datadog's sources that nothing is stored of."""


def find_source(name: str) -> EventSource:
    """The source of a query by its name there. Raises: InputError - there is none, or nothing of it is stored."""
    found = SOURCES.get(name.replace("_", "-"))
    if found is not None:
        return found
    if name.replace("_", "-") in NOT_STORED:
        raise InputError(f"nothing of kind {name} is stored here yet: there is {', '.join(sorted(SOURCES))}")
    raise InputError(f"there is no source {name[:60]!r}: there is {', '.join(sorted(SOURCES))}")
