"""Words of a rollup by the calendar: `daily, 10am`, `weekly, monday`, `monthly, 15th`, `yearly, april`."""

from typing import Final

PERIODS: Final = ("daily", "weekly", "monthly", "yearly")
WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MONTHS: Final = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)


def begin_of(period: str, word: str) -> int | None:
    """What a bucket begins with, from `10am`, `monday`, `15th`, `april`; None when the period does not begin so."""
    word = word.lower()
    if period == "daily":
        return _hour(word)
    if period == "weekly":
        return WEEKDAYS.index(word) if word in WEEKDAYS else None
    if period == "yearly":
        return MONTHS.index(word) + 1 if word in MONTHS else None
    digits = word[:-2]
    fits = word[-2:] in ("st", "nd", "rd", "th") and digits.isdecimal() and 1 <= int(digits[:3]) <= 31
    return int(digits) if fits else None


def _hour(word: str) -> int | None:
    digits, half = word[:-2], word[-2:]
    if half not in ("am", "pm") or not digits.isdecimal() or not 1 <= int(digits[:3]) <= 12:
        return None
    return int(digits) % 12 + (12 if half == "pm" else 0)
