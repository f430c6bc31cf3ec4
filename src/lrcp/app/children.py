"""Which processes `lrcp up` runs, with which ports, and how each says that it is ready. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Final

from lrcp.app.ports import PortUse
from lrcp.app.settings import Settings, reachable_host, variable_name

_LRCP: Final = ("-m", "lrcp")


@dataclass(frozen=True, kw_only=True)
class ChildPlan:
    """One process to run.

    arguments: of Python. health_url: answers 2xx when the process is ready; '' means as soon as it runs.
    essential: without it the rest is of no use, so giving up on it stops everything. last: starts when all others are
    ready.
    """

    name: str
    arguments: tuple[str, ...]
    health_url: str = ""
    ports: tuple[PortUse, ...] = ()
    essential: bool = True
    last: bool = False
    ready_within_s: float = 60.0


@dataclass(frozen=True, kw_only=True)
class TrafficPlan:
    """The light traffic that makes a new installation worth looking at. rate: requests per second."""

    profile: str = "normal"
    rate: float = 0.2


def plan_children(
    settings: Settings, *, model: bool = True, traffic: TrafficPlan | None = None
) -> tuple[ChildPlan, ...]:
    """The processes in the order of their start; the local model only when it is the upstream."""
    return tuple(_plans(settings, model, traffic))


def _plans(settings: Settings, model: bool, traffic: TrafficPlan | None) -> Iterator[ChildPlan]:
    yield ChildPlan(
        name="server",
        arguments=(*_LRCP, "serve"),
        health_url=_health_url(settings, settings.port),
        ports=_server_ports(settings),
    )
    if model and settings.upstream == "local" and not settings.upstream_url:
        # The model has no lock on its door: it listens to this machine only, whatever the others do.
        yield _listening_child("model", "model_port", replace(settings, host="127.0.0.1"))
    yield _listening_child("gateway", "gateway_port", settings)
    yield _listening_child("app", "app_port", settings)
    if traffic is not None:
        rate = ("--rate", f"{traffic.rate:g}")
        arguments = (*_LRCP, "traffic", "--profile", traffic.profile, *rate, "--duration", "0")
        yield ChildPlan(name="traffic", arguments=arguments, essential=False, last=True)


def _listening_child(name: str, setting: str, settings: Settings) -> ChildPlan:
    port = getattr(settings, setting)
    use = PortUse(setting=setting, host=settings.host, port=port)
    return ChildPlan(name=name, arguments=(*_LRCP, name), health_url=_health_url(settings, port), ports=(use,))


def _server_ports(settings: Settings) -> tuple[PortUse, ...]:
    tcp = ("port", "agent_port", "otlp_http_port", "otlp_grpc_port")
    udp = PortUse(setting="dogstatsd_port", host=settings.host, port=settings.dogstatsd_port, kind="udp")
    return (*(PortUse(setting=name, host=settings.host, port=getattr(settings, name)) for name in tcp), udp)


def _health_url(settings: Settings, port: int) -> str:
    return f"http://{reachable_host(settings.host)}:{port}/health"


def settings_environ(settings: Settings) -> dict[str, str]:
    """The settings as LRCP_ variables, so that a child has them whole and its command line shows no secret."""
    environ = {}
    for field in fields(settings):
        value = getattr(settings, field.name)
        if isinstance(value, Path):
            value = value.absolute()
        if value != "":
            environ[variable_name(field.name)] = str(value)
    return addresses(settings) | environ


def addresses(settings: Settings) -> dict[str, str]:
    """Where the reference application finds the gateway and the agent; by itself it looks on the loopback."""
    host = reachable_host(settings.host)
    if host == "127.0.0.1":
        return {}
    return {
        "LRCP_GATEWAY_URL": f"http://{host}:{settings.gateway_port}",
        "DD_TRACE_AGENT_URL": f"http://{host}:{settings.agent_port}",
    }
