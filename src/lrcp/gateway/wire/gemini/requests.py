"""Gemini's request as records of the wire. What is not named here cannot be translated, and the decoder says which it is."""

from contextlib import suppress
from typing import Any, Final

import msgspec

from lrcp.gateway.wire.format import UNDECODABLE
from lrcp.gateway.wire.gemini.spelling import camel_names
from lrcp.model.errors import InputError


class Said(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    """A message of Google's JSON that is understood whole or refused."""


class Blob(Said):
    mime_type: str = ""
    data: str = ""
    display_name: str = ""


class FileData(Said):
    file_uri: str
    mime_type: str = ""
    display_name: str = ""


class FunctionCall(Said):
    name: str
    id: str = ""
    args: dict[str, Any] = {}


class ResponsePart(Said):
    inline_data: Blob | None = None
    file_data: FileData | None = None


class FunctionResponse(Said):
    """scheduling and willContinue belong to live sessions, where nothing of them can be said with their defaults."""

    name: str
    id: str = ""
    response: dict[str, Any] = {}
    parts: list[ResponsePart] = []


class Part(Said):
    """mediaResolution is a hint; thoughtSignature matters beside a functionCall only."""

    text: str | None = None
    thought: bool = False
    thought_signature: str = ""
    inline_data: Blob | None = None
    file_data: FileData | None = None
    function_call: FunctionCall | None = None
    function_response: FunctionResponse | None = None
    media_resolution: Any = None


class Content(Said):
    parts: list[Part] = []
    role: str = ""


class Declaration(Said):
    """response and responseJsonSchema tell the model what a tool gives: a hint."""

    name: str
    description: str = ""
    parameters: dict[str, Any] | None = None
    parameters_json_schema: dict[str, Any] | None = None
    response: Any = None
    response_json_schema: Any = None


class Tool(Said):
    function_declarations: list[Declaration] = []


class CallingConfig(Said):
    mode: str = "AUTO"
    allowed_function_names: list[str] = []
    stream_function_call_arguments: bool = False


class ToolConfig(Said):
    function_calling_config: CallingConfig | None = None
    include_server_side_tool_invocations: bool = False


class ThinkingConfig(Said):
    include_thoughts: bool = False
    thinking_budget: int | None = None
    thinking_level: str = ""


class GenerationConfig(Said):
    """mediaResolution and enableEnhancedCivicAnswers are hints."""

    temperature: float | None = None
    top_p: float | None = None
    top_k: float | None = None
    candidate_count: int = 1
    max_output_tokens: int | None = None
    stop_sequences: list[str] = []
    seed: int | None = None
    presence_penalty: float | None = None
    frequency_penalty: float | None = None
    response_mime_type: str = ""
    response_schema: dict[str, Any] | None = None
    response_json_schema: dict[str, Any] | None = None
    response_modalities: list[str] = []
    response_logprobs: bool = False
    thinking_config: ThinkingConfig | None = None
    media_resolution: Any = None
    enable_enhanced_civic_answers: Any = None


class SafetySetting(Said):
    category: str = ""
    threshold: str = ""
    method: Any = None


class Request(Said):
    """labels, serviceTier and store are about the account, not the answer: hints, which go no further."""

    contents: list[Content] = []
    model: str = ""
    system_instruction: Content | None = None
    tools: list[Tool] = []
    tool_config: ToolConfig | None = None
    generation_config: GenerationConfig | None = None
    safety_settings: list[SafetySetting] = []
    labels: Any = None
    service_tier: Any = None
    store: Any = None


_request: Final = msgspec.json.Decoder(Request)


def decode_request(body: bytes) -> Request:
    """A request of generateContent, its members in either spelling.

    Raises: InputError - what it asks for cannot be translated, or it is no such request; with the place.
    """
    with suppress(*UNDECODABLE):  # perhaps only spelled with underscores: the second reading tells what is wrong
        return _request.decode(body)
    try:
        return msgspec.convert(camel_names(msgspec.json.decode(body)), Request)
    except UNDECODABLE as error:
        raise InputError(f"the request cannot be translated from Gemini's format: {error}") from error
