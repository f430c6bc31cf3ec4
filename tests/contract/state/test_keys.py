"""The virtual keys, the same cases on SQLite and on a real PostgreSQL."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from lrcp.model.errors import InputError
from lrcp.model.virtual_key import VirtualKey, digest_of, new_key_id, new_key_text
from lrcp.store.state.keys import KeyNameTakenError, KeyStore
from lrcp.store.state.store import open_state
from tests.contract.state.test_state_store import NOW_NS, url

__all__ = ["url"]


@pytest.fixture
def keys(url: str, tmp_path: Path) -> Iterator[KeyStore]:
    state = open_state(url, tmp_path, now_ns=NOW_NS)
    yield KeyStore(state)
    state.close()


def new_key(name: str = "shop", *, text: str = "", **members: Any) -> VirtualKey:
    digest = digest_of(text or new_key_text())
    return VirtualKey(**{"id": new_key_id(), "name": name, "created_ns": NOW_NS, "hash": digest.hex(), **members})


def test_a_key_is_kept_as_it_was_made_and_found_by_its_digest(keys: KeyStore) -> None:
    text = new_key_text()
    key = new_key(
        text=text,
        owner="ada@example.com",
        team="search",
        service="shop",
        scopes=("chat",),
        allowed_models=("gpt-4o*", "tiny"),
        expires_ns=NOW_NS + 10,
    )
    keys.create(key)
    assert keys.find(digest_of(text)) == key
    assert keys.page(limit=10) == [key]
    assert keys.find(digest_of("lrcp_other")) is None


def test_the_text_of_a_key_is_not_in_the_database(keys: KeyStore) -> None:
    text = new_key_text()
    keys.create(new_key(text=text))
    stored = msgspec.json.encode(keys.page(limit=1)[0]).decode()
    assert text not in stored
    assert text.removeprefix("lrcp_") not in stored


def test_a_name_is_free_again_when_its_key_is_revoked_or_has_expired(keys: KeyStore) -> None:
    first = new_key(expires_ns=NOW_NS + 10)
    keys.create(first)
    with pytest.raises(KeyNameTakenError, match="'shop'"):
        keys.create(new_key())
    second = new_key(created_ns=NOW_NS + 10)
    keys.create(second)
    assert keys.revoke(second.id, NOW_NS + 11) is not None
    keys.create(new_key(created_ns=NOW_NS + 12))


def test_a_key_is_revoked_once_and_keeps_that_time(keys: KeyStore) -> None:
    key = new_key()
    keys.create(key)
    for now_ns in (NOW_NS + 5, NOW_NS + 9):
        revoked = keys.revoke(key.id, now_ns)
        assert revoked is not None
        assert revoked.revoked_ns == NOW_NS + 5
    assert keys.revoke("key_none", NOW_NS) is None


def test_keys_are_listed_newest_first_page_by_page(keys: KeyStore) -> None:
    made = [new_key(f"k{number}", created_ns=NOW_NS + number // 2) for number in range(7)]
    for key in made:
        keys.create(key)
    listed = keys.page(limit=3)
    while page := keys.page(limit=3, before=listed[-1].id):
        listed += page
    assert sorted(key.name for key in listed) == [f"k{number}" for number in range(7)]
    assert [key.created_ns for key in listed] == sorted((key.created_ns for key in made), reverse=True)
    with pytest.raises(InputError, match="key_none"):
        keys.page(limit=3, before="key_none")


def test_a_follower_gets_the_keys_in_force_when_something_changed_and_nothing_else(keys: KeyStore) -> None:
    gone, expired, kept = new_key("gone"), new_key("expired", expires_ns=NOW_NS + 1), new_key("kept")
    for key in (gone, expired, kept):
        keys.create(key)
    keys.revoke(gone.id, NOW_NS)
    loaded = keys.load_if_changed(None, NOW_NS + 5)
    assert loaded is not None
    revision, in_force = loaded
    assert in_force == [kept]
    assert keys.load_if_changed(revision, NOW_NS + 5) is None
    keys.revoke(kept.id, NOW_NS + 6)
    later = keys.load_if_changed(revision, NOW_NS + 7)
    assert later is not None
    assert later[0] > revision
    assert later[1] == []


def test_of_two_who_want_a_name_at_the_same_time_one_gets_it(keys: KeyStore) -> None:
    made: list[str] = []

    def make() -> None:
        try:
            keys.create(new_key())
            made.append("made")
        except KeyNameTakenError:
            made.append("taken")

    threads = [threading.Thread(target=make) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(made) == ["made", "taken", "taken", "taken"]
