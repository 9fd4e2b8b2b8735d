"""healths set by hand, answers about verdicts, and placebo deploys

Revision: 0015
Follows: 0014
"""

import sqlalchemy as sa
from alembic import op

revision = '0015'
down_revision = '0014'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'health_override',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('public_id', sa.String(length=32), nullable=False),
        sa.Column('deploy_id', sa.Integer(), nullable=False),
        sa.Column('health', sa.String(length=20), nullable=False),
        sa.Column('reason', sa.Text(), nullable=False),
        sa.Column('set_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('set_by_id', sa.Integer(), nullable=True),
        sa.Column('set_by', sa.String(length=254), nullable=False),
        sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('ended_by_id', sa.Integer(), nullable=True),
        sa.Column('ended_by', sa.String(length=254), nullable=False),
        sa.Column('was_undone', sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ['deploy_id'],
            ['deploy.id'],
            name=op.f('fk_health_override_deploy_id_deploy'),
            ondelete='CASCADE',
        ),
        sa.ForeignKeyConstraint(
            ['set_by_id'],
            ['user_account.id'],
            name=op.f('fk_health_override_set_by_id_user_account'),
            ondelete='SET NULL',
        ),
        sa.ForeignKeyConstraint(
            ['ended_by_id'],
            ['user_account.id'],
            name=op.f('fk_health_override_ended_by_id_user_account'),
            ondelete='SET NULL',
        ),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_health_override')),
        sa.UniqueConstraint('public_id', name=op.f('uq_health_override_public_id')),
    )
    op.create_index(op.f('ix_health_override_deploy_id'), 'health_override', ['deploy_id'])
    stands = sa.text('ended_at IS NULL')
    op.create_index(
        'uq_health_override_standing',
        'health_override',
        ['deploy_id'],
        unique=True,
        sqlite_where=stands,
        postgresql_where=stands,
    )
    _create_answers()
    _create_placebos()


def _create_answers() -> None:
    op.create_table(
        'verdict_answer',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('verdict_id', sa.Integer(), nullable=False),
        sa.Column('user_id', sa.Integer(), nullable=True),
        sa.Column('is_right', sa.Boolean(), nullable=False),
        sa.Column('actual', sa.String(length=20), nullable=False),
        sa.Column('note', sa.Text(), nullable=False),
        sa.Column('health', sa.String(length=20), nullable=False),
        sa.Column('reason', sa.String(length=20), nullable=False),
        sa.Column('sensitivity', sa.String(length=10), nullable=False),
        sa.Column('answered_at', sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ['verdict_id'],
            ['verdict.id'],
            name=op.f('fk_verdict_answer_verdict_id_verdict'),
            ondelete='CASCADE',
        ),
        sa.ForeignKeyConstraint(
            ['user_id'],
            ['user_account.id'],
            name=op.f('fk_verdict_answer_user_id_user_account'),
            ondelete='SET NULL',
        ),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_verdict_answer')),
        sa.UniqueConstraint(
            'verdict_id', 'user_id', name=op.f('uq_verdict_answer_verdict_id_user_id')
        ),
    )


def _create_placebos() -> None:
    op.create_table(
        'placebo',
        sa.Column('impact_source_id', sa.Integer(), nullable=False),
        sa.Column('month', sa.String(length=7), nullable=False),
        sa.Column('sensitivity', sa.String(length=10), nullable=False),
        sa.Column('slots_done', sa.Integer(), nullable=False),
        sa.Column('tried', sa.Integer(), nullable=False),
        sa.Column('flagged', sa.Integer(), nullable=False),
        sa.Column('next_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('claimed_until', sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ['impact_source_id'],
            ['impact_source.id'],
            name=op.f('fk_placebo_impact_source_id_impact_source'),
            ondelete='CASCADE',
        ),
        sa.PrimaryKeyConstraint(
            'impact_source_id', 'month', 'sensitivity', name=op.f('pk_placebo')
        ),
    )
    op.create_index(op.f('ix_placebo_next_at'), 'placebo', ['next_at'])


def downgrade() -> None:
    for table in ('placebo', 'verdict_answer', 'health_override'):
        op.drop_table(table)
