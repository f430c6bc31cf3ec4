"""From names to targets: `provider/model`, and what a model's bare name means."""

from collections.abc import Mapping
from typing import Final

import msgspec

from lrcp.gateway.exchange import Target
from lrcp.gateway.providers import Upstream
from lrcp.model.errors import InputError

DEFAULT_MODEL: Final = "default"
"""The model name that stands for the gateway's own choice, so that an application need not name one."""
AS_REQUESTED: Final = "*"
"""`provider/*` in a policy: the model under the name that the request gave it."""


class Directory(msgspec.Struct, frozen=True, kw_only=True):
    """The providers that calls may go to, and where those go that no route takes."""

    upstreams: Mapping[str, Upstream]
    default: Upstream
    default_model: str = ""
    default_target: str = ""

    def find_direct(self, model: str) -> Target:
        """Where a model's name leads by itself: `provider/model` to that provider, every other name to the default.

        A prefix counts only where it can be meant: behind an address of the operator's own (an aggregator, whose
        models have names such as openai/gpt-4o) it does so only for providers that this gateway holds a key for, and for
        the simulated one.
        Raises: InputError - no model is named, and none is set for 'default'.
        """
        head, slash, tail = model.partition("/")
        named = self.upstreams.get(head) if slash and tail else None
        meant = named is not None and (named is self.default or named.has_key or named.provider.simulated)
        if named is not None and (meant or self.default.name != "url"):
            return Target(named, tail)
        if self.default_target:
            return self.find_target(self.default_target, model)
        if model not in ("", DEFAULT_MODEL):
            return Target(self.default, model)
        if not self.default_model:
            raise InputError(
                "the request names no model: give one in 'model', or set LRCP_UPSTREAM_MODEL on the gateway"
            )
        return Target(self.default, self.default_model)

    def find_target(self, name: str, requested: str) -> Target:
        """The target that a policy names. Raises: InputError - it names no provider of this gateway."""
        provider, _, model = name.partition("/")
        upstream = self.upstreams.get(provider)
        if upstream is None or not model:
            known = ", ".join(sorted(self.upstreams))
            raise InputError(f"{name!r} is no target of this gateway: write provider/model; its providers are {known}")
        if model != AS_REQUESTED:
            return Target(upstream, model)
        bare = requested.removeprefix(f"{provider}/")
        return Target(upstream, upstream.provider.default_model if bare in ("", DEFAULT_MODEL) else bare)
