"""A provider of every format, and a gateway before it whose routes `oai/*`, `rsp/*`, `ant/*` and `gem/*` lead to one each."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, Literal

from lrcp.model.policy.document import Policy
from lrcp.model.policy.routing import ProviderSettings, Resilience, Route, WeightedTarget
from tests.scenario.gateway.askers import ASKERS, Answer, Question
from tests.support.gateway_thread import gateway_thread
from tests.support.strict_models import StrictProvider, strict_provider

TARGETS: Final[dict[str, tuple[Literal["openai", "anthropic", "gemini"], tuple[str, ...]]]] = {
    "oai": ("openai", ("openai.chat", "openai.embeddings")),
    "rsp": ("openai", ("openai.responses",)),
    "ant": ("anthropic", ("anthropic.messages",)),
    "gem": ("gemini", ("gemini.generate", "gemini.embed", "gemini.batch_embed")),
}


@dataclass
class Scene:
    """The provider, and the gateway's address."""

    provider: StrictProvider
    url: str

    def ask(self, client: str, question: Question) -> Answer:
        """Ask, and hold the provider to have no complaint."""
        try:
            return ASKERS[client](self.url, question)
        finally:
            assert self.provider.complaints == []


@contextmanager
def translating(**changes: Any) -> Iterator[Scene]:
    """Serve until the block ends; changes are fields of GatewayConfig."""
    with strict_provider() as provider:
        settings = {
            name: ProviderSettings(
                like=family,
                endpoints={family: f"{provider.url}/v1beta" if family == "gemini" else f"{provider.url}/v1"},
                formats=formats,
                allow_private=True,
            )
            for name, (family, formats) in TARGETS.items()
        }
        routes = tuple(
            Route(name=name, models=(f"{name}/*",), targets=(WeightedTarget(to=f"{name}/*"),)) for name in TARGETS
        )
        policy = Policy(providers=settings, routes=routes, resilience=Resilience(retries=None, breaker=None))
        with gateway_thread(provider.url, policy=policy, **changes) as url:
            yield Scene(provider, url)
