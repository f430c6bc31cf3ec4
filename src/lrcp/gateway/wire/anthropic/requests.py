"""The shape of an Anthropic request as far as it can be translated. A member that is not here is refused by its name.

Members typed Any are hints: a translation may lose them without changing what is asked. Members typed None may only
be null. Shapes: the installed anthropic SDK's types.
"""

from typing import Any, Literal

import msgspec


class TextBlock(msgspec.Struct, tag="text", forbid_unknown_fields=True):
    """citations are a model's notes on its own earlier words."""

    text: str
    cache_control: Any = None
    citations: Any = None


class Base64Source(msgspec.Struct, tag="base64", forbid_unknown_fields=True):
    media_type: str
    data: str


class UrlSource(msgspec.Struct, tag="url", forbid_unknown_fields=True):
    url: str


class TextSource(msgspec.Struct, tag="text", forbid_unknown_fields=True):
    data: str
    media_type: str = "text/plain"


class Citations(msgspec.Struct, forbid_unknown_fields=True):
    enabled: bool = False


class ImageBlock(msgspec.Struct, tag="image", forbid_unknown_fields=True):
    source: Base64Source | UrlSource
    cache_control: Any = None
    transformations: None = None


class DocumentBlock(msgspec.Struct, tag="document", forbid_unknown_fields=True):
    source: Base64Source | UrlSource | TextSource
    title: str | None = None
    context: None = None
    citations: Citations | None = None
    cache_control: Any = None


class ThinkingBlock(msgspec.Struct, tag="thinking", forbid_unknown_fields=True):
    thinking: str
    signature: str = ""


class RedactedThinkingBlock(msgspec.Struct, tag="redacted_thinking", forbid_unknown_fields=True):
    data: str


class DirectCaller(msgspec.Struct, tag="direct", forbid_unknown_fields=True):
    """The model itself, not code that it runs at Anthropic."""


class ToolUseBlock(msgspec.Struct, tag="tool_use", forbid_unknown_fields=True):
    id: str
    name: str
    input: msgspec.Raw
    cache_control: Any = None
    caller: DirectCaller | None = None
    toolset_name: None = None


class ToolResultBlock(msgspec.Struct, tag="tool_result", forbid_unknown_fields=True):
    tool_use_id: str
    content: str | list[TextBlock | ImageBlock | DocumentBlock] | None = None
    is_error: bool | None = None
    cache_control: Any = None
    toolset_name: None = None


Block = TextBlock | ImageBlock | DocumentBlock | ThinkingBlock | RedactedThinkingBlock | ToolUseBlock | ToolResultBlock


class Message(msgspec.Struct, forbid_unknown_fields=True):
    role: Literal["user", "assistant", "system"]
    content: str | list[Block]


class Tool(msgspec.Struct, forbid_unknown_fields=True):
    """A tool of the client's own; those that Anthropic runs have another type, and are refused by it."""

    name: str
    type: Literal["custom"] | None = None
    description: str | None = None
    input_schema: dict[str, Any] | None = None
    strict: bool | None = None
    cache_control: Any = None
    eager_input_streaming: Any = None
    allowed_callers: list[Literal["direct"]] | None = None
    input_examples: None = None
    defer_loading: bool | None = None


class AutoChoice(msgspec.Struct, tag="auto", forbid_unknown_fields=True):
    disable_parallel_tool_use: bool | None = None


class AnyChoice(msgspec.Struct, tag="any", forbid_unknown_fields=True):
    disable_parallel_tool_use: bool | None = None


class NamedChoice(msgspec.Struct, tag="tool", forbid_unknown_fields=True):
    name: str
    disable_parallel_tool_use: bool | None = None


class NoChoice(msgspec.Struct, tag="none", forbid_unknown_fields=True):
    disable_parallel_tool_use: bool | None = None


class ThinkingEnabled(msgspec.Struct, tag="enabled", forbid_unknown_fields=True):
    budget_tokens: int
    display: Any = None


class ThinkingAdaptive(msgspec.Struct, tag="adaptive", forbid_unknown_fields=True):
    display: Any = None


class ThinkingDisabled(msgspec.Struct, tag="disabled", forbid_unknown_fields=True):
    pass


class SchemaFormat(msgspec.Struct, tag="json_schema", forbid_unknown_fields=True):
    schema: dict[str, Any]


class OutputConfig(msgspec.Struct, forbid_unknown_fields=True):
    effort: Literal["low", "medium", "high", "xhigh", "max"] | None = None
    format: SchemaFormat | None = None


class Metadata(msgspec.Struct, forbid_unknown_fields=True):
    user_id: str | None = None


class Request(msgspec.Struct, forbid_unknown_fields=True):
    """A body of /messages. output_format is where the beta had what output_config.format now is."""

    messages: list[Message]
    model: str | None = None
    max_tokens: int | None = None
    system: str | list[TextBlock] | None = None
    stream: bool | None = None
    tools: list[Tool] | None = None
    tool_choice: AutoChoice | AnyChoice | NamedChoice | NoChoice | None = None
    thinking: ThinkingEnabled | ThinkingAdaptive | ThinkingDisabled | None = None
    output_config: OutputConfig | None = None
    output_format: SchemaFormat | None = None
    stop_sequences: list[str] | None = None
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    metadata: Metadata | None = None
    cache_control: Any = None
    service_tier: Any = None
    speed: Any = None
    container: None = None
    diagnostics: None = None
    inference_geo: None = None
    context_management: None = None
