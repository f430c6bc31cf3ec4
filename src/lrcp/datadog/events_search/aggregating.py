"""Aggregations: the scans of a request, and its buckets from their answers. Pure but for the handler at the end."""

import math
import uuid
from collections.abc import Iterator, Mapping
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from lrcp.datadog.events_search.aggregate_request import Aggregated, Compute, GroupBy, read_aggregated
from lrcp.datadog.events_search.listing import made, read_body
from lrcp.datadog.events_search.moments import moment_text
from lrcp.datadog.events_search.products import SPANS, Product
from lrcp.datadog.http import reply
from lrcp.kit.clock import Clock
from lrcp.query.scan.blocks import GroupBlock
from lrcp.query.scan.scans import EventScan
from lrcp.query.search.groups import Group
from lrcp.store.telemetry.source.events import fetch_events
from lrcp.store.telemetry.store import TelemetryStore

_MAX_GROUPS: Final = 10_000
_COUNT: Final = Compute("count", "", None)

Answers = Mapping[EventScan, GroupBlock]


def plan_aggregation(asked: Aggregated) -> set[EventScan]:
    """Everything that the buckets are made of."""
    scans = {_scan(asked, asked.groups, compute) for compute in (*asked.computes, _COUNT)}
    for depth, group in enumerate(asked.groups, start=1):
        if group.sorting.aggregation:
            scans.add(_sort_scan(asked, asked.groups[:depth]))
        if group.total:
            scans |= {_scan(asked, _others(asked, group), compute) for compute in (*asked.computes, _COUNT)}
    return scans


def make_buckets(asked: Aggregated, answers: Answers) -> list[dict[str, Any]]:
    """`by` and `computes` of each bucket, in the order that was asked for; those of totals at the end."""
    buckets = [_bucket(asked, asked.groups, group, answers) for group in _ordered(asked, answers)]
    for group in asked.groups:
        if group.total:
            others = _others(asked, group)
            found = answers[_scan(asked, others, _COUNT)]
            there = [one for one, values in zip(found.groups, found.values, strict=True) if values[0]]
            buckets += [_bucket(asked, others, one, answers, {group.facet: group.total}) for one in there]
    return buckets


def _scan(asked: Aggregated, groups: tuple[GroupBy, ...], compute: Compute) -> EventScan:
    return EventScan(
        asked.source,
        asked.search,
        compute.aggregation,
        compute.measure,
        tuple(group.facet for group in groups),
        asked.grid(compute.interval_s),
        _MAX_GROUPS,
        limits=(_MAX_GROUPS,) * len(groups),
        missing=tuple(group.missing for group in groups),
        clip_ns=(asked.from_ns, asked.to_ns),
    )


def _sort_scan(asked: Aggregated, groups: tuple[GroupBy, ...]) -> EventScan:
    """What the values of the last of these facets are sorted by."""
    sorting = groups[-1].sorting
    return _scan(asked, groups, Compute(sorting.aggregation, sorting.measure, None))


def _others(asked: Aggregated, group: GroupBy) -> tuple[GroupBy, ...]:
    return tuple(one for one in asked.groups if one is not group)


def _ordered(asked: Aggregated, answers: Answers) -> list[Group]:
    """The groups that are kept: of each facet so many values within those of the facets before it, in its order."""
    found = answers[_scan(asked, asked.groups, _COUNT)]
    groups = [group for group, values in zip(found.groups, found.values, strict=True) if values[0]]
    kept: list[Group] = [()] if groups else []
    for depth, group in enumerate(asked.groups, start=1):
        names = dict.fromkeys(one[:depth] for one in groups)
        ranked = _ranked(asked, depth, list(names), answers)
        kept = [name for outer in kept for name in [one for one in ranked if one[:-1] == outer][: group.limit]]
    return kept


def _ranked(asked: Aggregated, depth: int, names: list[Group], answers: Answers) -> list[Group]:
    sorting = asked.groups[depth - 1].sorting
    names.sort(key=lambda name: name[-1], reverse=sorting.descending and not sorting.aggregation)
    if not sorting.aggregation:
        return names
    block = answers[_sort_scan(asked, asked.groups[:depth])]
    values = {group: float(row[0]) for group, row in zip(block.groups, block.values, strict=True)}
    sign = -1 if sorting.descending else 1
    # What has no value comes last, whichever way it goes.
    return sorted(names, key=lambda name: sign * values[name] if name in values else math.inf)


def _bucket(
    asked: Aggregated,
    groups: tuple[GroupBy, ...],
    group: Group,
    answers: Answers,
    more: Mapping[str, str] = {},
) -> dict[str, Any]:
    names = {one.facet: value for one, value in zip(groups, group, strict=True)}
    by = {one.facet: names.get(one.facet, more.get(one.facet, "")) for one in asked.groups}
    computes = {}
    for number, compute in enumerate(asked.computes):
        scan = _scan(asked, groups, compute)
        value = _value(answers[scan], group, scan, compute)
        if value is not None:
            computes[f"c{number}"] = value
    return {"by": by, "computes": computes}


def _value(block: GroupBlock, group: Group, scan: EventScan, compute: Compute) -> Any:
    """A number, or the points of a time series; None where there is none."""
    if group not in block.groups:
        return [] if compute.interval_s else None
    row = block.values[block.groups.index(group)].tolist()
    numbers = [_number(value, compute.aggregation) for value in row]
    if compute.interval_s is None:
        return numbers[0]
    return list(_points(numbers, scan))


def _points(numbers: list[int | float | None], scan: EventScan) -> Iterator[dict[str, Any]]:
    """Buckets with records only, as recorded."""
    for number, start_s in zip(numbers, scan.grid.starts_s.tolist(), strict=True):
        if number is not None and not (number == 0 and scan.aggregation == "count"):
            yield {"time": moment_text(start_s * 10**9), "value": number}


def _number(value: float, aggregation: str) -> int | float | None:
    if math.isnan(value):
        return None
    return int(value) if aggregation in ("count", "cardinality") else value


class Aggregations:
    """Answers aggregations of one product."""

    def __init__(self, product: Product, store: TelemetryStore, clock: Clock) -> None:
        self._product = product
        self._store = store
        self._clock = clock

    async def by_body(self, request: Request) -> Response:
        """POST."""
        started, enveloped = self._clock.monotonic_s(), self._product is SPANS
        body = await read_body(request, enveloped=enveloped)
        asked = read_aggregated(self._product, body, self._clock.now_ns())
        answers = await fetch_events(self._store, plan_aggregation(asked))
        buckets, meta = make_buckets(asked, answers), made(self._clock.monotonic_s() - started)
        if not enveloped:
            return reply({"meta": meta, "data": {"buckets": buckets}})
        return reply({"data": [_as_resource(bucket) for bucket in buckets], "meta": meta})


def _as_resource(bucket: dict[str, Any]) -> dict[str, Any]:
    """A bucket of spans."""
    attributes = {"by": bucket["by"], "compute": bucket["computes"]}
    return {"type": "bucket", "id": str(uuid.uuid4()), "attributes": attributes}
