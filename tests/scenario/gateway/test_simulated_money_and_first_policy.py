"""A gateway joined to a state database: its own policy until one is put, and budgets that count simulated dollars."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openai
import pytest

from lrcp.app.budget_ledger import StateLedger
from lrcp.app.policy_source import StatePolicySource
from lrcp.app.settings import Settings
from lrcp.app.state_access import StateAccess
from lrcp.gateway.policy.follower import PolicyFollower
from lrcp.gateway.policy.kept import PolicyFile
from lrcp.gateway.policy.known import KNOWN_PROVIDERS
from lrcp.gateway.ports import Ports
from lrcp.model.policy.admission import Budget
from lrcp.model.policy.document import Policy
from lrcp.model.policy.faults import FaultsByHeader, SimulatedModel, Simulation
from lrcp.store.state.policies import PolicyStore
from tests.support.gateway_thread import RunningGateway, running_gateway
from tests.support.processes import wait_until

NOBODY = "http://127.0.0.1:9"
DEAR = SimulatedModel(ttft_ms=1, tokens_per_s=10_000, output_tokens=20, input_usd_per_mtok=0, output_usd_per_mtok=1e4)


@pytest.fixture
def access(tmp_path: Path) -> Iterator[StateAccess]:
    opened = StateAccess(Settings(data_dir=tmp_path))
    yield opened
    opened.close()


def ask(gateway: RunningGateway, model: str, **headers: str) -> Any:
    client = openai.OpenAI(base_url=f"{gateway.url}/v1", api_key="k", max_retries=0, default_headers=headers)
    messages: Any = [{"role": "user", "content": "Which shoes for winter?"}]
    return client.chat.completions.create(model=model, messages=messages, max_tokens=20)


def spend_until_refused(gateway: RunningGateway) -> int:
    """Tokens that were answered."""
    spent = 0
    for _ in range(200):
        try:
            spent += ask(gateway, "simulated/dear").usage.completion_tokens
        except openai.RateLimitError as error:
            if error.code != "budget_exceeded":
                raise
            return spent
    raise AssertionError("no call was refused")


def test_the_gateways_own_policy_holds_until_one_is_put_and_not_after(access: StateAccess, tmp_path: Path) -> None:
    own = Policy(faults_by_header=FaultsByHeader(kinds=("error",)), resilience=None)
    file = PolicyFile(tmp_path / "gateway-policy.json")
    ports = Ports(make_follower=lambda take: PolicyFollower(StatePolicySource(access), file, KNOWN_PROVIDERS, take))
    with running_gateway(NOBODY, ports=ports, policy=own) as gateway:
        wait_until(lambda: gateway.health()["policy"]["source"] == "ok", "the follower to have asked")
        with pytest.raises(openai.InternalServerError, match="header:error"):
            ask(gateway, "simulated/fast", **{"x-lrcp-fault": "error"})
        PolicyStore(access.get()).put(b"{}", author="ann", reason="no faults", now_ns=time.time_ns())
        wait_until(lambda: gateway.health()["policy"]["version"] == 1, "the policy")
        assert ask(gateway, "simulated/fast", **{"x-lrcp-fault": "error"}).choices


def test_a_budget_reserves_and_counts_what_simulated_models_are_declared_to_cost(
    access: StateAccess, tmp_path: Path
) -> None:
    policy = Policy(budgets=(Budget(name="drill", usd=1.0, every="day"),), simulation=Simulation(models={"dear": DEAR}))
    ports = Ports(ledger=StateLedger(access), journal_folder=tmp_path / "budgets")
    with running_gateway(NOBODY, ports=ports, policy=policy) as gateway:
        spent = spend_until_refused(gateway)
        # A token is a cent, and a call is refused once the twenty that it may need are not there.
        assert 80 <= spent <= 100
