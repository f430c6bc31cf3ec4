from collections import Counter
from itertools import islice
from random import Random

import pytest
from pydantic import BaseModel

from lrcp.reference.requests import QaRequest, ReasonRequest, StressRequest
from lrcp.traffic.catalogue import SUBJECTS
from lrcp.traffic.plan import TrafficRequest, plan_gaps, plan_request, plan_traffic
from lrcp.traffic.profiles import PROFILES
from lrcp.traffic.questions import QUESTIONS, STATEMENTS

SHAPES: dict[str, type[BaseModel]] = {"/qa": QaRequest, "/reason": ReasonRequest, "/stress": StressRequest}


def planned(name: str, count: int = 400, seed: int = 7) -> list[TrafficRequest]:
    return list(islice(plan_traffic(seed, PROFILES[name]), count))


@pytest.mark.parametrize("name", PROFILES)
def test_the_same_seed_plans_the_same_traffic(name: str) -> None:
    assert planned(name, 60) == planned(name, 60)
    assert planned(name, 60) != planned(name, 60, seed=8)
    assert plan_request(Random(3), PROFILES[name]) == plan_request(Random(3), PROFILES[name])


@pytest.mark.parametrize("name", PROFILES)
def test_the_reference_application_takes_every_request(name: str) -> None:
    for request in planned(name, 300):
        SHAPES[request.path].model_validate(request.body | {"session_id": request.session_id})


def test_every_question_of_normal_traffic_that_expects_an_answer_finds_it_in_its_document() -> None:
    asked = [r for r in planned("normal") if r.expected]
    assert len(asked) > 200
    assert all(r.expected in r.body["document"] for r in asked)


def test_quality_drop_leaves_most_questions_without_a_sound_answer() -> None:
    asked = [r for r in planned("quality-drop") if r.path == "/qa"]
    assert sum(not r.expected for r in asked) > 0.8 * len(asked)


def test_a_contradicting_document_states_the_fact_in_two_ways() -> None:
    article = SUBJECTS["product"][0]
    start = STATEMENTS["price"].format(name=article.name, fact="")[:-2]
    documents = [r.body["document"] for r in planned("quality-drop", 3_000) if r.path == "/qa"]
    assert any(document.count(start) == 2 for document in documents)


def test_cost_spike_sends_several_times_the_text_of_normal_traffic() -> None:
    def characters(name: str) -> int:
        return sum(
            len(r.body.get("document", "")) + len(r.body.get("prompt", "")) * r.body.get("repetitions", 1)
            for r in planned(name)
        )

    assert characters("cost-spike") > 5 * characters("normal")
    assert max(r.body.get("repetitions", 0) for r in planned("cost-spike")) > 20


def test_latency_spike_asks_for_pages_in_bursts_at_the_same_mean_rate() -> None:
    profile = PROFILES["latency-spike"]
    gaps = list(islice(plan_gaps(5, profile, 4.0), 12_000))
    assert sum(gap == 0.0 for gap in gaps) == 11_000
    assert sum(gaps) / len(gaps) == pytest.approx(1 / 4.0, rel=0.1)
    assert sum(r.path == "/reason" for r in planned("latency-spike")) > 250


def test_arrivals_of_normal_traffic_are_a_poisson_process() -> None:
    gaps = list(islice(plan_gaps(5, PROFILES["normal"], 2.0), 20_000))
    mean = sum(gaps) / len(gaps)
    assert mean == pytest.approx(0.5, rel=0.05)
    assert sum((gap - mean) ** 2 for gap in gaps) / len(gaps) == pytest.approx(mean**2, rel=0.1)


def test_sessions_have_several_turns_of_one_user_and_users_come_back() -> None:
    requests = planned("normal", 2_000)
    turns = Counter(r.session_id for r in requests)
    assert 1 < len(requests) / len(turns) < 6
    assert max(turns.values()) > 5
    users = {session: {r.user_id for r in requests if r.session_id == session} for session in turns}
    assert all(len(found) == 1 for found in users.values())
    by_user = Counter(next(iter(found)) for found in users.values())
    assert len(by_user) > 150
    assert 10 < max(by_user.values()) < 0.2 * len(users)


def test_traffic_is_in_several_languages_and_varied() -> None:
    requests = planned("normal", 1_500)
    languages = Counter(r.language for r in requests)
    assert len(languages) >= 7
    assert 0.4 < languages["en"] / len(requests) < 0.9
    assert len({r.body.get("question") or r.body.get("prompt") for r in requests}) > 300


def test_every_topic_of_every_article_can_be_asked_and_stated() -> None:
    for subject, articles in SUBJECTS.items():
        for article in articles:
            for topic in article.facts:
                assert QUESTIONS[subject][topic]["en"]
                assert article.facts[topic] in STATEMENTS[topic].format(name=article.name, fact=article.facts[topic])
