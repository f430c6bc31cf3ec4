"""A chat completions request read into a ChatRequest; what has no counterpart elsewhere is refused by its place."""

from collections.abc import Callable, Iterator
from typing import Any, Final

from lrcp.gateway.wire.chat import (
    ChatRequest,
    Media,
    OutputFormat,
    Part,
    Text,
    Thinking,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
    Turn,
)
from lrcp.gateway.wire.format import ModelCall
from lrcp.gateway.wire.media import AUDIO_TYPES, PDF, parse_media_url
from lrcp.gateway.wire.members import NO_COUNTERPART, Members, read_members
from lrcp.gateway.wire.openai_chat.options import (
    add_parts,
    described_schema,
    parse_common,
    parse_effort,
    parse_mode,
    parse_parallel,
)
from lrcp.model.errors import InputError


def parse_request(body: bytes, call: ModelCall) -> ChatRequest:
    """The request as records. Raises: InputError - a member is of a wrong type, or cannot be translated; with its place."""
    members = read_members(body)
    system, turns = _parse_messages(members)
    request = ChatRequest(
        model=members.text("model"),
        system=system,
        turns=turns,
        tools=[_parse_tool(tool) for tool in members.each("tools")],
        tool_choice=_parse_tool_choice(members),
        output=_parse_output(members),
        max_tokens=_first(members.whole("max_completion_tokens"), members.whole("max_tokens")),
        top_k=members.whole("top_k"),
        stop=_parse_stop(members),
        seed=members.whole("seed"),
        presence_penalty=members.number("presence_penalty"),
        frequency_penalty=members.number("frequency_penalty"),
        reasoning_effort=parse_effort(members, "reasoning_effort"),
        asks_usage=call.asks_usage,
    )
    parse_common(members, request)
    _refuse_the_rest(members)
    return request


def _refuse_the_rest(members: Members) -> None:
    members.expect("n", 1)
    members.expect("logprobs", False)
    members.expect("top_logprobs", 0)
    members.expect("logit_bias", {})
    members.expect("modalities", ["text"])
    members.expect("verbosity", "medium")
    members.drop("stream_options")
    members.close()


def _first(preferred: int | None, other: int | None) -> int | None:
    return other if preferred is None else preferred


def _parse_messages(members: Members) -> tuple[list[str], list[Turn]]:
    """(instructions, turns): messages of the system go to the front, whatever their place."""
    system: list[str] = []
    turns: list[Turn] = []
    for message in members.each("messages"):
        role = message.required_text("role")
        if role in ("system", "developer"):
            system.extend(_texts(message, "content"))
        elif role in _ROLES:
            side, parse = _ROLES[role]
            add_parts(turns, side, parse(message))
        else:
            raise InputError(f"{message.place('role')}: {role[:40]!r} {NO_COUNTERPART}")
        message.close()
    if not turns:
        raise InputError(f"{members.place('messages')}: must hold a message that is not the system's")
    return system, turns


def _texts(message: Members, name: str) -> list[str]:
    """The texts of a content that holds nothing else."""
    return [part.text for part in _only_text(message, name)]


def _only_text(message: Members, name: str) -> Iterator[Text]:
    for part in _parse_content(message, name):
        if not isinstance(part, Text):
            raise InputError(f"{message.place(name)}: only text may be here")
        yield part


def _parse_user(message: Members) -> list[Part]:
    return [*_parse_content(message, "content")]


def _parse_tool_message(message: Members) -> list[Part]:
    name, call_id = message.text("name"), message.required_text("tool_call_id")
    return [ToolResult(call_id=call_id, name=name, parts=[*_only_text(message, "content")])]


def _parse_assistant(message: Members) -> list[Part]:
    """Empty text beside the calls of tools is left out: other formats do not take it."""
    thought = message.text("reasoning_content") or message.text("reasoning")
    parts: list[Part] = [Thinking(thought)] if thought else []
    parts += [part for part in _only_text(message, "content") if part.text]
    if refusal := message.text("refusal"):
        parts.append(Text(refusal))
    parts += [_parse_tool_call(call) for call in message.each("tool_calls")]
    message.drop("annotations", "reasoning", "reasoning_details")
    return parts


_ROLES: Final[dict[str, tuple[Any, Callable[[Members], list[Part]]]]] = {
    "user": ("user", _parse_user),
    "tool": ("user", _parse_tool_message),
    "assistant": ("assistant", _parse_assistant),
}


def _parse_tool_call(call: Members) -> ToolCall:
    call.expect("type", "function")
    function = call.members("function")
    parsed = ToolCall(
        id=call.required_text("id"),
        name=function.required_text("name"),
        arguments=function.text("arguments") or "{}",
        signature=_signature(call),
    )
    call.drop("index")
    function.close()
    call.close()
    return parsed


def _signature(call: Members) -> str:
    """Gemini's thoughtSignature, in the place where its own OpenAI form has it."""
    google = call.members("extra_content").members("google")
    return google.text("thought_signature")


def _parse_content(message: Members, name: str) -> Iterator[Text | Media]:
    content = message.take(name)
    if content is None:
        return
    if isinstance(content, str):
        yield Text(content)
        return
    if not isinstance(content, list):
        raise InputError(f"{message.place(name)}: must be a string or a list of parts")
    for i, item in enumerate(content):
        part = Members(item, f"{message.place(name)}[{i}]")
        kind = part.required_text("type")
        if kind not in _PARTS:
            raise InputError(f"{part.place('type')}: {kind[:40]!r} {NO_COUNTERPART}")
        yield _PARTS[kind](part)
        part.drop("prompt_cache_breakpoint")
        part.close()


def _parse_text(part: Members) -> Text:
    return Text(part.text("text"))


def _parse_refusal(part: Members) -> Text:
    return Text(part.text("refusal"))


def _parse_image(part: Members) -> Media:
    image = part.members("image_url")
    url = image.required_text("url")
    image.drop("detail")
    image.close()
    return parse_media_url("image", url, image.place("url"))


def _parse_audio(part: Members) -> Media:
    audio = part.members("input_audio")
    data, kind = audio.required_text("data"), audio.required_text("format")
    audio.close()
    if kind not in AUDIO_TYPES:
        raise InputError(f"{audio.place('format')}: must be wav or mp3")
    return Media(kind="audio", media_type=AUDIO_TYPES[kind], data=data)


def _parse_file(part: Members) -> Media:
    """A document: a data URL, or bare base64, which is then a PDF. One by file_id lies with OpenAI alone."""
    file = part.members("file")
    name, data = file.text("filename"), file.text("file_data")
    file.close()
    if not data:
        raise InputError(f"{file.place('file_data')}: must be there")
    if data.startswith("data:"):
        return parse_media_url("file", data, file.place("file_data"), name)
    return Media(kind="file", media_type=PDF, data=data, name=name)


_PARTS: Final[dict[str, Callable[[Members], Text | Media]]] = {
    "text": _parse_text,
    "refusal": _parse_refusal,
    "image_url": _parse_image,
    "input_audio": _parse_audio,
    "file": _parse_file,
}


def _parse_tool(tool: Members) -> Tool:
    kind = tool.text("type") or "function"
    if kind != "function":
        raise InputError(f"{tool.place('type')}: a tool of type {kind[:40]!r} {NO_COUNTERPART}")
    function = tool.members("function")
    parsed = Tool(
        name=function.required_text("name"),
        description=function.text("description"),
        parameters=function.mapping("parameters"),
        strict=function.flag("strict"),
    )
    function.close()
    tool.close()
    return parsed


def _parse_tool_choice(members: Members) -> ToolChoice | None:
    choice, parallel = members.take("tool_choice"), parse_parallel(members)
    if choice is None:
        return None if parallel is None else ToolChoice(parallel=parallel)
    if isinstance(choice, str):
        return ToolChoice(mode=parse_mode(choice, members.place("tool_choice")), parallel=parallel)
    named = Members(choice, members.place("tool_choice"))
    named.expect("type", "function")
    name = named.members("function").required_text("name")
    named.close()
    return ToolChoice(mode="named", name=name, parallel=parallel)


def _parse_output(members: Members) -> OutputFormat | None:
    wanted = members.members("response_format")
    kind = wanted.text("type") or "text"
    if kind == "json_schema":
        return _parse_schema(wanted.members("json_schema"))
    if kind not in ("text", "json_object"):
        raise InputError(f"{wanted.place('type')}: {kind[:40]!r} {NO_COUNTERPART}")
    wanted.close()
    return OutputFormat("json") if kind == "json_object" else None


def _parse_schema(given: Members) -> OutputFormat:
    name, strict = given.text("name"), given.flag("strict")
    schema = described_schema(given.mapping("schema"), given.text("description"))
    given.close()
    return OutputFormat("schema", name=name, schema=schema, strict=strict)


def _parse_stop(members: Members) -> list[str]:
    stop = members.take("stop")
    if stop is None:
        return []
    stops = [stop] if isinstance(stop, str) else stop
    if not isinstance(stops, list) or not all(isinstance(one, str) for one in stops):
        raise InputError(f"{members.place('stop')}: must be a string or a list of strings")
    return stops
