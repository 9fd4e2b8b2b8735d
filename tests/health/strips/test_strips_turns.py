"""When a worker looks at how an environment has been."""

from __future__ import annotations

from sleuth.extensions import db, write
from sleuth.health import strips
from sleuth.health.strips import AT_ONCE
from sleuth.ids import new_public_id
from sleuth.impact.models import ImpactSource
from sleuth.projects import service as projects
from tests.conftest import NOW, Cast
from tests.health.strips.looking import (
    DAY,
    MINUTE,
    healths,
    refresh,
    row,
    view,
)


def test_an_environment_without_an_impact_source_is_left_alone(cast) -> None:
    assert strips.due(NOW) == []


def test_the_first_impact_source_is_reason_enough_for_once(counted) -> None:
    counted()
    assert strips.due(NOW) == [0]
    refresh()
    assert strips.due(NOW + DAY) == []


def test_a_deploy_is_followed_for_an_hour(counted, deploy) -> None:
    counted()
    refresh()
    deploy(0)
    assert strips.due(NOW + 6 * MINUTE) == [0]
    assert strips.due(NOW + 61 * MINUTE) == []


def test_a_deploy_of_the_future_is_not_followed_yet(counted, deploy) -> None:
    counted()
    refresh()
    deploy(-30)
    assert strips.due(NOW + 6 * MINUTE) == []


def test_a_viewer_is_served_for_ten_minutes(counted) -> None:
    counted()
    refresh()
    view()
    assert strips.due(NOW + 9 * MINUTE) == [0]
    assert strips.due(NOW + 11 * MINUTE) == []


def test_nothing_is_looked_at_twice_before_three_minutes_have_passed(counted) -> None:
    counted()
    refresh()
    view()
    assert strips.due(NOW + 2 * MINUTE) == []


def test_new_counts_of_every_source_bring_the_next_look_forward(counted, source) -> None:
    counted()
    refresh()
    view()
    with write():
        db.session.get_one(ImpactSource, source.id).complete_until = NOW + 3 * MINUTE
    assert strips.due(NOW + 5 * MINUTE) == [0]


def test_counts_that_come_late_are_taken_in(counted, source) -> None:
    counted(until=NOW - 20 * MINUTE)
    refresh()
    view()
    assert strips.due(NOW) == []
    counted()
    assert strips.due(NOW) == [0]
    assert set(healths(refresh())) == {"healthy"}
    assert strips.due(NOW) == []


def test_a_clock_that_was_set_back_hinders_nothing(counted) -> None:
    counted()
    refresh(NOW + DAY)
    view()
    assert strips.due(NOW) == [0]


def test_what_one_worker_has_taken_no_other_takes(counted) -> None:
    counted()
    assert strips.claim(NOW) == [row().environment_id]
    assert strips.claim(NOW) == []
    assert strips.due(NOW) == []
    assert strips.claim(NOW + 2 * MINUTE) == [row().environment_id]


def test_many_are_taken_a_few_at_a_time_and_wait_as_one_job(counted, source, cast: Cast) -> None:
    counted()
    places = [
        projects.create_environment(cast.project.id, f"Place {number}").id
        for number in range(AT_ONCE + 5)
    ]
    with write():
        like = db.session.get_one(ImpactSource, source.id)
        columns = {each.name: getattr(like, each.name) for each in ImpactSource.__table__.columns}
        for place in places:
            other = {"id": None, "public_id": new_public_id(), "environment_id": place}
            db.session.add(ImpactSource(**columns | other))
    assert strips.due(NOW) == [0]
    assert len(strips.claim(NOW)) == AT_ONCE
    assert strips.due(NOW) == [0]
    assert len(strips.claim(NOW)) == 6
