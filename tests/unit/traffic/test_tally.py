import pytest

from lrcp.traffic.run import TrafficOptions
from lrcp.traffic.tally import Outcome, Tally, percentile


def test_an_answer_without_a_price_is_counted_as_such_and_not_as_free() -> None:
    tally = Tally()
    tally.add(Outcome(latency_s=1.0, input_tokens=10, output_tokens=2, cost_usd=0.5))
    tally.add(Outcome(latency_s=3.0, input_tokens=5, output_tokens=1))
    assert (tally.ok, tally.input_tokens, tally.output_tokens) == (2, 15, 3)
    assert tally.render_cost() == "$0.500000 (1 of unknown price)"


def test_errors_are_told_apart_by_kind_and_leave_the_latencies_alone() -> None:
    tally = Tally()
    for error in ("HTTP 502", "time-out", "HTTP 502"):
        tally.add(Outcome(latency_s=60.0, error=error))
    assert (tally.sent, tally.ok, dict(tally.errors)) == (3, 0, {"HTTP 502": 2, "time-out": 1})
    assert "2 HTTP 502, 1 time-out" in tally.render(10.0)
    assert not tally.latencies_s


def test_percentiles_are_of_the_nearest_rank() -> None:
    assert [percentile(range(1, 101), ratio) for ratio in (0.0, 0.5, 0.95, 1.0)] == [1, 51, 96, 100]
    assert percentile([], 0.5) == 0.0


@pytest.mark.parametrize(
    ("given", "named"), [({"profile": "x"}, "cost-spike"), ({"rate": 0.0}, "rate"), ({"duration_s": -1.0}, "duration")]
)
def test_an_option_out_of_range_is_named(given: dict[str, object], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        TrafficOptions(**given)  # type: ignore[arg-type]
