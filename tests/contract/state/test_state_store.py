"""The state store, the same cases on SQLite and on a real PostgreSQL."""

import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, delete, insert, make_url, select, text, update
from sqlalchemy.exc import IntegrityError

from lrcp.model.errors import SettingsError, UnavailableError
from lrcp.store.state.engine import make_engine
from lrcp.store.state.migrate import migrate
from lrcp.store.state.store import StateStore, open_state
from lrcp.store.state.tables import installation, metadata

NOW_NS = 1_700_000_000_123_456_789

NewUrl = Callable[[], str]


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a new, empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'with % and space.db'}"
    server = request.getfixturevalue("postgres_url")
    name = f"state_{uuid.uuid4().hex}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return make_url(server).set(database=name).render_as_string(hide_password=False)


@pytest.fixture
def store(url: str, tmp_path: Path) -> Iterator[StateStore]:
    state = open_state(url, tmp_path, now_ns=NOW_NS)
    yield state
    state.close()


def test_a_new_database_becomes_an_installation(store: StateStore) -> None:
    assert len(store.installation.id) == 32
    assert int(store.installation.id, 16) >= 0
    assert store.installation.created_ns == NOW_NS


def test_an_installation_keeps_its_id_and_time_when_it_is_opened_again(
    store: StateStore, url: str, tmp_path: Path
) -> None:
    again = open_state(url, tmp_path, now_ns=NOW_NS + 1)
    assert again.installation == store.installation
    again.close()


def test_the_check_passes_on_an_open_store(store: StateStore) -> None:
    store.check()


def test_the_tables_are_those_the_code_uses(store: StateStore, url: str, tmp_path: Path) -> None:
    engine = make_engine(url, tmp_path)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    engine.dispose()


def test_there_is_one_installation_row_only(store: StateStore) -> None:
    with pytest.raises(IntegrityError), store.transaction() as connection:
        connection.execute(insert(installation).values(one=2, id="f" * 32, created_ns=0))


def test_a_transaction_that_raises_changes_nothing(store: StateStore) -> None:
    def fail_midway() -> None:
        with store.transaction() as connection:
            connection.execute(update(installation).values(created_ns=0))
            connection.execute(insert(installation).values(one=1, id="f" * 32, created_ns=0))

    with pytest.raises(IntegrityError):
        fail_midway()
    with store.transaction() as connection:
        assert connection.scalar(select(installation.c.created_ns)) == NOW_NS


def test_a_transaction_that_ends_is_seen_by_others(store: StateStore, url: str, tmp_path: Path) -> None:
    with store.transaction() as connection:
        connection.execute(update(installation).values(created_ns=7))
    other = open_state(url, tmp_path, now_ns=NOW_NS)
    assert other.installation.created_ns == 7
    other.close()


def test_processes_that_start_together_agree_on_one_installation(url: str, tmp_path: Path) -> None:
    code = (
        "import sys, pathlib; from lrcp.store.state.store import open_state;"
        "print(open_state(sys.argv[1], pathlib.Path(sys.argv[2]), now_ns=1).installation.id)"
    )
    command = [sys.executable, "-c", code, url, str(tmp_path)]
    started = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(4)]
    ended = [(process.communicate(timeout=120), process.returncode) for process in started]
    assert [code for _, code in ended] == [0, 0, 0, 0], ended
    assert len({out for (out, _), _ in ended}) == 1


def test_a_database_of_a_newer_version_is_refused(store: StateStore, url: str, tmp_path: Path) -> None:
    with store.transaction() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(SettingsError, match="newer LRCP"):
        open_state(url, tmp_path, now_ns=NOW_NS)


def test_a_migration_that_another_process_holds_up_is_given_up_in_time(url: str, tmp_path: Path) -> None:
    holder, waiter = make_engine(url, tmp_path), make_engine(url, tmp_path)
    from lrcp.store.state import migrate as module

    lock = module._file_lock if holder.dialect.name == "sqlite" else module._advisory_lock
    with holder.connect() as connection, lock(connection, 5), pytest.raises(UnavailableError, match="migrating"):
        migrate(waiter, lock_timeout_s=0.2)
    migrate(waiter, lock_timeout_s=5)
    holder.dispose()
    waiter.dispose()


def test_a_row_that_vanished_is_made_again_at_the_next_start(store: StateStore, url: str, tmp_path: Path) -> None:
    with store.transaction() as connection:
        connection.execute(delete(installation))
    again = open_state(url, tmp_path, now_ns=NOW_NS + 5)
    assert again.installation.created_ns == NOW_NS + 5
    again.close()


def test_sqlite_is_the_default_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    state = open_state("", tmp_path / "new" / "folder", now_ns=NOW_NS)
    path = tmp_path / "new" / "folder" / "state.db"
    assert state.kind == "sqlite"
    assert path.stat().st_mode & 0o777 == 0o600
    with state.transaction() as connection:
        pragmas = [
            connection.scalar(text(f"PRAGMA {name}")) for name in ("journal_mode", "foreign_keys", "synchronous")
        ]
    assert pragmas == ["wal", 1, 2]
    state.close()


def test_a_database_that_does_not_answer_is_named_without_its_password(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError) as raised:
        open_state("postgresql://lrcp:hunter2@127.0.0.1:1/none", tmp_path, now_ns=NOW_NS)
    assert "127.0.0.1:1/none" in str(raised.value)
    assert "hunter2" not in str(raised.value)


def test_a_file_that_is_no_database_is_said_to_be_unavailable(tmp_path: Path) -> None:
    (tmp_path / "state.db").write_bytes(b"this is not a database, however long it is" * 100)
    with pytest.raises((SettingsError, UnavailableError), match="state database"):
        open_state("", tmp_path, now_ns=NOW_NS)


@pytest.mark.parametrize("wrong", ["nonsense", "mysql://host/db", "sqlite://", "sqlite:///:memory:", "http://host"])
def test_a_url_that_cannot_hold_the_state_is_refused(wrong: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="LRCP_STATE_URL"):
        open_state(wrong, tmp_path, now_ns=NOW_NS)


def test_a_password_in_a_url_that_is_wrong_is_not_repeated(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as raised:
        open_state("postgresql//lrcp:hunter2@host", tmp_path, now_ns=NOW_NS)
    assert "hunter2" not in str(raised.value)


def test_the_older_spelling_of_a_postgres_url_is_taken(postgres_url: str, tmp_path: Path) -> None:
    name = f"state_{uuid.uuid4().hex}"
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    url = make_url(postgres_url).set(database=name, drivername="postgres").render_as_string(hide_password=False)
    state = open_state(url, tmp_path, now_ns=NOW_NS)
    assert state.kind == "postgresql"
    state.close()


def test_the_engine_of_the_tests_is_a_real_postgresql(postgres_url: str) -> None:
    engine = create_engine(make_url(postgres_url).set(drivername="postgresql+psycopg"))
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT version()")).startswith("PostgreSQL ")
    engine.dispose()
