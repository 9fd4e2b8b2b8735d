"""how an integration feels

Revision: 0003
Follows: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None

MOMENTS = {
    'integration': (
        'failing_since', 'proven_at', 'told_to_wait_until', 'paused_at', 'resumed_at', 'hurried_at'),
    'impact_source': ('paused_at',),
}


def upgrade() -> None:
    for table, columns in MOMENTS.items():
        for column in columns:
            op.add_column(table, sa.Column(column, sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        'integration', sa.Column('refusals', sa.Integer(), nullable=False, server_default='0')
    )
    op.add_column(
        'integration',
        sa.Column('announced', sa.String(length=60), nullable=False, server_default=''),
    )
    op.add_column(
        'impact_source',
        sa.Column(
            'expected_at',
            sa.DateTime(timezone=True),
            nullable=False,
            server_default='1970-01-01 00:00:00',
        ),
    )
    op.execute("UPDATE impact_source SET expected_at = CURRENT_TIMESTAMP")


def downgrade() -> None:
    op.drop_column('impact_source', 'expected_at')
    op.drop_column('integration', 'announced')
    op.drop_column('integration', 'refusals')
    for table, columns in MOMENTS.items():
        for column in columns:
            op.drop_column(table, column)
