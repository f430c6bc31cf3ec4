"""Times and intervals of a filter."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrcp.datadog.events_search.moments import MAX_NS, moment_text, parse_interval_s, parse_moment
from lrcp.datadog.events_search.places import Cursor, encode_cursor, find_cursor

NOW = 1_700_000_000 * 10**9


@pytest.mark.parametrize(
    ("value", "ns"),
    [
        ("now", NOW),
        ("now-15m", NOW - 900 * 10**9),
        ("now - 2h", NOW - 7200 * 10**9),
        ("now+1d", NOW + 86400 * 10**9),
        ("now-1mo", NOW - 30 * 86400 * 10**9),
        ("now-999999999w", 0),
        ("1700000000", NOW),
        (1700000000000, NOW),
        ("1700000000500", NOW + 500 * 10**6),
        ("2023-11-14T22:13:20Z", NOW),
        ("2023-11-14T23:13:20+01:00", NOW),
        ("2023-11-14T22:13:20", NOW),
        ("9999-12-31", MAX_NS),
        ("yesterday", None),
        ("now-", None),
        ("now-5x", None),
        (True, None),
        ({}, None),
        ("", None),
    ],
)
def test_a_time_is_read(value: object, ns: int | None) -> None:
    assert parse_moment(value, NOW) == ns


@pytest.mark.parametrize(
    ("value", "seconds"), [("5m", 300), ("1h", 3600), ("1d", 86400), (60000, 60), ("10ms", 1), ("5 m", None), ("x", None), (None, None)]
)  # fmt: skip
def test_an_interval_is_read(value: object, seconds: int | None) -> None:
    assert parse_interval_s(value) == seconds


def test_a_time_is_written_with_milliseconds() -> None:
    assert moment_text(NOW + 7_000_000) == "2023-11-14T22:13:20.007Z"


NUMBERS = st.integers(0, 2**63 - 1)


@given(st.builds(Cursor, NUMBERS, st.integers(0, 2**64 - 1), st.integers(0, 10**7), NUMBERS, NUMBERS))
def test_a_cursor_comes_back_as_it_went_out(cursor: Cursor) -> None:
    assert find_cursor(encode_cursor(cursor)) == cursor


@given(st.one_of(st.text(), st.none(), st.integers()))
def test_what_is_no_cursor_is_none(text: object) -> None:
    assert find_cursor(text) is None
