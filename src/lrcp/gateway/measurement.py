"""Measurement: what one exchange was, gathered on its way and told as a span."""

import asyncio
from time import perf_counter_ns
from typing import Final

from lrcp.evaluators.cost import Cost, PriceBook, TokenUsage
from lrcp.gateway.errors import describe_error
from lrcp.gateway.exchange import Exchange, Reply
from lrcp.gateway.wire.openai import EMBEDDINGS, error_of
from lrcp.gateway.wire.transcript import Transcript, estimate_prompt_tokens
from lrcp.model.errors import LrcpError
from lrcp.model.span import Span

ROUTE_DIRECT: Final = "direct"
CLIENT_GONE: Final = "cancelled"
_MAX_HEADER_CHARS: Final = 200
_TRUNCATED: Final = " [truncated]"


class Measurement:
    """One exchange under measurement. max_capture_bytes bounds the prompt and the answer that are kept, each."""

    def __init__(self, exchange: Exchange, book: PriceBook, max_capture_bytes: int) -> None:
        self.exchange = exchange
        self.transcript = Transcript(max_capture_bytes)
        self._book = book
        self._max_capture_bytes = max_capture_bytes
        self._first_token_ns: int | None = None
        self._status = 200
        self._error = ("", "")
        self._usage: tuple[TokenUsage, bool] | None = None

    def add_reply(self, reply: Reply) -> None:
        """A whole reply of the provider."""
        self._status = reply.status
        if reply.status >= 400:
            kind, message = error_of(reply.body)
            self._error = (kind or f"http_{reply.status}", message)
        else:
            self.transcript.add_body(reply.body)

    def add_event(self, event: bytes, received_tick: int) -> bool:
        """One event of a stream. Returns: whether it carries only the usage."""
        usage_only = self.transcript.add_event(event)
        if self._first_token_ns is None and self.transcript.started:
            self._first_token_ns = received_tick - self.exchange.started_tick
        return usage_only

    async def prepare_price(self) -> None:
        """Have the price at hand. The first time a model is seen its price is looked up beside the event loop."""
        target = self.exchange.target
        if target is None or not self._generated():
            return
        for model in self._model_names():
            if not self._book.knows(target.upstream.system, model, self.exchange.started_ns, self._service_tier()):
                await asyncio.to_thread(self._price_as, model, TokenUsage(0, 0))

    def price(self) -> Cost | None:
        """The cost; None when nothing was generated, so that there is nothing to price."""
        usage, estimated = self._count()
        if usage.input_tokens is None and usage.output_tokens is None and not self._generated():
            return None
        costs = [self._price_as(model, usage) for model in self._model_names()]
        cost = next((cost for cost in costs if cost.nusd is not None), Cost(None, "unknown"))
        return Cost(cost.nusd, "estimated") if estimated and cost.nusd is not None else cost

    def fail(self, error: BaseException) -> Span:
        """The span of an exchange that did not end well, or whose client went away."""
        if isinstance(error, LrcpError):
            self._status, _, code = describe_error(error)
            self._error = (code, str(error))
        else:
            self.transcript.finish_reasons.append(CLIENT_GONE)
        return self.finish()

    def finish(self) -> Span:
        """The span."""
        exchange, transcript = self.exchange, self.transcript
        self._note_error_in_stream()
        usage, _ = self._count()
        cost = self.price()
        span = self._bare_span()
        span.status = "error" if self._error[0] else "ok"
        span.error_type, span.error_message = self._error
        span.response_model = transcript.model
        span.input_tokens, span.output_tokens = usage.input_tokens, usage.output_tokens
        span.cached_input_tokens, span.cache_write_tokens = usage.cached_input_tokens, usage.cache_write_tokens
        span.reasoning_tokens = usage.reasoning_tokens
        span.cost_nusd, span.cost_source = (cost.nusd, cost.source) if cost else (None, "")
        span.ttft_ns = self._ttft_ns(span.duration_ns)
        span.finish_reason = ",".join(dict.fromkeys(transcript.finish_reasons))
        span.attempts = exchange.attempts
        span.input, span.output = self._prompt_text(), transcript.output_json()
        span.tags["http.status_code"] = str(self._status)
        return span

    def _ttft_ns(self, duration_ns: int) -> int | None:
        """Time to the first token: as seen in a stream; of a whole reply, what the provider did not spend generating."""
        generating_ms = self.transcript.generating_ms
        if self._first_token_ns is not None or generating_ms is None or not self.transcript.started:
            return self._first_token_ns
        ttft_ns = duration_ns - int(generating_ms * 1e6)
        return ttft_ns if 0 <= ttft_ns <= duration_ns else None

    def _bare_span(self) -> Span:
        exchange, call, target = self.exchange, self.exchange.call, self.exchange.target
        embeds = call is not None and call.operation == EMBEDDINGS
        operation = "embeddings" if embeds else "chat"
        model = target.model if target else (call.model if call else "")
        counted_kind = "embedding" if embeds else "llm"
        return Span(
            trace_id=exchange.trace.trace_id,
            span_id=exchange.trace.span_id,
            parent_id=exchange.trace.parent_id,
            start_ns=exchange.started_ns,
            duration_ns=perf_counter_ns() - exchange.started_tick,
            name=f"{operation} {model}".strip(),
            resource=exchange.path,
            kind="client" if exchange.trace.reported else counted_kind,
            provider=target.upstream.system if target else "",
            model=model,
            session_id=_header(exchange, b"x-lrcp-session"),
            user_id=_header(exchange, b"x-lrcp-user"),
            route=ROUTE_DIRECT,
            tags={"stream": "true" if call is not None and call.streams else "false"},
            source="gateway",
        )

    def _note_error_in_stream(self) -> None:
        error = self.transcript.error
        if error is None or self._error[0]:
            return
        known = error if isinstance(error, dict) else {"message": error}
        kind = known.get("type") or known.get("code") or "stream_error"
        self._error = (str(kind), str(known.get("message") or "")[:2000])

    def _count(self) -> tuple[TokenUsage, bool]:
        """Tokens, and whether they are an estimate because the provider did not count, or did not come to the end."""
        if self._usage is None or self._usage[1]:
            reported = self.transcript.token_usage()
            self._usage = (reported, False) if reported is not None else (self._estimate(), True)
        return self._usage

    def _estimate(self) -> TokenUsage:
        call = self.exchange.call
        if call is None or not self._generated():
            return TokenUsage()
        output = None if call.operation == EMBEDDINGS else self.transcript.output_tokens()
        return TokenUsage(estimate_prompt_tokens(call.prompt), output)

    def _generated(self) -> bool:
        """Whether the provider did any work that it may ask money for."""
        whole_answer = self.transcript.done and not self._error[0]
        return self.transcript.started or whole_answer

    def _model_names(self) -> tuple[str, ...]:
        """The names to look a price up by: what answered, then what was asked for."""
        target = self.exchange.target
        names = (self.transcript.model, target.model if target else "")
        return tuple(dict.fromkeys(name for name in names if name))

    def _price_as(self, model: str, usage: TokenUsage) -> Cost:
        target = self.exchange.target
        provider = target.upstream.system if target else ""
        return self._book.price_generation(provider, model, usage, self.exchange.started_ns, self._service_tier())

    def _service_tier(self) -> str:
        tier = self.transcript.service_tier
        return "" if tier in ("default", "auto", "standard") else tier

    def _prompt_text(self) -> str:
        prompt = self.exchange.call.prompt if self.exchange.call else b""
        if len(prompt) <= self._max_capture_bytes:
            return prompt.decode("utf-8", "replace")
        return prompt[: self._max_capture_bytes].decode("utf-8", "ignore") + _TRUNCATED


def reply_headers(exchange: Exchange, cost: Cost | None = None) -> list[tuple[bytes, bytes]]:
    """The x-lrcp- headers of a reply. cost is known only where the reply is whole."""
    overhead_ns = perf_counter_ns() - exchange.started_tick - exchange.upstream_ns
    headers = [
        (b"x-lrcp-trace-id", exchange.trace.trace_id.encode()),
        (b"x-lrcp-attempts", str(exchange.attempts).encode()),
        (b"x-lrcp-overhead-ms", f"{overhead_ns / 1e6:.3f}".encode()),
    ]
    if exchange.target is not None:
        headers.append((b"x-lrcp-model", _header_value(f"{exchange.target.upstream.name}/{exchange.target.model}")))
    if cost is not None and cost.nusd is not None:
        headers.append((b"x-lrcp-cost-usd", f"{cost.nusd // 10**9}.{cost.nusd % 10**9:09d}".encode()))
    return headers


def _header_value(text: str) -> bytes:
    """A client's words as a header: printable ASCII only, so that they cannot become headers of their own."""
    return "".join(char if " " <= char <= "~" else "?" for char in text[:_MAX_HEADER_CHARS]).encode()


def _header(exchange: Exchange, name: bytes) -> str:
    return exchange.headers.get(name, b"").decode("utf-8", "replace").strip()[:_MAX_HEADER_CHARS]
