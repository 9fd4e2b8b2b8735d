"""Changing the tables of a database that is in use."""

from __future__ import annotations

from typing import Any

import flask_migrate
import pytest
from sqlalchemy import func, select, text

from sleuth.extensions import db, write
from sleuth.factory import create_app
from sleuth.impact.disabling import disable_integration
from sleuth.impact.models import ErrorCount
from sleuth.serve.prepare import migrate
from tests.conftest import Cast
from tests.dashboard import seed

pytestmark = pytest.mark.sqlite


def measure(cast: Cast) -> None:
    """Store an integration, an impact source of it, and a count of that; inside ``write()``."""
    integration = seed.add_integration(cast.project)
    source = seed.add_source(integration, cast.project.default_environment)
    db.session.add(ErrorCount(impact_source_id=source.id, bucket_start=60, count=3))


def test_making_a_table_anew_takes_nothing_along_that_refers_to_it(
    settings: dict[str, Any],
) -> None:
    app = create_app(settings)
    migrate(app)
    with app.app_context():
        with write():
            measure(Cast())
        db.session.remove()
        flask_migrate.downgrade(revision="0003")
        flask_migrate.upgrade()
        assert db.session.scalar(select(func.sum(ErrorCount.count))) == 3


def test_taking_a_migration_back_deletes_what_is_disabled(settings: dict[str, Any]) -> None:
    app = create_app(settings)
    migrate(app)
    with app.app_context():
        with write():
            cast = Cast()
            measure(cast)
        disable_integration(cast.acme.id, "sentry", "Sentry")
        db.session.remove()
        flask_migrate.downgrade(revision="0003")
        flask_migrate.upgrade()
        assert db.session.scalar(select(func.sum(ErrorCount.count))) is None


def test_after_a_migration_the_database_looks_at_foreign_keys_again(
    settings: dict[str, Any],
) -> None:
    app = create_app(settings)
    migrate(app)
    with app.app_context():
        assert db.session.scalar(text("PRAGMA foreign_keys")) == 1
