"""Alembic runs this for each command; `upgrade` has put the open connection into its config."""

from alembic import context

from parlor.drivers.sql.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
