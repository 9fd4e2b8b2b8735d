"""Lists of choices are fetched by a job, once, and kept for a while."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import select, update

from sleuth import clock
from sleuth.extensions import db, write
from sleuth.impact.disabling import disable_integration
from sleuth.integrations import choice_lists
from sleuth.integrations.models import ChoiceList
from tests.conftest import NOW
from tests.impact.declared.dialogs import (
    CHOICES,
    HTMX,
    RunJobs,
    choose,
)


def test_a_list_is_kept_for_some_minutes(
    connected: FlaskClient, run_jobs: RunJobs, queued: list[Any]
) -> None:
    choose(connected, run_jobs)
    chosen = {"tracker_project": ":shop"}
    connected.post(f"{CHOICES}/team", data=chosen, headers=HTMX)
    assert queued == []
    with clock.frozen(NOW + timedelta(minutes=11)):
        connected.post(f"{CHOICES}/team", data=chosen, headers=HTMX)
    assert [job[0] for job in queued] == [choice_lists.CHOICES_JOB]


def test_a_lost_queue_is_made_good_by_the_tick(connected: FlaskClient, queued: list[Any]) -> None:
    connected.post(f"{CHOICES}/team", data={"tracker_project": ":shop"}, headers=HTMX)
    queued.clear()
    (list_id,) = choice_lists.due_list_ids(NOW)
    later = NOW + timedelta(seconds=21)
    with clock.frozen(later):
        chosen = {"tracker_project": ":shop"}
        page = connected.get(f"{CHOICES}/team", query_string=chosen, headers=HTMX).text
        assert "No worker has taken this up yet" in page
        choice_lists.list_choices(list_id)
    assert choice_lists.due_list_ids(later) == []


def test_while_a_list_is_fetched_the_dialog_is_left_alone(
    connected: FlaskClient, queued: list[Any]
) -> None:
    chosen = {"tracker_project": ":shop"}
    connected.post(f"{CHOICES}/team", data=chosen, headers=HTMX)
    looked = connected.get(f"{CHOICES}/team", query_string=chosen, headers=HTMX)
    assert (looked.status_code, looked.text) == (204, "")
    with clock.frozen(NOW + timedelta(seconds=21)):
        page = connected.get(f"{CHOICES}/team", query_string=chosen, headers=HTMX).text
        assert "No worker has taken this up yet" in page
        assert "<select" not in page
        (watched,) = re.findall('hx-get="([^"]+)"', page)
        assert connected.get(f"{watched}&tracker_project=:shop", headers=HTMX).status_code == 204


def test_a_list_that_is_being_fetched_is_not_asked_for_again(
    connected: FlaskClient, queued: list[Any]
) -> None:
    chosen = {"tracker_project": ":shop"}
    connected.post(f"{CHOICES}/team", data=chosen, headers=HTMX)
    connected.post(f"{CHOICES}/team?again=1", data=chosen, headers=HTMX)
    assert len(queued) == 1


def test_a_list_that_a_worker_has_taken_up_is_not_said_to_wait_for_one(
    connected: FlaskClient, queued: list[Any]
) -> None:
    chosen = {"tracker_project": ":shop"}
    connected.post(f"{CHOICES}/team", data=chosen, headers=HTMX)
    with write():
        later = NOW + timedelta(seconds=90)
        db.session.execute(update(ChoiceList).values(claimed_until=later))
    with clock.frozen(NOW + timedelta(seconds=21)):
        looked = connected.get(f"{CHOICES}/team", query_string=chosen, headers=HTMX)
    assert looked.status_code == 204


def test_lists_go_with_the_integration(connected: FlaskClient, run_jobs: RunJobs, cast) -> None:
    choose(connected, run_jobs)
    disable_integration(cast.acme.id, "hourglass", "Hourglass")
    assert db.session.scalars(select(ChoiceList)).all() == []


def test_old_lists_are_forgotten(connected: FlaskClient, run_jobs: RunJobs) -> None:
    choose(connected, run_jobs)
    choice_lists.forget_old(NOW + timedelta(minutes=59))
    assert db.session.scalars(select(ChoiceList)).all() != []
    choice_lists.forget_old(NOW + timedelta(minutes=60))
    assert db.session.scalars(select(ChoiceList)).all() == []
