"""lists that only the tracker knows, and what the chosen entries are called

Revision: 0008
Follows: 0007
"""

import sqlalchemy as sa
from alembic import op

revision = '0008'
down_revision = '0007'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'choice_list',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('integration_id', sa.Integer(), nullable=False),
        sa.Column('field_name', sa.String(length=64), nullable=False),
        sa.Column('key', sa.String(length=64), nullable=False),
        sa.Column('config', sa.JSON(), nullable=False),
        sa.Column('choices', sa.JSON(), nullable=False),
        sa.Column('error', sa.Text(), nullable=False),
        sa.Column('asked_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('answered_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('due_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('claimed_until', sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ['integration_id'],
            ['integration.id'],
            name=op.f('fk_choice_list_integration_id_integration'),
            ondelete='CASCADE',
        ),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_choice_list')),
        sa.UniqueConstraint(
            'integration_id',
            'field_name',
            'key',
            name=op.f('uq_choice_list_integration_id_field_name_key'),
        ),
    )
    op.create_index(op.f('ix_choice_list_asked_at'), 'choice_list', ['asked_at'])
    op.create_index(op.f('ix_choice_list_due_at'), 'choice_list', ['due_at'])
    op.add_column(
        'impact_source',
        sa.Column('value_labels', sa.JSON(), nullable=False, server_default='{}'),
    )


def downgrade() -> None:
    op.drop_column('impact_source', 'value_labels')
    op.drop_table('choice_list')
