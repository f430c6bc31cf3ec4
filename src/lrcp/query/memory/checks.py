"""Service checks in memory, and how a CheckScan chooses among reports; SQL's rows are grouped by the same function."""

from collections.abc import Iterable, Sequence
from operator import attrgetter

from lrcp.model.event import ServiceCheck
from lrcp.model.tags import normalize_tag
from lrcp.query.scan.blocks import CheckBlock
from lrcp.query.scan.scans import CheckScan


class MemoryChecks:
    """Reports by check, newest first."""

    def __init__(self, reports: Sequence[ServiceCheck]) -> None:
        self._by_check: dict[str, list[ServiceCheck]] = {}
        for report in sorted(reports, key=attrgetter("time_ns"), reverse=True):
            self._by_check.setdefault(report.check, []).append(report)

    def answer(self, scan: CheckScan) -> CheckBlock:
        """The newest statuses of each group."""
        since_ns, until_ns = scan.since_s * 10**9, scan.until_s * 10**9
        reports = self._by_check.get(scan.check, ())
        return check_block(scan, (report for report in reports if since_ns <= report.time_ns < until_ns))


def check_block(scan: CheckScan, reports: Iterable[ServiceCheck]) -> CheckBlock:
    """Groups of reports, which come newest first. A host is a tag too, whether it stands among the tags or beside them."""
    places: dict[tuple[str, ...], int] = {}
    found: list[list[str]] = []
    block = CheckBlock()
    over, exclude = _normal(scan.over), _normal(scan.exclude)
    for report in reports:
        tags = report_tags(report)
        normal = _normal(tags)
        if not over <= normal or exclude & normal:
            continue
        group = _group(tags, scan.by)
        if group is None:
            continue
        place = places.setdefault(group, len(places))
        if place == len(found):
            found.append([])
            block.groups.append(group)
            block.times_s.append(report.time_ns / 1e9)
            block.messages.append(report.message)
        if len(found[place]) < scan.last:
            found[place].append(report.status)
    block.statuses = [tuple(statuses) for statuses in found]
    return block


def report_tags(report: ServiceCheck) -> tuple[str, ...]:
    """A report's tags with its host, sorted."""
    own = f"host:{report.host}"
    return tuple(sorted({*report.tags, own})) if report.host else report.tags


def _normal(tags: Iterable[str]) -> set[str]:
    return {normalize_tag(tag) for tag in tags if tag != "*"}


def _group(tags: tuple[str, ...], by: tuple[str, ...]) -> tuple[str, ...] | None:
    """The group of a tag set, None when it misses a key."""
    if by == ("*",):
        return tags
    values = tuple(next((tag[len(key) + 1 :] for tag in tags if tag.startswith(f"{key}:")), None) for key in by)
    return None if None in values else values  # type: ignore[return-value]
