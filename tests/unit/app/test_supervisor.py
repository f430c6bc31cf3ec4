"""The supervisor, with real child processes that behave in every way a child can."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from lrcp.app.children import ChildPlan
from lrcp.app.supervisor import Notice, Patience, Supervisor
from tests.support.processes import free_port, wait_until

QUICK = Patience(poll_s=0.02, first_restart_s=0.01, longest_restart_s=0.05, stop_s=20, failed_starts=3)

SERVES = """
import http.server, signal, sys
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers()
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""
SLEEPS = "import time; time.sleep(600)"
FAILS = "import sys; print('the disk is full'); sys.exit(3)"


def serving(name: str, **options: object) -> ChildPlan:
    port = free_port()
    health_url = f"http://127.0.0.1:{port}/health"
    return ChildPlan(name=name, arguments=("-c", SERVES, str(port)), health_url=health_url, **options)  # type: ignore[arg-type]


class Case:
    """One run of a supervisor, and what it reported."""

    def __init__(self, plans: list[ChildPlan], tmp_path: Path, patience: Patience = QUICK) -> None:
        self.notices: list[Notice] = []
        self._news = asyncio.Event()
        self.supervisor = Supervisor(plans, environ=os.environ, log_dir=tmp_path, report=self._take, patience=patience)

    def _take(self, notice: Notice) -> None:
        self.notices.append(notice)
        self._news.set()

    def seen(self, kind: str) -> list[str]:
        return [notice.name for notice in self.notices if notice.kind == kind]

    async def until(self, condition: Callable[[], bool]) -> None:
        while not condition():
            self._news.clear()
            await self._news.wait()

    async def run(self, *conditions: Callable[[], bool], then: Callable[[], None] | None = None) -> bool:
        """Run until each condition has held in turn (`then` is called after the first), stop, and return the verdict."""
        running = asyncio.create_task(self.supervisor.run())
        for number, condition in enumerate(conditions):
            await self.until(condition)
            if number == 0 and then:
                then()
        self.supervisor.stop()
        return await running


def test_each_child_is_reported_ready_and_then_all_of_them(tmp_path: Path) -> None:
    async def case() -> None:
        run = Case([serving("a"), serving("b")], tmp_path)
        assert await run.run(lambda: run.seen("all_ready") == [""])
        assert sorted(run.seen("ready")) == ["a", "b"]
        assert all(notice.seconds > 0 for notice in run.notices if notice.kind == "ready")

    asyncio.run(case())


def test_children_are_stopped_in_reverse_order(tmp_path: Path) -> None:
    async def case() -> None:
        run = Case([serving("a"), serving("b"), serving("c")], tmp_path)
        await run.run(lambda: bool(run.seen("all_ready")))
        assert run.seen("stopped") == ["c", "b", "a"]
        assert run.supervisor.children() == {}

    asyncio.run(case())


def test_a_child_that_is_last_starts_when_the_others_are_ready(tmp_path: Path) -> None:
    async def case() -> None:
        traffic = ChildPlan(name="traffic", arguments=("-c", SLEEPS), last=True, essential=False)
        run = Case([serving("a"), traffic], tmp_path)
        await run.run(lambda: "traffic" in run.seen("ready"))
        assert run.seen("ready") == ["a", "traffic"]

    asyncio.run(case())


def test_a_child_that_is_killed_is_reported_and_started_again(tmp_path: Path) -> None:
    async def case() -> None:
        run = Case([serving("a")], tmp_path)
        good = await run.run(
            lambda: bool(run.seen("all_ready")),
            lambda: run.seen("ready") == ["a", "a"],
            then=lambda: os.kill(run.supervisor.children()["a"], signal.SIGKILL),
        )
        [died] = [notice for notice in run.notices if notice.kind == "died"]
        assert (died.name, died.code) == ("a", -signal.SIGKILL)
        assert good

    asyncio.run(case())


def test_an_essential_child_that_does_not_start_ends_the_run_with_its_last_words(tmp_path: Path) -> None:
    async def case() -> None:
        run = Case(
            [serving("a"), ChildPlan(name="b", arguments=("-c", FAILS), health_url="http://127.0.0.1:1/")], tmp_path
        )
        assert not await asyncio.wait_for(run.supervisor.run(), 60)
        assert run.seen("died") == ["b", "b"]
        [gave_up] = [notice for notice in run.notices if notice.kind == "gave_up"]
        assert (gave_up.name, gave_up.code, gave_up.tail) == ("b", 3, ("the disk is full",))

    asyncio.run(case())


def test_the_run_goes_on_without_a_child_that_is_not_essential(tmp_path: Path) -> None:
    async def case() -> None:
        spare = ChildPlan(name="spare", arguments=("-c", FAILS), health_url="http://127.0.0.1:1/", essential=False)
        run = Case([serving("a"), spare], tmp_path)
        assert await run.run(lambda: bool(run.seen("gave_up") and run.seen("all_ready")))
        assert run.seen("stopped") == ["a"]

    asyncio.run(case())


def test_a_child_that_is_never_ready_is_ended_and_tried_again(tmp_path: Path) -> None:
    async def case() -> None:
        silent = ChildPlan(name="b", arguments=("-c", SLEEPS), health_url="http://127.0.0.1:1/", ready_within_s=0.2)
        run = Case([silent], tmp_path)
        assert not await asyncio.wait_for(run.supervisor.run(), 60)
        assert run.seen("unready") == ["b", "b"]

    asyncio.run(case())


def test_kill_ends_children_that_do_not_listen(tmp_path: Path) -> None:
    async def case() -> None:
        deaf = "import signal, time; signal.signal(15, signal.SIG_IGN); time.sleep(600)"
        run = Case([ChildPlan(name="deaf", arguments=("-c", deaf))], tmp_path, Patience(stop_s=600))
        running = asyncio.create_task(run.supervisor.run())
        await run.until(lambda: bool(run.seen("ready")))
        run.supervisor.stop()
        await run.until(lambda: bool(run.seen("stopping")))
        run.supervisor.kill()
        await asyncio.wait_for(running, 60)

    asyncio.run(case())


@pytest.mark.parametrize(("failures", "delay_s"), [(1, 0.5), (2, 1.0), (3, 2.0), (7, 30.0), (1000, 30.0)])
def test_the_wait_before_a_restart_doubles_up_to_a_bound(failures: int, delay_s: float) -> None:
    assert Patience().restart_delay_s(failures) == delay_s


PARENT = """
import asyncio, os, sys, pathlib
from lrcp.app.children import ChildPlan
from lrcp.app.supervisor import Supervisor
follows = "from lrcp.app.parent import follow_parent; follow_parent(); import time; time.sleep(600)"
folder = pathlib.Path(sys.argv[1])
async def main():
    supervisor = Supervisor([ChildPlan(name="a", arguments=("-c", follows))], environ=os.environ, log_dir=folder, report=note)
    global the; the = supervisor
    await supervisor.run()
def note(notice):
    (folder / "pid.new").write_text(str(the.children()["a"])); (folder / "pid.new").rename(folder / "pid")
asyncio.run(main())
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="prctl is Linux's")
def test_children_end_when_their_supervisor_is_killed(tmp_path: Path) -> None:
    environ = {**os.environ, "PYTHONPATH": "src"}
    with subprocess.Popen([sys.executable, "-c", PARENT, str(tmp_path)], env=environ) as parent:
        wait_until((tmp_path / "pid").exists, "the child's number")
        child = int((tmp_path / "pid").read_text())
        time.sleep(0.5)  # until the child has asked the kernel; before that it sees that its parent is another
        parent.kill()
    wait_until(lambda: not _runs(child), "the end of the child")


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
