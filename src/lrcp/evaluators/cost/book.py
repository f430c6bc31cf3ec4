"""The price book: declared prices first, then the table; each (provider, model, day) is resolved once and kept, within a bound."""

from pathlib import Path
from threading import Lock
from typing import Final

import msgspec

from lrcp.evaluators.cost.declared import PriceFile, load_package_prices, load_price_file
from lrcp.evaluators.cost.rates import DayCard, TokenUsage

_NS_PER_DAY: Final = 86_400 * 1_000_000_000
_MAX_CARDS: Final = 4096


class Cost(msgspec.Struct, frozen=True, gc=False):
    """Nano-dollars (None: the price is unknown, which is not 0) and where they come from, one of COST_SOURCES."""

    nusd: int | None
    source: str


UNKNOWN: Final = Cost(None, "unknown")
_MAX_NUSD: Final = (1 << 63) - 1


class PriceBook:
    """Prices of all models; safe to use from several threads."""

    def __init__(self, files: tuple[PriceFile, ...], *, max_cards: int = _MAX_CARDS) -> None:
        self._files = files
        self._max_cards = max_cards
        self._cards: dict[tuple[str, str, str, int], DayCard | None] = {}
        self._filling = Lock()
        self._apart: dict[str, PriceBook] = {}

    def with_provider(self, provider: str, file: PriceFile) -> "PriceBook":
        """A book in which one provider has the prices of this file; with the rest the two books go on together."""
        book = PriceBook(self._files, max_cards=self._max_cards)
        book._cards, book._filling = self._cards, self._filling
        book._apart = {**self._apart, provider: PriceBook((file,))}
        return book

    def price_generation(
        self, provider: str, model: str, usage: TokenUsage, when_ns: int, service_tier: str = ""
    ) -> Cost:
        """What a generation cost.

        Args:
            provider, model: as the tracer or the provider spells them; provider '' when nobody said.
            when_ns: start of the generation, Unix nanoseconds; prices change with the day, some with the hour.
            service_tier: 'batch', or the provider's own word ('flex', 'priority'); '' is the standard price.
        Returns: source 'computed', or 'unknown' with None when the model has no price, nobody counted its tokens, or
            the count is absurd: a cost beyond 63 bits, nine billion dollars.
        """
        apart = self._apart.get(provider)
        if apart is not None:
            return apart.price_generation(provider, model, usage, when_ns, service_tier)
        day, day_ns = divmod(when_ns, _NS_PER_DAY)
        key = (provider, model, service_tier, day)
        try:
            card = self._cards[key]
        except KeyError:
            card = self._resolve(key)
        if card is None or (usage.input_tokens is None and usage.output_tokens is None):
            return UNKNOWN
        rates = card.card_at(day_ns).rates_for(usage.input_tokens or 0)
        nusd = rates.cost_nusd(usage)
        return Cost(nusd, "computed") if nusd <= _MAX_NUSD else UNKNOWN

    def knows(self, provider: str, model: str, when_ns: int, service_tier: str = "") -> bool:
        """Whether the card is resolved already; if not, pricing it may take milliseconds (half a second the first time)."""
        apart = self._apart.get(provider)
        if apart is not None:
            return apart.knows(provider, model, when_ns, service_tier)
        return (provider, model, service_tier, when_ns // _NS_PER_DAY) in self._cards

    def _resolve(self, key: tuple[str, str, str, int]) -> DayCard | None:
        provider, model, service_tier, day = key
        card = next((c for file in self._files if (c := file.find_day_card(provider, model, day))), None)
        if card is None and model:
            card = _find_in_table(provider, model, day, service_tier)
        with self._filling:
            while len(self._cards) >= self._max_cards:
                self._cards.pop(next(iter(self._cards)))
            self._cards[key] = card
        return card


def _find_in_table(provider: str, model: str, day: int, service_tier: str) -> DayCard | None:
    from lrcp.evaluators.cost.table import find_day_card  # half a second and 40 MB, so only when a price is asked for

    return find_day_card(provider, model, day, service_tier)


def load_price_book(prices_file: str = "") -> PriceBook:
    """The operator's prices (a path, '' for none), then the package's, then the table. Raises: SettingsError."""
    declared = (load_price_file(Path(prices_file)),) if prices_file else ()
    return PriceBook((*declared, load_package_prices()))
