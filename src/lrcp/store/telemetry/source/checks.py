"""Check scans over `checks`: the engine gives the newest reports of each tag set, grouping is that of memory."""

from typing import Final

from lrcp.model.event import ServiceCheck
from lrcp.query.memory.checks import check_block
from lrcp.query.scan.blocks import Block
from lrcp.query.scan.scans import CheckScan, Scan
from lrcp.store.telemetry.source.statement import SETTINGS
from lrcp.store.telemetry.store import TelemetryStore

_NEWEST: Final = """
SELECT toUnixTimestamp64Nano(time) AS time_ns, check, status, host, message, tags FROM checks
WHERE check IN {checks:Array(String)}
  AND time >= toDateTime64({since_s:Int64}, 9, 'UTC') AND time < toDateTime64({until_s:Int64}, 9, 'UTC')
ORDER BY time DESC, status LIMIT {last:UInt32} BY check, host, tags"""


def read_checks(store: TelemetryStore, scans: list[CheckScan]) -> dict[Scan, Block]:
    """One statement for the scans that end at one moment; on a store thread. Raises: UnavailableError, InputError."""
    together: dict[int, list[CheckScan]] = {}
    for scan in scans:
        together.setdefault(scan.until_s, []).append(scan)
    return {scan: block for until_s, of in together.items() for scan, block in _read(store, until_s, of).items()}


def _read(store: TelemetryStore, until_s: int, scans: list[CheckScan]) -> dict[Scan, Block]:
    values = {
        "checks": sorted({scan.check for scan in scans}),
        "since_s": min(scan.since_s for scan in scans),
        "until_s": until_s,
        "last": max(scan.last for scan in scans),
    }
    reports: dict[str, list[ServiceCheck]] = {}
    for time_ns, check, status, host, message, tags in store.read(_NEWEST, values, SETTINGS).rows:
        reports.setdefault(check, []).append(ServiceCheck(time_ns, check, status, host, message, tuple(tags)))
    return {
        scan: check_block(scan, (one for one in reports.get(scan.check, ()) if one.time_ns >= scan.since_s * 10**9))
        for scan in scans
    }
