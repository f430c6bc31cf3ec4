"""The versions of the policy: each change is a new one; the newest is in force until it expires."""

from typing import Any, Final

from sqlalchemy import Connection, Row, insert, select

from lrcp.model.errors import InputError
from lrcp.model.policy.document import NO_POLICY, PolicyHead, PolicyVersion
from lrcp.model.policy.problems import PolicyConflictError
from lrcp.store.state.revisions import POLICY, bump_revision, get_revision
from lrcp.store.state.store import StateStore
from lrcp.store.state.tables import policy_version

EXPIRED_AUTHOR: Final = "lrcp"
EXPIRED_REASON: Final = "expired"
MAX_PAGE: Final = 200

_HEAD: Final = tuple(policy_version.c[name] for name in PolicyHead.__struct_fields__)


class PolicyStore:
    """Over a state store; all calls block, and raise UnavailableError when the database cannot be reached."""

    def __init__(self, state: StateStore) -> None:
        self._state = state

    def put(
        self,
        document: bytes,
        *,
        author: str,
        reason: str,
        now_ns: int,
        incident: str = "",
        expires_ns: int | None = None,
        expected: int | None = None,
    ) -> PolicyVersion:
        """Add a version, in force from now on.

        Args:
            document: canonical JSON; it is not looked at here.
            expected: the version that the writer believes to be in force; None puts it over whatever is.
        Raises: PolicyConflictError - another version than the expected is in force.
        """
        with self._state.transaction() as connection:
            bump_revision(connection, POLICY)
            before = _settle(connection, now_ns)
            if expected is not None and expected != before.version:
                raise PolicyConflictError(expected, before.version)
            new = PolicyVersion(
                version=before.version + 1,
                created_ns=now_ns,
                author=author,
                reason=reason,
                previous=before.version,
                incident=incident,
                expires_ns=expires_ns,
                document=document,
            )
            _insert(connection, new)
            return new

    def roll_back(
        self, to: int, *, author: str, reason: str, now_ns: int, incident: str = "", expected: int | None = None
    ) -> PolicyVersion:
        """Put what a former version said (0: nothing at all) as a new one.

        Raises: InputError - there is no such version; PolicyConflictError - another than the expected is in force.
        """
        former = self.find(to)
        if former is None:
            raise InputError(f"there is no version {to} of the policy")
        return self.put(
            former.document, author=author, reason=reason, now_ns=now_ns, incident=incident, expected=expected
        )

    def current(self, now_ns: int) -> PolicyVersion:
        """The version in force; NO_POLICY before the first. An expired one is given up here, once for all who ask."""
        with self._state.transaction() as connection:
            newest = _find_newest(connection)
        if not _has_expired(newest, now_ns):
            return newest
        with self._state.transaction() as connection:
            bump_revision(connection, POLICY)
            return _settle(connection, now_ns)

    def find(self, version: int) -> PolicyVersion | None:
        """One version, None when there is none of that number."""
        with self._state.transaction() as connection:
            return _find(connection, version)

    def history(self, *, limit: int, before: int | None = None) -> list[PolicyHead]:
        """Versions without their documents, newest first: at most MAX_PAGE, those below `before` when it is given."""
        statement = select(*_HEAD).order_by(policy_version.c.version.desc()).limit(min(limit, MAX_PAGE))
        if before is not None:
            statement = statement.where(policy_version.c.version < before)
        with self._state.transaction() as connection:
            return [PolicyHead(**row._mapping) for row in connection.execute(statement)]

    def revision(self) -> int:
        """A number that grows whenever there is a new version."""
        with self._state.transaction() as connection:
            return get_revision(connection, POLICY)


def _settle(connection: Connection, now_ns: int) -> PolicyVersion:
    """The version in force, after giving way to those before it where it has expired.

    To be called with the lock on the revision, so that the version that gives way is written exactly once.
    """
    newest = _find_newest(connection)
    if not _has_expired(newest, now_ns):
        return newest
    lasting = newest
    while _has_expired(lasting, now_ns):
        lasting = _find(connection, lasting.previous) or NO_POLICY
    new = PolicyVersion(
        version=newest.version + 1,
        created_ns=now_ns,
        author=EXPIRED_AUTHOR,
        reason=EXPIRED_REASON,
        # Should this one expire as well, the way back leads over those that have expired to what lasts.
        previous=newest.version,
        incident=newest.incident,
        expires_ns=lasting.expires_ns,
        document=lasting.document,
    )
    _insert(connection, new)
    return new


def _has_expired(version: PolicyVersion, now_ns: int) -> bool:
    return version.expires_ns is not None and version.expires_ns <= now_ns


def _find_newest(connection: Connection) -> PolicyVersion:
    statement = select(policy_version).order_by(policy_version.c.version.desc()).limit(1)
    row = connection.execute(statement).one_or_none()
    return NO_POLICY if row is None else _as_version(row)


def _find(connection: Connection, version: int) -> PolicyVersion | None:
    if version == 0:
        return NO_POLICY
    row = connection.execute(select(policy_version).where(policy_version.c.version == version)).one_or_none()
    return None if row is None else _as_version(row)


def _as_version(row: Row[Any]) -> PolicyVersion:
    values = dict(row._mapping)
    return PolicyVersion(**values | {"document": values["document"].encode()})


def _insert(connection: Connection, version: PolicyVersion) -> None:
    values = {name: getattr(version, name) for name in version.__struct_fields__}
    connection.execute(insert(policy_version).values(values | {"document": version.document.decode()}))
