"""how sensitive a project's verdicts are, and which of its deploys count as failed

Revision: 0010
Follows: 0009
"""

import sqlalchemy as sa
from alembic import op

revision = '0010'
down_revision = '0009'
branch_labels = None
depends_on = None


def upgrade() -> None:
    for column in (
        sa.Column('sensitivity', sa.String(length=20), nullable=False, server_default='normal'),
        sa.Column(
            'failure_boundary', sa.String(length=20), nullable=False, server_default='unhealthy'
        ),
        sa.Column('failure_minutes', sa.Integer(), nullable=False, server_default='7'),
    ):
        op.add_column('project', column)
    for column in (
        sa.Column('failed_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('failure_boundary', sa.String(length=20), nullable=True),
        sa.Column('failure_minutes', sa.Integer(), nullable=True),
    ):
        op.add_column('deploy', column)


def downgrade() -> None:
    for name in ('failure_minutes', 'failure_boundary', 'failed_at'):
        op.drop_column('deploy', name)
    for name in ('failure_minutes', 'failure_boundary', 'sensitivity'):
        op.drop_column('project', name)
