"""What a gateway did for its callers, as metrics that the real server answers for in SQL."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import openai
import pytest

from lrcp.app.budget_ledger import StateLedger
from lrcp.app.settings import Settings
from lrcp.app.state_access import StateAccess
from lrcp.gateway.config import TelemetryConfig
from lrcp.gateway.ports import Ports
from lrcp.model.policy.admission import Budget, Guard, Ladder, LadderStep, Limit
from lrcp.model.policy.caching import Cache, ExactCache
from lrcp.model.policy.document import Policy
from lrcp.model.policy.faults import FaultsByHeader
from lrcp.model.policy.routing import Resilience, Retries, Route, WeightedTarget
from lrcp.model.policy.scope import Scope
from tests.support.gateway_thread import RunningGateway, running_gateway
from tests.support.lrcp_server import LrcpServer
from tests.support.priced_upstream import NUSD_PER_TOKEN, running_priced_upstream, write_prices
from tests.support.processes import wait_until

pytestmark = pytest.mark.e2e

SERVICE = "metered-gateway"
POLICY = Policy(
    limits=(Limit(name="one-an-hour", match=Scope(teams=("hasty",)), requests=1, every="hour"),),
    budgets=(Budget(name="pocket", match=Scope(teams=("poor",)), usd=NUSD_PER_TOKEN / 1e9),),
    ladder=Ladder(steps=(LadderStep(do="shed", priorities=("low",)),), at_step=1),
    guards=(Guard(name="words", uses="patterns", on="request", options={"words": ["parcel"]}),),
    cache=Cache(exact=ExactCache(tenant="all")),
    routes=(
        Route(
            name="chat",
            models=("chat",),
            targets=(WeightedTarget(to="url/broken"),),
            fallback=("url/priced-1",),
            resilience=Resilience(retries=Retries(max=1, base_ms=1, cap_ms=1, budget_ratio=1.0)),
        ),
    ),
    faults_by_header=FaultsByHeader(kinds=("latency",)),
)


@pytest.fixture
def gateway(server: LrcpServer, tmp_path: Path) -> Iterator[RunningGateway]:
    """With every counted stage on, before a model of a known price and one that always fails."""
    with ExitStack() as stack:
        upstream = stack.enter_context(running_priced_upstream())
        access = StateAccess(Settings(data_dir=tmp_path))
        stack.callback(access.close)
        telemetry = TelemetryConfig(url=f"{server.otlp_http_url}/v1/traces", service=SERVICE, env="test")
        yield stack.enter_context(
            running_gateway(
                upstream.url,
                ports=Ports(ledger=StateLedger(access), journal_folder=tmp_path / "budgets"),
                prices_file=str(write_prices(tmp_path)),
                policy=POLICY,
                telemetry=telemetry,
            )
        )


def ask(client: openai.OpenAI, model: str, question: str, **headers: str) -> Any:
    """The reply with its headers; header names with `_` for `-`."""
    return client.chat.completions.with_raw_response.create(
        model=model,
        messages=[{"role": "user", "content": question}],
        max_tokens=10,
        extra_headers={name.replace("_", "-"): value for name, value in headers.items()},
    )


def call_each_way(gateway: RunningGateway) -> float:
    """One call for each thing that is counted; some pretend to more in their tags. Returns: dollars of the cached answer."""
    client = openai.OpenAI(base_url=f"{gateway.url}/v1", api_key="unused", max_retries=0)
    ask(client, "chat", "Which shoes?")
    first = ask(client, "priced-1", "Which hat?")
    # Before it is kept, a call of the same joins it, and what that saves is not known yet.
    wait_until(lambda: gateway.health()["cache"]["kept"] == 2, "both answers to be kept")
    again = ask(client, "priced-1", "Which hat?", x_lrcp_instrumented="1", x_lrcp_tags="cache.saved_nusd:9000000000")
    assert again.headers["x-lrcp-cache"] == "exact"
    ask(client, "priced-1", "Am I in a hurry?", x_lrcp_tags="team:hasty, retries:70, guard_none:flagged")
    for tags, code in (("team:hasty", "rate_limit_exceeded"), ("team:poor, budget:none", "budget_exceeded")):
        with pytest.raises(openai.RateLimitError) as refused:
            ask(client, "priced-1", f"May I, being {code}?", x_lrcp_tags=tags)
        assert refused.value.code == code
    with pytest.raises(openai.APIStatusError) as shed:
        ask(client, "priced-1", "May I, being low?", x_lrcp_priority="low")
    assert shed.value.code == "shed"
    ask(client, "priced-1", "Where is my parcel?", x_lrcp_fault="latency;latency_ms=1")
    return float(first.headers["x-lrcp-cost-usd"])


def test_what_a_gateway_did_is_told_in_metrics_as_its_spans_tell_it(
    server: LrcpServer, gateway: RunningGateway
) -> None:
    saved_usd = call_each_way(gateway)
    where = f"has(tags, 'service:{SERVICE}')"
    enough = f"SELECT sum(sum) AS n FROM metrics WHERE metric = 'llm.gateway.requests' AND {where} HAVING n = 8"
    server.wait_rows(enough)
    rows = server.sql(
        "SELECT metric, sum(sum) AS total, groupUniqArrayArray(tags) AS seen FROM metrics"
        f" WHERE startsWith(metric, 'llm.gateway.') AND {where} GROUP BY metric"
    )
    totals = {row["metric"].removeprefix("llm.gateway."): row["total"] for row in rows}
    tags = {row["metric"].removeprefix("llm.gateway."): set(row["seen"]) for row in rows}
    overhead_s = totals.pop("overhead")
    assert totals.pop("cache.saved_usd") == pytest.approx(saved_usd)
    assert totals == {
        "requests": 8, "retries": 1, "fallbacks": 1, "cache.hits": 1, "limited": 1, "budget.exceeded": 1, "shed": 1,
        "refused": 3, "guard.flagged": 1, "faults": 1,
    }  # fmt: skip
    assert {"route:chat", "model:priced-1"} <= tags["fallbacks"]
    assert {"limit:one-an-hour", "team:hasty", "status:error"} <= tags["limited"]
    assert "budget:pocket" in tags["budget.exceeded"]
    assert "priority:low" in tags["shed"]
    assert "guard:words" in tags["guard.flagged"]
    assert "fault:header:latency" in tags["faults"]
    assert "cache:exact" in tags["cache.hits"]
    (told,) = server.sql(
        "SELECT sum(toInt64(tags['gateway.overhead_ns'])) AS ns, min(toInt64(tags['gateway.overhead_ns'])) AS least,"
        " count() AS calls, countIf(kind = 'client') AS reported_by_the_caller, max(duration_ns) AS longest"
        f" FROM spans WHERE service = '{SERVICE}' AND NOT startsWith(name, 'attempt ')"
    )
    assert (told["calls"], told["reported_by_the_caller"]) == (8, 1)
    assert overhead_s == pytest.approx(told["ns"] / 1e9)
    assert 0 < told["least"] < told["longest"]
