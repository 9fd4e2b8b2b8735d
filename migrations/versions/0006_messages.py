"""messages to administrators

Revision: 0006
Follows: 0005
"""

import sqlalchemy as sa
from alembic import op

revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None

IS_WEBHOOK = sa.text("kind = 'webhook'")
IS_OF_INTEGRATION = sa.text("impact_source_id IS NULL AND closed_at IS NULL")
IS_OF_SOURCE = sa.text("impact_source_id IS NOT NULL AND closed_at IS NULL")


def upgrade() -> None:
    _create_channel()
    _create_notice()
    _create_delivery()


def _moment(name: str, *, nullable: bool = True) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _reference(table: str, column: str, target: str, ondelete: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column],
        [f'{target}.id'],
        name=op.f(f'fk_{table}_{column}_{target}'),
        ondelete=ondelete,
    )


def _create_channel() -> None:
    op.create_table(
        'channel',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('public_id', sa.String(length=32), nullable=False),
        sa.Column('organization_id', sa.Integer(), nullable=False),
        sa.Column('kind', sa.String(length=20), nullable=False),
        sa.Column('name', sa.String(length=255), nullable=False),
        sa.Column('service', sa.String(length=40), nullable=False),
        sa.Column('address', sa.Text(), nullable=False),
        sa.Column('secret', sa.Text(), nullable=True),
        sa.Column('created_by_id', sa.Integer(), nullable=True),
        _moment('created_at', nullable=False),
        _reference('channel', 'organization_id', 'organization', 'CASCADE'),
        _reference('channel', 'created_by_id', 'user_account', 'SET NULL'),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_channel')),
        sa.UniqueConstraint('public_id', name=op.f('uq_channel_public_id')),
    )
    op.create_index(op.f('ix_channel_organization_id'), 'channel', ['organization_id'])
    _unique_where('uq_channel_webhook', 'channel', 'organization_id', IS_WEBHOOK)


def _create_notice() -> None:
    op.create_table(
        'notice',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('integration_id', sa.Integer(), nullable=False),
        sa.Column('impact_source_id', sa.Integer(), nullable=True),
        _moment('began_at', nullable=False),
        _moment('opened_at', nullable=False),
        _moment('told_at'),
        _moment('recovered_at'),
        _moment('closed_at'),
        _reference('notice', 'integration_id', 'integration', 'CASCADE'),
        _reference('notice', 'impact_source_id', 'impact_source', 'CASCADE'),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_notice')),
    )
    op.create_index(op.f('ix_notice_integration_id'), 'notice', ['integration_id'])
    op.create_index(op.f('ix_notice_closed_at'), 'notice', ['closed_at'])
    _unique_where('uq_notice_of_integration', 'notice', 'integration_id', IS_OF_INTEGRATION)
    _unique_where('uq_notice_of_source', 'notice', 'impact_source_id', IS_OF_SOURCE)


def _create_delivery() -> None:
    op.create_table(
        'delivery',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('public_id', sa.String(length=32), nullable=False),
        sa.Column('organization_id', sa.Integer(), nullable=False),
        sa.Column('channel_id', sa.Integer(), nullable=True),
        sa.Column('integration_id', sa.Integer(), nullable=True),
        sa.Column('channel_name', sa.String(length=255), nullable=False),
        sa.Column('kind', sa.String(length=40), nullable=False),
        sa.Column('title', sa.Text(), nullable=False),
        sa.Column('body', sa.Text(), nullable=False),
        sa.Column('facts', sa.JSON(), nullable=False),
        sa.Column('state', sa.String(length=20), nullable=False),
        sa.Column('attempts', sa.Integer(), nullable=False),
        sa.Column('outcome', sa.Text(), nullable=False),
        _moment('due_at'),
        _moment('claimed_until'),
        _moment('created_at', nullable=False),
        _moment('sent_at'),
        _reference('delivery', 'organization_id', 'organization', 'CASCADE'),
        _reference('delivery', 'channel_id', 'channel', 'SET NULL'),
        _reference('delivery', 'integration_id', 'integration', 'SET NULL'),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_delivery')),
        sa.UniqueConstraint('public_id', name=op.f('uq_delivery_public_id')),
    )
    op.create_index(op.f('ix_delivery_organization_id_id'), 'delivery', ['organization_id', 'id'])
    op.create_index(op.f('ix_delivery_state_due_at'), 'delivery', ['state', 'due_at'])
    op.create_index(op.f('ix_delivery_channel_id'), 'delivery', ['channel_id'])
    op.create_index(op.f('ix_delivery_integration_id'), 'delivery', ['integration_id'])
    op.create_index(op.f('ix_delivery_created_at'), 'delivery', ['created_at'])


def _unique_where(name: str, table: str, column: str, condition: sa.TextClause) -> None:
    op.create_index(
        name, table, [column], unique=True, sqlite_where=condition, postgresql_where=condition
    )


def downgrade() -> None:
    for table in ('delivery', 'notice', 'channel'):
        op.drop_table(table)
