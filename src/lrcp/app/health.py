"""The checks behind /health: what each component of the server says of itself."""

import asyncio
from collections.abc import Sequence

from lrcp.api.health import ComponentHealth, HealthCheck
from lrcp.app.listeners import Listener
from lrcp.ingest.counters import Counters
from lrcp.ingest.pipeline import Pipeline
from lrcp.store.state.store import StateStore
from lrcp.store.telemetry.store import TelemetryStore

_CROWDED_RATIO = 0.8


def check_store(store: TelemetryStore) -> HealthCheck:
    """The telemetry store answers a query."""

    async def check() -> ComponentHealth:
        await store.query("SELECT 1")
        return ComponentHealth("ok")

    return check


def check_state(state: StateStore) -> HealthCheck:
    """The state database answers."""

    async def check() -> ComponentHealth:
        await asyncio.to_thread(state.check)
        return ComponentHealth("ok")

    return check


def check_pipeline(pipeline: Pipeline, counters: Counters, max_pending_bytes: int) -> HealthCheck:
    """The pipeline has room; says what it refused so far."""

    async def check() -> ComponentHealth:
        refused = sum(counts.get("busy", 0) for counts in counters.snapshot().values())
        ratio = pipeline.pending_bytes / max_pending_bytes
        if ratio >= _CROWDED_RATIO:
            waiting_mb = pipeline.pending_bytes / 1e6
            return ComponentHealth(
                "degraded",
                f"the store is slower than the traffic: {waiting_mb:.0f} MB wait ({ratio:.0%} of the bound), "
                f"{refused} requests were told to come back",
            )
        return ComponentHealth("ok")

    return check


def check_receivers(listeners: Sequence[Listener]) -> HealthCheck:
    """Every HTTP receiver accepts connections."""

    async def check() -> ComponentHealth:
        closed = [listener.name for listener in listeners if not listener.is_open]
        if closed:
            return ComponentHealth("down", f"not listening: {', '.join(closed)}; restart the server")
        return ComponentHealth("ok")

    return check
