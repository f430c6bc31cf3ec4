"""Caps under fire: gateway processes that share a budget, bursts, kill -9 and restarts; no server anywhere."""

import asyncio
import os
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import aiohttp
import pytest

from lrcp.app.settings import Settings
from lrcp.app.state_access import StateAccess
from lrcp.model.budget import BudgetUse
from lrcp.store.state.budgets import BudgetStore
from lrcp.store.state.policies import PolicyStore
from tests.support.priced_upstream import NUSD_PER_TOKEN, PricedUpstream, running_priced_upstream, write_prices
from tests.support.processes import PYTHON, ROOT, clean_environ, free_port, stop

PROCESSES = 4
MAX_TOKENS = 20
POLICY = b'{"budgets": [{"name": "all", "usd": %d, "every": "month"}]}'


@dataclass
class Fleet:
    """Gateway processes over one data directory, each on its own port."""

    data_dir: Path
    environ: dict[str, str]
    ports: list[int] = field(default_factory=lambda: [free_port() for _ in range(PROCESSES)])
    children: dict[int, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self, port: int) -> None:
        command = [PYTHON, "-m", "lrcp", "gateway"]
        environ = self.environ | {"LRCP_GATEWAY_PORT": str(port)}
        self.children[port] = subprocess.Popen(
            command, env=environ, cwd=ROOT, stdout=subprocess.DEVNULL, start_new_session=True
        )

    def kill(self, port: int) -> None:
        child = self.children[port]
        os.kill(child.pid, signal.SIGKILL)
        child.wait(timeout=10)

    def uses(self) -> list[BudgetUse]:
        access = StateAccess(Settings(data_dir=self.data_dir, state_url=self.environ["LRCP_STATE_URL"]))
        try:
            return BudgetStore(access.get).list_uses(time.time_ns())
        finally:
            access.close()


@contextmanager
def running_fleet(folder: Path, upstream: PricedUpstream, dollars: int, state_url: str = "") -> Iterator[Fleet]:
    data_dir = folder / "data"
    access = StateAccess(Settings(data_dir=data_dir, state_url=state_url))
    document = POLICY % dollars
    PolicyStore(access.get()).put(document, author="test", reason="a cap", now_ns=time.time_ns())
    access.close()
    environ = clean_environ(
        PYTHONPATH=str(ROOT / "src"),
        LRCP_DATA_DIR=str(data_dir),
        LRCP_STATE_URL=state_url,
        LRCP_UPSTREAM="url",
        LRCP_UPSTREAM_URL=f"{upstream.url}/v1",
        LRCP_PRICES_FILE=str(write_prices(folder)),
        LRCP_OTLP_HTTP_PORT="0",
    )
    fleet = Fleet(data_dir, environ)
    with ExitStack() as stack:
        for port in fleet.ports:
            fleet.start(port)
        stack.callback(lambda: [stop(child) for child in fleet.children.values()])
        asyncio.run(_wait_ready(fleet))
        yield fleet


async def _wait_ready(fleet: Fleet) -> None:
    """Until each answers, and follows the policy."""
    async with aiohttp.ClientSession() as session:
        for port in fleet.ports:
            await _wait_for(session, port)


async def _wait_for(session: aiohttp.ClientSession, port: int) -> None:
    for _ in range(300):
        try:
            async with session.get(f"http://127.0.0.1:{port}/health") as reply:
                if (await reply.json())["policy"]["version"] == 1:
                    return
        except aiohttp.ClientError:
            pass
        await asyncio.sleep(0.1)
    raise AssertionError(f"the gateway on {port} did not become ready")


async def ask(session: aiohttp.ClientSession, port: int) -> str:
    """What came of one call: its code, or `ok`, or `gone` when the gateway was not there."""
    body = {"model": "priced-1", "messages": [{"role": "user", "content": "Hello"}], "max_tokens": MAX_TOKENS}
    try:
        async with session.post(f"http://127.0.0.1:{port}/v1/chat/completions", json=body) as reply:
            said = await reply.json()
            return "ok" if reply.status == 200 else str(said["error"]["code"])
    except (aiohttp.ClientError, ConnectionError):
        await asyncio.sleep(0.05)
        return "gone"


async def burst(fleet: Fleet, connections: int, until_s: float, *, kills: int = 0, seed: int = 1) -> Counter[str]:
    """Calls over so many connections to each process until every one is refused; processes killed and started meanwhile."""
    seen: Counter[str] = Counter()
    deadline_s = time.monotonic() + until_s
    timeout = aiohttp.ClientTimeout(total=20)

    async def connect(session: aiohttp.ClientSession, port: int) -> None:
        refused = 0
        while time.monotonic() < deadline_s and refused < 20:
            code = await ask(session, port)
            seen[code] += 1
            refused = refused + 1 if code == "budget_exceeded" else 0

    async def kill_some() -> None:
        random = Random(seed)
        for _ in range(kills):
            await asyncio.sleep(random.uniform(0.5, 1.2))
            port = random.choice(fleet.ports)
            await asyncio.to_thread(fleet.kill, port)
            fleet.start(port)

    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(timeout=timeout, connector=connector) as session:
        work = [connect(session, port) for port in fleet.ports for _ in range(connections)]
        await asyncio.gather(kill_some(), *work)
    return seen


def check_cap(upstream: PricedUpstream, fleet: Fleet, dollars: int, *, killed_connections: int = 0) -> None:
    """The cap holds for what the provider is owed, and what is recorded is no less; nearly all of the cap was of use."""
    cap_nusd, call_nusd = dollars * 10**9, MAX_TOKENS * NUSD_PER_TOKEN
    (use,) = fleet.uses()
    assert upstream.owed_nusd <= cap_nusd
    assert upstream.owed_nusd <= use.spent_nusd + use.reserved_nusd <= cap_nusd
    lost_nusd = (killed_connections + PROCESSES + 1) * call_nusd
    assert upstream.owed_nusd >= cap_nusd - lost_nusd


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_a_burst_through_four_processes_stops_at_the_cap(
    database: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    url = request.getfixturevalue("postgres_url") if database == "postgresql" else ""
    with running_priced_upstream() as upstream, running_fleet(tmp_path, upstream, 4, url) as fleet:
        seen = asyncio.run(burst(fleet, connections=8, until_s=60))
        assert seen.keys() == {"ok", "budget_exceeded"}
        check_cap(upstream, fleet, 4)
        for child in fleet.children.values():
            stop(child)
        (use,) = fleet.uses()
        assert (use.spent_nusd, use.reserved_nusd, use.leases) == (upstream.owed_nusd, 0, 0)


def test_processes_that_are_killed_in_a_burst_do_not_overshoot_the_cap(tmp_path: Path) -> None:
    with running_priced_upstream() as upstream, running_fleet(tmp_path, upstream, dollars=30) as fleet:
        seen = asyncio.run(burst(fleet, connections=8, until_s=90, kills=4))
        assert seen["ok"] > 100
        assert seen["budget_exceeded"] > 0
        check_cap(upstream, fleet, 30, killed_connections=4 * 8)


@pytest.mark.soak
def test_two_minutes_of_kills_and_bursts_do_not_overshoot_the_cap(tmp_path: Path) -> None:
    with running_priced_upstream() as upstream, running_fleet(tmp_path, upstream, dollars=300) as fleet:
        seen = asyncio.run(burst(fleet, connections=16, until_s=300, kills=60, seed=7))
        assert seen["budget_exceeded"] > 0
        check_cap(upstream, fleet, 300, killed_connections=60 * 16)
