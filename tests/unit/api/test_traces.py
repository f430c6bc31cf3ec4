"""The list of traces, one trace, one span, over a real embedded store."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

import pytest

from lrcp.model.evaluation import Evaluation
from lrcp.model.span import Span
from tests.support.seeded_shop import large_trace
from tests.unit.api.conftest import Served

Shop = tuple[Served, list[Span]]
GENERATIONS = ("llm", "embedding")


def _list(served: Served, **params: object) -> list[dict]:  # type: ignore[type-arg]
    """All pages of the list."""
    rows, cursor = [], ""
    while True:
        page = served.get(
            "/api/traces", **{"from": "2h", "limit": 60, **params, **({"cursor": cursor} if cursor else {})}
        )
        rows += page["traces"]
        cursor = page["next_cursor"]
        if not cursor:
            return rows


def test_every_trace_is_on_exactly_one_page_newest_first(shop: Shop) -> None:
    served, spans = shop
    rows = _list(served, service="storefront")
    roots = sorted((s for s in spans if not s.parent_id), key=lambda s: (s.start_ns, s.trace_id), reverse=True)
    assert [row["trace_id"] for row in rows] == [root.trace_id for root in roots]


def test_totals_count_tokens_and_cost_of_generations_only(shop: Shop) -> None:
    served, spans = shop
    row = _list(served)[0]
    mine = [s for s in spans if s.trace_id == row["trace_id"]]
    generations = [s for s in mine if s.kind in GENERATIONS]
    priced = [s.cost_nusd for s in generations if s.cost_nusd is not None]
    assert row["spans"] == len(mine)
    assert row["generations"] == len(generations)
    assert row["input_tokens"] == sum(s.input_tokens or 0 for s in generations)
    assert row["cost_nusd"] == sum(priced)


def test_a_trace_with_unpriced_generations_is_partial_and_one_with_only_such_is_unknown(served: Served) -> None:
    now = served.clock.now_ns()
    served.insert(
        Span("a1" * 16, "1" * 16, "", now - 10, 5, "x", service="pricing", kind="llm", cost_source="unknown"),
        Span("a2" * 16, "2" * 16, "", now - 9, 5, "x", service="pricing", kind="llm", cost_source="unknown"),
        Span("a2" * 16, "3" * 16, "2" * 16, now - 8, 5, "x", service="pricing", kind="llm", cost_nusd=7),
        Span("a3" * 16, "4" * 16, "", now - 7, 5, "x", service="pricing"),
    )
    found = {row["trace_id"][:2]: (row["cost_state"], row["cost_nusd"]) for row in _list(served, service="pricing")}
    assert found == {"a1": ("unknown", None), "a2": ("partial", 7), "a3": ("none", None)}


@pytest.mark.parametrize(
    ("params", "matches"),
    [
        ({"model": "gpt-4o-mini", "status": "error"}, lambda s: s.model == "gpt-4o-mini" and s.status == "error"),
        ({"model": ["gpt-4o-mini", "gemini-2.5-flash"]}, lambda s: s.model in ("gpt-4o-mini", "gemini-2.5-flash")),
        ({"env": "staging"}, lambda s: s.env == "staging"),
        ({"provider": "anthropic"}, lambda s: s.provider == "anthropic"),
        ({"kind": "tool", "user": "u-0360"}, lambda s: s.kind == "tool" and s.user_id == "u-0360"),
        ({"q": "Headphones twice"}, lambda s: all(w in (s.input + " ").lower() for w in ("headphones", "twice"))),
        ({"q": '"added a new code"'}, lambda s: "added a new code" in s.input + s.output),
        ({"q": "österreich"}, lambda s: False),
        ({"q": "Lieferzeit"}, lambda s: "Lieferzeit" in s.input),
        ({"q": '"100%"'}, lambda s: False),
    ],
)
def test_a_filter_finds_the_traces_with_a_span_that_matches(shop: Shop, params: dict, matches) -> None:  # type: ignore[type-arg, no-untyped-def]
    served, spans = shop
    shop_ids = {s.trace_id for s in spans}
    found = {row["trace_id"] for row in _list(served, **params)}
    assert found & shop_ids == {s.trace_id for s in spans if matches(s)}


def test_status_ok_leaves_out_traces_in_which_anything_failed(shop: Shop) -> None:
    served, spans = shop
    failed = {s.trace_id for s in spans if s.status == "error"}
    found = {row["trace_id"] for row in _list(served, status="ok", service="storefront")}
    assert found == {s.trace_id for s in spans} - failed


@pytest.mark.parametrize("sort", ["duration", "cost", "tokens"])
def test_other_sorts_page_through_the_same_traces_greatest_first(shop: Shop, sort: str) -> None:
    served, spans = shop
    rows = _list(served, sort=sort, service="storefront")
    value = {
        "duration": lambda r: r["duration_ns"],
        "cost": lambda r: r["cost_nusd"] or 0,
        "tokens": lambda r: r["input_tokens"] + r["output_tokens"],
    }[sort]
    assert len({row["trace_id"] for row in rows}) == len(rows) == len({s.trace_id for s in spans})
    assert [value(r) for r in rows] == sorted((value(r) for r in rows), reverse=True)


def test_duration_and_cost_bounds_are_of_the_root_and_of_the_trace(shop: Shop) -> None:
    served, spans = shop
    slow = {s.trace_id for s in spans if not s.parent_id and 2_000_000_000 <= s.duration_ns <= 4_000_000_000}
    found = _list(served, min_duration_ns=2_000_000_000, max_duration_ns=4_000_000_000)
    assert {row["trace_id"] for row in found} == slow
    dear = _list(served, min_cost_nusd=5_000_000)
    assert dear
    assert all(row["cost_nusd"] >= 5_000_000 for row in dear)


def test_pages_stay_put_while_traces_arrive(served: Served) -> None:
    now = served.clock.now_ns()
    served.insert(
        *(Span(f"b{n:031x}", f"{n + 1:016x}", "", now - 3_000_000_000 + n, 5, "x", service="moving") for n in range(30))
    )
    first = served.get("/api/traces", from_="1h", service="moving", limit=10)
    served.insert(
        *(Span(f"c{n:031x}", f"{n + 1:016x}", "", now - 1_000_000_000 + n, 5, "x", service="moving") for n in range(5))
    )
    second = served.get("/api/traces", from_="1h", service="moving", limit=10, cursor=first["next_cursor"])
    ids = [row["trace_id"] for row in first["traces"] + second["traces"]]
    assert ids == [f"b{n:031x}" for n in range(29, 9, -1)]


def test_a_trace_far_larger_than_a_scan_does_not_hide_the_others(served: Served) -> None:
    start = served.clock.now_ns() - 1_500_000_000_000
    served.insert(
        *(
            Span("d" * 32, f"{n + 1:016x}", f"{1:016x}" if n else "", start + n * 1_000_000, 5, "x", service="crowd")
            for n in range(9_000)
        )
    )
    served.insert(
        *(
            Span(f"e{n:031x}", f"{n + 1:016x}", "", start + n * 1_000_000_000 + 1, 5, "x", service="crowd")
            for n in range(5)
        )
    )
    rows = _list(served, service="crowd")
    assert [row["trace_id"][0] for row in rows] == ["e", "e", "e", "e", "e", "d"]
    assert rows[-1]["spans"] == 9_000


def test_the_earliest_span_stands_for_a_root_that_has_not_arrived(served: Served) -> None:
    now = served.clock.now_ns()
    served.insert(
        Span("aa" * 16, "2" * 16, "9" * 16, now - 50_000, 40_000, "later", service="orphan"),
        Span("aa" * 16, "1" * 16, "9" * 16, now - 90_000, 10_000, "earlier", service="orphan"),
    )
    (row,) = _list(served, service="orphan")
    assert (row["name"], row["root_arrived"], row["duration_ns"]) == ("earlier", False, 80_000)


def test_a_trace_opens_by_its_hex_its_low_half_and_its_decimal_id(shop: Shop) -> None:
    served, spans = shop
    trace_id = spans[0].trace_id
    low = trace_id[16:]
    for form in (trace_id, trace_id.upper(), low, str(int(trace_id, 16))):
        assert served.get(f"/api/traces/{form}")["trace_id"] == trace_id


def test_a_trace_carries_all_spans_and_the_evaluations_that_join_by_span(shop: Shop) -> None:
    served, spans = shop
    mine = sorted((s for s in spans if s.trace_id == spans[-1].trace_id), key=lambda s: (s.start_ns, s.span_id))
    answer = next(s for s in mine if s.kind == "llm")
    served.insert_evaluations(
        Evaluation(answer.start_ns + 10**9, "quality", "0" * 32, answer.span_id, 0.75, "good", "judge", "2", "because")
    )
    trace = served.get(f"/api/traces/{mine[0].trace_id}")
    columns = trace["columns"]
    assert columns["span_id"] == [s.span_id for s in mine]
    assert columns["cost_nusd"] == [s.cost_nusd for s in mine]
    assert columns["input"] == [s.input for s in mine]
    assert columns["start_offset_ns"] == [s.start_ns - mine[0].start_ns for s in mine]
    assert [(e["span_id"], e["score"], e["evidence"]) for e in trace["evaluations"]] == [
        (answer.span_id, 0.75, "because")
    ]
    whole = served.get(f"/api/spans/{answer.span_id}", trace_id=mine[0].trace_id)
    assert (whole["output"], whole["tags"], whole["prompt_version"]) == (answer.output, answer.tags, "v12")


def test_a_trace_of_days_opens_whole_with_evaluations_by_trace_and_by_span(served: Served) -> None:
    first_ns = served.clock.now_ns() - 3 * 86_400 * 10**9
    starts = [first_ns, first_ns + 86_400 * 10**9, first_ns + 2 * 86_400 * 10**9]
    trace_id = "d1" * 16
    served.insert(
        *(
            Span(
                trace_id, f"da{n:014x}", f"da{0:014x}" if n else "", start, 5, "agent", service="patient", kind="agent"
            )
            for n, start in enumerate(starts)
        ),
        Span("d2" * 16, "db" * 8, "", starts[1], 5, "agent", service="patient", kind="agent"),
    )
    served.insert_evaluations(
        Evaluation(starts[2] + 10**9, "late", "0" * 32, f"da{2:014x}", 1.0),
        Evaluation(starts[0] + 10**9, "of the trace", trace_id, "", 0.5),
        Evaluation(starts[2] + 10**9, "another's", "0" * 32, "db" * 8, 0.0),
    )
    trace = served.get(f"/api/traces/{trace_id}")
    assert trace["columns"]["start_offset_ns"] == [start - first_ns for start in starts]
    assert [one["name"] for one in trace["evaluations"]] == ["of the trace", "late"]


def test_a_large_trace_comes_whole_and_without_bodies(served: Served) -> None:
    served.insert(*large_trace(5_000, start_ns=time.time_ns(), trace_id="5" * 32))
    trace = served.get("/api/traces/" + "5" * 32)
    assert (trace["spans"], trace["bodies"], len(trace["columns"]["span_id"])) == (5_000, False, 5_000)
    assert "input" not in trace["columns"]


@pytest.mark.parametrize(
    ("path", "status", "field"),
    [
        ("/api/traces/deadbeef", 404, None),
        ("/api/traces/not-an-id", 422, "path.trace_id"),
        ("/api/spans/zz?trace_id=1", 422, "path.span_id"),
        ("/api/spans/1?trace_id=1", 404, None),
        ("/api/spans/1", 422, "query.trace_id"),
        ("/api/traces?limit=201", 422, "query.limit"),
        ("/api/traces?from=yesterday", 422, "query.from"),
        ("/api/traces?from=now&to=1h", 422, "query.from"),
        ("/api/traces?cursor=abc", 422, "query.cursor"),
        ("/api/traces?sorted=time", 422, "query.sorted"),
        ("/api/nothing", 404, None),
    ],
)
def test_what_is_wrong_is_a_problem_document_that_names_the_field(
    served: Served, path: str, status: int, field: str | None
) -> None:
    reply = served.client.get(path)
    problem = reply.json()
    assert (reply.status_code, reply.headers["content-type"]) == (status, "application/problem+json")
    assert problem["status"] == status
    assert problem["detail"]
    assert ([error["field"] for error in problem["errors"]] if field else problem.get("errors")) == (
        [field] if field else None
    )


@pytest.mark.parametrize(
    "write",
    [
        lambda t: str(t),
        lambda t: str(t * 1_000),
        lambda t: f"{t}.0",
        lambda t: datetime.fromtimestamp(t, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        lambda t: datetime.fromtimestamp(t, timezone(timedelta(hours=5))).isoformat(),
    ],
)
def test_times_are_iso_or_unix_seconds_or_milliseconds(served: Served, write: Callable[[int], str]) -> None:
    moment_s = served.clock.now_ns() // 10**9 - 86_400
    served.insert(Span("77" * 16, "7" * 16, "", moment_s * 10**9, 5, "x", service="dated"))
    params = {"from": write(moment_s), "to": str(moment_s + 1), "service": "dated"}
    assert {row["trace_id"] for row in served.get("/api/traces", **params)["traces"]} == {"77" * 16}
    late = {**params, "from": write(moment_s + 1), "to": str(moment_s + 2)}
    assert not served.get("/api/traces", **late)["traces"]
