"""The official `datadog` DogStatsD client against our sockets."""

import asyncio
import time
from pathlib import Path

import pytest
from datadog.dogstatsd import DogStatsd

from tests.support.dogstatsd import RunningServer, dogstatsd, until

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def send_everything(client: DogStatsd) -> None:
    client.increment("shop.orders", 3, tags=["Route:/qa"])
    client.decrement("shop.orders", 1, tags=["route:/qa"])
    client.increment("shop.sampled", 5, sample_rate=1)
    client.gauge("shop.queue", 7.5, tags=["host:web-1"], cardinality="low")
    for items in (1, 4, 2):
        client.histogram("shop.items", items)
    client.timing("shop.render", 12)
    client.distribution("shop.latency", 0.25)
    client.distribution("shop.latency", 0.5)
    client.set("shop.users", "ann:smith")
    client.set("shop.users", "bob")
    client.event("Deploy é", "line one\nline two", alert_type="success", priority="low", tags=["version:2"])
    client.service_check("shop.up", 1, tags=["zone:a"], hostname="web-1", message="slow\nm: here")
    client.flush()


def assert_everything_arrived(running: RunningServer) -> None:
    assert sum(b.sum for b in running.of("shop.orders")) == 2.0
    assert {b.tags for b in running.of("shop.orders")} == {("env:test", "route:/qa")}
    assert sum(b.sum for b in running.of("shop.sampled")) == 5.0
    assert [(b.last, b.tags) for b in running.of("shop.queue")] == [(7.5, ("env:test", "host:web-1"))]
    assert running.of("shop.items.max")[0].last == 4.0
    assert running.of("shop.items.count")[0].type == "rate"
    assert running.of("shop.render.avg")[0].unit == "millisecond"
    assert sorted(v for b in running.of("shop.latency") for v in b.values) == [0.25, 0.5]
    assert {m for b in running.of("shop.users") for m in b.members} == {"ann:smith", "bob"}
    (event,) = running.events
    assert (event.title, event.text) == ("Deploy é", "line one\nline two")
    assert (event.alert_type, event.priority, event.tags) == ("success", "low", ("env:test", "version:2"))
    (check,) = running.checks
    assert (check.check, check.status, check.host, check.message) == ("shop.up", "warning", "web-1", "slow\nm: here")
    assert running.counted("rejected_records") == 0


async def test_everything_the_client_can_send_arrives_over_udp() -> None:
    async with dogstatsd(port=0) as running:
        client = DogStatsd("127.0.0.1", running.server.port, constant_tags=["env:test"], telemetry_min_flush_interval=0)
        await asyncio.to_thread(send_everything, client)
        await until(lambda: running.counted("requests") >= 1)
        client.close_socket()
    assert_everything_arrived(running)
    assert running.of("datadog.dogstatsd.client.metrics") != []


@pytest.mark.parametrize(
    ("option", "scheme"), [("socket_path", "unixgram"), ("stream_path", "unixstream"), ("socket_path", "unix")]
)
async def test_everything_the_client_can_send_arrives_over_unix_sockets(
    tmp_path: Path, option: str, scheme: str
) -> None:
    path = tmp_path / "dsd.socket"
    async with dogstatsd(**{option: path}) as running:  # type: ignore[arg-type]
        client = DogStatsd(
            socket_path=f"{scheme}://{path}",
            constant_tags=["env:test"],
            disable_telemetry=True,
            disable_buffering=False,
        )
        await asyncio.to_thread(send_everything, client)
        await until(lambda: running.counted("requests") >= 1)
        client.close_socket()
    assert_everything_arrived(running)


async def test_timestamped_metrics_of_the_client_keep_their_time() -> None:
    async with dogstatsd(port=0) as running:
        client = DogStatsd("127.0.0.1", running.server.port, disable_telemetry=True, disable_buffering=True)
        now_s = 10 * (int(time.time()) // 10)
        client.gauge_with_timestamp("shop.queue", 3, now_s - 300)
        client.count_with_timestamp("shop.orders", 2, now_s - 300)
        await until(lambda: running.counted("requests") == 2)
        client.close_socket()
    assert [(b.time_s, b.last) for b in running.of("shop.queue")] == [(now_s - 300, 3.0)]
    assert [(b.time_s, b.sum) for b in running.of("shop.orders")] == [(now_s - 300, 2.0)]
