"""`lrcp monitors`: the monitor lab. Each command is a module of its own, imported when it runs."""

from pathlib import Path
from typing import Annotated

import typer

from lrcp.app.settings import Settings
from lrcp.cli.options import takes_settings

monitors_app = typer.Typer(
    help="Monitors: test, replay and check them; see what they are in, and why.", no_args_is_help=True
)

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


@monitors_app.command()
@takes_settings
def lint(
    settings: Settings,
    paths: Paths,
    server: Annotated[bool, typer.Option("--server", help="compare metrics and tags with what the server has")] = False,
    known: Annotated[Path | None, typer.Option(help="compare them with a list: a metric a line, its tag keys")] = None,
    as_json: AsJson = False,
) -> None:
    """What Datadog would refuse or ignore in definitions, and what commonly goes wrong with them."""
    from lrcp.cli.monitors_lint import run_monitors_lint

    raise typer.Exit(run_monitors_lint(settings, paths, server=server, known=known, as_json=as_json))


@monitors_app.command(name="list")
@takes_settings
def list_(
    settings: Settings,
    state: Annotated[str, typer.Option(help="only those in a state, such as alert")] = "",
    as_json: AsJson = False,
) -> None:
    """All monitors with their states, the most worrying first."""
    from lrcp.cli.monitors_list import show_monitors

    show_monitors(settings, state=state, as_json=as_json)


@monitors_app.command()
@takes_settings
def why(
    settings: Settings,
    id: Annotated[int, typer.Argument(help="of the monitor, as in the list")],
    since: Annotated[str, typer.Option(help="ISO 8601, Unix seconds, or how long ago")] = "1h",
    every: Annotated[
        bool, typer.Option("--every", help="each evaluation, not only those that changed a state")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Why a monitor did or did not fire: values, states and reasons of its evaluations."""
    from lrcp.cli.monitors_list import show_why

    show_why(settings, id, since=since, every=every, as_json=as_json)


@monitors_app.command()
@takes_settings
def replay(
    settings: Settings,
    since: Annotated[str, typer.Option(help="ISO 8601, Unix seconds, or how long ago; all: a file's whole")] = "7d",
    until: Annotated[str, typer.Option(help="the same; now: the end")] = "now",
    every: Annotated[str, typer.Option(help="how far apart evaluations are")] = "60s",
    file: Annotated[list[Path] | None, typer.Option(help="new definitions, a file or folder; again for more")] = None,
    monitor: Annotated[list[int] | None, typer.Option(help="only this monitor in force; again for more")] = None,
    incidents: Annotated[Path | None, typer.Option(help="CSV, JSON or YAML with start, end and name of each")] = None,
    slack: Annotated[str, typer.Option(help="how far beside an incident an alert still counts as right")] = "0s",
    history: Annotated[
        list[str] | None, typer.Option(help="metric=file.csv or .parquet, in place of the store")
    ] = None,
    history_type: Annotated[str, typer.Option(help="count, gauge, rate, distribution or set")] = "gauge",
    time_column: Annotated[str, typer.Option(help="of the history")] = "time",
    value_column: Annotated[str, typer.Option(help="of the history; all others are tags")] = "value",
    as_json: AsJson = False,
) -> None:
    """When monitors would have fired over the stored history, or that of files, and what a new version changes."""
    from lrcp.cli.monitors_replay import ReplayWish, run_monitors_replay

    wish = ReplayWish(
        since=since,
        until=until,
        every=every,
        files=file or [],
        monitor_ids=monitor or [],
        incidents=incidents,
        slack=slack,
        histories=history or [],
        history_type=history_type,
        time_column=time_column,
        value_column=value_column,
    )
    raise typer.Exit(run_monitors_replay(settings, wish, as_json=as_json))
