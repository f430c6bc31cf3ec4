"""Budgets through the official openai client: warned, refused, unavailable, unpriced; a provider that counts what it is owed."""

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
from lrcp.model.budget import BudgetUse
from lrcp.model.policy.admission import Budget
from lrcp.model.policy.document import Policy
from lrcp.store.state.budgets import BudgetStore
from tests.support.gateway_thread import RunningGateway, running_gateway
from tests.support.priced_upstream import NUSD_PER_TOKEN, PricedUpstream, running_priced_upstream, write_prices

USD_PER_TOKEN = NUSD_PER_TOKEN / 1e9
QUESTION: Any = [{"role": "user", "content": "Which shoes for winter?"}]


@pytest.fixture
def upstream() -> Iterator[PricedUpstream]:
    with running_priced_upstream() as running:
        yield running


@pytest.fixture
def access(tmp_path: Path) -> Iterator[StateAccess]:
    opened = StateAccess(Settings(data_dir=tmp_path))
    yield opened
    opened.close()


@pytest.fixture
def serve(upstream: PricedUpstream, access: StateAccess, tmp_path: Path) -> Callable[..., Any]:
    @contextmanager
    def start(*budgets: Budget, **policy: Any) -> Iterator[RunningGateway]:
        with running_gateway(
            upstream.url,
            ports=Ports(ledger=StateLedger(access), journal_folder=tmp_path / "budgets"),
            prices_file=str(write_prices(tmp_path)),
            policy=Policy(budgets=budgets, **policy),
        ) as gateway:
            yield gateway

    return start


def client_of(gateway: RunningGateway, **options: Any) -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{gateway.url}/v1", api_key="unused", max_retries=0, **options)


def ask(client: openai.OpenAI, model: str = "priced-1", max_tokens: int = 10, **options: Any) -> Any:
    raw = client.chat.completions.with_raw_response
    return raw.create(model=model, messages=QUESTION, max_tokens=max_tokens, **options)


def ask_until_refused(client: openai.OpenAI) -> openai.APIStatusError:
    for _ in range(500):
        try:
            ask(client)
        except openai.APIStatusError as error:
            return error
    raise AssertionError("no call was refused")


def uses(access: StateAccess) -> list[BudgetUse]:
    return BudgetStore(access.get).list_uses(time.time_ns())


def test_a_budget_that_is_used_up_refuses_with_what_it_is_and_when_it_begins_anew(
    serve: Callable[..., Any], upstream: PricedUpstream, access: StateAccess
) -> None:
    with serve(Budget(name="small", usd=100 * USD_PER_TOKEN, every="hour")) as gateway:
        error = ask_until_refused(client_of(gateway))
        assert isinstance(error, openai.RateLimitError)
        assert (error.status_code, error.code, error.type) == (429, "budget_exceeded", "insufficient_quota")
        assert "budget small is used up" in error.message
        assert "of $0.1 for this hour" in error.message
        assert 0 < int(error.response.headers["retry-after"]) <= 3600
        assert 90 <= upstream.tokens <= 100
    (use,) = uses(access)
    assert (use.spent_nusd, use.reserved_nusd) == (upstream.owed_nusd, 0)


def test_replies_carry_a_warning_near_the_cap(serve: Callable[..., Any]) -> None:
    with serve(Budget(name="warned", usd=100 * USD_PER_TOKEN, warn_at=0.3)) as gateway:
        client = client_of(gateway)
        warnings = [ask(client).headers.get("x-lrcp-budget-warning") for _ in range(9)]
    assert warnings[0] is None
    assert warnings[-1] is not None
    name, spent, cap, resets = warnings[-1].split("; ")
    assert (name, cap) == ("warned", "cap=$0.1")
    assert 0.03 <= float(spent.removeprefix("spent=$")) <= 0.1
    assert resets.startswith("resets=20")
    assert resets.endswith("T00:00:00Z")


def test_a_budget_goes_on_where_it_was_after_a_restart(serve: Callable[..., Any], upstream: PricedUpstream) -> None:
    budget = Budget(name="kept", usd=100 * USD_PER_TOKEN, every="month")
    for _ in range(3):
        with serve(budget) as gateway:
            for _ in range(4):
                try:
                    ask(client_of(gateway))
                except openai.RateLimitError:
                    break
    with serve(budget) as gateway:
        ask_until_refused(client_of(gateway))
    assert 90 <= upstream.tokens <= 100


def test_each_team_has_its_own_account(serve: Callable[..., Any], access: StateAccess) -> None:
    with serve(Budget(name="teams", usd=30 * USD_PER_TOKEN, per="team")) as gateway:
        ask_until_refused(client_of(gateway, default_headers={"x-lrcp-tags": "team:search"}))
        ask(client_of(gateway, default_headers={"x-lrcp-tags": "team:shop"}))
    assert {use.key.value for use in uses(access)} == {"team:search", "team:shop"}


def test_a_call_counts_for_every_budget_it_is_in_and_holds_nothing_when_one_refuses(
    serve: Callable[..., Any], upstream: PricedUpstream, access: StateAccess
) -> None:
    wide, narrow = (
        Budget(name="wide", usd=1000 * USD_PER_TOKEN),
        Budget(name="narrow", usd=40 * USD_PER_TOKEN, per="model"),
    )
    with serve(wide, narrow) as gateway:
        ask_until_refused(client_of(gateway))
    spent = {use.key.budget: (use.spent_nusd, use.reserved_nusd) for use in uses(access)}
    assert spent == {"wide": (upstream.owed_nusd, 0), "narrow": (upstream.owed_nusd, 0)}


def test_words_that_no_database_takes_hold_nobody_up(
    serve: Callable[..., Any], upstream: PricedUpstream, access: StateAccess
) -> None:
    with serve(Budget(name="models", usd=1e300, per="model")) as gateway:
        client = client_of(gateway)
        for model in ("priced-\0", "priced-é\n" * 200, "priced-1"):
            ask(client, model=model)
    assert sum(use.spent_nusd for use in uses(access)) == upstream.owed_nusd
    assert all(use.key.value.isprintable() and len(use.key.value) <= 200 for use in uses(access))


def test_a_model_without_a_price_is_not_called(serve: Callable[..., Any], upstream: PricedUpstream) -> None:
    with serve(Budget(name="strict", usd=1)) as gateway, pytest.raises(openai.PermissionDeniedError) as raised:
        ask(client_of(gateway), model="nobody-knows-its-price")
    assert raised.value.code == "unknown_price"
    assert upstream.calls == 0


def test_a_model_without_a_price_is_called_where_the_budget_allows_it(serve: Callable[..., Any]) -> None:
    with serve(Budget(name="lax", usd=1, unknown_price="allow")) as gateway:
        assert ask(client_of(gateway), model="nobody-knows-its-price").status_code == 200


def test_what_was_reserved_is_the_most_that_the_answers_may_cost(
    serve: Callable[..., Any], upstream: PricedUpstream
) -> None:
    with serve(Budget(name="many", usd=100 * USD_PER_TOKEN)) as gateway:
        with pytest.raises(openai.RateLimitError) as raised:
            ask(client_of(gateway), max_tokens=30, n=4)
        assert "this call may cost $0.12" in raised.value.message
        assert ask(client_of(gateway), max_tokens=30, n=3).status_code == 200


def test_without_its_database_no_dollar_is_spent(upstream: PricedUpstream, tmp_path: Path) -> None:
    away = StateAccess(Settings(data_dir=tmp_path, state_url="postgresql://lrcp@127.0.0.1:1/none"))
    with running_gateway(
        upstream.url,
        ports=Ports(ledger=StateLedger(away)),
        prices_file=str(write_prices(tmp_path)),
        policy=Policy(budgets=(Budget(name="lost", usd=1),)),
    ) as gateway:
        with pytest.raises(openai.InternalServerError) as raised:
            ask(client_of(gateway))
        assert (raised.value.status_code, raised.value.code) == (503, "budget_unavailable")
        assert int(raised.value.response.headers["retry-after"]) >= 1
        assert "127.0.0.1:1" in gateway.health()["budgets"]["database"]
    assert upstream.calls == 0
