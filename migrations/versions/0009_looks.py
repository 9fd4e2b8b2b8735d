"""verdicts at looks: their changes, and the deploys that share one

Revision: 0009
Follows: 0008
"""

import sqlalchemy as sa
from alembic import op

revision = '0009'
down_revision = '0008'
branch_labels = None
depends_on = None

TIMES = ('began_at', 'ended_at', 'look_at')


def upgrade() -> None:
    for name in ('group_size', 'group_index'):
        op.add_column('verdict', sa.Column(name, sa.Integer(), nullable=False, server_default='1'))
    for name in TIMES:
        op.add_column('verdict', sa.Column(name, sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        'verdict',
        sa.Column('sensitivity', sa.String(length=10), nullable=False, server_default='normal'),
    )
    op.add_column(
        'verdict', sa.Column('known_hours', sa.Double(), nullable=False, server_default='0')
    )
    op.create_table(
        'verdict_change',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('verdict_id', sa.Integer(), nullable=False),
        sa.Column('at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('minutes_of_data', sa.Integer(), nullable=False),
        sa.Column('health', sa.String(length=20), nullable=False),
        sa.Column('reason', sa.String(length=20), nullable=False),
        sa.Column('observed', sa.Double(), nullable=True),
        sa.Column('expected', sa.Double(), nullable=True),
        sa.Column('ratio', sa.Double(), nullable=True),
        sa.Column('is_revision', sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ['verdict_id'],
            ['verdict.id'],
            name=op.f('fk_verdict_change_verdict_id_verdict'),
            ondelete='CASCADE',
        ),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_verdict_change')),
    )
    op.create_index(op.f('ix_verdict_change_verdict_id'), 'verdict_change', ['verdict_id'])
    op.create_table(
        'timeline',
        sa.Column('environment_id', sa.Integer(), nullable=False),
        sa.Column('deploy_count', sa.Integer(), nullable=False),
        sa.Column('newest_id', sa.Integer(), nullable=False),
        sa.Column('newest_at', sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ['environment_id'],
            ['environment.id'],
            name=op.f('fk_timeline_environment_id_environment'),
            ondelete='CASCADE',
        ),
        sa.PrimaryKeyConstraint('environment_id', name=op.f('pk_timeline')),
    )
    op.create_index(
        op.f('ix_deploy_environment_id_deployed_at_id'),
        'deploy',
        ['environment_id', 'deployed_at', 'id'],
    )
    op.drop_index(op.f('ix_deploy_environment_id'), 'deploy')
    _keep_what_was_said()


def _keep_what_was_said() -> None:
    """Begin the list of changes of each old verdict with what it says."""
    verdict = sa.table(
        'verdict',
        *(sa.column(name) for name in ('id', 'assessed_at', 'minutes_of_data', 'health', 'reason')),
        sa.column('is_final'),
    )
    change = sa.table(
        'verdict_change',
        *(sa.column(name) for name in ('verdict_id', 'at', 'minutes_of_data', 'health', 'reason')),
        sa.column('is_revision'),
    )
    said = sa.select(
        verdict.c.id,
        verdict.c.assessed_at,
        verdict.c.minutes_of_data,
        verdict.c.health,
        verdict.c.reason,
        sa.false(),
    ).where(
        verdict.c.assessed_at.is_not(None),
        verdict.c.health != '',
        sa.or_(verdict.c.minutes_of_data > 0, verdict.c.health != 'unknown'),
    )
    op.execute(change.insert().from_select([column.name for column in change.columns], said))


def downgrade() -> None:
    op.create_index(op.f('ix_deploy_environment_id'), 'deploy', ['environment_id'])
    op.drop_index(op.f('ix_deploy_environment_id_deployed_at_id'), 'deploy')
    op.drop_table('timeline')
    op.drop_table('verdict_change')
    for name in ('known_hours', 'sensitivity', *TIMES, 'group_index', 'group_size'):
        op.drop_column('verdict', name)
