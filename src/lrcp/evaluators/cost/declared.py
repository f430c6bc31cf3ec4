"""Prices that are declared rather than looked up: the operator's file (LRCP_PRICES_FILE), and the package's own for the local model.

The file is JSON: {"models": [{"provider": "local", "model": "my-model*", "prices": [{"from": "2026-01-01", "input": 0.5,
"output": 1.5}]}]}. Dollars per million tokens (`request`: dollars per request). A model may end in '*'; a provider left
out means any. The price whose `from` (UTC, left out: always) is the latest one not after the generation holds.
"""

from datetime import date
from decimal import Decimal
from importlib.resources import files
from pathlib import Path
from typing import Final

import msgspec

from lrcp.evaluators.cost.names import model_spellings, provider_id
from lrcp.evaluators.cost.rates import PRICED_PARTS, DayCard, RateCard, make_rates
from lrcp.model.errors import SettingsError

_EPOCH_ORDINAL: Final = date(1970, 1, 1).toordinal()
_MAX_FILE_BYTES: Final = 4 * 1024 * 1024


class DeclaredPrice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Dollars per million tokens from a day on; a part left out pays the price of what it is part of."""

    input: Decimal
    output: Decimal = Decimal(0)
    cached_input: Decimal | None = None
    cache_write: Decimal | None = None
    reasoning: Decimal | None = None
    request: Decimal | None = None
    start: date | None = msgspec.field(default=None, name="from")

    def __post_init__(self) -> None:
        prices = [getattr(self, part) for part in (*PRICED_PARTS, "request")]
        if any(price is not None and (price < 0 or not price.is_finite()) for price in prices):
            raise ValueError("a price is a finite number, 0 or more")

    def start_day(self) -> int:
        """Days since 1970-01-01; very early when the price always held."""
        return self.start.toordinal() - _EPOCH_ORDINAL if self.start else -(10**9)


class DeclaredModel(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The prices of one model, or of all whose id begins with `model` when it ends in '*'."""

    model: str
    prices: list[DeclaredPrice]
    provider: str = ""
    note: str = ""

    def matches(self, provider: str, spellings: tuple[str, ...]) -> bool:
        if self.provider and provider_id(self.provider) != provider_id(provider):
            return False
        wanted = self.model.lower()
        if wanted.endswith("*"):
            return any(spelling.startswith(wanted[:-1]) for spelling in spellings)
        return wanted in spellings


class PriceFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file of declared prices; the first model that matches counts."""

    models: list[DeclaredModel]

    def find_day_card(self, provider: str, model: str, day: int) -> DayCard | None:
        """The declared price of a model on a day (days since 1970-01-01 UTC); None when none is declared for it."""
        spellings = model_spellings(model)
        declared = next((entry for entry in self.models if entry.matches(provider, spellings)), None)
        held = [price for price in declared.prices if price.start_day() <= day] if declared else []
        return _compile_card(max(held, key=DeclaredPrice.start_day)) if held else None


def _compile_card(price: DeclaredPrice) -> DayCard:
    per_mtok = {part: value for part in PRICED_PARTS if (value := getattr(price, part)) is not None}
    return DayCard(starts_ns=(0,), cards=(RateCard(make_rates(per_mtok, price.request)),))


def load_price_file(path: Path) -> PriceFile:
    """Read the operator's prices. Raises: SettingsError - the file cannot be read, or is not as it must be; says where."""
    try:
        content = path.read_bytes()
        if len(content) > _MAX_FILE_BYTES:
            raise SettingsError(f"LRCP_PRICES_FILE={str(path)!r} is over {_MAX_FILE_BYTES} bytes")
        return msgspec.json.decode(content, type=PriceFile)
    except OSError as error:
        raise SettingsError(f"LRCP_PRICES_FILE={str(path)!r} cannot be read: {error.strerror}") from error
    except msgspec.MsgspecError as error:
        raise SettingsError(f"LRCP_PRICES_FILE={str(path)!r} is not a price file: {error}") from error


def load_package_prices() -> PriceFile:
    """The prices that come with the package."""
    return msgspec.json.decode(files(__package__).joinpath("local_prices.json").read_bytes(), type=PriceFile)
