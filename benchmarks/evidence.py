"""What opening the evidence of a verdict costs, beside an ordinary page; and a replay.

    .venv/bin/python benchmarks/evidence.py [--rounds N]

One application on a database of its own, with forty deploys, eight days of counts and a
verdict that the detector made at eight looks. Both are asked for by a signed-in member,
in turn, so that whatever slows the machine slows both. The floor is a signed-in view with
five indexed selects and a table of 50 rows. Then replay.py is run in the same way. Ends with 1
if either takes longer than promised.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from statistics import median

from flask import Flask, g, render_template
from flask.testing import FlaskClient
from jinja2 import Template
from sqlalchemy import select

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks import replay  # noqa: E402
from sleuth import clock, config, migrating  # noqa: E402
from sleuth.accounts import permissions  # noqa: E402
from sleuth.accounts.models import Membership, Organization, Role, User  # noqa: E402
from sleuth.deploys.models import CodeDeployment, Deploy  # noqa: E402
from sleuth.extensions import db, write  # noqa: E402
from sleuth.factory import create_app  # noqa: E402
from sleuth.health import service  # noqa: E402
from sleuth.health.detector import DEFAULT  # noqa: E402
from sleuth.health.models import Verdict  # noqa: E402
from sleuth.ids import new_public_id  # noqa: E402
from sleuth.impact.models import ImpactSource  # noqa: E402
from sleuth.projects.models import Environment, Project  # noqa: E402
from tests.conftest import PASSWORD, PASSWORD_HASH  # noqa: E402
from tests.dashboard import seed  # noqa: E402
from tests.health.story import count  # noqa: E402

PROMISED = 1.5
WARMING = 20
EMAIL = "olga@watched.test"
FLOOR = """{% extends "base.html" %}
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


def main() -> int:
    """Measure and print; return the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=300)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder:
        app = make_app(folder)
        with app.app_context():
            verdict = fill()
            pages = {
                "the floor": "/o/watched/floor",
                "evidence": f"/o/watched/deploys/{verdict.deploy.public_id}"
                f"/evidence/{verdict.public_id}",
            }
            db.session.remove()
        took = measure(sign_in(app), pages, rounds)
        with app.app_context():
            db.engine.dispose()
    is_kept = report(took)
    return max(replay.measure(), 0 if is_kept else 1)


def make_app(folder: str) -> Flask:
    """Return the product's application, with the floor as a page beside its own."""
    os.environ.update({"SLEUTH_DATA_DIR": folder, "SLEUTH_DATABASE_URL": ""})
    config.create_keys(Path(folder))
    app = create_app()
    migrating.upgrade(app)
    permissions.ENDPOINTS["floor"] = permissions.Permission.LOOK
    page = app.jinja_env.from_string(FLOOR)
    app.add_url_rule("/o/<organization_slug>/floor", "floor", lambda: floor(page))
    return app


def floor(page: Template) -> str:
    """Show 50 rows after five indexed selects; compiled once, as the product's templates are."""
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


def fill() -> Verdict:
    """Add an organization with fifty deploys; return the verdict on the newest one."""
    with write():
        project = add_organization()
        deployment = seed.add_deployment(project, "Web shop")
        now = clock.now()
        at = now - timedelta(days=1, hours=1)
        source = seed.add_source(
            seed.add_integration(project), project.default_environment, judges_from=at
        )
        for days in range(2, 52):
            seed.add_deploy(deployment, deployed_at=now - timedelta(days=days))
        deploy = seed.add_deploy(deployment, deployed_at=at)
    count(source, at - timedelta(days=8), at, 2)
    count(source, at, at + timedelta(minutes=8), 2)
    count(source, at + timedelta(minutes=8), now, 9)
    for look in DEFAULT.looks:
        with clock.frozen(at + timedelta(minutes=look + 1)):
            service.assess_deploy(deploy.id)
    service.assess_deploy(deploy.id)
    return db.session.scalars(select(Verdict).where(Verdict.deploy_id == deploy.id)).one()


def add_organization() -> Project:
    """Add an organization with an owner and a project."""
    now = clock.now()
    organization = Organization(name="Watched", slug="watched", created_at=now)
    user = User(email=EMAIL, name="Olga", password_hash=PASSWORD_HASH, created_at=now)
    db.session.add_all([organization, user])
    db.session.flush()
    project = Project(organization_id=organization.id, slug="shop", name="Shop", created_at=now)
    db.session.add(project)
    db.session.flush()
    environment = Environment(
        project_id=project.id,
        slug="production",
        name="Production",
        is_default=True,
        created_at=now,
    )
    membership = Membership(
        public_id=new_public_id(),
        organization_id=organization.id,
        user_id=user.id,
        role=Role.OWNER,
        created_at=now,
    )
    db.session.add_all([environment, membership])
    db.session.flush()
    return project


def sign_in(app: Flask) -> FlaskClient:
    """Return a browser in which the owner is signed in."""
    app.config["WTF_CSRF_ENABLED"] = False
    client = app.test_client()
    answer = client.post("/sign-in", data={"email": EMAIL, "password": PASSWORD})
    if answer.status_code not in {302, 303}:
        sys.exit("Nobody could sign in.")
    return client


def measure(client: FlaskClient, pages: dict[str, str], rounds: int) -> dict[str, list[float]]:
    """Return the milliseconds of each request, both pages in turn."""
    took: dict[str, list[float]] = {name: [] for name in pages}
    for round_ in range(rounds + WARMING):
        for name, url in pages.items():
            headers = {"HX-Request": "true"} if name == "evidence" else {}
            seconds = timed(lambda url=url, headers=headers: opened(client, url, headers))
            if round_ >= WARMING:
                took[name].append(1000 * seconds)
    return took


def opened(client: FlaskClient, url: str, headers: dict[str, str]) -> None:
    """Ask for a page and read all of it."""
    answer = client.get(url, headers=headers)
    if answer.status_code != 200 or not answer.data:
        sys.exit(f"{url} answered {answer.status}.")


def timed(work: Callable[[], None]) -> float:
    """Return the seconds of one run."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def report(took: dict[str, list[float]]) -> bool:
    """Print the figures; tell whether the promise is kept."""
    for name, each in took.items():
        ordered = sorted(each)
        print(
            f"{name:<12}{median(each):8.2f} ms, nine in ten under {ordered[-len(each) // 10]:.2f}"
        )
    ratio = median(took["evidence"]) / median(took["the floor"])
    print(f"{'ratio':<12}{ratio:8.2f} x the floor     promised: {PROMISED} x at most")
    return ratio <= PROMISED


if __name__ == "__main__":
    sys.exit(main())
