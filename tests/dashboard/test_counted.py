"""The counts that a verdict rests on, in the series of its impact source."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from sleuth.deploys.models import Deploy
from sleuth.extensions import db, write
from sleuth.health.models import Verdict
from sleuth.impact import series
from sleuth.impact.models import ImpactSource
from sleuth.impact.series import Replacement
from tests.conftest import NOW
from tests.dashboard import seed
from tests.dashboard.conftest import words

DEPLOYED_AT = NOW - timedelta(days=2) + timedelta(minutes=2, seconds=30)


@pytest.fixture
def deploy(shop) -> Deploy:
    with write():
        return seed.add_deploy(shop.web, deployed_at=DEPLOYED_AT)


@pytest.fixture
def verdict(shop, sentry, deploy: Deploy) -> Verdict:
    """A final verdict that rests on a day of counts, two errors in each minute."""
    with write():
        source = seed.add_source(sentry, shop.production, complete_until=NOW)
        made = seed.add_verdict(deploy, source, "unhealthy", rates=(1.0, 2.0))
        seed.add_change(made, 18, "ailing")
        made.changes[0].observed = 36
        since, until = int(NOW.timestamp()) - 4 * 86_400, int(NOW.timestamp())
        points = [(at, 2) for at in range(since, until, 60)]
        series.replace_counts([Replacement(source.id, since, until, points)])
    return made


def followed(visitor, verdict: Verdict, query: str = "") -> tuple[str, str]:
    """Follow the link; return the address it leads to, and the page."""
    path = f"/o/acme/deploys/{verdict.deploy.public_id}/evidence/{verdict.public_id}/counts{query}"
    answer = visitor.get(path)
    assert answer.status_code == 302
    page = visitor.get(answer.location)
    assert page.status_code == 200
    return answer.location, page.text


def test_the_number_in_the_sentence_leads_to_all_counts_if_the_table_has_only_an_hour(
    read, verdict: Verdict
) -> None:
    page = read(f"/deploys/{verdict.deploy.public_id}")
    link = f"/evidence/{verdict.public_id}/counts"
    assert re.search(rf'<a href="[^"]*{link}">2\u202f880 errors</a>', page)
    assert f'{link}">see all of them</a>' in page


def test_a_verdict_on_less_than_the_table_has_leads_to_the_table(read, verdict: Verdict) -> None:
    with write():
        verdict.minutes_of_data = 18
    page = read(f"/deploys/{verdict.deploy.public_id}")
    assert f'<a href="#counts-rows-{verdict.public_id}">2\u202f880 errors</a>' in page
    assert "/counts" not in page


def test_an_earlier_look_in_the_history_leads_to_what_had_come_by_then(
    visitor, read, verdict: Verdict
) -> None:
    with write():
        seed.add_change(verdict, 120, "unhealthy")
        verdict.changes[1].observed = 240
    page = read(f"/deploys/{verdict.deploy.public_id}")
    assert f'<a href="#counts-rows-{verdict.public_id}">36 errors</a>' in page
    assert '/counts?minutes=120">240 errors</a>' in page
    place, _page = followed(visitor, verdict, "?minutes=120")
    assert "since=2026-03-02T12:03Z&until=2026-03-02T14:03Z" in place


def test_it_leads_to_exactly_the_minutes_that_were_counted(visitor, verdict: Verdict) -> None:
    place, page = followed(visitor, verdict)
    source = db.session.get_one(ImpactSource, verdict.impact_source_id)
    assert f"/projects/shop/impact/{source.public_id}?" in place
    assert "since=2026-03-02T12:03Z&until=2026-03-03T12:03Z" in place
    assert "Web shop b450349 : its verdict rests on 2 880 errors in 24 hours" in words(page)
    assert "2 880 errors in this time · 100 % known" in words(page)


@pytest.mark.parametrize("minutes", [0, -1, -(10**12), 10**30])
def test_minutes_that_make_no_sense_lead_to_all_that_was_counted(
    visitor, verdict: Verdict, minutes: int
) -> None:
    place, _page = followed(visitor, verdict, f"?minutes={minutes}")
    assert "since=2026-03-02T12:03Z&until=2026-03-03T12:03Z" in place


def test_what_was_counted_is_shaded_and_some_time_to_each_side_is_not(
    visitor, verdict: Verdict
) -> None:
    _place, page = followed(visitor, verdict)
    shade = re.search(r'chart-shade" x="([\d.]+)%" y="0" width="([\d.]+)%"', page)
    assert shade
    assert [round(float(each)) for each in shade.groups()] == [12, 75]
    assert 'class="chart-bar chart-next"' in page
    assert 'class="chart-bar chart-count"' in page


def test_without_counts_of_its_own_an_hour_is_shown(visitor, verdict: Verdict) -> None:
    with write():
        verdict.minutes_of_data = 0
        verdict.assessment = {**verdict.assessment, "observed": None}
    place, page = followed(visitor, verdict)
    assert "since=2026-03-02T12:03Z&until=2026-03-02T13:03Z" in place
    assert "nothing has been counted for its verdict yet" in words(page)
    assert "chart-shade" not in page


def test_a_verdict_of_another_source_shades_nothing(
    visitor, verdict: Verdict, sentry, shop
) -> None:
    with write():
        other = seed.add_source(sentry, shop.production, "Other")
    answer = visitor.get(
        f"/o/acme/projects/shop/impact/{other.public_id}?verdict={verdict.public_id}"
    )
    assert answer.status_code == 200
    assert "its verdict rests on" not in words(answer.text)


def test_where_the_source_is_gone_nothing_leads_to_its_counts(
    visitor, read, verdict: Verdict
) -> None:
    path = f"/deploys/{verdict.deploy.public_id}/evidence/{verdict.public_id}/counts"
    with write():
        db.session.delete(db.session.get_one(ImpactSource, verdict.impact_source_id))
    assert "/counts" not in read(f"/deploys/{verdict.deploy.public_id}")
    assert visitor.get(f"/o/acme{path}").status_code == 404


@pytest.mark.parametrize("who", ["outsider", "developer"])
def test_another_organizations_or_deploys_verdict_leads_nowhere(
    sign_in, verdict: Verdict, who: str
) -> None:
    deploy_id = verdict.deploy.public_id if who == "outsider" else "another"
    path = f"/o/acme/deploys/{deploy_id}/evidence/{verdict.public_id}/counts"
    assert sign_in(who).get(path).status_code == 404
