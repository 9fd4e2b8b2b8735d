"""Hourglass, a tracker that declares everything at once, and ways to use its dialogs."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from sleuth.extensions import db, write
from sleuth.impact import checking
from sleuth.integrations.models import ChoiceList
from sleuth.plugin_api import TrackerError

HTMX = {"HX-Request": "true"}
INTEGRATIONS = "/o/acme/integrations"
TAB = "/o/acme/projects/shop/impact"
ADD = f"{TAB}/add/hourglass"
CHOICES = f"{TAB}/choices/hourglass"
PASTED = {"email": "ada@example.com", "api_key": "hg_0123abcd"}
ENTERED = {
    "name": "Log errors",
    "own_environment": "production",
    "tracker_project": ":shop",
    "tracker_environment": "production",
    "field_severity": "e",
    "field_team": "t-1",
    "field_service": "s-2",
    "field_tag": "checkout",
    "field_handled": "y",
}
RunJobs = Callable[[], int]


def offer(page: str, name: str) -> str:
    """Return the markup of one drop-down."""
    parts = re.split('<div class="mb-3 offered"', page)
    return next(part for part in parts[1:] if f'id="offer-{name}"' in part)


def options(page: str, name: str) -> list[str]:
    return [text.strip() for text in re.findall("<option[^>]*>([^<]*)<", offer(page, name))]


def choose(browser: FlaskClient, run_jobs: RunJobs, **chosen: str) -> str:
    """Choose something in the open dialog; return the drop-downs once all lists are there."""
    name = "team" if "field_team" in chosen else "project"
    form = {"tracker_project": ":shop", **chosen}
    browser.post(f"{CHOICES}/{name}?steers=1", data=form, headers=HTMX)
    run_jobs()
    pages = (
        browser.get(f"{CHOICES}/{each}", query_string=form, headers=HTMX).text
        for each in ("environment", "team", "service")
    )
    return "".join(pages)


def answer_on_demand(
    browser: FlaskClient, run_jobs: RunJobs, url: str, pasted: dict[str, str]
) -> None:
    """Paste credentials, and name the account when it is asked for."""
    asked = browser.post(url, data=pasted)
    run_jobs()
    attempt = re.search('name="check" value="([^"]+)"', browser.get(asked.location).text)
    assert attempt is not None
    browser.post(url, data={"check": attempt[1], "account": "Pied Piper"})
    run_jobs()


def replace_credentials(browser: FlaskClient, run_jobs: RunJobs) -> dict[str, str]:
    """Replace the credentials, answer what is asked on demand; return the new ones."""
    url = f"{INTEGRATIONS}/hourglass/replace-token"
    replaced = {"email": "bob@example.com", "api_key": "hg_99999999"}
    answer_on_demand(browser, run_jobs, url, replaced)
    return replaced


def set_choices(field_name: str, choices: list[list[str]]) -> None:
    with write():
        row = db.session.scalars(select(ChoiceList).filter_by(field_name=field_name)).one()
        row.choices = choices


def refuse_once(monkeypatch: pytest.MonkeyPatch, run_jobs: RunJobs) -> None:
    """Let a check fail."""

    def refuse(*_: object) -> None:
        raise TrackerError("Hourglass is having a break.")

    with monkeypatch.context() as patch:
        patch.setattr(checking, "_prove", refuse)
        run_jobs()


def check_url(page: str) -> str:
    found = re.search(r'hx-get="([^"]+/checks/[^"]+)"', page)
    assert found is not None
    return found[1]


def typed_into(page: str, name: str) -> str:
    found = re.search(rf'<input[^>]*name="{name}"[^>]*>', page)
    assert found is not None
    value = re.search('value="([^"]*)"', found[0])
    return value[1] if value else ""
