"""Sentences of a simulated answer: to the point when it is a good one, about nothing when it is not. Pure."""

from collections.abc import Iterator
from itertools import cycle
from random import Random
from typing import Final

from lrcp.gateway.simulated.questions import Question

_OPENINGS: Final = (
    "You asked about {subject}.",
    "Here is what is known about {subject}.",
    "In short, this is about {subject}.",
)
_POINTS: Final = (
    "The first thing to look at with {word} is how it is used day by day.",
    "For {word}, the usual answer holds in most cases, and the exceptions are few.",
    "What matters most about {word} is that it fits the rest of {subject}.",
    "Compare {word} with what you have now before you decide.",
    "When {word} changes, the other parts of {subject} follow.",
    "A short test of {word} tells more than a long discussion.",
)
_VAGUE: Final = (
    "That depends on many things.",
    "There are several ways to see it, and each has something to it.",
    "It is hard to say in general.",
    "Some people would agree, others would not.",
    "As always, the details matter.",
    "It may be worth looking into further at some point.",
    "In the end everybody has to find out alone.",
)


def write_words(question: Question, random: Random, *, good: bool) -> Iterator[str]:
    """Words without end, each with the blank before it; whoever takes them stops where the answer is long enough."""
    sentences = _good(question, random) if good else _vague(random)
    first = True
    for sentence in sentences:
        for word in sentence.split():
            yield word if first else f" {word}"
            first = False


def _good(question: Question, random: Random) -> Iterator[str]:
    """What the prompt itself says of it first, then points about each of its words."""
    subject = " ".join(question.subject[:6]) or "your question"
    yield random.choice(_OPENINGS).format(subject=subject)
    yield from question.facts
    words = cycle(question.subject or (subject,))
    while True:
        for point in random.sample(_POINTS, len(_POINTS)):
            yield point.format(word=next(words), subject=subject)


def _vague(random: Random) -> Iterator[str]:
    while True:
        yield from random.sample(_VAGUE, len(_VAGUE))
