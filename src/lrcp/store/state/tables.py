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

# Documents of Datadog's kinds (monitor, slo, downtime, dashboard, ...), as the API answers them.
resource: Final = Table(
    "resource",
    metadata,
    Column("kind", String(40), primary_key=True),
    Column("id", String(64), primary_key=True),
    Column("created_ns", BigInteger, nullable=False),
    Column("modified_ns", BigInteger, nullable=False),
    Column("deleted_ns", BigInteger),
    # JSON.
    Column("document", Text, nullable=False),
)

# What the last evaluation left of each monitor as a whole; definition: digest of the definition it was made with.
monitor_status: Final = Table(
    "monitor_status",
    metadata,
    Column("monitor_id", BigInteger, primary_key=True, autoincrement=False),
    Column("state", Integer, nullable=False),
    Column("evaluated_s", BigInteger, nullable=False),
    Column("definition", String(64), nullable=False),
)

# One row a group that was ever seen and has not aged away; document: JSON of a model.monitor_state.GroupState.
monitor_group: Final = Table(
    "monitor_group",
    metadata,
    Column("monitor_id", BigInteger, primary_key=True, autoincrement=False),
    # Of the group's name, which may be longer than an index takes.
    Column("digest", String(32), primary_key=True),
    Column("state", Integer, nullable=False),
    Column("document", Text, nullable=False),
)

_SERIAL: Final = BigInteger().with_variant(Integer, "sqlite")

# document: JSON of a model.monitor_state.Transition.
monitor_transition: Final = Table(
    "monitor_transition",
    metadata,
    Column("id", _SERIAL, primary_key=True, autoincrement=True),
    Column("monitor_id", BigInteger, nullable=False),
    Column("time_ns", BigInteger, nullable=False),
    Column("document", Text, nullable=False),
    Index("ix_monitor_transition_monitor_id", "monitor_id", "time_ns"),
    Index("ix_monitor_transition_time_ns", "time_ns"),
    sqlite_autoincrement=True,
)

# What is to be told, written with the transition that it tells of; document: JSON of a model.notification.Notification.
notification: Final = Table(
    "notification",
    metadata,
    Column("id", _SERIAL, primary_key=True, autoincrement=True),
    Column("transition_id", BigInteger, nullable=False),
    Column("monitor_id", BigInteger, nullable=False),
    Column("created_ns", BigInteger, nullable=False),
    Column("delivered_ns", BigInteger),
    Column("document", Text, nullable=False),
    Index("ix_notification_delivered_ns", "delivered_ns", "id"),
    Index("ix_notification_monitor_id", "monitor_id", "id"),
    sqlite_autoincrement=True,
)

# Which process does a work that only one may do. term grows with each change of hands.
lease: Final = Table(
    "lease",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("holder", String(40), nullable=False),
    Column("term", BigInteger, nullable=False),
    Column("expires_ns", BigInteger, nullable=False),
)
