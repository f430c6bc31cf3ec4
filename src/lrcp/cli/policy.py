"""`lrcp policy`: reading and changing what the gateway obeys, through the server's API."""

import getpass
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from lrcp.app.settings import Settings
from lrcp.cli.duration import parse_duration
from lrcp.cli.options import takes_settings
from lrcp.cli.policy_view import (
    show_changes,
    show_dry_run,
    show_history,
    show_lines,
)
from lrcp.cli.server_client import RefusedByServer, ServerClient
from lrcp.model.errors import InputError

policy_app = typer.Typer(help="What the gateway obeys: read, change, compare, try out, go back.", no_args_is_help=True)

File = Annotated[str, typer.Argument(help="a document in YAML or JSON; - is the standard input")]
Reason = Annotated[str, typer.Option("--reason", "-m", help="why it is changed")]
Author = Annotated[str, typer.Option(help="who changes it; default: the user of this machine")]
Incident = Annotated[str, typer.Option(help="id of the incident that it is changed for")]
Expected = Annotated[int | None, typer.Option(help="refuse when another version than this one is in force")]


@policy_app.command()
@takes_settings
def show(
    settings: Settings,
    version: Annotated[int | None, typer.Option(help="which version; default: the one in force")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON, with who put it and why")] = False,
) -> None:
    """Print the policy in force, as YAML that can be changed and applied."""
    path = "/api/policy" if version is None else f"/api/policy/versions/{version}"
    accept = {"accept": "application/json" if as_json else "application/yaml"}
    text = ServerClient(settings).ask("GET", path, headers=accept).decode()
    typer.echo(json.dumps(json.loads(text), indent=2, ensure_ascii=False) if as_json else text.rstrip("\n"))


@policy_app.command()
@takes_settings
def apply(
    settings: Settings,
    file: File,
    reason: Reason,
    author: Author = "",
    incident: Incident = "",
    expires: Annotated[str, typer.Option(help="after this time the version before comes back, such as 30m or 2h")] = "",
    expected: Expected = None,
) -> None:
    """Put a document in force; gateways follow within a second."""
    query = {
        "author": author or getpass.getuser(),
        "reason": reason,
        "incident": incident,
        "expires_in_s": parse_duration(expires, "--expires") if expires else None,
    }
    client = ServerClient(settings)
    with_body = {"query": query, "body": _read(file), "headers": _expecting(expected)}
    _show_changed(_or_exit(lambda: client.ask_json("PUT", "/api/policy", **with_body)))


@policy_app.command()
@takes_settings
def check(settings: Settings, file: File) -> None:
    """Say what is wrong with a document, or what it would change."""
    result = ServerClient(settings).ask_json("POST", "/api/policy/check", body=_read(file))
    if not result["valid"]:
        places = [(f"line {one['line']}, " if one["line"] else "") + one["place"] for one in result["errors"]]
        show_lines(f"{place}: {one['message']}" for place, one in zip(places, result["errors"], strict=True))
        raise typer.Exit(1)
    show_lines(["the document is a policy", *result["notes"]])
    show_changes(result["changes"])


@policy_app.command()
@takes_settings
def history(settings: Settings, limit: Annotated[int, typer.Option(min=1, max=100, help="how many")] = 20) -> None:
    """Who changed the policy, when and why; newest first."""
    show_history(ServerClient(settings).ask_json("GET", "/api/policy/history", query={"limit": limit})["versions"])


@policy_app.command()
@takes_settings
def diff(
    settings: Settings,
    before: Annotated[int | None, typer.Argument(help="default: the version before the other")] = None,
    after: Annotated[int | None, typer.Argument(help="default: the version in force")] = None,
) -> None:
    """What differs between two versions."""
    query = {"from": before, "to": after}
    result = _or_exit(lambda: ServerClient(settings).ask_json("GET", "/api/policy/diff", query=query))
    show_lines([f"from version {result['from']} to version {result['to']}"])
    show_changes(result["changes"])


@policy_app.command()
@takes_settings
def rollback(
    settings: Settings,
    to: Annotated[int, typer.Argument(help="the version to go back to; 0 is the empty one")],
    reason: Reason,
    author: Author = "",
    incident: Incident = "",
    expected: Expected = None,
) -> None:
    """Put what a former version said in force again, as a new version."""
    document = {"to": to, "author": author or getpass.getuser(), "reason": reason, "incident": incident}
    headers = {"content-type": "application/json", **_expecting(expected)}
    body = json.dumps(document).encode()
    client = ServerClient(settings)
    _show_changed(_or_exit(lambda: client.ask_json("POST", "/api/policy/rollback", body=body, headers=headers)))


@policy_app.command(name="dry-run")
@takes_settings
def dry_run(
    settings: Settings,
    file: File,
    since: Annotated[str, typer.Option(help="from when on requests are looked at, such as 1h or 2d")] = "1h",
) -> None:
    """What a document would have changed about the requests that were."""
    body, client = _read(file), ServerClient(settings)
    show_dry_run(_or_exit(lambda: client.ask_json("POST", "/api/policy/dry-run", query={"since": since}, body=body)))


@policy_app.command()
@takes_settings
def schema(settings: Settings) -> None:
    """Print the JSON schema of a policy, for editors."""
    typer.echo(json.dumps(ServerClient(settings).ask_json("GET", "/api/policy/schema"), indent=2))


def _read(file: str) -> bytes:
    """Raises: InputError - the file cannot be read."""
    if file == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(file).read_bytes()
    except OSError as error:
        raise InputError(f"{file} cannot be read: {error.strerror}") from error


def _expecting(version: int | None) -> dict[str, str]:
    return {} if version is None else {"if-match": f'"{version}"'}


def _show_changed(result: dict[str, Any]) -> None:
    show_lines([f"policy {result['version']} is in force, by {result['author']}: {result['reason']}", *result["notes"]])
    if result["expires_at"]:
        show_lines([f"version {result['previous']} comes back at {result['expires_at']}"])
    show_changes(result["changes"])


def _or_exit(ask: Callable[[], Any]) -> Any:
    """A reply; or the server's reasons and exit code 1."""
    try:
        return ask()
    except RefusedByServer as error:
        for line in error.lines:
            typer.echo(f"lrcp: {line}", err=True)
        raise typer.Exit(1) from error
