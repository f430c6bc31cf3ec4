"""The virtual keys over HTTP: shown once, listed without their texts, revoked."""

from typing import Any

import pytest

from lrcp.model.virtual_key import digest_of, is_key_text
from tests.unit.api.keys.conftest import KeyApi

HOUR_S = 3600


def test_a_new_key_is_shown_once_and_only_its_digest_is_kept(api: KeyApi) -> None:
    reply = api.client.post("/api/keys", json={"name": "shop"})
    made = reply.json()
    assert is_key_text(made["text"])
    assert reply.headers["cache-control"] == "no-store"
    found = api.keys.find(digest_of(made["text"]))
    assert found is not None
    assert (found.id, found.hash) == (made["key"]["id"], digest_of(made["text"]).hex())
    later = api.client.get("/api/keys").text + api.client.post(f"/api/keys/{found.id}/revoke").text
    assert made["text"] not in later
    assert found.hash not in later
    assert "hash" not in later


def test_a_key_is_what_was_asked_for(api: KeyApi) -> None:
    wanted: dict[str, Any] = {
        "owner": "ada@example.com",
        "team": "search",
        "service": "shop",
        "scopes": ["chat", "chat"],
        "allowed_models": ["gpt-4o*", "tiny"],
    }
    key = api.make(expires_in_s=HOUR_S, **wanted)["key"]
    assert key == {
        "id": key["id"],
        "name": "shop",
        **wanted,
        "scopes": ["chat"],
        "state": "active",
        "created_at": "2030-03-17T17:47:00.000000000Z",
        "expires_at": "2030-03-17T18:47:00.000000000Z",
        "revoked_at": None,
    }
    assert api.listed()["keys"] == [key]


def test_by_default_a_key_is_for_everything_and_for_good(api: KeyApi) -> None:
    key = api.make()["key"]
    assert (key["scopes"], key["allowed_models"], key["expires_at"]) == (["chat", "embeddings", "models"], ["*"], None)


def test_a_key_expires_and_its_name_is_free_again(api: KeyApi) -> None:
    api.make(expires_in_s=HOUR_S)
    problem = api.make(expect=409)
    assert "revoke it first" in problem["detail"]
    api.clock.advance(HOUR_S)
    assert api.listed()["keys"][0]["state"] == "expired"
    api.make()


def test_a_key_is_revoked_and_stays_in_the_list(api: KeyApi) -> None:
    id = api.make()["key"]["id"]
    for _ in range(2):
        revoked = api.client.post(f"/api/keys/{id}/revoke").json()
        assert (revoked["state"], revoked["revoked_at"]) == ("revoked", "2030-03-17T17:47:00.000000000Z")
        api.clock.advance(5)
    assert [key["state"] for key in api.listed()["keys"]] == ["revoked"]
    assert api.client.post("/api/keys/key_0000000000000000/revoke").status_code == 404
    assert api.client.post("/api/keys/nothing/revoke").status_code == 422


def test_the_list_goes_on_where_the_page_before_ended(api: KeyApi) -> None:
    for number in range(5):
        api.make(f"k{number}")
        api.clock.advance(1)
    page = api.listed(limit=2)
    names = [key["name"] for key in page["keys"]]
    while page["next_before"]:
        page = api.listed(limit=2, before=page["next_before"])
        names += [key["name"] for key in page["keys"]]
    assert names == ["k4", "k3", "k2", "k1", "k0"]
    assert api.client.get("/api/keys", params={"before": "key_none"}).json()["errors"][0]["field"] == "query.before"


@pytest.mark.parametrize(
    ("members", "field"),
    [
        ({"name": ""}, "body.name"),
        ({"name": "a b"}, "body.name"),
        ({"name": "a\n"}, "body.name"),
        ({"scopes": []}, "body.scopes"),
        ({"scopes": ["admin"]}, "body.scopes.0"),
        ({"allowed_models": []}, "body.allowed_models"),
        ({"allowed_models": [""]}, "body.allowed_models.0"),
        ({"team": "a\u0000b"}, "body.team"),
        ({"owner": "a\n"}, "body.owner"),
        ({"expires_in_s": 0}, "body.expires_in_s"),
        ({"expires_in_s": 1e12}, "body.expires_in_s"),
        ({"hash": "0" * 64}, "body.hash"),
        ({"text": "lrcp_mine"}, "body.text"),
    ],
)
def test_what_cannot_be_is_refused_with_its_place(api: KeyApi, members: dict[str, Any], field: str) -> None:
    problem = api.make(**{"name": "shop", **members}, expect=422)
    assert [error["field"] for error in problem["errors"]] == [field]
    assert api.listed()["keys"] == []


def test_the_reference_knows_the_routes(api: KeyApi) -> None:
    paths = api.client.get("/openapi.json").json()["paths"]
    assert {path for path in paths if "keys" in path} == {"/api/keys", "/api/keys/{id}/revoke"}
