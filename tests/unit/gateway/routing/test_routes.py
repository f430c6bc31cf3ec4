"""Which route takes a request, and in which order its targets are tried."""

from collections.abc import Sequence
from typing import Any

import msgspec
import pytest

from lrcp.gateway.exchange import Exchange, Target
from lrcp.gateway.providers import make_upstreams
from lrcp.gateway.routing.routes import Decision, Routes, compile_routes
from lrcp.gateway.routing.targets import Directory
from lrcp.model.errors import InputError
from lrcp.model.policy.routing import Route
from tests.support.exchanges import new_exchange

UPSTREAMS = make_upstreams("local", {"OPENAI_API_KEY": "k"})
DIRECTORY = Directory(upstreams=UPSTREAMS, default=UPSTREAMS["local"])
TWO = [{"to": "openai/a", "weight": 3}, {"to": "gemini/b"}]


class Last:
    """A router that takes the last target, and leaves requests for `plain` to the weights."""

    def choose(self, exchange: Exchange, targets: Sequence[Target]) -> int | None:
        return None if exchange.call.model == "plain" else len(targets) - 1


def routes(*declared: dict[str, Any], chance: float = 0.0, unhealthy: Sequence[str] = ()) -> Routes:
    records = msgspec.convert([{"models": ["*"], "targets": TWO, "name": "r", **one} for one in declared], list[Route])
    return compile_routes(records, DIRECTORY, {"last": Last()}, lambda name: name not in unhealthy, lambda: chance)


def decide(known: Routes, model: str = "chat", **exchange: Any) -> Decision:
    decision = known.decide(new_exchange(model, **exchange))
    assert decision is not None
    return decision


def names(decision: Decision) -> list[str]:
    return [target.name for target in decision.candidates]


def test_the_first_route_that_takes_the_model_and_holds_decides() -> None:
    known = routes(
        {"name": "night", "models": ["chat"], "when": {"hours": "0-1"}},
        {"name": "exact", "models": ["chat", "talk"]},
        {"name": "rest", "models": ["*"]},
    )
    at_one = new_exchange("chat")
    at_one.started_ns = 3600 * 10**9
    at_midnight = new_exchange("chat")
    at_midnight.started_ns = 0
    decided = [known.decide(exchange) for exchange in (at_midnight, at_one, new_exchange("other"), new_exchange(""))]
    assert [decision.route for decision in decided if decision] == ["night", "exact", "rest", "rest"]


def test_a_request_that_no_route_takes_goes_its_direct_way() -> None:
    known = routes({"models": ["gpt-*"]})
    assert known.decide(new_exchange("claude")) is None
    assert known.find_direct("claude").name == "local/claude"


def test_a_request_without_a_model_is_taken_as_default() -> None:
    assert decide(routes({"models": ["default"]}), "").route == "r"


@pytest.mark.parametrize(("chance", "first"), [(0.0, "openai/a"), (0.74, "openai/a"), (0.76, "gemini/b")])
def test_weights_decide_and_the_other_targets_are_tried_after(chance: float, first: str) -> None:
    decision = decide(routes({}, chance=chance))
    assert names(decision)[0] == first
    assert sorted(names(decision)) == ["gemini/b", "openai/a"]


def test_a_declared_fallback_replaces_the_other_targets() -> None:
    known = routes({"fallback": ["local/*", "openai/a"]})
    assert names(decide(known, "m")) == ["openai/a", "local/m"]


def test_a_canary_goes_first_for_its_percentage_and_falls_back_to_the_route() -> None:
    canary = {"canary": {"to": "anthropic/new", "percent": 10}, "fallback": ["local/x"]}
    assert names(decide(routes(canary, chance=0.09))) == ["anthropic/new", "openai/a", "local/x"]
    assert names(decide(routes(canary, chance=0.11))) == ["openai/a", "local/x"]


def test_a_session_keeps_its_target_and_its_side_of_a_canary() -> None:
    sticky = {"sticky": "session", "canary": {"to": "local/new", "percent": 30}}
    seen = set()
    for number in range(200):
        headers = {"x-lrcp-session": f"s{number}"}
        decided = {tuple(names(decide(routes(sticky, chance=chance), headers=headers))) for chance in (0.0, 0.5, 0.99)}
        assert len(decided) == 1
        seen |= decided
    assert {first for first, *_ in seen} == {"openai/a", "gemini/b", "local/new"}


def test_without_a_session_a_sticky_route_goes_by_chance() -> None:
    assert names(decide(routes({"sticky": "session"}, chance=0.9)))[0] == "gemini/b"


def test_size_scope_and_health_are_conditions() -> None:
    large = routes({"when": {"prompt_tokens_above": 1000}}, {"name": "small"})
    assert decide(large, messages=[{"role": "user", "content": "word " * 2000}]).route == "r"
    assert decide(large).route == "small"
    short = routes({"when": {"prompt_tokens_below": 100}}, {"name": "large"})
    assert [decide(short).route, decide(short, messages=[{"content": "w" * 4000}]).route] == ["r", "large"]
    tagged = routes({"when": {"match": {"tags": {"tier": "gold"}}}}, {"name": "rest"})
    assert decide(tagged, headers={"x-lrcp-tags": "tier:gold"}).route == "r"
    assert decide(tagged, headers={"x-lrcp-tags": "tier:tin"}).route == "rest"
    healthy = {"when": {"healthy": True}}
    assert decide(routes(healthy, {"name": "rest"}, unhealthy=["openai/a"])).route == "r"
    assert decide(routes(healthy, {"name": "rest"}, unhealthy=["openai/a", "gemini/b"])).route == "rest"


def test_a_router_chooses_instead_of_the_weights_where_it_wants_to() -> None:
    known = routes({"router": "last"})
    assert names(decide(known))[0] == "gemini/b"
    assert names(decide(known, "plain"))[0] == "openai/a"


def test_a_shadow_gets_its_share() -> None:
    shadow = {"shadow": {"to": "local/*", "ratio": 0.5}}
    assert decide(routes(shadow, chance=0.6)).shadow is None
    copied = decide(routes(shadow, chance=0.4), "m").shadow
    assert copied is not None
    assert copied.name == "local/m"


@pytest.mark.parametrize(
    "broken",
    [
        {"targets": [{"to": "nobody/x"}]},
        {"fallback": ["nobody/x"]},
        {"canary": {"to": "nobody/x", "percent": 1}},
        {"shadow": {"to": "nobody/x"}},
        {"router": "learned"},
    ],
)
def test_a_route_that_this_gateway_cannot_follow_is_refused_with_its_place(broken: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=r"^\$\.routes\[1\] \(bad\): "):
        routes({}, {"name": "bad", **broken})
