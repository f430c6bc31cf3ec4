"""The versions of the policy, the same cases on SQLite and on a real PostgreSQL."""

import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url

from lrcp.model.errors import InputError
from lrcp.model.policy.document import NO_POLICY, PolicyVersion
from lrcp.model.policy.problems import PolicyConflictError
from lrcp.store.state.policies import PolicyStore
from lrcp.store.state.store import StateStore, open_state

NOW_NS = 1_900_000_000 * 10**9
S = 10**9


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'state.db'}"
    server = request.getfixturevalue("postgres_url")
    name = f"policy_{uuid.uuid4().hex}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return make_url(server).set(database=name).render_as_string(hide_password=False)


@pytest.fixture
def state(url: str, tmp_path: Path) -> Iterator[StateStore]:
    opened = open_state(url, tmp_path, now_ns=NOW_NS)
    yield opened
    opened.close()


@pytest.fixture
def policies(state: StateStore) -> PolicyStore:
    return PolicyStore(state)


def put(
    policies: PolicyStore,
    document: bytes = b"{}",
    *,
    now_ns: int = NOW_NS,
    expires_ns: int | None = None,
    expected: int | None = None,
) -> PolicyVersion:
    return policies.put(
        document, author="ann", reason="why", incident="inc-1", now_ns=now_ns, expires_ns=expires_ns, expected=expected
    )


def test_before_the_first_version_the_empty_one_is_in_force(policies: PolicyStore) -> None:
    assert policies.current(NOW_NS) == NO_POLICY
    assert policies.find(0) == NO_POLICY
    assert policies.find(1) is None
    assert policies.history(limit=10) == []


def test_a_version_is_read_as_it_was_put(policies: PolicyStore) -> None:
    document = '{"default_target":"local/😀"}'.encode()
    new = put(policies, document, expires_ns=NOW_NS + 60 * S)
    assert new == PolicyVersion(
        version=1,
        created_ns=NOW_NS,
        author="ann",
        reason="why",
        incident="inc-1",
        previous=0,
        expires_ns=NOW_NS + 60 * S,
        document=document,
    )
    assert policies.current(NOW_NS) == new == policies.find(1)


def test_each_change_is_seen_in_the_revision(policies: PolicyStore) -> None:
    before = policies.revision()
    put(policies)
    assert policies.revision() > before


def test_a_change_of_another_version_than_the_expected_is_refused_and_changes_nothing(policies: PolicyStore) -> None:
    put(policies, expected=0)
    revision = policies.revision()
    with pytest.raises(PolicyConflictError) as raised:
        put(policies, expected=0)
    assert (raised.value.expected, raised.value.current) == (0, 1)
    assert policies.current(NOW_NS).version == 1
    assert policies.revision() == revision


def test_of_writers_at_the_same_time_that_expect_the_same_version_exactly_one_wins(policies: PolicyStore) -> None:
    def try_put(number: int) -> bool:
        try:
            put(policies, b'{"default_target":"local/%d"}' % number, expected=0)
        except PolicyConflictError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(try_put, range(8)))
    assert won.count(True) == 1
    assert [head.version for head in policies.history(limit=10)] == [1]


def test_writers_at_the_same_time_that_expect_nothing_all_get_a_version(policies: PolicyStore) -> None:
    with ThreadPoolExecutor(8) as pool:
        versions = list(pool.map(lambda _: put(policies).version, range(16)))
    assert sorted(versions) == list(range(1, 17))
    assert {head.version: head.previous for head in policies.history(limit=50)} == {n: n - 1 for n in range(1, 17)}


def test_the_history_is_paged_without_documents(policies: PolicyStore) -> None:
    for _ in range(5):
        put(policies)
    assert [head.version for head in policies.history(limit=2)] == [5, 4]
    assert [head.version for head in policies.history(limit=9, before=4)] == [3, 2, 1]


def test_going_back_puts_a_former_document_as_a_new_version(policies: PolicyStore) -> None:
    put(policies, b'{"default_target":"local/a"}', expires_ns=NOW_NS + 10**12)
    put(policies)
    back = policies.roll_back(1, author="bob", reason="better", now_ns=NOW_NS)
    assert (back.version, back.previous, back.author) == (3, 2, "bob")
    assert (back.document, back.expires_ns) == (b'{"default_target":"local/a"}', None)
    assert policies.roll_back(0, author="bob", reason="none", now_ns=NOW_NS).document == b"{}"
    with pytest.raises(InputError, match="no version 9"):
        policies.roll_back(9, author="bob", reason="none", now_ns=NOW_NS)


def test_an_expired_version_gives_way_to_the_one_before_as_a_new_version(policies: PolicyStore) -> None:
    put(policies, b'{"default_target":"local/a"}')
    put(policies, expires_ns=NOW_NS + S)
    assert policies.current(NOW_NS + S - 1).version == 2
    now = policies.current(NOW_NS + S)
    assert (now.version, now.previous, now.author, now.reason) == (3, 2, "lrcp", "expired")
    assert (now.document, now.expires_ns, now.incident) == (b'{"default_target":"local/a"}', None, "inc-1")
    assert policies.current(NOW_NS + 10 * S) == now


def test_when_the_one_before_has_expired_too_the_way_leads_further_back(policies: PolicyStore) -> None:
    put(policies, b'{"default_target":"local/a"}')
    put(policies, expires_ns=NOW_NS + 2 * S)
    put(policies, expires_ns=NOW_NS + S)
    assert policies.current(NOW_NS + 3 * S).document == b'{"default_target":"local/a"}'
    assert [head.version for head in policies.history(limit=9)] == [4, 3, 2, 1]


def test_what_comes_back_keeps_its_own_end(policies: PolicyStore) -> None:
    put(policies, b'{"default_target":"local/a"}')
    put(policies, b'{"default_target":"local/b"}', expires_ns=NOW_NS + 9 * S)
    put(policies, expires_ns=NOW_NS + S)
    back = policies.current(NOW_NS + 2 * S)
    assert (back.document, back.expires_ns) == (b'{"default_target":"local/b"}', NOW_NS + 9 * S)
    assert policies.current(NOW_NS + 10 * S).document == b'{"default_target":"local/a"}'


def test_the_first_version_expires_to_the_empty_policy(policies: PolicyStore) -> None:
    put(policies, b'{"default_target":"local/a"}', expires_ns=NOW_NS + S)
    assert policies.current(NOW_NS + S).document == b"{}"


def test_that_a_version_expired_is_written_exactly_once_whoever_notices(
    policies: PolicyStore, url: str, tmp_path: Path
) -> None:
    put(policies)
    put(policies, expires_ns=NOW_NS + S)
    others = [open_state(url, tmp_path, now_ns=NOW_NS) for _ in range(4)]
    stores = [policies, *map(PolicyStore, others)]
    with ThreadPoolExecutor(10) as pool:
        seen = list(pool.map(lambda n: stores[n % 5].current(NOW_NS + S).version, range(20)))
    for other in others:
        other.close()
    assert set(seen) == {3}
    assert [head.version for head in policies.history(limit=9)] == [3, 2, 1]


def test_a_put_over_an_expired_version_comes_after_it_gave_way(policies: PolicyStore) -> None:
    put(policies)
    put(policies, expires_ns=NOW_NS + S)
    new = put(policies, now_ns=NOW_NS + 2 * S)
    assert (new.version, new.previous) == (4, 3)
    with pytest.raises(PolicyConflictError):
        put(policies, now_ns=NOW_NS + 2 * S, expected=2)
