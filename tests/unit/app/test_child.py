"""One child process: real ones."""

import asyncio
import os
import signal
from pathlib import Path

import pytest

from lrcp.app.child import Child, ChildLog
from tests.support.processes import wait_until

SLEEPS = "import time; print('up', flush=True); time.sleep(600)"
IGNORES_SIGTERM = "import signal, time; signal.signal(15, signal.SIG_IGN); print('up', flush=True); time.sleep(600)"
HAS_A_CHILD = (
    "import subprocess, sys, time;"
    "p = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']); print(p.pid, flush=True); time.sleep(600)"
)


async def start(code: str, tmp_path: Path) -> Child:
    return await Child.start(("-c", code), os.environ, tmp_path / "logs" / "child.log")


async def until_it_says_something(child: Child) -> str:
    await asyncio.to_thread(wait_until, lambda: bool(child.tail()), "its first line")
    return child.tail()[0]


def test_a_log_is_bounded_and_keeps_the_newest(tmp_path: Path) -> None:
    log = ChildLog(tmp_path / "x.log", max_bytes=1000)
    for number in range(500):
        log.write(f"line {number}\n".encode())
    log.close()
    sizes = [path.stat().st_size for path in tmp_path.iterdir()]
    assert len(sizes) == 2
    assert max(sizes) <= 1000
    assert (tmp_path / "x.log").read_text().endswith("line 499\n")
    assert log.tail()[-1] == "line 499"
    assert len(log.tail()) == 20


def test_the_last_lines_are_whole_also_when_they_come_in_pieces(tmp_path: Path) -> None:
    log = ChildLog(tmp_path / "x.log")
    for piece in (b"one\ntw", b"o\nth", b"ree"):
        log.write(piece)
    assert log.tail() == ("one", "two", "three")
    log.close()


def test_a_child_that_ends_tells_its_code_and_last_words(tmp_path: Path) -> None:
    async def case() -> None:
        child = await start("import sys; print('no room', file=sys.stderr); sys.exit(7)", tmp_path)
        assert await child.wait() == 7
        assert not await child.stop(5)
        assert child.tail() == ("no room",)

    asyncio.run(case())
    assert (tmp_path / "logs" / "child.log").read_text() == "no room\n"


def test_a_child_stops_when_asked(tmp_path: Path) -> None:
    async def case() -> None:
        child = await start(SLEEPS, tmp_path)
        await until_it_says_something(child)
        assert not await child.stop(30)
        assert await child.wait() == -signal.SIGTERM

    asyncio.run(case())


def test_a_child_that_does_not_stop_is_killed(tmp_path: Path) -> None:
    async def case() -> None:
        child = await start(IGNORES_SIGTERM, tmp_path)
        await until_it_says_something(child)
        assert await child.stop(0.2)
        assert await child.wait() == -signal.SIGKILL

    asyncio.run(case())


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads /proc")
def test_what_a_child_had_started_ends_with_it(tmp_path: Path) -> None:
    async def case() -> None:
        child = await start(HAS_A_CHILD, tmp_path)
        grandchild = int(await until_it_says_something(child))
        await child.stop(30)
        await asyncio.to_thread(wait_until, lambda: not _runs(grandchild), "the end of the grandchild")

    asyncio.run(case())


def test_a_child_has_ended_also_when_what_it_started_still_writes(tmp_path: Path) -> None:
    async def case() -> None:
        child = await start(HAS_A_CHILD, tmp_path)
        await until_it_says_something(child)
        os.kill(child.pid, signal.SIGKILL)
        assert await asyncio.wait_for(child.wait(), 60) == -signal.SIGKILL
        await child.stop(30)

    asyncio.run(case())


def test_a_child_is_in_a_session_of_its_own(tmp_path: Path) -> None:
    async def case() -> None:
        child = await start(SLEEPS, tmp_path)
        assert os.getsid(child.pid) == child.pid != os.getsid(0)
        await child.stop(30)

    asyncio.run(case())


def test_stopping_twice_is_stopping_once(tmp_path: Path) -> None:
    async def case() -> None:
        child = await start(SLEEPS, tmp_path)
        await child.stop(30)
        assert not await child.stop(30)

    asyncio.run(case())


def _runs(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"
