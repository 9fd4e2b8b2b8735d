"""verdicts that an address can name

Revision: 0012
Follows: 0011
"""

import secrets

import sqlalchemy as sa
from alembic import op

revision = '0012'
down_revision = '0011'
branch_labels = None
depends_on = None

SLICE = 1000
VERDICT = sa.table(
    'verdict',
    sa.column('id', sa.Integer),
    sa.column('public_id', sa.String),
    sa.column('reason', sa.String),
    sa.column('assessment', sa.JSON),
)


def upgrade() -> None:
    op.add_column('verdict', sa.Column('public_id', sa.String(length=32), nullable=True))
    name_all()
    explain_orphans()
    with op.batch_alter_table('verdict', schema=None) as batch_op:
        batch_op.alter_column('public_id', existing_type=sa.String(length=32), nullable=False)
        batch_op.create_unique_constraint(op.f('uq_verdict_public_id'), ['public_id'])


def name_all() -> None:
    connection = op.get_bind()
    ids = connection.execute(sa.select(VERDICT.c.id)).scalars().all()
    named = sa.update(VERDICT).where(VERDICT.c.id == sa.bindparam('of'))
    named = named.values(public_id=sa.bindparam('name'))
    for first in range(0, len(ids), SLICE):
        some = ids[first : first + SLICE]
        connection.execute(named, [{'of': id_, 'name': secrets.token_urlsafe(16)} for id_ in some])


def explain_orphans() -> None:
    """Let the assessment itself say that its source went, as it does from now on."""
    connection = op.get_bind()
    orphans = sa.select(VERDICT.c.id, VERDICT.c.assessment)
    closed = {'health': 'unknown', 'reason': 'no_source', 'is_final': True, 'next_look': None}
    for id_, made in connection.execute(orphans.where(VERDICT.c.reason == 'no_source')).all():
        row = sa.update(VERDICT).where(VERDICT.c.id == id_)
        connection.execute(row.values(assessment={**(made or {}), **closed}))


def downgrade() -> None:
    with op.batch_alter_table('verdict', schema=None) as batch_op:
        batch_op.drop_constraint(op.f('uq_verdict_public_id'), type_='unique')
        batch_op.drop_column('public_id')
