"""The table of functions against the evaluation, and what their arguments may be."""

import pytest

from lrcp.query.algorithms.seasons import earlier_indexes
from lrcp.query.compute.functions.table import FUNCTIONS as EVALUATED
from lrcp.query.compute.plan import plan_scans
from lrcp.query.errors import QueryError
from lrcp.query.metric.ast import Negation, Number, Text, Word
from lrcp.query.metric.check import check_expression, interval_s, number_of
from lrcp.query.metric.functions import ALGORITHMS, FUNCTIONS
from lrcp.query.metric.parser import parse_expression
from lrcp.query.scan.grid import Grid


def test_every_function_that_is_accepted_is_evaluated_and_the_other_way_round() -> None:
    assert FUNCTIONS.keys() == EVALUATED.keys()
    assert FUNCTIONS.keys() >= ALGORITHMS


@pytest.mark.parametrize("name", sorted(name for name, one in FUNCTIONS.items() if len(one.parameters) == 1))
def test_a_function_of_one_series_takes_nothing_else(name: str) -> None:
    check_expression(parse_expression(f"{name}(avg:x{{*}} by {{host}})"))
    for arguments in ("", "5", "avg:x{*}, 5", "avg:x{*}, k=5", "zero"):
        with pytest.raises(QueryError):
            check_expression(parse_expression(f"{name}({arguments}) + avg:x{{*}}"))


@pytest.mark.parametrize("shift", ["'-1d'", "'-3w'", "'-12mo'"])
@pytest.mark.parametrize("zone", ["", ", 'Europe/Berlin'", ", 'utc'", ", 'UTC'"])
def test_a_calendar_shift_goes_back_by_days_weeks_or_months(shift: str, zone: str) -> None:
    check_expression(parse_expression(f"calendar_shift(avg:x{{*}}, {shift}{zone})"))


@pytest.mark.parametrize(
    "arguments", ["'1d'", "'-1h'", "-1", "'-1d', 'Mars/Olympus'", "'-1d', 5", "'-1d', '../etc/passwd'"]
)
def test_a_calendar_shift_elsewhere_is_refused(arguments: str) -> None:
    with pytest.raises(QueryError):
        check_expression(parse_expression(f"calendar_shift(avg:x{{*}}, {arguments})"))


@pytest.mark.parametrize(
    ("argument", "seconds"),
    [
        (Number(60), 60),
        (Text("60"), 60),
        (Text("60m"), 3600),
        (Text("0"), None),
        (Number(0.5), None),
        (Text("soon"), None),
        (Word("60m"), None),
        (Text("next_1h"), None),
    ],
)
def test_an_interval_is_seconds_or_a_text(argument: Number | Text | Word, seconds: int | None) -> None:
    assert interval_s(argument) == seconds


def test_a_number_may_have_a_minus() -> None:
    assert number_of(Negation(Number(5))) == -5
    assert number_of(Text("5")) is None


@pytest.mark.parametrize("zone", ["utc", "UTC"])
def test_what_datadogs_editor_writes_for_utc_is_evaluated(zone: str) -> None:
    calendar = parse_expression(f"calendar_shift(avg:x{{*}}, '-1d', '{zone}')")
    (scan,) = plan_scans(calendar, Grid(1_700_000_400, 60, 5))
    assert scan.grid.start_s == 1_700_000_400 - 86_400  # type: ignore[union-attr]
    found = earlier_indexes(48, "daily", step_s=3600, start_s=1_700_000_400, timezone=zone, seasons=1)
    assert found[0, 24] == 0
