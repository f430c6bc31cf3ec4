"""Every official client against every provider's format, on real sockets: what one says, the other hears."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import anthropic
import openai
import pytest
from google.genai import errors as gemini_errors

from tests.scenario.gateway.askers import ASKERS, RESULT, Answer, Question
from tests.scenario.gateway.translation_scene import TARGETS, Scene, translating
from tests.support.model_wires import USAGE
from tests.support.strict_wires import DOCUMENT, TOOL_ARGUMENTS

STOPS = {
    "chat": {"end": "stop", "length": "length", "tool": "tool_calls"},
    "responses": {"end": "completed", "length": "max_output_tokens", "tool": "completed"},
    "anthropic": {"end": "end_turn", "length": "max_tokens", "tool": "tool_use"},
    "gemini": {"end": "STOP", "length": "MAX_TOKENS", "tool": "STOP"},
}
PIECES = 2


@pytest.fixture(scope="module")
def running() -> Iterator[Scene]:
    with translating() as scene:
        yield scene


@pytest.fixture
def scene(running: Scene) -> Scene:
    provider = running.provider
    for seen in (provider.heard, provider.bodies, provider.paths, provider.complaints):
        seen.clear()
    provider.may_go_on.clear()
    return running


def every(*, streams: bool = True) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """All clients, all targets, whole and streamed."""
    both = [False, True] if streams else [False]

    def mark(test: Callable[..., None]) -> Callable[..., None]:
        for name, values in (("streams", both), ("target", list(TARGETS)), ("client", list(ASKERS))):
            test = pytest.mark.parametrize(name, values)(test)
        return test

    return mark


def check_usage(client: str, target: str, answer: Answer) -> None:
    assert (answer.input_tokens, answer.output_tokens, answer.cached_tokens) == (120, 24, 80)
    if client != "anthropic":  # whose clients are not told of reasoning here, nor does its provider tell
        assert answer.reasoning_tokens == (0 if target == "ant" else USAGE.reasoning)


@every()
def test_words_a_system_and_a_picture_arrive_and_the_answer_comes_back(
    scene: Scene, client: str, target: str, streams: bool
) -> None:
    question = Question(f"{target}/plain", system="Be brief.", image=True, streams=streams)
    answer = scene.ask(client, question)
    assert answer.text == "system: Be brief. | heard: Where is it?, <image/png, 6 bytes>"
    assert answer.stop == STOPS[client]["end"]
    assert answer.pieces == (PIECES if streams else answer.pieces)
    assert scene.provider.heard[0].streams == streams
    check_usage(client, target, answer)


@every()
def test_a_tool_is_called_and_its_result_comes_in_the_next_turn(
    scene: Scene, client: str, target: str, streams: bool
) -> None:
    called = scene.ask(client, Question(f"{target}/plain", tools=("track", "weigh"), streams=streams))
    assert [(name, arguments) for _, name, arguments in called.calls] == [
        ("track", TOOL_ARGUMENTS),
        ("weigh", TOOL_ARGUMENTS),
    ]
    assert called.stop == STOPS[client]["tool"]
    check_usage(client, target, called)
    call_id = called.calls[0][0] or "call_0"
    question = Question(f"{target}/plain", tools=("track",), call=(call_id, "track"), streams=streams)
    answer = scene.ask(client, question)
    named = "track" if target == "gem" else call_id
    result = json.dumps({"result": RESULT}, separators=(",", ":")) if client == "gemini" and target != "gem" else RESULT
    assert answer.text == f"system:  | heard: Where is it? | result: {named} -> {result}"
    assert answer.stop == STOPS[client]["end"]


@every()
def test_an_answer_by_schema_is_asked_for_and_comes(scene: Scene, client: str, target: str, streams: bool) -> None:
    answer = scene.ask(client, Question(f"{target}/plain", wants_json=True, streams=streams))
    assert json.loads(answer.text) == DOCUMENT
    schema = scene.provider.heard[0].schema
    assert schema is not None
    assert list(schema["properties"]) == ["city", "days"]


@every()
def test_an_answer_cut_at_its_longest_says_so(scene: Scene, client: str, target: str, streams: bool) -> None:
    answer = scene.ask(client, Question(f"{target}/plain", max_tokens=5, streams=streams))
    assert scene.provider.heard[0].max_tokens == 5
    assert answer.stop == STOPS[client]["length"]


@pytest.mark.parametrize("target", ["oai", "ant", "gem"])
@pytest.mark.parametrize("client", ["chat", "anthropic", "gemini"])
def test_words_to_stop_at_arrive(scene: Scene, client: str, target: str) -> None:
    scene.ask(client, Question(f"{target}/plain", stop="END"))
    assert scene.provider.heard[0].stops == ["END"]


@every()
def test_a_provider_that_answers_the_other_way_is_understood(
    scene: Scene, client: str, target: str, streams: bool
) -> None:
    if {("chat", "oai"), ("responses", "rsp"), ("anthropic", "ant"), ("gemini", "gem")} & {(client, target)}:
        pytest.skip("what is not translated passes as it comes")
    answer = scene.ask(client, Question(f"{target}/{'whole' if streams else 'streamer'}", streams=streams))
    assert answer.text == "system:  | heard: Where is it?"
    check_usage(client, target, answer)


_STATUS_ERRORS = (openai.APIStatusError, anthropic.APIStatusError, gemini_errors.APIError)


def status_of(error: Exception) -> int:
    return int(getattr(error, "status_code", 0) or getattr(error, "code", 0))


@every()
def test_a_refusal_keeps_its_status_its_words_and_the_time_to_wait(
    scene: Scene, client: str, target: str, streams: bool
) -> None:
    with pytest.raises(_STATUS_ERRORS) as caught:
        scene.ask(client, Question(f"{target}/throttled", streams=streams))
    assert status_of(caught.value) == 429
    assert "no: throttled" in str(caught.value)
    response: Any = getattr(caught.value, "response", None)
    assert response.headers["retry-after"] == "9"


@pytest.mark.parametrize("model", ["faltering", "cut"])
@pytest.mark.parametrize("target", list(TARGETS))
@pytest.mark.parametrize("client", list(ASKERS))
def test_a_stream_that_breaks_is_an_error_for_every_client(scene: Scene, client: str, target: str, model: str) -> None:
    with pytest.raises(
        (openai.APIError, anthropic.APIError, gemini_errors.APIError, gemini_errors.UnknownApiResponseError)
    ) as caught:
        scene.ask(client, Question(f"{target}/{model}", streams=True))
    words = {"faltering": "the model fell over", "cut": "before its answer was complete"}
    assert words[model] in str(caught.value)
