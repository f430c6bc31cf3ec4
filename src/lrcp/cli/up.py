"""`lrcp up`: what a person sees while the supervisor works."""

import asyncio
import os
import signal
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from rich.console import Console
from rich.markup import escape

from lrcp.app.children import ChildPlan, TrafficPlan, plan_children, settings_environ
from lrcp.app.first_policy import DEMO_POLICY, FIRST_POLICY_VARIABLE
from lrcp.app.ports import find_taken
from lrcp.app.settings import Settings, reachable_host
from lrcp.app.supervisor import Notice, Supervisor
from lrcp.cli.options import KEY_VARIABLES
from lrcp.model.errors import SettingsError

UPSTREAM_MODELS: Final = {"gemini": "gemini-2.5-flash", "openai": "gpt-5-mini", "anthropic": "claude-haiku-4-5"}
"""A small model of each provider, for the traffic when LRCP_UPSTREAM_MODEL names none."""

_SHOWN_LINES: Final = 8


def run_up(settings: Settings, *, model: bool, traffic_rate: float | None) -> int:
    """Run everything until Ctrl-C or SIGTERM. Returns: the exit code.

    Raises: SettingsError - a port is taken.
    """
    settings = _with_model(settings)
    traffic = None if traffic_rate is None else TrafficPlan(rate=traffic_rate)
    plans = plan_children(settings, model=model, traffic=traffic)
    _refuse_taken_ports(plans)
    console = Console(highlight=False, soft_wrap=True)
    _say_upstream(console, settings, traffic)
    return 0 if asyncio.run(_supervise(settings, plans, Narrator(console, settings))) else 1


def _with_model(settings: Settings) -> Settings:
    if settings.upstream_model:
        return settings
    return replace(settings, upstream_model=UPSTREAM_MODELS.get(settings.upstream, ""))


def _refuse_taken_ports(plans: tuple[ChildPlan, ...]) -> None:
    taken = [f"{plan.name}: {port}" for plan in plans for port in find_taken(plan.ports)]
    if not taken:
        taken = [str(port) for port in find_taken(use for plan in plans for use in plan.ports)]
    if taken:
        raise SettingsError("\n      ".join(taken))


def _say_upstream(console: Console, settings: Settings, traffic: TrafficPlan | None) -> None:
    variable = KEY_VARIABLES.get(settings.upstream)
    if variable is None:
        return
    why = f" ({variable} is set)" if os.environ.get(variable) else ""
    cost = "; the traffic is paid for there, --no-traffic sends none" if traffic else ""
    console.print(f"model requests go to {settings.upstream}{why}, model {settings.upstream_model}{cost}")


async def _supervise(settings: Settings, plans: tuple[ChildPlan, ...], report: Callable[[Notice], None]) -> bool:
    supervisor = Supervisor(
        plans,
        environ={FIRST_POLICY_VARIABLE: str(DEMO_POLICY), **os.environ, **settings_environ(settings)},
        log_dir=settings.data_dir / "logs",
        report=report,
    )
    asked = False

    def ask_to_stop() -> None:
        nonlocal asked
        if asked:
            supervisor.kill()
        asked = True
        supervisor.stop()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, ask_to_stop)
    return await supervisor.run()


class Narrator:
    """Says what happened, one line each; the last lines of a child that died come with it."""

    def __init__(self, console: Console, settings: Settings) -> None:
        self._console = console
        self._settings = settings

    def __call__(self, notice: Notice) -> None:
        for line in self._lines(notice):
            self._console.print(line)
        for line in notice.tail[-_SHOWN_LINES:]:
            self._console.print(f"      [dim]{escape(line)}[/dim]")

    def _lines(self, notice: Notice) -> list[str]:
        name, seconds = f"{notice.name:<9}", f"{notice.seconds:.1f} s"
        match notice.kind:
            case "ready":
                return [f"[green]ready[/green]    {name} {self._address(notice.name)} in {seconds}"]
            case "all_ready":
                return [
                    "",
                    f"Open [bold]{self._url(self._settings.port)}[/bold]   (all ready in {seconds}; Ctrl-C stops)",
                ]
            case "died":
                return [f"[red]died[/red]     {name} {_how(notice.code)}; starting it again in {seconds}"]
            case "unready":
                return [f"[red]silent[/red]   {name} did not become ready; starting it again in {seconds}"]
            case "gave_up":
                log = self._settings.data_dir / "logs" / f"{notice.name}.log"
                return [f"[red]gave up[/red]  {name} would not start ({_how(notice.code)}); its log: {log}"]
            case "stopping":
                return ["", "stopping …"]
            case "stopped":
                return [f"stopped  {name} in {seconds}"]
            case "killed":
                return [f"[yellow]killed[/yellow]   {name} did not stop within {seconds}"]

    def _address(self, name: str) -> str:
        settings = self._settings
        ports = {
            "server": settings.port,
            "gateway": settings.gateway_port,
            "model": settings.model_port,
            "app": settings.app_port,
        }
        return f"{self._url(ports[name])}" if name in ports else "running"

    def _url(self, port: int) -> str:
        return f"http://{reachable_host(self._settings.host)}:{port}"


def _how(code: int) -> str:
    """An exit code in words."""
    if code >= 0:
        return f"ended with code {code}"
    return f"was ended by {signal.Signals(-code).name}"
