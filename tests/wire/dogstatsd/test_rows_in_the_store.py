"""From datagram to row: parts of a bucket come together in the engine, and everything a stranger can send fits it."""

import socket
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random

import msgspec

from lrcp.ingest.receivers.dogstatsd.aggregator import Aggregator
from lrcp.model.batch import Batch
from lrcp.model.errors import InputError
from lrcp.model.metric import MetricBucket
from tests.fuzz.datadog_intake import NOW_S, seeds
from tests.fuzz.dogstatsd import SEEDS, START_NS
from tests.fuzz.mutation import mutated, mutated_value
from tests.support.dogstatsd import dogstatsd, until
from tests.support.telemetry import Stack, with_stack
from tests.wire.datadog_intake.asking import decode


def test_parts_of_a_bucket_come_together_in_the_store(tmp_path: Path) -> None:
    async def scenario(stack: Stack) -> None:
        async with dogstatsd(port=0, flush_s=0.05, consumer=stack.pipeline) as running:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
                sender.connect(("127.0.0.1", running.server.port))
                for number in range(1, 6):
                    sender.send(
                        b"c:2|c|@0.5|#a:b\ng:%d|g\nd:%d|d|@0.5\ns:user%d|s\nh:%d|h\n"
                        % (number, number, number % 2, number)
                    )
                    await until(lambda sent=number: running.counted("records") == 5 * sent)  # type: ignore[misc]
        rows = await stack.rows(
            "SELECT metric, any(tags), type, sum(count), sum(sum), max(max), argMax(last, last_at.time_ns),"
            " quantilesDDMerge(0.005, 0.5, 0.75, 0.9, 0.95, 0.99)(sketch)[1], uniqMerge(members)"
            " FROM metrics GROUP BY metric, type ORDER BY metric"
        )
        found = {row[0]: row[1:] for row in rows}
        assert (found["c"][0], found["c"][1], found["c"][3]) == (["a:b"], "count", 20.0)
        assert found["g"][5] == 5.0
        assert (found["d"][2], found["d"][3]) == (10.0, 30.0)
        assert abs(float(str(found["d"][6])) - 3.0) < 0.1
        assert found["s"][7] == 2
        assert (found["h.max"][1], found["h.count"][1]) == ("gauge", "rate")

    with_stack(tmp_path, scenario)


def test_whatever_mutated_datagrams_and_bodies_become_the_store_takes(tmp_path: Path) -> None:
    buckets = [*_buckets_of_datagrams(3_000), *_buckets_of_bodies(3_000)]

    async def scenario(stack: Stack) -> None:
        await stack.pipeline.consume(Batch(metrics=buckets, size_bytes=1_000_000))
        ((count,),) = await stack.rows("SELECT count() FROM metrics")
        assert int(str(count)) > 100

    with_stack(tmp_path, scenario)


def _buckets_of_datagrams(count: int) -> Iterator[MetricBucket]:
    random, aggregator = Random(5), Aggregator()
    shift_s = int(time.time()) - START_NS // 1_000_000_000  # the store forgets what is older than its retention
    for number in range(count):
        aggregator.add_datagram(mutated(random.choice(SEEDS), SEEDS, random), START_NS + number * 1_000_000)
    for bucket in aggregator.take(START_NS + count * 1_000_000, final=True)[0]:
        bucket.time_s += shift_s
        yield bucket


def _buckets_of_bodies(count: int) -> Iterator[MetricBucket]:
    random, shift_s = Random(6), int(time.time()) - NOW_S
    metric_seeds = [seed for seed in seeds() if seed.path == "/api/v2/series" and seed.body[:1] == b"{"]
    for _ in range(count):
        seed = random.choice(metric_seeds)
        try:
            decoded = decode(seed.path, mutated_value(msgspec.json.decode(seed.body), random))
        except InputError:
            continue
        for bucket in decoded.batch.metrics if decoded.batch else []:
            bucket.time_s += shift_s
            yield bucket
