"""The paths of Datadog's intakes, as data."""

from typing import Final

from lrcp.ingest.http import Route
from lrcp.ingest.receivers.datadog_intake.checks import decode_checks
from lrcp.ingest.receivers.datadog_intake.distributions import decode_distributions
from lrcp.ingest.receivers.datadog_intake.events import decode_events_v1
from lrcp.ingest.receivers.datadog_intake.events_v2 import decode_events_v2
from lrcp.ingest.receivers.datadog_intake.logs import decode_logs_v1, decode_logs_v2
from lrcp.ingest.receivers.datadog_intake.series import decode_series_v1, decode_series_v2
from lrcp.ingest.receivers.datadog_intake.sketches import decode_sketches
from lrcp.ingest.receivers.datadog_intake.validate import decode_validate

_MIB: Final = 1024 * 1024


def routes() -> dict[str, Route]:
    """Path -> route. Sizes are Datadog's: decompressed here, as sent in the decoders that have a second limit."""
    return {
        "/api/v2/series": Route(decode_series_v2, max_body_bytes=5 * _MIB),
        "/api/v1/series": Route(decode_series_v1, max_body_bytes=60 * _MIB),
        "/api/v1/distribution_points": Route(decode_distributions, max_body_bytes=60 * _MIB),
        "/api/beta/sketches": Route(decode_sketches, max_body_bytes=60 * _MIB),
        "/api/v2/logs": Route(decode_logs_v2, max_body_bytes=5 * _MIB),
        "/v1/input": Route(decode_logs_v1, max_body_bytes=5 * _MIB),
        "/api/v1/events": Route(decode_events_v1, max_body_bytes=_MIB),
        "/api/v2/events": Route(decode_events_v2, max_body_bytes=_MIB),
        "/api/v1/check_run": Route(decode_checks, max_body_bytes=5 * _MIB),
        "/api/v1/validate": Route(decode_validate, methods=frozenset({"GET"})),
    }
