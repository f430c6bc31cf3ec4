"""`lrcp monitors lint`: definitions under the rules, and what was found."""

import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import typer
from rich.console import Console
from rich.markup import escape

from lrcp.app.settings import Settings
from lrcp.cli.server_client import RefusedByServer, ServerClient
from lrcp.monitors.lint.finding import ERROR, NOTE, WARNING, Finding, Known
from lrcp.monitors.lint.known import read_known
from lrcp.monitors.lint.run import has_errors, lint_paths

_DAY_S: Final = 86_400
_MAX_TAGGED: Final = 500
"""Metrics whose tags are asked for."""
_COLOURS: Final = {ERROR: "red", WARNING: "yellow", NOTE: "blue"}


def run_monitors_lint(
    settings: Settings, paths: Sequence[Path], *, server: bool, known: Path | None, as_json: bool
) -> int:
    """Exit code: 0 nothing would be refused, 1 something would."""
    names = read_known(known) if known is not None else _ask_known(settings) if server else None
    findings = lint_paths(paths, names)
    if as_json:
        typer.echo(json.dumps([_plain(finding) for finding in findings], indent=2, ensure_ascii=False))
    else:
        _show(findings)
    return 1 if has_errors(findings) else 0


def _ask_known(settings: Settings) -> Known:
    """The metrics of the last day, and the tags of those that there are."""
    client = ServerClient(settings)
    asked = client.ask_json("GET", "/api/v1/metrics", query={"from": int(time.time()) - _DAY_S})
    names = [str(name) for name in asked.get("metrics") or ()]
    return Known(metrics=frozenset(names), tags={name: _ask_tags(client, name) for name in names[:_MAX_TAGGED]})


def _ask_tags(client: ServerClient, name: str) -> frozenset[str]:
    path = f"/api/v2/metrics/{quote(name, safe='')}/all-tags"
    try:
        reply = client.ask_json("GET", path, query={"window[seconds]": _DAY_S})
    except RefusedByServer:
        return frozenset()
    return frozenset(str(tag).partition(":")[0] for tag in reply["data"]["attributes"].get("tags") or ())


def _plain(finding: Finding) -> dict[str, Any]:
    return {
        "rule": finding.rule,
        "severity": finding.severity,
        "path": finding.path,
        "place": finding.place,
        "monitor": finding.monitor,
        "message": finding.message,
        "advice": finding.advice,
    }


def _show(findings: Sequence[Finding]) -> None:
    console = Console(highlight=False, soft_wrap=True)
    path = ""
    for finding in findings:
        if finding.path != path:
            path = finding.path
            console.print(f"[bold]{escape(path)}[/bold]  {escape(finding.monitor)}")
        colour = _COLOURS[finding.severity]
        console.print(f"  [{colour}]{finding.severity}[/{colour}] {finding.rule}  {escape(finding.place)}")
        for line in finding.message.splitlines():
            console.print(f"    {escape(line)}")
        console.print(f"    [dim]{escape(finding.advice)}[/dim]")
    console.print(_summary(findings))


def _summary(findings: Sequence[Finding]) -> str:
    counts = {severity: sum(one.severity == severity for one in findings) for severity in _COLOURS}
    return ", ".join(f"{count} {severity}{'' if count == 1 else 's'}" for severity, count in counts.items())
