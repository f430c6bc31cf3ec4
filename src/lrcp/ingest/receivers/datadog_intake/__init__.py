"""Datadog's HTTP intakes: metrics v1 and v2, distributions, sketches, logs, events, service checks, key validation.

One module per intake, each with `decode_...(Request) -> Decoded`; `routes` has the table. Shapes, limits, windows and
replies: DATADOG.md 1.4 and appendix B.
"""

from lrcp.ingest.receivers.datadog_intake.replies import render_error
from lrcp.ingest.receivers.datadog_intake.routes import routes

__all__ = ["render_error", "routes"]
