"""The port: whoever can answer scans. The telemetry store does, and memory does for tests and replays of files."""

from collections.abc import Collection, Mapping
from typing import Protocol

from lrcp.query.scan.blocks import Block
from lrcp.query.scan.scans import Scan


class Source(Protocol):
    """Answers scans; every implementation passes tests/contract/source."""

    async def fetch(self, scans: Collection[Scan]) -> Mapping[Scan, Block]:
        """All answers together, each of the type that its scan names. A metric that nobody sent gives an empty block.

        Raises: UnavailableError, BusyError - the store cannot be read now; InputError - a scan that it cannot answer.
        """
