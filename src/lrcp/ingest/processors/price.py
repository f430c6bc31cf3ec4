"""What a generation cost: what its sender reported, else tokens times price, else unknown."""

from collections.abc import Iterable
from typing import Final

from lrcp.evaluators.cost import PriceBook, TokenUsage
from lrcp.model.span import GENERATION_KINDS, Span

_TIER_TAGS: Final = ("service_tier", "gen_ai.openai.response.service_tier", "openai.response.service_tier")


def price_spans(spans: Iterable[Span], book: PriceBook) -> None:
    """Fill cost_nusd and cost_source of the generations that carry no cost yet, in place."""
    for span in spans:
        if span.kind not in GENERATION_KINDS:
            continue
        if span.cost_nusd is None:
            _price_span(span, book)
        elif not span.cost_source:
            span.cost_source = "reported"


def _price_span(span: Span, book: PriceBook) -> None:
    usage = TokenUsage(
        span.input_tokens,
        span.output_tokens,
        span.cached_input_tokens,
        span.cache_write_tokens,
        span.reasoning_tokens,
    )
    tier = next((value for tag in _TIER_TAGS if (value := span.tags.get(tag))), "")
    cost = book.price_generation(span.provider, span.response_model or span.model, usage, span.start_ns, tier)
    if cost.nusd is None and span.response_model and span.model:
        cost = book.price_generation(span.provider, span.model, usage, span.start_ns, tier)
    counted = span.cost_source == "estimated" and cost.nusd is not None  # its tokens were estimated by the sender
    span.cost_nusd, span.cost_source = cost.nusd, "estimated" if counted else cost.source
