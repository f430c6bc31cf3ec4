"""Paths of the Gemini API and of Vertex AI: what they call, and what they are not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrcp.gateway.wire.gemini.formats import GEMINI_FORMATS, match_path
from lrcp.gateway.wire.gemini.paths import CallPath, find_call, generate_path, get_call
from lrcp.model.errors import InputError

VERTEX = "/v1beta1/projects/p-1/locations/europe-west4"


@pytest.mark.parametrize(
    ("path", "model", "format"),
    [
        ("/v1beta/models/gemini-2.5-flash:generateContent", "gemini-2.5-flash", "gemini.generate"),
        ("/v1/models/gemini-2.5-flash:streamGenerateContent", "gemini-2.5-flash", "gemini.generate"),
        ("/v1alpha/models/gemini-2.5-flash:countTokens", "gemini-2.5-flash", "gemini.count_tokens"),
        ("/v1beta/models/gemini-embedding-001:embedContent", "gemini-embedding-001", "gemini.embed"),
        ("/v1beta/models/gemini-embedding-001:batchEmbedContents", "gemini-embedding-001", "gemini.batch_embed"),
        ("/v1beta/tunedModels/parcels-7:generateContent", "tunedModels/parcels-7", "gemini.generate"),
        ("/v1beta/models/openai/gpt-5-mini:generateContent", "openai/gpt-5-mini", "gemini.generate"),
        ("/v1beta/models/ollama/qwen3:0.6b:generateContent", "ollama/qwen3:0.6b", "gemini.generate"),
        (f"{VERTEX}/publishers/google/models/gemini-2.5-flash:generateContent", "gemini-2.5-flash", "gemini.generate"),
        (f"{VERTEX}/publishers/google/models/text-embedding-005:predict", "text-embedding-005", "gemini.predict"),
        (f"{VERTEX}/publishers/anthropic/models/claude-x:generateContent", "anthropic/claude-x", "gemini.generate"),
        ("/v1/publishers/google/models/gemini-2.5-flash:countTokens", "gemini-2.5-flash", "gemini.count_tokens"),
    ],
)
def test_a_path_names_the_model_and_what_it_is_called_for(path: str, model: str, format: str) -> None:
    matched = match_path(path)
    assert matched is not None
    assert (get_call(path).model, matched.name) == (model, format)


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        ":generateContent",
        "/v1beta/models/:generateContent",
        "/v1beta/models/gemini-2.5-flash",
        "/v1beta/models/gemini-2.5-flash:generate",
        "/v1beta/models/../files/x:generateContent",
        "/v1beta/models/a/./b:generateContent",
        "/v1beta/models/a//b:generateContent",
        "/v1beta/models/a/b/c/d/e:generateContent",
        "/v1beta/models/a\nb:generateContent",
        "/v2/models/a:generateContent",
        "/v1beta/cachedContents/a:generateContent",
        "/v1beta1/projects/p/publishers/google/models/a:generateContent",
        "/v1/projects/../locations/l/publishers/google/models/a:generateContent",
        "/v1beta/models/" + "a" * 129 + ":generateContent",
    ],
)
def test_any_other_path_is_none_of_these(path: str) -> None:
    assert match_path(path) is None
    with pytest.raises(InputError, match="no such path"):
        get_call(path)


@pytest.mark.parametrize(
    ("model", "whole", "streamed"),
    [
        (
            "gemini-2.5-flash",
            "/models/gemini-2.5-flash:generateContent",
            "/models/gemini-2.5-flash:streamGenerateContent?alt=sse",
        ),
        ("tunedModels/x", "/tunedModels/x:generateContent", "/tunedModels/x:streamGenerateContent?alt=sse"),
        ("models/x", "/models/x:generateContent", "/models/x:streamGenerateContent?alt=sse"),
    ],
)
def test_a_target_is_addressed_by_its_model(model: str, whole: str, streamed: str) -> None:
    assert (generate_path(model, False), generate_path(model, True)) == (whole, streamed)


@given(st.text(max_size=80))
def test_no_text_is_taken_for_a_path_that_climbs(text: str) -> None:
    call = find_call(f"/v1beta/models/{text}:generateContent")
    assert call is None or (".." not in call.model.split("/") and "\n" not in call.model)


@given(st.lists(st.from_regex(r"[a-z][a-z0-9.\-]{0,20}", fullmatch=True), min_size=1, max_size=3))
def test_the_path_of_a_target_names_the_same_model_again(segments: list[str]) -> None:
    model = "/".join(segments)
    for format in GEMINI_FORMATS:
        path, _, _ = format.target_path(model, False).partition("?")
        call = find_call(f"/v1beta{path}")
        assert call == CallPath(model.removeprefix("models/"), path.rpartition(":")[2])
