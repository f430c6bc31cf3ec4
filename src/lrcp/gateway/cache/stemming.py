"""Stems of words: enough to see that cancels, cancelled and cancelling are one word."""

import re
from typing import Final

_SHORTEST: Final = 3
_ENDINGS: Final = ("ingly", "edly", "ing", "ed", "ly")
_FOREIGN_ENDINGS: Final = {"de": ("en", "e", "n"), "fr": ("ez", "er", "es", "e", "s"), "es": ("es", "s")}
_ISE: Final = re.compile(r"is(?=e$|ed$|ing$|ation$)")
_DOUBLED: Final = frozenset("bdgklmnprtv")
_UNITS: Final = {
    "kilogram": "kg", "kilo": "kg", "gram": "g", "milligram": "mg", "liter": "l", "litre": "l", "milliliter": "ml",
    "kilometer": "km", "kilometre": "km", "meter": "m", "metre": "m", "centimeter": "cm", "centimetre": "cm",
    "mile": "mi", "pound": "lb", "ounce": "oz", "minute": "min", "hour": "h", "second": "sec", "dollar": "$", "usd": "$",
    "euro": "€", "eur": "€", "percent": "%", "percentage": "%", "gigabyte": "gb", "megabyte": "mb", "celsius": "c",
    "fahrenheit": "f",
}  # fmt: skip


def stem(word: str) -> str:
    """The part of a word that stays when it is bent; units in their short form."""
    base = _american(_singular(word))
    if base in _UNITS:
        return _UNITS[base]
    for ending in _ENDINGS:
        if base.endswith(ending) and len(base) - len(ending) >= _SHORTEST:
            return _tidy(base.removesuffix(ending))
    return _tidy(base)


def _american(word: str) -> str:
    """colour is color, summarise is summarize."""
    if word.endswith(("our", "oured", "ouring")) and len(word) > 5:
        return word.replace("our", "or")
    return _ISE.sub("iz", word) if len(word) > 6 else word


def foreign_stem(word: str, language: str) -> str:
    """Without the commonest endings of German, French or Spanish; a word of four letters or fewer stays."""
    for ending in _FOREIGN_ENDINGS.get(language, ()):
        if word.endswith(ending) and len(word) - len(ending) > _SHORTEST:
            return word.removesuffix(ending)
    return word


def _singular(word: str) -> str:
    if len(word) <= _SHORTEST or word.endswith(("ss", "us", "is")):
        return word
    if word.endswith("ies"):
        return word[:-3] + "y"
    if word.endswith(("sses", "shes", "ches", "xes", "zes")):
        return word[:-2]
    return word[:-1] if word.endswith("s") else word


def _tidy(base: str) -> str:
    """planned -> plan, cancelling -> cancel, update and updat(ing) -> updat, try and tri(ed) -> tri."""
    if len(base) > _SHORTEST and base[-1] == base[-2] and base[-1] in _DOUBLED:
        base = base[:-1]
    if len(base) > _SHORTEST and base.endswith("e"):
        base = base[:-1]
    return base[:-1] + "i" if len(base) > _SHORTEST - 1 and base.endswith("y") else base
