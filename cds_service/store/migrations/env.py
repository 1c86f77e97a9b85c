"""Run by Alembic: migrates on the connection that `upgrading.py` hands over, inside its transaction."""

from __future__ import annotations

from alembic import context

from cds_service.store.tables import metadata
from cds_service.store.upgrading import VERSION_TABLE

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
    render_as_batch=True,
)
context.run_migrations()
