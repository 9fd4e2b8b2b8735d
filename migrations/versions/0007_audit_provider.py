"""which integration an entry of the audit log is about

Revision: 0007
Follows: 0006
"""

import sqlalchemy as sa
from alembic import op

revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None

INDEX = 'ix_audit_entry_organization_id_provider_id'

# Whose subject is the provider itself.
NAME_THE_PROVIDER = (
    'integration.projects_requested',
    'integration.collecting_requested',
    'connect.check_started',
    'connect.check_cancelled',
    'impact_source.check_started',
    'impact_source.check_cancelled',
    'recheck.check_started',
    'replace.check_started',
    'replace.check_cancelled',
    'demo.connected',
)
# Whose subject is what the tracker is called.
NAME_THE_TRACKER = (
    'integration.connected',
    'integration.disabled',
    'integration.paused',
    'integration.resumed',
    'integration.token_replaced',
)


def upgrade() -> None:
    op.add_column('audit_entry', sa.Column('provider', sa.String(length=64), nullable=True))
    op.create_index(INDEX, 'audit_entry', ['organization_id', 'provider', 'id'])
    entry = sa.table(
        'audit_entry',
        *(sa.column(name) for name in ('organization_id', 'provider', 'action', 'subject')),
        sa.column('detail', sa.JSON()),
    )
    other = entry.alias('other')
    change = sa.update(entry).where(entry.c.provider.is_(None))
    in_detail = entry.c.detail['provider'].as_string()
    op.execute(
        change.where(entry.c.action.like('impact_source.%'), in_detail.is_not(None)).values(
            provider=in_detail
        )
    )
    op.execute(
        change.where(entry.c.action.in_(NAME_THE_PROVIDER)).values(provider=entry.c.subject)
    )
    # A name is taken for a provider where the organization has been seen to use that
    # provider; what is called otherwise stays without, and so in the organization's log only.
    slug = sa.func.lower(sa.func.replace(entry.c.subject, ' ', '-'))
    is_used = sa.exists().where(
        other.c.organization_id == entry.c.organization_id, other.c.provider == slug
    )
    op.execute(change.where(entry.c.action.in_(NAME_THE_TRACKER), is_used).values(provider=slug))


def downgrade() -> None:
    op.drop_index(INDEX, 'audit_entry')
    op.drop_column('audit_entry', 'provider')
