"""SpanExporter: hands finished spans to the server, and keeps them within a bound while it is away.

A batch is composed once and sent again as the very same bytes until the server takes it, so that the server can store
a resent one once. The gateway fails open on telemetry: nothing here makes a request wait or fail.
"""

import asyncio
import logging
from typing import Any, Final

import msgspec

from lrcp.gateway.config import TelemetryConfig
from lrcp.gateway.http1.client import HttpClient, HttpRequest
from lrcp.gateway.http1.errors import HttpError
from lrcp.gateway.telemetry.buffer import SpanBuffer
from lrcp.gateway.telemetry.otlp import Envelope, encode_span
from lrcp.kit.backoff import Backoff
from lrcp.model.span import Span

log = logging.getLogger(__name__)

_RETRYABLE: Final = frozenset({408, 425, 429, 500, 502, 503, 504})
_MAX_RETRY_AFTER_S: Final = 30.0
_HEADERS: Final = (("content-type", "application/json"), ("user-agent", "lrcp-gateway"))
_MAX_ANSWER_BYTES: Final = 4096


class _Batch(msgspec.Struct):
    body: bytes
    spans: int


class _Retry(Exception):
    """The server did not take the batch, and may later. after_s: what it asked for, 0 when it did not say."""

    def __init__(self, reason: str, after_s: float = 0.0) -> None:
        super().__init__(reason)
        self.after_s = after_s


class SpanExporter:
    """Start it inside the event loop; close it to send what is left, for a bounded time."""

    def __init__(self, config: TelemetryConfig, backoff: Backoff | None = None) -> None:
        self._config = config
        self._backoff = backoff or Backoff(base_s=0.2, cap_s=5.0, least_share=0.5)
        self._buffer = SpanBuffer(config.max_spans, config.max_bytes)
        self._envelope = Envelope(config.service, config.env, config.version)
        self._waiting = asyncio.Event()
        self._closing = asyncio.Event()
        self._in_flight: _Batch | None = None
        self._client = HttpClient()
        self._task: asyncio.Task[None] | None = None
        self._sent = self._refused = self._failures = 0
        self._last_error = ""

    async def start(self) -> None:
        if not self._config.url:
            return
        self._task = asyncio.create_task(self._run(), name="span-exporter")

    async def close(self) -> None:
        """Send what waits, for at most final_flush_s; what is left then is lost, and said so."""
        self._closing.set()
        self._waiting.set()
        if self._task is not None:
            _, pending = await asyncio.wait([self._task], timeout=self._config.final_flush_s)
            for task in pending:
                task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self._client.close()
        if left := self._count_waiting():
            log.warning("%d spans were not delivered to %s and are lost: %s", left, self._config.url, self._last_error)

    def emit(self, span: Span) -> None:
        """Take a finished span; never blocks, never raises for want of room."""
        if self._task is None:
            return
        self._buffer.add(encode_span(span))
        self._waiting.set()

    def describe(self) -> dict[str, Any]:
        """What /health tells of it."""
        return {
            "url": self._config.url,
            "sent": self._sent,
            "waiting": self._count_waiting(),
            "waiting_bytes": self._buffer.size_bytes + (len(self._in_flight.body) if self._in_flight else 0),
            "dropped": self._buffer.dropped,
            "refused": self._refused,
            "last_error": self._last_error,
        }

    def _count_waiting(self) -> int:
        return len(self._buffer) + (self._in_flight.spans if self._in_flight else 0)

    async def _run(self) -> None:
        while True:
            await self._waiting.wait()
            await self._pause(self._config.flush_interval_s)
            self._waiting.clear()
            while self._count_waiting():
                await self._send_next()
            if self._closing.is_set():
                return

    async def _send_next(self) -> None:
        if self._in_flight is None:
            spans = self._buffer.take(self._config.batch_spans, self._config.batch_bytes)
            self._in_flight = _Batch(self._envelope.wrap(spans), len(spans))
        try:
            await self._post(self._in_flight)
        except _Retry as retry:
            self._note_failure(str(retry))
            wait_s = min(max(self._backoff.delay_s(self._failures), retry.after_s), _MAX_RETRY_AFTER_S)
            await self._pause(wait_s)
            return
        self._in_flight = None

    async def _pause(self, seconds: float) -> None:
        """Wait, but not once the exporter is to close: then tries follow quickly."""
        if self._closing.is_set():
            await asyncio.sleep(min(seconds, 0.1))
            return
        try:
            await asyncio.wait_for(self._closing.wait(), seconds)
        except TimeoutError:
            return

    async def _post(self, batch: _Batch) -> None:
        """Deliver a batch, or count it as refused. Raises: _Retry - it was not taken and should be sent again."""
        try:
            async with asyncio.timeout(self._config.timeout_s):
                status, retry_after, answer = await self._exchange(batch.body)
        except (HttpError, TimeoutError) as error:
            raise _Retry(f"{type(error).__name__}: {error}"[:300]) from error
        if status in _RETRYABLE:
            raise _Retry(f"HTTP {status}", float(retry_after) if retry_after.isdigit() else 0.0)
        self._note_answer(batch, status, answer)

    async def _exchange(self, body: bytes) -> tuple[int, str, bytes]:
        """(status, Retry-After, beginning of the answer)."""
        timeout_s = self._config.timeout_s
        deadline = asyncio.get_running_loop().time() + timeout_s
        response = await self._client.send(
            HttpRequest("POST", self._config.url, _HEADERS, body, connect_s=timeout_s, first_byte_s=timeout_s)
        )
        try:
            answer = b""
            while len(answer) < _MAX_ANSWER_BYTES and (piece := await response.read_piece(deadline)):
                answer += piece
        finally:
            response.close()
        headers = dict(response.headers)
        return response.status, headers.get(b"retry-after", b"").decode("latin-1"), answer

    def _note_answer(self, batch: _Batch, status: int, answer: bytes) -> None:
        if 200 <= status < 300:
            if self._failures:
                log.warning("telemetry goes to %s again", self._config.url)
            self._failures, self._last_error = 0, ""
            self._sent += batch.spans
            return
        self._refused += batch.spans
        self._last_error = f"HTTP {status}: {answer[:200].decode('utf-8', 'replace')}"
        log.error("%s refused %d spans for good: %s", self._config.url, batch.spans, self._last_error)

    def _note_failure(self, reason: str) -> None:
        self._failures += 1
        self._last_error = reason
        if self._failures == 1:
            log.warning("telemetry waits, %s does not take it: %s", self._config.url, reason)
