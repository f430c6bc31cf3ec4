"""Batch: what one request carried, decoded; the unit that is stored whole and acknowledged once."""

import msgspec

from lrcp.model.evaluation import Evaluation
from lrcp.model.event import Event, ServiceCheck
from lrcp.model.log import Log
from lrcp.model.metric import MetricBucket
from lrcp.model.span import Span


class Batch(msgspec.Struct):
    """Records of one request.

    digest identifies the payload, so that a payload sent again is stored once; b'' where the records carry no time
    or id of their own and two equal payloads may be two facts. size_bytes counts against the pipeline's bound.
    """

    spans: list[Span] = []
    evaluations: list[Evaluation] = []
    metrics: list[MetricBucket] = []
    logs: list[Log] = []
    events: list[Event] = []
    checks: list[ServiceCheck] = []
    digest: bytes = b""
    size_bytes: int = 0

    def __len__(self) -> int:
        return (
            len(self.spans)
            + len(self.evaluations)
            + len(self.metrics)
            + len(self.logs)
            + len(self.events)
            + len(self.checks)
        )
