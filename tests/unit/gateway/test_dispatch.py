"""What of a request goes to which provider."""

import pytest

from lrcp.gateway.dispatch import is_meant_for
from lrcp.gateway.providers import declare_upstreams, make_upstreams
from lrcp.model.policy.routing import ProviderSettings
from tests.support.exchanges import new_exchange

KNOWN = make_upstreams("openai", {})
OWN = ProviderSettings(base_url="https://llm.example.org/v1")
UPSTREAMS = declare_upstreams(
    KNOWN, {"house": OWN, "open": ProviderSettings(base_url=OWN.base_url, client_keys=True)}, {}
)
MOVED = declare_upstreams(KNOWN, {"openai": OWN}, {})


@pytest.mark.parametrize(
    ("asked", "provider", "meant"),
    [
        ("gpt-5-mini", "openai", True),
        ("gpt-5-mini", "anthropic", False),  # a fallback, say
        ("anthropic/claude-haiku-4-5", "anthropic", True),
        ("anthropic/claude-haiku-4-5", "gemini", False),
        ("gpt-5-mini", "house", False),
        ("gpt-5-mini", "open", True),
        ("anthropicx/claude", "anthropic", False),
    ],
)
def test_a_key_that_a_client_brings_goes_only_to_whom_it_is_meant_for(asked: str, provider: str, meant: bool) -> None:
    exchange = new_exchange("whatever the ladder made of it")
    exchange.asked_model = asked
    assert is_meant_for(exchange, UPSTREAMS[provider]) is meant


def test_a_default_provider_that_a_policy_moves_elsewhere_gets_no_keys_of_clients() -> None:
    assert not is_meant_for(new_exchange("gpt-5-mini"), MOVED["openai"])
