"""The ladder through the official openai client: each step does what it says to real calls, and is told."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import openai
import pytest

from lrcp.app.budget_ledger import StateLedger
from lrcp.app.settings import Settings
from lrcp.app.state_access import StateAccess
from lrcp.gateway.ports import Ports
from lrcp.model.policy.admission import Budget, Ladder, LadderStep, Pressure
from lrcp.model.policy.document import Policy
from tests.support.gateway_thread import RunningGateway, running_gateway
from tests.support.priced_upstream import NUSD_PER_TOKEN, PricedUpstream, running_priced_upstream, write_prices

QUESTION: Any = [{"role": "user", "content": "Which shoes for winter?"}]


@pytest.fixture
def upstream() -> Iterator[PricedUpstream]:
    with running_priced_upstream() as running:
        yield running


@pytest.fixture
def serve(upstream: PricedUpstream, tmp_path: Path) -> Iterator[Callable[..., Any]]:
    access = StateAccess(Settings(data_dir=tmp_path))

    @contextmanager
    def start(ladder: Ladder, **policy: Any) -> Iterator[tuple[RunningGateway, openai.OpenAI]]:
        with running_gateway(
            upstream.url,
            ports=Ports(ledger=StateLedger(access)),
            prices_file=str(write_prices(tmp_path)),
            policy=Policy(ladder=ladder, **policy),
        ) as gateway:
            yield gateway, openai.OpenAI(base_url=f"{gateway.url}/v1", api_key="unused", max_retries=0)

    yield start
    access.close()


def ask(client: openai.OpenAI, model: str = "priced-1", **options: Any) -> Any:
    raw = client.chat.completions.with_raw_response
    return raw.create(**{"model": model, "messages": QUESTION, "max_tokens": 20} | options)


def held_at(step: int, *steps: LadderStep) -> Ladder:
    return Ladder(steps=steps, at_step=step)


def test_a_step_that_is_not_taken_changes_nothing(serve: Callable[..., Any], upstream: PricedUpstream) -> None:
    with serve(held_at(0, LadderStep(do="shorter_answers", max_tokens=5))) as (gateway, client):
        ask(client)
        assert gateway.health()["ladder"] == {"step": 0, "reason": "", "of": 1, "budgets": {}}
    assert upstream.asked == [20]


def test_answers_become_shorter(serve: Callable[..., Any], upstream: PricedUpstream) -> None:
    with serve(held_at(1, LadderStep(do="shorter_answers", max_tokens=5))) as (_, client):
        ask(client)
        ask(client, max_tokens=3)
        ask(client, max_tokens=openai.omit)
    assert upstream.asked == [5, 3, 5]


def test_a_smaller_model_answers(serve: Callable[..., Any]) -> None:
    with serve(held_at(1, LadderStep(do="smaller_model", models=("priced-*",), to="url/priced-small"))) as (_, client):
        assert ask(client).headers["x-lrcp-model"] == "url/priced-small"
        assert ask(client).parse().model == "priced-small"
        assert ask(client, model="other").parse().model == "other"


def test_a_cache_answers_that_is_otherwise_off(serve: Callable[..., Any], upstream: PricedUpstream) -> None:
    with serve(held_at(1, LadderStep(do="cache_exact"))) as (_, client):
        first, second = ask(client), ask(client)
    assert (first.headers["x-lrcp-cache"], second.headers["x-lrcp-cache"]) == ("miss", "exact")
    assert upstream.calls == 1


def test_low_priority_is_shed_and_told_when_to_come_back(serve: Callable[..., Any], upstream: PricedUpstream) -> None:
    with serve(held_at(1, LadderStep(do="shed", priorities=("low",)))) as (gateway, client):
        with pytest.raises(openai.InternalServerError) as raised:
            ask(client, extra_headers={"x-lrcp-priority": "low"})
        assert (raised.value.status_code, raised.value.code) == (503, "shed")
        assert int(raised.value.response.headers["retry-after"]) >= 1
        assert ask(client).status_code == 200
        assert gateway.health()["ladder"]["step"] == 1
    assert upstream.calls == 1


def test_failing_providers_lead_down_the_ladder_and_calls_that_go_well_lead_back(serve: Callable[..., Any]) -> None:
    pressure = Pressure(error_ratio_above=0.5, min_requests=5, window_s=1.0, hold_down_s=0.2, hold_up_s=0.5)
    ladder = Ladder(steps=(LadderStep(do="shed", priorities=("low",)),), pressure=pressure)
    low = {"x-lrcp-priority": "low"}
    with serve(ladder, resilience=None) as (gateway, client):
        ask(client, extra_headers=low)
        until(lambda: fails_with(client, "shed", model="broken", extra_headers=low))
        assert gateway.health()["ladder"]["reason"] == "errors"
        until(lambda: ask(client) and gateway.health()["ladder"]["step"] == 0)
        ask(client, extra_headers=low)


def until(condition: Callable[[], bool]) -> None:
    """Ask again until it holds."""
    for _ in range(2_000):
        if condition():
            return
        time.sleep(0.005)
    raise AssertionError("it did not come to pass")


def fails_with(client: openai.OpenAI, code: str, **options: Any) -> bool:
    try:
        ask(client, **options)
    except openai.APIStatusError as error:
        return error.code == code
    return False


def test_a_budget_under_pressure_leads_down_the_ladder_for_those_it_is_about(
    serve: Callable[..., Any], upstream: PricedUpstream
) -> None:
    ladder = Ladder(
        steps=(LadderStep(do="smaller_model", to="url/free-small"),), pressure=Pressure(budget_above=0.5, hold_down_s=0)
    )
    budget = Budget(name="teams", usd=100 * NUSD_PER_TOKEN / 1e9, per="team", unknown_price="allow")
    poor, rich = ({"x-lrcp-tags": f"team:{name}"} for name in ("poor", "rich"))
    with serve(ladder, budgets=(budget,)) as (gateway, client):
        models = [ask(client, extra_headers=poor).parse().model for _ in range(40)]
        assert ask(client, extra_headers=rich).parse().model == "priced-1"
        assert gateway.health()["ladder"]["budgets"] == {"teams:team:poor": 1}
    assert models[0] == "priced-1"
    assert models[-1] == "free-small"
    assert models == sorted(models, key=lambda model: model == "free-small")


def test_a_budget_that_degrades_goes_on_with_what_costs_nothing(serve: Callable[..., Any]) -> None:
    """Long holds: at the cap no step is waited for."""
    ladder = Ladder(steps=(LadderStep(do="smaller_model", to="url/free-small"),), pressure=Pressure(hold_down_s=3600))
    budget = Budget(name="all", usd=60 * NUSD_PER_TOKEN / 1e9, at_cap="degrade", unknown_price="allow")
    refused = 0
    with serve(ladder, budgets=(budget,)) as (_, client):
        for _ in range(200):
            try:
                model = ask(client).parse().model
            except openai.RateLimitError:
                refused += 1
            else:
                if model == "free-small":
                    break
    assert model == "free-small"
    assert refused >= 1
