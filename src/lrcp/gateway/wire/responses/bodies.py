"""The objects of a response, as dicts: the response itself, its items, their parts. For replies and streams alike."""

from typing import Any, Final

from lrcp.evaluators.cost import TokenUsage
from lrcp.gateway.wire.chat import ChatRequest, StopReason
from lrcp.gateway.wire.openai_chat.replies import extra_content
from lrcp.gateway.wire.openai_chat.usage import render_response_usage

_INCOMPLETE: Final[dict[StopReason, str]] = {"length": "max_output_tokens", "filter": "content_filter"}
_REDACTED: Final = "redacted:"


def render_response(
    response_id: str, model: str, created_s: int, output: list[Any], request: ChatRequest | None = None
) -> dict[str, Any]:
    """A response in progress. request: what it answers, where that is known."""
    choice = request.tool_choice if request else None
    return {
        "id": response_id,
        "object": "response",
        "created_at": created_s,
        "status": "in_progress",
        "model": model,
        "output": output,
        "parallel_tool_calls": choice is None or choice.parallel is not False,
        "tool_choice": "auto" if choice is None or choice.mode == "named" else choice.mode,
        "tools": [],
        "temperature": request.temperature if request else None,
        "top_p": request.top_p if request else None,
        "max_output_tokens": request.max_tokens if request else None,
        "store": False,
        "metadata": {},
        "error": None,
        "incomplete_details": None,
        "usage": None,
    }


def ended(response: dict[str, Any], stop: StopReason, usage: TokenUsage | None) -> dict[str, Any]:
    """The response at its end: complete, or incomplete for a reason."""
    reason = _INCOMPLETE.get(stop)
    return response | {
        "status": "incomplete" if reason else "completed",
        "incomplete_details": {"reason": reason} if reason else None,
        "usage": render_response_usage(usage) if usage is not None else None,
    }


def message_item(item_id: str, parts: list[dict[str, Any]], status: str = "completed") -> dict[str, Any]:
    """What the model says."""
    return {"id": item_id, "type": "message", "role": "assistant", "status": status, "content": parts}


def text_part(text: str) -> dict[str, Any]:
    """Words of a message."""
    return {"type": "output_text", "text": text, "annotations": [], "logprobs": []}


def call_item(
    item_id: str, call_id: str, name: str, arguments: str, signature: str = "", status: str = "completed"
) -> dict[str, Any]:
    """A call of a tool."""
    item = {"id": item_id, "type": "function_call", "call_id": call_id, "name": name, "arguments": arguments}
    return item | {"status": status} | extra_content(signature)


def seal(signature: str, *, redacted: bool) -> str:
    """encrypted_content for a thought: what its provider must get back, marked where that is all there is of it."""
    return f"{_REDACTED}{signature}" if redacted else signature


def unseal(encrypted: str) -> tuple[str, bool]:
    """(signature, redacted) of encrypted_content."""
    return encrypted.removeprefix(_REDACTED), encrypted.startswith(_REDACTED)


def reasoning_item(item_id: str, text: str, encrypted: str = "", status: str = "completed") -> dict[str, Any]:
    """Reasoning; encrypted is what must come back with it."""
    summary = [{"type": "summary_text", "text": text}] if text else []
    item: dict[str, Any] = {"id": item_id, "type": "reasoning", "summary": summary, "status": status}
    return item | ({"encrypted_content": encrypted} if encrypted else {})
