"""Which questions may share an answer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrcp.gateway.cache.guard import find_conflict, traits_of

SAME = [
    ("How do I reset my password?", "What is the way to reset my password"),
    ("How can I cancel my subscription?", "I want to terminate my subscription"),
    ("When did the war end?", "What year did the war end?"),
    ("Take 20mg with food?", "take 20 mg with food"),
    ("Why won't my app start?", "Why is my app not starting?"),
    ("Did Microsoft buy GitHub?", "Was GitHub bought by Microsoft?"),
    ("Summarise chapter 3", "Please summarize chapter three"),
    ("A loan of 10,000", "a loan of 10000"),
    ("Wie kann ich mein Abo kündigen?", "Ich möchte mein Abo kündigen"),
    ("flights from Paris to Lyon", "flights to Lyon from Paris"),
]

OTHER = [
    ("negation", "Can I eat it?", "Can I not eat it?"),
    ("negation", "coffee with sugar", "coffee without sugar"),
    ("negation", "Wie kündige ich mein Abo?", "Wie kündige ich mein Abo nicht?"),
    ("negation", "Puis-je annuler ?", "Ne puis-je pas annuler ?"),
    ("negation", "¿Puedo pagar con tarjeta?", "¿No puedo pagar con tarjeta?"),
    ("number", "refund order 4471", "refund order 4417"),
    ("number", "wait two days", "wait three days"),
    ("number", "at 6:30 pm", "at 7:30 pm"),
    ("number", "What is 7 minus 12?", "What is 12 minus 7?"),
    ("content", "weather in paris", "weather in lyon"),
    ("content", "5 mg of it", "5 g of it"),
    ("entity", "status of OPS-1042a", "status of OPS-1042b"),
    ("entity", 'translate "good night"', 'translate "good morning"'),
    ("antonym", "How do I enable it?", "How do I disable it?"),
    ("antonym", "opens after lunch", "opens before lunch"),
    ("direction", "convert euros to dollars", "convert dollars to euros"),
    ("direction", "flights from Paris to Lyon", "flights from Lyon to Paris"),
    ("order", "Did Rome conquer Carthage?", "Did Carthage conquer Rome?"),
    ("order", "Was Rome conquered by Carthage?", "Did Rome conquer Carthage?"),
    ("question", "When was it built?", "Where was it built?"),
    ("question", "Did Rome fall?", "How did Rome fall?"),
    ("modality", "Can I water it?", "Should I water it?"),
    ("modality", "Who is the president?", "Who was the president?"),
    ("negation", "It says sent but I don't have it", "It says not sent but I have it"),
    ("direction", "Is Tom taller than Ann's cat?", "Is Ann taller than Tom's cat?"),
    ("direction", "Send it to Alice", "Send it from Alice"),
    ("owner", "What is my name?", "What is your name?"),
    ("owner", "Remind me to call Sarah", "Remind Sarah to call me"),
    ("language", "Where is the invoice for the car?", "Wo ist die Rechnung für das Auto?"),
    ("language", "Привет, где счёт?", "hi, where is the bill?"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_the_same_in_other_words_may_share_an_answer(one: str, other: str) -> None:
    assert find_conflict(traits_of(one), traits_of(other)) == ""


@pytest.mark.parametrize(("reason", "one", "other"), OTHER)
def test_what_turns_a_question_round_keeps_the_answers_apart(reason: str, one: str, other: str) -> None:
    assert find_conflict(traits_of(one), traits_of(other)) == reason
    assert find_conflict(traits_of(other), traits_of(one))


@given(st.text(max_size=200))
def test_every_text_has_traits_and_agrees_with_itself_or_has_nothing_to_go_by(text: str) -> None:
    traits = traits_of(text)
    assert find_conflict(traits, traits_of(text)) in ("", "content")
    assert find_conflict(traits, traits) == "" or not traits.content


@given(st.text(max_size=80), st.text(max_size=80))
def test_the_guard_does_not_care_which_question_came_first(one: str, other: str) -> None:
    first, second = traits_of(one), traits_of(other)
    assert bool(find_conflict(first, second)) == bool(find_conflict(second, first))


@given(st.integers(2, 10**9), st.integers(2, 10**9))
def test_two_numbers_never_share_an_answer(one: int, other: int) -> None:
    conflict = find_conflict(traits_of(f"Where is parcel {one}?"), traits_of(f"Where is parcel {other}?"))
    assert (conflict == "") == (one == other)
