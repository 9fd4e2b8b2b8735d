"""first tables

Revision: 0001
Follows: 
"""

import sqlalchemy as sa
from alembic import op

revision = '0001'
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('organization',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('slug', sa.String(length=64), nullable=False),
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_organization')),
    sa.UniqueConstraint('slug', name=op.f('uq_organization_slug'))
    )
    op.create_table('user_account',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('email', sa.String(length=254), nullable=False),
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.Column('password_hash', sa.String(length=200), nullable=False),
    sa.Column('session_version', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_user_account')),
    sa.UniqueConstraint('email', name=op.f('uq_user_account_email'))
    )
    op.create_table('access_token',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('public_id', sa.String(length=32), nullable=False),
    sa.Column('organization_id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.Column('type', sa.String(length=20), nullable=False),
    sa.Column('token_hash', sa.String(length=64), nullable=False),
    sa.Column('last_four', sa.String(length=4), nullable=False),
    sa.Column('created_by_id', sa.Integer(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('last_used_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('revoked_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['created_by_id'], ['user_account.id'], name=op.f('fk_access_token_created_by_id_user_account'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_access_token_organization_id_organization'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_access_token')),
    sa.UniqueConstraint('public_id', name=op.f('uq_access_token_public_id')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_access_token_token_hash'))
    )
    with op.batch_alter_table('access_token', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_access_token_organization_id'), ['organization_id'], unique=False)

    op.create_table('audit_entry',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('organization_id', sa.Integer(), nullable=True),
    sa.Column('actor_id', sa.Integer(), nullable=True),
    sa.Column('actor_label', sa.String(length=254), nullable=False),
    sa.Column('action', sa.String(length=64), nullable=False),
    sa.Column('subject', sa.String(length=254), nullable=False),
    sa.Column('detail', sa.JSON(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['actor_id'], ['user_account.id'], name=op.f('fk_audit_entry_actor_id_user_account'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_audit_entry_organization_id_organization'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_audit_entry'))
    )
    with op.batch_alter_table('audit_entry', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_audit_entry_organization_id_id'), ['organization_id', 'id'], unique=False)

    op.create_table('event',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('organization_id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=64), nullable=False),
    sa.Column('subject', sa.String(length=64), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_event_organization_id_organization'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_event'))
    )
    with op.batch_alter_table('event', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_event_created_at'), ['created_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_event_organization_id_id'), ['organization_id', 'id'], unique=False)

    op.create_table('integration',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('organization_id', sa.Integer(), nullable=False),
    sa.Column('provider', sa.String(length=64), nullable=False),
    sa.Column('credentials', sa.Text(), nullable=False),
    sa.Column('masked_token', sa.String(length=16), nullable=False),
    sa.Column('account_id', sa.String(length=255), nullable=False),
    sa.Column('account_label', sa.String(length=255), nullable=False),
    sa.Column('scopes_present', sa.JSON(), nullable=False),
    sa.Column('scopes_missing', sa.JSON(), nullable=False),
    sa.Column('connected_by_id', sa.Integer(), nullable=True),
    sa.Column('connected_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('projects_due_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('projects_listed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('projects_error', sa.Text(), nullable=False),
    sa.Column('last_error', sa.Text(), nullable=False),
    sa.Column('last_error_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('failure_count', sa.Integer(), nullable=False),
    sa.Column('retry_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('claimed_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('projects_claimed_until', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['connected_by_id'], ['user_account.id'], name=op.f('fk_integration_connected_by_id_user_account'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_integration_organization_id_organization'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_integration')),
    sa.UniqueConstraint('organization_id', 'provider', name=op.f('uq_integration_organization_id_provider'))
    )
    with op.batch_alter_table('integration', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_integration_projects_due_at'), ['projects_due_at'], unique=False)

    op.create_table('membership',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('public_id', sa.String(length=32), nullable=False),
    sa.Column('organization_id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('role', sa.String(length=20), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_membership_organization_id_organization'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['user_id'], ['user_account.id'], name=op.f('fk_membership_user_id_user_account'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_membership')),
    sa.UniqueConstraint('organization_id', 'user_id', name=op.f('uq_membership_organization_id_user_id')),
    sa.UniqueConstraint('public_id', name=op.f('uq_membership_public_id'))
    )
    with op.batch_alter_table('membership', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_membership_organization_id'), ['organization_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_membership_user_id'), ['user_id'], unique=False)
        batch_op.create_index('uq_membership_owner', ['organization_id'], unique=True, sqlite_where=sa.text("role = 'owner'"), postgresql_where=sa.text("role = 'owner'"))

    op.create_table('project',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('organization_id', sa.Integer(), nullable=False),
    sa.Column('slug', sa.String(length=64), nullable=False),
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_project_organization_id_organization'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_project')),
    sa.UniqueConstraint('organization_id', 'slug', name=op.f('uq_project_organization_id_slug'))
    )
    with op.batch_alter_table('project', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_project_organization_id'), ['organization_id'], unique=False)

    op.create_table('code_deployment',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('organization_id', sa.Integer(), nullable=False),
    sa.Column('project_id', sa.Integer(), nullable=False),
    sa.Column('slug', sa.String(length=64), nullable=False),
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_code_deployment_organization_id_organization'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['project_id'], ['project.id'], name=op.f('fk_code_deployment_project_id_project'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_code_deployment')),
    sa.UniqueConstraint('organization_id', 'slug', name=op.f('uq_code_deployment_organization_id_slug')),
    info={'noun': 'code deployment'}
    )
    with op.batch_alter_table('code_deployment', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_code_deployment_project_id'), ['project_id'], unique=False)

    op.create_table('connection_check',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('public_id', sa.String(length=32), nullable=False),
    sa.Column('organization_id', sa.Integer(), nullable=False),
    sa.Column('integration_id', sa.Integer(), nullable=True),
    sa.Column('provider', sa.String(length=64), nullable=False),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('payload', sa.Text(), nullable=True),
    sa.Column('state', sa.String(length=20), nullable=False),
    sa.Column('message', sa.Text(), nullable=False),
    sa.Column('result', sa.JSON(), nullable=False),
    sa.Column('created_by_id', sa.Integer(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('claimed_until', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['created_by_id'], ['user_account.id'], name=op.f('fk_connection_check_created_by_id_user_account'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['integration_id'], ['integration.id'], name=op.f('fk_connection_check_integration_id_integration'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_connection_check_organization_id_organization'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_connection_check')),
    sa.UniqueConstraint('public_id', name=op.f('uq_connection_check_public_id'))
    )
    with op.batch_alter_table('connection_check', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_connection_check_due_at'), ['due_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_connection_check_expires_at'), ['expires_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_connection_check_integration_id'), ['integration_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_connection_check_organization_id'), ['organization_id'], unique=False)

    op.create_table('environment',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('project_id', sa.Integer(), nullable=False),
    sa.Column('slug', sa.String(length=64), nullable=False),
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.Column('is_default', sa.Boolean(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['project_id'], ['project.id'], name=op.f('fk_environment_project_id_project'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_environment')),
    sa.UniqueConstraint('project_id', 'slug', name=op.f('uq_environment_project_id_slug')),
    info={'noun': 'environment'}
    )
    with op.batch_alter_table('environment', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_environment_project_id'), ['project_id'], unique=False)

    op.create_table('tracker_project',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('integration_id', sa.Integer(), nullable=False),
    sa.Column('org_key', sa.String(length=255), nullable=False),
    sa.Column('org_label', sa.String(length=255), nullable=False),
    sa.Column('project_key', sa.String(length=255), nullable=False),
    sa.Column('label', sa.String(length=255), nullable=False),
    sa.Column('is_accessible', sa.Boolean(), nullable=False),
    sa.Column('environments', sa.JSON(), nullable=False),
    sa.Column('attributes', sa.JSON(), nullable=False),
    sa.ForeignKeyConstraint(['integration_id'], ['integration.id'], name=op.f('fk_tracker_project_integration_id_integration'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_tracker_project')),
    sa.UniqueConstraint('integration_id', 'org_key', 'project_key', name=op.f('uq_tracker_project_integration_id_org_key_project_key'))
    )
    op.create_table('deploy',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('public_id', sa.String(length=32), nullable=False),
    sa.Column('organization_id', sa.Integer(), nullable=False),
    sa.Column('code_deployment_id', sa.Integer(), nullable=False),
    sa.Column('environment_id', sa.Integer(), nullable=False),
    sa.Column('revision', sa.String(length=255), nullable=False),
    sa.Column('branch', sa.String(length=255), nullable=False),
    sa.Column('author_name', sa.String(length=255), nullable=False),
    sa.Column('author_email', sa.String(length=254), nullable=False),
    sa.Column('description', sa.Text(), nullable=False),
    sa.Column('tags', sa.JSON(), nullable=False),
    sa.Column('links', sa.JSON(), nullable=False),
    sa.Column('commits', sa.JSON(), nullable=False),
    sa.Column('files', sa.JSON(), nullable=False),
    sa.Column('pull_requests', sa.JSON(), nullable=False),
    sa.Column('deployed_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('registered_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['code_deployment_id'], ['code_deployment.id'], name=op.f('fk_deploy_code_deployment_id_code_deployment'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['environment_id'], ['environment.id'], name=op.f('fk_deploy_environment_id_environment'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_deploy_organization_id_organization'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_deploy')),
    sa.UniqueConstraint('public_id', name=op.f('uq_deploy_public_id')),
    info={'noun': 'deploy'}
    )
    with op.batch_alter_table('deploy', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_deploy_code_deployment_id_environment_id_deployed_at_id'), ['code_deployment_id', 'environment_id', 'deployed_at', 'id'], unique=False)
        batch_op.create_index(batch_op.f('ix_deploy_environment_id'), ['environment_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_deploy_organization_id_deployed_at_id'), ['organization_id', 'deployed_at', 'id'], unique=False)

    op.create_table('impact_source',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('public_id', sa.String(length=32), nullable=False),
    sa.Column('organization_id', sa.Integer(), nullable=False),
    sa.Column('project_id', sa.Integer(), nullable=False),
    sa.Column('environment_id', sa.Integer(), nullable=False),
    sa.Column('integration_id', sa.Integer(), nullable=False),
    sa.Column('provider', sa.String(length=64), nullable=False),
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.Column('error_org_key', sa.String(length=255), nullable=False),
    sa.Column('error_project_key', sa.String(length=255), nullable=False),
    sa.Column('error_project_label', sa.String(length=255), nullable=False),
    sa.Column('error_environment', sa.String(length=255), nullable=True),
    sa.Column('attributes', sa.JSON(), nullable=False),
    sa.Column('field_values', sa.JSON(), nullable=False),
    sa.Column('manually_set_health_threshold', sa.Float(), nullable=True),
    sa.Column('interval_seconds', sa.Integer(), nullable=False),
    sa.Column('warning', sa.Text(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('judges_from', sa.DateTime(timezone=True), nullable=False),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('backfill_from', sa.DateTime(timezone=True), nullable=True),
    sa.Column('backfill_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('collected_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('complete_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('last_error', sa.Text(), nullable=False),
    sa.Column('last_error_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('failure_count', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['environment_id'], ['environment.id'], name=op.f('fk_impact_source_environment_id_environment'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['integration_id'], ['integration.id'], name=op.f('fk_impact_source_integration_id_integration'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_impact_source_organization_id_organization'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['project_id'], ['project.id'], name=op.f('fk_impact_source_project_id_project'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_impact_source')),
    sa.UniqueConstraint('project_id', 'environment_id', 'name', name=op.f('uq_impact_source_project_id_environment_id_name')),
    sa.UniqueConstraint('public_id', name=op.f('uq_impact_source_public_id')),
    info={'noun': 'impact source'}
    )
    with op.batch_alter_table('impact_source', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_impact_source_environment_id'), ['environment_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_impact_source_integration_id_due_at'), ['integration_id', 'due_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_impact_source_organization_id'), ['organization_id'], unique=False)

    op.create_table('coverage',
    sa.Column('impact_source_id', sa.Integer(), nullable=False),
    sa.Column('since', sa.BigInteger(), nullable=False),
    sa.Column('until', sa.BigInteger(), nullable=False),
    sa.CheckConstraint('since < until', name=op.f('ck_coverage_not_empty')),
    sa.ForeignKeyConstraint(['impact_source_id'], ['impact_source.id'], name=op.f('fk_coverage_impact_source_id_impact_source'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('impact_source_id', 'since', name=op.f('pk_coverage')),
    sqlite_with_rowid=False
    )
    op.create_table('error_count',
    sa.Column('impact_source_id', sa.Integer(), nullable=False),
    sa.Column('bucket_start', sa.BigInteger(), nullable=False),
    sa.Column('count', sa.BigInteger(), nullable=False),
    sa.CheckConstraint('count > 0', name=op.f('ck_error_count_count_positive')),
    sa.ForeignKeyConstraint(['impact_source_id'], ['impact_source.id'], name=op.f('fk_error_count_impact_source_id_impact_source'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('impact_source_id', 'bucket_start', name=op.f('pk_error_count')),
    sqlite_with_rowid=False
    )
    op.create_table('verdict',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('deploy_id', sa.Integer(), nullable=False),
    sa.Column('impact_source_id', sa.Integer(), nullable=True),
    sa.Column('source_name', sa.String(length=120), nullable=False),
    sa.Column('provider', sa.String(length=64), nullable=False),
    sa.Column('health', sa.String(length=20), nullable=False),
    sa.Column('reason', sa.String(length=20), nullable=False),
    sa.Column('is_final', sa.Boolean(), nullable=False),
    sa.Column('rate_before', sa.Double(), nullable=True),
    sa.Column('rate_after', sa.Double(), nullable=True),
    sa.Column('minutes_of_data', sa.Integer(), nullable=False),
    sa.Column('sentence', sa.Text(), nullable=False),
    sa.Column('assessment', sa.JSON(), nullable=False),
    sa.Column('picture', sa.JSON(), nullable=False),
    sa.Column('assessed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['deploy_id'], ['deploy.id'], name=op.f('fk_verdict_deploy_id_deploy'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['impact_source_id'], ['impact_source.id'], name=op.f('fk_verdict_impact_source_id_impact_source'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_verdict')),
    sa.UniqueConstraint('deploy_id', 'impact_source_id', name=op.f('uq_verdict_deploy_id_impact_source_id'))
    )
    with op.batch_alter_table('verdict', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_verdict_due_at'), ['due_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_verdict_impact_source_id'), ['impact_source_id'], unique=False)



def downgrade() -> None:
    with op.batch_alter_table('verdict', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_verdict_impact_source_id'))
        batch_op.drop_index(batch_op.f('ix_verdict_due_at'))

    op.drop_table('verdict')
    op.drop_table('error_count')
    op.drop_table('coverage')
    with op.batch_alter_table('impact_source', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_impact_source_organization_id'))
        batch_op.drop_index(batch_op.f('ix_impact_source_integration_id_due_at'))
        batch_op.drop_index(batch_op.f('ix_impact_source_environment_id'))

    op.drop_table('impact_source')
    with op.batch_alter_table('deploy', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_deploy_organization_id_deployed_at_id'))
        batch_op.drop_index(batch_op.f('ix_deploy_environment_id'))
        batch_op.drop_index(batch_op.f('ix_deploy_code_deployment_id_environment_id_deployed_at_id'))

    op.drop_table('deploy')
    op.drop_table('tracker_project')
    with op.batch_alter_table('environment', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_environment_project_id'))

    op.drop_table('environment')
    with op.batch_alter_table('connection_check', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_connection_check_organization_id'))
        batch_op.drop_index(batch_op.f('ix_connection_check_integration_id'))
        batch_op.drop_index(batch_op.f('ix_connection_check_expires_at'))
        batch_op.drop_index(batch_op.f('ix_connection_check_due_at'))

    op.drop_table('connection_check')
    with op.batch_alter_table('code_deployment', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_code_deployment_project_id'))

    op.drop_table('code_deployment')
    with op.batch_alter_table('project', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_project_organization_id'))

    op.drop_table('project')
    with op.batch_alter_table('membership', schema=None) as batch_op:
        batch_op.drop_index('uq_membership_owner', sqlite_where=sa.text("role = 'owner'"), postgresql_where=sa.text("role = 'owner'"))
        batch_op.drop_index(batch_op.f('ix_membership_user_id'))
        batch_op.drop_index(batch_op.f('ix_membership_organization_id'))

    op.drop_table('membership')
    with op.batch_alter_table('integration', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_integration_projects_due_at'))

    op.drop_table('integration')
    with op.batch_alter_table('event', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_event_organization_id_id'))
        batch_op.drop_index(batch_op.f('ix_event_created_at'))

    op.drop_table('event')
    with op.batch_alter_table('audit_entry', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_audit_entry_organization_id_id'))

    op.drop_table('audit_entry')
    with op.batch_alter_table('access_token', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_access_token_organization_id'))

    op.drop_table('access_token')
    op.drop_table('user_account')
    op.drop_table('organization')
