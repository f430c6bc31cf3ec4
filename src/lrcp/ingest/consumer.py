"""The one port behind every receiver."""

from typing import Protocol

from lrcp.model.batch import Batch


class Consumer(Protocol):
    """Takes what a request carried and returns when it is stored."""

    async def consume(self, batch: Batch) -> None:
        """Store a batch whole, once. A batch whose digest was stored before is accepted and not stored again.

        Raises:
            BusyError - the bound is reached, nothing was kept: the sender shall come back after retry_after_s.
            UnavailableError - the store cannot take it now, nothing was kept.
            InputError - a record of it can never be stored: sending it again will not do.
        """
