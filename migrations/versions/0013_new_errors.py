"""kinds of errors that are new since a deploy

Revision: 0013
Follows: 0012
"""

import sqlalchemy as sa
from alembic import op

revision = '0013'
down_revision = '0012'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'new_errors',
        sa.Column('verdict_id', sa.Integer(), nullable=False),
        sa.Column('total', sa.Integer(), nullable=False),
        sa.Column('events', sa.BigInteger(), nullable=False),
        sa.Column('top', sa.JSON(), nullable=False),
        sa.Column('errors', sa.JSON(), nullable=False),
        sa.Column('usual_kinds', sa.Integer(), nullable=True),
        sa.Column('usual_hours', sa.Double(), nullable=True),
        sa.Column('asked_until', sa.DateTime(timezone=True), nullable=True),
        sa.Column('asked_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('due_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('claimed_until', sa.DateTime(timezone=True), nullable=True),
        sa.Column('last_error', sa.Text(), nullable=False),
        sa.Column('failure_count', sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ['verdict_id'],
            ['verdict.id'],
            name=op.f('fk_new_errors_verdict_id_verdict'),
            ondelete='CASCADE',
        ),
        sa.PrimaryKeyConstraint('verdict_id', name=op.f('pk_new_errors')),
    )
    op.create_index(op.f('ix_new_errors_due_at'), 'new_errors', ['due_at'])
    op.create_table(
        'usual_new_errors',
        sa.Column('impact_source_id', sa.Integer(), nullable=False),
        sa.Column('kinds', sa.Integer(), nullable=True),
        sa.Column('hours', sa.Double(), nullable=True),
        sa.Column('asked_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('due_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('claimed_until', sa.DateTime(timezone=True), nullable=True),
        sa.Column('last_error', sa.Text(), nullable=False),
        sa.Column('failure_count', sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ['impact_source_id'],
            ['impact_source.id'],
            name=op.f('fk_usual_new_errors_impact_source_id_impact_source'),
            ondelete='CASCADE',
        ),
        sa.PrimaryKeyConstraint('impact_source_id', name=op.f('pk_usual_new_errors')),
    )
    op.create_index(op.f('ix_usual_new_errors_due_at'), 'usual_new_errors', ['due_at'])


def downgrade() -> None:
    op.drop_table('usual_new_errors')
    op.drop_table('new_errors')
