"""The state store: one engine, migrated, that knows which installation it belongs to. All calls block."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, Engine, insert, select
from sqlalchemy.exc import DatabaseError, IntegrityError, InterfaceError, OperationalError

from lrcp.model.errors import SettingsError, UnavailableError
from lrcp.store.state.engine import make_engine
from lrcp.store.state.migrate import migrate
from lrcp.store.state.tables import installation


@dataclass(frozen=True, kw_only=True)
class Installation:
    """Which installation a state database is. id: 32 random hex digits; created_ns: Unix nanoseconds."""

    id: str
    created_ns: int


class StateStore:
    """An open state database; safe to use from several threads."""

    def __init__(self, engine: Engine, installation: Installation) -> None:
        self._engine = engine
        self.installation = installation

    @property
    def kind(self) -> str:
        """`sqlite` or `postgresql`."""
        return self._engine.dialect.name

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """A connection whose changes are kept together when the block ends, and dropped when it raises.

        Raises: UnavailableError - the database cannot be reached, or is locked for too long.
        """
        with _available(self._engine), self._engine.begin() as connection:
            yield connection

    def check(self) -> None:
        """Read one row. Raises: UnavailableError."""
        with self.transaction() as connection:
            connection.execute(select(installation.c.one)).one()

    def close(self) -> None:
        self._engine.dispose()


def open_state(url: str, data_dir: Path, *, now_ns: int) -> StateStore:
    """Open the state database, bring its tables up to date, and name the installation when it is new.

    Args:
        url: database URL; '' is SQLite in data_dir.
        now_ns: written as the time of creation when there is none.
    Raises: SettingsError - the URL, the driver or the database's version; UnavailableError - it cannot be reached.
    """
    engine = make_engine(url, data_dir)
    try:
        with _available(engine):
            migrate(engine)
            return StateStore(engine, _load_or_create(engine, now_ns))
    except DatabaseError as error:
        engine.dispose()
        raise SettingsError(f"the state database {_place(engine)} cannot be used: {_reason(error)}") from error
    except BaseException:
        engine.dispose()
        raise


def _load_or_create(engine: Engine, now_ns: int) -> Installation:
    new = Installation(id=secrets.token_hex(16), created_ns=now_ns)
    try:
        with engine.begin() as connection:
            connection.execute(insert(installation).values(one=1, id=new.id, created_ns=new.created_ns))
    except IntegrityError:
        with engine.connect() as connection:
            row = connection.execute(select(installation.c.id, installation.c.created_ns)).one()
            return Installation(id=row.id, created_ns=row.created_ns)
    return new


@contextmanager
def _available(engine: Engine) -> Iterator[None]:
    """The driver's connection errors as ours; the message names the database without its password."""
    try:
        yield
    except (OperationalError, InterfaceError) as error:
        raise UnavailableError(f"the state database {_place(engine)} does not answer: {_reason(error)}") from error


def _place(engine: Engine) -> str:
    return engine.url.render_as_string(hide_password=True)


def _reason(error: DatabaseError | InterfaceError) -> str:
    """The first line of what the driver said."""
    return str(error.orig).strip().partition("\n")[0]
