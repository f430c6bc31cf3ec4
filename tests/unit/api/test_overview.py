"""GET /api/overview, from the metrics that the engine derives."""

import asyncio

import pytest

from lrcp.ingest.rollup import TrafficRollup
from lrcp.model.span import Span
from tests.unit.api.conftest import Served

Shop = tuple[Served, list[Span]]


def test_totals_and_series_agree_with_the_spans(shop: Shop) -> None:
    served, spans = shop
    generations = [s for s in spans if s.kind in ("llm", "embedding")]
    overview = served.get("/api/overview", from_="2h")
    totals = overview["totals"]
    assert totals["requests"] == len(generations) == sum(overview["series"]["requests"])
    assert totals["errors"] == sum(s.status == "error" for s in generations)
    assert totals["input_tokens"] == sum(s.input_tokens or 0 for s in generations)
    assert totals["cost_nusd"] == pytest.approx(sum(s.cost_nusd or 0 for s in generations), abs=10)
    assert totals["unpriced"] == sum(s.cost_nusd is None for s in generations)
    assert all(len(column) == len(overview["times_s"]) for column in overview["series"].values())


def test_quantiles_are_within_the_accuracy_of_the_sketch(shop: Shop) -> None:
    served, spans = shop
    seconds = sorted(s.duration_ns / 1e9 for s in spans if s.model == "claude-sonnet-4-5")
    group = next(g for g in served.get("/api/overview", from_="2h")["groups"] if g["key"] == "claude-sonnet-4-5")
    for field, quantile in (("p50_s", 0.5), ("p95_s", 0.95), ("p99_s", 0.99)):
        near = (
            seconds[max(0, int(quantile * len(seconds)) - 2)],
            seconds[min(len(seconds) - 1, int(quantile * len(seconds)) + 1)],
        )
        assert near[0] * 0.98 <= group["totals"][field] <= near[1] * 1.02


def test_groups_add_up_to_the_whole_and_come_greatest_first(shop: Shop) -> None:
    served, _ = shop
    overview = served.get("/api/overview", from_="2h", group_by="provider")
    requests = [group["totals"]["requests"] for group in overview["groups"]]
    assert sum(requests) == overview["totals"]["requests"]
    assert requests == sorted(requests, reverse=True)


def test_a_filter_keeps_only_series_with_that_tag(shop: Shop) -> None:
    served, spans = shop
    overview = served.get("/api/overview", from_="2h", env="staging")
    assert overview["totals"]["requests"] == sum(s.kind in ("llm", "embedding") and s.env == "staging" for s in spans)


def test_the_period_before_is_compared_with_and_absent_without_traffic(shop: Shop) -> None:
    served, _ = shop
    assert served.get("/api/overview", from_="2h")["previous"] is None
    half = served.get("/api/overview", from_="30m", step=10)
    assert half["previous"]["requests"] > 0


def test_too_many_points_are_refused(served: Served) -> None:
    problem = served.get("/api/overview", expect=422, from_="7d", step=10)
    assert problem["errors"][0]["field"] == "query.step"


def test_long_steps_read_closed_periods_from_the_rollup_and_the_rest_from_the_buckets(shop: Shop) -> None:
    served, spans = shop
    fine = served.get("/api/overview", from_="2h", step=60)
    coarse = served.get("/api/overview", from_="2h", step=300)
    assert coarse["totals"]["requests"] == fine["totals"]["requests"]
    rollup = TrafficRollup(served.store, served.clock)
    assert asyncio.run(rollup.run()) > 5
    for group_by in ("model", "service", "env"):
        fine = served.get("/api/overview", from_="2h", step=60, group_by=group_by)
        coarse = served.get("/api/overview", from_="2h", step=300, group_by=group_by)
        same = {key for key in fine["totals"] if key not in ("cost_nusd", "unpriced")}
        assert {key: coarse["totals"][key] for key in same} == {key: fine["totals"][key] for key in same}
        assert [group["totals"]["requests"] for group in coarse["groups"]] == [
            group["totals"]["requests"] for group in fine["groups"]
        ]
    staging = served.get("/api/overview", from_="2h", step=300, env="staging")["totals"]["requests"]
    assert staging == sum(s.kind in ("llm", "embedding") and s.env == "staging" for s in spans)
