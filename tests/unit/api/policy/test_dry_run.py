"""POST /api/policy/dry-run: what a document would have changed about requests that are in the store."""

from typing import Any

import pytest

from lrcp.model.span import Span
from tests.unit.api.policy.conftest import NOW_S, PolicyApi

MODEL = "gpt-5-mini"


def generation(number: int, *, ago_s: float = 600.0, **members: Any) -> Span:
    """A call through the gateway; each of its own trace, ten seconds after the one before."""
    start_ns = int((NOW_S - ago_s + 10 * number) * 10**9)
    given = {
        "kind": "llm",
        "provider": "openai",
        "model": MODEL,
        "input_tokens": 1000,
        "output_tokens": 500,
        "cost_nusd": 1_250_000,
        "cost_source": "computed",
        "route": "direct",
        "input": f"question {number}",
        "source": "gateway",
        "service": "lrcp-gateway",
    } | members
    return Span(f"{number:032x}", f"{number:016x}", "", start_ns, 2 * 10**9, f"chat {MODEL}", **given)


def ask(api: PolicyApi, document: str, *, expect: int = 200, since: str = "1h") -> Any:
    return api.post("/dry-run", content=document, params={"since": since}, expect=expect)


def test_an_empty_document_over_an_empty_policy_changes_nothing(api: PolicyApi) -> None:
    api.insert(*(generation(number) for number in range(5)))
    result = ask(api, "{}")
    assert [result["requests"], result["looked_at"], result["traffic"]] == [5, 5, "gateway"]
    assert result["before"] == result["after"]
    assert result["after"]["cost_nusd"] == 5 * 1_250_000
    assert result["changed"]["requests"] == 0
    assert result["examples"] == []


def test_a_route_to_a_cheaper_model_is_priced_with_the_tokens_that_were(api: PolicyApi) -> None:
    api.insert(*(generation(number) for number in range(4)))
    document = f"routes: [{{name: down, models: ['gpt-*'], targets: [{{to: openai/gpt-5-nano}}]}}]\n# {MODEL}"
    result = ask(api, document)
    assert result["changed"] == {"requests": 4, "rerouted": 4, "cached": 0, "refused": 0, "guarded": 0}
    # 1000 tokens in at 0.05 dollars a million, 500 out at 0.40
    assert result["after"]["cost_nusd"] == 4 * (50_000 + 200_000)
    assert result["cost_difference_nusd"] == 4 * (250_000 - 1_250_000)
    example = result["examples"][0]
    assert example["before"]["target"] == f"openai/{MODEL}"
    assert example["after"]["target"] == "openai/gpt-5-nano"
    assert example["after"]["route"] == "down"


def test_weights_divide_the_traffic_in_their_shares_and_always_alike(api: PolicyApi) -> None:
    api.insert(*(generation(number, ago_s=3500) for number in range(300)))
    document = "routes: [{name: r, models: ['*'], targets: [{to: openai/gpt-5-mini, weight: 3}, {to: openai/gpt-5}]}]"
    results = [ask(api, document)["changed"]["rerouted"] for _ in range(2)]
    assert results[0] == results[1]
    assert 50 <= results[0] <= 100


def test_a_canary_takes_its_share(api: PolicyApi) -> None:
    api.insert(*(generation(number, ago_s=3500) for number in range(300)))
    route = "{name: r, models: ['*'], targets: [{to: openai/gpt-5-mini}], canary: {to: openai/gpt-5, percent: 10}}"
    assert 12 <= ask(api, f"routes: [{route}]")["changed"]["rerouted"] <= 50


def test_exact_duplicates_within_the_time_of_the_cache_cost_nothing(api: PolicyApi) -> None:
    same = [generation(number, input="the same", ago_s=600) for number in range(3)]
    late = generation(59, input="the same", ago_s=600)  # 590 s after the first
    other = generation(5, input="the same", ago_s=600, tags={"key": "other"})
    api.insert(*same, late, other)
    result = ask(api, "cache: {exact: {ttl_s: 100}}")
    assert result["after"]["cached"] == 2
    assert result["cost_difference_nusd"] == -2 * 1_250_000
    assert ask(api, "cache: {exact: {ttl_s: 1000, tenant: all}}")["after"]["cached"] == 4


def test_a_limit_refuses_what_is_over_it_in_each_window(api: PolicyApi) -> None:
    api.insert(*(generation(number) for number in range(12)))  # two minutes, six each
    result = ask(api, "limits: [{name: few, requests: 4}]")
    assert result["after"]["limited"] == 4
    assert result["examples"][0]["after"]["refused"] == "limit:few"
    assert ask(api, "limits: [{name: t, tokens: 3000}]")["after"]["limited"] == 8
    assert ask(api, "limits: [{name: c, concurrent: 1}]")["after"]["limited"] == 0


def test_requests_at_the_same_time_are_counted_as_such(api: PolicyApi) -> None:
    api.insert(*(generation(number, ago_s=600 + 10 * number) for number in range(3)))
    assert ask(api, "limits: [{name: c, concurrent: 1}]")["after"]["limited"] == 2


def test_a_budget_refuses_what_would_go_over_its_cap(api: PolicyApi) -> None:
    api.insert(*(generation(number, tags={"team": "red" if number % 2 else "blue"}) for number in range(10)))
    result = ask(api, "budgets: [{name: day, usd: 0.0025, per: team}]")
    assert result["after"]["over_budget"] == 6
    assert result["after"]["cost_nusd"] == 4 * 1_250_000
    assert "spend of budgets before the first request looked at" in result["not_replayed"]


def test_a_ladder_that_is_held_at_a_step_sheds_and_goes_to_the_smaller_model(api: PolicyApi) -> None:
    api.insert(generation(0), generation(1, tags={"priority": "low"}))
    steps = "[{do: smaller_model, to: openai/gpt-5-nano}, {do: shed}]"
    result = ask(api, f"ladder: {{at_step: 2, steps: {steps}}}")
    assert result["after"]["shed"] == 1
    assert result["changed"]["rerouted"] == 1
    assert ask(api, f"ladder: {{at_step: 1, steps: {steps}}}")["after"]["shed"] == 0


def test_guards_are_counted_where_they_would_be_asked(api: PolicyApi) -> None:
    api.insert(generation(0), generation(1, tags={"team": "red"}))
    result = ask(api, "guards: [{name: pii, uses: pii, match: {teams: [red]}}]")
    assert result["after"]["guarded"] == 1
    assert "what guards would have said" in result["not_replayed"]


def test_the_policy_in_force_is_what_a_document_is_compared_with(api: PolicyApi) -> None:
    api.insert(*(generation(number) for number in range(6)))
    api.put("limits: [{name: few, requests: 4}]")
    result = ask(api, "{}")
    assert [result["before"]["limited"], result["after"]["limited"]] == [2, 0]


def test_a_model_without_a_price_is_counted_apart(api: PolicyApi) -> None:
    api.insert(generation(0))
    result = ask(api, "routes: [{name: r, models: ['*'], targets: [{to: openai/nobody-knows-it}]}]")
    assert result["after"]["unknown_costs"] == 1
    assert result["after"]["cost_nusd"] == 0


def test_a_simulated_model_costs_what_the_policy_declares(api: PolicyApi) -> None:
    api.insert(generation(0))
    declared = "simulation: {models: {mine: {input_usd_per_mtok: 2, output_usd_per_mtok: 4}}}"
    result = ask(api, f"{declared}\nroutes: [{{name: r, models: ['*'], targets: [{{to: simulated/mine}}]}}]")
    assert result["after"]["cost_nusd"] == 1000 * 2000 + 500 * 4000


def test_tries_and_shadows_below_a_request_are_no_requests(api: PolicyApi) -> None:
    api.insert(
        generation(0), generation(1, kind="client", tags={"attempt": "1"}), generation(2, tags={"shadow": "true"})
    )
    assert ask(api, "{}")["requests"] == 1


def test_without_a_gateway_the_model_calls_of_any_source_are_looked_at(api: PolicyApi) -> None:
    api.insert(generation(0, source="ddtrace"), generation(1, source="otlp", kind="embedding"))
    result = ask(api, "{}")
    assert [result["traffic"], result["requests"]] == ["generations", 2]


def test_only_the_time_that_is_asked_for_is_looked_at(api: PolicyApi) -> None:
    api.insert(generation(0, ago_s=7000), generation(1, ago_s=600))
    assert ask(api, "{}")["requests"] == 1
    assert ask(api, "{}", since="3h")["requests"] == 2


@pytest.mark.parametrize(("document", "since"), [("routes: 1", "1h"), ("{}", "soon")])
def test_what_is_wrong_with_a_dry_run_is_told(api: PolicyApi, document: str, since: str) -> None:
    assert ask(api, document, since=since, expect=422)["errors"]
