"""The functions of `eval`, and how numbers are written.

Datadog does not say how it rounds for people: humanize_bytes and humanize_bits are ours (three significant digits and
more; bytes by 1024 as KiB, bits by 1000 as kb).
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

Value = float | str | bool
"""What an expression comes to. Numbers are float."""


@dataclass(frozen=True, slots=True)
class Function:
    """least, most: how many arguments. texts: whether the first argument is a text."""

    call: Callable[..., Value]
    least: int = 1
    most: int = 1
    texts: bool = False

    @property
    def counts(self) -> str:
        """How many arguments, for people."""
        most = f"{self.most} argument{'' if self.most == 1 else 's'}"
        return most if self.least == self.most else f"{self.least} to {most}"


def write_number(value: float) -> str:
    """A number for people: whole ones without a point, others with six significant digits."""
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else ("Infinity" if value > 0 else "-Infinity")
    if value == int(value) and abs(value) < 1e15:
        return str(int(value))
    if not 1e-6 <= abs(value) < 1e15:
        return f"{value:.6g}"
    digits = max(0, 5 - math.floor(math.log10(abs(value))))
    text = f"{value:.{digits}f}"
    return text.rstrip("0").rstrip(".") if digits else text


def _scaled(value: float, base: float, units: tuple[str, ...]) -> str:
    size = abs(value)
    step = 0
    while size >= base and step < len(units) - 1:
        size, value, step = size / base, value / base, step + 1
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return f"{text} {units[step]}"


def humanize_bytes(value: float) -> str:
    """`1536` -> `1.5 KiB`."""
    return _scaled(value, 1024.0, ("B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"))


def humanize_bits(value: float) -> str:
    """`1500` -> `1.5 kb`."""
    return _scaled(value, 1000.0, ("b", "kb", "Mb", "Gb", "Tb", "Pb", "Eb"))


def _round(value: float, digits: float = 0.0) -> float:
    """Halves away from zero. digits: -15 to 15."""
    scale = 10.0 ** max(-15, min(15, int(digits)))
    return math.copysign(math.floor(abs(value) * scale + 0.5), value) / scale


def _substring(text: str, start: float, end: float | None = None) -> str:
    last = len(text) if end is None else max(0, int(end))
    return text[max(0, int(start)) : last]


def _strip(text: str, characters: str | None = None) -> str:
    return text.strip(characters)


def _sign(value: float) -> float:
    return float((value > 0) - (value < 0))


def _float(value: float) -> str:
    return repr(float(value))


_MATH: Final = [
    "exp",
    "log10",
    "sin",
    "sinh",
    "asin",
    "asinh",
    "cos",
    "cosh",
    "acos",
    "acosh",
    "tan",
    "tanh",
    "atan",
    "atanh",
]  # as they are named in `math`

FUNCTIONS: Final[dict[str, Function]] = {
    "humanize_bytes": Function(humanize_bytes),
    "humanize_bits": Function(humanize_bits),
    "abs": Function(abs),
    "int": Function(lambda value: float(math.trunc(value))),
    "trunc": Function(lambda value: float(math.trunc(value))),
    "float": Function(_float),
    "dec": Function(lambda value: round(value - math.trunc(value), 12)),
    "round": Function(_round, 1, 2),
    "ceil": Function(lambda value: float(math.ceil(value))),
    "floor": Function(lambda value: float(math.floor(value))),
    "sgn": Function(_sign),
    "to_bool": Function(lambda value: value != 0),
    **{name: Function(getattr(math, name)) for name in _MATH},
    "atan2": Function(math.atan2, 2, 2),
    "upper": Function(str.upper, texts=True),
    "lower": Function(str.lower, texts=True),
    "substring": Function(_substring, 2, 3, texts=True),
    "strip": Function(_strip, 1, 2, texts=True),
}
