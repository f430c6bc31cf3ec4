"""The writer's side of the pipeline: many batches become one insert a table. Runs on the store's writer thread."""

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from itertools import repeat
from typing import Any, Final

import msgspec
import pyarrow as pa

from lrcp.evaluators.cost import PriceBook
from lrcp.ingest.counters import Counters
from lrcp.ingest.derived import recover_derived_metrics
from lrcp.ingest.duplicates import PayloadWindow, payload_number
from lrcp.ingest.pair_store import PairStore
from lrcp.ingest.processors.price import price_spans
from lrcp.ingest.processors.times import mend_times
from lrcp.kit.clock import Clock
from lrcp.model.batch import Batch
from lrcp.model.errors import InputError, LrcpError, UnavailableError
from lrcp.store.telemetry import columns
from lrcp.store.telemetry.store import TelemetryStore

log = logging.getLogger(__name__)

Tabulate = Callable[[Sequence[Any], Sequence[int]], pa.Table]


class _Table(msgspec.Struct, frozen=True):
    """How one kind of record reaches its table. key: the column that tells records of one payload apart."""

    field: str
    name: str
    tabulate: Tabulate
    key: str
    record_key: str


_TABLES: Final = (
    _Table("evaluations", "evaluations", columns.evaluation_table, "toUnixTimestamp64Nano(time)", "time_ns"),
    _Table("logs", "logs", columns.log_table, "toUnixTimestamp64Nano(time)", "time_ns"),
    _Table("events", "events", columns.event_table, "id", "id"),
    _Table("checks", "checks", columns.check_table, "toUnixTimestamp64Nano(time)", "time_ns"),
)
_METRICS: Final = _Table("metrics", "metric_buckets", columns.metric_table, "", "")
_PAYLOAD_TABLES: Final = ("spans", "evaluations", "logs", "events", "checks", "payloads")

Outcome = LrcpError | None
"""None: the batch is stored. An error: it is not acknowledged, and may be stored in part."""


class Committer:
    """Stores groups of batches. All methods run on the writer thread."""

    def __init__(
        self, store: TelemetryStore, prices: PriceBook, clock: Clock, counters: Counters, retention_days: int
    ) -> None:
        self._store = store
        self._prices = prices
        self._clock = clock
        self._counters = counters
        self._retention_days = retention_days
        self._pairs = PairStore(store)
        self.window = PayloadWindow()

    def recover(self) -> None:
        """After a start: learn which payloads of the last minutes are stored, at least in part; mend pairs and metrics."""
        for table in _PAYLOAD_TABLES:
            sql = f"SELECT DISTINCT payload FROM {table} WHERE ingested_at > now() - 900 AND payload != 0 LIMIT 200000"
            for (payload,) in self._store.read(sql).rows:
                self.window.mark_uncertain(payload)
        self._pairs.recover()
        recover_derived_metrics(self._store)

    def commit(self, group: Sequence[Batch]) -> list[Outcome]:
        """Store a group. Returns: one outcome a batch, in order. Raises: LrcpError - a part of the group may be stored."""
        try:
            return self._commit(group)
        except BaseException:
            for batch in group:
                if batch.digest:
                    self.window.mark_uncertain(payload_number(batch.digest))
            raise

    def _commit(self, group: Sequence[Batch]) -> list[Outcome]:
        now_ns = self._clock.now_ns()
        for batch in group:
            self._prepare(batch, now_ns)
        outcomes: list[Outcome] = [None] * len(group)
        self._store_spans(group, outcomes)
        for table in (*_TABLES, _METRICS):
            self._store_records(table, group, outcomes)
        for batch, outcome in zip(group, outcomes, strict=True):
            self._remember(batch, outcome, now_ns)
        return outcomes

    def tidy(self) -> None:
        """What may wait until nothing else is to do: remove the rows that merged ones replaced."""
        self._pairs.remove_replaced()

    def _prepare(self, batch: Batch, now_ns: int) -> None:
        dropped = mend_times(batch, now_ns, self._retention_days)
        if dropped:
            self._counters.add("pipeline", "outside_retention", dropped)
        price_spans(batch.spans, self._prices)
        if batch.digest and self.window.is_uncertain(payload_number(batch.digest)):
            self._keep_missing(batch)

    def _remember(self, batch: Batch, outcome: Outcome, now_ns: int) -> None:
        if not batch.digest:
            return
        payload = payload_number(batch.digest)
        if outcome is None:
            self.window.mark_stored(payload, now_ns)
        else:
            self.window.mark_uncertain(payload)

    # A group is tried whole; when the engine refuses it, batch by batch, so that one bad record costs its own batch only.

    def _store_spans(self, group: Sequence[Batch], outcomes: list[Outcome]) -> None:
        def insert(batches: Sequence[Batch]) -> None:
            rows, derive = self._pairs.resolve(list(_rows(batches, "spans")))
            spans, payloads = [span for span, _ in rows], [payload for _, payload in rows]
            self._store.insert("spans", columns.span_table(spans, derive, payloads))
            self._pairs.mark_stored()

        self._try_whole_then_single("spans", insert, group, outcomes)

    def _store_records(self, table: _Table, group: Sequence[Batch], outcomes: list[Outcome]) -> None:
        def insert(batches: Sequence[Batch]) -> None:
            rows = list(_rows(batches, table.field))
            records, payloads = [record for record, _ in rows], [payload for _, payload in rows]
            self._store.insert(table.name, table.tabulate(records, payloads))

        self._try_whole_then_single(table.field, insert, group, outcomes)

    def _try_whole_then_single(
        self, field: str, insert: Callable[[Sequence[Batch]], None], group: Sequence[Batch], outcomes: list[Outcome]
    ) -> None:
        having = [i for i, batch in enumerate(group) if getattr(batch, field)]
        if not having:
            return
        error = _attempt(insert, [group[i] for i in having])
        if error is None:
            return
        log.warning("storing %d batches of %s together failed: %s", len(having), field, error)
        self._counters.add("pipeline", "failed_groups")
        for i in having:
            if len(having) > 1:
                self._mark_for_retry(group[i])
                error = _attempt(insert, [group[i]])
            outcomes[i] = outcomes[i] or error

    def _mark_for_retry(self, batch: Batch) -> None:
        """The failed insert of the group may have stored a part by day of this batch."""
        if batch.digest:
            self._keep_missing(batch)

    def _keep_missing(self, batch: Batch) -> None:
        """Reduce a batch that may be stored in part to the records that are not."""
        payload = payload_number(batch.digest)
        stored = self._stored_keys("spans", "span_id", payload)
        batch.spans = _without(batch.spans, "span_id", stored)
        for table in _TABLES:
            if records := getattr(batch, table.field):
                setattr(
                    batch,
                    table.field,
                    _without(records, table.record_key, self._stored_keys(table.name, table.key, payload)),
                )
        if batch.metrics and self._stored_keys("payloads", "payload", payload):
            batch.metrics = []

    def _stored_keys(self, table: str, key: str, payload: int) -> Counter[Any]:
        sql = f"SELECT {key} FROM {table} WHERE payload = {{payload:UInt64}} AND ingested_at > now() - 3600"
        return Counter(row[0] for row in self._store.read(sql, {"payload": payload}).rows)


def _rows(batches: Iterable[Batch], field: str) -> Iterable[tuple[Any, int]]:
    """(record, payload number) of every record of one kind."""
    for batch in batches:
        payload = payload_number(batch.digest) if batch.digest else 0
        yield from zip(getattr(batch, field), repeat(payload))


def _attempt(insert: Callable[[Sequence[Batch]], None], batches: Sequence[Batch]) -> Outcome:
    """An InputError is the sender's: it will not do to send that again. What the engine refuses is ours to mend."""
    try:
        insert(batches)
    except InputError as error:
        return UnavailableError(f"the store refused the records: {error}")
    except LrcpError as error:
        return error
    except (pa.ArrowException, ValueError, TypeError, OverflowError) as error:
        return InputError(f"the records do not fit the table: {error}")
    return None


def _without(records: list[Any], key: str, stored: Counter[Any]) -> list[Any]:
    """The records whose key is not among the stored ones, each stored key taken once."""
    left = Counter(stored)
    kept = []
    for record in records:
        if left[getattr(record, key)] > 0:
            left[getattr(record, key)] -= 1
        else:
            kept.append(record)
    return kept
