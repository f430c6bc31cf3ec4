"""The text of a policy to its record; and everything that can be wrong with one, with its place and line."""

import json

import msgspec
import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lrcp.model.policy.canonical import decode_policy, encode_policy
from lrcp.model.policy.document import Policy
from lrcp.model.policy.parse import parse_policy, render_yaml
from lrcp.model.policy.problems import MAX_PROBLEMS, PolicyError
from lrcp.model.policy.text import MAX_POLICY_BYTES, read_policy_text

PROVIDERS = {"openai", "local"}
ROUTE = "routes: [{name: r, models: [m], targets: [{to: openai/x}]%s}]"
STEP = "ladder: {steps: [{do: %s}]}"
FAULT = "faults: [{name: f, %s}]"


def problems(text: str | bytes) -> list[tuple[str, str, int | None]]:
    """What is wrong with a document, as (place, message, line)."""
    raw = text if isinstance(text, bytes) else text.encode()
    with pytest.raises(PolicyError) as raised:
        parse_policy(raw, providers=PROVIDERS)
    return [(one.place, one.message, one.line) for one in raised.value.problems]


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        # the text
        ("", "$", "empty"),
        (b"a: \xff", "$", "not UTF-8"),
        ("a: [", "$", "not YAML"),
        ("{", "$", "not JSON"),
        ('{"a": 1,,}', "$", "not JSON"),
        ("a: &x 1", "$.a", "anchors"),
        ("a: *x", "$.a", "aliases"),
        ("a: {<<: {b: 1}, *y : 2}", "$.a", "aliases"),
        ("a: !!python/object/apply:os.system [x]", "$.a", "tag"),
        ("&r a: 1", "$", "anchors"),
        ("routes: []\nroutes: []", "$.routes", "given twice, first on line 1"),
        ("? [a]\n: 1", "$", "name must be a word"),
        ("--- {}\n--- {}", "$", "second document"),
        ("[" * 200, "$", "nested deeper"),
        ('{"guards":' + "[" * 200 + "]" * 200 + "}", "$", "nested deeper"),
        ("default_target: 1e999", "$.default_target", "too large"),
        ("#" * (MAX_POLICY_BYTES + 1), "$", "at most 1048576"),
        # the shape
        ("[]", "$", "must be an object"),
        ("just words", "$", "must be an object"),
        ("format: 2", "$.format", "2 is none of 1"),
        ("rotues: []", "$.rotues", "did you mean `routes`?"),
        ("zzz: 1", "$.zzz", "no such member, only format, authentication"),
        ("limits: {}", "$.limits", "must be a list"),
        ("limits: [{requests: 1}]", "$.limits[0]", "`name` is missing"),
        ("limits: [{name: a b, requests: 1}]", "$.limits[0].name", "does not match"),
        ("limits: [{name: a, requests: 0}]", "$.limits[0].requests", "whole number >= 1"),
        ("limits: [{name: a, requests: many}]", "$.limits[0].requests", "whole number, not text"),
        ("limits: [{name: a, requests: true}]", "$.limits[0].requests", "not true or false"),
        ("limits: [{name: a, requests: 1, every: week}]", "$.limits[0].every", "none of second, minute, hour, day"),
        ("limits: [{name: a, requests: 1, match: {models: gpt}}]", "$.limits[0].match.models", "must be a list"),
        ("limits: [{name: a, requests: 1, match: {tags: {a: 1}}}]", "$.limits[0].match.tags.a", "must be text"),
        ("limits: [" + "{name: a, requests: 1}," * 201 + "]", "$.limits", "at most 200"),
        ("budgets: [{name: a, usd: -1}]", "$.budgets[0].usd", "a number > 0"),
        ("ladder: {steps: []}", "$.ladder.steps", "at least 1"),
        ("authentication: true", "$.authentication", "must be an object"),
        (ROUTE % ", when: {hours: 9-25}", "$.routes[0].when.hours", "does not match"),
        ("providers: {a: {endpoints: {cohere: x}}}", "$.providers.a.endpoints.cohere", "none of openai, anthropic"),
        ("providers: {a: {key_variable: sk-secret-1}}", "$.providers.a.key_variable", "never in a policy"),
        # the meaning
        ("limits: [{name: a}]", "$.limits[0]", "limits nothing"),
        ("limits: [{name: a, requests: 1}, {name: a, tokens: 1}]", "$.limits[1].name", "used 2 times"),
        ("budgets: [{name: a, usd: 1e12}]", "$.budgets[0].usd", "at most"),
        ("budgets: [{name: a, usd: 1e-10}]", "$.budgets[0].usd", "at least one nano-dollar"),
        ("guards: [{name: a, uses: ''}]", "$.guards[0].uses", "names no guard"),
        ("default_target: gpt", "$.default_target", "write provider/model"),
        ("default_target: nowhere/x", "$.default_target", "there are local, openai"),
        ("cache: {semantic: {embeddings: nowhere/x}}", "$.cache.semantic.embeddings", "not known"),
        (ROUTE.replace("openai/x", "x"), "$.routes[0].targets[0].to", "no target"),
        (ROUTE % ", fallback: [openai/a, x/y]", "$.routes[0].fallback[1]", "'x' is not known"),
        (ROUTE % ", canary: {to: x/y, percent: 1}", "$.routes[0].canary.to", "not known"),
        (ROUTE % ", shadow: {to: y}", "$.routes[0].shadow.to", "no target"),
        (ROUTE.replace("openai/x", "openai/x, weight: 0"), "$.routes[0].targets", "every weight is 0"),
        (ROUTE.replace("[m]", "[a, '']"), "$.routes[0].models[1]", "empty"),
        (ROUTE % ", when: {hours: 9-9}", "$.routes[0].when.hours", "no time at all"),
        (ROUTE % ", when: {prompt_tokens_above: 9, prompt_tokens_below: 9}", "$.routes[0].when", "no prompt"),
        (
            ROUTE % ", resilience: {retries: {statuses: [200]}}",
            "$.routes[0].resilience.retries.statuses[0]",
            "no status of a failure",
        ),
        ("resilience: {retries: {base_ms: 9, cap_ms: 8}}", "$.resilience.retries.base_ms", "over cap_ms"),
        ("resilience: {timeouts: {whole_s: 1, idle_s: 2}}", "$.resilience.timeouts.idle_s", "more than the 1 s"),
        (STEP % "smaller_model", "$.ladder.steps[0].to", "needs the target"),
        (STEP % "smaller_model, to: x/y", "$.ladder.steps[0].to", "not known"),
        (STEP % "smaller_model, to: openai/x, models: []", "$.ladder.steps[0].models", "no model"),
        (STEP % "shed, to: openai/x", "$.ladder.steps[0].to", "only a smaller_model"),
        (STEP % "shed, priorities: []", "$.ladder.steps[0].priorities", "sheds nothing"),
        ("ladder: {at_step: 2, steps: [{do: shed}]}", "$.ladder.at_step", "1 steps only"),
        ("ladder: {steps: [{do: shed}], pressure: {budget_above: null}}", "$.ladder.pressure", "ever taken"),
        (FAULT % "kind: model_swap", "$.faults[0].to", "no target"),
        (FAULT % "kind: latency, to: openai/x", "$.faults[0].to", "only a model_swap"),
        (FAULT % "kind: latency, until: 1900000000000", "$.faults[0].until", "Unix seconds"),
        ("providers: {a: {}}", "$.providers.a", "has no address"),
        ("providers: {a: {like: b}}", "$.providers.a.like", "'b' is not known"),
        ("providers: {a: {base_url: 'ftp://x'}}", "$.providers.a.base_url", "no address"),
        ("providers: {a: {base_url: 'http://x:99999'}}", "$.providers.a.base_url", "no address"),
        ("providers: {a: {base_url: 'http://u:hunter2@x'}}", "$.providers.a.base_url", "password"),
        ("providers: {a: {base_url: 'http://x?key=1'}}", "$.providers.a.base_url", "ends before"),
        ("providers: {a: {endpoints: {gemini: x}}}", "$.providers.a.endpoints.gemini", "no address"),
        ("providers: {a/b: {base_url: 'http://x'}}", "$.providers.a/b", "without `/`"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(text: str | bytes, place: str, words: str) -> None:
    text = text.replace("%s", "") if isinstance(text, str) else text
    found = problems(text)
    assert any(at == place and words in message for at, message, _ in found), found
    assert "hunter2" not in str(found)
    assert "sk-secret" not in str(found)


def test_everything_that_is_wrong_is_told_at_once_in_the_order_of_the_lines() -> None:
    text = "limits:\n- name: a b\n  requests: 0\nroutes:\n- models: 3\nguard: []\n"
    assert [(place, line) for place, _, line in problems(text)] == [
        ("$.limits[0].name", 2),
        ("$.limits[0].requests", 3),
        ("$.routes[0].models", 5),
        ("$.routes[0]", 5),
        ("$.routes[0]", 5),
        ("$.guard", 6),
    ]


def test_the_message_names_line_and_place_and_is_bounded() -> None:
    with pytest.raises(PolicyError) as raised:
        parse_policy(b"limits:\n" + b"- {name: a, requests: 0}\n" * 150, providers=PROVIDERS)
    assert len(raised.value.problems) == MAX_PROBLEMS
    assert str(raised.value).startswith("line 2, $.limits[0].requests: it must be a whole number >= 1, not 0; line 3")
    assert str(raised.value).endswith("and 100 more")


def test_json_and_yaml_say_the_same() -> None:
    text = '{"routes": [{"name": "r", "models": ["m"], "targets": [{"to": "openai/\\ud83d\\ude00"}]}]}'
    assert parse_policy(text.encode(), providers=PROVIDERS) == parse_policy(
        "# one\nroutes:\n- {name: r, models: [m], targets: [{to: openai/😀}]}".encode(), providers=PROVIDERS
    )


def test_words_of_yaml_1_1_are_words() -> None:
    text = b"guards: [{name: on, uses: yes, on: request, options: {a: no, b: 2026-11-20, c: 1_000, d: 012, e: 1:30, f: ~}}]"
    guard = parse_policy(text, providers=PROVIDERS).guards[0]
    assert (guard.name, guard.uses, guard.on) == ("on", "yes", "request")
    assert guard.options == {"a": "no", "b": "2026-11-20", "c": "1_000", "d": 12, "e": "1:30", "f": None}


def test_a_byte_order_mark_is_passed_over() -> None:
    assert parse_policy(b"\xef\xbb\xbf{}", providers=PROVIDERS) == Policy()


@pytest.mark.parametrize("text", ["{}", "resilience: null", "resilience: {}", "cache: {semantic: {}}"])
def test_what_is_rendered_is_read_as_the_same(text: str) -> None:
    policy = parse_policy(text.encode(), providers=PROVIDERS)
    assert parse_policy(render_yaml(policy).encode(), providers=PROVIDERS) == policy
    assert decode_policy(encode_policy(policy), providers=PROVIDERS) == policy


def test_equal_policies_are_equal_bytes() -> None:
    terse = parse_policy(b"limits: [{name: a, requests: 1}]", providers=PROVIDERS)
    wordy = parse_policy(
        b"format: 1\nlimits: [{requests: 1, every: minute, match: {}, name: a}]\ncache: {}", providers=PROVIDERS
    )
    assert encode_policy(terse) == encode_policy(wordy) == b'{"limits":[{"name":"a","requests":1}]}'


def test_the_empty_policy_is_two_bytes() -> None:
    assert encode_policy(Policy()) == b"{}"


PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**18), 10**18)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(blacklist_categories=("Cs", "Cc")), max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abc:-#? ", min_size=1), inner, max_size=4),
    max_leaves=12,
)


@given(PLAIN)
@example("1e3")
@example("0x1f")
@example("on")
@settings(max_examples=300, deadline=None)
def test_options_of_a_guard_come_back_from_yaml_as_they_went(value: object) -> None:
    policy = parse_policy(
        json.dumps({"guards": [{"name": "g", "uses": "g", "options": {"v": value}}]}).encode(), providers=PROVIDERS
    )
    assert parse_policy(render_yaml(policy).encode(), providers=PROVIDERS) == policy


@given(st.binary(max_size=60) | st.text("{}[]:,-&*!'\"# \n\tab01~", max_size=60).map(str.encode))
@settings(max_examples=500, deadline=None)
def test_any_bytes_are_a_policy_or_an_error_of_ours(text: bytes) -> None:
    try:
        policy = parse_policy(text, providers=PROVIDERS)
    except PolicyError:
        return
    assert decode_policy(encode_policy(policy)) == policy


@given(PLAIN.filter(lambda value: isinstance(value, dict)))
@settings(max_examples=100, deadline=None)
def test_plain_yaml_is_read_as_other_readers_read_it(value: object) -> None:
    text = yaml.safe_dump(value, allow_unicode=True)
    read, lines = read_policy_text(b"# so that it is no JSON\n" + text.encode())
    assert msgspec.json.encode(read, order="sorted") == msgspec.json.encode(value, order="sorted")
    assert lines["$"] == 2
