"""Gemini's three calls for embeddings to the gateway's records and back."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrcp.gateway.errors import UpstreamError
from lrcp.gateway.wire.format import EMBEDDINGS, EmbeddingReply, EmbeddingRequest, ModelCall
from lrcp.gateway.wire.gemini.embeddings import BATCH, PREDICT, SINGLE
from lrcp.model.errors import InputError

CALL = ModelCall(EMBEDDINGS, "m", streams=False, prompt=b"")


def content(*texts: str) -> dict[str, Any]:
    return {"parts": [{"text": text} for text in texts]}


@pytest.mark.parametrize(
    ("codec", "body", "texts", "dimensions"),
    [
        (SINGLE, {"content": content("a", "b")}, ["a\nb"], None),
        (SINGLE, {"content": content("a"), "taskType": "RETRIEVAL_QUERY", "outputDimensionality": 8}, ["a"], 8),
        (SINGLE, {"content": content("a"), "embedContentConfig": {"outputDimensionality": 8}}, ["a"], 8),
        (BATCH, {"requests": [{"model": "models/m", "content": content(text)} for text in "ab"]}, ["a", "b"], None),
        (BATCH, {"requests": []}, [], None),
        (PREDICT, {"instances": [{"content": "a", "task_type": "RETRIEVAL_QUERY"}]}, ["a"], None),
        (PREDICT, {"instances": [{"content": "a"}], "parameters": {"outputDimensionality": 8}}, ["a"], 8),
    ],
)
def test_a_request_is_read(codec: Any, body: dict[str, Any], texts: list[str], dimensions: int | None) -> None:
    assert codec.parse_request(json.dumps(body).encode(), CALL) == EmbeddingRequest(texts, dimensions)


@pytest.mark.parametrize(
    ("codec", "body", "named"),
    [
        (SINGLE, {"content": {"parts": [{"inlineData": {}}]}}, "inlineData"),
        (SINGLE, {"content": content("a"), "embedContentConfig": {"documentOcr": True}}, "documentOcr"),
        (
            BATCH,
            {"requests": [{"content": content("a"), "outputDimensionality": n} for n in (1, 2)]},
            "outputDimension",
        ),
        (PREDICT, {"instances": [{"image": {}}]}, "image"),
    ],
)
def test_what_no_other_format_embeds_is_refused_by_name(codec: Any, body: dict[str, Any], named: str) -> None:
    with pytest.raises(InputError, match=named):
        codec.parse_request(json.dumps(body).encode(), CALL)


def test_one_text_is_all_that_the_single_call_takes() -> None:
    with pytest.raises(InputError, match="one text, not 2"):
        SINGLE.render_request(EmbeddingRequest(["a", "b"]), "m")


@given(st.lists(st.text(), min_size=1, max_size=4), st.none() | st.integers(1, 3000))
def test_a_request_that_is_written_is_read_as_it_was(texts: list[str], dimensions: int | None) -> None:
    request = EmbeddingRequest(texts, dimensions)
    for codec in (BATCH, PREDICT) if len(texts) > 1 else (SINGLE, BATCH, PREDICT):
        assert codec.parse_request(codec.render_request(request, "m"), CALL) == request


@given(
    st.lists(st.lists(st.floats(allow_nan=False, allow_infinity=False), max_size=4), min_size=1, max_size=4),
    st.none() | st.integers(0, 10**6),
)
def test_a_reply_that_is_written_is_read_as_it_was(vectors: list[list[float]], tokens: int | None) -> None:
    reply = EmbeddingReply("", vectors, tokens)
    for codec in (BATCH, PREDICT) if len(vectors) > 1 else (SINGLE, BATCH, PREDICT):
        assert codec.parse_reply(codec.render_reply(reply, b"")) == reply


@pytest.mark.parametrize("codec", [SINGLE, BATCH, PREDICT])
def test_an_answer_without_vectors_is_the_providers_fault(codec: Any) -> None:
    with pytest.raises(UpstreamError, match="no embeddings"):
        codec.parse_reply(b'{"candidates":[]}')
