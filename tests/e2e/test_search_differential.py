"""Our reading of searches against Datadog's own reader of LLM Observability searches, on thousands of random ones."""

import random
from typing import Any

import pytest

from lrcp.query.search.ast import (
    FieldBetween,
    FieldCompares,
    FieldIs,
    FreeText,
    Pattern,
    Search,
    SearchAnd,
    SearchNot,
    SearchOr,
    Wildcard,
)
from lrcp.query.search.parser import parse_search
from tests.support.lapdog import lapdog_trees

pytestmark = pytest.mark.e2e

LEAVES = [
    "error", '"two words"', "wild*card", "service:web", "env:prod", "service:w?b*", "@status:error", "@meta.span.kind:llm",
    "@model_name:gpt-4*", "@metrics.tokens:>5", "@metrics.tokens:<=5.5", "@metrics.tokens:[1 TO 20]", "@a.b:x-y_z",
]  # fmt: skip
OPERATORS = {">": "gt", ">=": "gte", "<": "lt", "<=": "lte"}


def random_search(rng: random.Random, depth: int = 0) -> str:
    kind = rng.random()
    if depth > 3 or kind < 0.4:
        return rng.choice(LEAVES)
    if kind < 0.55:
        return rng.choice(["-", "NOT "]) + rng.choice([rng.choice(LEAVES), f"({random_search(rng, depth + 1)})"])
    if kind < 0.65:
        return f"({random_search(rng, depth + 1)})"
    return rng.choice([" ", " AND ", " OR "]).join(random_search(rng, depth + 1) for _ in range(rng.randrange(2, 4)))


def text_of(pattern: Pattern) -> str:
    return "".join(part.kind if isinstance(part, Wildcard) else part for part in pattern.parts)


def ours(tree: Search) -> Any:
    """In the form of the reference."""
    match tree:
        case SearchAnd(terms):
            return ["and", [ours(term) for term in terms]]
        case SearchOr(terms):
            return ["or", [ours(term) for term in terms]]
        case SearchNot(term):
            return ["not", ours(term)]
        case FreeText(pattern):
            return ["text", text_of(pattern)]
        case FieldIs(field, pattern):
            return [field.name, field.attribute, text_of(pattern)]
        case FieldCompares(field, operator, value):
            return [field.name, field.attribute, OPERATORS[operator], value.value]
        case FieldBetween(field, low, high):
            return [field.name, field.attribute, low.value, high.value]  # type: ignore[union-attr]
    raise AssertionError(tree)


def theirs(tree: Any) -> Any:
    """Flat where one operator stands directly within itself, as ours is."""
    kind, content = tree
    if kind == "filter":
        head = [content["field"], content["type"] == "facet"]
        if content.get("operator") == "range":
            return [*head, content["min"], content["max"]]
        return [*head, content["operator"], content["value"]] if "operator" in content else [*head, content["value"]]
    if kind == "not":
        return ["not", theirs(content)]
    if kind == "text":
        return tree
    flat: list[Any] = []
    for child in map(theirs, content):
        flat.extend(child[1] if child[0] == kind and len(child) == 2 and isinstance(child[1], list) else [child])
    return [kind, flat]


def test_random_searches_are_read_as_datadog_reads_them() -> None:
    rng = random.Random(7)
    searches = [random_search(rng) for _ in range(3000)]
    for search, reference in zip(searches, lapdog_trees(searches), strict=True):
        assert ours(parse_search(search)) == theirs(reference), search
