"""`lrcp monitors list` and `why`: what monitors are in, and what their evaluations found."""

import json
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, Final

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from lrcp.app.settings import Settings
from lrcp.cli.server_client import ServerClient

_PIPE_WIDTH: Final = 200
_COLOURS: Final = {"Alert": "red", "Warn": "yellow", "No Data": "magenta", "OK": "green"}


def show_monitors(settings: Settings, *, state: str, as_json: bool) -> None:
    """A line a monitor, the most worrying first. state: only those in it, '' all."""
    found = ServerClient(settings).ask_json("GET", "/api/monitors")["monitors"]
    monitors = [one for one in found if not state or one["state"].lower() == state.lower()]
    if as_json:
        typer.echo(json.dumps(monitors, indent=2, ensure_ascii=False))
    else:
        _console().print(_monitor_table(monitors) if monitors else "there are no such monitors")


def show_why(settings: Settings, id: int, *, since: str, every: bool, as_json: bool) -> None:
    """The evaluations of a monitor, newest first; only those where something changed unless every one is wanted."""
    client = ServerClient(settings)
    query = {"from": since, "limit": 5000}
    monitor = client.ask_json("GET", f"/api/monitors/{id}")["monitor"]
    evaluations = client.ask_json("GET", f"/api/monitors/{id}/evaluations", query=query)["evaluations"]
    shown = evaluations if every else _changes(evaluations)
    if as_json:
        typer.echo(json.dumps(shown, indent=2, ensure_ascii=False))
        return
    console = _console()
    console.print(f"[bold]{escape(monitor['name'])}[/bold]  {_coloured(monitor['state'])}\n{escape(monitor['query'])}")
    for one in shown:
        _show_evaluation(console, one)
    if not shown:
        console.print(f"no evaluation since {escape(since)}")


def _console() -> Console:
    """As wide as the terminal; a file or a pipe has no width of its own."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=_PIPE_WIDTH)


def _monitor_table(monitors: Sequence[Mapping[str, Any]]) -> Table:
    table = Table(box=None, pad_edge=False)
    for heading in ("id", "state", "evaluated", "type"):
        table.add_column(heading, no_wrap=True)
    table.add_column("monitor", no_wrap=True, overflow="ellipsis", ratio=1)
    for one in monitors:
        evaluated = (one["evaluated_at"] or "not yet")[:19]
        table.add_row(str(one["id"]), _coloured(one["state"]), evaluated, escape(one["type"]), escape(one["name"]))
    return table


def _coloured(state: str) -> str:
    if state == "Skipped":
        return "waiting"
    colour = _COLOURS.get(state)
    return f"[{colour}]{state}[/{colour}]" if colour else state


def _changes(evaluations: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The newest, before it those after which a group's state was another than before, and the oldest; newest first."""
    kept = list(evaluations[:1])
    for newer, older in pairwise(evaluations):
        if _states(newer) != _states(older) and newer is not kept[-1]:
            kept.append(newer)
    return [*kept, evaluations[-1]] if len(evaluations) > 1 and kept[-1] is not evaluations[-1] else kept


def _states(evaluation: Mapping[str, Any]) -> dict[str, str]:
    return {one["group"]: one["state"] for one in evaluation["groups"]} | {"": evaluation["state"]}


def _groups(count: int) -> str:
    return "1 group" if count == 1 else f"{count:,} groups"


def _show_evaluation(console: Console, one: Mapping[str, Any]) -> None:
    head = (
        f"\n{one['time'][:19]}  {_coloured(one['state'])}  {_groups(one['group_count'])}, {one['took_s'] * 1000:.1f} ms"
    )
    console.print(f"{head}  [yellow]{escape(one['note'])}[/yellow]" if one["note"] else head)
    for group in one["groups"]:
        name = "" if group["group"] == "*" else f"{escape(group['group'])}: "
        console.print(f"  {_coloured(group['state'])} {name}{escape(group['reason'])}")
