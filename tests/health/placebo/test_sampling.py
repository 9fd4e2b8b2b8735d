"""Going through the months of impact sources."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete, select

from sleuth import clock
from sleuth.extensions import db, write
from sleuth.health.placebo import sampling, turns
from sleuth.health.placebo.models import Placebo
from sleuth.health.placebo.moments import SLOTS, Month
from sleuth.impact.models import ImpactSource, Sweep
from sleuth.projects.models import Project
from tests.conftest import NOW
from tests.health.story import DAY, HOUR, count


def rows() -> dict[tuple[str, str], Placebo]:
    db.session.rollback()
    found = db.session.scalars(select(Placebo).order_by(Placebo.month)).all()
    return {(row.month, row.sensitivity): row for row in found}


def figures() -> dict[str, tuple[int, int, int]]:
    return {month: (row.slots_done, row.tried, row.flagged) for (month, _), row in rows().items()}


def sample(at: datetime = NOW) -> None:
    with clock.frozen(at):
        if turns.due(at):
            sampling.sample_due()


@pytest.fixture(autouse=True)
def time_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine ends no slice of work here."""
    monkeypatch.setattr(sampling, "SECONDS_OF_WORK", 600.0)


@pytest.fixture
def tries(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """What was tried, by its first moment; every third placebo deploy is flagged."""
    seen: list[int] = []

    def attempt(_source, moments, _deploys, _settings) -> bool:
        seen.append(moments[0])
        return moments[0] % 3 == 0

    monkeypatch.setattr(sampling, "try_moments", attempt)
    return seen


def test_what_is_known_is_tried_and_the_rest_of_the_month_waits(counted) -> None:
    sample()
    made = figures()
    assert made["2026-02"][0] == SLOTS
    done, tried, flagged = made["2026-03"]
    assert (done, tried, flagged) == (6, 6, 0)
    february = made["2026-02"]
    assert 10 <= february[1] <= 18  # from two days after the first count on


def test_doing_it_again_changes_nothing(counted) -> None:
    sample()
    before = figures()
    sample(NOW + HOUR)
    sample(NOW + HOUR)
    assert figures() == before


def test_it_always_comes_out_the_same(counted, tries) -> None:
    sample()
    before = figures()
    with write():
        db.session.execute(delete(Placebo))
    sample()
    assert figures() == before
    assert before["2026-03"][2] > 0 or before["2026-02"][2] > 0


def test_the_running_month_grows_with_its_counts(counted, tries) -> None:
    sample()
    before = figures()["2026-03"][0]
    count(counted, NOW, NOW + DAY, 5)
    sample(NOW + DAY)
    assert figures()["2026-03"][0] == before + 2


def test_a_month_that_is_over_is_final(counted, tries) -> None:
    sample()
    assert rows()["2026-02", "normal"].next_at is None
    before = figures()["2026-02"]
    sample(NOW + 20 * DAY)
    assert figures()["2026-02"] == before


def test_what_never_came_is_left_out_after_two_days(counted, tries) -> None:
    sample()
    before = figures()["2026-03"][0]
    sample(NOW + timedelta(days=1, hours=1))
    assert figures()["2026-03"][0] == before
    sample(NOW + 4 * DAY)
    assert figures()["2026-03"][0] > before


def test_the_last_slot_of_a_month_is_tried_in_the_next(counted, tries) -> None:
    sample()
    april = datetime(2026, 4, 1, 1, tzinfo=UTC)
    count(counted, NOW, NOW + HOUR, 5)
    with write():
        db.session.get_one(ImpactSource, counted.id).complete_until = april
    sample(april)
    assert figures()["2026-03"][0] == SLOTS - 1
    with write():
        db.session.get_one(ImpactSource, counted.id).complete_until = april + HOUR
    sample(april + HOUR)
    assert figures()["2026-03"][0] == SLOTS - 1  # counts are usually late
    sample(april + HOUR + sampling.LATE)
    assert figures()["2026-03"][0] == SLOTS


def test_a_job_that_is_killed_loses_nothing_and_counts_nothing_twice(
    counted, tries, monkeypatch
) -> None:
    sample()
    whole, order = figures(), list(tries)
    with write():
        db.session.execute(delete(Placebo))
    attempt = sampling.try_moments

    def die(*args) -> bool:
        if args[1][0] == order[10]:
            raise KeyboardInterrupt
        return attempt(*args)

    monkeypatch.setattr(sampling, "try_moments", die)
    with pytest.raises(KeyboardInterrupt):
        sampling.sample_due()
    monkeypatch.setattr(sampling, "try_moments", attempt)
    sample()
    assert figures() != whole  # somebody else may still be at it
    sample(NOW + turns.LEASE)
    assert figures() == whole


def test_of_two_at_once_one_counts(counted, tries) -> None:
    turn = turns.claim(NOW)
    assert turn is not None
    assert turns.keep(turn, 0, True)
    assert not turns.keep(turn, 0, True)
    assert rows()[turn.month.name, "normal"].flagged == 1


def test_what_one_has_taken_nobody_else_is_given(counted) -> None:
    taken = {turn.month.name for turn in (turns.claim(NOW), turns.claim(NOW)) if turn}
    assert taken == {"2026-02", "2026-03"}
    assert turns.claim(NOW) is None


def test_a_slice_of_work_ends_and_the_next_goes_on(counted, tries, monkeypatch) -> None:
    monkeypatch.setattr(sampling, "SECONDS_OF_WORK", 0.0)
    sample()
    assert figures() == {}
    monkeypatch.setattr(sampling, "SECONDS_OF_WORK", 600.0)
    sample()
    assert figures()["2026-02"][0] == SLOTS


def test_a_limit_of_ones_own_has_no_placebo_deploys(counted, tries) -> None:
    with write():
        db.session.get_one(ImpactSource, counted.id).manually_set_health_threshold = 3.0
    sample()
    assert figures() == {}


def test_a_source_that_is_disabled_has_none(counted, tries) -> None:
    with write():
        db.session.get_one(ImpactSource, counted.id).disabled_at = NOW
    sample()
    assert figures() == {}


def test_another_sensitivity_is_tried_on_its_own_in_the_running_month(counted, tries) -> None:
    sample()
    before = rows()
    with write():
        db.session.scalars(select(Project).where(Project.slug == "shop")).one().sensitivity = "fine"
    sample()
    after = rows()
    assert set(after) == {*before, ("2026-03", "fine")}
    assert after["2026-03", "fine"].slots_done == after["2026-03", "normal"].slots_done


def test_nothing_is_tried_while_the_past_is_still_read_for_the_first_time(counted, tries) -> None:
    with write():
        db.session.add(
            Sweep(
                impact_source_id=counted.id,
                kind="all",
                integration_id=counted.integration_id,
                due_at=NOW,
                scheduled_at=NOW,
            )
        )
    sample()
    assert tries == []
    with write():
        db.session.scalars(select(Sweep)).one().confirmed_at = NOW
    sample(NOW + HOUR)
    assert tries


def test_nothing_is_due_where_nothing_is_measured(cast) -> None:
    assert turns.due(NOW) == []


def test_months_begin_at_midnight_utc(counted, tries) -> None:
    sample(datetime(2026, 3, 31, 23, 59, 59, tzinfo=UTC))
    assert "2026-04" not in figures()
    sample(datetime(2026, 4, 1, tzinfo=UTC))
    assert "2026-04" in figures()
    assert Month.named("2026-04").since == int(datetime(2026, 4, 1, tzinfo=UTC).timestamp())
