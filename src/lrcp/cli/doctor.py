"""`lrcp doctor`: the findings as a table."""

from collections.abc import Sequence
from typing import Final

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from lrcp.app.checks import Finding, Verdict, find_all
from lrcp.app.settings import Settings

_SIGNS: Final[dict[Verdict, str]] = {
    "ok": "[green]ok[/green]",
    "missing": "[red]missing[/red]",
    "optional": "[yellow]optional[/yellow]",
}


def run_doctor(settings: Settings) -> int:
    """Print what was found. Returns: exit code 1 when something that the settings need is missing."""
    findings = find_all(settings)
    console = Console(highlight=False)
    console.print(_render(findings))
    missing = [finding.what for finding in findings if finding.verdict == "missing"]
    console.print(f"missing: {', '.join(missing)}" if missing else "nothing is missing", soft_wrap=True)
    return 1 if missing else 0


def _render(findings: Sequence[Finding]) -> Table:
    table = Table(box=None, pad_edge=False)
    for heading in ("", "what"):
        table.add_column(heading, no_wrap=True)
    for heading in ("found", "to get it"):
        table.add_column(heading, overflow="fold")
    for finding in findings:
        table.add_row(_SIGNS[finding.verdict], escape(finding.what), escape(finding.detail), escape(finding.fix))
    return table
