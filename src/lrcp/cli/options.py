"""The settings as options: every command that takes settings takes all of them, from one table."""

import inspect
import logging
import os
from collections.abc import Callable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from lrcp.app.settings import Settings, load_settings, variable_name

PANEL: Final = "Settings (each also a variable, in brackets)"

KEY_VARIABLES: Final = {"gemini": "GEMINI_API_KEY", "openai": "OPENAI_API_KEY", "anthropic": "ANTHROPIC_API_KEY"}
"""Upstream -> the variable of its key; the first that is set is the upstream when none is named."""

SETTING_HELP: Final[dict[str, str]] = {
    "host": "address that every port is opened on",
    "port": "server: web app, API, Datadog's HTTP intakes",
    "gateway_port": "gateway",
    "app_port": "reference application",
    "model_port": "local model",
    "agent_port": "Datadog trace agent API; 0 is off",
    "dogstatsd_port": "DogStatsD, UDP; 0 is off",
    "dogstatsd_socket": "path of a Unix socket for DogStatsD (datagrams; unixstream://path for a stream); empty is off",
    "otlp_http_port": "OTLP over HTTP; 0 is off",
    "otlp_grpc_port": "OTLP over gRPC; 0 is off",
    "allowed_hosts": "further names, separated by commas, that the server may be called by (Host header)",
    "data_dir": "folder of everything that is stored",
    "store_dsn": "ClickHouse server for telemetry; empty: in process",
    "state_url": "SQL database for state (postgresql://...); empty: SQLite in the data folder",
    "retention_days": "days that telemetry is kept",
    "monitors": "whether monitors are evaluated: 1 or 0",
    "monitor_pack": "monitors that a new installation starts with: default, a folder of Datadog JSON, or none",
    "env": "value of the tag env for what names none (also DD_ENV)",
    "upstream": "model provider of the gateway: local, openai, gemini, anthropic or url",
    "upstream_url": "base URL of the provider, when it is not its usual one",
    "upstream_key": "API key of the provider; better given as a variable, a command line can be seen by others",
    "upstream_model": "model for requests that name none or 'default'",
    "prices_file": "JSON file with prices of your own models",
    "gateway_workers": "processes of the gateway that share its port",
    "guards": "further guards of the gateway: name=package.module:attribute, separated by commas",
    "server_url": "address of the server, for the gateway, when it is not on this machine",
    "gateway_url": "address of the gateway, for applications, when it is not on this machine",
    "max_pending_bytes": "bound of what waits to be stored, bytes; above it senders are told to wait",
    "commit_window_ms": "how long requests are gathered into one insert, milliseconds",
    "commit_rows": "rows that make an insert full",
}


def log_to_stderr() -> None:
    """What a process of ours says, with the time; libraries only when something is wrong."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("lrcp").setLevel(logging.INFO)
    # Its warnings hold whole addresses, and in them the parameters of statements: what somebody searched for.
    logging.getLogger("urllib3.connectionpool").setLevel(logging.ERROR)


def takes_settings(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of all settings; it gets them as its first argument, a Settings."""
    own = list(inspect.signature(command, eval_str=True).parameters.values())[1:]
    names = [field.name for field in fields(Settings)]

    def run(**values: Any) -> None:
        options = {name: values.pop(name) for name in names}
        options["upstream"] = options["upstream"] or _upstream_of_keys(os.environ)
        command(load_settings(**options), **values)

    run.__name__, run.__doc__ = command.__name__, command.__doc__
    run.__signature__ = inspect.Signature([*own, *setting_options()])  # type: ignore[attr-defined]
    return run


def setting_options() -> list[inspect.Parameter]:
    """One option per setting, not given by default: the variable, then the setting's own default stand behind it."""
    return [_option(field.name, field.default) for field in fields(Settings)]


def _option(name: str, default: Any) -> inspect.Parameter:
    shown = default if str(default) else "none"
    option = typer.Option(
        f"--{name.replace('_', '-')}",
        help=f"{SETTING_HELP.get(name, '')} [{variable_name(name)}, default: {shown}]",
        show_default=False,
        rich_help_panel=PANEL,
    )
    kind = str if isinstance(default, Path) else type(default)
    return inspect.Parameter(
        name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=Annotated[kind | None, option]
    )


def _upstream_of_keys(environ: Mapping[str, str]) -> str | None:
    """The provider whose key is set, when no upstream is named; None leaves it to the setting."""
    if environ.get(variable_name("upstream")):
        return None
    return next((name for name, variable in KEY_VARIABLES.items() if environ.get(variable)), None)
