"""Values of any type into what columns hold."""

import math
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrcp.ingest.receivers.llmobs.ids import span_id_of, trace_id_of
from lrcp.ingest.receivers.llmobs.values import (
    cut_text,
    find_count,
    find_ns,
    find_number,
    flatten,
    json_text,
    number_text,
    tag_pairs,
    text_of,
)

ANYTHING = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5), st.binary(max_size=5)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=3), inner, max_size=3)),
    max_leaves=10,
)


@given(value=ANYTHING)
def test_anything_becomes_text_counts_and_tags_without_an_error(value: Any) -> None:
    assert isinstance(text_of(value), str)
    assert all(isinstance(text, str) for pair in tag_pairs(value) for text in pair)
    assert all(isinstance(text, str) for pair in flatten("p", value) for text in pair)
    count, number, ns = find_count(value), find_number(value), find_ns(value)
    assert count is None or 0 <= count < 1 << 63
    assert number is None or math.isfinite(number)
    assert ns is None or 0 <= ns < 1 << 63


@given(value=ANYTHING)
def test_anything_is_an_id_of_the_right_form_or_none(value: Any) -> None:
    assert len(span_id_of(value)) in (0, 16)
    assert len(trace_id_of(value)) in (0, 32)


@pytest.mark.parametrize(
    ("value", "text"),
    [("a", "a"), (None, ""), (True, "true"), (3, "3"), (3.0, "3"), (0.25, "0.25"), (b"a\xff", "a\ufffd"), ([1], "[1]")],
)
def test_text_is_the_shortest_that_says_it(value: Any, text: str) -> None:
    assert text_of(value) == text


def test_what_json_cannot_hold_is_shown_as_python_does() -> None:
    assert json_text({(1, 2): "x"}) == "{(1, 2): 'x'}"
    assert json_text(msgspec.msgpack.Ext(5, b"x")).startswith("<msgspec.msgpack.Ext")


@pytest.mark.parametrize(
    ("number", "text"), [(1e300, "1e+300"), (-0.0, "0"), (math.inf, "inf"), (123456789.0, "123456789")]
)
def test_numbers_are_short(number: float, text: str) -> None:
    assert number_text(number) == text


def test_a_cut_is_marked_with_the_length_there_was() -> None:
    assert cut_text("abcdef", 6) == "abcdef"
    assert cut_text("abcdefg", 6) == "abcdef... [cut, 7 characters]"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("4660", "0000000000001234"),
        (4660, "0000000000001234"),
        ("18446744073709551615", "ffffffffffffffff"),
        ("-1", "ffffffffffffffff"),
        ("-9223372036854775808", "8000000000000000"),
        ("-0", ""),
        ("abcd", "000000000000abcd"),
        ("1234567890123456", f"{1234567890123456:016x}"),
        ("undefined", ""),
        ("0", ""),
        ("00000000000000000", ""),
        (0, ""),
        (-1, ""),
        (None, ""),
    ],
)
def test_span_ids_are_decimal_unless_they_cannot_be(value: Any, expected: str) -> None:
    assert span_id_of(value) == expected


def test_a_span_id_beyond_64_bits_is_hashed_and_stays_itself() -> None:
    assert (
        span_id_of("18446744073709551616") == span_id_of("18446744073709551616") != span_id_of("18446744073709551617")
    )


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("12345678901234567890123456789012", "12345678901234567890123456789012"),
        ("142230725350200147914901885048916579129", f"{142230725350200147914901885048916579129:032x}"),
        ("ABCD", "0" * 28 + "abcd"),
        ("0" * 32, ""),
        ("0x" + "a" * 32, "a" * 32),
    ],
)
def test_trace_ids_of_32_digits_are_hexadecimal_and_other_numbers_decimal(value: str, expected: str) -> None:
    assert trace_id_of(value) == expected
