"""The pipeline over the real embedded store: acknowledged means stored, a resent payload is stored once."""

import asyncio
import time
from pathlib import Path

import pytest

from lrcp.ingest.pipeline import Limits
from lrcp.model.batch import Batch
from lrcp.model.errors import BusyError, UnavailableError
from lrcp.model.event import Event, ServiceCheck
from lrcp.model.ids import payload_digest
from lrcp.model.log import Log
from lrcp.model.metric import MetricBucket
from tests.support.telemetry import Stack, make_span, with_stack

COUNT = "SELECT count(), uniqExact(span_id) FROM spans"


def batch_of(*spans, body: bytes = b"") -> Batch:
    return Batch(spans=list(spans), digest=payload_digest(body) if body else b"", size_bytes=1000)


def test_a_consumed_batch_is_in_its_tables_when_consume_returns(tmp_path: Path) -> None:
    now_ns = time.time_ns()
    batch = Batch(
        spans=[make_span()],
        logs=[Log(now_ns, "hello", service="shop", tags=("team:a",), attributes='{"a":1}')],
        events=[Event(now_ns, "deployed", id=7, tags=("x",))],
        checks=[ServiceCheck(now_ns, "db.up", "critical")],
        metrics=[MetricBucket("m", ("a:b",), now_ns // 10**10 * 10, "distribution", 2, 3, 1, 2, 2, now_ns, [1.0, 2.0])],
    )

    async def scenario(stack: Stack) -> None:
        await stack.pipeline.consume(batch)
        assert await stack.rows("SELECT trace_id, service, tags['k'] FROM spans") == [(f"{1:032x}", "shop", "v")]
        assert await stack.rows("SELECT message, tags, attributes FROM logs") == [("hello", ["team:a"], '{"a":1}')]
        assert await stack.rows("SELECT id, title FROM events") == [(7, "deployed")]
        assert await stack.rows("SELECT check, status FROM checks") == [("db.up", "critical")]
        assert await stack.rows("SELECT sum(count), sum(sum), min(min), max(max), any(last) FROM metrics") == [
            (2, 3, 1, 2, 2)
        ]

    with_stack(tmp_path, scenario)


def test_a_payload_sent_twice_is_stored_once(tmp_path: Path) -> None:
    async def scenario(stack: Stack) -> None:
        await asyncio.gather(*(stack.pipeline.consume(batch_of(make_span(), body=b"one")) for _ in range(3)))
        await stack.pipeline.consume(batch_of(make_span(), body=b"one"))
        assert await stack.rows(COUNT) == [(1, 1)]
        assert stack.counters.value("pipeline", "duplicate_payloads") == 3

    with_stack(tmp_path, scenario)


def test_equal_payloads_without_an_identity_are_two_facts(tmp_path: Path) -> None:
    async def scenario(stack: Stack) -> None:
        for _ in range(2):
            await stack.pipeline.consume(Batch(logs=[Log(time.time_ns(), "tick")]))
        assert await stack.rows("SELECT count() FROM logs") == [(2,)]

    with_stack(tmp_path, scenario)


def test_a_payload_resent_after_a_restart_is_stored_once(tmp_path: Path) -> None:
    metric = MetricBucket("m", (), int(time.time()) // 10 * 10, "count", 1, 5.0)

    def batch() -> Batch:
        return Batch(spans=[make_span(1), make_span(2)], metrics=[metric], digest=payload_digest(b"x"))

    async def send(stack: Stack) -> None:
        await stack.pipeline.consume(batch())

    async def resend(stack: Stack) -> None:
        await stack.pipeline.consume(batch())
        assert await stack.rows(COUNT) == [(2, 2)]
        assert await stack.rows("SELECT sum(sum) FROM metrics WHERE metric = 'm'") == [(5.0,)]

    with_stack(tmp_path, send)
    with_stack(tmp_path, resend)


def test_a_payload_stored_in_part_before_a_crash_is_completed_by_its_resend(tmp_path: Path) -> None:
    async def store_a_part(stack: Stack) -> None:
        await stack.pipeline.consume(batch_of(make_span(1), body=b"x"))

    async def resend_whole(stack: Stack) -> None:
        await stack.pipeline.consume(batch_of(make_span(1), make_span(2), make_span(3), body=b"x"))
        assert await stack.rows(COUNT) == [(3, 3)]

    with_stack(tmp_path, store_a_part)
    with_stack(tmp_path, resend_whole)


def test_over_the_bound_a_batch_is_refused_and_nothing_of_it_is_kept(tmp_path: Path) -> None:
    async def scenario(stack: Stack) -> None:
        big = Batch(spans=[make_span(1)], size_bytes=900)
        first = asyncio.create_task(stack.pipeline.consume(big))
        await asyncio.sleep(0)
        with pytest.raises(BusyError) as refused:
            await stack.pipeline.consume(Batch(spans=[make_span(2)], size_bytes=900))
        assert refused.value.retry_after_s > 0
        await first
        assert await stack.rows(COUNT) == [(1, 1)]
        await stack.pipeline.consume(Batch(spans=[make_span(2)], size_bytes=900))
        assert stack.pipeline.pending_bytes == 0

    with_stack(tmp_path, scenario, Limits(max_pending_bytes=1500))


def test_a_stopped_pipeline_stores_what_it_accepted_and_refuses_the_rest(tmp_path: Path) -> None:
    async def scenario(stack: Stack) -> None:
        accepted = [asyncio.create_task(stack.pipeline.consume(batch_of(make_span(n)))) for n in range(1, 6)]
        await asyncio.sleep(0)
        await stack.pipeline.stop()
        await asyncio.gather(*accepted)
        with pytest.raises(UnavailableError):
            await stack.pipeline.consume(batch_of(make_span(9)))
        assert await stack.rows(COUNT) == [(5, 5)]

    with_stack(tmp_path, scenario)


def test_a_record_the_engine_refuses_costs_its_own_batch_only(tmp_path: Path) -> None:
    broken = make_span(2, attempts=-1)

    async def scenario(stack: Stack) -> None:
        results = await asyncio.gather(
            stack.pipeline.consume(batch_of(make_span(1), body=b"a")),
            stack.pipeline.consume(batch_of(broken, body=b"b")),
            stack.pipeline.consume(batch_of(make_span(3), body=b"c")),
            return_exceptions=True,
        )
        assert [type(result).__name__ for result in results] == ["NoneType", "InputError", "NoneType"]
        assert await stack.rows("SELECT span_id FROM spans ORDER BY span_id") == [(f"{1:016x}",), (f"{3:016x}",)]

    with_stack(tmp_path, scenario)


def test_absurd_start_times_are_mended_or_left_out_without_harm_to_others(tmp_path: Path) -> None:
    spans = [make_span(1), make_span(2, start_ns=0), make_span(3, start_ns=1 << 62), make_span(4, start_ns=10**18)]

    async def scenario(stack: Stack) -> None:
        await stack.pipeline.consume(batch_of(*spans))
        rows = await stack.rows("SELECT span_id, abs(dateDiff('day', start_time, now())) FROM spans ORDER BY span_id")
        assert rows == [(f"{n:016x}", 0) for n in (1, 2, 3)]
        assert stack.counters.value("pipeline", "outside_retention") == 1

    with_stack(tmp_path, scenario)


def test_text_that_is_no_unicode_is_stored_with_marks(tmp_path: Path) -> None:
    async def scenario(stack: Stack) -> None:
        await stack.pipeline.consume(batch_of(make_span(1, input="bad \ud800 half", tags={"k\udfff": "\x00"})))
        assert await stack.rows("SELECT input, tags FROM spans") == [("bad ? half", {"k?": "\x00"})]

    with_stack(tmp_path, scenario)


def test_what_was_stored_before_the_store_failed_is_not_doubled_by_the_resend(tmp_path: Path) -> None:
    def batch(number: int) -> Batch:
        log = Log(time.time_ns(), "hello")
        return Batch(spans=[make_span(number)], logs=[log], digest=payload_digest(str(number).encode()))

    async def scenario(stack: Stack) -> None:
        def rename(old: str, new: str) -> None:
            stack.store.command(f"RENAME TABLE {old} TO {new}")

        await stack.store.on_writer(lambda: rename("logs", "away"))
        refused = await asyncio.gather(
            *(stack.pipeline.consume(batch(number)) for number in (1, 2)), return_exceptions=True
        )
        assert [type(error) for error in refused] == [UnavailableError] * 2
        await stack.store.on_writer(lambda: rename("away", "logs"))
        await asyncio.gather(*(stack.pipeline.consume(batch(number)) for number in (1, 2)))
        assert await stack.rows(COUNT) == [(2, 2)]
        assert await stack.rows("SELECT count() FROM logs") == [(2,)]

    with_stack(tmp_path, scenario)
