"""`lrcp monitors`: the monitor lab. Each command is a module of its own, imported when it runs."""

from pathlib import Path
from typing import Annotated

import typer

monitors_app = typer.Typer(help="Monitors as code: test them, check them.", no_args_is_help=True)

Paths = Annotated[list[Path], typer.Argument(help="files, or folders that are looked through", show_default=False)]
AsJson = Annotated[bool, typer.Option("--json", help="JSON, for programs")]


@monitors_app.command(name="test")
def run_tests(
    paths: Paths,
    junit: Annotated[Path | None, typer.Option(help="write the results as JUnit's XML into this file")] = None,
    only: Annotated[str, typer.Option("--only", "-k", help="cases whose name holds this")] = "",
    as_json: AsJson = False,
) -> None:
    """Run case files: feed monitors what is written down, and compare states and notifications with what is expected."""
    from lrcp.cli.monitors_test import run_monitors_test

    raise typer.Exit(run_monitors_test(paths, junit=junit, only=only, as_json=as_json))
