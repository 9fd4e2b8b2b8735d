"""Why a verdict is what it is: opened on its card, on a page of its own, and its history."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from sleuth.deploys.models import Deploy
from sleuth.extensions import write
from sleuth.health.models import Verdict, VerdictChange
from tests.conftest import NOW
from tests.dashboard import seed
from tests.dashboard.conftest import words


@pytest.fixture
def deploy(shop) -> Deploy:
    """A deploy of two hours ago."""
    with write():
        return seed.add_deploy(shop.web, deployed_at=NOW - timedelta(hours=2))


@pytest.fixture
def verdict(deploy, sentry, shop) -> Verdict:
    """An ailing verdict on it, of 18 minutes of counts."""
    with write():
        source = seed.add_source(sentry, shop.production)
        return seed.add_verdict(deploy, source, "ailing", minutes_of_data=18)


def address(verdict: Verdict) -> str:
    return f"/deploys/{verdict.deploy.public_id}/evidence/{verdict.public_id}"


def add_look(verdict: Verdict, minutes: int, health: str, **numbers: object) -> None:
    with write():
        at = verdict.deploy.deployed_at + timedelta(minutes=minutes + 3)
        plain = {"reason": seed.REASONS.get(health, "too_few_errors"), "is_revision": False}
        verdict.changes.append(
            VerdictChange(at=at, minutes_of_data=minutes, health=health, **plain | numbers)
        )


def history(markup: str) -> list[str]:
    """Return the rows of the history."""
    table = markup.partition("verdict-course")[2].partition("</table>")[0]
    rows = re.findall(r"<tr.*?</tr>", table, re.DOTALL)[1:]
    return [words(row).replace(" ,", ",") for row in rows]


def test_each_line_of_a_card_opens_in_place_and_asks_for_its_evidence(read, verdict) -> None:
    card = read(f"/deploys/{verdict.deploy.public_id}/card")
    summary = words(card.partition("<summary>")[2].partition("</summary>")[0])
    assert summary == "Why? Sentry web: Ailing"
    assert f'hx-get="/o/acme{address(verdict)}"' in card
    assert 'hx-trigger="toggle from:closest details"' in card


def test_without_scripts_a_link_leads_to_the_verdict_on_the_deploys_page(read, verdict) -> None:
    page = f"/o/acme/deploys/{verdict.deploy.public_id}"
    place = f"verdict-{verdict.public_id}"
    assert f'href="{page}#{place}"' in read(f"/deploys/{verdict.deploy.public_id}/card")
    assert f'id="{place}"' in read(f"/deploys/{verdict.deploy.public_id}")


def test_the_evidence_is_told_in_words(read, verdict) -> None:
    shown = words(read(address(verdict), htmx=True))
    assert shown.startswith("In the 18 minutes after this deploy 101 errors arrived; about 58 were")
    assert "for a Wednesday at 10:00 (UTC)" in shown
    assert "The next look is at 30 minutes of counts, usually about 10:32 UTC." in shown


def test_what_came_links_to_its_counts_inside_their_fold(read, verdict) -> None:
    place = f"counts-rows-{verdict.public_id}"
    for shown in (
        read(address(verdict), htmx=True),
        read(address(verdict)),
        read(f"/deploys/{verdict.deploy.public_id}"),
    ):
        assert f'<a href="#{place}">101 errors</a> arrived' in shown
        fold = shown.partition('<details class="counts"')[2].partition("</details>")[0]
        assert f'id="{place}"' in fold


def test_a_table_of_fewer_counts_than_the_verdict_rests_on_says_so(read, verdict) -> None:
    assert "The first" not in read(address(verdict), htmx=True)
    with write():
        verdict.minutes_of_data = 1440
    told = "The first 60 of the 1 440 minutes that the verdict rests on"
    shown = read(address(verdict), htmx=True)
    assert f"{told}; see all of them ." in words(shown)
    assert f'href="/o/acme{address(verdict)}/counts">see all of them' in shown
    with write():
        verdict.assessment = {**verdict.assessment, "explore_url": "https://acme.sentry.io/all"}
    shown = words(read(address(verdict), htmx=True))
    assert f"{told}; see all of them , or open in Sentry ." in shown


def test_the_evidence_brings_picture_table_and_statistics(read, verdict) -> None:
    shown = read(address(verdict), htmx=True)
    assert 'class="chart-plot"' in shown
    assert f'id="counts-{verdict.public_id}"' in shown
    assert "Errors that came 101 Counted in the known time after the deploy." in words(shown)
    assert "<html" not in shown


def test_evidence_in_place_is_loaded_again_when_its_deploy_changes(read, verdict) -> None:
    shown = read(address(verdict), htmx=True)
    assert f'hx-trigger="deployChanged:{verdict.deploy.public_id} from:body"' in shown
    assert "data-loaded" in shown


def test_a_plain_browser_gets_a_page(read, verdict) -> None:
    page = read(address(verdict))
    assert "<html" in page
    assert "In the 18 minutes after this deploy 101 errors arrived" in words(page)


def test_what_a_verdict_was_and_is_comes_with_time_and_numbers(read, verdict) -> None:
    add_look(verdict, 2, "unknown", observed=3, expected=2.4)
    add_look(verdict, 6, "healthy", observed=20, expected=19.2)
    add_look(verdict, 10, "ailing", observed=56, expected=32.0)
    assert history(read(address(verdict), htmx=True)) == [
        "Unknown too few errors to tell after 2 minutes 3 errors, 2.4 expected (1.2 times) "
        "4 Mar 2026, 10:05 UTC",
        "Healthy after 6 minutes 20 errors, 19 expected (about as many) 4 Mar 2026, 10:09 UTC",
        "Ailing after 10 minutes 56 errors, 32 expected (1.8 times) 4 Mar 2026, 10:13 UTC",
        "Ailing so far after 18 minutes 101 errors, 58 expected (1.8 times) 4 Mar 2026, 12:00 UTC",
    ]


def test_a_revision_is_marked_and_the_last_look_is_final(read, deploy, sentry, shop) -> None:
    with write():
        source = seed.add_source(sentry, shop.production)
        verdict = seed.add_verdict(deploy, source, "ailing", minutes_of_data=1440)
    add_look(verdict, 1440, "healthy", observed=5000, expected=4608.0)
    add_look(verdict, 1440, "ailing", observed=8064, expected=4608.0, is_revision=True)
    first, last = history(read(address(verdict), htmx=True))
    assert first.startswith("Healthy after 24 hours")
    assert last.startswith("Ailing revised: counts or deploys came late final after 24 hours")


def test_the_evidence_of_another_deploy_or_organization_is_not_found(visitor, sign_in, verdict):
    other = f"/deploys/elsewhere/evidence/{verdict.public_id}"
    assert visitor.get(f"/o/acme{other}").status_code == 404
    assert sign_in("outsider").get(f"/o/acme{address(verdict)}").status_code == 404
    assert sign_in("outsider").get(f"/o/globex{address(verdict)}").status_code == 404


def test_evidence_takes_as_many_statements_whatever_it_tells(visitor, counting, verdict) -> None:
    visitor.get(f"/o/acme{address(verdict)}")
    with counting() as few:
        visitor.get(f"/o/acme{address(verdict)}", headers={"HX-Request": "true"})
    for minutes in (2, 4, 6):
        add_look(verdict, minutes, "healthy")
    with counting() as many:
        visitor.get(f"/o/acme{address(verdict)}", headers={"HX-Request": "true"})
    assert len(few) == len(many)


def test_hostile_names_are_words(read, deploy, sentry, shop) -> None:
    with write():
        source = seed.add_source(sentry, shop.production, seed.HOSTILE[:110])
        verdict = seed.add_verdict(deploy, source, "ailing", minutes_of_data=18)
    assert "<script>alert" not in read(address(verdict))
    assert "<script>alert" not in read(f"/deploys/{deploy.public_id}/card")


def test_fewer_errors_are_told_in_percent_and_what_came_since_stands_apart(read, verdict) -> None:
    add_look(verdict, 18, "improved", observed=12, expected=60.0)
    changed, now = history(read(address(verdict), htmx=True))
    assert changed.startswith("Improved after 18 minutes 12 errors, 60 expected (80 % fewer)")
    assert now.startswith("Ailing so far after 18 minutes 101 errors, 58 expected")


def test_a_page_without_the_script_is_spared_the_figures_for_it(read, verdict) -> None:
    page = read(address(verdict))
    assert "charts.js" not in page
    assert "data-chart=" not in page
