"""disabled for a while

Revision: 0004
Follows: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None

UNIQUE = {
    'integration': ('uq_integration_organization_id_provider', ['organization_id', 'provider']),
    'impact_source': (
        'uq_impact_source_project_id_environment_id_name', ['project_id', 'environment_id', 'name']),
}
MOMENTS = (
    ('integration', 'disabled_at'), ('integration', 'purge_at'), ('impact_source', 'disabled_at'))


def upgrade() -> None:
    for table, column in MOMENTS:
        op.add_column(table, sa.Column(column, sa.DateTime(timezone=True), nullable=True))
        op.create_index(f'ix_{table}_{column}', table, [column])
    for table, (name, columns) in UNIQUE.items():
        with op.batch_alter_table(table) as batch_op:
            batch_op.drop_constraint(name, type_='unique')
        enabled = sa.text('disabled_at IS NULL')
        op.create_index(
            name, table, columns, unique=True, sqlite_where=enabled, postgresql_where=enabled)


def _delete_what_is_disabled() -> None:
    """Delete it with what refers to it, which SQLite does not do while tables change."""
    sources = 'SELECT id FROM impact_source WHERE disabled_at IS NOT NULL'
    integrations = 'SELECT id FROM integration WHERE disabled_at IS NOT NULL'
    for table in ('error_count', 'hourly_count', 'coverage', 'sweep', 'verdict'):
        op.execute(f"DELETE FROM {table} WHERE impact_source_id IN ({sources})")
    op.execute("DELETE FROM impact_source WHERE disabled_at IS NOT NULL")
    for table in ('connection_check', 'tracker_project'):
        op.execute(f"DELETE FROM {table} WHERE integration_id IN ({integrations})")
    op.execute("DELETE FROM integration WHERE disabled_at IS NOT NULL")


def downgrade() -> None:
    _delete_what_is_disabled()
    for table, (name, columns) in UNIQUE.items():
        op.drop_index(name, table)
        with op.batch_alter_table(table) as batch_op:
            batch_op.create_unique_constraint(name, columns)
    for table, column in MOMENTS:
        op.drop_index(f'ix_{table}_{column}', table)
        op.drop_column(table, column)
