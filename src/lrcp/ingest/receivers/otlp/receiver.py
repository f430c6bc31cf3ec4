"""OTLP over HTTP as a receiver: paths, content types, replies in the request's own encoding."""

from collections.abc import Iterable
from typing import Final

from lrcp.ingest.http import Decoded, Decoder, Receiver, Reply, Request, Route
from lrcp.ingest.receivers.otlp.replies import failure, success
from lrcp.ingest.receivers.otlp.signals import JSON, PROTOBUF, Signal
from lrcp.model.errors import UnsupportedError

NAME: Final = "otlp"

_FORMS: Final = {PROTOBUF: PROTOBUF, "application/protobuf": PROTOBUF, JSON: JSON}


def receiver(signals: Iterable[Signal]) -> Receiver:
    """The receiver for port 4318. signals: from otlp_signals, the same as the gRPC server's."""
    routes = {signal.path: Route(_decoder(signal)) for signal in signals}
    return Receiver(NAME, routes, _render_error, busy_status=429)


def _decoder(signal: Signal) -> Decoder:
    def decode(request: Request) -> Decoded:
        form = _FORMS.get(request.content_type())
        if form is None:
            given = request.content_type()[:80] or "no content-type"
            raise UnsupportedError(f"{given} is not accepted here, use {PROTOBUF} or {JSON}")
        taken = signal.decode(request.body, form, request.received_ns)
        reply = Reply(200, success(taken.refusals, signal.refused_field, form), form.encode())
        return Decoded(reply, taken.batch, taken.refusals.count, taken.undo)

    return decode


def _render_error(request: Request, status: int, message: str) -> Reply:
    """google.rpc.Status in the request's encoding; JSON for those that sent neither."""
    form = _FORMS.get(request.content_type(), JSON)
    return Reply(status, failure(status, message, form), form.encode())
