"""The translation step by itself: streams without buffering, ids and times filled in, and which format is chosen."""

import asyncio
from collections.abc import AsyncGenerator

import msgspec
import pytest

from lrcp.evaluators.cost import TokenUsage
from lrcp.gateway.dispatch import find_translated_formats, rename_members
from lrcp.gateway.errors import UpstreamError
from lrcp.gateway.exchange import Reply, Stream
from lrcp.gateway.providers import Upstream, make_upstreams
from lrcp.gateway.translation import AnswerContext, StreamTranslator, make_translation, translatable
from lrcp.gateway.wire import chat
from lrcp.gateway.wire.formats import FORMATS
from lrcp.gateway.wire.steps import ReplyBuilder, steps_of
from lrcp.model.errors import InputError

CHAT, RESPONSES, MESSAGES = (FORMATS[name] for name in ("openai.chat", "openai.responses", "anthropic.messages"))
BODY = b'{"model": "m", "input": "hi", "stream": true}'


def context(usages: list[TokenUsage] | None = None) -> AnswerContext:
    seen = usages if usages is not None else []
    return AnswerContext(
        id="own", model="m", now_s=7, note_usage=seen.append, max_event_bytes=1000, max_reply_bytes=1000
    )


def translator() -> StreamTranslator:
    assert CHAT.chat is not None
    assert RESPONSES.chat is not None
    renderer = RESPONSES.chat.new_renderer(chat.ChatRequest(model="m", turns=[]))
    return StreamTranslator(CHAT.chat.new_parser(), renderer, context())


def chunk(**choice: object) -> bytes:
    return b"data: " + msgspec.json.encode({"choices": [choice]}) + b"\n\n"


def test_every_whole_event_goes_on_at_once_and_gets_the_id_and_time_that_the_provider_left_out() -> None:
    step = translator()
    data = chunk(delta={"content": "so"})
    assert step.feed(data[:10]) == b""
    sent = step.feed(data[10:])
    assert b'"response.output_text.delta"' in sent
    assert b'"id":"own"' in sent
    assert b'"created_at":7' in sent


def test_a_stream_that_ends_early_is_an_error_and_not_an_end() -> None:
    step = translator()
    step.feed(chunk(delta={"content": "so"}))
    with pytest.raises(UpstreamError) as caught:
        step.finish()
    assert caught.value.code == "upstream_cut"


def test_a_last_event_without_its_blank_line_counts() -> None:
    step = translator()
    step.feed(chunk(delta={"content": "so"}))
    step.feed(chunk(delta={}, finish_reason="stop")[:-2])
    assert b"response.completed" in step.finish()


def test_nothing_follows_a_failure() -> None:
    step = translator()
    sent = step.feed(b'data: {"error": {"message": "gone"}}\n\n' + chunk(delta={"content": "so"}))
    assert b"gone" in sent
    assert b"so" not in sent
    assert step.finish() == b""


def test_closing_a_translated_stream_closes_the_providers_though_nobody_read_it() -> None:
    closed: list[str] = []

    async def pieces() -> AsyncGenerator[bytes, None]:
        yield b""

    async def close() -> None:
        translation = make_translation(RESPONSES, CHAT, BODY, RESPONSES.decode_call("", BODY))
        source = Stream(pieces(), lambda: closed.append("closed"))
        reply = await translation.translate_reply(Reply(200, stream=source), context())
        assert reply.stream is not None
        await reply.stream.aclose()

    asyncio.run(close())
    assert closed == ["closed"]


@pytest.mark.parametrize(
    ("status", "kind"),
    [(400, "invalid_request_error"), (401, "authentication_error"), (429, "rate_limit_error"), (529, "server_error")],
)
def test_an_error_keeps_its_status_and_words_and_the_providers_type_becomes_its_code(status: int, kind: str) -> None:
    body = b'{"type": "error", "error": {"type": "overloaded_error", "message": "busy"}}'
    translation = make_translation(RESPONSES, MESSAGES, BODY, RESPONSES.decode_call("", BODY))
    got = [(b"content-type", b"application/json"), (b"retry-after", b"3")]
    reply = asyncio.run(translation.translate_reply(Reply(status, got, body), context()))
    assert (reply.status, reply.headers[1:]) == (status, [(b"retry-after", b"3")])
    error = msgspec.json.decode(reply.body)["error"]
    assert error == {"message": "busy", "type": kind, "param": None, "code": "overloaded_error"}


def test_an_answer_that_is_too_long_to_be_given_whole_is_refused() -> None:
    builder = ReplyBuilder(3)
    builder.add(chat.TextDelta("abc"))
    with pytest.raises(UpstreamError, match="too long"):
        builder.add(chat.TextDelta("d"))


def test_thoughts_keep_their_own_signatures_through_a_stream() -> None:
    parts: list[chat.Part] = [
        chat.Thinking("a", "1"),
        chat.Thinking("b", "2"),
        chat.Thinking("", "3", True),
        chat.Text("c"),
    ]
    builder = ReplyBuilder(100)
    for step in steps_of(chat.ChatReply(id="r", model="m", parts=parts, stop="end")):
        builder.add(step)
    assert builder.finish().parts == parts


def upstream(name: str) -> Upstream:
    return make_upstreams("local", {})[name]


@pytest.mark.parametrize(
    ("asked", "provider", "found"),
    [
        ("openai.responses", "anthropic", ["anthropic.messages", "openai.chat"]),
        ("anthropic.messages", "gemini", ["gemini.generate", "openai.chat"]),
        ("gemini.generate", "openai", ["openai.chat", "openai.responses"]),
        ("openai.responses", "mistral", ["openai.chat"]),
        ("anthropic.count_tokens", "gemini", []),
        ("openai.embeddings", "anthropic", []),
    ],
)
def test_a_providers_own_format_is_preferred_to_its_imitation_of_openais(
    asked: str, provider: str, found: list[str]
) -> None:
    assert [format.name for format in find_translated_formats(FORMATS[asked], upstream(provider))] == found


def test_formats_of_different_operations_are_not_translated() -> None:
    assert not translatable(CHAT, FORMATS["openai.embeddings"])
    with pytest.raises(InputError, match=r"openai\.chat cannot be translated into openai\.embeddings"):
        make_translation(CHAT, FORMATS["openai.embeddings"], b"{}", CHAT.decode_call("", b"{}"))


def test_members_go_by_the_names_that_a_provider_knows() -> None:
    body = b'{"max_completion_tokens":5,"seed":1}'
    assert rename_members(body, upstream("mistral"), CHAT) == b'{"max_tokens":5,"random_seed":1}'
    assert rename_members(body, upstream("openai"), CHAT) is body
    assert rename_members(body, upstream("mistral"), RESPONSES) is body
