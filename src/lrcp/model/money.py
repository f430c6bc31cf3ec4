"""Money is a whole number of nano-dollars (nusd): 1 dollar is 1_000_000_000."""

from decimal import ROUND_HALF_UP, Decimal
from typing import Final

NUSD_PER_USD: Final = 1_000_000_000


def nusd_from_usd(dollars: Decimal | float | str) -> int:
    """Dollars to whole nano-dollars, half up. Floats go through their shortest decimal form."""
    return int((Decimal(str(dollars)) * NUSD_PER_USD).to_integral_value(ROUND_HALF_UP))


def usd_from_nusd(nusd: int) -> float:
    """Nano-dollars to dollars, for display and for wires that carry floats."""
    return nusd / NUSD_PER_USD
