"""The decision table: what each way to fail leads to."""

import pytest

from lrcp.gateway.errors import RefusedError, UpstreamError
from lrcp.gateway.resilience.decision import (
    RULES,
    Situation,
    Step,
    breaks,
    classify_error,
    classify_status,
    plan_next,
    tells_more,
)
from lrcp.gateway.upstream import FAILURES
from lrcp.model.errors import InputError
from lrcp.model.policy.routing import Retries

RETRIES = Retries(max=2, max_wait_s=5.0)
RULE = {rule.name: rule for rule in RULES}


def now(**changes: object) -> Situation:
    usual: dict[str, object] = {
        "retry_after_s": None,
        "retries_left": 2,
        "other": True,
        "other_rested": True,
        "jitter_s": 0.1,
        "left_s": 60.0,
    }
    return Situation(**{**usual, **changes})  # type: ignore[arg-type]


ALONE: dict[str, object] = {"other": False, "other_rested": False}


@pytest.mark.parametrize(
    ("status", "name"),
    [
        (400, "wrong"),
        (413, "wrong"),
        (422, "wrong"),
        (499, "wrong"),
        (401, "unwelcome"),
        (402, "unwelcome"),
        (403, "unwelcome"),
        (404, "unwelcome"),
        (429, "limited"),
        (503, "overloaded"),
        (529, "overloaded"),
        (408, "broken"),
        (500, "broken"),
        (502, "broken"),
        (504, "broken"),
        (501, "broken"),
        (599, "broken"),
    ],
)
def test_a_status_belongs_to_one_way_to_fail(status: int, name: str) -> None:
    rule = classify_status(status, RETRIES.statuses)
    assert rule is not None
    assert rule.name == name


@pytest.mark.parametrize("status", [200, 204, 301, 399])
def test_a_status_below_400_is_no_failure(status: int) -> None:
    assert classify_status(status, RETRIES.statuses) is None


def test_the_policy_says_after_which_statuses_a_target_is_asked_again() -> None:
    without, with_it = classify_status(500, (429,)), classify_status(500, (500,))
    assert without is not None
    assert with_it is not None
    assert (without.again, without.next, without.counts) == ("never", True, True)
    assert with_it.again == "first"
    conflict = classify_status(409, (409,))
    assert conflict is not None
    assert conflict.name == "broken"
    assert classify_status(409, ()) == RULE["wrong"]


@pytest.mark.parametrize("code", [code for _, code, _ in FAILURES.values()] + ["upstream_timeout"])
def test_every_code_of_a_failed_call_is_in_the_table(code: str) -> None:
    assert [rule.name for rule in RULES if code in rule.codes] == [classify_error(UpstreamError("", code=code)).name]


def test_an_error_that_the_table_does_not_name_is_judged_by_its_status() -> None:
    assert classify_error(UpstreamError("", code="new", status=504)).name == "slow"
    assert classify_error(UpstreamError("", code="new", status=500)).name == "broken"


def test_a_call_that_cannot_be_put_to_a_target_may_be_put_to_another() -> None:
    refused = RefusedError("", status=403, kind="", code="")
    assert [classify_error(error).name for error in (InputError(""), refused)] == ["unfit", "unfit"]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_the_first_step_is_the_one_of_the_table(rule: object) -> None:
    first = {
        "wrong": "give_up",
        "unwelcome": "next",
        "unfit": "next",
        "limited": "next",
        "overloaded": "next",
        "broken": "again",
        "unreachable": "next",
        "untrusted": "next",
        "slow": "next",
        "oversized": "give_up",
        "crowded": "give_up",
    }
    alone = {"limited": "again", "overloaded": "again", "broken": "again", "unreachable": "again"}
    assert plan_next(rule, now(), RETRIES).move == first[rule.name]  # type: ignore[attr-defined,arg-type]
    assert plan_next(rule, now(**ALONE), RETRIES).move == alone.get(rule.name, "give_up")  # type: ignore[attr-defined,arg-type]


def test_what_the_provider_asks_for_is_waited_with_jitter_on_top() -> None:
    assert plan_next(RULE["limited"], now(**ALONE, retry_after_s=2.0), RETRIES) == Step("again", 2.1)
    assert plan_next(RULE["broken"], now(), RETRIES) == Step("again", 0.1)


def test_a_wait_that_is_too_long_is_not_made() -> None:
    asked = {"retry_after_s": 5.5}
    assert plan_next(RULE["limited"], now(**ALONE, **asked), RETRIES).move == "give_up"
    assert plan_next(RULE["limited"], now(other=True, other_rested=False, **asked), RETRIES).move == "next"


def test_a_healthy_candidate_goes_before_waiting_and_a_resting_one_after_it() -> None:
    assert plan_next(RULE["overloaded"], now(retry_after_s=0.0), RETRIES).move == "next"
    assert plan_next(RULE["overloaded"], now(other_rested=False), RETRIES).move == "again"
    assert plan_next(RULE["overloaded"], now(other_rested=False, retries_left=0), RETRIES).move == "next"


def test_once_the_retries_are_used_up_the_next_candidate_is_asked_and_then_no_one() -> None:
    assert plan_next(RULE["broken"], now(retries_left=0), RETRIES).move == "next"
    assert plan_next(RULE["broken"], now(**ALONE, retries_left=0), RETRIES).move == "give_up"


def test_with_retries_off_candidates_still_follow_one_another() -> None:
    assert plan_next(RULE["broken"], now(), None).move == "next"
    assert plan_next(RULE["broken"], now(**ALONE), None).move == "give_up"


def test_nothing_is_tried_once_the_whole_time_is_over_or_would_be_after_the_wait() -> None:
    assert plan_next(RULE["broken"], now(left_s=0.0), RETRIES).move == "give_up"
    assert plan_next(RULE["broken"], now(left_s=0.05), RETRIES).move == "next"
    assert plan_next(RULE["broken"], now(**ALONE, left_s=0.05), RETRIES).move == "give_up"


def test_a_refusal_by_a_fallback_hides_no_earlier_cause() -> None:
    assert not tells_more(RULE["unwelcome"], RULE["overloaded"])
    assert tells_more(RULE["broken"], RULE["overloaded"])
    assert tells_more(RULE["unwelcome"], RULE["unfit"])


def test_a_stream_that_breaks_later_counts_unless_it_was_the_gateways_own_bound() -> None:
    assert [breaks(code) for code in ("upstream_cut", "upstream_timeout", "event_too_large", "blocked", "")] == [
        True,
        True,
        False,
        False,
        False,
    ]
