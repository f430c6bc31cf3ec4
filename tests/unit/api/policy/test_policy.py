"""/api/policy: put, read, compare, go back; and what is refused."""

from concurrent.futures import ThreadPoolExecutor

import jsonschema_rs
import pytest

from tests.unit.api.policy.conftest import BY, NOW_S, PolicyApi

ROUTES = """
routes:
  - name: chat
    models: [chat]
    targets:
      - {to: local/small, weight: 3}
      - {to: simulated/fast}
"""


def test_before_the_first_version_the_policy_is_empty(api: PolicyApi) -> None:
    reply = api.client.get("/api/policy")
    assert reply.headers["etag"] == '"0"'
    assert reply.json()["version"] == 0
    assert reply.json()["policy"] == {}


def test_a_policy_in_yaml_becomes_the_next_version_with_who_and_why(api: PolicyApi) -> None:
    put = api.put(ROUTES, incident="inc-1", expires_in_s=60)
    assert put["version"] == 1
    assert put["previous"] == 0
    assert [put["author"], put["reason"], put["incident"]] == ["ann", "because", "inc-1"]
    assert put["expires_at"] == "2030-03-17T17:48:00.000000000Z"
    assert put["policy"]["routes"][0]["targets"] == [{"to": "local/small", "weight": 3.0}, {"to": "simulated/fast"}]
    assert [change["place"] for change in put["changes"]] == ["$.routes[name=chat]"]
    assert api.get()["policy"] == put["policy"]


def test_what_is_given_as_yaml_can_be_put_as_it_is(api: PolicyApi) -> None:
    api.put(ROUTES)
    reply = api.client.get("/api/policy", headers={"accept": "application/yaml"})
    assert reply.headers["content-type"].startswith("application/yaml")
    assert reply.headers["etag"] == '"1"'
    again = api.put(reply.content)
    assert again["changes"] == []


def test_json_is_taken_too(api: PolicyApi) -> None:
    assert api.put('{"default_target": "local/small"}')["policy"] == {"default_target": "local/small"}


@pytest.mark.parametrize("missing", ["author", "reason"])
def test_who_and_why_must_be_said(api: PolicyApi, missing: str) -> None:
    problem = api.put(ROUTES, expect=422, **{missing: ""})
    assert problem["errors"][0]["field"] == f"query.{missing}"


def test_a_bad_document_is_refused_whole_with_each_place_and_its_line(api: PolicyApi) -> None:
    api.put(ROUTES)
    problem = api.put(
        "routes:\n- name: a\n  models: [x]\n  targets: [{to: nowhere/y}]\nlimits: [{name: b}]\n", expect=422
    )
    assert [error["field"] for error in problem["errors"]] == ["body.routes[0].targets[0].to", "body.limits[0]"]
    assert problem["errors"][0]["message"].startswith("line 4: the provider 'nowhere' is not known")
    assert api.get()["version"] == 1


def test_a_change_of_a_version_that_is_not_in_force_any_more_is_refused(api: PolicyApi) -> None:
    api.put(ROUTES, match='"0"')
    problem = api.put("{}", match='"0"', expect=412)
    assert problem["current"] == 1
    api.put("{}", match='"1"')
    assert api.put("{}", match="soon", expect=422)["errors"][0]["field"] == "header.if-match"


def test_changes_at_the_same_time_all_become_versions_of_their_own(api: PolicyApi) -> None:
    with ThreadPoolExecutor(4) as pool:
        replies = list(pool.map(lambda n: api.put(f'{{"default_target": "local/m{n}"}}'), range(4)))
    assert sorted(reply["version"] for reply in replies) == [1, 2, 3, 4]


def test_the_history_is_paged_newest_first(api: PolicyApi) -> None:
    for number in range(5):
        api.put("{}", reason=f"change {number}")
    first = api.get("/history", limit=3)
    rest = api.get("/history", limit=3, before=first["next_before"])
    assert [one["version"] for one in first["versions"] + rest["versions"]] == [5, 4, 3, 2, 1]
    assert rest["next_before"] is None
    assert first["versions"][0]["reason"] == "change 4"


def test_a_version_is_read_by_its_number(api: PolicyApi) -> None:
    api.put(ROUTES)
    api.put("{}")
    assert api.get("/versions/1")["policy"]["routes"][0]["name"] == "chat"
    assert api.get("/versions/0")["policy"] == {}
    assert "no version 9" in api.get("/versions/9", expect=404)["detail"]


def test_the_difference_is_told_member_by_member(api: PolicyApi) -> None:
    api.put(ROUTES)
    api.put(ROUTES.replace("weight: 3", "weight: 1").replace("simulated/fast", "simulated/slow"))
    diff = api.get("/diff")
    assert [diff["from"], diff["to"]] == [1, 2]
    assert diff["changes"] == [
        {"place": "$.routes[name=chat].targets[0].weight", "before": 3.0, "after": 1.0},
        {"place": "$.routes[name=chat].targets[1].to", "before": "simulated/fast", "after": "simulated/slow"},
    ]
    assert api.get("/diff", **{"from": 2, "to": 2})["changes"] == []
    assert api.get("/diff", **{"from": 0, "to": 1})["changes"][0]["before"] is None


def test_going_back_puts_the_former_document_as_a_new_version(api: PolicyApi) -> None:
    api.put(ROUTES)
    api.put("{}")
    back = api.post("/rollback", json={"to": 1, **BY})
    assert back["version"] == 3
    assert back["previous"] == 2
    assert back["policy"]["routes"][0]["name"] == "chat"
    assert api.post("/rollback", json={"to": 9, **BY}, expect=404)
    assert api.post("/rollback", json={"to": 1, **BY}, headers={"if-match": "1"}, expect=412)["current"] == 3


def test_an_expired_version_gives_way_to_the_one_before_it(api: PolicyApi) -> None:
    api.put(ROUTES)
    api.put("{}", expires_in_s=60, incident="inc-7")
    api.clock.advance(61)
    now = api.get()
    assert [now["version"], now["author"], now["reason"], now["incident"]] == [3, "lrcp", "expired", "inc-7"]
    assert now["policy"]["routes"][0]["name"] == "chat"
    assert now["expires_at"] is None


def test_a_check_changes_nothing_and_says_what_would_change(api: PolicyApi) -> None:
    good = api.post("/check", content=ROUTES)
    assert good["valid"]
    assert good["changes"][0]["place"] == "$.routes[name=chat]"
    bad = api.post("/check", content="routes: 3")
    assert bad["errors"] == [{"place": "$.routes", "message": "it must be a list, not a whole number (3)", "line": 1}]
    assert not bad["valid"]
    assert api.get()["version"] == 0


FAULT = "faults: [{name: slow, kind: latency, for_s: 300}]"


def test_every_fault_gets_its_end_when_it_is_put(api: PolicyApi) -> None:
    assert api.put(FAULT)["policy"]["faults"][0]["until"] == NOW_S + 300


def test_the_same_fault_put_again_keeps_its_end_and_the_reply_says_so(api: PolicyApi) -> None:
    api.put(FAULT)
    api.clock.advance(100)
    again = api.put(FAULT)
    assert again["policy"]["faults"][0]["until"] == NOW_S + 300
    assert "ends in 200 s" in again["notes"][0]
    api.clock.advance(1000)
    assert "ended 800 s ago" in api.put(FAULT)["notes"][0]
    assert api.put(FAULT.replace("300", "301"))["policy"]["faults"][0]["until"] == NOW_S + 1401


def test_going_back_does_not_begin_a_fault_anew(api: PolicyApi) -> None:
    api.put(FAULT)
    api.put("{}")
    api.clock.advance(1000)
    assert api.post("/rollback", json={"to": 1, **BY})["policy"]["faults"][0]["until"] == NOW_S + 300


def test_a_fault_cannot_be_given_an_end_beyond_a_day(api: PolicyApi) -> None:
    problem = api.put(f"faults: [{{name: slow, kind: latency, until: {NOW_S + 90_000}}}]", expect=422)
    assert problem["errors"][0]["field"] == "body.faults[0].until"


def test_the_published_schema_takes_what_is_taken_and_refuses_what_is_not(api: PolicyApi) -> None:
    schema = api.get("/schema")
    jsonschema_rs.meta.validate(schema)
    check = jsonschema_rs.Draft202012Validator(schema).is_valid
    assert check(api.put(ROUTES)["policy"])
    assert not check({"routes": [{"name": "r"}]})
    assert not check({"rotues": []})


def test_a_body_over_the_limit_is_refused(api: PolicyApi) -> None:
    api.put("#" + "x" * 1_100_000, expect=413)
