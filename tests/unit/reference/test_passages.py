from hypothesis import given
from hypothesis import strategies as st

from lrcp.reference.passages import BUDGET_CHARS, PASSAGE_CHARS, select_passages, shorten_middle, split_passages

FILLER = "We sell many things for the house and the garden, all of them with care. "


def test_a_document_that_fits_is_shown_whole() -> None:
    assert [p.text for p in select_passages("Red shoes cost 40 euros.", "price?")] == ["Red shoes cost 40 euros."]


def test_an_empty_document_has_no_passages() -> None:
    assert select_passages("  \n", "price?") == []


def test_the_passage_that_answers_is_kept_wherever_it_stands() -> None:
    for before in (0, 100, 400):
        document = FILLER * before + "The warranty of the kettle lasts 30 months. " + FILLER * (500 - before)
        shown = " ".join(p.text for p in select_passages(document, "How long is the kettle's warranty?"))
        assert "lasts 30 months" in shown


def test_passages_keep_the_order_of_the_document() -> None:
    document = "Kettle one. " + FILLER * 50 + "Kettle two. " + FILLER * 50
    starts = [p.start for p in select_passages(document, "kettle")]
    assert starts == sorted(starts)
    assert len(starts) > 1


@given(st.text(max_size=8_000), st.text(max_size=200), st.integers(min_value=50, max_value=3_000))
def test_what_is_shown_never_exceeds_the_budget(document: str, question: str, budget_chars: int) -> None:
    shown = "\n".join(p.text for p in select_passages(document, question, budget_chars))
    assert len(shown) <= budget_chars


@given(st.text(max_size=4_000))
def test_passages_are_pieces_of_the_document_in_order(document: str) -> None:
    at = 0
    for start, text in split_passages(document):
        assert start >= at
        assert document[start:].startswith(text[:20].split(" ")[0])
        assert len(text) <= PASSAGE_CHARS
        at = start + 1


def test_every_word_of_the_document_is_in_some_passage() -> None:
    document = FILLER * 100
    assert sum(len(text.split()) for _, text in split_passages(document)) == len(document.split())


def test_a_long_prompt_keeps_its_two_ends() -> None:
    short = shorten_middle("begin " + "x" * 10_000 + " end", BUDGET_CHARS)
    assert short.startswith("begin ")
    assert short.endswith(" end")
    assert len(short) <= BUDGET_CHARS
