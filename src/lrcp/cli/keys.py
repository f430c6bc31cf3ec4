"""`lrcp keys`: the virtual keys of the gateway's callers, through the server's API."""

import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final
from urllib.parse import quote

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from lrcp.app.settings import Settings
from lrcp.cli.duration import parse_duration
from lrcp.cli.options import takes_settings
from lrcp.cli.server_client import ServerClient

keys_app = typer.Typer(help="Virtual keys of the gateway's callers: make, list, revoke.", no_args_is_help=True)

_JSON: Final = {"content-type": "application/json"}
AsJson = Annotated[bool, typer.Option("--json", help="JSON, for programs")]


@keys_app.command()
@takes_settings
def create(
    settings: Settings,
    name: Annotated[str, typer.Argument(help="unique among the keys in force; it goes into tags")],
    owner: Annotated[str, typer.Option(help="whom to ask about it")] = "",
    team: Annotated[str, typer.Option(help="what its calls are counted for, whatever their headers say")] = "",
    service: Annotated[str, typer.Option(help="the same")] = "",
    scope: Annotated[list[str] | None, typer.Option(help="chat, embeddings or models; several: give it again")] = None,
    model: Annotated[
        list[str] | None, typer.Option(help="a model that is allowed, * for any characters; again")
    ] = None,
    expires: Annotated[
        str, typer.Option(help="how long it is good for, such as 12h or 90d; never ends by default")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Make a key. Its text is shown once, on the standard output; everything else goes beside it."""
    wanted: dict[str, Any] = {"name": name, "owner": owner, "team": team, "service": service}
    wanted |= {"scopes": scope} if scope else {}
    wanted |= {"allowed_models": model} if model else {}
    wanted |= {"expires_in_s": parse_duration(expires, "--expires")} if expires else {}
    made = ServerClient(settings).ask_json("POST", "/api/keys", body=json.dumps(wanted).encode(), headers=_JSON)
    if as_json:
        typer.echo(json.dumps(made, indent=2, ensure_ascii=False))
        return
    typer.echo(f"{made['key']['id']} {made['key']['name']}: keep this text, it is shown only now", err=True)
    typer.echo(made["text"])


@keys_app.command(name="list")
@takes_settings
def list_(settings: Settings, as_json: AsJson = False) -> None:
    """All keys, newest first, revoked and expired ones too."""
    client, keys, before = ServerClient(settings), [], None
    while True:
        page = client.ask_json("GET", "/api/keys", query={"limit": 100, "before": before})
        keys += page["keys"]
        before = page["next_before"]
        if before is None:
            break
    if as_json:
        typer.echo(json.dumps(keys, indent=2, ensure_ascii=False))
    else:
        Console(highlight=False, soft_wrap=True).print(_render(keys) if keys else "there are no keys")


@keys_app.command()
@takes_settings
def revoke(settings: Settings, id: Annotated[str, typer.Argument(help="key_..., as in the list")]) -> None:
    """End a key; gateways refuse it within a second."""
    key = ServerClient(settings).ask_json("POST", f"/api/keys/{quote(id, safe='')}/revoke")
    typer.echo(f"{key['id']} {key['name']} is revoked since {key['revoked_at'][:19]}")


def _render(keys: Sequence[Mapping[str, Any]]) -> Table:
    table = Table(box=None, pad_edge=False)
    for heading in ("id", "name", "state", "owner", "team", "service", "scopes", "models", "expires"):
        table.add_column(heading, overflow="fold")
    for key in keys:
        words = [key["id"], key["name"], key["state"], key["owner"], key["team"], key["service"]]
        words += [" ".join(key["scopes"]), " ".join(key["allowed_models"]), (key["expires_at"] or "")[:19]]
        table.add_row(*map(escape, words))
    return table
