"""Ports: what a gateway process is joined to outside itself. `app` builds them; a gateway without them is on its own."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from lrcp.gateway.policy.follower import MakeFollower


class Part(Protocol):
    """Something of a gateway process that lives from the start of serving to its end, and is told in /health."""

    async def start(self) -> None: ...
    async def stop(self) -> None: ...
    def describe(self) -> dict[str, Any]: ...


@dataclass(frozen=True, kw_only=True)
class Ports:
    """make_follower: of the policy; None keeps to that of the config. parts: what lives with this process, by name."""

    make_follower: MakeFollower | None = None
    parts: Mapping[str, Part] = field(default_factory=dict)
