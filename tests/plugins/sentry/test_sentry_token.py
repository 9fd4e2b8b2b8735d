"""What the connect dialog says of every kind of token, and of every kind of silence."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from plugins import sentry
from plugins.sentry.sandbox import TOKENS, Sandbox
from sleuth.plugin_api import TrackerContext, TrackerError

Tracker = Callable[..., TrackerContext]


def test_a_personal_token_is_recognized_by_owner_and_organizations(tracker: Tracker) -> None:
    check = sentry.sleuth_validate_token(tracker())

    assert check.ok
    assert check.account_label == "Ada Lovelace (ada@acme.test) · Acme, Globex"
    assert check.account_id == "user:11"
    assert check.scopes_missing == ()


def test_connecting_makes_a_call_of_the_kind_that_collecting_makes(
    tracker: Tracker, sandbox: Sandbox
) -> None:
    sentry.sleuth_validate_token(tracker())

    last = sandbox.requests[-1]
    assert (last.silo, last.path) == ("us", "/api/0/organizations/1001/projects/")


@pytest.mark.parametrize(
    ("token", "label"),
    [
        ("three_organizations", "Grace Hopper (grace@initech.test) · Acme, Initech, Globex"),
        ("legacy", "Ada Lovelace (ada@acme.test) · Acme"),
        ("org_admin", "Ada Lovelace (ada@acme.test) · Acme"),
        ("integration", "Integration Deploy watcher · Acme"),
        ("scoped", "Acme"),
        ("empty", "Linus Lonely (linus@nowhere.test) · Atrium"),
        ("demo", "Dana Demo (dana@lumen.test) · Lumen Works"),
    ],
)
def test_a_working_token_says_whose_it_is(tracker: Tracker, token: str, label: str) -> None:
    check = sentry.sleuth_validate_token(tracker(token))

    assert check.ok
    assert check.account_label == label


def test_org_read_alone_is_enough_and_the_other_scopes_are_reported(tracker: Tracker) -> None:
    check = sentry.sleuth_validate_token(tracker("org_read_only"))

    assert check.ok
    assert check.scopes_present == ("org:read",)
    assert check.scopes_missing == (
        "event:read",
        "member:read",
        "project:read",
        "project:releases",
        "team:read",
    )


def test_a_stronger_scope_stands_for_reading(tracker: Tracker) -> None:
    check = sentry.sleuth_validate_token(tracker("org_admin"))

    assert check.ok
    assert check.scopes_missing == ("event:read", "member:read", "team:read")


@pytest.mark.parametrize(
    ("token", "words"),
    [
        ("sntryu_nobody_knows", "does not know this token"),
        ("revoked", "does not know this token"),
        ("expired", "has expired"),
        ("inactive", "inactive or deleted"),
        ("organization", "organization token of acme"),
        ("sntrys_unreadable", "organization token (it begins with sntrys_)"),
        ("no_org_read", "lacks the scope org:read"),
        ("sso", "requires single sign-on"),
        ("two_factor", "two-factor authentication"),
        ("member_disabled", "more members than its plan allows"),
        ("lonely", "belongs to no active organization"),
        ("", "Paste the auth token"),
        ("sntryu_äpfel", "characters that no Sentry token has"),
    ],
)
def test_a_token_that_cannot_work_is_refused_with_its_cause(
    tracker: Tracker, token: str, words: str
) -> None:
    check = sentry.sleuth_validate_token(tracker(token))

    assert not check.ok
    assert words in check.message


def test_a_refusal_without_words_is_a_sentence_too(tracker: Tracker, sandbox: Sandbox) -> None:
    sandbox.misbehave("truncated")

    check = sentry.sleuth_validate_token(tracker("revoked"))

    assert "Sentry refused the token: it does not say why. Generate" in check.message


@pytest.mark.parametrize("token", [name for name in TOKENS if name != "throttled"])
def test_no_message_contains_the_token(tracker: Tracker, token: str) -> None:
    check = sentry.sleuth_validate_token(tracker(token))

    assert TOKENS[token].value not in repr(check)


def test_a_token_echoed_by_the_server_is_taken_out_of_the_message(
    tracker: Tracker, sandbox: Sandbox
) -> None:
    sandbox.misbehave("401", detail=f"No {TOKENS['full'].value} here")

    check = sentry.sleuth_validate_token(tracker())

    assert "Sentry refused the token: No … here" in check.message


@pytest.mark.parametrize(
    "pasted",
    [
        "  {}\n",
        '"{}"',
        "'{}',",
        "Bearer {}",
        "Authorization: Bearer {}",
        "\u200b“{}”\ufeff",
    ],
)
def test_what_surrounds_a_pasted_token_is_removed(tracker: Tracker, pasted: str) -> None:
    token = TOKENS["full"].value

    assert sentry.sleuth_validate_token(tracker(pasted.format(token))).ok


def test_a_token_broken_over_two_lines_is_joined(tracker: Tracker) -> None:
    token = TOKENS["legacy"].value

    assert sentry.sleuth_validate_token(tracker(f"{token[:30]}\r\n  {token[30:]}")).ok


def test_an_integration_whose_lists_are_empty_is_asked_for_its_organization(
    tracker: Tracker,
) -> None:
    check = sentry.sleuth_validate_token(tracker("integration_opaque"))

    assert not check.ok
    assert check.asks_for == ("organization",)
    assert "internal integration" in check.message


@pytest.mark.parametrize(
    "named", ["acme", " acme ", "https://acme.sentry.io/projects/", "sentry.io/organizations/acme/"]
)
def test_an_integration_works_once_its_organization_is_named(tracker: Tracker, named: str) -> None:
    check = sentry.sleuth_validate_token(tracker("integration_opaque", organization=named))

    assert check.ok
    assert check.account_id == "organization:1001"
    assert check.account_label == "Integration Silent watcher · Acme"


@pytest.mark.parametrize(
    ("named", "words"),
    [
        ("acmee", "does not know the organization acmee"),
        ("globex", "does not let this token read the organization globex"),
    ],
)
def test_a_wrongly_named_organization_is_asked_for_again(
    tracker: Tracker, named: str, words: str
) -> None:
    check = sentry.sleuth_validate_token(tracker("integration_opaque", organization=named))

    assert words in check.message
    assert check.asks_for == ("organization",)


def test_a_role_that_allows_less_than_the_scopes_is_found_out(
    tracker: Tracker, sandbox: Sandbox
) -> None:
    sandbox.misbehave("403", match="/projects/")

    check = sentry.sleuth_validate_token(tracker("legacy"))

    assert not check.ok
    assert check.message == "Sentry does not let this token read the projects of Acme."


def test_one_organization_behind_single_sign_on_does_not_close_the_others(
    tracker: Tracker, sandbox: Sandbox
) -> None:
    sandbox.misbehave("403", match="/1001/projects/")

    assert sentry.sleuth_validate_token(tracker()).ok


def test_a_header_lost_on_the_way_is_named(tracker: Tracker, sandbox: Sandbox) -> None:
    sandbox.misbehave("anonymous")

    check = sentry.sleuth_validate_token(tracker())

    assert "did not receive the token" in check.message


@pytest.mark.parametrize(
    ("user", "label"),
    [
        (None, "Acme, Globex"),
        ({"id": "3", "name": "", "email": "ada@acme.test"}, "ada@acme.test · Acme, Globex"),
        ({"id": "3", "name": "ada@acme.test", "email": "ada@acme.test"}, "ada@acme.test · Acme, "),
    ],
)
def test_a_token_is_known_by_whatever_sentry_tells_of_its_owner(
    tracker: Tracker, sandbox: Sandbox, user: dict[str, str] | None, label: str
) -> None:
    index = {"version": "0", "auth": {"scopes": ["org:read"]}, "user": user}
    sandbox.misbehave("json", times=1, body=index)

    assert sentry.sleuth_validate_token(tracker()).account_label.startswith(label)


@pytest.mark.parametrize(
    ("kind", "reason", "words"),
    [
        ("429", "rate_limited", "too many requests"),
        ("500", "unavailable", "problem on its side (HTTP 500)"),
        ("503", "unavailable", "problem on its side (HTTP 503)"),
        ("html-502", "unavailable", "problem on its side (HTTP 502)"),
        ("400-transient", "unavailable", "could not finish"),
        ("html-200", "bad_answer", "web page"),
        ("truncated", "bad_answer", "cut short"),
        ("404", "bad_answer", "no Sentry at"),
        ("timeout", "unavailable", "too long"),
        ("silence", "unavailable", "too long"),
        ("hang-up", "unavailable", "Sentry"),
        ("400", "bad_answer", "Invalid query"),
        ("json", "bad_answer", "shape that is not known"),
    ],
)
def test_no_answer_is_not_a_verdict_on_the_token(
    tracker: Tracker, sandbox: Sandbox, kind: str, reason: str, words: str
) -> None:
    sandbox.misbehave(kind)

    with pytest.raises(TrackerError, match=words.replace("(", r"\(").replace(")", r"\)")) as raised:
        sentry.sleuth_validate_token(tracker(read_seconds=0.2 if words == "too long" else 20))

    assert raised.value.reason == reason
    assert not raised.value.permanent


def test_a_throttled_token_is_not_judged(tracker: Tracker) -> None:
    with pytest.raises(TrackerError, match="too many requests"):
        sentry.sleuth_validate_token(tracker("throttled"))


def test_an_answer_of_an_unknown_kind_is_not_judged(tracker: Tracker, sandbox: Sandbox) -> None:
    sandbox.misbehave("redirect", location="")

    with pytest.raises(TrackerError, match=r"not known here \(HTTP 302\)"):
        sentry.sleuth_validate_token(tracker())


def test_an_unreachable_server_is_not_a_verdict_on_the_token(tracker: Tracker) -> None:
    with pytest.raises(TrackerError, match="could not be reached") as raised:
        sentry.sleuth_validate_token(tracker(url="http://127.0.0.1:9"))

    assert raised.value.reason == "unavailable"


def test_the_token_does_not_follow_a_redirect_to_another_host(
    tracker: Tracker, sandbox: Sandbox
) -> None:
    elsewhere = sandbox.url.replace("127.0.0.1", "127.0.0.2") + "/api/0/"
    sandbox.misbehave("redirect", location=elsewhere)

    with pytest.raises(TrackerError, match="redirect"):
        sentry.sleuth_validate_token(tracker())

    assert len(sandbox.requests) == 1
