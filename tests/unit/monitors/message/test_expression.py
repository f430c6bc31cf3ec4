"""The expressions of eval: what they come to, and what is refused."""

import math

import pytest

from lrcp.monitors.message.calculate import calculate
from lrcp.monitors.message.expression import MAX_DEPTH, EvalError, parse_eval
from lrcp.monitors.message.functions import FUNCTIONS, Value, write_number
from lrcp.monitors.message.tree import Path

KNOWN: dict[str, Value] = {"value": 12.345, "n": 4.0, "host.name": "host:E", "count.name": "7", "empty": ""}


def find(path: Path) -> Value | None:
    return KNOWN.get(".".join(path.parts))


WORTH: list[tuple[str, Value | None]] = [
    ("1+2*3", 7.0),
    ("(1+2)*3", 9.0),
    ("2-3-4", -5.0),
    ("100/10/5", 2.0),
    ("2^3^2", 512.0),
    ("-2^2", -4.0),
    ("2^-1", 0.5),
    ("7 % 4 * 2", 6.0),
    ("-7 % 4", 1.0),
    ("--3", 3.0),
    ("value*2", 24.69),
    ("1e3 + .5", 1000.5),
    ("count.name + 1", 8.0),
    ("host.name + 1", None),
    ("missing + 1", None),
    ("empty", None),
    ("1/0", None),
    ("10^400", None),
    ("(0-8)^0.5", None),
    ("abs(-3)", 3.0),
    ("int(value)", 12.0),
    ("int(-12.9)", -12.0),
    ("trunc(value)", 12.0),
    ("float(n)", "4.0"),
    ("dec(value)", 0.345),
    ("round(12.5)", 13.0),
    ("round(-12.5)", -13.0),
    ("round(12.376, 2)", 12.38),
    ("ceil(12.1)", 13.0),
    ("floor(12.9)", 12.0),
    ("sgn(-2) + sgn(0) * 10 + sgn(3) * 100", 99.0),
    ("to_bool(1)", True),
    ("to_bool(0)", False),
    ("log10(1000)", 3.0),
    ("log10(-1)", None),
    ("exp(0) + cos(0) + sin(0)", 2.0),
    ("atan2(1, 1) * 4", math.pi),
    ("acosh(0)", None),
    ("humanize_bytes(1536)", "1.5 KiB"),
    ("humanize_bytes(10)", "10 B"),
    ("humanize_bytes(5 * 1024 ^ 3)", "5 GiB"),
    ("humanize_bits(1500)", "1.5 kb"),
    ("upper(host.name)", "HOST:E"),
    ("lower('ABC')", "abc"),
    ('substring("host:D", 5)', "D"),
    ("substring('host:D', 0, 4)", "host"),
    ("strip(' host:E ')", "host:E"),
    ("strip('abchost:Eabc', 'abc')", "host:E"),
]


@pytest.mark.parametrize(("text", "worth"), WORTH)
def test_an_expression_comes_to(text: str, worth: Value | None) -> None:
    found = calculate(parse_eval(text), find)
    assert found == (pytest.approx(worth) if isinstance(worth, float) else worth)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "expected a number"),
        ("1 +", "the end of the expression is not expected"),
        ("(1", r"expected \)"),
        ("1 2", "2 is not expected there; expected an operator"),
        ("nothing(1)", "nothing is not a function"),
        ("atan2(1)", "atan2 takes 2 arguments, not 1"),
        ("abs(1, 2)", "abs takes 1 argument, not 2"),
        ("1 $ 2", r"\$ is not expected there"),
        ("(" * (MAX_DEPTH + 1) + "1", "nested deeper"),
        ("-" * (MAX_DEPTH + 1) + "1", "nested deeper"),
        ("1+" * 400 + "1", "at most 500"),
    ],
)
def test_what_is_no_expression_is_said(text: str, words: str) -> None:
    with pytest.raises(EvalError, match=words):
        parse_eval(text)


def test_the_longest_expression_is_worked_out() -> None:
    assert calculate(parse_eval("1" + "+1" * 249), find) == 250.0


def test_every_documented_function_is_there() -> None:
    documented = """humanize_bytes humanize_bits abs int float trunc dec round ceil floor sgn to_bool exp log10 sin sinh asin
        asinh cos cosh acos acosh tan tanh atan atan2 atanh upper lower substring strip"""
    assert set(FUNCTIONS) == set(documented.split())


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (90.0, "90"),
        (98.346, "98.346"),
        (0.1 + 0.2, "0.3"),
        (1 / 3, "0.333333"),
        (123456.789, "123457"),
        (1e-09, "1e-09"),
        (1622472207000.0, "1622472207000"),
        (-0.5, "-0.5"),
        (1e20, "1e+20"),
        (math.nan, "NaN"),
        (-math.inf, "-Infinity"),
    ],
)
def test_numbers_are_written_for_people(value: float, text: str) -> None:
    assert write_number(value) == text
