"""SLO alerts: what is refused when they are prepared, which windows they read, and how often."""

import asyncio

import msgspec
import numpy as np
import pytest

from lrcp.model.errors import UnavailableError
from lrcp.model.monitor import Monitor, parse_monitor
from lrcp.model.monitor_state import State
from lrcp.model.slo import Slo, parse_slo
from lrcp.monitors.evaluate.prepare import SLO_STAGE, prepare
from lrcp.monitors.message.render import render_notification
from lrcp.monitors.slo.alert import SloBook
from lrcp.monitors.slo.past import MonitorPast
from lrcp.monitors.telling import context_of
from lrcp.monitors.tick import run_tick
from lrcp.query.errors import QueryError
from lrcp.query.memory.series import MemorySeries
from lrcp.query.memory.source import MemorySource
from tests.support.slo_cases import T0

METRIC = {
    "name": "Answers", "type": "metric", "thresholds": [{"timeframe": "30d", "target": 96}],
    "query": {"numerator": "sum:good{*}", "denominator": "sum:all{*}"},
}  # fmt: skip
OF_MONITORS = {"name": "M", "type": "monitor", "thresholds": [{"timeframe": "30d", "target": 96}], "monitor_ids": [5]}


def slo(document: dict[str, object] | None = None) -> Slo:
    return parse_slo(document or METRIC, id="s")


def alert(query: str, **options: object) -> Monitor:
    return parse_monitor({"name": "a", "type": "slo alert", "query": query, "options": options}, id=9)


def burn(threshold: float, long: str = "1h", short: str = "5m", over: str = "30d") -> str:
    return f'burn_rate("s").over("{over}").long_window("{long}").short_window("{short}") > {threshold}'


def lengths(monitor: Monitor, at_s: int = T0) -> set[tuple[int, int]]:
    scans = prepare(monitor, {"s": slo()}).scans(at_s)
    return {(scan.grid.start_s - at_s, scan.grid.step_s * scan.grid.count) for scan in scans}  # type: ignore[union-attr]


def test_an_slo_that_does_not_exist_is_refused() -> None:
    with pytest.raises(QueryError, match="there is no SLO 's'"):
        prepare(alert(burn(5)), {})


def test_a_timeframe_without_a_target_is_refused() -> None:
    with pytest.raises(QueryError, match="no target for 7d; expected 30d"):
        prepare(alert(burn(5, over="7d")), {"s": slo()})


def test_a_threshold_that_is_never_reached_is_refused() -> None:
    prepare(alert(burn(25)), {"s": slo()})
    with pytest.raises(QueryError, match="never above 25"):
        prepare(alert(burn(25.5)), {"s": slo()})


@pytest.mark.parametrize("numerator", ["avg:x{*}", "p95:x{*}", "sum:x{*", "sum:x{$env}", "nothing(sum:x{*})"])
def test_an_slo_whose_queries_mean_nothing_is_refused(numerator: str) -> None:
    broken = METRIC | {"query": {"numerator": numerator, "denominator": "sum:all{*}"}}
    with pytest.raises(QueryError):
        prepare(alert(burn(5)), {"s": slo(broken)})


def test_a_monitor_slo_is_refused_where_the_past_is_not_kept() -> None:
    with pytest.raises(QueryError, match="what those went through is not kept"):
        prepare(alert(burn(5)), {"s": slo(OF_MONITORS)})


def test_two_windows_are_one_bucket_each() -> None:
    assert lengths(alert(burn(5))) == {(-3600, 3600), (-300, 300)}


def test_the_evaluation_delay_moves_both_windows() -> None:
    assert lengths(alert(burn(5), evaluation_delay=60)) == {(-3660, 3600), (-360, 300)}


def test_an_error_budget_is_one_bucket_of_its_timeframe() -> None:
    assert lengths(alert('error_budget("s").over("30d") > 75')) == {(-30 * 86400, 30 * 86400)}


@pytest.mark.parametrize(
    ("query", "interval_s"),
    [(burn(5), 10), (burn(5, "24h"), 600), (burn(5, "48h"), 1800), ('error_budget("s").over("30d") > 75', 1800)],
)
def test_longer_windows_are_looked_at_less_often(query: str, interval_s: int) -> None:
    prepared = prepare(alert(query), {"s": slo()})
    assert prepared.timing.interval_s == interval_s
    assert prepared.stage == SLO_STAGE


def test_both_burn_rates_are_told() -> None:
    prepared = prepare(alert(burn(5)), {"s": slo()})
    found = prepared.observe(T0, MemorySource().answer(prepared.scans(T0)))
    assert found.note == "burn rate 0 in the long window, 0 in the short one"
    assert np.array_equal(found.values, [0.0])


class Away:
    """A state database that cannot be reached."""

    def find(self, monitor_id: int, from_s: int, to_s: int) -> MonitorPast | None:
        raise UnavailableError("the state database is away")


class Empty:
    """No monitor at all."""

    def find(self, monitor_id: int, from_s: int, to_s: int) -> MonitorPast | None:
        return None


@pytest.mark.parametrize(("past", "why"), [(Away(), "is away"), (Empty(), "monitor 5 of the SLO does not exist")])
def test_a_past_that_cannot_be_read_is_unknown_never_ok(past: Away | Empty, why: str) -> None:
    prepared = prepare(alert(burn(5)), SloBook({"s": slo(OF_MONITORS)}, past))
    result = asyncio.run(run_tick([prepared], {}, T0, MemorySource())).monitors[9]
    assert result.state is State.UNKNOWN
    assert why in result.error
    assert result.transitions == ()


def test_the_message_of_an_alert_may_name_both_burn_rates() -> None:
    times_s = [T0 + 60 * minute for minute in range(60)]
    source = MemorySource(
        [
            MemorySeries("good", "count", (), times_s, [80.0] * 55 + [60.0] * 5),
            MemorySeries("all", "count", (), times_s, [100.0] * 60),
        ]
    )
    message = "{{timeframe}}: {{long_window_burn_rate}} and {{short_window_burn_rate}}, {{value}}"
    monitor = msgspec.structs.replace(alert(burn(4)), message=message)
    prepared = prepare(monitor, {"s": slo()})
    result = asyncio.run(run_tick([prepared], {}, T0 + 3600, source)).monitors[9]
    transition = result.transitions[0]
    told = render_notification(monitor, transition, context_of(prepared, transition, {}))
    assert (transition.kind, told.body.splitlines()[0]) == ("alert", "30d: 5.41667 and 10, 5.41667")
