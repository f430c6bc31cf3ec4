"""The telemetry store and the pipeline over it, the same cases on the embedded engine and on a ClickHouse server."""

import asyncio
import time

import pytest

from lrcp.ingest.rollup import TrafficRollup
from lrcp.kit.clock import FakeClock
from lrcp.model.batch import Batch
from lrcp.model.errors import InputError, SettingsError
from lrcp.model.evaluation import Evaluation
from lrcp.model.event import Event, ServiceCheck
from lrcp.model.ids import payload_digest
from lrcp.model.log import Log
from lrcp.model.metric import MetricBucket
from lrcp.store.telemetry import columns
from lrcp.store.telemetry.engine import Connect
from lrcp.store.telemetry.migrate import _idempotent, _statements, list_migrations
from lrcp.store.telemetry.store import TelemetryStore
from tests.support.telemetry import Stack, make_span, with_stack

ALL_MIGRATIONS = [name for _, name, _ in list_migrations()]
AWKWARD = "tab\t newline\n quote' double\" back\\slash \\N é \U0001f600 {x} %20 & = ?"


def open_and_close(engine: Connect, retention_days: int = 30) -> list[str]:
    async def run() -> list[str]:
        store = TelemetryStore(engine)
        try:
            return await store.open(retention_days)
        finally:
            await store.close()

    return asyncio.run(run())


def test_migrations_run_once_each(engine: Connect) -> None:
    assert open_and_close(engine) == ALL_MIGRATIONS
    assert open_and_close(engine) == []


def test_a_migration_that_was_cut_off_is_run_again_from_its_start(engine: Connect) -> None:
    client = engine()
    for statement in _statements(list_migrations()[0][2], 30)[:4]:
        client.command(_idempotent(statement))
    client.close()
    assert open_and_close(engine) == ALL_MIGRATIONS
    assert open_and_close(engine) == []


def test_a_store_of_a_newer_version_is_refused(engine: Connect) -> None:
    open_and_close(engine)
    client = engine()
    client.insert("schema_migrations", [[9999, "9999_later.sql"]], column_names=["number", "name"])
    client.close()
    with pytest.raises(SettingsError, match="newer LRCP"):
        open_and_close(engine)


def test_rows_of_every_kind_come_back_as_they_went_in(engine: Connect) -> None:
    now_ns = time.time_ns() // 10**9 * 10**9 + 123_456_789
    bucket_s = now_ns // 10**10 * 10

    async def scenario(stack: Stack) -> None:
        span = make_span(1, start_ns=now_ns, input=AWKWARD, tags={"k": AWKWARD}, input_tokens=2**62, cost_nusd=None)
        batch = Batch(
            spans=[span],
            evaluations=[
                Evaluation(now_ns, "quality", score=0.5, evaluator="judge", evidence=AWKWARD, tags={"a": "b"})
            ],
            logs=[Log(now_ns, AWKWARD, service="shop", tags=("team:a", "x"), attributes='{"a":1}')],
            events=[Event(now_ns, "deployed", id=2**64 - 1, tags=("x",))],
            checks=[ServiceCheck(now_ns, "db.up", "critical", message=AWKWARD)],
            metrics=[MetricBucket("m", ("a:b",), bucket_s, "distribution", 2, 3, 1, 2, 2, now_ns, [1.0, 2.0])],
        )
        await stack.pipeline.consume(batch)
        assert await stack.rows(
            "SELECT toUnixTimestamp64Nano(start_time), input, tags, input_tokens, cost_nusd, derive FROM spans"
        ) == [(now_ns, AWKWARD, {"k": AWKWARD}, 2**62, None, True)]
        assert await stack.rows("SELECT name, score, evidence, tags FROM evaluations") == [
            ("quality", 0.5, AWKWARD, {"a": "b"})
        ]
        assert await stack.rows("SELECT message, tags, attributes FROM logs") == [(AWKWARD, ["team:a", "x"], '{"a":1}')]
        assert await stack.rows("SELECT id, title FROM events") == [(2**64 - 1, "deployed")]
        assert await stack.rows("SELECT check, status, message FROM checks") == [("db.up", "critical", AWKWARD)]
        assert await stack.rows(
            "SELECT sum(count), sum(sum), min(min), max(max), any(last), quantilesDDMerge(0.005, 0.5, 0.75, 0.9, 0.95, 0.99)"
            "(sketch)[2] BETWEEN 0.98 AND 2.02 FROM metrics WHERE metric = 'm'"
        ) == [(2, 3, 1, 2, 2, True)]

    with_stack(engine, scenario)


def test_values_of_any_magnitude_are_stored_and_read_together(engine: Connect) -> None:
    values = [7.5, -1.7976931348623157e308, 1e300, 5e-324, 0.0, 1e-200, 7.5, 7.5]
    now_s = int(time.time()) // 10 * 10
    buckets = [
        MetricBucket("m", (), now_s - 10 * at, "distribution", 1, one, one, one, one, now_s * 10**9, [one])
        for at, one in enumerate(values)
    ]

    async def scenario(stack: Stack) -> None:
        await stack.pipeline.consume(Batch(metrics=buckets))
        (row,) = await stack.rows(
            "SELECT max(max), quantilesDDMerge(0.005, 0.5, 0.75, 0.9, 0.95, 0.99)(sketch)[2] FROM metrics WHERE metric = 'm'"
        )
        assert row == (1e300, pytest.approx(7.5, rel=0.02))

    with_stack(engine, scenario)


def test_the_llm_metrics_are_derived_from_the_spans(engine: Connect) -> None:
    spans = [
        make_span(n, kind="llm", provider="openai", model="gpt-4o", input_tokens=10, output_tokens=4) for n in (1, 2)
    ]

    async def scenario(stack: Stack) -> None:
        await stack.pipeline.consume(Batch(spans=[*spans, make_span(3, kind="server")]))
        assert await stack.rows(
            "SELECT metric, sum(sum) FROM metrics WHERE metric IN ('llm.request.count', 'llm.tokens.input', 'llm.cost.usd')"
            " AND origin = 'spans' GROUP BY metric ORDER BY metric"
        ) == [("llm.cost.usd", 0.00013), ("llm.request.count", 2), ("llm.tokens.input", 20)]

    with_stack(engine, scenario)


def test_parameters_are_bound_as_values_whatever_they_hold(engine: Connect) -> None:
    sql = "SELECT {text:String}, {texts:Array(String)}, {number:Int64}, {ratio:Float64}"
    values = {"text": AWKWARD, "texts": [AWKWARD, "", "'); DROP TABLE spans; --"], "number": -(2**63), "ratio": 0.1}

    async def scenario(stack: Stack) -> None:
        result = await stack.store.query(sql, values)
        assert [tuple(row) for row in result.rows] == [tuple(values.values())]

    with_stack(engine, scenario)


def test_settings_hold_for_their_own_statement_only(engine: Connect) -> None:
    limits = {"max_result_rows": 5, "result_overflow_mode": "throw", "readonly": 2, "max_execution_time": 20}

    async def scenario(stack: Stack) -> None:
        with pytest.raises(Exception, match="max rows: 5"):
            await stack.store.query("SELECT number FROM numbers(6)", settings=limits)
        assert len((await stack.store.query("SELECT number FROM numbers(6)")).rows) == 6

    with_stack(engine, scenario)


@pytest.mark.parametrize(
    ("sql", "says"),
    [
        ("SELECT nope FROM spans", "Code: 47. DB::Exception: Unknown expression"),
        ("SELECT 1 1", "Code: 62. DB::Exception: Syntax error"),
        ("SELECT nope(1)", "Code: 46. DB::Exception: Function with name `nope`"),
        ("SELECT * FROM nope", "Code: 60. DB::Exception: Unknown table"),
    ],
)
def test_a_wrong_statement_is_the_callers_fault_in_the_engines_own_words(engine: Connect, sql: str, says: str) -> None:
    async def scenario(stack: Stack) -> None:
        with pytest.raises(InputError) as raised:
            await stack.store.query(sql)
        assert str(raised.value).startswith(says)
        assert "http://" not in str(raised.value)

    with_stack(engine, scenario)


def test_a_record_that_does_not_fit_costs_its_own_batch_only(engine: Connect) -> None:
    async def scenario(stack: Stack) -> None:
        outcomes = await asyncio.gather(
            *(stack.pipeline.consume(Batch(spans=[make_span(n, attempts=n - 2)])) for n in (1, 2, 3)),
            return_exceptions=True,
        )
        assert [outcome is None for outcome in outcomes] == [False, True, True]
        assert await stack.rows("SELECT count() FROM spans") == [(2,)]

    with_stack(engine, scenario)


def two_views(number: int) -> tuple[Batch, Batch]:
    apm = make_span(number, name="openai.request", kind="client", awaits="llmobs", source="ddtrace")
    llmobs = make_span(number, name="chat", kind="llm", awaits="apm", source="llmobs")
    return Batch(spans=[apm]), Batch(spans=[llmobs])


def test_the_row_that_a_merged_one_replaces_is_removed(engine: Connect) -> None:
    async def scenario(stack: Stack) -> None:
        for batch in two_views(1):
            await stack.pipeline.consume(batch)
        await stack.store.on_writer(stack.committer.tidy)
        assert await stack.rows("SELECT name, kind, awaits FROM spans") == [("chat", "llm", "")]

    with_stack(engine, scenario)


def test_ten_thousand_operations_told_twice_are_paired_in_parts_that_a_server_takes(engine: Connect) -> None:
    count = 10_001
    views = [two_views(number + 2**60) for number in range(count)]

    async def scenario(stack: Stack) -> None:
        for side in (0, 1):
            await stack.pipeline.consume(Batch(spans=[span for pair in views for span in pair[side].spans]))
        await stack.store.on_writer(stack.committer.tidy)
        assert await stack.rows("SELECT count(), countIf(awaits = ''), uniqExact(span_id) FROM spans") == [
            (count, count, count)
        ]

    with_stack(engine, scenario)


def test_a_changed_retention_takes_hold_of_tables_that_exist(engine: Connect) -> None:
    open_and_close(engine, 30)
    open_and_close(engine, 7)

    async def scenario() -> list[str]:
        store = TelemetryStore(engine)
        await store.open(7)
        tables = (await store.query("SHOW TABLES")).rows
        ddl = [str((await store.query(f"SHOW CREATE TABLE {table}")).rows[0][0]) for (table,) in tables]
        await store.close()
        return ddl

    ddl = asyncio.run(scenario())
    assert sum("toIntervalDay(7)" in text for text in ddl) >= 6
    assert not [text for text in ddl if "toIntervalDay(30)" in text]


def test_a_payload_sent_again_is_stored_once_also_after_a_restart(engine: Connect) -> None:
    def batch(*numbers: int) -> Batch:
        spans = [make_span(number, kind="llm") for number in numbers]
        metric = MetricBucket("m", (), int(time.time()) // 10 * 10, "count", 1, 5.0)
        return Batch(spans=spans, metrics=[metric], digest=payload_digest(b"x"))

    async def send(stack: Stack) -> None:
        await asyncio.gather(*(stack.pipeline.consume(batch(1, 2)) for _ in range(3)))

    async def resend(stack: Stack) -> None:
        await stack.pipeline.consume(batch(1, 2, 3))
        assert await stack.rows("SELECT count(), uniqExact(span_id) FROM spans") == [(3, 3)]
        assert await stack.rows("SELECT sum(sum) FROM metrics WHERE metric = 'm'") == [(5.0,)]

    with_stack(engine, send)
    with_stack(engine, resend)


def test_metrics_that_a_crash_left_out_are_derived_anew(engine: Connect) -> None:
    async def crash(stack: Stack) -> None:
        await stack.pipeline.consume(Batch(spans=[make_span(1, kind="llm")]))
        forget = "DELETE FROM metrics WHERE origin = 'spans'"
        await stack.store.on_writer(lambda: stack.store.command(forget))

    async def after(stack: Stack) -> None:
        assert await stack.rows("SELECT sum(sum) FROM metrics WHERE metric = 'llm.request.count'") == [(1,)]

    with_stack(engine, crash)
    with_stack(engine, after)


def test_the_periods_of_long_ranges_are_derived(engine: Connect) -> None:
    now_s = int(time.time())
    old = make_span(1, start_ns=(now_s - 3600) * 10**9, kind="llm", model="gpt-4o", input_tokens=10)

    async def scenario(stack: Stack) -> None:
        await stack.pipeline.consume(Batch(spans=[old]))
        assert await TrafficRollup(stack.store, FakeClock(now_s)).run() == 1
        assert await stack.rows("SELECT sum(requests), sum(input_tokens) FROM traffic_5m FINAL") == [(1, 10)]

    with_stack(engine, scenario)


def test_reads_and_writes_go_on_together_on_their_own_threads(engine: Connect) -> None:
    async def scenario(stack: Stack) -> None:
        async def write(first: int) -> None:
            for number in range(first, first + 10):
                await stack.pipeline.consume(Batch(spans=[make_span(number)]))

        async def read() -> None:
            for _ in range(10):
                await stack.rows("SELECT count(), max(start_time) FROM spans")

        await asyncio.gather(write(1), write(11), *(read() for _ in range(6)))
        assert await stack.rows("SELECT count() FROM spans") == [(20,)]

    with_stack(engine, scenario)


def test_a_large_insert_arrives_whole(engine: Connect) -> None:
    spans = [make_span(number, input="words " * 50, output=f"answer {number}") for number in range(1, 20_001)]

    async def scenario(stack: Stack) -> None:
        table = columns.span_table(spans, [True] * len(spans), [0] * len(spans))
        await stack.store.on_writer(lambda: stack.store.insert("spans", table))
        assert await stack.rows("SELECT count(), uniqExact(output), sum(length(input)) FROM spans") == [
            (20_000, 20_000, 20_000 * 300)
        ]

    with_stack(engine, scenario)
