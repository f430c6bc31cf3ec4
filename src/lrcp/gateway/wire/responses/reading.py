"""What requests to responses ask, and what their answers said and used: whole, and event by event."""

from typing import Any, Final

import msgspec

from lrcp.evaluators.cost import TokenUsage, estimate_tokens
from lrcp.gateway.wire.format import CHAT, UNDECODABLE, ModelCall, decode_json
from lrcp.gateway.wire.openai import render_error, rewrite_call
from lrcp.gateway.wire.sse import event_data
from lrcp.gateway.wire.transcript import (
    TICKS_PER_USD,
    Transcript,
    count_of,
    estimate_prompt_tokens,
    reported_nusd,
    text_of,
    tier_of,
)
from lrcp.model.errors import InputError


class _Request(msgspec.Struct):
    model: str | None = None
    stream: bool | None = None
    max_output_tokens: int | None = None
    instructions: str | None = None
    input: msgspec.Raw = msgspec.Raw()


class _InputDetails(msgspec.Struct):
    cached_tokens: int | None = None
    cache_write_tokens: int | None = None


class _OutputDetails(msgspec.Struct):
    reasoning_tokens: int | None = None


class _Usage(msgspec.Struct):
    input_tokens: int | None = None
    output_tokens: int | None = None
    input_tokens_details: _InputDetails | None = None
    output_tokens_details: _OutputDetails | None = None
    cost_in_usd_ticks: int | None = None


class _Details(msgspec.Struct):
    reason: str | None = None


class _Item(msgspec.Struct):
    """An item of the output; content and summary are lists of parts."""

    type: str = ""
    name: str | None = None
    arguments: str | None = None
    content: Any = None
    summary: Any = None
    action: Any = None


class _Response(msgspec.Struct):
    model: str | None = None
    status: str | None = None
    service_tier: str | None = None
    usage: _Usage | None = None
    incomplete_details: _Details | None = None
    error: Any = None
    output: list[_Item] | None = None


class _Event(msgspec.Struct):
    type: str = ""
    delta: Any = None
    item: _Item | None = None
    response: _Response | None = None
    error: Any = None
    message: str | None = None
    code: str | None = None


_request: Final = msgspec.json.Decoder(_Request)
_response: Final = msgspec.json.Decoder(_Response)
_event: Final = msgspec.json.Decoder(_Event)


def decode_call(path: str, body: bytes) -> ModelCall:
    """Read a request. Raises: InputError - not JSON, not an object, or a field that the gateway needs is of a wrong type."""
    try:
        request = _request.decode(body)
    except UNDECODABLE as error:
        raise InputError(f"the body is not a valid request: {error}") from error
    return ModelCall(
        operation=CHAT,
        model=request.model or "",
        streams=bool(request.stream),
        prompt=_prompt(request.instructions, bytes(request.input)),
        max_tokens=request.max_output_tokens,
    )


def _prompt(instructions: str | None, given: bytes) -> bytes:
    """The input as sent; with instructions a list of messages that begins with them."""
    if not instructions:
        return given
    head = b"[" + msgspec.json.encode({"role": "system", "content": instructions})
    rest = given.strip()
    if rest.startswith(b"["):
        items = rest[1:].lstrip()
        return head + (items if items.startswith(b"]") else b"," + items)
    return head + (b',{"role":"user","content":' + rest + b"}]" if rest.startswith(b'"') else b"]")


def fit_body(body: bytes, call: ModelCall, model: str) -> bytes:
    """The same request for this model name; the usage always comes."""
    return body if model == call.model else rewrite_call(body, model=model)


def estimate_tokens_of(prompt: bytes) -> int:
    """About how many tokens a prompt has; the arguments and results of tools count too."""
    items = decode_json(prompt)
    if not isinstance(items, list):
        return estimate_prompt_tokens(prompt)
    tools = (item for item in items if isinstance(item, dict) and "call_id" in item)
    texts = (f"{item.get('arguments') or ''}{text_of(item.get('output'))}" for item in tools)
    return estimate_prompt_tokens(prompt) + sum(estimate_tokens(text) for text in texts)


def read_body(transcript: Transcript, body: bytes) -> None:
    """A whole response."""
    transcript.done = True
    try:
        response = _response.decode(body)
    except UNDECODABLE:
        return
    for item in response.output or ():
        _add_item(transcript, item)
    _end(transcript, response)


def read_event(transcript: Transcript, event: bytes) -> bool:
    """One event of a stream. Returns: False, for the usage comes with the whole response."""
    data = event_data(event)
    try:
        seen = _event.decode(data)
    except UNDECODABLE:
        return False
    if seen.type in _TEXT_EVENTS:
        transcript.add_text(0, seen.delta if isinstance(seen.delta, str) else "")
    elif seen.type in _THINKING_EVENTS:
        transcript.add_thinking(seen.delta if isinstance(seen.delta, str) else "")
    elif seen.type == "response.function_call_arguments.delta":
        transcript.extend_tool_call(0, seen.delta if isinstance(seen.delta, str) else "")
    elif seen.type == "response.output_item.added" and seen.item and seen.item.type == "function_call":
        transcript.add_tool_call(0, seen.item.name or "", "")
    elif seen.type == "error":
        transcript.error = seen.error or {"code": seen.code, "message": seen.message}
    elif seen.response is not None:
        _end(transcript, seen.response)
    return False


_TEXT_EVENTS: Final = frozenset({"response.output_text.delta", "response.refusal.delta"})
_THINKING_EVENTS: Final = frozenset({"response.reasoning_summary_text.delta", "response.reasoning_text.delta"})


def _add_item(transcript: Transcript, item: _Item) -> None:
    if item.type == "function_call":
        transcript.add_tool_call(0, item.name or "", item.arguments or "")
    elif item.type == "reasoning":
        transcript.add_thinking(text_of(item.summary) + text_of(item.content))
    elif item.type == "message":
        transcript.add_text(0, text_of(item.content) + _refusals(item.content))


def _refusals(content: Any) -> str:
    parts = content if isinstance(content, list) else ()
    return "".join(str(part.get("refusal") or "") for part in parts if isinstance(part, dict))


def _end(transcript: Transcript, response: _Response) -> None:
    """What a response says of itself, in progress or at its end."""
    transcript.model = response.model or transcript.model
    transcript.service_tier = tier_of(response.service_tier) or transcript.service_tier
    if response.usage is not None:
        searches = sum(_is_search(item.type, item.action) for item in response.output or ())
        transcript.usage = _token_usage(response.usage, searches, response.service_tier)
    if response.status == "failed":
        transcript.error = response.error or {"message": "the response failed"}
    elif response.status == "completed":
        called = any(item.type == "function_call" for item in response.output or ())
        transcript.finish_reasons.append("tool_calls" if called else "stop")
    elif response.status == "incomplete":
        reason = response.incomplete_details.reason if response.incomplete_details else None
        transcript.finish_reasons.append(reason or "incomplete")


def read_usage(given: dict[str, Any]) -> TokenUsage | None:
    """What a response used, in our counts; None when it does not say, or says it in another form."""
    output = given.get("output")
    items = [item for item in output if isinstance(item, dict)] if isinstance(output, list) else []
    searches = sum(_is_search(item.get("type"), item.get("action")) for item in items)
    try:
        usage = msgspec.convert(given.get("usage"), _Usage | None)
    except msgspec.ValidationError:
        return None
    return None if usage is None else _token_usage(usage, searches, given.get("service_tier"))


def _token_usage(usage: _Usage, searches: int, service_tier: Any) -> TokenUsage:
    """input_tokens holds the cached ones, output_tokens the reasoning."""
    given, made = usage.input_tokens_details, usage.output_tokens_details
    return TokenUsage(
        input_tokens=count_of(usage.input_tokens),
        output_tokens=count_of(usage.output_tokens),
        cached_input_tokens=count_of(given.cached_tokens) if given else None,
        cache_write_tokens=count_of(given.cache_write_tokens) if given else None,
        reasoning_tokens=count_of(made.reasoning_tokens) if made else None,
        web_searches=searches or None,
        service_tier=tier_of(service_tier),
        reported_nusd=reported_nusd(ticks / TICKS_PER_USD) if (ticks := usage.cost_in_usd_ticks) is not None else None,
    )


def _is_search(kind: Any, action: Any) -> bool:
    """Whether an item is charged as a search: opening a page that one found, or looking for words in it, is not."""
    did = action.get("type") if isinstance(action, dict) else None
    return kind == "web_search_call" and did in (None, "search")


def render_error_event(status: int, message: str, kind: str, code: str) -> bytes:
    """An error as a stream's last event, in both forms that OpenAI's clients know: flat, and as an object."""
    error = msgspec.json.decode(render_error(status, message, kind, code))["error"]
    event = {"type": "error", "code": code, "message": message, "param": None, "sequence_number": 0, "error": error}
    return b"event: error\ndata: " + msgspec.json.encode(event) + b"\n\n"
