"""OTLP over gRPC (4317). Only the wiring of the server imports this module: grpc is heavy."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Final

import grpc  # type: ignore[import-untyped]
import grpc.aio  # type: ignore[import-untyped]

from lrcp.ingest.consumer import Consumer
from lrcp.ingest.counters import Counters
from lrcp.ingest.receivers.otlp.replies import (
    INVALID_ARGUMENT,
    RESOURCE_EXHAUSTED,
    UNAVAILABLE,
    retry_info,
    rpc_status,
    success,
)
from lrcp.ingest.receivers.otlp.signals import PROTOBUF, Signal
from lrcp.ingest.receivers.otlp.taken import Taken
from lrcp.kit.clock import Clock
from lrcp.model.errors import BusyError, DecodeError, InputError, LrcpError, SettingsError

log = logging.getLogger(__name__)

NAME: Final = "otlp_grpc"
MAX_MESSAGE_BYTES: Final = 64 * 1024 * 1024
MAX_CONCURRENT_CALLS: Final = 256

_DECODE_IN_THREAD_BYTES: Final = 512 * 1024
_UNAVAILABLE_RETRY_S: Final = 5.0
_CODES: Final = {
    INVALID_ARGUMENT: grpc.StatusCode.INVALID_ARGUMENT,
    RESOURCE_EXHAUSTED: grpc.StatusCode.RESOURCE_EXHAUSTED,
    UNAVAILABLE: grpc.StatusCode.UNAVAILABLE,
}

_Handler = Callable[[bytes, Any], Awaitable[bytes]]


class OtlpGrpcServer:
    """Serves the three Export methods on host:port (0: any free port).

    Requests come in as bytes, so that they go through the same decoders as those over HTTP. gzip and deflate are undone
    by gRPC itself. A call over the bound of concurrent ones is answered RESOURCE_EXHAUSTED by gRPC.
    """

    def __init__(
        self,
        signals: Iterable[Signal],
        consumer: Consumer,
        counters: Counters,
        clock: Clock,
        *,
        host: str = "127.0.0.1",
        port: int = 4317,
    ) -> None:
        self._signals = tuple(signals)
        self._consumer = consumer
        self._counters = counters
        self._clock = clock
        self._address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        self._server: grpc.aio.Server | None = None

    async def start(self) -> int:
        """Bind and serve. Returns: the port. Raises: SettingsError - the address cannot be bound."""
        server = grpc.aio.server(
            options=(
                ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
                # Without this a second server would share the port, and each get some of the requests.
                ("grpc.so_reuseport", 0),
            ),
            maximum_concurrent_rpcs=MAX_CONCURRENT_CALLS,
        )
        for signal in self._signals:
            service, _, method = signal.method[1:].partition("/")
            handler = grpc.unary_unary_rpc_method_handler(self._handler(signal))
            server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(service, {method: handler}),))
        try:
            port = server.add_insecure_port(self._address)
        except RuntimeError as error:
            raise SettingsError(f"OTLP over gRPC cannot listen on {self._address}: {error}") from error
        await server.start()
        self._server = server
        return int(port)

    async def stop(self, grace_s: float = 5.0) -> None:
        """Take no new calls, let the running ones end for up to grace_s seconds."""
        if self._server is not None:
            await self._server.stop(grace_s)
            self._server = None

    def _handler(self, signal: Signal) -> _Handler:
        async def export(body: bytes, context: Any) -> bytes:
            self._count("requests")
            self._count("bytes", len(body))
            try:
                taken = await self._decode(signal, body)
            except InputError as error:
                self._count("undecodable")
                await _abort(context, INVALID_ARGUMENT, str(error))
                raise  # abort raises already
            await self._store(taken, context)
            return success(taken.refusals, signal.refused_field, PROTOBUF)

        return export

    async def _decode(self, signal: Signal, body: bytes) -> Taken:
        try:
            if len(body) > _DECODE_IN_THREAD_BYTES:
                return await asyncio.to_thread(signal.decode, body, PROTOBUF, self._clock.now_ns())
            return signal.decode(body, PROTOBUF, self._clock.now_ns())
        except InputError:
            raise
        except Exception as error:  # boundary: a body that the decoder did not foresee is a bad body, and counted
            self._count("unexpected")
            log.warning("%s %s: decoder failed on a body: %r", NAME, signal.path, error)
            raise DecodeError(f"the body could not be decoded ({type(error).__name__})") from error

    async def _store(self, taken: Taken, context: Any) -> None:
        if taken.refusals.count:
            self._count("rejected_records", taken.refusals.count)
        if not len(taken.batch):
            return
        try:
            await self._consumer.consume(taken.batch)
        except BusyError as error:
            self._put_off(taken, "busy")
            await _abort(context, RESOURCE_EXHAUSTED, str(error), max(error.retry_after_s, 0.001))
        except InputError as error:
            self._put_off(taken, "undecodable")
            await _abort(context, INVALID_ARGUMENT, str(error))
        except LrcpError as error:
            self._put_off(taken, "unavailable")
            await _abort(context, UNAVAILABLE, str(error), _UNAVAILABLE_RETRY_S)
        except Exception as error:  # boundary: nothing was acknowledged, so the sender shall try again
            self._put_off(taken, "unexpected")
            log.exception("%s: storing failed", NAME)
            await _abort(context, UNAVAILABLE, f"storing failed ({type(error).__name__})", _UNAVAILABLE_RETRY_S)
        self._count("records", len(taken.batch))

    def _put_off(self, taken: Taken, what: str) -> None:
        self._count(what)
        if taken.undo is not None:
            taken.undo()

    def _count(self, what: str, amount: int = 1) -> None:
        self._counters.add(NAME, what, amount)


async def _abort(context: Any, code: int, message: str, retry_after_s: float = 0.0) -> None:
    """End a call with a status; with a RetryInfo when it is worth trying again. Always raises.

    RetryInfo travels inside the status (as OTLP says) and by itself (where OpenTelemetry's Python exporter looks).
    """
    info = retry_info(retry_after_s) if retry_after_s else b""
    metadata = [("grpc-status-details-bin", rpc_status(code, message, info))]
    if info:
        metadata.append(("google.rpc.retryinfo-bin", info))
    await context.abort(_CODES[code], message, tuple(metadata))
