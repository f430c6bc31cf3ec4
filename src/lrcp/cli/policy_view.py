"""What the commands of `lrcp policy` print."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from rich.console import Console
from rich.markup import escape
from rich.table import Table

_MAX_SHOWN_CHARS: Final = 200
_SHOWN_EXAMPLES: Final = 10


def _console() -> Console:
    return Console(highlight=False, soft_wrap=True)


def show_lines(lines: Iterable[str]) -> None:
    """Each as it is."""
    console = _console()
    for line in lines:
        console.print(escape(line))


def show_changes(changes: Sequence[Mapping[str, Any]]) -> None:
    """Member by member: what was, what is."""
    console = _console()
    if not changes:
        console.print("nothing changes")
    for change in changes:
        console.print(f"[bold]{escape(change['place'])}[/bold]")
        for sign, colour, value in (("-", "red", change["before"]), ("+", "green", change["after"])):
            if value is not None:
                console.print(f"  [{colour}]{sign} {escape(_short(value))}[/{colour}]")


def show_history(versions: Sequence[Mapping[str, Any]]) -> None:
    """A row a version."""
    table = Table(box=None, pad_edge=False)
    for heading in ("version", "put at", "by", "why", "incident", "until"):
        table.add_column(heading, overflow="fold")
    for one in versions:
        times = [one["created_at"][:19], (one["expires_at"] or "")[:19]]
        table.add_row(
            str(one["version"]), times[0], *(escape(one[n]) for n in ("author", "reason", "incident")), times[1]
        )
    _console().print(table if versions else "nobody put a policy yet")


_ROWS: Final = (
    ("served", "served"),
    ("answered from the exact cache", "cached"),
    ("over a limit", "limited"),
    ("over a budget", "over_budget"),
    ("shed", "shed"),
    ("asked a guard about", "guarded"),
    ("without a known price", "unknown_costs"),
)


def show_dry_run(result: Mapping[str, Any]) -> None:
    """What each of the two policies makes of the requests, the difference in cost, and examples."""
    console = _console()
    kind = "requests" if result["traffic"] == "gateway" else "model calls (none went through a gateway)"
    console.print(f"{result['looked_at']} of {result['requests']} {kind} since {result['from'][:19]}")
    table = Table(box=None, pad_edge=False)
    table.add_column("")
    for heading in ("in force", "this document"):
        table.add_column(heading, justify="right")
    for name, member in _ROWS:
        table.add_row(name, str(result["before"][member]), str(result["after"][member]))
    table.add_row("cost", _dollars(result["before"]["cost_nusd"]), _dollars(result["after"]["cost_nusd"]))
    console.print(table)
    changed = result["changed"]
    console.print(
        f"{changed['requests']} decided otherwise: {changed['rerouted']} to another target, {changed['refused']} refused"
        f" or let through, {changed['cached']} by the cache; cost {_dollars(result['cost_difference_nusd'], sign=True)}"
    )
    for example in result["examples"][:_SHOWN_EXAMPLES]:
        console.print(f"  {example['trace_id']}  {escape(_say(example['before']))} -> {escape(_say(example['after']))}")
    if result["not_replayed"]:
        console.print(f"not replayed: {', '.join(result['not_replayed'])}")


def _say(verdict: Mapping[str, Any]) -> str:
    """A verdict in a few words."""
    if verdict["refused"]:
        return f"refused ({verdict['refused']})"
    return "cached" if verdict["cached"] else f"{verdict['target']}"


def _dollars(nusd: int, *, sign: bool = False) -> str:
    return f"{nusd / 1e9:+.6f} USD" if sign else f"{nusd / 1e9:.6f} USD"


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _MAX_SHOWN_CHARS else f"{text[:_MAX_SHOWN_CHARS]} …"
