"""What differs between the products: names of their fields' errors, kinds of their items, how rows look."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from lrcp.datadog.errors import Refusal
from lrcp.datadog.events_search.items import event_item, log_item, span_item
from lrcp.datadog.events_search.moments import refuse_field

Row = dict[str, Any]
Refuse = Callable[[str, str], Refusal]
"""(field, reason) -> the refusal in a product's own shape."""


@dataclass(frozen=True, slots=True)
class Product:
    """source: of scans. path: of GET, which links name. search_path: of POST. item: a row as JSON."""

    source: str
    path: str
    search_path: str
    item: Callable[[Row], dict[str, Any]]
    refuse: Refuse


def _refuse_span(field: str, reason: str) -> Refusal:
    return Refusal(422, {"title": "Generic Error", "detail": f"invalid_argument(Field '{field}' is invalid: {reason})"})


def _refuse_event(field: str, reason: str) -> Refusal:
    """As recorded: the text of a text."""
    return Refusal(400, f"{{'errors': [u\"input_validation_error(Field '{field}' is invalid: {reason})\"]}}")


LOGS: Final = Product("logs", "/api/v2/logs/events", "/api/v2/logs/events/search", log_item, refuse_field)
SPANS: Final = Product("spans", "/api/v2/spans/events", "/api/v2/spans/events/search", span_item, _refuse_span)
EVENTS: Final = Product("events", "/api/v2/events", "/api/v2/events/search", event_item, _refuse_event)
