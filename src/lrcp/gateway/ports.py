"""Ports: what a gateway process is joined to outside itself. `app` builds them; a gateway without them is on its own."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from lrcp.gateway.budgets.ledger import Ledger
from lrcp.gateway.guards.port import GuardFactory
from lrcp.gateway.guards.registry import BUILT_IN
from lrcp.gateway.keys.source import KeySource
from lrcp.gateway.limits.cells import Cells, private_cells
from lrcp.gateway.policy.follower import MakeFollower


class Part(Protocol):
    """Something of a gateway process that lives from the start of serving to its end, and is told in /health."""

    async def start(self) -> None: ...
    async def stop(self) -> None: ...
    def describe(self) -> dict[str, Any]: ...


@dataclass(frozen=True, kw_only=True)
class Ports:
    """make_follower: of the policy; None keeps to that of the config. parts: what lives with this process, by name.

    key_source: of virtual keys; None knows none. open_cells: where limits are counted; called in each worker process.
    ledger: of budgets; None, and a policy with budgets is refused. journal_folder: see BudgetKeeper.
    guards: by the names that a policy may use.
    """

    make_follower: MakeFollower | None = None
    key_source: KeySource | None = None
    open_cells: Callable[[], Cells] = private_cells
    parts: Mapping[str, Part] = field(default_factory=dict)
    ledger: Ledger | None = None
    journal_folder: Path | None = None
    guards: Mapping[str, GuardFactory] = field(default_factory=lambda: BUILT_IN)
