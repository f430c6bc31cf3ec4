"""Four official clients asked alike: each says the same in its own words, and its answer is told in one form."""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

import anthropic
import openai
from google import genai
from google.genai import types as gemini

PNG: Final = base64.b64encode(b"\x89PNG\r\n").decode()
SCHEMA: Final = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
    "required": ["city", "days"],
    "additionalProperties": False,
}
PARAMETERS: Final = {
    "type": "object",
    "properties": {"parcel": {"type": "string"}, "exact": {"type": "boolean"}},
    "required": ["parcel"],
}
RESULT: Final = "in Lyon"


@dataclass
class Question:
    """What to ask. call: the call of a tool that an earlier answer made, whose result is RESULT."""

    model: str
    text: str = "Where is it?"
    system: str = ""
    image: bool = False
    tools: tuple[str, ...] = ()
    call: tuple[str, str] | None = None
    wants_json: bool = False
    max_tokens: int | None = None
    stop: str = ""
    streams: bool = False


@dataclass
class Answer:
    """An answer; calls are (id, name, arguments), stop is the client's own word. pieces: how many deltas of text came."""

    text: str
    calls: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)
    stop: str = ""
    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    reasoning_tokens: int = 0
    pieces: int = 0


def _given(**members: Any) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value not in (None, "", [], ())}


def ask_chat(url: str, question: Question) -> Answer:
    """The openai client's chat completions."""
    client = openai.OpenAI(base_url=f"{url}/v1", api_key="sk-test", max_retries=0)
    asked = _given(
        model=question.model,
        messages=_chat_messages(question),
        tools=[
            {"type": "function", "function": {"name": name, "description": "Find it.", "parameters": PARAMETERS}}
            for name in question.tools
        ],
        max_completion_tokens=question.max_tokens,
        stop=question.stop,
    )
    if question.wants_json:
        schema = {"name": "trip", "schema": SCHEMA, "strict": True}
        asked["response_format"] = {"type": "json_schema", "json_schema": schema}
    pieces = 0
    if question.streams:
        with client.chat.completions.stream(**asked, stream_options={"include_usage": True}) as stream:
            try:
                pieces = sum(event.type == "content.delta" and bool(event.delta) for event in stream)
                reply: Any = stream.get_final_completion()
            except openai.LengthFinishReasonError as cut:
                reply = cut.completion
    else:
        reply = client.chat.completions.create(**asked)
    choice, usage = reply.choices[0], reply.usage
    return Answer(
        text=choice.message.content or "",
        calls=[
            (call.id, call.function.name, json.loads(call.function.arguments))
            for call in choice.message.tool_calls or []
        ],
        stop=choice.finish_reason,
        input_tokens=usage.prompt_tokens,
        output_tokens=usage.completion_tokens,
        cached_tokens=usage.prompt_tokens_details.cached_tokens,
        reasoning_tokens=usage.completion_tokens_details.reasoning_tokens,
        pieces=pieces,
    )


def _chat_messages(question: Question) -> list[Any]:
    messages: list[Any] = [{"role": "system", "content": question.system}] if question.system else []
    content: Any = question.text
    if question.image:
        picture = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}"}}
        content = [{"type": "text", "text": question.text}, picture]
    messages.append({"role": "user", "content": content})
    if question.call:
        call_id, name = question.call
        function = {"name": name, "arguments": '{"parcel":"P-7"}'}
        messages.append(
            {"role": "assistant", "tool_calls": [{"id": call_id, "type": "function", "function": function}]}
        )
        messages.append({"role": "tool", "tool_call_id": call_id, "content": RESULT})
    return messages


def ask_responses(url: str, question: Question) -> Answer:
    """The openai client's responses."""
    client = openai.OpenAI(base_url=f"{url}/v1", api_key="sk-test", max_retries=0)
    asked = _given(
        model=question.model,
        input=_response_input(question),
        instructions=question.system,
        tools=[
            {"type": "function", "name": name, "description": "Find it.", "parameters": PARAMETERS, "strict": False}
            for name in question.tools
        ],
        max_output_tokens=question.max_tokens,
    )
    if question.wants_json:
        asked["text"] = {"format": {"type": "json_schema", "name": "trip", "schema": SCHEMA, "strict": True}}
    pieces = 0
    if question.streams:
        with client.responses.stream(**asked) as stream:
            reply: Any = None
            for event in stream:
                pieces += event.type == "response.output_text.delta"
                if event.type in ("response.completed", "response.incomplete"):
                    reply = event.response
    else:
        reply = client.responses.create(**asked)
    called = [item for item in reply.output if item.type == "function_call"]
    return Answer(
        text=reply.output_text,
        calls=[(item.call_id, item.name, json.loads(item.arguments)) for item in called],
        stop=reply.incomplete_details.reason if reply.incomplete_details else reply.status,
        input_tokens=reply.usage.input_tokens,
        output_tokens=reply.usage.output_tokens,
        cached_tokens=reply.usage.input_tokens_details.cached_tokens,
        reasoning_tokens=reply.usage.output_tokens_details.reasoning_tokens,
        pieces=pieces,
    )


def _response_input(question: Question) -> Any:
    if not question.image and not question.call:
        return question.text
    content: list[Any] = [{"type": "input_text", "text": question.text}]
    if question.image:
        content.append({"type": "input_image", "detail": "auto", "image_url": f"data:image/png;base64,{PNG}"})
    items: list[Any] = [{"role": "user", "content": content}]
    if question.call:
        call_id, name = question.call
        items.append({"type": "function_call", "call_id": call_id, "name": name, "arguments": '{"parcel":"P-7"}'})
        items.append({"type": "function_call_output", "call_id": call_id, "output": RESULT})
    return items


def ask_anthropic(url: str, question: Question) -> Answer:
    """The anthropic client's messages."""
    client = anthropic.Anthropic(base_url=url, api_key="sk-test", max_retries=0)
    asked = _given(
        model=question.model,
        messages=_anthropic_messages(question),
        system=question.system,
        tools=[{"name": name, "description": "Find it.", "input_schema": PARAMETERS} for name in question.tools],
        max_tokens=question.max_tokens or 1000,
        stop_sequences=[question.stop] if question.stop else [],
    )
    if question.wants_json:
        asked["output_config"] = {"format": {"type": "json_schema", "schema": SCHEMA}}
    pieces = 0
    if question.streams:
        with client.messages.stream(**asked) as stream:
            pieces = sum(event.type == "text" for event in stream)
            reply: Any = stream.get_final_message()
    else:
        reply = client.messages.create(**asked)
    usage = reply.usage
    cached = usage.cache_read_input_tokens or 0
    return Answer(
        text="".join(block.text for block in reply.content if block.type == "text"),
        calls=[(block.id, block.name, block.input) for block in reply.content if block.type == "tool_use"],
        stop=reply.stop_reason,
        input_tokens=usage.input_tokens + cached + (usage.cache_creation_input_tokens or 0),
        output_tokens=usage.output_tokens,
        cached_tokens=cached,
        pieces=pieces,
    )


def _anthropic_messages(question: Question) -> list[Any]:
    content: list[Any] = [{"type": "text", "text": question.text}]
    if question.image:
        source = {"type": "base64", "media_type": "image/png", "data": PNG}
        content.append({"type": "image", "source": source})
    messages: list[Any] = [{"role": "user", "content": content}]
    if question.call:
        call_id, name = question.call
        call = {"type": "tool_use", "id": call_id, "name": name, "input": {"parcel": "P-7"}}
        result = {"type": "tool_result", "tool_use_id": call_id, "content": RESULT}
        messages += [{"role": "assistant", "content": [call]}, {"role": "user", "content": [result]}]
    return messages


def ask_gemini(url: str, question: Question) -> Answer:
    """The google-genai client's generate_content."""
    client = genai.Client(api_key="test", http_options=gemini.HttpOptions(base_url=url))
    declared = [
        gemini.FunctionDeclaration(name=name, description="Find it.", parameters_json_schema=PARAMETERS)
        for name in question.tools
    ]
    config = gemini.GenerateContentConfig(
        system_instruction=question.system or None,
        tools=[gemini.Tool(function_declarations=declared)] if declared else None,
        max_output_tokens=question.max_tokens,
        stop_sequences=[question.stop] if question.stop else None,
        response_mime_type="application/json" if question.wants_json else None,
        response_json_schema=SCHEMA if question.wants_json else None,
        automatic_function_calling=gemini.AutomaticFunctionCallingConfig(disable=True),
    )
    contents: Any = _gemini_contents(question)
    ask = client.models.generate_content_stream if question.streams else client.models.generate_content
    got: Any = ask(model=question.model, contents=contents, config=config)
    replies = list(got) if question.streams else [got]
    parts = [
        part
        for reply in replies
        for part in (
            reply.candidates[0].content.parts or [] if reply.candidates and reply.candidates[0].content else []
        )
    ]
    usage = [reply.usage_metadata for reply in replies if reply.usage_metadata][-1]
    stops = [reply.candidates[0].finish_reason for reply in replies if reply.candidates]
    texts = [part.text for part in parts if part.text and not part.thought]
    calls = [part.function_call for part in parts if part.function_call]
    thoughts = usage.thoughts_token_count or 0
    return Answer(
        text="".join(texts),
        calls=[(call.id or "", call.name, call.args) for call in calls],
        stop=str(stops[-1].value if stops[-1] else ""),
        input_tokens=usage.prompt_token_count,
        output_tokens=(usage.candidates_token_count or 0) + thoughts,
        cached_tokens=usage.cached_content_token_count or 0,
        reasoning_tokens=thoughts,
        pieces=len(texts),
    )


def _gemini_contents(question: Question) -> list[gemini.Content]:
    parts = [gemini.Part(text=question.text)]
    if question.image:
        parts.append(gemini.Part.from_bytes(data=base64.b64decode(PNG), mime_type="image/png"))
    contents = [gemini.Content(role="user", parts=parts)]
    if question.call:
        call_id, name = question.call
        call = gemini.FunctionCall(id=call_id, name=name, args={"parcel": "P-7"})
        result = gemini.FunctionResponse(id=call_id, name=name, response={"result": RESULT})
        contents.append(gemini.Content(role="model", parts=[gemini.Part(function_call=call)]))
        contents.append(gemini.Content(role="user", parts=[gemini.Part(function_response=result)]))
    return contents


ASKERS: Final[dict[str, Callable[[str, Question], Answer]]] = {
    "chat": ask_chat,
    "responses": ask_responses,
    "anthropic": ask_anthropic,
    "gemini": ask_gemini,
}
