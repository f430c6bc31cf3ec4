"""The tables of the state database, as the code uses them; migrations/ is how they came to be."""

from typing import Final

from sqlalchemy import BigInteger, CheckConstraint, Column, Integer, MetaData, String, Table, Text

metadata: Final = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

installation: Final = Table(
    "installation",
    metadata,
    # The primary key can only be 1: there is one row.
    Column("one", Integer, CheckConstraint("one = 1", name="one_row"), primary_key=True, autoincrement=False),
    Column("id", String(32), nullable=False),
    Column("created_ns", BigInteger, nullable=False),
)

policy_version: Final = Table(
    "policy_version",
    metadata,
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("created_ns", BigInteger, nullable=False),
    Column("author", String(200), nullable=False),
    Column("reason", String(2000), nullable=False),
    Column("incident", String(200), nullable=False),
    Column("expires_ns", BigInteger),
    Column("previous", Integer, nullable=False),
    # Canonical JSON of a model.policy.document.Policy.
    Column("document", Text, nullable=False),
)

# The virtual keys of the gateway's callers; members as in model.virtual_key.VirtualKey.
virtual_key: Final = Table(
    "virtual_key",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("name", String(64), nullable=False),
    Column("owner", String(200), nullable=False),
    Column("team", String(100), nullable=False),
    Column("service", String(100), nullable=False),
    # JSON lists.
    Column("scopes", Text, nullable=False),
    Column("allowed_models", Text, nullable=False),
    Column("created_ns", BigInteger, nullable=False),
    Column("expires_ns", BigInteger),
    Column("revoked_ns", BigInteger),
    Column("hash", String(64), nullable=False, unique=True),
)

# One row for each thing that gateways follow (`policy`, `keys`); its number grows with every change, in the same
# transaction, so that a follower reads one number to know whether there is anything new.
revision: Final = Table(
    "revision",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("number", BigInteger, nullable=False),
)
