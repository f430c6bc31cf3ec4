"""What is spent of budgets, and the leases by which gateway processes share a cap."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_KEY = ("budget", "value", "period")


def _key_columns() -> list[sa.Column[str]]:
    lengths = (64, 256, 16)
    return [sa.Column(name, sa.String(length), nullable=False) for name, length in zip(_KEY, lengths, strict=True)]


def upgrade() -> None:
    op.create_table(
        "budget_spend",
        *_key_columns(),
        sa.Column("ends_ns", sa.BigInteger, nullable=False),
        sa.Column("spent_nusd", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint(*_KEY, name="pk_budget_spend"),
    )
    op.create_index("ix_budget_spend_ends_ns", "budget_spend", ["ends_ns"])
    op.create_table(
        "budget_holder",
        sa.Column("process", sa.String(32), nullable=False),
        sa.Column("heartbeat_ns", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("process", name="pk_budget_holder"),
    )
    op.create_table(
        "budget_lease",
        sa.Column("process", sa.String(32), nullable=False),
        sa.Column("serial", sa.BigInteger, autoincrement=False, nullable=False),
        *_key_columns(),
        sa.Column("granted_nusd", sa.BigInteger, nullable=False),
        sa.Column("spent_nusd", sa.BigInteger, nullable=False),
        sa.Column("slot", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("process", "serial", name="pk_budget_lease"),
    )
    op.create_index("ix_budget_lease_budget", "budget_lease", list(_KEY))


def downgrade() -> None:
    op.drop_table("budget_lease")
    op.drop_table("budget_holder")
    op.drop_table("budget_spend")
