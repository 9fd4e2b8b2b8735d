"""What pages cost: the server's time beside an ordinary page, statements, and bytes.

    .venv/bin/python benchmarks/pages.py [--rounds N] [--deploys N]

One application on a database of its own with 10,000 judged deploys of 90 days, ten projects and 50
impact sources. Everything is asked for in turn by a signed-in owner, as a browser asks, compression
included, inside one process and without a network. The floor is described in floor.py. Ends with 1
if anything is more than promised.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from statistics import median

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

ROOT = Path(__file__).resolve().parent.parent
# What is imported below is found by this path: hence E402 there.
sys.path.insert(0, str(ROOT))

from benchmarks import company, floor  # noqa: E402
from sleuth import queue  # noqa: E402
from sleuth.accounts.organizations import create_organization_with_owner  # noqa: E402
from sleuth.dashboard import changes  # noqa: E402
from sleuth.deploys.models import Deploy  # noqa: E402
from sleuth.extensions import db  # noqa: E402
from sleuth.health.models import Verdict  # noqa: E402
from tests import weighing  # noqa: E402
from tests.conftest import PASSWORD  # noqa: E402

HTMX = {"HX-Request": "true"}
HOME = "/o/watched"
QUIET = "quincy@quiet.test"
INTEGRATIONS = f"{HOME}/integrations/error-trackers"


@dataclass(frozen=True)
class Measured:
    """Something that is asked for.

    Args:
        promised: The most it may take, times the floor; None if it is shown for comparison.
    """

    name: str
    call: Callable[[], None]
    promised: float | None = None


def main() -> int:
    """Measure and print; return the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=150)
    parser.add_argument("--deploys", type=int, default=10_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        app = floor.make_app(folder)
        with app.app_context():
            company.fill(options.deploys)
            db.session.remove()
        client = floor.sign_in(app)
        wanted = what_is_measured(app, client)
        took = floor.measure({each.name: each.call for each in wanted}, options.rounds)
        kept = [report(each, took) for each in wanted]
        kept += [report_statements(app, each) for each in wanted]
        kept += report_weights(app, client)
        with app.app_context():
            db.engine.dispose()
    return 0 if all(kept) else 1


def what_is_measured(app: Flask, client: FlaskClient) -> list[Measured]:
    """Return the floor and what is measured by it."""
    with app.app_context():
        quiet = quiet_place()
        verdict = a_verdict()
        page = f"{HOME}/deploys/{verdict.deploy.public_id}"
        answer = f"{page}/verdicts/{verdict.public_id}/answer"
        db.session.remove()
    elsewhere = floor.sign_in(app, QUIET)
    return [
        Measured(floor.NAME, floor.asking(client, floor.URL)),
        Measured("integrations", floor.asking(client, INTEGRATIONS), 1.5),
        Measured("pause, resume", posting_in_turn(client), 2.0),
        Measured("answer", answering(client, answer, verdict.health), 2.0),
        Measured("dashboard", floor.asking(client, f"{HOME}/"), 6.0),
        Measured("nothing changed", floor.asking(elsewhere, quiet, HTMX, 204), 0.3),
        Measured("card", floor.asking(client, f"{page}/card", HTMX)),
        Measured("deploy page", floor.asking(client, page)),
        Measured("sign-in", floor.asking(app.test_client(), "/sign-in")),
    ]


def quiet_place() -> str:
    """Return what asks for changes where there are none: what is measured makes events."""
    quiet = create_organization_with_owner("Quiet", "Quincy", QUIET, PASSWORD)
    return f"/o/{quiet.slug}/changes?after={changes.latest(quiet.id)}"


def a_verdict() -> Verdict:
    """Return the verdict on the newest deploy that says something."""
    newest = select(Verdict).join(Verdict.deploy).order_by(Deploy.deployed_at.desc(), Verdict.id)
    return db.session.scalars(newest.limit(1)).one()


def posting_in_turn(client: FlaskClient) -> Callable[[], None]:
    """Return a call that pauses the connected tracker, or lets it go on; nothing is enqueued."""
    urls = cycle((f"{HOME}/integrations/sentry/pause", f"{HOME}/integrations/sentry/resume"))
    queue.enqueue = lambda *_ids, **_options: True
    return lambda: post(client, next(urls), {})


def answering(client: FlaskClient, url: str, health: str) -> Callable[[], None]:
    """Return a call that answers whether a verdict was right, and takes that back in turn."""
    forms = cycle(({"answer": "yes", "health": health}, {"answer": "withdraw"}))
    return lambda: post(client, url, next(forms))


def post(client: FlaskClient, url: str, form: dict[str, str]) -> None:
    """Send what a card's button or form sends."""
    answer = client.post(url, data=form, headers={**HTMX, **weighing.ACCEPTS})
    if answer.status_code != 200:
        sys.exit(f"{url} answered {answer.status}.")


def report(each: Measured, took: dict[str, floor.Took]) -> bool:
    """Print how long it takes; tell whether that is kept what is promised."""
    ratio, cpu = took[each.name].ratios(took[floor.NAME])
    unit = f"x the floor, {cpu:.2f} x of the processor"
    return line(each.name, f"{median(took[each.name].wall):8.2f} ms", ratio, each.promised, unit)


def report_statements(app: Flask, each: Measured) -> bool:
    """Print how many statements it takes; only pages have a limit."""
    with app.app_context():
        engine = db.engine
    with weighing.statements(engine) as seen:
        each.call()
    return line(each.name, "", len(seen), weighing.MOST_STATEMENTS, "statements")


def report_weights(app: Flask, client: FlaskClient) -> list[bool]:
    """Print what first visits and an update weigh."""
    visits = {
        "sign-in": weighing.first_visit(app.test_client(), "/sign-in"),
        "integrations": weighing.first_visit(client, INTEGRATIONS),
        "dashboard": weighing.first_visit(client, f"{HOME}/"),
    }
    kept = []
    for name, each in visits.items():
        promised = weighing.MOST_BYTES / 1000
        page = f"{len(each.page.data) / 1000:8.1f} kB"
        kept.append(line(f"first: {name}", page, each.size / 1000, promised, "kB in all"))
        kept.append(line("", "", each.requests, weighing.MOST_REQUESTS, "requests"))
    with app.app_context():
        deploy = a_verdict().deploy.public_id
    update = client.get(f"{HOME}/deploys/{deploy}/card", headers={**HTMX, **weighing.ACCEPTS})
    size, promised = len(update.data) / 1000, weighing.MOST_BYTES_OF_A_CARD / 1000
    kept.append(line("update: card", "", size, promised, "kB"))
    return kept


def line(name: str, own: str, value: float, promised: float | None, unit: str) -> bool:
    """Print one figure; tell whether it is kept."""
    is_kept = promised is None or value <= promised
    words = "" if promised is None else f"promised: {promised:g} at most"
    mark = "" if is_kept else "   MISSED"
    print(f"{name:<22}{own:>11}{value:9.2f} {unit:<38}{words}{mark}")
    return is_kept


if __name__ == "__main__":
    sys.exit(main())
