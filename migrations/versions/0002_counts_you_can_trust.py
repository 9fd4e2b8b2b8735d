"""counts you can trust

Revision: 0002
Follows: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('hourly_count',
    sa.Column('impact_source_id', sa.Integer(), nullable=False),
    sa.Column('hour_start', sa.BigInteger(), nullable=False),
    sa.Column('count', sa.BigInteger(), nullable=False),
    sa.CheckConstraint('count > 0', name=op.f('ck_hourly_count_count_positive')),
    sa.ForeignKeyConstraint(['impact_source_id'], ['impact_source.id'], name=op.f('fk_hourly_count_impact_source_id_impact_source'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('impact_source_id', 'hour_start', name=op.f('pk_hourly_count')),
    sqlite_with_rowid=False
    )
    op.create_table('sweep',
    sa.Column('impact_source_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=10), nullable=False),
    sa.Column('integration_id', sa.Integer(), nullable=False),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('scheduled_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('since', sa.BigInteger(), nullable=True),
    sa.Column('reached', sa.BigInteger(), nullable=True),
    sa.Column('started_from', sa.BigInteger(), nullable=True),
    sa.Column('started_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('confirmed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('last_error', sa.Text(), nullable=False),
    sa.Column('failure_count', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['impact_source_id'], ['impact_source.id'], name=op.f('fk_sweep_impact_source_id_impact_source'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['integration_id'], ['integration.id'], name=op.f('fk_sweep_integration_id_integration'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('impact_source_id', 'kind', name=op.f('pk_sweep'))
    )
    with op.batch_alter_table('sweep', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_sweep_integration_id_due_at'), ['integration_id', 'due_at'], unique=False)

    with op.batch_alter_table('impact_source', schema=None) as batch_op:
        batch_op.add_column(sa.Column('scheduled_at', sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('history_days', sa.Integer(), nullable=False, server_default='29'))
        batch_op.add_column(sa.Column('minutes_from', sa.BigInteger(), nullable=False, server_default='0'))
        batch_op.add_column(sa.Column('changed_since', sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column('changed_until', sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column('changed_at', sa.DateTime(timezone=True), nullable=True))
        batch_op.create_index(batch_op.f('ix_impact_source_changed_at'), ['changed_at'], unique=False)
    # Not in a batch: on SQLite that would make the table anew, and dropping the old one
    # would take everything along that refers to it.
    op.drop_column('impact_source', 'backfill_from')
    op.drop_column('impact_source', 'backfill_until')
    op.execute("UPDATE impact_source SET scheduled_at = created_at, due_at = created_at")
    for kind in ('all', 'week', 'day', 'filters'):
        op.execute(
            "INSERT INTO sweep (impact_source_id, kind, integration_id, due_at, scheduled_at,"
            f" last_error, failure_count) SELECT id, '{kind}', integration_id, created_at,"
            " created_at, '', 0 FROM impact_source"
        )

    with op.batch_alter_table('integration', schema=None) as batch_op:
        batch_op.add_column(sa.Column('claimed_by', sa.String(length=32), nullable=False, server_default=''))
        batch_op.add_column(sa.Column('quota_left', sa.Integer(), nullable=True))

    with op.batch_alter_table('verdict', schema=None) as batch_op:
        batch_op.add_column(sa.Column('counted_until', sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('revised_at', sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('was_final', sa.Boolean(), nullable=False, server_default=sa.false()))
    op.execute("UPDATE verdict SET was_final = is_final")



def downgrade() -> None:
    for table, columns in (
        ('verdict', ('was_final', 'revised_at', 'counted_until')),
        ('integration', ('quota_left', 'claimed_by')),
    ):
        for column in columns:
            op.drop_column(table, column)
    op.drop_index('ix_impact_source_changed_at', 'impact_source')
    for column in ('changed_at', 'changed_until', 'changed_since', 'minutes_from',
                   'history_days', 'scheduled_at'):
        op.drop_column('impact_source', column)
    op.add_column('impact_source', sa.Column('backfill_from', sa.DateTime(timezone=True)))
    op.add_column('impact_source', sa.Column('backfill_until', sa.DateTime(timezone=True)))

    with op.batch_alter_table('sweep', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_sweep_integration_id_due_at'))

    op.drop_table('sweep')
    op.drop_table('hourly_count')
