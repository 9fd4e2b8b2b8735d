"""What migrations make of rows that are there already."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import flask_migrate
import pytest
from alembic.script import ScriptDirectory
from flask import Flask
from sqlalchemy import Connection, MetaData, Table, insert, text

from sleuth import migrating
from sleuth.extensions import db
from sleuth.factory import create_app

pytestmark = pytest.mark.sqlite

ENTRIES = {
    # (action, subject, detail): the provider that becomes known.
    ("connect.check_started", "sentry", "{}"): "sentry",
    ("integration.connected", "Sentry", '{"account": "Ada"}'): "sentry",
    ("integration.paused", "Bug Net", "{}"): None,
    ("impact_source.check_started", "roll-bar", "{}"): "roll-bar",
    ("integration.disabled", "Roll Bar", "{}"): "roll-bar",
    ("impact_source.added", "Web", '{"provider": "sentry"}'): "sentry",
    ("impact_source.added", "Web", "{}"): None,
    ("project.created", "sentry", "{}"): None,
}


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Flask]:
    """An application whose database has no tables yet."""
    application = create_app({"SLEUTH_DATA_DIR": str(tmp_path), "SLEUTH_SECRET_KEY": "key"})
    migrating.init_app(application)
    with application.app_context():
        yield application
        db.session.remove()
        db.engine.dispose()


def upgrade_to_just_before(revision: str) -> None:
    scripts = ScriptDirectory(str(migrating.DIRECTORY))
    before = scripts.get_revision(revision).down_revision
    assert isinstance(before, str)
    flask_migrate.upgrade(revision=before)


def add_row(connection: Connection, name: str, **values: object) -> None:
    """Add a row to a table as it was then; what must not be empty and is not given, is plain."""
    table = Table(name, MetaData(), autoload_with=connection)
    plain = {"DATETIME": datetime(2026, 1, 1, tzinfo=UTC), "JSON": [], "VARCHAR": "x", "TEXT": ""}
    needed = {
        column.name: plain.get(str(column.type).partition("(")[0], 1)
        for column in table.columns
        if not column.nullable
    }
    connection.execute(insert(table).values({**needed, **values}))


def test_old_verdicts_get_an_id_of_their_own_and_say_that_their_source_went(app: Flask) -> None:
    upgrade_to_just_before("0012")
    with db.engine.begin() as connection:
        for name in ("organization", "project", "environment", "code_deployment", "deploy"):
            add_row(connection, name)
        gap = {"reason": "gap", "is_final": True}
        waiting = {"reason": "pending", "next_look": 2}
        for id_, reason, made in ((1, "gap", gap), (2, "no_source", waiting)):
            add_row(connection, "verdict", id=id_, reason=reason, assessment=made)
        add_row(connection, "verdict_change", verdict_id=2)
    flask_migrate.upgrade()
    with db.engine.connect() as connection:
        rows = connection.execute(text("SELECT public_id, assessment FROM verdict ORDER BY id"))
        (first, still), (second, gone) = rows.all()
        changes = connection.execute(text("SELECT count(*) FROM verdict_change")).scalar_one()
    assert first != second
    assert min(len(first), len(second)) > 20
    assert changes == 1
    assert json.loads(still) == gap
    assert json.loads(gone)["reason"] == "no_source"
    assert json.loads(gone)["next_look"] is None


def test_the_audit_log_learns_which_integration_an_old_entry_is_about(app: Flask) -> None:
    upgrade_to_just_before("0007")
    with db.engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO organization (id, name, slug, created_at)"
                " VALUES (1, 'Acme', 'acme', '2026-01-01 00:00:00')"
            )
        )
        for action, subject, detail in ENTRIES:
            connection.execute(
                text(
                    "INSERT INTO audit_entry"
                    " (organization_id, actor_label, action, subject, detail, created_at) VALUES"
                    " (1, 'system', :action, :subject, :detail, '2026-01-01 00:00:00')"
                ),
                {"action": action, "subject": subject, "detail": detail},
            )
    flask_migrate.upgrade()
    with db.engine.connect() as connection:
        found = connection.execute(text("SELECT provider FROM audit_entry ORDER BY id"))
        assert [row[0] for row in found] == list(ENTRIES.values())


def test_old_deploys_learn_how_large_they_are(app: Flask) -> None:
    upgrade_to_just_before("0016")
    commit = {"revision": "a", "date": "2026-03-01T10:00:00+00:00", "author": {"name": "Ada"}}
    told = {"commits": [commit, {**commit, "date": "2026-02-01T10:00:00+00:00"}]}
    with db.engine.begin() as connection:
        for name in ("organization", "project", "environment", "code_deployment"):
            add_row(connection, name)
        for number in range(1, 121):
            add_row(connection, "deploy", id=number, public_id=str(number), **told)
        add_row(connection, "deploy", id=121, public_id="plain")
    flask_migrate.upgrade()
    columns = "size, author_count, first_commit_at"
    with db.engine.connect() as connection:
        rows = connection.execute(text(f"SELECT {columns} FROM deploy ORDER BY id")).all()
    assert set(rows[:120]) == {("small", 1, "2026-02-01 10:00:00.000000")}
    assert rows[120] == ("", 0, None)
