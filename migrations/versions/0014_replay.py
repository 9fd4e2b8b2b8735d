"""the past judged by what is proposed, before it is applied

Revision: 0014
Follows: 0013
"""

import sqlalchemy as sa
from alembic import op

revision = '0014'
down_revision = '0013'
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ('verdict', 'verdict_change'):
        op.add_column(table, sa.Column('judged_again_by', sa.String(length=120), nullable=True))
    _create_replays()
    _create_findings()


def _create_replays() -> None:
    op.create_table(
        'replay',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('public_id', sa.String(length=32), nullable=False),
        sa.Column('organization_id', sa.Integer(), nullable=False),
        sa.Column('project_id', sa.Integer(), nullable=False),
        sa.Column('impact_source_id', sa.Integer(), nullable=True),
        sa.Column('kind', sa.String(length=12), nullable=False),
        sa.Column('proposal', sa.JSON(), nullable=False),
        sa.Column('state', sa.String(length=10), nullable=False),
        sa.Column('message', sa.Text(), nullable=False),
        sa.Column('judged_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('total', sa.Integer(), nullable=False),
        sa.Column('done', sa.Integer(), nullable=False),
        sa.Column('reached_id', sa.Integer(), nullable=False),
        sa.Column('fingerprint', sa.String(length=64), nullable=False),
        sa.Column('created_by_id', sa.Integer(), nullable=True),
        sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('claimed_until', sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ['created_by_id'],
            ['user_account.id'],
            name=op.f('fk_replay_created_by_id_user_account'),
            ondelete='SET NULL',
        ),
        sa.ForeignKeyConstraint(
            ['impact_source_id'],
            ['impact_source.id'],
            name=op.f('fk_replay_impact_source_id_impact_source'),
            ondelete='CASCADE',
        ),
        sa.ForeignKeyConstraint(
            ['organization_id'],
            ['organization.id'],
            name=op.f('fk_replay_organization_id_organization'),
            ondelete='CASCADE',
        ),
        sa.ForeignKeyConstraint(
            ['project_id'],
            ['project.id'],
            name=op.f('fk_replay_project_id_project'),
            ondelete='CASCADE',
        ),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_replay')),
        sa.UniqueConstraint('public_id', name=op.f('uq_replay_public_id')),
    )
    for name in ('impact_source_id', 'organization_id', 'project_id', 'state'):
        op.create_index(op.f(f'ix_replay_{name}'), 'replay', [name])


def _create_findings() -> None:
    op.create_table(
        'replay_finding',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('replay_id', sa.Integer(), nullable=False),
        sa.Column('deploy_id', sa.Integer(), nullable=False),
        sa.Column('impact_source_id', sa.Integer(), nullable=False),
        sa.Column('health_before', sa.String(length=20), nullable=False),
        sa.Column('reason_before', sa.String(length=20), nullable=False),
        sa.Column('health', sa.String(length=20), nullable=False),
        sa.Column('reason', sa.String(length=20), nullable=False),
        sa.Column('is_final', sa.Boolean(), nullable=False),
        sa.Column('sentence', sa.Text(), nullable=False),
        sa.Column('minutes_of_data', sa.Integer(), nullable=False),
        sa.Column('observed', sa.Double(), nullable=True),
        sa.Column('expected', sa.Double(), nullable=True),
        sa.Column('ratio', sa.Double(), nullable=True),
        sa.Column('course', sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ['deploy_id'],
            ['deploy.id'],
            name=op.f('fk_replay_finding_deploy_id_deploy'),
            ondelete='CASCADE',
        ),
        sa.ForeignKeyConstraint(
            ['impact_source_id'],
            ['impact_source.id'],
            name=op.f('fk_replay_finding_impact_source_id_impact_source'),
            ondelete='CASCADE',
        ),
        sa.ForeignKeyConstraint(
            ['replay_id'],
            ['replay.id'],
            name=op.f('fk_replay_finding_replay_id_replay'),
            ondelete='CASCADE',
        ),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_replay_finding')),
    )
    for name in ('deploy_id', 'impact_source_id', 'replay_id'):
        op.create_index(op.f(f'ix_replay_finding_{name}'), 'replay_finding', [name])


def downgrade() -> None:
    op.drop_table('replay_finding')
    op.drop_table('replay')
    for table in ('verdict_change', 'verdict'):
        op.drop_column(table, 'judged_again_by')
