"""Runs the processes of `lrcp up`: starts, watches, restarts with back-off, and stops them in reverse order.

It prints nothing: what happens is reported as Notices.
"""

import asyncio
import os
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from lrcp.app.child import Child
from lrcp.app.children import ChildPlan
from lrcp.app.parent import PARENT_VARIABLE

Kind = Literal["ready", "all_ready", "died", "unready", "gave_up", "stopping", "stopped", "killed"]


@dataclass(frozen=True, kw_only=True)
class Notice:
    """Something that happened to a child (name; '' for all of them).

    seconds: how long it took, or for `died` and `unready` until the next start. code: exit code, minus the signal.
    tail: last lines of its output.
    """

    kind: Kind
    name: str = ""
    seconds: float = 0.0
    code: int = 0
    tail: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Patience:
    """How long to wait for what, seconds; and how many failed starts in a row are enough."""

    poll_s: float = 0.1
    first_restart_s: float = 0.5
    longest_restart_s: float = 30.0
    steady_s: float = 60.0
    stop_s: float = 15.0
    failed_starts: int = 3

    def restart_delay_s(self, failures: int) -> float:
        """How long to wait before the next start after this many failures in a row (>= 1): doubling, bounded."""
        return min(self.longest_restart_s, self.first_restart_s * 2.0 ** min(failures - 1, 16))


class Supervisor:
    """The owner of the processes of one `lrcp up`."""

    def __init__(
        self,
        plans: Sequence[ChildPlan],
        *,
        environ: Mapping[str, str],
        log_dir: Path,
        report: Callable[[Notice], None],
        patience: Patience | None = None,
    ) -> None:
        self._plans = plans
        self._environ = {**environ, PARENT_VARIABLE: str(os.getpid()), "PYTHONUNBUFFERED": "1"}
        self._log_dir = log_dir
        self._report = report
        self._patience = patience or Patience()
        self._children: dict[str, Child] = {}
        self._ready = {plan.name: asyncio.Event() for plan in plans}
        self._ending = asyncio.Event()
        self._gave_up = False

    def stop(self) -> None:
        """Ask `run` to end; safe to call from a signal handler of the loop, and more than once."""
        self._ending.set()

    def kill(self) -> None:
        """End all children at once: for whoever does not want to wait for `stop`."""
        for child in self._children.values():
            if child.alive:
                child.kill_group()

    async def run(self) -> bool:
        """Keep everything running until `stop`. Returns: False when an essential child could not be kept."""
        started_s = self._now_s()
        tasks = [asyncio.create_task(self._keep(plan), name=plan.name) for plan in self._plans]
        tasks.append(asyncio.create_task(self._announce(started_s)))
        for task in tasks:
            task.add_done_callback(self._end_on_error)
        try:
            await self._ending.wait()
        finally:
            for task in tasks:
                task.cancel()
            ended = await asyncio.gather(*tasks, return_exceptions=True)
            await self._stop_children()
        for outcome in ended:
            if isinstance(outcome, Exception):
                raise outcome
        return not self._gave_up

    def children(self) -> dict[str, int]:
        """Process ids of the children that run, by name."""
        return {name: child.pid for name, child in self._children.items() if child.alive}

    def _end_on_error(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and task.exception() is not None:
            self._ending.set()

    async def _announce(self, started_s: float) -> None:
        for plan in self._plans:
            if plan.essential:
                await self._ready[plan.name].wait()
        self._report(Notice(kind="all_ready", seconds=self._now_s() - started_s))

    async def _keep(self, plan: ChildPlan) -> None:
        """Start a child, and again whenever it ends, until it will not start."""
        if plan.last:
            await self._others_ready()
        failures = failed_starts = 0
        while True:
            started_s = self._now_s()
            child = await self._start(plan)
            ready = await self._wait_ready(plan, child)
            if ready:
                self._ready[plan.name].set()
                self._report(Notice(kind="ready", name=plan.name, seconds=self._now_s() - started_s))
                await child.wait()
            unready = child.alive
            await child.stop(self._patience.stop_s)
            failed_starts = 0 if ready else failed_starts + 1
            failures = 1 if ready and self._now_s() - started_s > self._patience.steady_s else failures + 1
            if failed_starts >= self._patience.failed_starts:
                await self._give_up(plan, child)
                return
            delay_s = self._patience.restart_delay_s(failures)
            await self._report_end("unready" if unready else "died", child, plan, delay_s)
            await asyncio.sleep(delay_s)

    async def _start(self, plan: ChildPlan) -> Child:
        child = await Child.start(plan.arguments, self._environ, self._log_dir / f"{plan.name}.log")
        self._children[plan.name] = child
        return child

    async def _report_end(self, kind: Kind, child: Child, plan: ChildPlan, delay_s: float) -> None:
        self._report(Notice(kind=kind, name=plan.name, seconds=delay_s, code=await child.wait(), tail=child.tail()))

    async def _give_up(self, plan: ChildPlan, child: Child) -> None:
        self._report(Notice(kind="gave_up", name=plan.name, code=await child.wait(), tail=child.tail()))
        if plan.essential:
            self._gave_up = True
            self.stop()

    async def _others_ready(self) -> None:
        for plan in self._plans:
            if not plan.last:
                await self._ready[plan.name].wait()

    async def _wait_ready(self, plan: ChildPlan, child: Child) -> bool:
        """Poll the child's health address; False when it ended or took too long."""
        deadline_s = self._now_s() + plan.ready_within_s
        while child.alive and self._now_s() < deadline_s:
            if not plan.health_url or await asyncio.to_thread(answers, plan.health_url):
                return child.alive
            await asyncio.sleep(self._patience.poll_s)
        return False

    async def _stop_children(self) -> None:
        self._report(Notice(kind="stopping"))
        for plan in reversed(self._plans):
            child = self._children.get(plan.name)
            if child is None:
                continue
            started_s, alive = self._now_s(), child.alive
            killed = await child.stop(self._patience.stop_s)
            if alive:
                kind: Kind = "killed" if killed else "stopped"
                self._report(Notice(kind=kind, name=plan.name, seconds=self._now_s() - started_s))

    @staticmethod
    def _now_s() -> float:
        return asyncio.get_running_loop().time()


def answers(url: str, timeout_s: float = 2.0) -> bool:
    """Whether an address answers 2xx."""
    try:
        # No proxy: the address is on this machine whatever the environment says.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(url, timeout=timeout_s) as reply:
            return bool(200 <= reply.status < 300)
    except (OSError, ValueError):
        return False
