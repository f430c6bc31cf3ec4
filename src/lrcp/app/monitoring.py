"""The monitors' parts of the server: evaluation, delivery, their API and Datadog's."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from fastapi import APIRouter
from starlette.routing import BaseRoute

from lrcp.api.health import ComponentHealth, HealthCheck
from lrcp.api.monitors.replay import replay_router
from lrcp.api.monitors.routes import monitor_router
from lrcp.api.runbooks.routes import runbook_router
from lrcp.api.slos.routes import slo_router
from lrcp.app.datadog_paths import datadog_routes
from lrcp.app.notifications import Delivery
from lrcp.ingest.consumer import Consumer
from lrcp.kit.clock import Clock
from lrcp.monitors.schedule.definitions import MONITOR, DefinitionFollower
from lrcp.monitors.schedule.evidence import find_evidence
from lrcp.monitors.schedule.round import Rounds
from lrcp.monitors.schedule.scheduler import TICK_S, MonitorScheduler
from lrcp.monitors.slo.history import SloReader
from lrcp.monitors.slo.past import StoredPast
from lrcp.monitors.slo.stored import StoredMonitors, load_slos
from lrcp.store.state.leases import LeaseStore
from lrcp.store.state.monitor_states import MonitorStateStore
from lrcp.store.state.notifications import NotificationStore
from lrcp.store.state.resources import ResourceStore
from lrcp.store.state.store import StateStore
from lrcp.store.telemetry.monitor_evaluations import EvaluationLog
from lrcp.store.telemetry.source.source import TelemetrySource
from lrcp.store.telemetry.store import TelemetryStore

STALE_TICKS: Final = 6
"""So many ticks without one that went through make the monitors degraded."""


@dataclass(frozen=True, kw_only=True)
class Monitoring:
    """scheduler, delivery: parts to be started. routers: of our own API. routes: of Datadog's paths."""

    scheduler: MonitorScheduler
    delivery: Delivery
    routers: Sequence[APIRouter]
    routes: Sequence[BaseRoute]


def build_monitoring(
    state: StateStore, store: TelemetryStore, consumer: Consumer, clock: Clock, *, address: str, holder: str
) -> Monitoring:
    """Build all of it; nothing runs yet.

    Args:
        address: of the web app, for links in notifications. holder: names this server among those on the state database.
    """
    resources, states, leases = ResourceStore(state), MonitorStateStore(state), LeaseStore(state)
    evaluations, notifications = EvaluationLog(store), NotificationStore(state)

    def make_rounds() -> Rounds:
        return Rounds(
            DefinitionFollower(resources, lambda: load_slos(resources, states)),
            states,
            leases,
            TelemetrySource(store),
            evaluations,
            clock,
            holder=holder,
            address=address,
            find=partial(find_evidence, store, address=address),
        )

    def tags_of(monitor_id: int) -> tuple[str, ...]:
        found = resources.find(MONITOR, str(monitor_id), deleted=True)
        return () if found is None else tuple(found.document.get("tags") or ())

    return Monitoring(
        scheduler=MonitorScheduler(make_rounds, clock),
        delivery=Delivery(notifications, leases, consumer, tags_of, clock, holder),
        routers=(
            replay_router(resources, lambda: load_slos(resources, states), TelemetrySource(store), clock),
            monitor_router(resources, states, notifications, evaluations, clock),
            runbook_router(resources),
            slo_router(
                resources, SloReader(TelemetrySource(store), StoredPast(states, StoredMonitors(resources))), clock
            ),
        ),
        routes=datadog_routes(resources, states, store, clock),
    )


def load_holder(data_dir: Path) -> str:
    """A name that a server keeps with its data folder, so that it takes its leases up again at once after a crash.

    The folder is locked, so that no two processes have one name.
    """
    file = data_dir / "holder"
    if not file.exists():
        file.write_text(secrets.token_hex(8))
    return file.read_text().strip()


def check_monitors(scheduler: MonitorScheduler, clock: Clock) -> HealthCheck:
    """Monitors are evaluated in time, here or by another server."""

    async def check() -> ComponentHealth:
        pulse = scheduler.pulse
        if pulse.error:
            return ComponentHealth("degraded", f"monitors: {pulse.error}")
        behind_s = clock.now_ns() / 1e9 - pulse.last_s
        if pulse.ticks and not pulse.standby and behind_s > STALE_TICKS * TICK_S:
            return ComponentHealth("degraded", f"monitors were last evaluated {behind_s:.0f} s ago")
        return ComponentHealth("ok")

    return check
