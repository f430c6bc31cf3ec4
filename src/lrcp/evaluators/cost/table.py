"""The price table of `genai-prices`, compiled to rate cards. Its import costs half a second and 40 MB: only this module imports it, when first asked."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final

from genai_prices.data_snapshot import find_provider_by_id, get_snapshot
from genai_prices.types import ModelInfo, ModelPrice, Provider, TieredPrices, TimeOfDateConstraint

from lrcp.evaluators.cost.names import model_spellings, provider_id, split_provider_prefix
from lrcp.evaluators.cost.rates import DayCard, RateCard, Rates, Tier, make_rates

_NS_PER_S: Final = 1_000_000_000
_PART_OF_KEY: Final = {
    "input_mtok": "input",
    "output_mtok": "output",
    "cache_read_mtok": "cached_input",
    "cache_write_mtok": "cache_write",
    "cache_write_1h_mtok": "cache_write_1h",
    "output_reasoning_mtok": "reasoning",
}
_REQUEST_KEY: Final = "requests_kcount"
_SEARCH_KEY: Final = "web_searches_kcount"


def find_day_card(provider: str, model: str, day: int, service_tier: str = "") -> DayCard | None:
    """The prices of a model on a day; None when the table does not know it, or prices it by something other than tokens.

    Args:
        provider: as reported, '' when unknown; model: as reported.
        day: days since 1970-01-01, UTC.
        service_tier: the provider's own word ('flex', 'priority', 'fast', ...), 'batch' for batch calls, '' standard. One
            that the table has no price for costs the standard price.
    """
    found = _find_model(provider, model)
    if found is None:
        return None
    owner, info = found
    midnight = datetime.fromtimestamp(day * 86_400, UTC)
    starts = sorted({time(0, tzinfo=UTC), *_changes_of_day(info)})
    context = _price_context(owner, info, service_tier)
    prices = [info.get_prices(datetime.combine(midnight.date(), start), context) for start in starts]
    cards = [_compile_card(price) for price in prices]
    known = tuple(card for card in cards if card is not None)
    if len(known) != len(cards):
        return None
    return DayCard(starts_ns=tuple(_ns_of_day(start) for start in starts), cards=known)


def _find_model(provider: str, model: str) -> tuple[Provider, ModelInfo] | None:
    """The table's rows for a model. The snapshot's own finder is not used: it remembers every miss for ever."""
    snapshot = get_snapshot()
    said = provider_id(provider)
    if not said:
        said, model = split_provider_prefix(model)
    spellings = (
        model_spellings(model) if not said else (*model_spellings(model), split_provider_prefix(model)[1].lower())
    )
    owners = [_find_provider(snapshot.providers, said)] if said else _providers_of_model(snapshot.providers, spellings)
    for owner in owners:
        for spelling in spellings:
            info = owner.find_model(spelling, all_providers=snapshot.providers) if owner else None
            if owner and info:
                return owner, info
    return None


def _find_provider(providers: list[Provider], said: str) -> Provider | None:
    if "." in said:  # a host name, as the gateway reports for an upstream given by its address
        return next((p for p in providers if re.match(p.api_pattern, f"https://{said}")), None)
    return find_provider_by_id(providers, said)


def _providers_of_model(providers: list[Provider], spellings: tuple[str, ...]) -> list[Provider | None]:
    matches = [p for p in providers if p.model_match and any(p.model_match.is_match(s) for s in spellings)]
    return [*matches[:1]]


def _price_context(owner: Provider, info: ModelInfo, service_tier: str) -> Mapping[str, str] | None:
    if not service_tier or not any(info is model for model in owner.models):
        return None
    if service_tier == "batch":
        return {"processing": "batch"}
    return {"service_tier": service_tier, "speed": service_tier}  # OpenAI's word for `fast`, and Anthropic's


def _changes_of_day(info: ModelInfo) -> set[time]:
    conditions = [*(info.prices if isinstance(info.prices, list) else ()), *(info.price_variants or ())]
    daily = [c.constraint for c in conditions if isinstance(c.constraint, TimeOfDateConstraint)]
    return {_utc(moment) for constraint in daily for moment in (constraint.start_time, constraint.end_time)}


def _utc(moment: time) -> time:
    if moment.tzinfo is None:
        return moment.replace(tzinfo=UTC)
    return datetime.combine(datetime(1970, 1, 2), moment).astimezone(UTC).timetz()


def _ns_of_day(moment: time) -> int:
    since = timedelta(hours=moment.hour, minutes=moment.minute, seconds=moment.second, microseconds=moment.microsecond)
    return since // timedelta(microseconds=1) * 1000


def _compile_card(price: ModelPrice) -> RateCard | None:
    values = {key: value for key, value in vars(price).items() if value is not None}
    if not any(key in _PART_OF_KEY or key == _REQUEST_KEY for key in values):
        return None
    starts = sorted(
        {tier.start for v in values.values() if isinstance(v, TieredPrices) for tier in v.tiers}, reverse=True
    )
    tiers = tuple(Tier(start, _rates_above(values, start)) for start in starts)
    return RateCard(_rates_above(values, -1), tiers)


def _rates_above(values: Mapping[str, Any], input_tokens: int) -> Rates:
    """Rates for inputs just above a size; -1 for the base."""
    per_mtok = {part: _price_above(values[key], input_tokens) for key, part in _PART_OF_KEY.items() if key in values}
    per_request, per_search = (
        _price_above(values[key], input_tokens) / 1000 if key in values else None for key in (_REQUEST_KEY, _SEARCH_KEY)
    )
    return make_rates(per_mtok, per_request, per_search)


def _price_above(value: Decimal | TieredPrices, input_tokens: int) -> Decimal:
    if not isinstance(value, TieredPrices):
        return value
    applicable = [tier.price for tier in value.tiers if input_tokens >= tier.start]
    return applicable[-1] if applicable else value.base
