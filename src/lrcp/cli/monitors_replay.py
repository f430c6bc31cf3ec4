"""`lrcp monitors replay`: what monitors would have done over history, the server's or that of files."""

import asyncio
import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import msgspec
import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from lrcp.app.settings import Settings
from lrcp.cli.duration import parse_duration
from lrcp.cli.monitors_replay_view import show_report
from lrcp.cli.server_client import ServerClient
from lrcp.model.errors import InputError, LrcpError, UnavailableError
from lrcp.model.policy.text import read_policy_text

_JSON: Final = {"content-type": "application/json"}
_MAX_FILE_BYTES: Final = 16 * 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class ReplayWish:
    """The options of the command. histories: `metric=path`, a series file for each metric; () is the server's store."""

    since: str
    until: str
    every: str
    files: Sequence[Path]
    monitor_ids: Sequence[int]
    incidents: Path | None
    slack: str
    histories: Sequence[str]
    history_type: str
    time_column: str
    value_column: str


def run_monitors_replay(settings: Settings, wish: ReplayWish, *, as_json: bool) -> int:
    """Exit code 0. Raises: LrcpError - nothing could be replayed, and why."""
    definitions = [one for path in wish.files for one in read_definitions(path)]
    incidents = [] if wish.incidents is None else read_incidents(wish.incidents)
    with _Bar() as bar:
        if wish.histories:
            report, transitions = _replay_files(wish, definitions, incidents, bar)
        else:
            report, transitions = _ask_server(settings, wish, definitions, incidents, bar)
    if as_json:
        typer.echo(json.dumps({"report": report, "transitions": transitions}, indent=2, ensure_ascii=False))
    else:
        show_report(Console(highlight=False, soft_wrap=True), report)
    return 0


def read_definitions(path: Path) -> list[dict[str, Any]]:
    """Monitors of a file: one, a list, or an object with `monitors`; of a folder those of its JSON and YAML files.

    Raises: InputError - it cannot be read, or holds something else.
    """
    if path.is_dir():
        files = sorted(file for file in path.rglob("*") if file.suffix in (".json", ".yaml", ".yml"))
        return [one for file in files for one in read_definitions(file)]
    found = _read_document(path)
    if isinstance(found, Mapping) and isinstance(found.get("monitors"), list):
        found = found["monitors"]
    documents = found if isinstance(found, list) else [found]
    if not all(isinstance(one, dict) and isinstance(one.get("query"), str) for one in documents):
        raise InputError(
            f"{path}: a monitor is an object with type, query and name; a file holds one, or a list of them"
        )
    return documents


def read_incidents(path: Path) -> list[dict[str, Any]]:
    """Marked incidents of a CSV file with the columns start, end and name, or of a JSON or YAML list of such objects.

    Raises: InputError - it cannot be read, or one has no start or end.
    """
    if path.suffix == ".csv":
        with path.open(newline="", encoding="utf-8") as file:
            found: Any = [{name: value for name, value in row.items() if value} for row in csv.DictReader(file)]
    else:
        found = _read_document(path)
    if not isinstance(found, list) or not all(
        isinstance(one, dict) and "start" in one and "end" in one for one in found
    ):
        raise InputError(f"{path}: incidents are a list, each with start and end")
    return [{name: one[name] for name in ("start", "end", "name", "monitors") if name in one} for one in found]


def _read_document(path: Path) -> Any:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from error
    if len(content) > _MAX_FILE_BYTES:
        raise InputError(f"{path}: larger than {_MAX_FILE_BYTES} bytes")
    try:
        return read_policy_text(content)[0]
    except InputError as error:
        raise InputError(f"{path}: {error}") from error


class _Bar:
    """A progress bar on the standard error, where somebody looks on."""

    def __init__(self) -> None:
        console = Console(stderr=True)
        columns = (TextColumn("replaying"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
        self._progress = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
        self._task = self._progress.add_task("", total=None)

    def __enter__(self) -> "_Bar":
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def show(self, done: int, whole: int) -> None:
        self._progress.update(self._task, completed=done, total=whole)


Outcome = tuple[dict[str, Any], list[dict[str, Any]]]
"""The report and the transitions, as JSON."""


def _ask_server(
    settings: Settings,
    wish: ReplayWish,
    definitions: Sequence[Mapping[str, Any]],
    incidents: Sequence[Mapping[str, Any]],
    bar: _Bar,
) -> Outcome:
    wanted = {
        "since": wish.since,
        "until": wish.until,
        "every_s": int(parse_duration(wish.every, "--every")),
        "monitor_ids": list(wish.monitor_ids),
        "definitions": list(definitions),
        "incidents": [
            {name: value if name == "monitors" else str(value) for name, value in one.items()} for one in incidents
        ],
        "slack_s": parse_duration(wish.slack, "--slack"),
    }
    transitions: list[dict[str, Any]] = []
    for line in ServerClient(settings).ask_lines("/api/monitors/replay", json.dumps(wanted).encode(), headers=_JSON):
        if "progress" in line:
            bar.show(*line["progress"])
        elif "transition" in line:
            transitions.append(line["transition"])
        elif "error" in line:
            raise UnavailableError(f"the replay stopped: {line['error']}")
        else:
            return line["report"], transitions
    raise UnavailableError("the server broke off the replay; its log says more")


def _replay_files(
    wish: ReplayWish, definitions: Sequence[Mapping[str, Any]], incidents: Sequence[Mapping[str, Any]], bar: _Bar
) -> Outcome:
    from lrcp.monitors.replay.job import ReplayJob, run_job
    from lrcp.monitors.replay.scoring import MarkedIncident
    from lrcp.monitors.replay.versions import choose_versions
    from lrcp.query.memory.source import MemorySource

    if not definitions:
        raise InputError("a history of files needs definitions: name them with --file")
    loaded = [_load_history(one, wish) for one in wish.histories]
    first_s = min(one.first_s for one in loaded if one.first_s is not None)
    last_s = max(one.last_s for one in loaded if one.last_s is not None)
    marks = tuple(
        MarkedIncident(
            start_s=_moment_s(one["start"], last_s),
            end_s=_moment_s(one["end"], last_s),
            name=str(one.get("name", "")),
            monitors=_names(one.get("monitors")),
        )
        for one in incidents
    )
    job = ReplayJob(
        versions=choose_versions((), definitions, (), {}),
        since_s=int(first_s if wish.since == "all" else _moment_s(wish.since, last_s)),
        until_s=int(last_s + 60 if wish.until == "now" else _moment_s(wish.until, last_s)),
        every_s=int(parse_duration(wish.every, "--every")),
        incidents=marks,
        slack_s=parse_duration(wish.slack, "--slack"),
    )
    source = MemorySource([series for one in loaded for series in one.series])
    report, transitions = asyncio.run(run_job(job, source, bar.show))
    return msgspec.to_builtins(report), [msgspec.to_builtins(one) for one in transitions]


def _load_history(given: str, wish: ReplayWish) -> Any:
    from lrcp.query.memory.files import load_series_file

    metric, separator, path = given.partition("=")
    if not separator or not metric or not path:
        raise InputError(f"--history {given!r}: write metric=path, such as checkout.latency=latency.csv")
    loaded = load_series_file(
        Path(path), metric=metric, type=wish.history_type, time=wish.time_column, value=wish.value_column
    )
    if loaded.first_s is None:
        raise InputError(f"{path}: it holds no point")
    if loaded.bad:
        told = ", ".join(f"{count} {reason}" for reason, count in loaded.bad.items())
        typer.echo(f"lrcp: {path}: {sum(loaded.bad.values())} of {loaded.rows} rows are left out: {told}", err=True)
        for example in loaded.examples:
            typer.echo(f"      {example}", err=True)
    return loaded


def _names(given: Any) -> tuple[str, ...]:
    if given is None:
        return ()
    return tuple(given.split(";")) if isinstance(given, str) else tuple(map(str, given))


def _moment_s(given: Any, end_s: float) -> float:
    """Unix seconds of an ISO 8601 time (UTC unless it says otherwise), a number of seconds, or how long before the end."""
    if isinstance(given, int | float):
        return float(given)
    if isinstance(given, datetime):
        return (given if given.tzinfo else given.replace(tzinfo=UTC)).timestamp()
    text = str(given).strip()
    try:
        return float(text)
    except ValueError:
        pass
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return end_s - _ago_s(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _ago_s(text: str) -> float:
    try:
        return parse_duration(text)
    except LrcpError as error:
        raise InputError(
            f"{text!r} is no time; write 2026-11-20T10:00:00Z, Unix seconds, or how long ago: 6h, 7d"
        ) from error
