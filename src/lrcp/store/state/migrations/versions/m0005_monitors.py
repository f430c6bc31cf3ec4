"""Documents of Datadog's kinds, and what monitors remember: states, transitions, notifications, who evaluates."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "resource",
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("created_ns", sa.BigInteger, nullable=False),
        sa.Column("modified_ns", sa.BigInteger, nullable=False),
        sa.Column("deleted_ns", sa.BigInteger, nullable=True),
        sa.Column("document", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("kind", "id", name="pk_resource"),
    )
    op.create_table(
        "monitor_status",
        sa.Column("monitor_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("state", sa.Integer, nullable=False),
        sa.Column("evaluated_s", sa.BigInteger, nullable=False),
        sa.Column("definition", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("monitor_id", name="pk_monitor_status"),
    )
    op.create_table(
        "monitor_group",
        sa.Column("monitor_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("digest", sa.String(32), nullable=False),
        sa.Column("state", sa.Integer, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("monitor_id", "digest", name="pk_monitor_group"),
    )
    op.create_table(
        "monitor_transition",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), autoincrement=True, nullable=False),
        sa.Column("monitor_id", sa.BigInteger, nullable=False),
        sa.Column("time_ns", sa.BigInteger, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_monitor_transition"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_monitor_transition_monitor_id", "monitor_transition", ["monitor_id", "time_ns"])
    op.create_index("ix_monitor_transition_time_ns", "monitor_transition", ["time_ns"])
    _create_notification()
    op.create_table(
        "lease",
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("holder", sa.String(40), nullable=False),
        sa.Column("term", sa.BigInteger, nullable=False),
        sa.Column("expires_ns", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_lease"),
    )
    revisions = sa.table("revision", sa.column("name", sa.String), sa.column("number", sa.BigInteger))
    # Numbers begin where nobody takes them for a count.
    op.bulk_insert(revisions, [{"name": "resources", "number": 0}, {"name": "numbers", "number": 10_000}])


def _create_notification() -> None:
    op.create_table(
        "notification",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), autoincrement=True, nullable=False),
        sa.Column("transition_id", sa.BigInteger, nullable=False),
        sa.Column("monitor_id", sa.BigInteger, nullable=False),
        sa.Column("created_ns", sa.BigInteger, nullable=False),
        sa.Column("delivered_ns", sa.BigInteger, nullable=True),
        sa.Column("document", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_notification"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_notification_delivered_ns", "notification", ["delivered_ns", "id"])
    op.create_index("ix_notification_monitor_id", "notification", ["monitor_id", "id"])


def downgrade() -> None:
    for table in ("lease", "notification", "monitor_transition", "monitor_group", "monitor_status", "resource"):
        op.drop_table(table)
    op.execute("DELETE FROM revision WHERE name IN ('resources', 'numbers')")
