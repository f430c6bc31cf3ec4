"""`lrcp budgets`: what of the budgets is spent, through the server's API."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from lrcp.app.settings import Settings
from lrcp.cli.server_client import ServerClient
from lrcp.model.money import usd_from_nusd

_HEADINGS: Final = ("budget", "for", "window", "spent", "cap", "used", "reserved", "leases", "resets")


def show_budgets(settings: Settings, *, as_json: bool) -> None:
    """Print them all."""
    budgets = ServerClient(settings).ask_json("GET", "/api/budgets")["budgets"]
    if as_json:
        typer.echo(json.dumps(budgets, indent=2, ensure_ascii=False))
    else:
        Console(highlight=False, soft_wrap=True).print(_render(budgets) if budgets else "there are no budgets")


def _render(budgets: Sequence[Mapping[str, Any]]) -> Table:
    table = Table(box=None, pad_edge=False)
    for heading in _HEADINGS:
        table.add_column(heading, overflow="fold")
    for one in budgets:
        cap_nusd = one["cap_nusd"]
        words = [one["name"], one["value"], one["window"], _dollars(one["spent_nusd"])]
        words += [_dollars(cap_nusd), f"{one['spent_nusd'] / cap_nusd:.1%}"] if cap_nusd else ["", ""]
        words += [_dollars(one["reserved_nusd"]), str(one["leases"]), one["resets_at"][:19]]
        table.add_row(*map(escape, words))
    return table


def _dollars(nusd: int) -> str:
    return f"${usd_from_nusd(nusd):,.4f}"
