"""A responses request read into a ChatRequest; state that OpenAI keeps, and tools that it runs, are refused by name."""

from collections.abc import Callable
from typing import Any, Final

from lrcp.gateway.wire.chat import (
    ChatRequest,
    Media,
    OutputFormat,
    Text,
    Thinking,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
    Turn,
)
from lrcp.gateway.wire.format import ModelCall
from lrcp.gateway.wire.media import PDF, parse_media_url
from lrcp.gateway.wire.members import NO_COUNTERPART, Members, read_members
from lrcp.gateway.wire.openai_chat.options import (
    add_parts,
    described_schema,
    parse_common,
    parse_effort,
    parse_mode,
    parse_parallel,
)
from lrcp.gateway.wire.openai_chat.replies import signature_of
from lrcp.gateway.wire.responses.bodies import unseal
from lrcp.model.errors import InputError

_KEPT_BY_OPENAI: Final = ("previous_response_id", "conversation", "prompt")
_ROLES: Final = ("user", "assistant", "system", "developer")


def parse_request(body: bytes, call: ModelCall) -> ChatRequest:
    """The request as records. Raises: InputError - a member is of a wrong type, or cannot be translated; with its place."""
    members = read_members(body)
    _refuse_state(members)
    system, turns = _parse_input(members)
    instructions = members.text("instructions")
    request = ChatRequest(
        model=members.text("model"),
        system=[instructions, *system] if instructions else system,
        turns=turns,
        tools=[_parse_tool(tool) for tool in members.each("tools")],
        tool_choice=_parse_tool_choice(members),
        output=_parse_text_options(members),
        max_tokens=members.whole("max_output_tokens"),
        reasoning_effort=_parse_reasoning(members),
    )
    parse_common(members, request)
    members.expect("background", False)
    members.expect("truncation", "disabled")
    members.expect("top_logprobs", 0)
    members.expect("include", [], ["reasoning.encrypted_content"])
    members.drop("stream_options")
    members.close()
    return request


def _refuse_state(members: Members) -> None:
    for name in _KEPT_BY_OPENAI:
        if members.take(name) is not None:
            raise InputError(f"{members.place(name)}: names what OpenAI keeps, which no other provider has")


def _parse_input(members: Members) -> tuple[list[str], list[Turn]]:
    """(instructions, turns): messages of the system go to the front, whatever their place."""
    given = members.take("input")
    if isinstance(given, str):
        return [], [Turn("user", [Text(given)])]
    if not isinstance(given, list):
        raise InputError(f"{members.place('input')}: must be a string or a list of items")
    system: list[str] = []
    turns: list[Turn] = []
    for i, value in enumerate(given):
        item = Members(value, f"{members.place('input')}[{i}]")
        kind = item.text("type") or "message"
        if kind not in _ITEMS:
            raise InputError(f"{item.place('type')}: {kind[:40]!r} {NO_COUNTERPART}")
        _ITEMS[kind](item, system, turns)
        item.drop("id", "status")
        item.close()
    if not turns:
        raise InputError(f"{members.place('input')}: must hold a message that is not the system's")
    return system, turns


def _add_message(item: Members, system: list[str], turns: list[Turn]) -> None:
    role = item.required_text("role")
    parts = _parse_content(item, "content")
    item.drop("phase")
    if role == "user":
        add_parts(turns, "user", [*parts])
    elif role not in _ROLES:
        raise InputError(f"{item.place('role')}: {role[:40]!r} is not one of {', '.join(_ROLES)}")
    else:
        texts = [part for part in parts if isinstance(part, Text)]
        if len(texts) < len(parts):
            raise InputError(f"{item.place('content')}: only text may be here")
        if role == "assistant":
            add_parts(turns, "assistant", [part for part in texts if part.text])
        else:
            system.extend(part.text for part in texts)


def _add_call(item: Members, system: list[str], turns: list[Turn]) -> None:
    signature = signature_of({"extra_content": item.take("extra_content")})
    call = ToolCall(
        id=item.required_text("call_id"),
        name=item.required_text("name"),
        arguments=item.text("arguments") or "{}",
        signature=signature,
    )
    add_parts(turns, "assistant", [call])


def _add_result(item: Members, system: list[str], turns: list[Turn]) -> None:
    parts = _parse_content(item, "output")
    result = ToolResult(call_id=item.required_text("call_id"), name=item.text("name"), parts=parts)
    add_parts(turns, "user", [result])


def _add_reasoning(item: Members, system: list[str], turns: list[Turn]) -> None:
    """What was shown of it, and what OpenAI's encrypted_content or another provider's signature holds."""
    shown = [part.text("text") for name in ("summary", "content") for part in item.each(name)]
    text, encrypted = "".join(shown), item.text("encrypted_content")
    if text or encrypted:
        add_parts(turns, "assistant", [Thinking(text, *unseal(encrypted))])


_ITEMS: Final[dict[str, Callable[[Members, list[str], list[Turn]], None]]] = {
    "message": _add_message,
    "function_call": _add_call,
    "function_call_output": _add_result,
    "reasoning": _add_reasoning,
}


def _parse_content(item: Members, name: str) -> list[Text | Media]:
    content = item.take(name)
    if content is None or isinstance(content, str):
        return [Text(content or "")]
    if not isinstance(content, list):
        raise InputError(f"{item.place(name)}: must be a string or a list of parts")
    return [_parse_part(Members(part, f"{item.place(name)}[{i}]")) for i, part in enumerate(content)]


def _parse_part(part: Members) -> Text | Media:
    kind = part.required_text("type")
    if kind not in _PARTS:
        raise InputError(f"{part.place('type')}: {kind[:40]!r} {NO_COUNTERPART}")
    parsed = _PARTS[kind](part)
    part.drop("annotations", "logprobs", "detail", "prompt_cache_breakpoint")
    part.close()
    return parsed


def _parse_text(part: Members) -> Text:
    return Text(part.text("text"))


def _parse_refusal(part: Members) -> Text:
    return Text(part.text("refusal"))


def _parse_image(part: Members) -> Media:
    return parse_media_url("image", part.required_text("image_url"), part.place("image_url"))


def _parse_file(part: Members) -> Media:
    name, url, data = part.text("filename"), part.text("file_url"), part.text("file_data")
    if not url and not data:
        raise InputError(f"{part.place('file_data')}: must be there, or file_url")
    if url or data.startswith("data:"):
        return parse_media_url("file", url or data, part.place("file_data"), name)
    return Media(kind="file", media_type=PDF, data=data, name=name)


_PARTS: Final[dict[str, Callable[[Members], Text | Media]]] = {
    "input_text": _parse_text,
    "output_text": _parse_text,
    "refusal": _parse_refusal,
    "input_image": _parse_image,
    "input_file": _parse_file,
}


def _parse_tool(tool: Members) -> Tool:
    kind = tool.required_text("type")
    if kind != "function":
        raise InputError(f"{tool.place('type')}: {kind[:40]!r} is a tool that OpenAI runs, or reads, in its own way")
    parsed = Tool(
        name=tool.required_text("name"),
        description=tool.text("description"),
        parameters=tool.mapping("parameters"),
        strict=tool.flag("strict"),
    )
    tool.close()
    return parsed


def _parse_tool_choice(members: Members) -> ToolChoice | None:
    choice, parallel = members.take("tool_choice"), parse_parallel(members)
    if choice is None:
        return None if parallel is None else ToolChoice(parallel=parallel)
    place = members.place("tool_choice")
    if isinstance(choice, str):
        return ToolChoice(mode=parse_mode(choice, place), parallel=parallel)
    named = Members(choice, place)
    named.expect("type", "function")
    name = named.required_text("name")
    named.close()
    return ToolChoice(mode="named", name=name, parallel=parallel)


def _parse_text_options(members: Members) -> OutputFormat | None:
    options = members.members("text")
    options.expect("verbosity", "medium")
    wanted = options.members("format")
    options.close()
    kind = wanted.text("type") or "text"
    if kind == "json_schema":
        return _parse_schema(wanted)
    if kind not in ("text", "json_object"):
        raise InputError(f"{wanted.place('type')}: {kind[:40]!r} {NO_COUNTERPART}")
    wanted.close()
    return OutputFormat("json") if kind == "json_object" else None


def _parse_schema(given: Members) -> OutputFormat:
    name, strict = given.text("name"), given.flag("strict")
    schema: dict[str, Any] | None = described_schema(given.mapping("schema"), given.text("description"))
    given.close()
    return OutputFormat("schema", name=name, schema=schema, strict=strict)


def _parse_reasoning(members: Members) -> Any:
    """The effort; how much of the reasoning is shown is up to the provider."""
    reasoning = members.members("reasoning")
    effort = parse_effort(reasoning, "effort")
    reasoning.drop("summary", "generate_summary")
    reasoning.close()
    return effort
