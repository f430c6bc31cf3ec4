"""Gemini's requests to the gateway's records and back."""

import json
from typing import Any

import pytest

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
from lrcp.gateway.wire.gemini.formats import GEMINI_GENERATE
from lrcp.gateway.wire.gemini.schemas import to_json_schema
from lrcp.model.errors import InputError
from tests.wire.gemini.payloads import REQUEST, SCHEMA

CODEC = GEMINI_GENERATE.chat
assert CODEC is not None


def parse(body: dict[str, Any], model: str = "m-1") -> ChatRequest:
    raw = json.dumps(body).encode()
    return CODEC.parse_request(raw, GEMINI_GENERATE.decode_call(f"/v1beta/models/{model}:generateContent", raw))


def parse_config(**members: Any) -> ChatRequest:
    return parse({"contents": [], "generationConfig": members})


def render(model: str = "gemini-2.5-flash", **members: Any) -> dict[str, Any]:
    turns = members.pop("turns", [Turn("user", [Text("a")])])
    rendered: dict[str, Any] = json.loads(CODEC.render_request(ChatRequest(model="x", turns=turns, **members), model))
    return rendered


def test_everything_that_can_be_translated_is_read() -> None:
    picture = Media("image", media_type="image/png", data="iVBORw0K+/8=")
    paper = Media("file", media_type="application/pdf", url="https://files.example/a.pdf")
    first = ToolCall("call_0", "track", '{"parcel":"P-7"}', "c2lnMg==")
    assert parse(REQUEST) == ChatRequest(
        model="m-1",
        system=["Be short."],
        turns=[
            Turn("user", [Text("Where is it?"), picture, paper]),
            Turn(
                "assistant",
                [Thinking("They want the parcel.", "c2ln"), first, ToolCall("call_1", "track", '{"parcel":"P-8"}')],
            ),
            Turn(
                "user",
                [
                    ToolResult("call_0", [Text("in transit")], "track"),
                    ToolResult("call_1", [Text("unknown parcel")], "track", is_error=True),
                ],
            ),
        ],
        tools=[Tool("track", "Finds.", SCHEMA)],
        tool_choice=ToolChoice("named", "track"),
        output=OutputFormat("schema", "response", SCHEMA),
        max_tokens=100,
        temperature=0.5,
        top_p=0.9,
        top_k=40,
        stop=["END"],
        seed=7,
        presence_penalty=0.1,
        frequency_penalty=0.2,
        reasoning_tokens=2048,
    )


def test_the_other_spelling_says_the_same_and_the_users_own_names_stay() -> None:
    arguments = {"parcel_id": {"inner_name": None}}
    camel = {
        "contents": [{"role": "model", "parts": [{"functionCall": {"name": "f", "args": arguments}}]}],
        "generationConfig": {"maxOutputTokens": 4, "responseMimeType": "application/json"},
    }
    snake = {
        "contents": [{"role": "model", "parts": [{"function_call": {"name": "f", "args": arguments}, "text": None}]}],
        "generation_config": {"max_output_tokens": 4, "response_mime_type": "application/json"},
    }
    assert parse(camel) == parse(snake)
    [turn] = parse(snake).turns
    assert turn.parts == [ToolCall("call_0", "f", '{"parcel_id":{"inner_name":null}}')]


@pytest.mark.parametrize(
    ("members", "named"),
    [
        ({"tools": [{"googleSearch": {}}]}, "googleSearch"),
        ({"tools": [{"codeExecution": {}}]}, "codeExecution"),
        ({"cachedContent": "cachedContents/a"}, "cachedContent"),
        ({"continuationToken": "a"}, "continuationToken"),
        ({"contents": [{"parts": [{"executableCode": {"code": "1"}}]}]}, "executableCode"),
        ({"contents": [{"parts": [{"videoMetadata": {}}]}]}, "videoMetadata"),
        ({"contents": [{"parts": [{"fileData": {"fileUri": "gs://a/b", "mimeType": "image/png"}}]}]}, "fileData"),
        ({"contents": [{"role": "narrator", "parts": []}]}, "narrator"),
        ({"contents": [{"parts": [{"functionResponse": {"name": "f", "response": {}}}]}]}, "functionResponse"),
        ({"systemInstruction": {"parts": [{"inlineData": {"mimeType": "a/b", "data": ""}}]}}, "systemInstruction"),
        ({"toolConfig": {"retrievalConfig": {}}}, "retrievalConfig"),
        ({"safetySettings": [{"category": "c", "threshold": "BLOCK_LOW_AND_ABOVE"}]}, "BLOCK_LOW_AND_ABOVE"),
        ({"generationConfig": {"candidateCount": 2}}, "candidateCount"),
        ({"generationConfig": {"responseLogprobs": True}}, "responseLogprobs"),
        ({"generationConfig": {"responseModalities": ["TEXT", "IMAGE"]}}, "responseModalities"),
        ({"generationConfig": {"responseMimeType": "text/x.enum"}}, "responseMimeType"),
        ({"generationConfig": {"speechConfig": {}}}, "speechConfig"),
        ({"contents": 5}, "contents"),
    ],
)
def test_what_no_other_format_says_is_refused_by_name(members: dict[str, Any], named: str) -> None:
    with pytest.raises(InputError, match=named):
        parse({"contents": [], **members})


@pytest.mark.parametrize(
    "members",
    [
        {"labels": {"a_b": "c"}},
        {"serviceTier": "flex"},
        {"store": False},
        {"safetySettings": [{"category": "c", "threshold": "OFF"}]},
        {"generationConfig": {"mediaResolution": "MEDIA_RESOLUTION_LOW", "responseModalities": ["text"]}},
    ],
)
def test_hints_go_no_further(members: dict[str, Any]) -> None:
    assert parse({"contents": [], **members}) == ChatRequest(model="m-1", turns=[])


@pytest.mark.parametrize(
    ("config", "choice", "tools"),
    [
        ({}, ToolChoice("auto"), ["a", "b"]),
        ({"mode": "AUTO"}, ToolChoice("auto"), ["a", "b"]),
        ({"mode": "VALIDATED"}, ToolChoice("auto"), ["a", "b"]),
        ({"mode": "NONE"}, ToolChoice("none"), ["a", "b"]),
        ({"mode": "ANY"}, ToolChoice("required"), ["a", "b"]),
        ({"mode": "ANY", "allowedFunctionNames": ["b"]}, ToolChoice("named", "b"), ["b"]),
        ({"mode": "ANY", "allowedFunctionNames": ["b", "a"]}, ToolChoice("required"), ["a", "b"]),
        ({"mode": "VALIDATED", "allowedFunctionNames": ["b"]}, ToolChoice("auto"), ["b"]),
    ],
)
def test_the_choice_of_tools_is_read(config: dict[str, Any], choice: ToolChoice, tools: list[str]) -> None:
    declared = [{"functionDeclarations": [{"name": name}]} for name in "ab"]
    request = parse({"contents": [], "tools": declared, "toolConfig": {"functionCallingConfig": config}})
    assert (request.tool_choice, [tool.name for tool in request.tools]) == (choice, tools)


@pytest.mark.parametrize(
    ("thinking", "effort", "tokens"),
    [
        ({"thinkingBudget": 0}, "none", None),
        ({"thinkingBudget": -1}, None, None),
        ({"thinkingBudget": 9}, None, 9),
        ({"thinkingLevel": "LOW"}, "low", None),
        ({"thinkingLevel": "XHIGH"}, "high", None),
        ({"thinkingLevel": "THINKING_LEVEL_UNSPECIFIED"}, None, None),
        ({"includeThoughts": True}, None, None),
    ],
)
def test_thinking_is_read(thinking: dict[str, Any], effort: str | None, tokens: int | None) -> None:
    request = parse_config(thinkingConfig=thinking)
    assert (request.reasoning_effort, request.reasoning_tokens) == (effort, tokens)


def test_googles_schemas_become_json_schemas() -> None:
    google = {
        "type": "OBJECT",
        "property_ordering": ["a_b"],
        "properties": {
            "a_b": {"type": "STRING", "nullable": True, "example": "x", "maxLength": "9"},
            "type": {"type": "ARRAY", "items": {"type": "INTEGER"}, "minItems": "1"},
            "c": {"anyOf": [{"type": "NUMBER"}, {"type": "BOOLEAN"}]},
        },
        "required": ["a_b"],
    }
    expected = {
        "type": "object",
        "properties": {
            "a_b": {"type": ["string", "null"], "maxLength": 9},
            "type": {"type": "array", "items": {"type": "integer"}, "minItems": 1},
            "c": {"anyOf": [{"type": "number"}, {"type": "boolean"}]},
        },
        "required": ["a_b"],
    }
    assert to_json_schema(google) == expected
    tools = [{"functionDeclarations": [{"name": "f", "parameters": google}]}]
    assert parse({"contents": [], "tools": tools}).tools == [Tool("f", parameters=expected)]
    output = parse_config(responseMimeType="application/json", responseSchema=google).output
    assert output == OutputFormat("schema", "response", expected)


def test_results_find_their_calls_by_id_or_by_the_order_of_their_names() -> None:
    calls = [
        {"functionCall": {"name": name, **({"id": id} if id else {})}}
        for name, id in [("a", ""), ("b", "x"), ("a", "")]
    ]
    results = [
        {"functionResponse": {"name": "b", "id": "x", "response": {"n": 1}}},
        {"functionResponse": {"name": "a", "response": {"n": 2}}},
        {"functionResponse": {"name": "a", "response": {"n": 3}}},
    ]
    _, turn = parse({"contents": [{"role": "model", "parts": calls}, {"role": "function", "parts": results}]}).turns
    assert turn == Turn(
        "user",
        [
            ToolResult("x", [Text('{"n":1}')], "b"),
            ToolResult("call_0", [Text('{"n":2}')], "a"),
            ToolResult("call_2", [Text('{"n":3}')], "a"),
        ],
    )


def test_what_was_read_is_written_as_it_was() -> None:
    written = json.loads(CODEC.render_request(parse(REQUEST), "gemini-2.5-flash"))
    user, model, results = written["contents"]
    assert user["parts"][1:] == [
        {"inlineData": {"mimeType": "image/png", "data": "iVBORw0K+/8="}},
        REQUEST["contents"][0]["parts"][2],
    ]
    assert [part["functionCall"]["args"] for part in model["parts"]] == [{"parcel": "P-7"}, {"parcel": "P-8"}]
    assert model["parts"][0]["thoughtSignature"] == "c2lnMg=="
    assert [part["functionResponse"]["response"] for part in results["parts"]] == [
        {"output": "in transit"},
        {"error": "unknown parcel"},
    ]
    for name in ("systemInstruction", "toolConfig", "generationConfig"):
        assert written[name] == REQUEST[name]
    assert written["tools"] == [REQUEST["tools"][0]]


def test_neighbours_of_one_side_are_joined_and_empty_turns_left_out() -> None:
    turns = [
        Turn("user", [Text("a")]),
        Turn("assistant", [Thinking("hm", "other")]),
        Turn("user", [Text("b"), Text("")]),
        Turn("assistant", [ToolCall("1", "f", ""), ToolCall("2", "f", "{}")]),
        Turn("user", [ToolResult("1", [Text("x")])]),
        Turn("user", [ToolResult("2", [Text('{"y": 1}'), Media("image", "image/png", "AA==")])]),
    ]
    user, model, results = render(turns=turns)["contents"]
    assert user == {"role": "user", "parts": [{"text": "a"}, {"text": "b"}]}
    assert [part["functionCall"]["id"] for part in model["parts"]] == ["1", "2"]
    first, second = [part["functionResponse"] for part in results["parts"]]
    assert first == {"id": "1", "name": "f", "response": {"output": "x"}}
    assert second["response"] == {"y": 1}
    assert second["parts"] == [{"inlineData": {"mimeType": "image/png", "data": "AA=="}}]


@pytest.mark.parametrize(
    ("model", "signatures"),
    [("gemini-2.5-pro", [None, None]), ("gemini-3-pro", ["skip_thought_signature_validator", None])],
)
def test_calls_that_gemini_did_not_make_are_marked_for_models_that_check(model: str, signatures: list[Any]) -> None:
    turns = [Turn("assistant", [ToolCall("1", "f", "{}"), ToolCall("2", "f", "{}")])]
    [content] = render(model, turns=turns)["contents"]
    assert [part.get("thoughtSignature") for part in content["parts"]] == signatures


@pytest.mark.parametrize(
    ("model", "members", "thinking"),
    [
        ("gemini-2.5-flash", {}, None),
        ("gemini-2.5-flash", {"reasoning_effort": "none"}, {"thinkingBudget": 0}),
        ("gemini-2.5-flash", {"reasoning_effort": "medium"}, {"thinkingBudget": 8192}),
        ("gemini-3-flash-preview", {"reasoning_effort": "none"}, {"thinkingLevel": "MINIMAL"}),
        ("models/gemini-3.1-pro", {"reasoning_effort": "high"}, {"thinkingLevel": "HIGH"}),
        ("gemini-3-pro", {"reasoning_tokens": 50}, {"thinkingBudget": 50, "includeThoughts": True}),
    ],
)
def test_thinking_is_asked_for_in_the_models_words(model: str, members: dict[str, Any], thinking: Any) -> None:
    assert render(model, **members).get("generationConfig", {}).get("thinkingConfig") == thinking


@pytest.mark.parametrize(
    ("choice", "strict", "calling"),
    [
        (None, None, None),
        (None, True, {"mode": "VALIDATED"}),
        (ToolChoice("auto"), False, None),
        (ToolChoice("none"), True, {"mode": "NONE"}),
        (ToolChoice("required"), None, {"mode": "ANY"}),
        (ToolChoice("named", "f"), None, {"mode": "ANY", "allowedFunctionNames": ["f"]}),
    ],
)
def test_the_choice_of_tools_is_written(choice: ToolChoice | None, strict: bool | None, calling: Any) -> None:
    body = render(tools=[Tool("f", strict=strict)], tool_choice=choice)
    assert body.get("toolConfig", {}).get("functionCallingConfig") == calling


@pytest.mark.parametrize(
    ("parameters", "declared"),
    [
        (None, None),
        ({"type": "object", "properties": {}}, None),
        ({"type": "object", "properties": {}, "additionalProperties": False, "required": []}, None),
        ({"type": "object", "properties": {}, "additionalProperties": True}, "same"),
        (SCHEMA, "same"),
        ({"$schema": "https://json-schema.org/draft/2020-12/schema", **SCHEMA}, SCHEMA),
    ],
)
def test_a_tools_parameters_are_a_json_schema(parameters: Any, declared: Any) -> None:
    [tool] = render(tools=[Tool("f", parameters=parameters)])["tools"][0]["functionDeclarations"]
    assert tool.get("parametersJsonSchema") == (parameters if declared == "same" else declared)


@pytest.mark.parametrize(
    ("members", "named"),
    [
        ({"tools": [Tool("f")], "tool_choice": ToolChoice(parallel=False)}, "parallel_tool_calls"),
        ({"turns": [Turn("user", [ToolResult("1", [])])]}, "answers no call"),
        ({"turns": [Turn("assistant", [ToolCall("1", "f", "[1]")])]}, "no JSON object"),
        ({"turns": [Turn("user", [Media("image", url="https://a.example/b")])]}, "media type"),
    ],
)
def test_what_gemini_cannot_say_is_refused_by_name(members: dict[str, Any], named: str) -> None:
    with pytest.raises(InputError, match=named):
        render(**members)


def test_a_files_type_is_found_out_by_its_name() -> None:
    [content] = render(turns=[Turn("user", [Media("image", url="https://a.example/b.jpg?size=2")])])["contents"]
    assert content["parts"][0]["fileData"]["mimeType"] == "image/jpeg"
