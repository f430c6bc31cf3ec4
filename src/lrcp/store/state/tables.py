"""The tables of the state database, as the code uses them; migrations/ is how they came to be."""

from typing import Final

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, Integer, MetaData, String, Table, Text

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

# What was spent of a budget by leases that are over; what open leases spent stands with them.
budget_spend: Final = Table(
    "budget_spend",
    metadata,
    Column("budget", String(64), primary_key=True),
    Column("value", String(256), primary_key=True),
    # Name of a model.budget.BudgetWindow.
    Column("period", String(16), primary_key=True),
    Column("ends_ns", BigInteger, nullable=False, index=True),
    Column("spent_nusd", BigInteger, nullable=False),
)

# The gateway processes that hold leases.
budget_holder: Final = Table(
    "budget_holder",
    metadata,
    Column("process", String(32), primary_key=True),
    Column("heartbeat_ns", BigInteger, nullable=False),
)

# A part of a cap that one process may spend; written only by who holds the lock on the row of budget_spend.
budget_lease: Final = Table(
    "budget_lease",
    metadata,
    Column("process", String(32), primary_key=True),
    Column("serial", BigInteger, primary_key=True, autoincrement=False),
    Column("budget", String(64), nullable=False),
    Column("value", String(256), nullable=False),
    Column("period", String(16), nullable=False),
    Column("granted_nusd", BigInteger, nullable=False),
    Column("spent_nusd", BigInteger, nullable=False),
    # Place in the journal of the process, -1 without one.
    Column("slot", Integer, nullable=False),
    Index("ix_budget_lease_budget", "budget", "value", "period"),
)
