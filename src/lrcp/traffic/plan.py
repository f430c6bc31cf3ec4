"""The pure generator: what to send next, and when. Same seed, same traffic."""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

from lrcp.traffic.catalogue import PRODUCTS, SUBJECTS, Article
from lrcp.traffic.documents import build_document
from lrcp.traffic.profiles import Profile
from lrcp.traffic.questions import LONG_REASONING, QUESTIONS, REASONING, VAGUE

USERS = 400
OPEN_VISITS = 24
_SUBJECT_SHARES = {"product": 45, "order": 25, "policy": 12, "pet": 18}


@dataclass(frozen=True, kw_only=True)
class Visit:
    """Somebody who asks several things in a row, about one article, in one language."""

    user_id: str
    session_id: str
    language: str
    subject: str
    article: Article


@dataclass(frozen=True, kw_only=True)
class TrafficRequest:
    """One request to the reference application.

    `expected` is the words that a right answer holds; '' when the document does not say, or there is no one answer.
    """

    path: str
    body: dict[str, Any]
    session_id: str
    user_id: str
    language: str
    expected: str = ""


def plan_traffic(seed: int, profile: Profile) -> Iterator[TrafficRequest]:
    """Requests without end. Two dozen visits are open at a time, each of a few turns, their requests interleaved."""
    rng = Random(seed)
    visits: list[tuple[Visit, int]] = []
    while True:
        if len(visits) < OPEN_VISITS and (not visits or rng.random() < 0.35):
            visits.append((plan_visit(rng), 1 + min(int(rng.expovariate(1 / 2.5)), 11)))
        at = rng.randrange(len(visits))
        visit, turns = visits[at]
        yield plan_request(rng, profile, visit)
        if turns > 1:
            visits[at] = (visit, turns - 1)
        else:
            del visits[at]


def plan_gaps(seed: int, profile: Profile, rate: float) -> Iterator[float]:
    """Seconds before each request: a Poisson process of `rate` requests a second, in bursts where the profile says so."""
    rng = Random(seed + 1)
    while True:
        yield rng.expovariate(rate / profile.burst)
        for _ in range(profile.burst - 1):
            yield 0.0


def plan_visit(rng: Random) -> Visit:
    """A new visit; a few users come often, most come seldom."""
    user = 1 + int(USERS * rng.random() ** 2.2)
    subject = rng.choices(list(_SUBJECT_SHARES), weights=list(_SUBJECT_SHARES.values()))[0]
    return Visit(
        user_id=f"user-{user:03d}",
        session_id=f"session-{rng.getrandbits(48):012x}",
        language=rng.choices(("en", "de", "fr", "es", "it", "nl", "pt", "pl", "ja"), (55, 10, 9, 8, 4, 4, 4, 3, 3))[0],
        subject=subject,
        article=rng.choice(SUBJECTS[subject]),
    )


def plan_request(rng: Random, profile: Profile, visit: Visit | None = None) -> TrafficRequest:
    """The next request of a visit (of a new one when none is given), in the shape that the profile asks for."""
    visit = visit or plan_visit(rng)
    path = rng.choices(list(profile.endpoints), weights=list(profile.endpoints.values()))[0]
    if path == "/qa":
        return _plan_qa(rng, profile, visit)
    body: dict[str, Any] = {"prompt": _prompt(rng, profile)}
    if path == "/stress":
        body["repetitions"] = rng.randint(*profile.repetitions)
    return _request(path, body, visit, visit.language)


def _plan_qa(rng: Random, profile: Profile, visit: Visit) -> TrafficRequest:
    topic = rng.choice(list(visit.article.facts))
    drawback = rng.choices(("", "absent", "contradicted", "vague"), weights=profile.drawbacks)[0]
    language, question = _question(rng, visit, topic, vague=drawback == "vague")
    length = rng.randint(*profile.document_chars)
    document = build_document(rng, visit.subject, visit.article, topic, drawback=drawback, chars=length)
    expected = "" if drawback else visit.article.facts[topic]
    return _request("/qa", {"question": question, "document": document}, visit, language, expected)


def _question(rng: Random, visit: Visit, topic: str, *, vague: bool) -> tuple[str, str]:
    if vague:
        return visit.language, rng.choice(VAGUE)
    asked = QUESTIONS[visit.subject][topic]
    language = visit.language if visit.language in asked else "en"
    return language, rng.choice(asked[language]).format(name=visit.article.name)


def _prompt(rng: Random, profile: Profile) -> str:
    texts = LONG_REASONING if rng.random() < profile.long_reasoning else REASONING
    numbers = {"n": rng.randint(2, 9), "v": rng.randint(5, 40), "p": rng.randint(20, 90), "h": rng.randint(6, 18)}
    return rng.choice(texts).format(name=rng.choice(PRODUCTS).name, **numbers)


def _request(path: str, body: dict[str, Any], visit: Visit, language: str, expected: str = "") -> TrafficRequest:
    return TrafficRequest(
        path=path,
        body=body,
        session_id=visit.session_id,
        user_id=visit.user_id,
        language=language,
        expected=expected,
    )
