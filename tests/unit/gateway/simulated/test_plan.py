"""What a simulated model answers, and when."""

import json
from statistics import median
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrcp.gateway.simulated.embedding import MAX_DIMENSIONS, embed
from lrcp.gateway.simulated.models import BUILT_IN, models_of, price_file_of
from lrcp.gateway.simulated.plan import Plan, fit_json, plan_answer
from lrcp.gateway.simulated.questions import read_question
from lrcp.model.policy.faults import SimulatedModel, Simulation

PROMPT = json.dumps(
    [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Facts:\nThe kayak weighs 21 kg. The shop opens at nine.\n\nQuestion: How heavy is the kayak?"},
    ]
).encode()  # fmt: skip


def plan(model: SimulatedModel, key: str = "key", max_tokens: int | None = None) -> Plan:
    return plan_answer(model, key, lambda: read_question(PROMPT), max_tokens)


@given(st.text(max_size=20), st.integers(0, 10**6), st.sampled_from(sorted(BUILT_IN)))
def test_the_same_key_and_seed_give_the_same_answer_at_the_same_time(key: str, seed: int, name: str) -> None:
    model = SimulatedModel(**{**_members(BUILT_IN[name]), "seed": seed})
    assert plan(model, key) == plan(model, key)


def _members(model: SimulatedModel) -> dict[str, Any]:
    return {name: getattr(model, name) for name in model.__struct_fields__}


@given(st.text(max_size=20), st.integers(1, 400), st.one_of(st.none(), st.integers(1, 500)))
def test_an_answer_is_as_long_as_declared_and_never_longer_than_asked(key: str, tokens: int, most: int | None) -> None:
    made = plan(SimulatedModel(output_tokens=tokens), key, most)
    assert 1 <= len(made.tokens) <= min(2 * tokens, most or 10**6)
    assert made.stop == "end" or len(made.tokens) == most


def test_half_of_the_first_tokens_come_before_the_declared_time() -> None:
    times = [plan(SimulatedModel(ttft_ms=400, ttft_sigma=0.5), str(n)).ttft_s for n in range(500)]
    assert 0.36 < median(times) < 0.44
    assert plan(SimulatedModel(ttft_ms=0)).ttft_s == 0


def test_as_many_calls_fail_as_declared() -> None:
    failed = sum(plan(SimulatedModel(error_ratio=0.2), str(n)).fails for n in range(1000))
    assert 150 < failed < 250


def test_good_answers_speak_of_the_question_and_say_what_the_prompt_knows_and_vague_ones_do_not() -> None:
    good = "".join(plan(SimulatedModel(quality=1.0)).tokens)
    vague = "".join(plan(SimulatedModel(quality=0.0)).tokens)
    assert "The kayak weighs 21 kg." in good
    assert "kayak" not in vague


def test_another_seed_gives_another_answer() -> None:
    assert plan(SimulatedModel(seed=1)) != plan(SimulatedModel(seed=2))


@given(st.binary(max_size=200))
def test_no_prompt_breaks_the_reading_of_a_question(prompt: bytes) -> None:
    read_question(prompt)


@pytest.mark.parametrize(
    "prompt",
    [
        '"What is a kayak?"',
        '["Hello.", "What is a kayak?"]',
        '[{"role": "user", "content": [{"type": "input_text", "text": "What is a kayak?"}]}]',
        '[{"role": "user", "parts": [{"text": "What is a kayak?"}]}]',
        '{"contents": [{"parts": [{"text": "What is a kayak?"}]}]}',
    ],
)
def test_a_question_is_found_in_every_formats_prompt(prompt: str) -> None:
    assert read_question(prompt.encode()).subject == ("kayak",)


def test_json_follows_the_schema_that_was_asked_for() -> None:
    members = {
        "answer": {"type": "string"},
        "stars": {"type": "integer"},
        "kind": {"enum": ["boat", "car"]},
        "more": {"type": "array", "items": {"anyOf": [{"type": "boolean"}, {"type": "null"}]}},
    }
    said = json.loads(fit_json("Yes.", {"type": "object", "properties": members}))
    assert said == {"answer": "Yes.", "stars": 1, "kind": "boat", "more": [True]}
    assert json.loads(fit_json("Yes.", None)) == {"answer": "Yes."}


@given(st.text(max_size=60), st.one_of(st.none(), st.integers(1, 10_000)))
def test_a_vector_has_length_one_and_is_always_the_same(text: str, dimensions: int | None) -> None:
    vector = embed(text, dimensions)
    assert len(vector) == min(dimensions or 256, MAX_DIMENSIONS)
    assert sum(value * value for value in vector) == pytest.approx(1.0)
    assert vector == embed(text, dimensions)


def test_texts_that_share_words_are_nearer_than_others() -> None:
    first, same, other = embed("a red kayak for rivers"), embed("red kayak, rivers"), embed("bread with butter")
    assert sum(map(float.__mul__, first, same)) > 0.9 > 0.3 > sum(map(float.__mul__, first, other))


def test_a_declared_model_goes_before_the_built_in_of_its_name_with_its_price() -> None:
    models = models_of(Simulation(models={"good": SimulatedModel(input_usd_per_mtok=7), "mine": SimulatedModel()}))
    assert {"fast", "slow", "cheap", "good", "flaky", "mine"} == models.keys()
    [price] = next(one for one in price_file_of(models).models if one.model == "good").prices
    assert float(price.input) == 7.0
