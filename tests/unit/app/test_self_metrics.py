"""What the server counts of itself becomes metrics of its own store."""

from lrcp.app.self_metrics import MONITORS, counter_metrics
from lrcp.monitors.schedule.scheduler import Pulse

NOW_NS = 1_790_000_003_000_000_000


def test_only_what_was_counted_since_is_told() -> None:
    before = {"otlp": {"requests": 5, "refused": 1}}
    now = {"otlp": {"requests": 8, "refused": 1}, "dogstatsd": {"packets": 2}}
    found = {(one.metric, one.tags): one.sum for one in counter_metrics(before, now, NOW_NS)}
    assert found == {
        ("lrcp.ingest.requests", ("receiver:otlp",)): 3.0,
        ("lrcp.ingest.packets", ("receiver:dogstatsd",)): 2.0,
    }


def test_the_monitors_count_under_their_own_name() -> None:
    pulse = Pulse(ticks=3, late=1)
    found = counter_metrics({}, {MONITORS: pulse.counts()}, NOW_NS)
    assert {(one.metric, one.tags, one.sum) for one in found} == {
        ("lrcp.monitors.ticks", (), 3.0),
        ("lrcp.monitors.late", (), 1.0),
    }
    assert {one.time_s for one in found} == {1_790_000_000}
