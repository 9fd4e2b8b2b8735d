"""how environments have been of late

Revision: 0011
Follows: 0010
"""

import sqlalchemy as sa
from alembic import op

revision = '0011'
down_revision = '0010'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'environment_health',
        sa.Column('environment_id', sa.Integer(), nullable=False),
        sa.Column('windows', sa.JSON(), nullable=False),
        sa.Column('window_seconds', sa.Integer(), nullable=False),
        sa.Column('refreshed_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('next_end_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('next_whole_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('viewed_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('claimed_until', sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ['environment_id'],
            ['environment.id'],
            name=op.f('fk_environment_health_environment_id_environment'),
            ondelete='CASCADE',
        ),
        sa.PrimaryKeyConstraint('environment_id', name=op.f('pk_environment_health')),
    )


def downgrade() -> None:
    op.drop_table('environment_health')
