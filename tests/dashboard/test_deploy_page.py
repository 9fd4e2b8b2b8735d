"""The page of one deploy: the verdicts with their reasons, and what was in the change."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from sleuth.deploys.models import Deploy
from sleuth.extensions import db, write
from tests.conftest import NOW
from tests.dashboard import seed
from tests.dashboard.conftest import words

RISE = {"health": "ailing", "reason": "rise", "is_final": False}


@pytest.fixture
def page(read, shop):
    """Store a deploy with these values and return its page's markup."""

    def draw(**values: object) -> str:
        with write():
            deploy = seed.add_deploy(shop.web, **values)
        return read(f"/deploys/{deploy.public_id}")

    return draw


@pytest.fixture
def judged(read, shop, sentry):
    """Store a deploy with one verdict and return its page's markup."""

    def draw(health: str = "ailing", reason: str = "", **values: object) -> str:
        with write():
            deploy = seed.add_deploy(shop.web, deployed_at=NOW - timedelta(hours=2))
            source = seed.add_source(sentry, shop.production)
            seed.add_verdict(deploy, source, health, reason, **values)
        return read(f"/deploys/{deploy.public_id}")

    return draw


def rows(markup: str) -> list[str]:
    """Return the rows of the table of counts."""
    return [words(row) for row in re.findall(r"<tr.*?</tr>", markup, re.DOTALL)[1:]]


def test_the_page_names_the_deploy_with_its_whole_revision(page) -> None:
    shown = words(page(revision="c" * 40, description="Retry payments"))
    assert f"Revision {'c' * 40}" in shown
    assert "Retry payments" in shown
    assert "Deployed 4 Mar 2026, 12:00 UTC" in shown


def test_a_verdict_is_explained_in_a_sentence(judged) -> None:
    page = words(judged())
    assert (
        "In the 24 hours after this deploy 8 064 errors arrived; about 4 608 were expected" in page
    )
    assert "That is 1.8 times as many." in page
    assert "3.2 expected → , in fact 5.6 avg errors a minute (+ 75 %)" in page


def test_each_look_that_changed_the_verdict_is_listed(read, shop, sentry) -> None:
    with write():
        deploy = seed.add_deploy(shop.web, deployed_at=NOW - timedelta(hours=1))
        source = seed.add_source(sentry, shop.production)
        verdict = seed.add_verdict(deploy, source, "healthy", minutes_of_data=30)
        for minutes, health in ((2, "ailing"), (6, "healthy"), (10, "healthy"), (30, "ailing")):
            seed.add_change(verdict, minutes, health, is_revision=minutes == 30)
    page = words(read(f"/deploys/{deploy.public_id}"))
    assert (
        "Ailing after 2 minutes 4 Mar 2026, 11:05 UTC "
        "Healthy after 6 minutes 4 Mar 2026, 11:09 UTC "
        "Ailing revised: counts or deploys came late so far after 30 minutes "
        "4 Mar 2026, 11:33 UTC"
    ) in page
    assert "after 10 minutes" not in page


def test_deploys_that_share_a_verdict_are_explained(judged) -> None:
    place = {"group_size": 3, "window_minutes": 18}
    page = words(judged(group_size=3, assessment={**RISE, **place}))
    assert "3 deploys came within 18 minutes and share this verdict" in page


def test_a_limit_of_the_users_own_is_named_beside_the_figures(judged) -> None:
    page = words(judged("unhealthy", "above_threshold", assessment={"threshold": 0.5}))
    assert "your limit is 0.5" in page


def test_little_history_is_explained(judged) -> None:
    figures = {**RISE, "is_short_history": True, "history_days": 2.5}
    assert "Only 2 days of counts from before" in words(judged(assessment=figures))


def test_the_chart_shows_what_was_expected(judged) -> None:
    start = int((NOW - timedelta(hours=2)).timestamp())
    band = {"start": start, "expected": [2.0], "low": [1.0], "high": [4.0]}
    drawn = {"picture_start": start - 3600, "picture_step": 60, "deploy_index": 60}
    assert 'class="chart-band"' in judged(assessment={**drawn, "band": band})


def test_the_chart_has_a_table_with_the_same_counts(judged) -> None:
    counts = [2] * 60 + [7] + [5] * 60
    table = rows(judged(counts=counts))
    assert len(table) == 121
    assert table[0] == "4 Mar 2026, 09:00 UTC 2 – before"
    assert table[60] == "4 Mar 2026, 10:00 UTC 7 – deployed"
    assert table[120] == "4 Mar 2026, 11:00 UTC 5 – after, counted"


def test_minutes_after_the_next_deploy_are_not_told_as_this_ones(judged) -> None:
    ended_at = NOW - timedelta(hours=2) + timedelta(minutes=40)
    page = judged(counts=[2] * 60 + [7] + [5] * 60, ended_at=ended_at)
    table = rows(page)
    assert table[99] == "4 Mar 2026, 10:39 UTC 5 – after, counted"
    assert table[100] == "4 Mar 2026, 10:40 UTC 5 – after the next one"
    assert "after the next deploy" in words(page)
    assert page.count('class="chart-bar chart-next"') == 21


def test_a_minute_that_is_not_covered_is_unknown_in_the_table(judged) -> None:
    counts = [0] * 60 + [None] * 10 + [0] * 51
    table = rows(judged("unknown", "gap", counts=counts))
    assert table[65] == "4 Mar 2026, 10:05 UTC unknown – after, counted"
    assert table[75] == "4 Mar 2026, 10:15 UTC 0 – after, counted"


def test_a_minute_to_come_is_neither_zero_nor_unknown(read, shop, sentry) -> None:
    with write():
        deploy = seed.add_deploy(shop.web)
        seed.add_verdict(
            deploy,
            seed.add_source(sentry, shop.production),
            "unknown",
            "pending",
            minutes_of_data=0,
        )
    page = read(f"/deploys/{deploy.public_id}")
    assert rows(page)[-1].endswith("– – not collected yet")
    assert "not collected yet</text>" in page


def test_the_trackers_own_view_is_linked_if_the_verdict_knows_it(judged) -> None:
    known = {"explore_url": "https://sentry.test/x", "picture_start": None}
    page = judged(assessment=known)
    assert 'href="https://sentry.test/x"' in page
    assert "Open in Sentry" in page
    assert "<table" not in page


def test_a_trackers_view_that_is_no_web_address_is_not_linked(judged) -> None:
    assert "javascript:" not in judged(assessment={"explore_url": "javascript:alert(1)"})


def test_commits_are_listed_with_message_author_and_link(page) -> None:
    shown = page(
        commits=[
            {
                "revision": "abcdef1234",
                "message": "Fix it\n\nAt last.",
                "author": {"username": "ada"},
                "url": "https://git.test/1",
            },
            {"revision": "1234567"},
        ]
    )
    assert "2 commits abcdef1 Fix it ada" in words(shown)
    assert 'href="https://git.test/1"' in shown
    assert "no message" in shown


def test_files_are_listed_with_what_was_added_and_deleted(page) -> None:
    shown = words(page(files=[{"path": "a.py", "additions": 1200, "deletions": 3}, {"path": "b"}]))
    assert "2 files a.py +1 200 −3 b" in shown


@pytest.mark.parametrize(
    ("entry", "shown"),
    [
        ({"title": "Faster", "url": "https://git.test/7", "author": "ada"}, "Faster ada"),
        ({"url": "https://git.test/7"}, "https://git.test/7"),
        ({"number": 7}, "7"),
        ({}, "Pull request"),
    ],
)
def test_pull_requests_are_listed_by_what_is_known_of_them(page, entry, shown) -> None:
    assert f"1 pull request {shown}" in words(page(pull_requests=[entry]))


def test_of_long_lists_the_rest_is_folded(page) -> None:
    shown = page(files=[{"path": f"file{number}"} for number in range(200)])
    visible, _, folded = shown.partition('id="more-files"')
    assert "200 files" in words(visible)
    assert "file11" in visible
    assert "file12" not in visible
    assert "188 more" in words(folded)
    assert "file199" in folded


def test_of_lists_without_end_five_hundred_are_shown(page) -> None:
    shown = words(page(files=[{"path": f"file{number}"} for number in range(530)]))
    assert "file499" in shown
    assert "file500" not in shown
    assert "and 30 that are not listed here" in shown


def test_a_short_list_has_no_fold(page) -> None:
    assert "more-commits" not in page(commits=[{"revision": str(each)} for each in range(15)])


@pytest.fixture
def three(shop) -> list[Deploy]:
    """A deploy each of yesterday, an hour ago, and now, to production."""
    ages = (timedelta(days=1), timedelta(hours=1), timedelta(0))
    with write():
        return [
            seed.add_deploy(shop.web, revision=f"v{number}", deployed_at=NOW - age)
            for number, age in enumerate(ages)
        ]


def test_the_time_line_tells_what_came_before_and_after(read, three) -> None:
    page = read(f"/deploys/{three[1].public_id}")
    assert "after v0 , which was live for 23 hours" in words(page)
    assert "Replaced 4 Mar 2026, 12:00 UTC after 1 hour by v2" in words(page)
    assert f'rel="prev" href="/o/acme/deploys/{three[0].public_id}"' in page
    assert f'rel="next" href="/o/acme/deploys/{three[2].public_id}"' in page


def test_the_first_deploy_and_the_one_that_is_live_say_so(read, three) -> None:
    first = words(read(f"/deploys/{three[0].public_id}"))
    assert "the first of Web shop to Production" in first
    assert "Previous deploy" not in first
    last = words(read(f"/deploys/{three[2].public_id}"))
    assert "Live for less than a minute nothing has replaced it" in last
    assert "Next deploy" not in last


def test_deploys_to_elsewhere_are_no_neighbours(read, shop, three) -> None:
    with write():
        apart = seed.add_deploy(shop.web, shop.staging)
    page = words(read(f"/deploys/{apart.public_id}"))
    assert "the first of Web shop to Staging" in page
    assert "v2" not in page


def test_from_the_first_commit_on_the_time_line_is_to_scale(page) -> None:
    commits = [{"revision": "a", "date": (NOW - timedelta(hours=9)).isoformat()}]
    shown = page(commits=commits, deployed_at=NOW - timedelta(hours=3))
    assert "6 hours from the first commit to the deploy, 3 hours live so far" in shown
    assert 'class="course-deployed" cx="66.67%"' in shown


def test_without_a_commits_date_there_is_no_scale(page) -> None:
    assert "course-scale" not in page()


def test_a_deploy_without_verdicts_says_why(page) -> None:
    assert "No impact source watches Production." in words(page())


def test_who_may_change_things_can_delete_the_deploy(page, sign_in, shop) -> None:
    shown = page()
    deploy = db.session.query(Deploy).one()
    url = f"/o/acme/deploys/{deploy.public_id}"
    assert f'href="{url}/delete"' in shown
    assert f'href="{url}/delete"' not in sign_in("observer").get(url).text


def test_a_page_without_scripts_loads_again_while_a_verdict_is_pending(judged) -> None:
    assert 'http-equiv="refresh"' in judged(minutes_of_data=6)


def test_a_final_verdict_needs_no_reload(judged) -> None:
    assert 'http-equiv="refresh"' not in judged()


def test_the_page_draws_itself_again_when_its_deploy_changed(read, shop) -> None:
    with write():
        deploy = seed.add_deploy(shop.web)
    part = read(f"/deploys/{deploy.public_id}", htmx=True)
    assert f'hx-trigger="deployChanged:{deploy.public_id} from:body' in part
    assert "deploysChanged:shop from:body" in part
    assert "<html" not in part


def test_the_page_of_a_deploy_that_is_gone_is_not_found(visitor) -> None:
    assert visitor.get("/o/acme/deploys/nothing").status_code == 404
    assert visitor.get("/o/acme/deploys/nothing/card").status_code == 404


def test_hostile_contents_are_words(page) -> None:
    hostile = seed.HOSTILE
    shown = page(
        description=hostile,
        commits=[{"revision": hostile, "message": hostile, "url": "javascript:alert(1)"}],
        files=[{"path": hostile, "additions": hostile}],
        pull_requests=[{"title": hostile, "author": {"name": hostile}}],
    )
    assert "<script>alert" not in shown
    assert "javascript:" not in shown
