"""What a gateway is told at its start; built by `app`, which knows the settings."""

from collections.abc import Mapping
from typing import Final

import msgspec

from lrcp.gateway.providers import Upstream
from lrcp.model.policy.document import Policy

_MIB: Final = 1024 * 1024
DRAIN_S: Final = 30.0


class Timeouts(msgspec.Struct, frozen=True, kw_only=True):
    """How long each part of a call to a provider may take, in seconds.

    connect_s: until the connection stands. first_byte_s: until the first byte of the answer's body (of its headers,
    when it is no stream). idle_s: between two pieces of the answer. whole_s: the call from its start to its end.
    """

    connect_s: float = 5.0
    first_byte_s: float = 120.0
    idle_s: float = 60.0
    whole_s: float = 900.0


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """Sizes, all in bytes but max_connections (calls to providers in progress at once)."""

    max_request_bytes: int = 32 * _MIB
    max_reply_bytes: int = 64 * _MIB
    max_event_bytes: int = 4 * _MIB
    max_capture_bytes: int = 256 * 1024
    max_connections: int = 2048


class TelemetryConfig(msgspec.Struct, frozen=True, kw_only=True):
    """Where spans go and how many wait at most while nobody takes them. url '' keeps none."""

    url: str = ""
    env: str = "local"
    service: str = "lrcp-gateway"
    version: str = ""
    flush_interval_s: float = 0.2
    max_spans: int = 20_000
    max_bytes: int = 32 * _MIB
    batch_spans: int = 512
    batch_bytes: int = 2 * _MIB
    timeout_s: float = 10.0
    final_flush_s: float = 3.0


class GatewayConfig(msgspec.Struct, frozen=True, kw_only=True):
    """A gateway. default_provider names one of upstreams; default_model answers for the model name 'default'.

    policy: what it obeys until it is told another one. share_port: other workers listen on the same port.
    """

    upstreams: Mapping[str, Upstream]
    default_provider: str = "local"
    default_model: str = ""
    host: str = "127.0.0.1"
    port: int = 8100
    share_port: bool = False
    drain_s: float = DRAIN_S
    prices_file: str = ""
    timeouts: Timeouts = Timeouts()
    limits: Limits = Limits()
    telemetry: TelemetryConfig = TelemetryConfig()
    policy: Policy = Policy()
