"""What of a request is the question."""

from typing import Any

import msgspec
import pytest

from lrcp.gateway.cache.question import split_question
from lrcp.gateway.wire.format import Format
from lrcp.gateway.wire.formats import FORMATS
from lrcp.gateway.wire.openai_formats import OPENAI_CHAT, OPENAI_EMBEDDINGS

SYSTEM = {"role": "system", "content": "Be brief."}


def named(name: str) -> Format:
    return FORMATS.get(name) or msgspec.structs.replace(OPENAI_CHAT, name=name)


@pytest.mark.parametrize(
    ("format", "fields"),
    [
        ("openai.chat", {"messages": [SYSTEM, {"role": "user", "content": "Why?"}]}),
        ("openai.chat", {"messages": [{"role": "user", "content": [{"type": "text", "text": "Why?"}]}]}),
        ("anthropic.messages", {"system": "Be brief.", "messages": [{"role": "user", "content": "Why?"}]}),
        ("openai.responses", {"input": "Why?"}),
        ("openai.responses", {"input": [{"role": "user", "content": [{"type": "input_text", "text": "Why?"}]}]}),
        ("gemini.generate", {"contents": [{"role": "user", "parts": [{"text": "Why?"}]}]}),
        ("gemini.generate", {"contents": [{"parts": [{"text": "Why?"}]}]}),
    ],
)
def test_the_last_words_of_the_user_are_the_question_and_the_rest_stays(format: str, fields: dict[str, Any]) -> None:
    split = split_question(named(format), fields)
    assert split is not None
    text, others = split
    assert text == "Why?"
    assert others.keys() == fields.keys()
    assert "Why?" not in str(others)
    assert "Why?" in str(fields)  # what was given is not changed


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"messages": []},
        {"messages": "Why?"},
        {"messages": ["Why?"]},
        {"messages": [{"role": "user", "content": "  "}]},
        {"messages": [{"role": "assistant", "content": "Why?"}]},
        {"messages": [{"role": "tool", "content": "7"}]},
        {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}]},
        {"messages": [{"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]}]},
        {"messages": [{"role": "user", "content": [{"type": "text", "text": "a", "data": "b"}]}]},
        {"messages": [{"role": "user", "content": 7}]},
    ],
)
def test_what_is_not_the_users_text_alone_is_no_question(fields: dict[str, Any]) -> None:
    assert split_question(OPENAI_CHAT, fields) is None


def test_embeddings_have_no_question() -> None:
    assert split_question(OPENAI_EMBEDDINGS, {"input": "Why?"}) is None
