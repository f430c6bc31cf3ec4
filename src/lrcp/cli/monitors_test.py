"""`lrcp monitors test`: case files run, and what came of them."""

import json
from collections.abc import Sequence
from pathlib import Path

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from lrcp.model.errors import InputError
from lrcp.monitors.lab.case import CaseResult
from lrcp.monitors.lab.report import as_json as results_json
from lrcp.monitors.lab.report import as_junit, failure_lines, summary_line
from lrcp.monitors.lab.suite import run_cases

FAILED = 1
NOTHING = 2


def run_monitors_test(paths: Sequence[Path], *, junit: Path | None, only: str, as_json: bool) -> int:
    """Exit code: 0 all cases passed, 1 some did not, 2 there was none."""
    results = _run(paths, only)
    if junit is not None:
        _write(junit, as_junit(results))
    if as_json:
        typer.echo(json.dumps(results_json(results), indent=2, ensure_ascii=False))
    else:
        _show(results)
    if not results:
        typer.echo("lrcp: there is no case file, or no case of that name", err=True)
        return NOTHING
    return 0 if all(result.passed for result in results) else FAILED


def _run(paths: Sequence[Path], only: str) -> list[CaseResult]:
    """All of them, with a progress bar where somebody looks on."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    progress = Progress(
        *columns, console=Console(stderr=True), transient=True, disable=not Console(stderr=True).is_terminal
    )
    with progress:
        task = progress.add_task("cases", total=None)

        def advance(done: int, whole: int, result: CaseResult) -> None:
            progress.update(task, completed=done, total=whole, description=escape(result.name[:40]))

        return run_cases(paths, progress=advance, only=only)


def _show(results: Sequence[CaseResult]) -> None:
    console = Console(highlight=False, soft_wrap=True)
    path = ""
    for result in results:
        if result.path != path:
            path = result.path
            console.print(f"[bold]{escape(path)}[/bold]")
        mark = "[green]  ok  [/green]" if result.passed else "[red]  FAIL[/red]"
        console.print(f"{mark} {escape(result.name)}")
        for line in failure_lines(result):
            console.print(f"         {_coloured(line)}")
    if results:
        colour = "green" if all(result.passed for result in results) else "red"
        console.print(f"[{colour}]{summary_line(results)}[/{colour}]")


_COLOURS = {"  expected": "green", "  got": "red", "  why": "yellow"}


def _coloured(line: str) -> str:
    colour = next((colour for start, colour in _COLOURS.items() if line.startswith(start)), None)
    return f"[{colour}]{escape(line)}[/{colour}]" if colour else escape(line)


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError(f"{path} cannot be written: {error.strerror}") from error
