"""A rate card: what each kind of token of one model costs on one day, as whole numbers.

Prices come as decimal dollars per million tokens. A card holds them multiplied up to integers over one denominator, so
that a price is a few integer products and one rounding, half up, at the very end.
"""

from bisect import bisect_right
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from math import lcm
from typing import Final

import msgspec

_NUSD_PER_TOKEN: Final = 1000
"""Nano-dollars per token that one dollar per million tokens is: 10**9 / 10**6."""
_NUSD_PER_USD: Final = 1_000_000_000


class TokenUsage(msgspec.Struct, gc=False):
    """Token counts of one generation, None when nobody reported them.

    input_tokens is all input (cached and cache-write included), output_tokens all output (reasoning included).
    cache_write_1h_tokens: those of cache_write_tokens that are kept for an hour, at a price of their own (Anthropic).
    web_searches: searches that the provider made for the answer.
    service_tier: how it was served, by the provider's word ('batch', 'flex', 'priority', 'fast'); '' for the standard.
    reported_nusd: what the provider says that it charges, nano-dollars.
    """

    input_tokens: int | None = None
    output_tokens: int | None = None
    cached_input_tokens: int | None = None
    cache_write_tokens: int | None = None
    reasoning_tokens: int | None = None
    cache_write_1h_tokens: int | None = None
    web_searches: int | None = None
    service_tier: str = ""
    reported_nusd: int | None = None


class Rates(msgspec.Struct, frozen=True, gc=False):
    """Prices that hold together: nano-dollars per token (per request, per search for those two), times `denominator`."""

    input: int
    output: int
    cached_input: int
    cache_write: int
    reasoning: int
    request: int
    denominator: int
    cache_write_1h: int
    search: int

    def cost_nusd(self, usage: TokenUsage) -> int:
        """Nano-dollars, rounded half up once, at the end."""
        return (2 * sum(self._parts(usage)) + self.denominator) // (2 * self.denominator)

    def parts_nusd(self, usage: TokenUsage) -> dict[str, int]:
        """What each of COST_PARTS costs, whole nano-dollars that sum to cost_nusd exactly.

        Each is rounded down; what is then missing of the sum goes to those that lost most, the first of them first.
        """
        exact = self._parts(usage)
        nusd = [part // self.denominator for part in exact]
        missing = self.cost_nusd(usage) - sum(nusd)
        by_loss = sorted(range(len(exact)), key=lambda i: exact[i] % self.denominator, reverse=True)
        for i in by_loss[:missing]:
            nusd[i] += 1
        return dict(zip(COST_PARTS, nusd, strict=True))

    def _parts(self, usage: TokenUsage) -> tuple[int, ...]:
        """The parts' costs times `denominator`. Parts over their whole are taken at their word: the rest is then 0."""
        cached, written_1h = usage.cached_input_tokens or 0, usage.cache_write_1h_tokens or 0
        written, reasoning = max(usage.cache_write_tokens or 0, written_1h), usage.reasoning_tokens or 0
        return (
            max((usage.input_tokens or 0) - cached - written, 0) * self.input,
            cached * self.cached_input,
            (written - written_1h) * self.cache_write,
            written_1h * self.cache_write_1h,
            max((usage.output_tokens or 0) - reasoning, 0) * self.output,
            reasoning * self.reasoning,
            (usage.web_searches or 0) * self.search,
            self.request,
        )


COST_PARTS: Final = (
    "input", "cached_input", "cache_write", "cache_write_1h", "output", "reasoning", "search", "request",
)  # fmt: skip
"""The parts of a cost: input and output without the parts of them that have a name of their own."""


class Tier(msgspec.Struct, frozen=True, gc=False):
    """Rates for all tokens of a request whose input is over a size."""

    above_input_tokens: int
    rates: Rates


class RateCard(msgspec.Struct, frozen=True, gc=False):
    """The rates of a model in one span of time; tiers are sorted, largest first."""

    base: Rates
    tiers: tuple[Tier, ...] = ()

    def rates_for(self, input_tokens: int) -> Rates:
        """The rates that a request of this input size pays, all of its tokens alike."""
        for tier in self.tiers:
            if input_tokens > tier.above_input_tokens:
                return tier.rates
        return self.base


class DayCard(msgspec.Struct, frozen=True, gc=False):
    """The cards of one model on one UTC day: card i holds from starts_ns[i] (nanoseconds of the day) on."""

    starts_ns: tuple[int, ...]
    cards: tuple[RateCard, ...]

    def card_at(self, day_ns: int) -> RateCard:
        """The card at a time of the day, nanoseconds since midnight UTC."""
        return self.cards[0] if len(self.cards) == 1 else self.cards[bisect_right(self.starts_ns, day_ns) - 1]


PRICED_PARTS: Final = ("input", "output", "cached_input", "cache_write", "reasoning")
_PART_OF: Final = {
    "cached_input": "input",
    "cache_write": "input",
    "cache_write_1h": "cache_write",
    "reasoning": "output",
}


def make_rates(
    per_mtok: Mapping[str, Decimal], per_request: Decimal | None = None, per_search: Decimal | None = None
) -> Rates:
    """Rates from decimal dollars per million tokens by part, dollars per request and dollars per search.

    A part without a price of its own pays the price of what it is part of (cached input that of input, ...).
    """
    parts = (*PRICED_PARTS, "cache_write_1h")
    nusd = {part: Fraction(_whole_price(per_mtok, part)) * _NUSD_PER_TOKEN for part in parts}
    nusd["request"] = Fraction(per_request or 0) * _NUSD_PER_USD
    nusd["search"] = Fraction(per_search or 0) * _NUSD_PER_USD
    denominator = lcm(*(price.denominator for price in nusd.values()))
    return Rates(**{part: int(price * denominator) for part, price in nusd.items()}, denominator=denominator)


def _whole_price(per_mtok: Mapping[str, Decimal], part: str) -> Decimal:
    while part and per_mtok.get(part) is None:
        part = _PART_OF.get(part, "")
    return per_mtok.get(part) or Decimal(0)
