"""Run by Alembic: migrations on the connection that migrate.py hands over."""

from alembic import context

from lrcp.store.state.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    # SQLite changes a table by making it anew.
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
