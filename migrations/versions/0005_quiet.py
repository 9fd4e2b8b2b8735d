"""which sources have fallen silent, and whose their projects are

Revision: 0005
Follows: 0004
"""

import sqlalchemy as sa
from alembic import op

revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        'impact_source', sa.Column('quiet_since', sa.DateTime(timezone=True), nullable=True)
    )
    op.add_column('impact_source', sa.Column('quiet_usual_hours', sa.Integer(), nullable=True))
    op.add_column(
        'impact_source',
        sa.Column('error_org_label', sa.String(length=255), nullable=False, server_default=''),
    )


def downgrade() -> None:
    op.drop_column('impact_source', 'error_org_label')
    op.drop_column('impact_source', 'quiet_usual_hours')
    op.drop_column('impact_source', 'quiet_since')
