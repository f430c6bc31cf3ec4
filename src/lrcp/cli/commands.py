"""The table of commands. What a command runs is imported inside it, so that `lrcp --help` is there at once."""

import os
from dataclasses import replace
from typing import Annotated

import typer

from lrcp import __version__
from lrcp.app.settings import Settings
from lrcp.cli.keys import keys_app
from lrcp.cli.monitors import monitors_app
from lrcp.cli.options import log_to_stderr, takes_settings
from lrcp.cli.policy import policy_app

app = typer.Typer(
    help="LRCP, the LLM Reliability Control Plane: observe, judge, detect, diagnose, act, verify.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(policy_app, name="policy")
app.add_typer(keys_app, name="keys")
app.add_typer(monitors_app, name="monitors")


@app.command()
@takes_settings
def up(
    settings: Settings,
    no_model: Annotated[bool, typer.Option("--no-model", help="do not start the local model")] = False,
    no_traffic: Annotated[bool, typer.Option("--no-traffic", help="send no traffic")] = False,
    traffic_rate: Annotated[float, typer.Option(min=0.001, max=1000, help="requests per second of the traffic")] = 0.2,
) -> None:
    """Start everything: server, gateway, local model, reference application and light traffic."""
    from lrcp.cli.up import run_up

    raise typer.Exit(run_up(settings, model=not no_model, traffic_rate=None if no_traffic else traffic_rate))


@app.command()
@takes_settings
def budgets(
    settings: Settings, as_json: Annotated[bool, typer.Option("--json", help="JSON, for programs")] = False
) -> None:
    """What of the policy's budgets is spent and reserved, and when they begin anew."""
    from lrcp.cli.budgets import show_budgets

    show_budgets(settings, as_json=as_json)


@app.command()
@takes_settings
def serve(settings: Settings) -> None:
    """The server: receivers, store, API and web app."""
    from lrcp.app.server import run_server

    log_to_stderr()
    run_server(settings)


@app.command()
@takes_settings
def gateway(
    settings: Settings,
    workers: Annotated[int | None, typer.Option(min=1, max=64, help="short for --gateway-workers")] = None,
) -> None:
    """The gateway that applications send their model requests through."""
    log_to_stderr()
    settings = replace(settings, gateway_workers=workers or settings.gateway_workers)
    if settings.gateway_workers > 1:
        from lrcp.app.gateway_workers import run_gateway_workers

        raise typer.Exit(0 if run_gateway_workers(settings) else 1)
    from lrcp.app.gateway import run_gateway_process

    run_gateway_process(settings)


@app.command()
@takes_settings
def model(settings: Settings) -> None:
    """The local model, an OpenAI-compatible server that needs no key and no network."""
    from lrcp.app.local_model import run_model

    log_to_stderr()
    run_model(settings)


@app.command(name="app")
@takes_settings
def reference_app(settings: Settings) -> None:
    """The reference application: POST /qa, /reason and /stress."""
    from lrcp.app.children import settings_environ

    # The application is an example of any application: it is told by variables only.
    os.environ.update(settings_environ(settings))
    from lrcp.reference.app import main

    raise typer.Exit(main())


@app.command()
@takes_settings
def traffic(
    settings: Settings,
    profile: Annotated[str, typer.Option(help="normal, cost-spike, quality-drop or latency-spike")] = "normal",
    rate: Annotated[float, typer.Option(help="requests per second")] = 1.0,
    duration: Annotated[str, typer.Option(help="how long, such as 90s, 10m or 2h; 0 is until Ctrl-C")] = "60s",
    seed: Annotated[int, typer.Option(help="the same seed asks the same questions")] = 1,
    url: Annotated[str, typer.Option(help="address of the application; default: --host and --app-port")] = "",
) -> None:
    """Questions of a shop's customers, sent to the reference application."""
    from lrcp.cli.traffic import run_traffic_command

    raise typer.Exit(run_traffic_command(settings, profile=profile, rate=rate, duration=duration, seed=seed, url=url))


@app.command()
@takes_settings
def doctor(settings: Settings) -> None:
    """What is missing on this machine, and how to get it."""
    from lrcp.cli.doctor import run_doctor

    raise typer.Exit(run_doctor(settings))


@app.command()
def version() -> None:
    """The version of LRCP."""
    typer.echo(__version__)
