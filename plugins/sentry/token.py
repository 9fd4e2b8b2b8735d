"""Whether a token works: the checks behind "Save" in the connect dialog."""

from __future__ import annotations

import binascii
import json
from base64 import b64decode
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from plugins.sentry.answers import LIMITED_TO_ORGANIZATIONS, detail_of, known_shape, name_of
from plugins.sentry.client import SentryClient, clean_token, path_to
from plugins.sentry.info import REQUIRED_SCOPES, SCOPES
from plugins.sentry.organizations import Organization, find_organizations
from sleuth.plugin_api import TokenCheck, TrackerContext, TrackerError

_REFUSALS = ("credentials", "action_required", "forbidden", "not_found")
_PROXY_USER = "@proxy-user.sentry.io"
_LABELLED_ORGANIZATIONS = 3
_NEVER_READS = (
    "This is an organization token{of} (it begins with sntrys_). Sentry makes those for CI, and "
    "they can never read error counts. Generate a personal token instead: in Sentry, Settings > "
    "Account Details > API > Auth Token."
)


@dataclass(frozen=True, slots=True)
class _Identity:
    """Who a token belongs to.

    Args:
        scopes: What it may do, None if Sentry does not tell.
    """

    id: str = ""
    label: str = ""
    is_integration: bool = False
    scopes: tuple[str, ...] | None = None


def check_token(tracker: TrackerContext) -> TokenCheck:
    """Find out whether a token can read error counts, and whose it is.

    Raises:
        TrackerError: Sentry gave no answer to judge by.
    """
    token = clean_token(tracker.credentials.get("token", ""))
    flaw = _flaw(token)
    if flaw:
        return TokenCheck(ok=False, message=flaw)
    named = tracker.credentials.get("organization", "").strip()
    try:
        return _asked(SentryClient(tracker), named)
    except TrackerError as error:
        if error.reason not in _REFUSALS:
            raise
        asks_for = ("organization",) if named and error.reason in _REFUSALS[2:] else ()
        return TokenCheck(ok=False, message=error.message, asks_for=asks_for)


def missing_scopes(present: Collection[str]) -> tuple[str, ...]:
    """Return which of the scopes asked for are not there, even in a stronger form."""
    return tuple(scope for scope in SCOPES if not _stands_for(scope) & set(present))


def _stands_for(scope: str) -> set[str]:
    """Return every scope that opens what ``scope`` opens for reading."""
    subject, _, _ = scope.partition(":")
    return {scope} | {f"{subject}:{level}" for level in ("read", "write", "admin")}


def _flaw(token: str) -> str:
    """Return what is wrong with a token that nobody needs to be asked about."""
    if not token:
        return "Paste the auth token that Sentry generated."
    if token.startswith("sntrys_"):
        of = _named_in(token)
        return _NEVER_READS.format(of=f" of {of}" if of else "")
    if not token.isascii():
        return (
            "The token contains characters that no Sentry token has. Copy it again, all of it "
            "and nothing around it."
        )
    return ""


def _named_in(token: str) -> str:
    """Return the organization that an organization token names in itself, "" if unreadable."""
    payload = token.removeprefix("sntrys_").rpartition("_")[0]
    try:
        claims = json.loads(b64decode(payload, validate=True))
        return str(claims["org"])
    except (binascii.Error, KeyError, TypeError, ValueError):
        return ""


def _asked(client: SentryClient, named: str) -> TokenCheck:
    identity = _identify(client)
    present = identity.scopes or ()
    missing = () if identity.scopes is None else missing_scopes(present)
    lacking = [scope for scope in REQUIRED_SCOPES if scope in missing]
    if lacking:
        return TokenCheck(False, _lacks(lacking), scopes_present=present, scopes_missing=missing)
    organizations = find_organizations(client, named)
    if not organizations:
        return _sees_nothing(identity)
    _read_one(client, organizations)
    label = _label(identity, organizations)
    return TokenCheck(
        ok=True,
        message=f"Sentry recognized {label}.",
        account_id=identity.id or f"organization:{organizations[0].id}",
        account_label=label,
        scopes_present=present,
        scopes_missing=missing,
    )


def _identify(client: SentryClient) -> _Identity:
    answer = client.get(path_to())
    if answer.status == 401 and detail_of(answer).text == LIMITED_TO_ORGANIZATIONS:
        return _Identity()
    if answer.status == 404:
        raise TrackerError(f"There is no Sentry at {client.base}.", reason="bad_answer")
    document = client.document(answer, "the owner of the token")
    with known_shape("its description of the token"):
        if document["auth"] is None:
            raise TrackerError(
                "Sentry did not receive the token: something between this server and Sentry "
                "removes it.",
                permanent=True,
                reason="credentials",
            )
        scopes = tuple(name_of(scope) for scope in document["auth"]["scopes"])
        return _identity(document.get("user") or {}, scopes)


def _identity(user: dict[str, Any], scopes: tuple[str, ...]) -> _Identity:
    email, name = name_of(user.get("email") or ""), name_of(user.get("name") or "")
    if email.endswith(_PROXY_USER):
        return _Identity(label=f"Integration {name or 'token'}", is_integration=True, scopes=scopes)
    label = f"{name} ({email})" if name and email and name != email else name or email
    return _Identity(f"user:{name_of(user['id'])}" if user else "", label, scopes=scopes)


def _lacks(scopes: list[str]) -> str:
    return (
        f"The token lacks the scope {', '.join(scopes)}, without which Sentry shows no errors. "
        "The scopes of a personal token cannot be changed: generate a new one with the scopes "
        "listed here."
    )


def _sees_nothing(identity: _Identity) -> TokenCheck:
    if identity.is_integration:
        return TokenCheck(
            ok=False,
            message="This is the token of an internal integration, to which Sentry does not "
            "tell its organization. Name the organization.",
            scopes_present=identity.scopes or (),
            asks_for=("organization",),
        )
    return TokenCheck(
        ok=False,
        message="Sentry knows this token, but its owner belongs to no active organization. Use "
        "the token of somebody who is a member of the organization.",
        scopes_present=identity.scopes or (),
    )


def _read_one(client: SentryClient, organizations: list[Organization]) -> None:
    """Make one call of the kind that collecting makes; raises the first refusal if none works.

    A token's scopes are only an upper bound: roles and single sign-on can forbid more.
    """
    errors: list[TrackerError] = []
    for organization in organizations:
        path = path_to("organizations", organization.id, "projects")
        what = f"the projects of {organization.name}"
        try:
            client.fetch(path, what, [("per_page", "1")], organization.region_url)
        except TrackerError as error:
            errors.append(error)
        else:
            return
    raise errors[0]


def _label(identity: _Identity, organizations: list[Organization]) -> str:
    names = [organization.name for organization in organizations]
    shown, more = names[:_LABELLED_ORGANIZATIONS], len(names) - _LABELLED_ORGANIZATIONS
    listed = ", ".join(shown) + (f" and {more} more" if more > 0 else "")
    return f"{identity.label} · {listed}" if identity.label else listed
