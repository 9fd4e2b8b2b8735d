"""One card: what it says of the deploy, and of each impact source."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from sleuth.extensions import write
from tests.conftest import NOW
from tests.dashboard import seed
from tests.dashboard.conftest import words

REVISION = "b450349f00ba" + "0" * 28


@pytest.fixture
def card(read, shop):
    """Store a deploy with these values and return its card's markup."""

    def draw(**values: object) -> str:
        with write():
            deploy = seed.add_deploy(shop.web, **values)
        return read(f"/deploys/{deploy.public_id}/card")

    return draw


@pytest.fixture
def judged(read, shop, sentry):
    """Store a deploy with a verdict for each (health, reason) and return its card's markup."""

    def draw(*verdicts: tuple[str, str], **values: object) -> str:
        with write():
            deploy = seed.add_deploy(shop.web, deployed_at=NOW - timedelta(hours=2))
            for number, (health, reason) in enumerate(verdicts):
                source = seed.add_source(sentry, shop.production, f"Source {number}")
                seed.add_verdict(deploy, source, health, reason, **values)
        return read(f"/deploys/{deploy.public_id}/card")

    return draw


def badge(markup: str) -> str:
    """Return the words of the deploy's own badge."""
    return words(markup.partition("<header")[2].partition("</span>")[0].partition(">")[2])


def test_a_card_says_what_was_deployed_where(card) -> None:
    title = "Deploy of Web shop to Production (main) at revision b450349"
    assert title in words(card(branch="main", revision=REVISION))


def test_a_revision_that_is_no_hash_is_not_cut(card) -> None:
    assert "at revision release-2026-03-04-cafe" in words(card(revision="release-2026-03-04-cafe"))


def test_the_whole_revision_is_a_pointer_away(card) -> None:
    assert f'<code title="{REVISION}">b450349</code>' in card(revision=REVISION)


@pytest.mark.parametrize(
    ("name", "email", "shown"),
    [("Ada", "ada@acme.test", "by Ada"), ("", "ci@acme.test", "by ci@acme.test")],
)
def test_the_author_is_named_or_else_addressed(card, name, email, shown) -> None:
    assert f"Deployed {shown}" in words(card(author_name=name, author_email=email))


def test_the_author_leads_to_all_of_theirs(card) -> None:
    page = card(author_name="Ada", author_email="ada@acme.test")
    assert 'href="/o/acme/?author=ada@acme.test"' in page


def test_what_was_not_told_is_not_there(card) -> None:
    page = words(card())
    assert "Deployed by" not in page
    assert "commit" not in page
    assert "()" not in page
    assert page.count("code deploy") == 0


CONTENTS = {"commits": [{}, {}], "files": [{"path": "a"}], "pull_requests": [{}]}
ADA, BEN = ({"author": {"name": name}} for name in ("Ada", "Ben"))


def test_who_deployed_how_much_is_one_sentence(card) -> None:
    page = words(card(**CONTENTS, author_name="Ada"))
    assert "Ada deployed 1 pull request, 2 commits, 1 file" in page


def test_several_authors_are_counted_and_the_deploys_own_is_named(card) -> None:
    page = words(card(commits=[ADA, BEN, ADA], author_name="Ada"))
    assert "2 authors deployed 3 commits · by Ada" in page


def test_contents_of_nobody_are_told_all_the_same(card) -> None:
    assert "1 pull request, 2 commits, 1 file deployed" in words(card(**CONTENTS))


def test_the_size_is_said_where_it_is_known(card) -> None:
    title = "Small code deploy of Web shop to Production (main) at revision b450349"
    assert title in words(card(**CONTENTS, branch="main"))
    assert "Gigantic code deploy of" in words(card(commits=[{}] * 40))


def test_a_deploy_is_live_until_the_next_one_to_the_same_place(read, shop) -> None:
    with write():
        other = seed.add_deployment(shop.project, "Search")
        first = seed.add_deploy(shop.web, deployed_at=NOW - timedelta(days=3))
        seed.add_deploy(shop.web, shop.staging, deployed_at=NOW - timedelta(days=2))
        seed.add_deploy(other, deployed_at=NOW - timedelta(days=2))
    assert "live for 3 days" in words(read(f"/deploys/{first.public_id}/card"))
    with write():
        values = {"revision": REVISION, "deployed_at": NOW - timedelta(days=1)}
        second = seed.add_deploy(shop.web, **values)
        seed.add_deploy(shop.web, deployed_at=NOW - timedelta(hours=1))
    page = read(f"/deploys/{first.public_id}/card")
    assert "replaced after 2 days by b450349" in words(page)
    assert "live for" not in page
    assert f'href="/o/acme/deploys/{second.public_id}"' in page


def test_of_deploys_at_one_moment_the_later_registered_replaces_the_other(read, shop) -> None:
    with write():
        first, second = (seed.add_deploy(shop.web, revision=each) for each in ("one", "two"))
    page = words(read(f"/deploys/{first.public_id}/card"))
    assert "replaced after less than a minute by two" in page
    assert "live for" in words(read(f"/deploys/{second.public_id}/card"))


def test_the_time_line_begins_with_the_first_commit(card) -> None:
    dates = [(NOW - timedelta(hours=hours)).isoformat() for hours in (1, 3)]
    page = words(card(commits=[{"date": date} for date in dates]))
    assert "first commit 3 hours before deployed 4 Mar 2026, 12:00 UTC live for" in page


def test_a_commit_younger_than_the_deploy_begins_nothing(card) -> None:
    date = (NOW + timedelta(minutes=5)).isoformat()
    assert "first commit" not in words(card(commits=[{"date": date}]))


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("Shop", "project=shop"),
        ("Production", "project=shop&amp;environment=production"),
        ("Web shop", "deployment=web-shop"),
        ("hotfix", "tag=hotfix"),
    ],
)
def test_a_lozenge_leads_to_all_deploys_of_its_kind(card, text: str, query: str) -> None:
    lozenges = re.findall(r'<a class="lozenge" href="([^"]*)".*?</a>', card(tags=["hotfix"]))
    assert f"/o/acme/?{query}" in lozenges


def test_who_may_change_things_deletes_a_deploy_from_its_card(card, sign_in) -> None:
    page = card()
    url = re.search(r'href="(/o/acme/deploys/[^"]*/delete)"', page)
    assert url
    observed = sign_in("observer").get(url[1].replace("/delete", "/card")).text
    assert "/delete" not in observed


def test_an_observer_does_not_get_the_control_that_was_drawn_for_another(card, sign_in) -> None:
    page = card()
    assert "health-control" in page
    url = re.search(r'hx-get="(/o/acme/deploys/[^"]*/card)"', page)
    assert url
    assert "health-control" not in sign_in("observer").get(url[1]).text
    assert "health-control" in sign_in("developer").get(url[1]).text


def test_the_time_is_relative_with_the_moment_behind_it(card) -> None:
    page = card(deployed_at=NOW - timedelta(hours=3))
    assert "3 hours ago" in words(page)
    assert 'title="4 Mar 2026, 09:00 UTC"' in page


def test_tags_and_links_are_shown(card) -> None:
    page = card(tags=["#checkout"], links={"Build log": "https://ci.test/7"})
    assert "#checkout" in words(page)
    assert 'href="https://ci.test/7"' in page


def test_only_web_addresses_become_links(card) -> None:
    page = card(links={"Trap": "javascript:alert(1)"})
    assert "javascript:" not in page
    assert "Trap" not in page


def test_hostile_names_are_words(card) -> None:
    page = card(author_name=seed.HOSTILE, branch=seed.HOSTILE, tags=[seed.HOSTILE])
    assert "<script" not in page


@pytest.mark.parametrize(
    ("health", "line"),
    [
        ("unhealthy", "Unhealthy 2.1 expected → , in fact 14 avg errors a minute (+ 567 %)"),
        ("ailing", "Ailing 3.2 expected → , in fact 5.6 avg errors a minute (+ 75 %)"),
        ("healthy", "Healthy 3.2 expected → , in fact 3.3 avg errors a minute (+ 3 %)"),
        ("improved", "Improved 9 expected → , in fact 2.5 avg errors a minute (− 72 %)"),
    ],
)
def test_a_line_gives_the_health_and_the_rates_around_the_deploy(judged, health, line) -> None:
    assert f"Source 0 {line}" in words(judged((health, "")))


def test_where_new_kinds_of_errors_decided_the_change_of_the_rates_is_not_told(judged) -> None:
    page = judged(("ailing", "new_errors"), rates=(0.03, 0.11))
    assert "0.03 expected → , in fact 0.11 avg errors a minute" in words(page)
    assert "%)" not in words(page)
    assert "impact-change" not in page


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("gap", "a gap in the collected counts"),
        ("short_history", "less than two days of counts before the deploy"),
        ("too_few_errors", "too few errors to tell"),
        ("mixed", "a rise and a fall"),
        ("paused", "collecting is paused"),
        ("no_source", "the impact source was removed first"),
    ],
)
def test_an_unknown_health_says_why(judged, reason, said) -> None:
    assert f"Source 0 Unknown {said}" in words(judged(("unknown", reason)))


def test_a_deploy_replaced_within_the_hour_of_its_tracker_says_so(judged) -> None:
    figures = {"picture_step": 3600, "picture_start": None, "deploy_index": 0}
    page = words(judged(("unknown", "replaced"), assessment=figures))
    assert "replaced before a whole hour had passed" in page


def test_an_unknown_health_shows_no_rates(judged) -> None:
    page = words(judged(("unknown", "too_few_errors"), rates=(0.01, 0.02)))
    assert "avg errors" not in page


def test_before_there_is_data_a_line_says_not_recorded_yet(judged) -> None:
    page = words(judged(("unknown", "pending"), minutes_of_data=0))
    assert "Source 0 Not recorded yet" in page
    assert "The first counts arrive a few minutes after a deploy." in page


def test_a_verdict_by_the_users_own_limit_needs_no_rate_before(judged) -> None:
    page = words(judged(("unhealthy", ""), rates=(None, 7.0)))
    assert "7 avg errors a minute since the deploy" in page


@pytest.mark.parametrize(
    ("minutes", "said"),
    [
        (6, "6 minutes of data · next look at 10 minutes"),
        (60, "60 minutes of data · next look at 2 hours"),
        (240, "4 hours of data · next look at 24 hours"),
        (1440, "24 hours of data · final"),
    ],
)
def test_a_line_says_how_much_it_rests_on(judged, minutes, said) -> None:
    assert said in words(judged(("healthy", ""), minutes_of_data=minutes))


@pytest.fixture
def both(read, shop, sentry):
    """Store a verdict with such figures and return what its card and its evidence say."""

    def draw(health: str, reason: str, minutes: int, **figures: object) -> tuple[str, str]:
        with write():
            deploy = seed.add_deploy(shop.web, deployed_at=NOW - timedelta(hours=2))
            source = seed.add_source(sentry, shop.production)
            values = {"minutes_of_data": minutes, "is_final": False}
            verdict = seed.add_verdict(deploy, source, health, reason, **values)
            verdict.assessment = {**verdict.assessment, **figures}
        page = f"/deploys/{deploy.public_id}"
        evidence = read(f"{page}/evidence/{verdict.public_id}", htmx=True)
        return words(read(f"{page}/card")), words(evidence)

    return draw


def test_card_and_evidence_of_a_verdict_that_awaits_older_counts_agree(both) -> None:
    card, evidence = both("unknown", "pending", 18, is_past_awaited=True)
    assert "18 minutes of data · judged once older counts are there" in card
    assert "Counts from before the deploy are still being fetched" in evidence
    assert "It is judged once they are there." in evidence
    assert "next look" not in card + evidence.lower()
    assert "No counts from after the deploy" not in evidence


def test_card_and_evidence_of_a_health_that_awaits_only_older_counts_agree(both) -> None:
    card, evidence = both("healthy", "", 1440, is_past_awaited=True)
    assert "24 hours of data · judged again once older counts are there" in card
    assert (
        "This may still change. Counts from before the deploy are still being fetched: it is "
        "judged again once they are there." in evidence
    )


def test_card_and_evidence_of_a_deploy_that_the_next_one_ended_agree(both) -> None:
    ended = int((NOW - timedelta(hours=2) + timedelta(minutes=7)).timestamp())
    began = ended - 7 * 60
    card, evidence = both("healthy", "", 6, ended_at=ended, began_at=began)
    assert "6 minutes of data · ended by the next deploy at 10:07 UTC, last look to come" in card
    assert "The next deploy came at 10:07 UTC and ended this one's time" in evidence
    assert "next look" not in card


def test_a_verdict_that_several_deploys_share_says_so(judged) -> None:
    page = words(judged(("healthy", ""), group_size=3, group_index=2))
    assert "24 hours of data · final · one of 3 deploys" in page


def test_a_verdict_on_little_history_is_marked(judged) -> None:
    figures = {"is_short_history": True, "history_days": 3.4}
    assert "short history: 3 days" in words(judged(("healthy", ""), assessment=figures))


def test_after_the_first_hour_nobody_waits_in_front_of_a_card(read, shop, sentry) -> None:
    with write():
        deploy = seed.add_deploy(shop.web, deployed_at=NOW - timedelta(hours=2))
        source = seed.add_source(sentry, shop.production)
        seed.add_verdict(deploy, source, "healthy", minutes_of_data=60)
    assert 'http-equiv="refresh"' not in read(f"/deploys/{deploy.public_id}")


def test_a_final_verdict_without_counts_says_so(judged) -> None:
    page = words(judged(("unknown", "gap"), minutes_of_data=0, is_final=True))
    assert "no counts after the deploy" in page


def test_a_line_has_a_small_picture_of_the_counts(judged) -> None:
    page = judged(("healthy", ""))
    assert "Errors per minute around the deploy" in page
    assert 'class="spark-deploy"' in page


def test_what_is_not_collected_yet_is_blank_and_not_a_gap(read, shop, sentry) -> None:
    with write():
        deploy = seed.add_deploy(shop.web, deployed_at=NOW - timedelta(minutes=8))
        source = seed.add_source(sentry, shop.production)
        seed.add_verdict(deploy, source, "healthy", minutes_of_data=6)
    page = read(f"/deploys/{deploy.public_id}/card")
    assert "spark-gap" not in page
    assert "without data" not in page


def test_missing_counts_are_hatched(judged) -> None:
    counts = [1] * 60 + [None] * 30 + [1] * 31
    page = judged(("unknown", "gap"), counts=counts)
    assert "spark-gap" in page
    assert "without data" in page


def test_a_verdict_without_a_picture_is_still_shown(judged) -> None:
    page = judged(("healthy", ""), counts=[])
    assert "avg errors" in words(page)
    assert 'class="spark ' not in page


def test_a_source_that_is_gone_keeps_its_words(read, shop) -> None:
    with write():
        deploy = seed.add_deploy(shop.web)
        seed.add_verdict(deploy, None, "ailing")
    page = words(read(f"/deploys/{deploy.public_id}/card"))
    assert "Old Sentry Ailing Sentry, impact source removed" in page
    assert "(+ 75 %)" in page


def test_a_source_of_a_plugin_that_is_gone_is_named_by_its_provider(read, shop) -> None:
    with write():
        deploy = seed.add_deploy(shop.web)
        seed.add_verdict(deploy, None, "healthy", provider="rollbar")
    assert "Rollbar, impact source removed" in words(read(f"/deploys/{deploy.public_id}/card"))


@pytest.mark.parametrize(
    ("verdicts", "overall"),
    [
        ([("healthy", ""), ("unhealthy", ""), ("improved", "")], "Unhealthy"),
        ([("improved", ""), ("ailing", "")], "Ailing"),
        ([("improved", ""), ("healthy", "")], "Healthy"),
        ([("improved", ""), ("unknown", "gap")], "Improved"),
        ([("unknown", "gap"), ("unknown", "pending")], "Not recorded yet"),
        ([("unknown", "too_few_errors"), ("unknown", "gap")], "Unknown: counts are missing"),
    ],
)
def test_a_deploy_is_as_bad_as_its_worst_source(judged, verdicts, overall) -> None:
    assert badge(judged(*verdicts)) == overall


def test_health_is_an_icon_and_a_word_and_a_coloured_edge(judged) -> None:
    page = judged(("unhealthy", ""))
    assert "card-health health-unhealthy" in page
    assert re.search(
        r'<svg class="icon [^>]*aria-hidden="true"><use [^>]*></use></svg>\s*Unhealthy', page
    )


def test_a_deploy_that_nothing_watches_links_to_add_impact(card) -> None:
    page = card()
    assert "No impact source watches Production." in words(page)
    assert "/o/acme/projects/shop/impact" in page


def test_an_observer_is_not_asked_to_add_impact(sign_in, shop) -> None:
    with write():
        deploy = seed.add_deploy(shop.web)
    page = sign_in("observer").get(f"/o/acme/deploys/{deploy.public_id}/card").text
    assert "Add impact" not in page
    assert "See its impact sources" in page


def test_a_fresh_deploy_that_is_watched_is_not_recorded_yet(card, shop, sentry) -> None:
    with write():
        seed.add_source(sentry, shop.production)
    assert badge(card()) == "Not recorded yet"


def test_a_deploy_older_than_its_sources_says_so(card, shop, sentry) -> None:
    with write():
        seed.add_source(sentry, shop.production)
    page = words(card(deployed_at=NOW - timedelta(days=8)))
    assert "Deployed before the impact sources of Production began to judge." in page


def test_another_organizations_card_is_not_found(sign_in, shop) -> None:
    with write():
        deploy = seed.add_deploy(shop.web)
    outsider = sign_in("outsider")
    assert outsider.get(f"/o/globex/deploys/{deploy.public_id}/card").status_code == 404
    assert outsider.get(f"/o/globex/deploys/{deploy.public_id}").status_code == 404
