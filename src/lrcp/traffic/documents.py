"""Documents from templates: the facts of an article among those of others, and prose around them."""

from random import Random

from lrcp.traffic.catalogue import SUBJECTS, Article
from lrcp.traffic.questions import FILLER, STATEMENTS


def build_document(rng: Random, subject: str, article: Article, topic: str, *, drawback: str, chars: int) -> str:
    """A document of about `chars` characters that says of the article what is true - or, with a drawback, not quite.

    drawback: '' sound; 'absent' the asked fact is left out; 'contradicted' it is stated in two ways; 'vague' all facts
    of the article are left out.
    """
    others = [other for other in SUBJECTS[subject] if other is not article]
    stated = [] if drawback == "vague" else [t for t in article.facts if not (drawback == "absent" and t == topic)]
    sentences = [state(article, t) for t in stated]
    if drawback == "contradicted":
        sentences.append(STATEMENTS[topic].format(name=article.name, fact=_another_fact(others, article, topic)))
    length = sum(map(len, sentences))
    while length < chars:
        sentences.append(_surrounding(rng, others))
        length += len(sentences[-1]) + 1
    rng.shuffle(sentences)
    return " ".join(sentences)


def state(article: Article, topic: str) -> str:
    """The sentence that says the fact of a topic."""
    return STATEMENTS[topic].format(name=article.name, fact=article.facts[topic])


def _another_fact(others: list[Article], article: Article, topic: str) -> str:
    different = [o.facts[topic] for o in others if topic in o.facts and o.facts[topic] != article.facts[topic]]
    return different[0] if different else f"not {article.facts[topic]}"


def _surrounding(rng: Random, others: list[Article]) -> str:
    if others and rng.random() < 0.4:
        other = rng.choice(others)
        return state(other, rng.choice(list(other.facts)))
    return rng.choice(FILLER)
