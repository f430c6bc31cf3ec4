"""The versions of the policy, and the counters by which gateways notice that something they follow has changed."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "policy_version",
        sa.Column("version", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("created_ns", sa.BigInteger, nullable=False),
        sa.Column("author", sa.String(200), nullable=False),
        sa.Column("reason", sa.String(2000), nullable=False),
        sa.Column("incident", sa.String(200), nullable=False),
        sa.Column("expires_ns", sa.BigInteger, nullable=True),
        sa.Column("previous", sa.Integer, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("version", name="pk_policy_version"),
    )
    revisions = op.create_table(
        "revision",
        sa.Column("name", sa.String(32), nullable=False),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_revision"),
    )
    # There from the start, so that a change is one UPDATE, which is also the lock that puts changes in a row.
    op.bulk_insert(revisions, [{"name": "policy", "number": 0}, {"name": "keys", "number": 0}])


def downgrade() -> None:
    op.drop_table("revision")
    op.drop_table("policy_version")
