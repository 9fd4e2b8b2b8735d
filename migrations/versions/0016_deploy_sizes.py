"""how large deploys are, by how many, and since when in the making

Revision: 0016
Follows: 0015
"""

from datetime import datetime

import sqlalchemy as sa
from alembic import op

revision = '0016'
down_revision = '0015'
branch_labels = None
depends_on = None

SLICE = 50
"""Deploys that are read at a time; each may tell of thousands of files."""

LARGEST = {
    'small': (1, 10, 10, 300),
    'medium': (2, 20, 30, 1000),
    'large': (4, 30, 100, 3000),
}
DEPLOY = sa.table(
    'deploy',
    sa.column('id', sa.Integer),
    sa.column('commits', sa.JSON),
    sa.column('files', sa.JSON),
    sa.column('pull_requests', sa.JSON),
    sa.column('first_commit_at', sa.DateTime(timezone=True)),
    sa.column('author_count', sa.Integer),
    sa.column('size', sa.String),
)


def upgrade() -> None:
    op.add_column('deploy', sa.Column('first_commit_at', sa.DateTime(timezone=True)))
    counts = sa.Column('author_count', sa.Integer(), nullable=False, server_default='0')
    op.add_column('deploy', counts)
    sizes = sa.Column('size', sa.String(length=10), nullable=False, server_default='')
    op.add_column('deploy', sizes)
    measure_all()


def measure_all() -> None:
    connection = op.get_bind()
    known = sa.select(DEPLOY.c.id, DEPLOY.c.commits, DEPLOY.c.files, DEPLOY.c.pull_requests)
    known = known.order_by(DEPLOY.c.id).limit(SLICE)
    measured = sa.update(DEPLOY).where(DEPLOY.c.id == sa.bindparam('of'))
    measured = measured.values(
        {name: sa.bindparam(f'new_{name}') for name in ('first_commit_at', 'author_count', 'size')}
    )
    last = 0
    while rows := connection.execute(known.where(DEPLOY.c.id > last)).all():
        connection.execute(measured, [{'of': row.id, **measures(row)} for row in rows])
        last = rows[-1].id


def measures(row: sa.Row) -> dict[str, object]:
    commits, files, pull_requests = (
        [each for each in told or () if isinstance(each, dict)]
        for told in (row.commits, row.files, row.pull_requests)
    )
    authors = [each['author'] for each in commits if isinstance(each.get('author'), dict)]
    names = [each.get('email') or each.get('username') or each.get('name') for each in authors]
    dates = [datetime.fromisoformat(each['date']) for each in commits if each.get('date')]
    return {
        'new_first_commit_at': min(dates, default=None),
        'new_author_count': len({name.casefold() for name in names if name}),
        'new_size': size_of(commits, files, pull_requests),
    }


def size_of(commits: list[dict], files: list[dict], pull_requests: list[dict]) -> str:
    changed = files or [each for commit in commits for each in commit.get('files') or ()]
    if not commits and not changed:
        return ''
    paths = {each.get('path') for each in changed}
    counts = [each.get(name) for each in changed for name in ('additions', 'deletions')]
    lines = sum(count for count in counts if isinstance(count, int))
    found = (len(pull_requests), len(commits), len(paths), lines)
    for size, limits in LARGEST.items():
        if all(measure <= limit for measure, limit in zip(found, limits)):
            return size
    return 'gigantic'


def downgrade() -> None:
    with op.batch_alter_table('deploy', schema=None) as batch_op:
        for name in ('size', 'author_count', 'first_commit_at'):
            batch_op.drop_column(name)
