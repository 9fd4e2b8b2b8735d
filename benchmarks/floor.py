"""What pages are measured against: an ordinary page of the same application, in the same run.

The floor is a signed-in view with five indexed selects, the base layout and a table of 50 rows.
Whatever slows the machine slows it as much as what is measured, because both are asked for in turn.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from flask import Flask, g, render_template
from flask.testing import FlaskClient
from jinja2 import Template
from sqlalchemy import select
from werkzeug.test import EnvironBuilder, run_wsgi_app

ROOT = Path(__file__).resolve().parent.parent
# What is imported below is found by this path: hence E402 there.
sys.path.insert(0, str(ROOT))

from sleuth import clock, config, migrating  # noqa: E402
from sleuth.accounts import permissions  # noqa: E402
from sleuth.accounts.models import Membership, Organization, Role, User  # noqa: E402
from sleuth.deploys.models import CodeDeployment, Deploy  # noqa: E402
from sleuth.extensions import db  # noqa: E402
from sleuth.factory import create_app  # noqa: E402
from sleuth.ids import new_public_id  # noqa: E402
from sleuth.impact.models import ImpactSource  # noqa: E402
from sleuth.processes import collect_garbage_seldom  # noqa: E402
from sleuth.projects.models import Environment, Project  # noqa: E402
from tests.conftest import PASSWORD, PASSWORD_HASH  # noqa: E402
from tests.weighing import ACCEPTS  # noqa: E402

URL = "/o/watched/floor"
NAME = "the floor"
WARMING = 20
EMAIL = "olga@watched.test"
PAGE = """{% extends "base.html" %}
{% from "_ui.html" import time_at %}
{% block title %}Floor{% endblock %}
{% block content %}
<table class="table">
  {% for row in rows %}
    <tr>
      <td>{{ row.revision }}</td><td>{{ row.branch }}</td><td>{{ time_at(row.deployed_at) }}</td>
    </tr>
  {% endfor %}
</table>
{% endblock %}"""


@dataclass(frozen=True)
class Took:
    """What one kind of call took each time, in milliseconds: in all, and of the processor.

    Of a busy machine, the latter tells more.
    """

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    def ratios(self, base: Took) -> tuple[float, float]:
        """Return how many times as much it is as something else: in all, of the processor."""
        return median(self.wall) / median(base.wall), median(self.cpu) / median(base.cpu)


def make_app(folder: str) -> Flask:
    """Return the product's application, with the floor as a page beside its own."""
    os.environ.update({"SLEUTH_DATA_DIR": folder, "SLEUTH_DATABASE_URL": ""})
    config.create_keys(Path(folder))
    app = create_app()
    migrating.upgrade(app)
    permissions.ENDPOINTS["floor"] = permissions.Permission.LOOK
    page = app.jinja_env.from_string(PAGE)  # compiled once, as the product's templates are
    app.add_url_rule("/o/<organization_slug>/floor", "floor", lambda: show(page))
    collect_garbage_seldom()  # as the product's web server does
    return app


def show(page: Template) -> str:
    """Show 50 rows after five indexed selects."""
    organization_id = g.organization.id
    project = db.session.scalars(
        select(Project).where(Project.organization_id == organization_id)
    ).first()
    rows = db.session.scalars(
        select(Deploy)
        .where(Deploy.organization_id == organization_id)
        .order_by(Deploy.deployed_at.desc())
        .limit(50)
    ).all()
    for statement in (
        select(Environment).where(Environment.project_id == project.id if project else 0),
        select(CodeDeployment).where(CodeDeployment.organization_id == organization_id),
        select(ImpactSource).where(ImpactSource.organization_id == organization_id),
    ):
        db.session.scalars(statement).all()
    return render_template(page, rows=rows)


def add_organization() -> Organization:
    """Add an organization with an owner, inside ``with write():``."""
    now = clock.now()
    organization = Organization(name="Watched", slug="watched", created_at=now)
    user = User(email=EMAIL, name="Olga", password_hash=PASSWORD_HASH, created_at=now)
    db.session.add_all([organization, user])
    db.session.flush()
    membership = Membership(
        public_id=new_public_id(),
        organization_id=organization.id,
        user_id=user.id,
        role=Role.OWNER,
        created_at=now,
    )
    db.session.add(membership)
    db.session.flush()
    return organization


def add_project(organization: Organization, name: str, environments: tuple[str, ...]) -> Project:
    """Add a project inside ``with write():``; deploys go to its first environment by default."""
    now = clock.now()
    project = Project(organization_id=organization.id, slug=name.lower(), name=name, created_at=now)
    db.session.add(project)
    db.session.flush()
    for each in environments:
        environment = Environment(
            project_id=project.id,
            slug=each.lower(),
            name=each,
            is_default=each == environments[0],
            created_at=now,
        )
        db.session.add(environment)
        db.session.flush()
    return project


def sign_in(app: Flask, email: str = EMAIL) -> FlaskClient:
    """Return a browser in which somebody is signed in, the owner if nobody else is named."""
    app.config["WTF_CSRF_ENABLED"] = False
    client = app.test_client()
    answer = client.post("/sign-in", data={"email": email, "password": PASSWORD})
    if answer.status_code not in {302, 303}:
        sys.exit("Nobody could sign in.")
    return client


def measure(calls: Mapping[str, Callable[[], None]], rounds: int) -> dict[str, Took]:
    """Return what each call takes, all of them in turn."""
    took = {name: Took() for name in calls}
    for round_ in range(rounds + WARMING):
        for name, call in calls.items():
            began, cpu = time.perf_counter(), time.process_time()
            call()
            if round_ >= WARMING:
                took[name].wall.append(1000 * (time.perf_counter() - began))
                took[name].cpu.append(1000 * (time.process_time() - cpu))
    return took


def asking(
    client: FlaskClient, url: str, headers: Mapping[str, str] | None = None, status: int = 200
) -> Callable[[], None]:
    """Return a call that asks for a page as a browser does, and reads all of it."""
    cookie = client.get_cookie("sleuth_session")
    sent = {**ACCEPTS, **(headers or {})}
    if cookie is not None:
        sent["Cookie"] = f"{cookie.key}={cookie.value}"
    where, _, query = url.partition("?")
    environ = EnvironBuilder(
        path=where, query_string=query, headers=sent, environ_base=client.environ_base
    ).get_environ()

    def ask() -> None:
        parts, answered, _ = run_wsgi_app(client.application, dict(environ), buffered=True)
        if not answered.startswith(f"{status} ") or not (b"".join(parts) or status == 204):
            sys.exit(f"{url} answered {answered}.")

    return ask
