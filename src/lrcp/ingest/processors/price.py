"""What a generation cost: what its sender reported, else tokens times price, else unknown."""

from collections.abc import Iterable
from typing import Protocol

from lrcp.model.span import GENERATION_KINDS, Span


class PriceBook(Protocol):
    """Prices spans; evaluators.cost has the one in use."""

    def price_span(self, span: Span) -> tuple[int | None, str]:
        """(nano-dollars or None, cost source) of a generation from its provider, model, tokens and start."""


def price_spans(spans: Iterable[Span], book: PriceBook) -> None:
    """Fill cost_nusd and cost_source of the generations that carry no cost yet, in place."""
    for span in spans:
        if span.kind in GENERATION_KINDS:
            if span.cost_nusd is None:
                estimated = span.cost_source == "estimated"
                span.cost_nusd, span.cost_source = book.price_span(span)
                if estimated and span.cost_nusd is not None:
                    span.cost_source = "estimated"
            elif not span.cost_source:
                span.cost_source = "reported"
