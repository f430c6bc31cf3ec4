"""The server process: store, pipeline, receivers, API; the order of starting and, backwards, of stopping."""

import asyncio
import logging
import shutil
import signal
import socket
import tempfile
from collections.abc import Iterator
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from typing import Protocol

import uvloop

from lrcp import __version__
from lrcp.api.app import create_api
from lrcp.api.budgets.routes import budget_router
from lrcp.api.guard import LOCAL_HOSTS, RequestGuard
from lrcp.api.health import HealthCheck
from lrcp.api.keys.routes import key_router
from lrcp.api.policy.routes import policy_router
from lrcp.app.first_pack import load_first_pack
from lrcp.app.forward import FORWARDED_PATHS, Forward
from lrcp.app.front import Front
from lrcp.app.health import check_pipeline, check_receivers, check_state, check_store
from lrcp.app.listeners import Listener, bind_tcp
from lrcp.app.lock import lock_directory
from lrcp.app.monitoring import Monitoring, build_monitoring, check_monitors, load_holder
from lrcp.app.self_metrics import SelfMetrics
from lrcp.app.settings import Settings, reachable_host, variable_name
from lrcp.datadog.app import create_datadog_api
from lrcp.evaluators.cost import load_price_book
from lrcp.ingest.asgi import AsgiApp
from lrcp.ingest.committer import Committer
from lrcp.ingest.counters import Counters
from lrcp.ingest.http import Receiver, ReceiverApp
from lrcp.ingest.pipeline import Limits, Pipeline
from lrcp.ingest.receivers import datadog_agent, datadog_intake
from lrcp.ingest.receivers.dogstatsd.server import DogStatsdServer
from lrcp.ingest.receivers.llmobs import llmobs_routes
from lrcp.ingest.receivers.otlp.grpc_server import OtlpGrpcServer
from lrcp.ingest.receivers.otlp.receiver import receiver as otlp_receiver
from lrcp.ingest.receivers.otlp.signals import otlp_signals
from lrcp.ingest.rollup import TrafficRollup
from lrcp.kit.clock import SystemClock
from lrcp.model.errors import SettingsError
from lrcp.store.state.budgets import BudgetStore
from lrcp.store.state.keys import KeyStore
from lrcp.store.state.leases import LeaseStore
from lrcp.store.state.policies import PolicyStore
from lrcp.store.state.resources import ResourceStore
from lrcp.store.state.store import open_state
from lrcp.store.telemetry.engine import Connect, embedded_engine, server_engine
from lrcp.store.telemetry.store import TelemetryStore

log = logging.getLogger(__name__)

STATIC_DIR = Path(__file__).parent.parent / "web" / "static"
"""The web build, package data; made by `make web`."""


class Part(Protocol):
    """Something with a life: it is started once and stopped once."""

    async def start(self) -> object: ...
    async def stop(self) -> object: ...


class Server:
    """All parts of the server process. `open` starts them in order; `close` stops them in the reverse order."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._parts = AsyncExitStack()
        self.clock = SystemClock()
        self.counters = Counters()
        self.store = TelemetryStore(_engine(settings))
        self.listeners: list[Listener] = []
        self._signals = otlp_signals(self.clock.now_ns())
        self._book = load_price_book(settings.prices_file)

    async def open(self) -> None:
        """Start everything. Raises: SettingsError - a port, the directory or the store cannot be had."""
        try:
            await self._open()
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """Stop taking requests, finish those under way, store what was accepted, release everything."""
        await self._parts.aclose()

    async def _open(self) -> None:
        settings = self._settings
        self._parts.callback(lock_directory(settings.data_dir).close)
        _use_own_temporary_directory(settings.data_dir)
        listening = self._bind()
        await self._open_store()
        await self._open_state()
        pipeline = self._build_pipeline()
        await self._start(pipeline)
        await self._start(TrafficRollup(self.store, self.clock))
        self._monitoring = self._build_monitoring(pipeline)
        counted = self._monitoring.scheduler.pulse.counts
        await self._start(SelfMetrics(self.counters, pipeline, self.clock, counted))
        for part in self._receivers_without_http(pipeline):
            await self._start(part)
        for name, app in self._applications(pipeline).items():
            self.listeners.append(Listener(name, app, listening[name]))
            await self._start(self.listeners[-1])
        await self._start_monitoring()

    async def _start_monitoring(self) -> None:
        """After the receivers, so that the first tick finds what is sent; stopped before they are."""
        if self._settings.monitors:
            await self._start(self._monitoring.delivery)
            await self._start(self._monitoring.scheduler)

    async def _start(self, part: Part) -> None:
        await part.start()
        self._parts.push_async_callback(part.stop)

    async def _open_store(self) -> None:
        self._parts.push_async_callback(self.store.close)
        ran = await self.store.open(self._settings.retention_days)
        if ran:
            log.info("telemetry store: migrations %s done", ", ".join(ran))

    async def _open_state(self) -> None:
        settings = self._settings
        work = partial(open_state, settings.state_url, settings.data_dir, now_ns=self.clock.now_ns())
        self._state = await asyncio.to_thread(work)
        self._parts.callback(self._state.close)
        await asyncio.to_thread(self._load_pack)

    def _load_pack(self) -> None:
        settings, resources, leases = self._settings, ResourceStore(self._state), LeaseStore(self._state)
        made = load_first_pack(
            settings.monitor_pack,
            resources,
            leases,
            holder=load_holder(settings.data_dir),
            address=self._address,
            now_ns=self.clock.now_ns(),
        )
        if made:
            log.info("%d monitors, SLOs and dashboards of the pack are loaded", made)

    @property
    def _address(self) -> str:
        """Of the web app."""
        return f"http://{reachable_host(self._settings.host)}:{self._settings.port}"

    def _build_pipeline(self) -> Pipeline:
        settings = self._settings
        committer = Committer(self.store, self._book, self.clock, self.counters, settings.retention_days)
        limits = Limits(
            max_pending_bytes=settings.max_pending_bytes,
            window_s=settings.commit_window_ms / 1000,
            group_rows=settings.commit_rows,
        )
        return Pipeline(self.store, committer, self.counters, limits)

    def _build_monitoring(self, pipeline: Pipeline) -> Monitoring:
        holder = load_holder(self._settings.data_dir)
        return build_monitoring(self._state, self.store, pipeline, self.clock, address=self._address, holder=holder)

    def _bind(self) -> dict[str, socket.socket]:
        """Take the ports before the slow work, so that a taken one is told at once."""
        settings, bound = self._settings, {}
        for name, setting in _LISTENERS.items():
            port = getattr(settings, setting)
            if port:
                bound[name] = bind_tcp(settings.host, port, variable_name(setting))
                self._parts.callback(bound[name].close)
        return bound

    def _receivers_without_http(self, pipeline: Pipeline) -> Iterator[Part]:
        settings = self._settings
        if settings.otlp_grpc_port:
            yield OtlpGrpcServer(
                self._signals, pipeline, self.counters, self.clock, host=settings.host, port=settings.otlp_grpc_port
            )
        datagrams, stream = unix_sockets(settings.dogstatsd_socket)
        if settings.dogstatsd_port or datagrams or stream:
            yield DogStatsdServer(
                pipeline,
                self.counters,
                self.clock,
                host=settings.host,
                port=settings.dogstatsd_port or None,
                socket_path=datagrams,
                stream_path=stream,
            )

    def _applications(self, pipeline: Pipeline) -> dict[str, AsgiApp]:
        settings = self._settings
        agent = datadog_agent.receiver(
            version=__version__, env=settings.env, port=settings.agent_port, dogstatsd_port=settings.dogstatsd_port
        )
        apps: dict[str, AsgiApp] = {
            "agent": self._receiver_app(agent, pipeline),
            "otlp-http": self._receiver_app(otlp_receiver(self._signals), pipeline),
            "main": self._main_application(pipeline),
        }
        return {name: app for name, app in apps.items() if getattr(settings, _LISTENERS[name])}

    def _main_application(self, pipeline: Pipeline) -> AsgiApp:
        routes = {**datadog_intake.routes(), **llmobs_routes()}
        intake = self._receiver_app(Receiver("datadog_intake", routes, datadog_intake.render_error), pipeline)
        forward = Forward(f"http://{reachable_host(self._settings.host)}:{self._settings.app_port}")
        self._parts.push_async_callback(forward.close)
        api = create_api(
            self.store,
            self._health_checks(pipeline),
            STATIC_DIR,
            clock=self.clock,
            allowed_hosts=_allowed_hosts(self._settings),
            sql_settings=_READ_ONLY if self._settings.store_dsn else None,
            routers=(
                policy_router(PolicyStore(self._state), self.store, self._book, self.clock),
                key_router(KeyStore(self._state), self.clock),
                budget_router(BudgetStore(lambda: self._state), PolicyStore(self._state), self.clock),
                *self._monitoring.routers,
            ),
        )
        hosts = _allowed_hosts(self._settings)
        datadog = RequestGuard(create_datadog_api(self._monitoring.routes), hosts)
        return Front(intake, dict.fromkeys(FORWARDED_PATHS, forward), datadog, api)

    def _health_checks(self, pipeline: Pipeline) -> dict[str, HealthCheck]:
        return {
            "store": check_store(self.store),
            "state": check_state(self._state),
            "pipeline": check_pipeline(pipeline, self.counters, self._settings.max_pending_bytes),
            "receivers": check_receivers(self.listeners),
            "monitors": check_monitors(self._monitoring.scheduler, self.clock),
        }

    def _receiver_app(self, receiver: Receiver, pipeline: Pipeline) -> ReceiverApp:
        return ReceiverApp(receiver, pipeline, self.counters, self.clock)


_LISTENERS = {"agent": "agent_port", "otlp-http": "otlp_http_port", "main": "port"}
"""HTTP listeners and the setting of each one's port; the main one comes last, so that when it answers all do."""


_READ_ONLY = {"readonly": 2}
"""For users' SQL on a ClickHouse server: reads only; 2 lets the limits be set with the statement."""


def unix_sockets(address: str) -> tuple[Path | None, Path | None]:
    """Paths of DogStatsD's sockets, (for datagrams, for a stream), from the setting.

    unixstream:// is a stream; unix://, unixgram:// and a bare path are for datagrams. Raises: SettingsError.
    """
    scheme, separator, path = address.partition("://")
    if not separator:
        return (Path(address) if address else None), None
    if scheme not in ("unix", "unixgram", "unixstream") or not path:
        kinds = "a path, unixgram://path or unixstream://path"
        raise SettingsError(f"LRCP_DOGSTATSD_SOCKET={address!r} must be {kinds}")
    return (None, Path(path)) if scheme == "unixstream" else (Path(path), None)


def _engine(settings: Settings) -> Connect:
    if settings.store_dsn:
        return server_engine(settings.store_dsn)
    return embedded_engine(settings.data_dir / "telemetry")


def _allowed_hosts(settings: Settings) -> tuple[str, ...]:
    """Host names that the web app and API answer to: our own, the address we listen on, and those of the setting."""
    more = [name.strip() for name in settings.allowed_hosts.split(",") if name.strip()]
    return (*LOCAL_HOSTS, settings.host, *more)


def _use_own_temporary_directory(data_dir: Path) -> None:
    """The client of the embedded engine hands blocks over in files: keep prompts out of the shared /tmp."""
    directory = data_dir / "tmp"
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(mode=0o700, parents=True)
    tempfile.tempdir = str(directory)


def run_server(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT. Raises: SettingsError - it cannot start; says why and what to do."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(settings))


async def _serve(settings: Settings) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    server = Server(settings)
    await server.open()
    log.info("ready on %s", ", ".join(f"{listener.name} {listener.port}" for listener in server.listeners))
    await stop.wait()
    log.info("stopping")
    await server.close()
