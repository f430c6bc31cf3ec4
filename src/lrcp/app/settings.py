"""Every setting of LRCP, with its variable and default. docs/settings.md has a heading for each; a test says so.

A setting is read from, in this order: the command's option, the variable `LRCP_<NAME>`, the default. The providers' own
variables (GEMINI_API_KEY, OPENAI_API_KEY, ANTHROPIC_API_KEY) and Datadog's (DD_ENV, DD_SITE, ...) keep their names.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from lrcp.model.errors import SettingsError


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The settings of all processes; each reads those that concern it. Ports are TCP unless named otherwise; 0 is off."""

    host: str = "127.0.0.1"
    port: int = 8000
    gateway_port: int = 8100
    app_port: int = 8200
    model_port: int = 8300
    agent_port: int = 8126
    dogstatsd_port: int = 8125
    dogstatsd_socket: str = ""
    otlp_http_port: int = 4318
    otlp_grpc_port: int = 4317
    allowed_hosts: str = ""
    data_dir: Path = Path(".lrcp")
    store_dsn: str = ""
    state_url: str = ""
    retention_days: int = 30
    monitors: int = 1
    monitor_pack: str = "default"
    env: str = "local"
    upstream: str = "local"
    upstream_url: str = ""
    upstream_key: str = ""
    upstream_model: str = ""
    prices_file: str = ""
    gateway_workers: int = 1
    guards: str = ""
    server_url: str = ""
    gateway_url: str = ""
    max_pending_bytes: int = 128 * 1024 * 1024
    commit_window_ms: int = 20
    commit_rows: int = 20_000

    def __repr__(self) -> str:
        shown = ((f.name, getattr(self, f.name)) for f in fields(self) if f.name not in _SECRET)
        return f"Settings({', '.join(f'{name}={value!r}' for name, value in shown)})"


_MAX_PORT = 65_535
_SECRET = frozenset({"upstream_key", "store_dsn", "state_url"})


def variable_name(name: str) -> str:
    """The environment variable of a setting."""
    return f"LRCP_{name.upper()}"


def load_settings(environ: Mapping[str, str] | None = None, **options: Any) -> Settings:
    """Settings from options (None: not given) over variables over defaults.

    Raises: SettingsError - a value that is not of the setting's type; names the variable.
    """
    env = os.environ if environ is None else environ
    values: dict[str, Any] = {}
    for field in fields(Settings):
        raw = options.get(field.name)
        if raw is None:
            raw = env.get(variable_name(field.name))
        if raw is not None:
            values[field.name] = _parse_setting(field.name, type(field.default), raw)
    if "env" not in values and env.get("DD_ENV"):
        values["env"] = env["DD_ENV"]
    return Settings(**values)


def _parse_setting(name: str, kind: type[Any], raw: Any) -> Any:
    try:
        value: Any = Path(raw) if issubclass(kind, Path) else kind(raw)
    except (TypeError, ValueError):
        raise SettingsError(f"{variable_name(name)}={raw!r} is not a valid {kind.__name__}") from None
    if (name == "port" or name.endswith("_port")) and not 0 <= value <= _MAX_PORT:
        raise SettingsError(f"{variable_name(name)}={raw!r} is not a port: 0 to {_MAX_PORT}")
    return value


def reachable_host(host: str) -> str:
    """A host to connect to for one to listen on, as it stands in a URL: every address is reached by the loopback's."""
    host = {"0.0.0.0": "127.0.0.1", "": "127.0.0.1", "::": "::1"}.get(host, host)
    return f"[{host}]" if ":" in host else host
