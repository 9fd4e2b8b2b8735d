"""indexes for what the dashboard reads of many deploys at once

Revision: 0017
Follows: 0016
"""

from alembic import op

revision = '0017'
down_revision = '0016'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        op.f('ix_deploy_code_deployment_id_deployed_at_id'),
        'deploy',
        ['code_deployment_id', 'deployed_at', 'id'],
    )
    op.create_index(op.f('ix_verdict_deploy_id_health'), 'verdict', ['deploy_id', 'health'])


def downgrade() -> None:
    op.drop_index(op.f('ix_verdict_deploy_id_health'), 'verdict')
    op.drop_index(op.f('ix_deploy_code_deployment_id_deployed_at_id'), 'deploy')
