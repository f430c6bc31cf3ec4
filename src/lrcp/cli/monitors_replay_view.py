"""How a replay's report is shown."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from rich.console import Console
from rich.markup import escape
from rich.table import Table

_SHOWN_EPISODES: Final = 5
_STATES: Final = {3: "NO DATA", 4: "WARN", 5: "ALERT"}


def show_report(console: Console, report: Mapping[str, Any]) -> None:
    """The table of monitors, their episodes, what new versions change, and the score where incidents are marked."""
    span = f"{_time(report['since_s'])} to {_time(report['until_s'])}"
    console.print(f"[bold]{span}[/bold], {report['evaluations']:,} evaluations")
    if report["unknown"]:
        console.print(f"[yellow]{report['unknown']:,} evaluations could not be made[/yellow]")
    told = [
        one
        for one in report["monitors"]
        if one["episodes"] or one["error"] or one.get("score") or one["monitor_id"] < 0
    ]
    if told:
        console.print(_table(told))
    quiet = len(report["monitors"]) - len(told)
    if quiet:
        console.print(f"{quiet} {'other ' if told else ''}monitors would have stayed quiet")
    for monitor in report["monitors"]:
        _show_episodes(console, monitor, report["until_s"])
    names = {one["monitor_id"]: one["name"] for one in report["monitors"]}
    for compared in report["comparisons"]:
        _show_comparison(console, compared, names, report["until_s"])
    if report.get("score"):
        console.print(f"\n[bold]All together[/bold]  {_score_line(report['score'])}")


def _table(monitors: Sequence[Mapping[str, Any]]) -> Table:
    scored = any(one.get("score") for one in monitors)
    table = Table(box=None, pad_edge=False)
    table.add_column("monitor", overflow="fold")
    for heading in ("episodes", "alerting", "told", *(("precision", "recall", "detected in") if scored else ())):
        table.add_column(heading, justify="right")
    for one in monitors:
        cells = [escape(one["name"]), str(len(one["episodes"])), _lasting(one["alerting_s"]), str(one["notifications"])]
        if one["monitor_id"] < 0:
            cells[0] += " [cyan](new)[/cyan]"
        if one["error"]:
            cells[0] += f" [yellow]{escape(one['error'])}[/yellow]"
        table.add_row(*cells, *(_score_cells(one.get("score")) if scored else ()))
    return table


def _score_cells(score: Mapping[str, Any] | None) -> tuple[str, str, str]:
    if score is None:
        return "", "", ""
    detect = score["detect_s"]
    return _ratio(score["precision"]), _ratio(score["recall"]), "-" if detect is None else _lasting(detect)


def _score_line(score: Mapping[str, Any]) -> str:
    precision, recall, detect = _score_cells(score)
    line = (
        f"precision {precision} ({score['right']} of {score['alerts']} alerts), "
        f"recall {recall} ({score['detected']} of {score['incidents']} incidents), detected in {detect}"
    )
    missed = ", ".join(escape(name or "?") for name in score["missed"])
    return f"{line}\n  missed: {missed}" if missed else line


def _show_episodes(console: Console, monitor: Mapping[str, Any], until_s: float) -> None:
    if not monitor["episodes"]:
        return
    mark = " (new)" if monitor["monitor_id"] < 0 else ""
    console.print(f"\n[bold]{escape(monitor['name'])}{mark}[/bold]")
    for episode in monitor["episodes"][:_SHOWN_EPISODES]:
        console.print(f"  {_episode(episode, until_s)}")
    if len(monitor["episodes"]) > _SHOWN_EPISODES:
        console.print(f"  and {len(monitor['episodes']) - _SHOWN_EPISODES} more; --json has them all")


def _show_comparison(console: Console, compared: Mapping[str, Any], names: Mapping[int, str], until_s: float) -> None:
    found = compared["differences"]
    counts = f"{len(found['kept'])} episodes as before, {len(found['added'])} new, {len(found['dropped'])} no more"
    console.print(f"\n[bold]{escape(names[compared['new_id']])}[/bold] against {compared['old_id']}: {counts}")
    for sign, colour, episodes in (("+", "red", found["added"]), ("-", "green", found["dropped"])):
        for episode in episodes[:_SHOWN_EPISODES]:
            console.print(f"  [{colour}]{sign}[/{colour}] {_episode(episode, until_s)}")


def _episode(episode: Mapping[str, Any], until_s: float) -> str:
    end_s = episode["end_s"]
    lasted = _lasting((until_s if end_s is None else end_s) - episode["start_s"])
    group = "" if episode["group"] == "*" else f" {escape(episode['group'])}"
    end = "still going on" if end_s is None else f"for {lasted}"
    state = _STATES.get(episode["worst"], "UNKNOWN")
    return f"{_time(episode['start_s'])} {state}{group} {end}: {escape(episode['reason'])}"


def _time(moment_s: float) -> str:
    return f"{datetime.fromtimestamp(moment_s, UTC):%Y-%m-%d %H:%M:%S}"


def _lasting(seconds: float) -> str:
    """`45 s`, `12 min`, `3 h 20 min`, `2 d 4 h`."""
    whole = round(seconds)
    if whole < 120:
        return f"{whole} s"
    minutes = whole // 60
    if minutes < 120:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    days, hours = divmod(hours, 24)
    return f"{days} d {hours} h" if hours else f"{days} d"


def _ratio(value: float | None) -> str:
    return "-" if value is None else f"{value:.0%}"
