"""Following the policy: a real state database, real threads and files, and the event loop that is told."""

import asyncio
import shutil
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from lrcp.app.policy_source import StatePolicySource
from lrcp.app.settings import Settings
from lrcp.app.state_access import StateAccess
from lrcp.gateway.policy.follower import PolicyFollower
from lrcp.gateway.policy.kept import PolicyFile
from lrcp.gateway.policy.known import KNOWN_PROVIDERS
from lrcp.model.errors import InputError
from lrcp.model.policy.document import Policy, PolicyVersion
from lrcp.store.state.policies import PolicyStore
from lrcp.store.state.store import open_state

ROUTES = b'{"routes":[{"name":"chat","models":["chat"],"targets":[{"to":"local/small"}]}]}'
POLL_S = 0.02


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@dataclass
class Gateway:
    """What stands for the gateway: it remembers what it was told, and on which thread."""

    taken: list[tuple[int, Policy]] = field(default_factory=list)
    refuse: str = ""

    def obey(self, version: PolicyVersion, policy: Policy) -> None:
        asyncio.get_running_loop()  # raises when this is not the loop's own thread
        if self.refuse:
            raise InputError(self.refuse)
        self.taken.append((version.version, policy))

    @property
    def versions(self) -> list[int]:
        return [version for version, _ in self.taken]


@pytest.fixture
def policies(tmp_path: Path) -> Iterator[PolicyStore]:
    state = open_state("", tmp_path, now_ns=1)
    yield PolicyStore(state)
    state.close()


@asynccontextmanager
async def following(data_dir: Path, gateway: Gateway, state_url: str = "") -> AsyncIterator[PolicyFollower]:
    access = StateAccess(Settings(data_dir=data_dir, state_url=state_url))
    file = PolicyFile(data_dir / "gateway-policy.json")
    follower = PolicyFollower(StatePolicySource(access), file, KNOWN_PROVIDERS, gateway.obey, poll_s=POLL_S)
    await follower.start()
    try:
        yield follower
    finally:
        await follower.stop()
        access.close()


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110 - what is awaited happens on another thread, or on disk
            await asyncio.sleep(0.01)


def put(policies: PolicyStore, document: bytes = ROUTES, expires_ns: int | None = None) -> PolicyVersion:
    return policies.put(document, author="ann", reason="why", now_ns=time.time_ns(), expires_ns=expires_ns)


@pytest.mark.anyio
async def test_a_new_policy_reaches_the_gateway_and_the_disk(policies: PolicyStore, tmp_path: Path) -> None:
    gateway = Gateway()
    async with following(tmp_path, gateway) as follower:
        put(policies)
        await until(lambda: gateway.versions[-1:] == [1])
        assert gateway.taken[-1][1].routes[0].targets[0].to == "local/small"
        await until((tmp_path / "gateway-policy.json").exists)
        assert follower.describe()["version"] == 1
        assert follower.describe()["source"] == "ok"
    assert (tmp_path / "gateway-policy.json").stat().st_mode & 0o777 == 0o600


@pytest.mark.anyio
async def test_a_start_waits_for_the_first_answer_when_nothing_is_kept(policies: PolicyStore, tmp_path: Path) -> None:
    put(policies)
    gateway = Gateway()
    async with following(tmp_path, gateway):
        await until(lambda: gateway.versions == [1])


@pytest.mark.anyio
async def test_a_restart_with_the_database_away_goes_on_with_the_kept_policy(
    policies: PolicyStore, tmp_path: Path
) -> None:
    put(policies)
    gateway = Gateway()
    async with following(tmp_path, gateway):
        await until((tmp_path / "gateway-policy.json").exists)
    again = Gateway()
    async with following(tmp_path, again, "postgresql://lrcp@127.0.0.1:1/none") as follower:
        assert again.versions == [1]
        await until(lambda: "does not answer" in follower.describe()["source"])
        assert follower.in_force.version == 1
        assert not follower.is_well


@pytest.mark.anyio
async def test_a_database_that_was_lost_does_not_take_the_policy_with_it(policies: PolicyStore, tmp_path: Path) -> None:
    put(policies)
    async with following(tmp_path, Gateway()):
        await until((tmp_path / "gateway-policy.json").exists)
    moved = tmp_path / "other"
    moved.mkdir()
    shutil.copy(tmp_path / "gateway-policy.json", moved)
    gateway = Gateway()
    async with following(moved, gateway) as follower:
        await until(lambda: "holds no policy" in follower.describe()["source"])
        assert gateway.versions == [1]


@pytest.mark.anyio
async def test_a_database_that_is_made_later_is_followed_from_then_on(tmp_path: Path) -> None:
    gateway = Gateway()
    (tmp_path / "state.db").mkdir()  # nothing can be opened there
    async with following(tmp_path, gateway) as follower:
        assert follower.in_force.version == 0
        await until(lambda: "cannot be opened" in follower.describe()["source"])
        (tmp_path / "state.db").rmdir()
        state = open_state("", tmp_path, now_ns=1)
        put(PolicyStore(state))
        await until(lambda: gateway.versions[-1:] == [1])
        state.close()


@pytest.mark.parametrize(
    ("bad", "place"),
    [
        (b'{"routes":[{"name":"r","models":["m"],"targets":[{"to":"nowhere/x"}]}]}', "$.routes[0].targets[0].to"),
        (b'{"routes":[{"name":"r","models":["m"],"targets":[]}]}', "$.routes[0].targets"),
        (b'{"a later version wrote this": 1}', "$.a later version wrote this"),
        (b"no json", "$: the text is not JSON"),
    ],
)
@pytest.mark.anyio
async def test_a_bad_policy_is_refused_whole_with_its_place_and_the_old_one_stays(
    policies: PolicyStore, tmp_path: Path, bad: bytes, place: str
) -> None:
    put(policies)
    gateway = Gateway()
    async with following(tmp_path, gateway) as follower:
        await until(lambda: gateway.versions[-1:] == [1])
        put(policies, bad)
        await until(lambda: "refused" in follower.describe())
        assert follower.describe()["refused"]["version"] == 2
        assert place in follower.describe()["refused"]["reason"]
        assert follower.describe()["version"] == 1
        put(policies)
        await until(lambda: gateway.versions[-1:] == [3])
        assert "refused" not in follower.describe()


@pytest.mark.anyio
async def test_a_policy_that_the_gateway_cannot_obey_is_neither_in_force_nor_kept(
    policies: PolicyStore, tmp_path: Path
) -> None:
    put(policies)
    gateway = Gateway()
    async with following(tmp_path, gateway) as follower:
        await until((tmp_path / "gateway-policy.json").exists)
        gateway.refuse = "$.guards[0].uses: there is no such guard here"
        put(policies, b"{}")
        await until(lambda: "refused" in follower.describe())
    again = Gateway()
    async with following(tmp_path, again, "postgresql://lrcp@127.0.0.1:1/none"):
        assert again.versions == [1]


@pytest.mark.anyio
async def test_a_fault_of_ours_in_taking_a_policy_refuses_it_too(policies: PolicyStore, tmp_path: Path) -> None:
    put(policies)
    gateway = Gateway()
    async with following(tmp_path, gateway) as follower:
        await until(lambda: gateway.versions[-1:] == [1])
        gateway.taken = None  # type: ignore[assignment]
        put(policies, b"{}")
        await until(lambda: "refused" in follower.describe())
        assert "AttributeError" in follower.describe()["refused"]["reason"]
        gateway.taken = []
        put(policies)
        await until(lambda: gateway.versions == [3])


@pytest.mark.anyio
async def test_a_policy_that_expires_gives_way_to_the_one_before_it(policies: PolicyStore, tmp_path: Path) -> None:
    put(policies)
    gateway = Gateway()
    async with following(tmp_path, gateway) as follower:
        await until(lambda: gateway.versions[-1:] == [1])
        put(policies, b"{}", expires_ns=time.time_ns() + 200_000_000)
        await until(lambda: gateway.versions[-1:] == [3])
        assert gateway.taken[-1][1].routes[0].name == "chat"
        assert follower.in_force.reason == "expired"


@pytest.mark.anyio
async def test_several_processes_follow_the_same_and_only_one_of_them_writes_that_it_expired(
    policies: PolicyStore, tmp_path: Path
) -> None:
    put(policies)
    gateways = [Gateway() for _ in range(3)]
    async with (
        following(tmp_path, gateways[0]),
        following(tmp_path, gateways[1]),
        following(tmp_path, gateways[2]),
    ):
        await until(lambda: all(gateway.versions[-1:] == [1] for gateway in gateways))
        put(policies, b"{}", expires_ns=time.time_ns() + 200_000_000)
        await until(lambda: all(gateway.versions[-1:] == [3] for gateway in gateways))
        await asyncio.sleep(5 * POLL_S)
    assert [head.version for head in policies.history(limit=10)] == [3, 2, 1]


@pytest.mark.anyio
async def test_a_file_that_is_no_policy_does_not_stop_the_gateway(policies: PolicyStore, tmp_path: Path) -> None:
    (tmp_path / "gateway-policy.json").write_bytes(b"\x00 half a fi")
    put(policies)
    gateway = Gateway()
    async with following(tmp_path, gateway):
        await until(lambda: gateway.versions == [1])


def test_a_policy_that_was_asked_for_earlier_does_not_replace_a_later_one_on_disk(tmp_path: Path) -> None:
    file = PolicyFile(tmp_path / "kept.json")
    newer = PolicyVersion(version=5, created_ns=1, author="a", reason="r", document=b"{}")
    older = PolicyVersion(version=4, created_ns=1, author="a", reason="r", document=b"{}")
    file.save(newer, asked_ns=20)
    file.save(older, asked_ns=10)
    assert file.load() == newer
    file.save(older, asked_ns=30)
    assert file.load() == older


@pytest.mark.anyio
async def test_a_disk_that_cannot_be_written_is_told_and_the_policy_holds(
    policies: PolicyStore, tmp_path: Path
) -> None:
    put(policies)
    gateway = Gateway()
    (tmp_path / "no folder").write_text("")
    access = StateAccess(Settings(data_dir=tmp_path))
    file = PolicyFile(tmp_path / "no folder" / "kept.json")
    follower = PolicyFollower(StatePolicySource(access), file, KNOWN_PROVIDERS, gateway.obey, poll_s=POLL_S)
    await follower.start()
    await until(lambda: "not_kept" in follower.describe())
    assert gateway.versions == [1]
    await follower.stop()
    access.close()
