"""What of the limits outlives a policy."""

import logging
from collections.abc import Callable
from typing import Any

from lrcp.gateway.limits.cells import Cells, private_cells
from lrcp.gateway.limits.typical import Typical
from lrcp.model.errors import SettingsError

log = logging.getLogger(__name__)


class LimitState:
    """The cells, and what is typical; a ports.Part. Counts belong to a limit's name, so a changed limit goes on counting.

    open_cells: called at the start; until then, after the end, and where it fails, this process counts by itself.
    """

    def __init__(self, open_cells: Callable[[], Cells] = private_cells) -> None:
        self._open_cells = open_cells
        self._alone = ""
        self.cells = private_cells()
        self.typical = Typical()

    async def start(self) -> None:
        """Count with the others from now on; where that cannot be, better limits of each process alone than no gateway."""
        try:
            self.use(self._open_cells())
        except SettingsError as error:
            self._alone = str(error)
            log.error("limits hold for this process only: %s", error)

    async def stop(self) -> None:
        """Give back what is still counted as in progress here."""
        self.use(private_cells())

    def use(self, cells: Cells) -> None:
        """Count in these cells, and close those before."""
        self.cells, before = cells, self.cells
        before.close()

    def describe(self) -> dict[str, Any]:
        """For /health."""
        cells = self.cells
        about: dict[str, Any] = {"shared": cells.is_shared, "worker": cells.worker}
        about |= {"crowded": cells.crowded, "unlocked": cells.unlocked}
        return about | ({"reason": self._alone} if self._alone else {})
