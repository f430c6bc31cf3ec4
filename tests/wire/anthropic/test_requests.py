"""Anthropic requests to records, records to Anthropic requests."""

import base64
import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrcp.gateway.wire import chat
from lrcp.gateway.wire.anthropic.formats import ANTHROPIC_MESSAGES
from lrcp.gateway.wire.anthropic.rendering import DEFAULT_MAX_TOKENS
from lrcp.model.errors import InputError

CODEC = ANTHROPIC_MESSAGES.chat
assert CODEC is not None
PDF = base64.b64encode(b"%PDF-1.7").decode()
ASK = [chat.Turn("user", [chat.Text("Hi")])]


def parse(**members: Any) -> chat.ChatRequest:
    body = json.dumps(
        {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "Hi"}], **members}
    ).encode()
    assert CODEC is not None
    return CODEC.parse_request(body, ANTHROPIC_MESSAGES.decode_call("/v1/messages", body))


def parse_content(*blocks: dict[str, Any], role: str = "user") -> list[chat.Part]:
    [turn] = parse(messages=[{"role": role, "content": list(blocks)}]).turns
    return turn.parts


def render(**fields: Any) -> dict[str, Any]:
    assert CODEC is not None
    request = chat.ChatRequest(**{"model": "asked", "turns": ASK, **fields})
    rendered: dict[str, Any] = json.loads(CODEC.render_request(request, "claude"))
    return rendered


def render_parts(*parts: chat.Part) -> list[dict[str, Any]]:
    [message] = render(turns=[chat.Turn("user", list(parts))])["messages"]
    content: list[dict[str, Any]] = message["content"]
    return content


def test_a_whole_request_is_read() -> None:
    schema = {"type": "object", "properties": {"city": {"type": "string"}}}
    request = parse(
        system=[
            {"type": "text", "text": "Be kind.", "cache_control": {"type": "ephemeral"}},
            {"type": "text", "text": "!"},
        ],
        tools=[{"name": "weather", "description": "d", "input_schema": schema, "strict": True, "cache_control": None}],
        tool_choice={"type": "tool", "name": "weather", "disable_parallel_tool_use": True},
        thinking={"type": "enabled", "budget_tokens": 2000, "display": "omitted"},
        output_config={"effort": "max", "format": {"type": "json_schema", "schema": schema}},
        stop_sequences=["END"],
        temperature=0.5,
        top_p=0.9,
        top_k=5,
        metadata={"user_id": "u1"},
        service_tier="auto",
        stream=True,
    )
    assert request == chat.ChatRequest(
        model="m",
        turns=ASK,
        system=["Be kind.", "!"],
        tools=[chat.Tool("weather", "d", schema, True)],
        tool_choice=chat.ToolChoice("named", "weather", parallel=False),
        output=chat.OutputFormat("schema", schema=schema, strict=True),
        max_tokens=9,
        temperature=0.5,
        top_p=0.9,
        top_k=5,
        stop=["END"],
        reasoning_effort="high",
        reasoning_tokens=2000,
        user="u1",
        streams=True,
    )


def test_turns_with_tools_and_thinking_are_read() -> None:
    parts = parse_content(
        {"type": "thinking", "thinking": "Hm.", "signature": "c2ln"},
        {"type": "redacted_thinking", "data": "ZW5j"},
        {"type": "text", "text": "Let me look.", "citations": None},
        {"type": "tool_use", "id": "t1", "name": "weather", "input": {"days": 1.50}, "caller": {"type": "direct"}},
        role="assistant",
    )
    assert parts == [
        chat.Thinking("Hm.", "c2ln"),
        chat.Thinking("", "ZW5j", redacted=True),
        chat.Text("Let me look."),
        chat.ToolCall("t1", "weather", '{"days": 1.5}'),
    ]


def test_results_of_tools_are_read_with_their_pictures() -> None:
    picture = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"}}
    parts = parse_content(
        {"type": "tool_result", "tool_use_id": "t1", "content": [{"type": "text", "text": "42"}, picture]},
        {"type": "tool_result", "tool_use_id": "t2", "content": "no such city", "is_error": True},
        {"type": "tool_result", "tool_use_id": "t3"},
    )
    assert parts == [
        chat.ToolResult("t1", [chat.Text("42"), chat.Media("image", "image/png", "AAAA")]),
        chat.ToolResult("t2", [chat.Text("no such city")], is_error=True),
        chat.ToolResult("t3", []),
    ]


def test_pictures_and_documents_are_read() -> None:
    parts = parse_content(
        {"type": "image", "source": {"type": "url", "url": "https://example.com/a.png"}},
        {
            "type": "document",
            "source": {"type": "base64", "media_type": "application/pdf", "data": PDF},
            "title": "Terms",
        },
        {
            "type": "document",
            "source": {"type": "url", "url": "https://example.com/a.pdf"},
            "citations": {"enabled": False},
        },
        {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "Köln"}},
    )
    assert parts == [
        chat.Media("image", url="https://example.com/a.png"),
        chat.Media("file", "application/pdf", PDF, name="Terms"),
        chat.Media("file", "application/pdf", url="https://example.com/a.pdf"),
        chat.Media("file", "text/plain", base64.b64encode("Köln".encode()).decode()),
    ]


def test_system_messages_before_the_first_turn_are_instructions() -> None:
    messages = [{"role": "system", "content": "B"}, {"role": "user", "content": "Hi"}]
    assert parse(system="A", messages=messages).system == ["A", "B"]


@pytest.mark.parametrize(
    ("thinking", "effort", "budget"),
    [
        ({"type": "disabled"}, "none", None),
        ({"type": "adaptive"}, None, None),
        ({"type": "enabled", "budget_tokens": 1024}, None, 1024),
    ],
)
def test_thinking_is_read(thinking: dict[str, Any], effort: str | None, budget: int | None) -> None:
    request = parse(thinking=thinking)
    assert (request.reasoning_effort, request.reasoning_tokens) == (effort, budget)


@pytest.mark.parametrize(
    ("members", "named"),
    [
        ({"mcp_servers": []}, "mcp_servers"),
        ({"container": "c1"}, "container"),
        ({"context_management": {"edits": []}}, "context_management"),
        ({"inference_geo": "us"}, "inference_geo"),
        ({"something_new": 1}, "something_new"),
        ({"tools": [{"type": "web_search_20260318", "name": "web_search"}]}, r"tools\[0\]\.type"),
        ({"tools": [{"name": "f", "input_schema": {}, "defer_loading": True}]}, "defer_loading"),
        ({"tools": [{"name": "f", "input_schema": {}, "input_examples": [{}]}]}, "input_examples"),
        ({"thinking": {"type": "between_tools"}}, "thinking.type"),
        ({"output_config": {"task_budget": {}}}, "task_budget"),
        ({"messages": [{"role": "user", "content": "a"}, {"role": "system", "content": "b"}]}, "system message"),
    ],
)
def test_what_cannot_be_translated_is_refused_by_name(members: dict[str, Any], named: str) -> None:
    with pytest.raises(InputError, match=named):
        parse(**members)


@pytest.mark.parametrize(
    ("block", "named"),
    [
        ({"type": "server_tool_use", "id": "s", "name": "web_search", "input": {}}, "server_tool_use"),
        ({"type": "search_result", "content": [], "source": "s", "title": "t"}, "search_result"),
        ({"type": "container_upload", "file_id": "f"}, "container_upload"),
        ({"type": "image", "source": {"type": "file", "file_id": "f"}}, "source.type"),
        ({"type": "document", "source": {"type": "url", "url": "u"}, "citations": {"enabled": True}}, "citations"),
        ({"type": "document", "source": {"type": "url", "url": "u"}, "context": "c"}, "context"),
        ({"type": "tool_use", "id": "t", "name": "n", "input": [1]}, "tool_use.input"),
        ({"type": "tool_use", "id": "t", "name": "n", "input": {}, "caller": {"type": "code_execution"}}, "caller"),
    ],
)
def test_a_block_that_cannot_be_translated_is_refused_by_name(block: dict[str, Any], named: str) -> None:
    with pytest.raises(InputError, match=named):
        parse_content(block)


WHOLE = json.dumps(
    {
        "model": "m",
        "max_tokens": 9,
        "system": [{"type": "text", "text": "s"}],
        "tools": [{"name": "f", "input_schema": {"type": "object"}}],
        "tool_choice": {"type": "any"},
        "messages": [
            {"role": "user", "content": [{"type": "document", "source": {"type": "text", "data": "d"}}]},
            {"role": "assistant", "content": [{"type": "tool_use", "id": "t", "name": "f", "input": {"x": 1.5}}]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "content": "r"}]},
        ],
    }
).encode()


@given(st.integers(0, len(WHOLE) - 1), st.binary(max_size=3))
def test_a_damaged_request_is_read_or_refused(place: int, put: bytes) -> None:
    assert CODEC is not None
    body = WHOLE[:place] + put + WHOLE[place + 1 :]
    with suppress(InputError):
        CODEC.render_request(CODEC.parse_request(body, ANTHROPIC_MESSAGES.decode_call("/v1/messages", body)), "m")


def test_a_tools_input_that_is_not_utf_8_is_refused() -> None:
    assert CODEC is not None
    body = WHOLE.replace(b"1.5", b'"\xff"')
    with pytest.raises(InputError, match=r"tool_use\.input"):
        CODEC.parse_request(body, ANTHROPIC_MESSAGES.decode_call("/v1/messages", body))


def test_a_whole_request_is_written() -> None:
    schema = {"type": "object", "properties": {}}
    body = render(
        system=["Be kind.", " "],
        tools=[chat.Tool("weather", "d", schema, True), chat.Tool("now")],
        tool_choice=chat.ToolChoice("required", parallel=False),
        output=chat.OutputFormat("schema", "name", schema, True),
        max_tokens=4000,
        temperature=1.0,
        top_p=0.5,
        top_k=3,
        stop=["END"],
        presence_penalty=0.0,
        reasoning_effort="minimal",
        reasoning_tokens=1024,
        user="u",
        streams=True,
    )
    assert body == {
        "model": "claude",
        "max_tokens": 4000,
        "messages": [{"role": "user", "content": [{"type": "text", "text": "Hi"}]}],
        "system": "Be kind.",
        "tools": [
            {"name": "weather", "input_schema": schema, "description": "d", "strict": True},
            {"name": "now", "input_schema": {"type": "object"}},
        ],
        "tool_choice": {"type": "any", "disable_parallel_tool_use": True},
        "thinking": {"type": "enabled", "budget_tokens": 1024},
        "output_config": {"effort": "low", "format": {"type": "json_schema", "schema": schema}},
        "stop_sequences": ["END"],
        "temperature": 1.0,
        "top_p": 0.5,
        "top_k": 3,
        "metadata": {"user_id": "u"},
        "stream": True,
    }


def test_a_bound_on_the_answer_is_put_where_there_is_none() -> None:
    assert render()["max_tokens"] == DEFAULT_MAX_TOKENS
    assert render(reasoning_tokens=10_000)["max_tokens"] == DEFAULT_MAX_TOKENS + 10_000
    assert render(max_tokens=7) == {
        "model": "claude",
        "max_tokens": 7,
        "messages": [{"role": "user", "content": [{"type": "text", "text": "Hi"}]}],
    }


@pytest.mark.parametrize(
    ("fields", "thinking"),
    [
        ({"reasoning_effort": "none"}, {"type": "disabled"}),
        ({"reasoning_tokens": 0}, {"type": "disabled"}),
        ({"reasoning_tokens": -1}, {"type": "adaptive"}),
        ({"reasoning_effort": "high"}, None),
    ],
)
def test_thinking_is_written(fields: dict[str, Any], thinking: dict[str, Any] | None) -> None:
    assert render(**fields).get("thinking") == thinking


def test_sides_take_turns_and_results_of_tools_come_first() -> None:
    turns = [
        chat.Turn("user", [chat.Text("a")]),
        chat.Turn("assistant", [chat.Text(""), chat.Thinking("unsigned")]),
        chat.Turn("user", [chat.Text("b")]),
        chat.Turn("assistant", [chat.ToolCall("call:1", "f", "")]),
        chat.Turn("assistant", [chat.ToolCall("2", "g", '{"x":1.50}')]),
        chat.Turn("user", [chat.ToolResult("call:1", [chat.Text("r1")])]),
        chat.Turn("user", [chat.Text("c"), chat.ToolResult("2", [], is_error=True)]),
    ]
    assert render(turns=turns)["messages"] == [
        {"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]},
        {
            "role": "assistant",
            "content": [
                {"type": "tool_use", "id": "call_1", "name": "f", "input": {}},
                {"type": "tool_use", "id": "2", "name": "g", "input": {"x": 1.5}},
            ],
        },
        {
            "role": "user",
            "content": [
                {"type": "tool_result", "tool_use_id": "call_1", "content": [{"type": "text", "text": "r1"}]},
                {"type": "tool_result", "tool_use_id": "2", "content": [], "is_error": True},
                {"type": "text", "text": "c"},
            ],
        },
    ]


def test_pictures_and_documents_are_written() -> None:
    text = base64.b64encode("Köln".encode()).decode()
    content = render_parts(
        chat.Media("image", "image/png", "AAAA"),
        chat.Media("image", url="https://example.com/a.png"),
        chat.Media("file", "application/pdf", PDF, name="Terms"),
        chat.Media("file", url="https://example.com/a.pdf"),
        chat.Media("file", "text/markdown; charset=utf-8", text),
    )
    assert [block["source"] for block in content] == [
        {"type": "base64", "media_type": "image/png", "data": "AAAA"},
        {"type": "url", "url": "https://example.com/a.png"},
        {"type": "base64", "media_type": "application/pdf", "data": PDF},
        {"type": "url", "url": "https://example.com/a.pdf"},
        {"type": "text", "media_type": "text/plain", "data": "Köln"},
    ]
    assert [block["type"] for block in content] == ["image", "image", "document", "document", "document"]
    assert content[2]["title"] == "Terms"


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"seed": 1}, "seed"),
        ({"presence_penalty": 0.1}, "presence_penalty"),
        ({"frequency_penalty": -1.0}, "frequency_penalty"),
        ({"temperature": 1.2}, "temperature"),
        ({"output": chat.OutputFormat("json")}, "response format"),
        ({"reasoning_tokens": 100}, "reasoning budget"),
        ({"reasoning_tokens": 5000, "max_tokens": 5000}, "reasoning budget"),
        ({"turns": []}, "messages"),
        ({"turns": [chat.Turn("user", [chat.Text(" \n")])]}, "messages"),
        ({"turns": [chat.Turn("user", [chat.Media("audio", "audio/wav", "AAAA")])]}, "audio"),
        ({"turns": [chat.Turn("user", [chat.Media("image", url="gs://bucket/a.png")])]}, "http"),
        ({"turns": [chat.Turn("user", [chat.Media("file", "application/zip", "AAAA")])]}, "application/zip"),
        ({"turns": [chat.Turn("user", [chat.Media("file", "text/plain", "_w==")])]}, "base64"),
        ({"turns": [chat.Turn("assistant", [chat.ToolCall("1", "f", '{"a":')])]}, "arguments of the call to 'f'"),
    ],
)
def test_what_anthropic_cannot_say_is_refused_by_name(fields: dict[str, Any], named: str) -> None:
    with pytest.raises(InputError, match=named):
        render(**fields)


def test_a_choice_among_no_tools_is_not_written() -> None:
    assert "tool_choice" not in render(tool_choice=chat.ToolChoice("auto"))
    chosen = render(tools=[chat.Tool("f")], tool_choice=chat.ToolChoice("none", parallel=True))
    assert chosen["tool_choice"] == {"type": "none"}
