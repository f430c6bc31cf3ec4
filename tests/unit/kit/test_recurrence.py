"""Rules of recurrence: against python-dateutil in the open, over changes of the clock, and within bounds."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given, settings
from hypothesis import strategies as st

from lrcp.kit.recurrence import _late_years, find_occurrences, find_timezone, parse_recurrence
from lrcp.model.errors import InputError

START = datetime(2024, 3, 5, 9, 30)


def moment(text: str, zone: str = "UTC") -> float:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()


def test_every_monday_and_tuesday_at_the_time_of_the_start() -> None:
    rule = parse_recurrence("FREQ=WEEKLY;BYDAY=MO,TU", datetime(2026, 11, 2, 8, 0), "UTC")
    found = find_occurrences(rule, moment("2026-11-09"), moment("2026-11-16"))
    assert found == [moment("2026-11-09T08:00"), moment("2026-11-10T08:00")]


def test_the_second_tuesday_of_a_month_as_datadog_writes_it() -> None:
    rule = parse_recurrence("FREQ=MONTHLY;INTERVAL=1;BYDAY=2TU", datetime(2023, 7, 11, 8, 0), "Europe/Berlin")
    found = find_occurrences(rule, moment("2023-07-01"), moment("2023-09-01"))
    assert found == [moment("2023-07-11T06:00"), moment("2023-08-08T06:00")]


def test_eight_in_berlin_stays_eight_in_berlin_when_summer_time_begins() -> None:
    rule = parse_recurrence("FREQ=DAILY", datetime(2026, 3, 1, 8, 0), "Europe/Berlin")
    found = find_occurrences(rule, moment("2026-03-28"), moment("2026-03-30"))
    assert found == [moment("2026-03-28T07:00"), moment("2026-03-29T06:00")]


def test_a_time_that_the_clock_leaps_over_still_comes_once() -> None:
    rule = parse_recurrence("FREQ=DAILY", datetime(2026, 3, 1, 2, 30), "Europe/Berlin")
    assert find_occurrences(rule, moment("2026-03-29"), moment("2026-03-30")) == [moment("2026-03-29T01:30")]


def test_of_a_time_that_comes_twice_the_first_is_taken() -> None:
    rule = parse_recurrence("FREQ=DAILY", datetime(2026, 10, 1, 2, 30), "Europe/Berlin")
    assert find_occurrences(rule, moment("2026-10-25"), moment("2026-10-26")) == [moment("2026-10-25T00:30")]


@pytest.mark.parametrize(
    ("until", "last"),
    [
        ("20261103", "2026-11-03T08:00"),
        ("20261103T080000", "2026-11-03T08:00"),
        ("20261103T065959Z", "2026-11-02T08:00"),
    ],
)
def test_until_is_still_within(until: str, last: str) -> None:
    rule = parse_recurrence(f"FREQ=DAILY;UNTIL={until}", datetime(2026, 11, 1, 8, 0), "Europe/Berlin")
    assert find_occurrences(rule, moment("2026-10-20"), moment("2026-12-01"))[-1] == moment(last, "Europe/Berlin")


def test_a_count_is_counted_from_the_start() -> None:
    rule = parse_recurrence("FREQ=DAILY;COUNT=3", START, "UTC")
    assert len(find_occurrences(rule, moment("2024-03-01"), moment("2024-04-01"))) == 3
    assert find_occurrences(rule, moment("2024-03-08"), moment("2024-04-01")) == []


@pytest.mark.parametrize(
    ("rule", "zone", "words"),
    [
        ("FREQ=SECONDLY", "UTC", "HOURLY, DAILY"),
        ("FREQ=DAILY;DTSTART=20260101", "UTC", "DTSTART"),
        ("FREQ=DAILY;FREQ=DAILY", "UTC", "once each"),
        ("FREQ=DAILY;BYDAY=XX", "UTC", "is not a recurrence rule"),
        ("FREQ=DAILY;COUNT=0", "UTC", "from 1 to 10000"),
        ("FREQ=DAILY;UNTIL=tomorrow", "UTC", "UNTIL=TOMORROW"),
        ("FREQ=DAILY;BYMONTH=" + "1," * 400, "UTC", "characters"),
        ("nonsense", "UTC", "'nonsense'"),
        ("", "UTC", "expected once each"),
        ("FREQ=DAILY", "Mars/Olympus", "Mars/Olympus"),
        ("FREQ=DAILY", "../../etc/passwd", "is not a time zone"),
    ],
)
def test_what_is_no_rule_is_said(rule: str, zone: str, words: str) -> None:
    with pytest.raises(InputError, match=words.replace("/", "/")):
        parse_recurrence(rule, START, zone)


@pytest.mark.parametrize("frequency", ["HOURLY", "DAILY", "WEEKLY", "MONTHLY", "YEARLY"])
def test_a_rule_that_never_comes_true_is_not_searched_for_until_the_end_of_time(frequency: str) -> None:
    rule = parse_recurrence(f"FREQ={frequency};BYMONTH=2;BYMONTHDAY=30", START, "UTC")
    assert find_occurrences(rule, moment("2026-01-01"), moment("2026-02-01")) == []
    assert 9998 - (2026 + _late_years(datetime(2026, 2, 3))) < 28  # years that dateutil searches before it gives up


days = st.lists(st.sampled_from(["MO", "TU", "WE", "TH", "FR", "SA", "SU"]), max_size=3, unique=True)


@settings(max_examples=150, deadline=None)
@given(
    frequency=st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]),
    interval=st.integers(1, 5),
    days=days,
    months=st.lists(st.integers(1, 12), max_size=3, unique=True),
    start=st.datetimes(datetime(2015, 1, 1), datetime(2026, 12, 31)),
    since=st.datetimes(datetime(2015, 1, 1), datetime(2040, 12, 31)),
)
def test_it_finds_what_dateutil_finds_without_our_bounds(
    frequency: str, interval: int, days: list[str], months: list[int], start: datetime, since: datetime
) -> None:
    start, since = start.replace(microsecond=0), since.replace(microsecond=0)
    rule = f"FREQ={frequency};INTERVAL={interval}"
    rule += f";BYDAY={','.join(days)}" if days else ""
    rule += f";BYMONTH={','.join(map(str, months))}" if months else ""
    until = since + timedelta(days=40)
    plain = rrulestr(f"{rule};UNTIL={until:%Y%m%dT%H%M%S}", dtstart=start)
    expected = [one.replace(tzinfo=UTC).timestamp() for one in plain if since <= one < until]
    found = find_occurrences(
        parse_recurrence(rule, start, "UTC"),
        since.replace(tzinfo=UTC).timestamp(),
        until.replace(tzinfo=UTC).timestamp(),
    )
    assert found == expected


def test_a_zone_is_found_in_any_case() -> None:
    assert [find_timezone(name).key for name in ("utc", "asia/jerusalem", "Europe/Berlin")] == [
        "UTC", "Asia/Jerusalem", "Europe/Berlin"
    ]  # fmt: skip
    with pytest.raises(InputError):
        find_timezone("mars/olympus")
