"""The settings' tab Notifications, as administrators and others see it."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from sleuth import clock
from sleuth.accounts.models import AuditEntry
from sleuth.extensions import db
from sleuth.notifications import channels, deliveries
from tests.conftest import NOW
from tests.dashboard.conftest import words
from tests.notifications.conftest import DISCORD, TOKEN, all_deliveries

URL = "/o/acme/settings/notifications"
PUBLIC = "https://hooks.example.com/s3cret-path"


@pytest.fixture
def browser(sign_in, queued):
    """A browser in which the administrator of Acme is signed in; nothing that is queued runs."""
    return sign_in("administrator")


def everything_shown(browser) -> str:
    """Return the page and the audit log, as they were sent."""
    return browser.get(URL).text + browser.get("/o/acme/settings/audit-log").text


def test_without_channels_the_page_says_what_that_means(browser) -> None:
    shown = words(browser.get(URL).text)
    assert "Nobody is notified yet" in shown
    assert "Nothing was sent yet" in shown


def test_a_channel_is_listed_by_name_and_its_address_is_shown_nowhere(browser) -> None:
    answer = browser.post(f"{URL}/add", data={"name": "#operations", "address": f" {DISCORD}\n"})
    assert answer.status_code == 303
    shown = everything_shown(browser)
    assert "#operations" in words(shown)
    assert "Discord" in words(shown)
    assert "added the notification channel" in words(shown)
    assert TOKEN not in shown


def test_a_refused_address_is_explained_on_its_field_and_not_shown_again(browser) -> None:
    address = "mailto://joe:Tr0ub4dor@evil.test"
    answer = browser.post(f"{URL}/add", data={"name": "Mail", "address": address})
    assert answer.status_code == 422
    assert "Mail is sent through providers that Apprise knows" in answer.text
    assert "Tr0ub4dor" not in answer.text
    assert "Nobody is notified yet" in browser.get(URL).text


def test_a_name_that_is_an_address_is_refused(browser) -> None:
    answer = browser.post(f"{URL}/add", data={"name": DISCORD, "address": DISCORD})
    assert answer.status_code == 422
    assert "leave addresses out" in answer.text


def test_the_secret_of_a_webhook_is_shown_once(browser) -> None:
    answer = browser.post(f"{URL}/webhook", data={"url": PUBLIC})
    (secret,) = set(re.findall(r"whsec_[\w+/=]+", answer.text))
    shown = everything_shown(browser)
    assert "hooks.example.com" in shown
    assert "s3cret-path" not in shown
    assert secret not in shown
    assert "Add webhook" not in shown


def test_a_new_secret_is_another(browser, webhook, secret) -> None:
    assert (
        "Until the receiver knows it" in browser.get(f"{URL}/{webhook.public_id}/new-secret").text
    )
    answer = browser.post(f"{URL}/{webhook.public_id}/new-secret")
    (new,) = set(re.findall(r"whsec_[\w+/=]+", answer.text))
    assert new != secret


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://hooks.example.com/", "begin with https://"),
        ("https://127.0.0.2/", "not a public address"),
        ("https://10.0.0.1/", "not a public address"),
        ("https://169.254.169.254/latest/meta-data/", "not a public address"),
        ("https://[::1]/", "not a public address"),
        ("https://[::ffff:10.0.0.1]/", "not a public address"),
        ("https://localhost/", "not a public address"),
        ("https://intranet/", "not a public address"),
        ("https://db.internal/", "not a public address"),
        ("https://2130706433/", "not a valid address"),
        ("https://0x7f.1/", "not a valid address"),
        ("https://user:pw@hooks.example.com/", "not a valid address"),
        ("https://hooks.example.com\\@10.0.0.1/", "not a valid address"),
        ("ftp://hooks.example.com/", "not a valid address"),
        ("nonsense", "not a valid address"),
    ],
)
def test_a_webhook_that_is_not_public_is_refused(browser, url, why) -> None:
    answer = browser.post(f"{URL}/webhook", data={"url": url})
    assert answer.status_code == 422
    assert why in words(answer.text)


def test_a_second_webhook_is_refused(browser, webhook) -> None:
    answer = browser.post(f"{URL}/webhook", data={"url": PUBLIC})
    assert answer.status_code == 422
    assert "There is a webhook already" in words(answer.text)


def test_a_test_goes_through_a_job_and_is_listed_with_its_outcome(
    browser, webhook, receiver, run_jobs
) -> None:
    browser.post(f"{URL}/{webhook.public_id}/test")
    page = browser.get(URL).text
    assert "Waiting" in words(page)
    assert '<meta http-equiv="refresh"' in page
    run_jobs()
    shown = words(browser.get(URL).text)
    assert "A test from Sleuth for Acme 127.0.0.1" in shown
    assert "Sent The webhook answered 204." in shown
    assert len(receiver.requests) == 1


def test_a_second_test_waits_a_little(browser, webhook, run_jobs) -> None:
    browser.post(f"{URL}/{webhook.public_id}/test")
    run_jobs()
    browser.post(f"{URL}/{webhook.public_id}/test")
    assert "A test was sent a moment ago." in words(browser.get(URL).text)
    with clock.frozen(NOW + timedelta(seconds=10)):
        browser.post(f"{URL}/{webhook.public_id}/test")
    assert len(all_deliveries()) == 2


def test_what_is_tried_again_says_when(browser, webhook, receiver, run_jobs, cast) -> None:
    receiver.status = 500
    deliveries.send_test(cast.acme, webhook.public_id)
    with deliveries.write():
        db.session.query(deliveries.Delivery).one().kind = "integration.needs_attention"
    run_jobs()
    shown = words(browser.get(URL).text)
    assert "Waiting The webhook answered 500. Tried again in 1 minute ." in shown


def test_a_channel_is_removed_after_a_question_and_its_deliveries_stay(
    browser, webhook, run_jobs
) -> None:
    browser.post(f"{URL}/{webhook.public_id}/test")
    run_jobs()
    assert "its address is erased" in browser.get(f"{URL}/{webhook.public_id}/remove").text
    browser.post(f"{URL}/{webhook.public_id}/remove")
    shown = words(browser.get(URL).text)
    assert "127.0.0.1 is removed." in shown
    assert "A test from Sleuth for Acme 127.0.0.1" in shown
    assert "Nobody is notified yet" in shown


def test_every_change_is_audited_without_an_address(browser, webhook, secret, queued) -> None:
    public_id = webhook.public_id
    browser.post(f"{URL}/{public_id}/test")
    browser.post(f"{URL}/{public_id}/new-secret")
    browser.post(f"{URL}/{public_id}/remove")
    entries = db.session.query(AuditEntry).order_by(AuditEntry.id).all()
    actions = [each.action.partition(".")[2] for each in entries]
    assert actions == ["added", "tested", "secret_renewed", "removed"]
    written = " ".join(f"{each.subject} {each.detail}" for each in entries)
    assert "s3cret-path" not in written
    assert secret not in written


def test_another_organization_sees_and_tests_nothing_of_it(sign_in, webhook, queued) -> None:
    outsider, theirs = sign_in("outsider"), "/o/globex/settings/notifications"
    assert "Nobody is notified yet" in outsider.get(theirs).text
    for path in ("test", "remove", "new-secret"):
        assert outsider.post(f"{theirs}/{webhook.public_id}/{path}").status_code == 404
    assert all_deliveries() == []


def test_a_chat_has_no_secret_to_renew(browser, chat) -> None:
    assert browser.get(f"{URL}/{chat.public_id}/new-secret").status_code == 404


def test_there_is_an_end_to_channels(browser, cast, monkeypatch) -> None:
    monkeypatch.setattr(channels, "MOST_CHANNELS", 1)
    for name in ("One", "Two"):
        answer = browser.post(f"{URL}/add", data={"name": name, "address": DISCORD})
    assert "There are 1 channels already" in answer.text


def test_the_tab_is_for_administrators(sign_in, queued) -> None:
    assert "Notifications" in sign_in("administrator").get("/o/acme/settings").text
    assert "Notifications" not in sign_in("developer").get("/o/acme/settings").text
    assert sign_in("developer").get(URL).status_code == 403
