"""Several gateway processes on one port: `lrcp gateway --workers N`. The kernel deals connections out among them."""

import asyncio
import logging
import os
import signal
from dataclasses import replace

from lrcp.app.children import ChildPlan, settings_environ
from lrcp.app.gateway import SHARED_PORT_VARIABLE
from lrcp.app.settings import Settings, reachable_host
from lrcp.app.supervisor import Notice, Patience, Supervisor
from lrcp.gateway.config import DRAIN_S
from lrcp.gateway.server import open_listener

log = logging.getLogger(__name__)


def run_gateway_workers(settings: Settings) -> bool:
    """Serve with settings.gateway_workers processes until SIGTERM or SIGINT; one that dies is started again.

    Returns: False when a worker would not start. Raises: SettingsError - the port is taken.
    """
    # Held, not listened on: a program that has the port is found now, and none can take it between two restarts.
    held = open_listener(settings.host, settings.gateway_port, share=True, listen=False)
    with held:
        return asyncio.run(_supervise(replace(settings, gateway_port=held.getsockname()[1])))


async def _supervise(settings: Settings) -> bool:
    supervisor = Supervisor(
        [_plan(settings, number) for number in range(1, settings.gateway_workers + 1)],
        environ={**os.environ, **settings_environ(replace(settings, gateway_workers=1)), SHARED_PORT_VARIABLE: "1"},
        log_dir=settings.data_dir / "logs",
        report=_say,
        patience=Patience(stop_s=DRAIN_S + 5),
    )

    def drain() -> None:
        """All at once: one after the other they would take as many times as long."""
        supervisor.stop()
        for pid in supervisor.children().values():
            os.kill(pid, signal.SIGTERM)

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, drain)
    return await supervisor.run()


def _plan(settings: Settings, number: int) -> ChildPlan:
    url = f"http://{reachable_host(settings.host)}:{settings.gateway_port}/health"
    return ChildPlan(name=f"gateway-{number}", arguments=("-m", "lrcp", "gateway"), health_url=url)


def _say(notice: Notice) -> None:
    if notice.kind in ("died", "gave_up", "killed"):
        tail = "\n".join(notice.tail)
        log.error("%s %s with %d, again in %.1f s:\n%s", notice.name, notice.kind, notice.code, notice.seconds, tail)
    elif notice.name:
        log.warning("%s is %s", notice.name, notice.kind)
