"""Cost of a generation: tokens in, whole nano-dollars out. Pure, given the price table and the operator's file."""

from lrcp.evaluators.cost.book import Cost, PriceBook, load_price_book
from lrcp.evaluators.cost.names import estimate_tokens, tokens_of_bytes
from lrcp.evaluators.cost.rates import TokenUsage

__all__ = ["Cost", "PriceBook", "TokenUsage", "estimate_tokens", "load_price_book", "tokens_of_bytes"]
