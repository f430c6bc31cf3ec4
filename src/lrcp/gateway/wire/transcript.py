"""Transcript: what a generation said and used, gathered from a whole reply or chunk by chunk, within a bound."""

from typing import Any

import msgspec

from lrcp.evaluators.cost import TokenUsage, estimate_tokens, tokens_of_bytes
from lrcp.model.money import nusd_from_usd

TICKS_PER_USD = 10**10
"""xAI's unit of money."""
_TRUNCATED = " [truncated]"
_TOKENS_PER_MESSAGE = 4
_MAX_TOKENS = 10**12
_MAX_USD = 10**6
_STANDARD_TIERS = frozenset({"default", "auto", "standard"})
_QUICK_ABOVE_BYTES = 16 * 1024
_MEDIA_MARKS = (b";base64,", b'"data"', b'"inlineData"', b'"inline_data"')


class Transcript:
    """The answer as it comes in, whatever its wire format. max_chars bounds the text that is kept; counting goes on past it.

    A format's reader sets model, service_tier, usage, error and generating_ms, extends finish_reasons, and sets done
    once the answer has come to its end by its own account. service_tier is what was told outside the usage.
    """

    def __init__(self, max_chars: int) -> None:
        self.model = ""
        self.service_tier = ""
        self.finish_reasons: list[str] = []
        self.usage: TokenUsage | None = None
        self.error: Any = None
        self.generating_ms: float | None = None
        self.done = False
        self._texts: dict[int, list[str]] = {}
        self._tools: dict[int, list[dict[str, str]]] = {}
        self._chars_left = max_chars
        self._text_bytes = 0

    @property
    def complete(self) -> bool:
        """Whether the answer came to its end, by its own account."""
        return self.done or bool(self.finish_reasons) or self.error is not None

    @property
    def started(self) -> bool:
        """Whether any token of the answer has come."""
        return bool(self._text_bytes)

    def add_text(self, index: int, text: str) -> None:
        """Words of the answer with this index: 0 for all but OpenAI's `n` answers to one question."""
        self._keep(self._texts.setdefault(index, []), text)

    def add_thinking(self, text: str) -> None:
        """Reasoning that the model shows: counted, not kept."""
        self._count_text(text)

    def add_tool_call(self, index: int, name: str, arguments: str) -> None:
        """A call of a tool; its arguments may go on with extend_tool_call."""
        self._tools.setdefault(index, []).append({"name": name, "arguments": ""})
        self.extend_tool_call(index, arguments)

    def extend_tool_call(self, index: int, fragment: str) -> None:
        """More of the arguments of the newest call."""
        tools = self._tools.setdefault(index, [])
        if not tools:
            tools.append({"name": "", "arguments": ""})
        kept: list[str] = []
        self._keep(kept, fragment)
        tools[-1]["arguments"] += "".join(kept)

    def output_tokens(self) -> int:
        """About how many tokens came, by their bytes (see evaluators.cost.estimate_tokens)."""
        return tokens_of_bytes(self._text_bytes)

    def output_json(self) -> str:
        """The answer as JSON: a list of messages, [{"role": "assistant", "content": ..., "tool_calls": [...]}]."""
        messages = []
        for index in sorted({*self._texts, *self._tools}):
            message: dict[str, Any] = {"role": "assistant", "content": self._text(index)}
            if index in self._tools:
                message["tool_calls"] = [{"type": "function", "function": tool} for tool in self._tools[index]]
            messages.append(message)
        return msgspec.json.encode(messages).decode() if messages else ""

    def _text(self, index: int) -> str:
        text = "".join(self._texts.get(index, ()))
        return text + _TRUNCATED if self._chars_left <= 0 else text

    def _count_text(self, text: str) -> None:
        self._text_bytes += len(text.encode("utf-8", "replace"))

    def _keep(self, texts: list[str], text: str) -> None:
        self._count_text(text)
        if self._chars_left > 0:
            texts.append(text[: self._chars_left])
            self._chars_left -= len(text)


def count_of(tokens: int | None) -> int | None:
    """A count as reported; None when it cannot be one."""
    return tokens if tokens is not None and 0 <= tokens <= _MAX_TOKENS else None


def tier_of(word: Any) -> str:
    """The tier that a provider says it served a call in; '' where it is the standard one, or no word at all."""
    return "" if not isinstance(word, str) or word in _STANDARD_TIERS else word


def reported_nusd(dollars: Any) -> int | None:
    """What a provider says that it charges, as nano-dollars; None when it is no amount."""
    if isinstance(dollars, bool) or not isinstance(dollars, int | float) or not 0 <= dollars <= _MAX_USD:
        return None
    return nusd_from_usd(dollars)


def text_of(content: Any) -> str:
    """The text of a message's content, which is a string or a list of parts; images and sounds have none."""
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return ""
    return "".join(part["text"] for part in content if isinstance(part, dict) and isinstance(part.get("text"), str))


def estimate_prompt_tokens(prompt: bytes) -> int:
    """About how many tokens a prompt has (JSON of messages, or of an embedding's input), when the provider does not say."""
    try:
        content = msgspec.json.decode(prompt)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return 0
    if isinstance(content, str):
        return estimate_tokens(content)
    if not isinstance(content, list):
        return 0
    return sum(_estimate_item(item) for item in content)


def quick_prompt_tokens(prompt: bytes) -> int | None:
    """The same for a large prompt, by its bytes, which is within a few percent; None for one worth reading.

    Reading 400 KB of JSON takes a millisecond, on every request. Pictures and sounds in base64 would count far too
    much, so a prompt that may hold one is read.
    """
    if len(prompt) < _QUICK_ABOVE_BYTES or any(mark in prompt for mark in _MEDIA_MARKS):
        return None
    return tokens_of_bytes(len(prompt))


def _estimate_item(item: Any) -> int:
    if isinstance(item, dict):
        return _TOKENS_PER_MESSAGE + estimate_tokens(text_of(item.get("content")))
    if isinstance(item, str):
        return estimate_tokens(item)
    return len(item) if isinstance(item, list) else 1  # embeddings take token ids too, singly or in lists
