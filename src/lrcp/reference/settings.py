"""What the reference application can be told, by LRCP_ and DD_ variables."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

SERVICE = "reference-app"
VERSION = "1.0.0"
LOCAL_MODEL = "smollm2-135m-instruct"
GATEWAYS_CHOICE = "default"


@dataclass(frozen=True, kw_only=True)
class ReferenceSettings:
    """Where the application listens, whom it asks, and how long it waits; times in seconds."""

    host: str = "127.0.0.1"
    port: int = 8200
    gateway_url: str = "http://127.0.0.1:8100/v1"
    gateway_key: str = "local"
    model: str = LOCAL_MODEL
    call_timeout_s: float = 60.0
    stress_timeout_s: float = 120.0


def load_reference_settings(environ: Mapping[str, str] | None = None) -> ReferenceSettings:
    """Settings from the variables LRCP_HOST, LRCP_APP_PORT, LRCP_GATEWAY_URL (else LRCP_GATEWAY_PORT), LRCP_GATEWAY_KEY,
    LRCP_APP_MODEL (else LRCP_UPSTREAM_MODEL), LRCP_APP_TIMEOUT_S.

    Raises: ValueError - a port or a time that is no number; the message names the variable.
    """
    env = os.environ if environ is None else environ
    gateway = env.get("LRCP_GATEWAY_URL") or f"http://127.0.0.1:{env.get('LRCP_GATEWAY_PORT') or 8100}"
    timeout_s = float(_number(env, "LRCP_APP_TIMEOUT_S", 60.0))
    return ReferenceSettings(
        host=env.get("LRCP_HOST") or "127.0.0.1",
        port=int(_number(env, "LRCP_APP_PORT", 8200)),
        gateway_url=with_version_path(gateway),
        gateway_key=env.get("LRCP_GATEWAY_KEY") or "local",
        model=env.get("LRCP_APP_MODEL") or env.get("LRCP_UPSTREAM_MODEL") or _default_model(env),
        call_timeout_s=timeout_s,
        stress_timeout_s=2 * timeout_s,
    )


def with_version_path(url: str) -> str:
    """A gateway's address as the openai client takes it: with /v1 when it names no path of its own."""
    return url.rstrip("/") if urlsplit(url).path.strip("/") else f"{url.rstrip('/')}/v1"


def _default_model(env: Mapping[str, str]) -> str:
    """The local model by its name, so that its spans say it; behind another provider, what the gateway chooses."""
    return LOCAL_MODEL if env.get("LRCP_UPSTREAM", "local") in ("", "local") else GATEWAYS_CHOICE


def _number(env: Mapping[str, str], name: str, default: float) -> float:
    try:
        return float(env.get(name) or default)
    except ValueError:
        raise ValueError(f"{name}={env[name]!r} is not a number") from None
