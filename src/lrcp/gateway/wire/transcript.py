"""Transcript: what a generation said and used, gathered from a whole reply or chunk by chunk, within a bound."""

from typing import Any

import msgspec

from lrcp.evaluators.cost import TokenUsage, estimate_tokens, tokens_of_bytes
from lrcp.gateway.wire.openai import UNDECODABLE, Answer, Message, Usage, decode_answer
from lrcp.gateway.wire.sse import event_data

_TRUNCATED = " [truncated]"
_TOKENS_PER_MESSAGE = 4
_MAX_TOKENS = 10**12


class Transcript:
    """The answer as it comes in. max_chars bounds the text that is kept; counting goes on past it."""

    def __init__(self, max_chars: int) -> None:
        self.model = ""
        self.service_tier = ""
        self.finish_reasons: list[str] = []
        self.usage: Usage | None = None
        self.error: Any = None
        self.generating_ms: float | None = None
        self.done = False
        self._texts: dict[int, list[str]] = {}
        self._tools: dict[int, list[dict[str, str]]] = {}
        self._chars_left = max_chars
        self._text_bytes = 0

    def add_body(self, body: bytes) -> None:
        """A whole reply."""
        answer = decode_answer(body)
        if answer is not None:
            self._add(answer)
        self.done = True

    def add_event(self, event: bytes) -> bool:
        """One event of a stream. Returns: whether it carries the usage and nothing else."""
        data = event_data(event)
        if not data:
            return False
        if data == b"[DONE]":
            self.done = True
            return False
        answer = decode_answer(data)
        if answer is None:
            return False
        self._add(answer)
        return answer.usage is not None and not answer.choices and answer.error is None

    @property
    def complete(self) -> bool:
        """Whether the answer came to its end, by its own account."""
        return self.done or bool(self.finish_reasons) or self.error is not None

    @property
    def started(self) -> bool:
        """Whether any token of the answer has come."""
        return bool(self._text_bytes)

    def token_usage(self) -> TokenUsage | None:
        """What the provider counted; None when it did not say."""
        return token_usage(self.usage) if self.usage is not None else None

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

    def _add(self, answer: Answer) -> None:
        self.model = answer.model or self.model
        self.service_tier = answer.service_tier or self.service_tier
        self.usage = answer.usage or self.usage
        self.error = answer.error or self.error
        if answer.timings is not None:
            self.generating_ms = answer.timings.predicted_ms
        for choice in answer.choices or ():
            if choice.finish_reason:
                self.finish_reasons.append(choice.finish_reason)
            message = choice.message or choice.delta
            if message is not None:
                self._add_message(choice.index, message)

    def _add_message(self, index: int, message: Message) -> None:
        for text in (text_of(message.content), text_of(message.refusal)):
            if text:
                self._keep(self._texts.setdefault(index, []), text)
        if thought := text_of(message.reasoning_content):
            self._count_text(thought)
        if isinstance(message.tool_calls, list):
            for call in message.tool_calls:
                self._add_tool_call(self._tools.setdefault(index, []), call)

    def _add_tool_call(self, tools: list[dict[str, str]], call: Any) -> None:
        function = call.get("function") if isinstance(call, dict) else None
        if not isinstance(function, dict):
            return
        name, arguments = str(function.get("name") or ""), str(function.get("arguments") or "")
        if name or not tools:
            tools.append({"name": name, "arguments": ""})
        kept: list[str] = []
        self._keep(kept, arguments)
        tools[-1]["arguments"] += "".join(kept)

    def _count_text(self, text: str) -> None:
        self._text_bytes += len(text.encode("utf-8", "replace"))

    def _keep(self, texts: list[str], text: str) -> None:
        self._count_text(text)
        if self._chars_left > 0:
            texts.append(text[: self._chars_left])
            self._chars_left -= len(text)


def token_usage(usage: Usage) -> TokenUsage:
    """OpenAI's counts in ours: input whole, output whole.

    Some providers (Gemini, xAI) leave reasoning out of completion_tokens and have it in total_tokens only; it is output.
    """
    details, total = usage.prompt_tokens_details, _count(usage.total_tokens)
    given = usage.completion_tokens_details
    reasoning = _count(given.reasoning_tokens) if given else None
    prompt, output = _count(usage.prompt_tokens), _count(usage.completion_tokens)
    if total is not None and prompt is not None:
        hidden = total - prompt - (output or 0)
        if hidden > 0:
            output, reasoning = (output or 0) + hidden, max(reasoning or 0, hidden)
    return TokenUsage(
        input_tokens=prompt,
        output_tokens=output,
        cached_input_tokens=_count(details.cached_tokens) if details else None,
        cache_write_tokens=_count(details.cache_write_tokens) if details else None,
        reasoning_tokens=reasoning,
    )


def _count(tokens: int | None) -> int | None:
    """A count as reported; None when it cannot be one."""
    return tokens if tokens is not None and 0 <= tokens <= _MAX_TOKENS else None


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
    except UNDECODABLE:
        return 0
    if isinstance(content, str):
        return estimate_tokens(content)
    if not isinstance(content, list):
        return 0
    return sum(_estimate_item(item) for item in content)


def _estimate_item(item: Any) -> int:
    if isinstance(item, dict):
        return _TOKENS_PER_MESSAGE + estimate_tokens(text_of(item.get("content")))
    if isinstance(item, str):
        return estimate_tokens(item)
    return len(item) if isinstance(item, list) else 1  # embeddings take token ids too, singly or in lists
