"""Fuzz of the DogStatsD path from datagram to buckets; no network, so that a million takes a minute or two."""

import math
from random import Random

from lrcp.ingest.receivers.dogstatsd.aggregator import Aggregator
from lrcp.model.metric import BUCKET_S, METRIC_TYPES, MetricBucket
from tests.fuzz.mutation import mutated

SEEDS = (
    b"page.views:1|c|#env:prod,service:shop\n",
    b"fuel.level:0.5|g|#host:web-1\nfuel.level:7|g|#host:web-1\n",
    b"song.length:240|h|@0.5\nsong.length:1:2:3|h\n",
    b"request:12.5|ms|#a:b|c:ci-abc,in-42|e:it-false,cn-web|card:low\n",
    b"latency:0.25:0.5:1e3|d|@0.1|#route:/qa\n",
    b"users:ann:smith|s|#x:y\nusers:bob|s|#x:y\n",
    b"orders:2|c|T1700000000\nqueue:3|g|#a:b|T1699999990\n",
    b"_e{5,9}:title|two\\nlines|d:1700000000|h:web|k:key|p:low|s:src|t:warning|#a:b,c|c:ci-1\n",
    b"_sc|agent.up|2|d:1700000000|h:web|#a:b|m:it is\\ndown m\\: here\n",
    "métrique:1|c|#ville:sète\n".encode(),
)
START_NS = 1_700_000_000 * 1_000_000_000


def fuzz_datagrams(count: int, seed: int = 0) -> int:
    """Feed mutated datagrams, several per flush, and check every bucket that comes out. Returns: buckets seen.

    Raises: AssertionError - a bucket that the store could not take; anything else - a crash, with the datagram noted.
    """
    random, aggregator, buckets = Random(seed), Aggregator(max_series=5_000), 0
    for number in range(count):
        now_ns = START_NS + number * 1_000_000
        datagram = mutated(random.choice(SEEDS), SEEDS, random)
        try:
            aggregator.add_datagram(datagram, now_ns)
            if number % 500 == 499:
                buckets += _check(aggregator, now_ns)
        except Exception as error:
            error.add_note(f"seed {seed}, datagram {number}: {datagram!r}")
            raise
    return buckets + _check(aggregator, START_NS + count * 1_000_000)


def _check(aggregator: Aggregator, now_ns: int) -> int:
    buckets, events, checks = aggregator.take(now_ns, final=now_ns % 3 == 0)
    for bucket in buckets:
        assert is_storable(bucket), bucket
    for note in (*events, *checks):
        assert 0 < note.time_ns < 1 << 63, note
    return len(buckets)


def is_storable(bucket: MetricBucket) -> bool:
    """Whether the store's columns can hold a bucket, and it holds together."""
    numbers = (bucket.count, bucket.sum, bucket.min, bucket.max, bucket.last, *bucket.values)
    return (
        bool(bucket.metric)
        and bucket.type in METRIC_TYPES
        and all(math.isfinite(number) for number in numbers)
        and 0 <= bucket.time_s < 1 << 32
        and bucket.time_s % BUCKET_S == 0
        and 0 <= bucket.last_ns < 1 << 63
        and 0 <= bucket.interval_s < 1 << 32
        and len(bucket.weights) in (0, len(bucket.values))
        and all(0 < weight < 1 << 32 for weight in bucket.weights)
        and list(bucket.tags) == sorted(set(bucket.tags))
        and _is_utf8(bucket.metric, bucket.unit, *bucket.tags, *bucket.members)
    )


def _is_utf8(*texts: str) -> bool:
    return all(text.encode("utf-8", "replace").decode() == text for text in texts)
