"""Chat without a wire format: what every provider's request, answer and stream say, as records.

Translation goes format -> records -> format, so that n formats need n codecs and not n * n. A codec refuses what these
records cannot hold, with the member's name, rather than lose it in silence.
"""

from typing import Any, Literal

import msgspec

from lrcp.evaluators.cost import TokenUsage


class Text(msgspec.Struct, tag=True):
    """Words."""

    text: str


class Media(msgspec.Struct, tag=True):
    """A picture, sound or document: base64 in data, or by address in url. name: a file's."""

    kind: Literal["image", "audio", "file"]
    media_type: str = ""
    data: str = ""
    url: str = ""
    name: str = ""


class Thinking(msgspec.Struct, tag=True):
    """A model's reasoning that it shows. signature: the provider's, needed to send it back to the same provider.

    redacted: the provider shows nothing of it, and signature is all there is.
    """

    text: str
    signature: str = ""
    redacted: bool = False


class ToolCall(msgspec.Struct, tag=True):
    """arguments: JSON text. signature: as of Thinking (Gemini's thoughtSignature)."""

    id: str
    name: str
    arguments: str
    signature: str = ""


class ToolResult(msgspec.Struct, tag=True):
    """What a tool gave. name may be '' where a format does not repeat it."""

    call_id: str
    parts: list[Text | Media]
    name: str = ""
    is_error: bool = False


Part = Text | Media | Thinking | ToolCall | ToolResult


class Turn(msgspec.Struct):
    """One side's say. Tool results are the user's parts."""

    role: Literal["user", "assistant"]
    parts: list[Part]


class Tool(msgspec.Struct):
    """A function that the model may call; parameters is a JSON schema, None for none."""

    name: str
    description: str = ""
    parameters: dict[str, Any] | None = None
    strict: bool | None = None


class ToolChoice(msgspec.Struct):
    """mode `named` means the tool `name` must be called. parallel: whether several calls at once may come."""

    mode: Literal["auto", "none", "required", "named"] = "auto"
    name: str = ""
    parallel: bool | None = None


class OutputFormat(msgspec.Struct):
    """`json`: any JSON object; `schema`: JSON by this schema."""

    kind: Literal["json", "schema"]
    name: str = ""
    schema: dict[str, Any] | None = None
    strict: bool | None = None


class ChatRequest(msgspec.Struct, kw_only=True):
    """A request. None is 'not said'. system: instructions, in order. reasoning: effort wanted, or a budget of tokens."""

    model: str
    turns: list[Turn]
    system: list[str] = msgspec.field(default_factory=list)
    tools: list[Tool] = msgspec.field(default_factory=list)
    tool_choice: ToolChoice | None = None
    output: OutputFormat | None = None
    max_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    stop: list[str] = msgspec.field(default_factory=list)
    seed: int | None = None
    presence_penalty: float | None = None
    frequency_penalty: float | None = None
    reasoning_effort: Literal["none", "minimal", "low", "medium", "high"] | None = None
    reasoning_tokens: int | None = None
    user: str = ""
    streams: bool = False
    asks_usage: bool = True


StopReason = Literal["end", "length", "tool", "stop_sequence", "filter", "refusal"]


class ChatReply(msgspec.Struct, kw_only=True):
    """A whole answer. created_s: Unix seconds, 0 when the provider did not say."""

    id: str
    model: str
    parts: list[Part]
    stop: StopReason | None
    usage: TokenUsage | None = None
    stop_sequence: str = ""
    created_s: int = 0


class Started(msgspec.Struct, tag=True):
    """The first step of a stream. usage: what is known by then (Anthropic tells the input's size first)."""

    id: str
    model: str
    usage: TokenUsage | None = None
    created_s: int = 0


class TextDelta(msgspec.Struct, tag=True):
    text: str


class ThinkingDelta(msgspec.Struct, tag=True):
    """redacted: as of Thinking; such a step is a whole thought."""

    text: str
    signature: str = ""
    redacted: bool = False


class ToolCallStarted(msgspec.Struct, tag=True):
    """index counts the tool calls of an answer from 0; their arguments follow as ToolArgumentsDelta."""

    index: int
    id: str
    name: str
    signature: str = ""


class ToolArgumentsDelta(msgspec.Struct, tag=True):
    index: int
    fragment: str


class Finished(msgspec.Struct, tag=True):
    """The last step but for the usage, which some formats send before and some after."""

    stop: StopReason
    stop_sequence: str = ""


class UsageKnown(msgspec.Struct, tag=True):
    """Counts so far; a later one replaces an earlier one."""

    usage: TokenUsage


class StreamFailed(msgspec.Struct, tag=True):
    """The provider ended its stream with an error."""

    kind: str
    message: str


Delta = (
    Started | TextDelta | ThinkingDelta | ToolCallStarted | ToolArgumentsDelta | Finished | UsageKnown | StreamFailed
)
