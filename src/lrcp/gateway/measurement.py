"""Measurement: what one exchange was, gathered on its way and told as a span."""

import asyncio
from time import perf_counter_ns
from typing import Final

import msgspec

from lrcp.evaluators.cost import Cost, PriceBook, TokenUsage
from lrcp.gateway.errors import describe_error
from lrcp.gateway.exchange import Attempt, Exchange, Outcome, Reply, Target
from lrcp.gateway.providers import COST_REPORTERS
from lrcp.gateway.wire.format import CHAT, EMBEDDINGS
from lrcp.gateway.wire.transcript import Transcript
from lrcp.model.errors import LrcpError
from lrcp.model.span import Span

CLIENT_GONE: Final = "cancelled"
CACHE_HITS: Final = frozenset({"exact", "semantic"})
_FREE: Final = Cost(0, "computed")
_STATUS_OF_CLIENT_GONE: Final = 499
_MAX_HEADER_CHARS: Final = 200
_TRUNCATED: Final = " [truncated]"
_NAMES_OF_ERROR: Final = ("type", "status", "code")
"""Gemini's `status` is a word where its `code` repeats HTTP's number."""
_OWN_TAGS: Final = frozenset(
    {"attempt", "budget", "fallback", "faults", "hedged", "limit", "priority", "retries", "shadow", "shadow_of"}
)
_OWN_TAG_PREFIXES: Final = ("cache.", "gateway.", "guard_")
"""Names that become metrics: an application's words under them would be counted as the gateway's deeds."""
_KIND_OF: Final = {CHAT: "llm", EMBEDDINGS: "embedding"}
"""Counting tokens generates nothing: its span is a `client`'s."""


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
        self._cancelled = False
        self._usage: tuple[TokenUsage, bool] | None = None
        self._overhead_ns: int | None = None

    def note_overhead(self) -> None:
        """Now all that is left is to send: what the gateway itself has taken of the time so far is its overhead."""
        self._overhead_ns = _overhead_ns(self.exchange)

    def add_reply(self, reply: Reply) -> None:
        """A whole reply."""
        self._status = reply.status
        if reply.status >= 400:
            kind, message = self.exchange.format.error_of(reply.body)
            self._error = (kind or f"http_{reply.status}", message)
        else:
            self.exchange.format.read_body(self.transcript, reply.body)

    def add_event(self, event: bytes, received_tick: int) -> bool:
        """One event of a stream. Returns: whether it carries only the usage."""
        usage_only = self.exchange.format.read_event(self.transcript, event)
        if self._first_token_ns is None and self.transcript.started:
            self._first_token_ns = received_tick - self.exchange.started_tick
        return usage_only

    async def prepare_price(self) -> None:
        """Have the price at hand. The first time a model is seen its price is looked up beside the event loop."""
        target = self._paid_target()
        if target is None or not self._generated():
            return
        tier = self._count()[0].service_tier
        for model in self._model_names():
            if not self._book.knows(target.upstream.system, model, self.exchange.started_ns, tier):
                await asyncio.to_thread(self._price_as, model, TokenUsage(0, 0, service_tier=tier))

    def price(self) -> Cost | None:
        """The cost; None when nothing was generated, so that there is nothing to price."""
        if self.exchange.cache in CACHE_HITS:
            return _FREE
        usage, estimated = self._count()
        if usage.input_tokens is None and usage.output_tokens is None and not self._generated():
            return None
        if usage.reported_nusd is not None and self._reports_cost():
            return Cost(usage.reported_nusd, "reported")
        costs = [self._price_as(model, usage) for model in self._model_names()]
        cost = next((cost for cost in costs if cost.nusd is not None), Cost(None, "unknown"))
        return Cost(cost.nusd, "estimated") if estimated and cost.nusd is not None else cost

    def fail(self, error: BaseException) -> None:
        """Note that the exchange did not end well, or that its client went away."""
        if isinstance(error, LrcpError):
            if self._overhead_ns is None:
                self.note_overhead()
            self._status, _, code = describe_error(error)
            self._error = (code, str(error))
        elif isinstance(error, Exception):
            self._status, self._error = 500, ("internal_error", type(error).__name__)
        elif not self.transcript.done:  # who read the whole answer may go without waiting for the stream's last byte
            self._cancelled, self._status = True, _STATUS_OF_CLIENT_GONE
            self.transcript.finish_reasons.append(CLIENT_GONE)

    def finish(self) -> tuple[Span, Outcome]:
        """The span, and what those who reserved something must know."""
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
        span.attempts = len(exchange.attempts)
        span.input, span.output = self._prompt_text(), transcript.output_json()
        span.tags["http.status_code"] = str(self._status)
        if self._overhead_ns is not None:
            span.tags["gateway.overhead_ns"] = str(self._overhead_ns)
        return span, self._outcome(span, cost)

    def _outcome(self, span: Span, cost: Cost | None) -> Outcome:
        return Outcome(
            status=self._status,
            error=self._error[0],
            cancelled=self._cancelled,
            duration_ns=span.duration_ns,
            ttft_ns=span.ttft_ns,
            input_tokens=span.input_tokens,
            output_tokens=span.output_tokens,
            cost_nusd=cost.nusd if cost else 0,
        )

    def _ttft_ns(self, duration_ns: int) -> int | None:
        """Time to the first token: as seen in a stream; of a whole reply, what the provider did not spend generating."""
        generating_ms = self.transcript.generating_ms
        if self._first_token_ns is not None or generating_ms is None or not self.transcript.started:
            return self._first_token_ns
        ttft_ns = duration_ns - int(generating_ms * 1e6)
        return ttft_ns if 0 <= ttft_ns <= duration_ns else None

    def _bare_span(self) -> Span:
        exchange, target, caller = self.exchange, self.exchange.target, self.exchange.caller
        operation = exchange.call.operation
        model = target.model if target else exchange.call.model
        kind = "client" if exchange.trace.reported else _KIND_OF.get(operation, "client")
        return Span(
            trace_id=exchange.trace.trace_id,
            span_id=exchange.trace.span_id,
            parent_id=exchange.trace.parent_id,
            start_ns=exchange.started_ns,
            duration_ns=perf_counter_ns() - exchange.started_tick,
            name=f"{operation} {model}".strip(),
            resource=exchange.path,
            kind=kind,
            provider=target.upstream.system if target else "",
            model=model,
            session_id=caller.session,
            user_id=caller.user,
            route=exchange.route,
            cache=exchange.cache,
            tags=_tags_of(exchange),
            source="gateway",
        )

    def _note_error_in_stream(self) -> None:
        error = self.transcript.error
        if error is None or self._error[0]:
            return
        known = error if isinstance(error, dict) else {"message": error}
        names = [name for member in _NAMES_OF_ERROR if isinstance(name := known.get(member), str) and name]
        kind = names[0] if names else str(known.get("code") or "stream_error")
        self._error = (kind, str(known.get("message") or "")[:2000])

    def _count(self) -> tuple[TokenUsage, bool]:
        """Tokens, and whether they are an estimate because the provider did not count, or did not come to the end."""
        if self.exchange.cache in CACHE_HITS:
            return TokenUsage(), False  # nothing was generated, whatever the answer says of its first time
        if self._usage is None or self._usage[1]:
            reported = self._reported()
            if reported is None or not (reported.input_tokens or reported.output_tokens):
                self._usage = self._estimate(), True
            else:
                self._usage = self._completed(reported)
        return self._usage

    def _completed(self, reported: TokenUsage) -> tuple[TokenUsage, bool]:
        """What was reported, and our own count where there is none, or 0 for what was there.

        Such are a stream that broke off after telling its input only (Anthropic's), and servers that do not count.
        """
        prompt, answer = reported.input_tokens, reported.output_tokens
        if not prompt:
            prompt = self.exchange.prompt_tokens()
        if not answer and self.transcript.started:
            answer = self.transcript.output_tokens()
        if (prompt, answer) == (reported.input_tokens, reported.output_tokens):
            return reported, False
        return msgspec.structs.replace(reported, input_tokens=prompt, output_tokens=answer), True

    def _reports_cost(self) -> bool:
        target = self._paid_target()
        return target is not None and target.upstream.system in COST_REPORTERS

    def _reported(self) -> TokenUsage | None:
        last = self.exchange.attempts[-1] if self.exchange.attempts else None
        return last.usage if last is not None and last.usage is not None else self.transcript.usage

    def _estimate(self) -> TokenUsage:
        if not self._generated():
            return TokenUsage()
        tier = self.transcript.service_tier
        embeds = self.exchange.call.operation == EMBEDDINGS
        output = None if embeds else self.transcript.output_tokens()
        return TokenUsage(self.exchange.prompt_tokens(), output, service_tier=tier)

    def _generated(self) -> bool:
        """Whether the provider did any work that it may ask money for."""
        whole_answer = self.transcript.done and not self._error[0]
        return self.exchange.call.operation in _KIND_OF and (self.transcript.started or whole_answer)

    def _model_names(self) -> tuple[str, ...]:
        """The names to look a price up by: what answered, then what was asked for."""
        target = self._paid_target()
        answered = self.transcript.model if target is self.exchange.target else ""  # else it names what was asked for
        names = (answered, target.model if target else "")
        return tuple(dict.fromkeys(name for name in names if name))

    def _paid_target(self) -> Target | None:
        """Who is paid: where the call went, also when an injected fault had another one answer in its name."""
        attempts = self.exchange.attempts
        return attempts[-1].target if attempts and attempts[-1].swapped else self.exchange.target

    def _price_as(self, model: str, usage: TokenUsage) -> Cost:
        target = self._paid_target()
        provider = target.upstream.system if target else ""
        return self._book.price_generation(provider, model, usage, self.exchange.started_ns, usage.service_tier)

    def _prompt_text(self) -> str:
        prompt = self.exchange.call.prompt
        if len(prompt) <= self._max_capture_bytes:
            return prompt.decode("utf-8", "replace")
        return prompt[: self._max_capture_bytes].decode("utf-8", "ignore") + _TRUNCATED


def attempt_spans(exchange: Exchange) -> list[Span]:
    """One span for each try, below the exchange's; `client`s, so that nothing is counted twice."""
    return [_attempt_span(exchange, attempt) for attempt in exchange.attempts]


def _attempt_span(exchange: Exchange, attempt: Attempt) -> Span:
    ended_tick = attempt.ended_tick or perf_counter_ns()
    span = Span(
        trace_id=exchange.trace.trace_id,
        span_id=attempt.span_id,
        parent_id=exchange.trace.span_id,
        start_ns=attempt.started_ns,
        duration_ns=max(0, ended_tick - attempt.started_tick),
        name=f"attempt {attempt.target.model}",
        resource=exchange.path,
        kind="client",
        provider=attempt.target.upstream.system,
        model=attempt.target.model,
        route=exchange.route,
        tags={"attempt": str(attempt.number), "wire": attempt.format.name},
        source="gateway",
    )
    span.error_type, span.error_message = attempt.error
    span.status = "error" if attempt.error[0] else "ok"
    if attempt.status:
        span.tags["http.status_code"] = str(attempt.status)
    if attempt.hedge:
        span.tags["hedge"] = "true"
    if attempt.faults:
        span.tags["faults"] = ",".join(attempt.faults)
    span.tags.update(attempt.notes)
    return span


def _tags_of(exchange: Exchange) -> dict[str, str]:
    """The span's tags: the caller's own first, so that they cannot replace ours."""
    caller = exchange.caller
    tags = {
        name: value
        for name, value in caller.tags.items()
        if name not in _OWN_TAGS and not name.startswith(_OWN_TAG_PREFIXES)
    }
    tags["stream"] = "true" if exchange.call.streams else "false"
    for name, value in (("team", caller.team), ("caller", caller.service), ("key", caller.key_name)):
        if value:
            tags[name] = value
    if exchange.target is not None and exchange.call.model != exchange.target.model:
        tags["requested_model"] = exchange.call.model or "default"
    if caller.priority != "normal":
        tags["priority"] = caller.priority
    if exchange.policy_version:
        tags["policy_version"] = str(exchange.policy_version)
    faults = {fault for attempt in exchange.attempts for fault in attempt.faults}
    if faults:
        tags["faults"] = ",".join(sorted(faults))
    if exchange.attempts:
        tags.update(exchange.attempts[-1].notes)
    tags.update(exchange.notes)
    return tags


def reply_headers(exchange: Exchange, cost: Cost | None = None) -> list[tuple[bytes, bytes]]:
    """The x-lrcp- headers of a reply. cost is known only where the reply is whole."""
    headers = [
        (b"x-lrcp-trace-id", exchange.trace.trace_id.encode()),
        (b"x-lrcp-attempts", b"%d" % len(exchange.attempts)),
        (b"x-lrcp-overhead-ms", b"%.3f" % (_overhead_ns(exchange) / 1e6)),
        (b"x-lrcp-route", _header_value(exchange.route)),
    ]
    if exchange.target is not None:
        headers.append((b"x-lrcp-model", _header_value(exchange.target.name)))
    if exchange.cache:
        headers.append((b"x-lrcp-cache", exchange.cache.encode()))
    if cost is not None and cost.nusd is not None:
        headers.append((b"x-lrcp-cost-usd", b"%d.%09d" % divmod(cost.nusd, 10**9)))
    headers += exchange.reply_headers
    return headers


def _overhead_ns(exchange: Exchange) -> int:
    """What the gateway itself has taken of an exchange's time until now."""
    return perf_counter_ns() - exchange.started_tick - exchange.upstream_ns


def _header_value(text: str) -> bytes:
    """A client's words as a header: printable ASCII only, so that they cannot become headers of their own."""
    if text.isascii() and text.isprintable():
        return text[:_MAX_HEADER_CHARS].encode()
    return "".join(char if " " <= char <= "~" else "?" for char in text[:_MAX_HEADER_CHARS]).encode()
