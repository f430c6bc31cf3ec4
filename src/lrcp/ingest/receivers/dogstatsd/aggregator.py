"""From datagrams to buckets: every line to its series, every series to 10-second buckets. No I/O, no clock inside."""

from collections.abc import Callable
from functools import partial
from typing import Final

import msgspec

from lrcp.ingest.receivers.dogstatsd.check_line import CHECK_MARK, parse_check
from lrcp.ingest.receivers.dogstatsd.event_line import EVENT_MARK, parse_event
from lrcp.ingest.receivers.dogstatsd.fields import parse_text
from lrcp.ingest.receivers.dogstatsd.metric_line import MetricLine, parse_metric, parse_values
from lrcp.ingest.receivers.dogstatsd.registry import AnySeries, Registry
from lrcp.ingest.receivers.dogstatsd.series import Series, SetSeries, Window
from lrcp.ingest.receivers.dogstatsd.timed import TimedPoints
from lrcp.model.errors import InputError
from lrcp.model.event import Event, ServiceCheck
from lrcp.model.ids import payload_digest
from lrcp.model.metric import BUCKET_S, MetricBucket, bucket_start_s

DEFAULT_MAX_SERIES: Final = 100_000
_MAX_KNOWN: Final = 200_000
_MAX_KNOWN_BYTES: Final = 1024
"""Longer lines are not remembered by their surroundings, which bounds the memory that strangers can fill."""

MAX_LINE_BYTES: Final = 8192
"""The agent's default for a whole packet."""

_MAX_NOTES: Final = 10_000
"""Events and checks between two flushes; more are refused and counted."""

_NS: Final = 1_000_000_000
_Surroundings = tuple[bytes, bytes]
"""What surrounds the value of a line: the name, and all after the value. It tells the series and the sample rate."""


class Tally(msgspec.Struct):
    """Lines since the tally was last taken. series_over: refused because there were too many series (also in rejected)."""

    records: int = 0
    rejected: int = 0
    series_over: int = 0
    first_reason: str = ""


class Aggregator:
    """All series of one server.

    max_series bounds them; at the bound, series that have been silent since the last bucket make room, and when there
    are none, samples of new series are refused and counted. host is the host of what names none ('': none).
    """

    def __init__(self, *, max_series: int = DEFAULT_MAX_SERIES, host: str = "") -> None:
        self._window = Window()
        self._registry = Registry(self._window, max_series=max_series, host=host)
        self._timed = TimedPoints(host=host)
        self._host = host
        self._known: dict[_Surroundings, Callable[[float], None]] = {}
        self._known_sets: dict[_Surroundings, SetSeries] = {}
        self._events: list[Event] = []
        self._checks: list[ServiceCheck] = []
        self._event_number = 0
        self._tally = Tally()
        self._open_ns = self._close_ns = 0

    def add_datagram(self, data: bytes, now_ns: int) -> None:
        """Take the lines of one datagram; wrong ones are refused one by one and counted, nothing is raised.

        The hot path: a line is split into its value and what surrounds it, and the series is found by the latter, so
        that only lines with new surroundings go through the grammar. float() takes more than the agent does (spaces,
        underscores, NaN): such values go through the grammar too.
        """
        if not self._open_ns <= now_ns < self._close_ns:
            self._turn(now_ns)
        find = self._known.get
        taken = 0
        for line in data.split(b"\n"):
            name, _, rest = line.partition(b":")
            raw, _, tail = rest.partition(b"|")
            add = find((name, tail))
            if add is not None:
                try:
                    value = float(raw)
                except ValueError:
                    value = float("nan")
                if value - value == 0.0 and raw[0] > 32 and raw[-1] > 32 and b"_" not in raw:
                    add(value)
                    taken += 1
                    continue
            if line:
                self._add_slowly(line, (name, tail), raw, now_ns)
        self._tally.records += taken

    def take(self, now_ns: int, *, final: bool = False) -> tuple[list[MetricBucket], list[Event], list[ServiceCheck]]:
        """What is due: closed buckets, the parts of the open one that may go early, timed points, events, checks.

        final: also what would wait for the open bucket to close.
        """
        if not self._open_ns <= now_ns < self._close_ns:
            self._turn(now_ns)
        self._drain(wholes=final)
        buckets = [*self._window.ready, *self._timed.take()]
        events, checks = self._events, self._checks
        self._window.ready, self._events, self._checks = [], [], []
        return buckets, events, checks

    def take_tally(self) -> Tally:
        """The tally since the last call."""
        tally, self._tally = self._tally, Tally()
        return tally

    def _turn(self, now_ns: int) -> None:
        """Close the open bucket and open the one of now."""
        self._drain(wholes=True)
        self._window.bucket_s = bucket_start_s(now_ns // _NS)
        self._open_ns = self._window.bucket_s * _NS
        self._close_ns = self._open_ns + BUCKET_S * _NS

    def _drain(self, *, wholes: bool) -> None:
        window = self._window
        due: list[Series]
        due, window.parts = window.parts, []
        if wholes:
            due, window.wholes = due + window.wholes, []
        for series in due:
            window.ready.extend(series.drain())

    def _add_slowly(self, line: bytes, surroundings: _Surroundings, raw: bytes, now_ns: int) -> None:
        """Take a line that is no single number of a known series."""
        try:
            if len(line) > MAX_LINE_BYTES:
                raise InputError(f"the line has {len(line)} bytes, the limit is {MAX_LINE_BYTES}")
            if line.startswith((EVENT_MARK, CHECK_MARK)):
                self._add_note(line.removesuffix(b"\r"), now_ns)
            elif (members := self._known_sets.get(surroundings)) is not None and raw:
                members.add_member(parse_text(raw))
            elif (add := self._known.get(surroundings)) is not None and b":" in raw:
                for value in parse_values(raw):
                    add(value)
            else:
                metric = parse_metric(line.removesuffix(b"\r"))
                self._add_metric(metric, surroundings if len(line) <= _MAX_KNOWN_BYTES else None, now_ns)
        except InputError as error:
            self._refuse(str(error))
        else:
            self._tally.records += 1

    def _refuse(self, reason: str) -> None:
        self._tally.rejected += 1
        self._tally.first_reason = self._tally.first_reason or reason

    def _add_metric(self, metric: MetricLine, surroundings: _Surroundings | None, now_ns: int) -> None:
        """Take a parsed line, and remember its surroundings (None: do not). Raises: InputError - outside a bound."""
        if metric.time_s:
            self._timed.add(metric, now_ns)
            return
        series = self._find_series(metric)
        if len(self._known) + len(self._known_sets) >= _MAX_KNOWN:
            self._forget_surroundings()
        if isinstance(series, SetSeries):
            series.add_member(metric.member)
            if surroundings is not None:
                self._known_sets[surroundings] = series
            return
        add = series.add if metric.rate == 1.0 else partial(series.add_sampled, rate=metric.rate)
        for value in metric.values:
            add(value)
        if surroundings is not None:
            self._known[surroundings] = add

    def _find_series(self, metric: MetricLine) -> AnySeries:
        series = self._registry.find(metric)
        if series is None and self._registry.is_full() and self._registry.make_room():
            self._forget_surroundings()  # some lead to series that are gone
            series = self._registry.find(metric)
        if series is None:
            if self._registry.is_full():
                self._tally.series_over += 1
                raise InputError("there are too many series")
            raise InputError("the metric's name has no letter")
        return series

    def _forget_surroundings(self) -> None:
        self._known.clear()
        self._known_sets.clear()

    def _add_note(self, line: bytes, now_ns: int) -> None:
        """Take an event or a service check. Raises: InputError."""
        if len(self._events) + len(self._checks) >= _MAX_NOTES:
            raise InputError("too many events and checks between two flushes")
        if line.startswith(CHECK_MARK):
            check = parse_check(line)
            check.time_ns, check.host = check.time_ns or now_ns, check.host or self._host
            self._checks.append(check)
            return
        event = parse_event(line)
        event.time_ns, event.host = event.time_ns or now_ns, event.host or self._host
        self._event_number += 1
        digest = payload_digest(line, b"%d %d" % (now_ns, self._event_number))
        event.id = int.from_bytes(digest[:8], "little") >> 1
        self._events.append(event)
