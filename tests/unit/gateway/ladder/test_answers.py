"""Lowering the bound on an answer changes that one member, wherever a format has it, and nothing else."""

import json
from typing import Any

import pytest

from lrcp.gateway.ladder.answers import shorten_answer
from lrcp.model.errors import InputError


@pytest.mark.parametrize(
    ("format_name", "model", "before", "after"),
    [
        ("openai.chat", "gpt-4o", {}, {"max_tokens": 9}),
        ("openai.chat", "gpt-5-mini", {}, {"max_completion_tokens": 9}),
        ("openai.chat", "openai/o3", {}, {"max_completion_tokens": 9}),
        ("openai.chat", "x", {"max_tokens": 100}, {"max_tokens": 9}),
        ("openai.chat", "x", {"max_tokens": None}, {"max_tokens": 9}),
        ("openai.chat", "x", {"max_completion_tokens": 100}, {"max_completion_tokens": 9}),
        (
            "openai.chat",
            "x",
            {"max_tokens": 4, "max_completion_tokens": 100},
            {"max_tokens": 4, "max_completion_tokens": 9},
        ),
        ("openai.responses", "x", {}, {"max_output_tokens": 9}),
        ("anthropic.messages", "x", {"max_tokens": 1024}, {"max_tokens": 9}),
        ("gemini.generate", "x", {}, {"generationConfig": {"maxOutputTokens": 9}}),
        (
            "gemini.generate",
            "x",
            {"generationConfig": {"temperature": 1, "maxOutputTokens": 99}},
            {"generationConfig": {"temperature": 1, "maxOutputTokens": 9}},
        ),
        (
            "gemini.generate",
            "x",
            {"generation_config": {"max_output_tokens": 99}},
            {"generation_config": {"max_output_tokens": 9}},
        ),
        (
            "gemini.generate",
            "x",
            {"generation_config": {"top_k": 1}},
            {"generation_config": {"top_k": 1, "max_output_tokens": 9}},
        ),
    ],
)
def test_the_bound_is_lowered(format_name: str, model: str, before: dict[str, Any], after: dict[str, Any]) -> None:
    rest = {"model": model, "messages": [{"role": "user", "content": "é"}]}
    body = shorten_answer(format_name, json.dumps(rest | before).encode(), model, 9)
    assert json.loads(body) == rest | after


@pytest.mark.parametrize("said", [9, 3, 0, "many", 8.5])
def test_what_is_lower_or_no_number_keeps_its_bytes(said: object) -> None:
    body = b'{ "max_tokens" : %s }' % json.dumps(said).encode()
    assert shorten_answer("openai.chat", body, "x", 9) == body


def test_a_format_without_answers_is_left_alone() -> None:
    assert shorten_answer("openai.embeddings", b"not even JSON", "x", 9) == b"not even JSON"


def test_a_body_that_cannot_be_read_is_refused() -> None:
    with pytest.raises(InputError):
        shorten_answer("openai.chat", b"{", "x", 9)
