"""Builds the gateway from the settings and runs it: `lrcp gateway`."""

import os
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from lrcp import __version__
from lrcp.app.budget_ledger import StateLedger
from lrcp.app.first_policy import FIRST_POLICY_VARIABLE, load_first_policy
from lrcp.app.key_source import StateKeySource
from lrcp.app.policy_source import StatePolicySource
from lrcp.app.settings import Settings, reachable_host
from lrcp.app.state_access import StateAccess
from lrcp.gateway.config import GatewayConfig, TelemetryConfig
from lrcp.gateway.credentials.google import TOKEN_VARIABLE, make_google_keeper
from lrcp.gateway.credentials.keeper import TokenKeeper
from lrcp.gateway.credentials.vertex import find_vertex_url
from lrcp.gateway.guards.registry import load_guards
from lrcp.gateway.limits.cells import open_cells
from lrcp.gateway.policy.follower import OnPolicy, PolicyFollower
from lrcp.gateway.policy.kept import FILE_NAME, PolicyFile
from lrcp.gateway.policy.known import KNOWN_PROVIDERS
from lrcp.gateway.ports import Ports
from lrcp.gateway.providers import make_upstreams
from lrcp.gateway.server import serve_gateway

SHARED_PORT_VARIABLE: Final = "LRCP_GATEWAY_SHARES_PORT"
"""Set for a worker: it shares its port with the others."""


def run_gateway_process(settings: Settings) -> None:
    """Serve the gateway until SIGTERM or SIGINT. Raises: SettingsError."""
    keepers = make_keepers(os.environ)
    config = build_gateway_config(settings, os.environ, keepers)
    access = StateAccess(settings)
    try:
        ports = Ports(
            make_follower=lambda on_policy: _make_follower(settings, access, on_policy),
            ledger=StateLedger(access),
            journal_folder=settings.data_dir / "budgets",
            key_source=StateKeySource(access),
            guards=load_guards(settings.guards),
            open_cells=lambda: open_cells(settings.data_dir),
            parts={f"tokens of {name}": keeper for name, keeper in keepers.items()},
        )
        serve_gateway(config, ports)
    finally:
        access.close()


def _make_follower(settings: Settings, access: StateAccess, on_policy: OnPolicy) -> PolicyFollower:
    file = PolicyFile(settings.data_dir / FILE_NAME)
    return PolicyFollower(StatePolicySource(access), file, KNOWN_PROVIDERS, on_policy)


def make_keepers(environ: Mapping[str, str]) -> dict[str, TokenKeeper]:
    """What keeps the tokens of providers that have no key for good, by provider: Vertex AI, where a project is named.

    Raises: SettingsError - the project's name is none.
    """
    wanted = find_vertex_url(environ) and not environ.get(TOKEN_VARIABLE)
    return {"vertex": make_google_keeper(environ)} if wanted else {}


def build_gateway_config(
    settings: Settings, environ: Mapping[str, str], keepers: Mapping[str, TokenKeeper] | None = None
) -> GatewayConfig:
    """What the gateway is told, from the settings; environ holds the providers' keys. Raises: SettingsError."""
    upstreams = make_upstreams(
        settings.upstream,
        environ,
        url=settings.upstream_url,
        key=settings.upstream_key,
        local_url=f"http://127.0.0.1:{settings.model_port}/v1",
        tokens={name: keeper.token for name, keeper in (keepers or {}).items()},
    )
    telemetry = TelemetryConfig(url=_traces_url(settings), env=settings.env, version=__version__)
    return GatewayConfig(
        upstreams=upstreams,
        default_provider=settings.upstream,
        default_model=settings.upstream_model,
        host=settings.host,
        port=settings.gateway_port,
        prices_file=settings.prices_file,
        telemetry=telemetry,
        share_port=bool(environ.get(SHARED_PORT_VARIABLE)),
        policy=load_first_policy(environ.get(FIRST_POLICY_VARIABLE, "")),
    )


def _traces_url(settings: Settings) -> str:
    """Where the server takes OTLP over HTTP; '' when that receiver is off."""
    if not settings.otlp_http_port:
        return ""
    named = urlsplit(settings.server_url).hostname if settings.server_url else settings.host
    return f"http://{reachable_host(named or settings.host)}:{settings.otlp_http_port}/v1/traces"
