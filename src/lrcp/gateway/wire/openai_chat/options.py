"""What the requests of chat completions and of responses have in common."""

from collections.abc import Sequence
from typing import Any, Final, Literal, cast

from lrcp.gateway.wire.chat import ChatRequest, Part, Text, ToolChoice, Turn
from lrcp.gateway.wire.members import NO_COUNTERPART, Members
from lrcp.model.errors import InputError

Effort = Literal["none", "minimal", "low", "medium", "high"]
_EFFORTS: Final = ("none", "minimal", "low", "medium", "high")
_MODES: Final = ("auto", "none", "required")
_EFFORT_OF_TOKENS: Final[tuple[tuple[int, Effort], ...]] = ((0, "none"), (2_048, "low"), (8_192, "medium"))


def parse_common(members: Members, request: ChatRequest) -> None:
    """Take what both formats write alike into request. Raises: InputError."""
    request.temperature = members.number("temperature")
    request.top_p = members.number("top_p")
    request.streams = bool(members.flag("stream"))
    user, identifier = members.text("user"), members.text("safety_identifier")
    request.user = user or identifier
    members.expect("service_tier", "auto", "default")
    members.expect("store", False)
    members.drop("metadata", "prompt_cache_key", "prompt_cache_retention", "prompt_cache_options")


def parse_effort(members: Members, name: str) -> Effort | None:
    """How much to think."""
    effort = members.text(name)
    if effort and effort not in _EFFORTS:
        raise InputError(f"{members.place(name)}: {effort[:40]!r} {NO_COUNTERPART}; {', '.join(_EFFORTS)} have")
    return cast(Effort, effort) if effort else None


def parse_mode(mode: str, place: str) -> Literal["auto", "none", "required"]:
    """tool_choice as a word."""
    if mode not in _MODES:
        raise InputError(f"{place}: {mode[:40]!r} is not one of {', '.join(_MODES)}")
    return cast(Literal["auto", "none", "required"], mode)


def parse_parallel(members: Members) -> bool | None:
    """Whether several tools may be called at once."""
    return members.flag("parallel_tool_calls")


def add_parts(turns: list[Turn], role: Literal["user", "assistant"], parts: list[Part]) -> None:
    """Say more in the last turn when it is this side's, else begin another: other formats want the sides to take turns."""
    if not parts:
        return
    if turns and turns[-1].role == role:
        turns[-1].parts.extend(parts)
    else:
        turns.append(Turn(role, parts))


def described_schema(schema: dict[str, Any] | None, description: str) -> dict[str, Any] | None:
    """The schema with its description inside, where every format can take it."""
    if not description or (schema and "description" in schema):
        return schema
    return {**(schema or {}), "description": description}


def effort_of(request: ChatRequest) -> Effort | None:
    """The effort asked for, or the one that a budget of thinking tokens comes nearest to."""
    if request.reasoning_effort is not None or request.reasoning_tokens is None:
        return request.reasoning_effort
    budget = request.reasoning_tokens
    if budget < 0:  # Gemini's -1: as much as the model likes
        return None
    return next((effort for limit, effort in _EFFORT_OF_TOKENS if budget <= limit), "high")


def render_mode(choice: ToolChoice, named: dict[str, Any]) -> Any:
    """tool_choice as a word, or `named` for one tool."""
    return named if choice.mode == "named" else choice.mode


def refuse_given(request: ChatRequest, names: Sequence[str], format_name: str) -> None:
    """Raises: InputError - the request has one of these members, which the format cannot say."""
    for name in names:
        value = getattr(request, name)
        if value is not None and value != []:
            raise InputError(f"{name}: {format_name} of the target cannot say it")


def plain_text(parts: Sequence[Part], place: str) -> list[str]:
    """The texts of parts that hold nothing else. Raises: InputError."""
    texts = []
    for part in parts:
        if not isinstance(part, Text):
            raise InputError(f"{place}: {type(part).__name__.lower()} cannot be said here in the format of the target")
        texts.append(part.text)
    return texts
