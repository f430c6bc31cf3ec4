"""What tracers send that this system does not keep, answered as the agent answers it.

Stats: `/info` says that clients must not drop anything, so every trace arrives whole and the counts that the stats would
give are computed from the spans; storing them too would count every request twice. They are read far enough to know
that they are stats, then dropped.
"""

from typing import Final

import msgspec

from lrcp.ingest.http import Decoded, Decoder, Reply, Request
from lrcp.ingest.receivers.datadog_agent.wire import WireStats
from lrcp.ingest.receivers.llmobs.wire import UNDECODABLE
from lrcp.model.errors import DecodeError

_STATS: Final = msgspec.msgpack.Decoder(WireStats)
_OK_TEXT: Final = b"OK\n"

ACCEPTED_STATUSES: Final = {
    "/telemetry/proxy/*": 202,
    "/v0.1/pipeline_stats": 202,
    "/profiling/v1/input": 202,
    "/debugger/v1/input": 202,
    "/debugger/v1/diagnostics": 202,
    "/debugger/v2/input": 202,
    "/symdb/v1/input": 202,
    "/tracer_flare/v1": 200,
    "/dogstatsd/v2/proxy": 200,
    "/openlineage/api/v1/lineage": 202,
}
"""Paths whose bodies are dropped, with the status their real receiver gives."""


def accept_with(status: int) -> Decoder:
    """A decoder that takes any body, keeps nothing of it and answers with the status and an empty object."""

    def accept(request: Request) -> Decoded:
        return Decoded(Reply(status, b"{}"))

    return accept


def decode_stats(request: Request) -> Decoded:
    """Check the body of `/v0.6/stats` and drop it (see above). Raises: DecodeError - it is not a stats payload."""
    try:
        _STATS.decode(request.body)
    except UNDECODABLE as error:
        raise DecodeError(f"the body is not a stats payload: {error}") from error
    return Decoded(Reply(200))


def decode_services(request: Request) -> Decoded:
    """Old tracers describe their services here; the agent has ignored that for years."""
    return Decoded(Reply(200, _OK_TEXT, b"text/plain; charset=utf-8"))


def decode_config(request: Request) -> Decoded:
    """Remote configuration: an empty object says that there is none, and tracers take it so."""
    return Decoded(Reply(200, b"{}"))
