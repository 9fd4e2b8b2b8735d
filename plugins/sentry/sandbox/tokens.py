"""The people and tokens of the stand-in. None of them is worth anything elsewhere."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from typing import Literal

Kind = Literal["user", "integration", "organization"]

ALL_SCOPES = (
    "event:read",
    "member:read",
    "org:read",
    "project:read",
    "project:releases",
    "team:read",
)


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who owns a token, or the proxy user of an integration."""

    id: str
    name: str
    email: str


@dataclass(frozen=True, slots=True)
class Token:
    """One token and everything that is odd about it.

    Args:
        value: What is pasted.
        purpose: One line for the index page.
        organizations: Slugs of the organizations its owner belongs to.
        refusal: ``detail`` of the 401 that answers every call.
        barrier: Code of the 401 that answers calls on an organization: single sign-on,
            second factor, disabled member.
        is_scoped: Bound to one organization, so that ``/api/0/`` refuses it.
        lists_projects: For integrations: whether ``/api/0/projects/`` answers.
        is_throttled: Answered with 429, always.
    """

    value: str
    purpose: str
    user: User | None
    kind: Kind = "user"
    scopes: tuple[str, ...] = ALL_SCOPES
    organizations: tuple[str, ...] = ("acme",)
    refusal: str = ""
    barrier: str = ""
    is_scoped: bool = False
    lists_projects: bool = True
    is_throttled: bool = False


ADA = User("11", "Ada Lovelace", "ada@acme.test")
GRACE = User("12", "Grace Hopper", "grace@initech.test")
LINUS = User("13", "Linus Lonely", "linus@nowhere.test")
DANA = User("14", "Dana Demo", "dana@lumen.test")
OMAR = User("16", "Omar Other", "omar@lumen.test")
_PROXY = User("901", "Deploy watcher", "deploy-watcher-3f2a@proxy-user.sentry.io")
_PROXY_OPAQUE = User("902", "Silent watcher", "silent-watcher-77c1@proxy-user.sentry.io")


def _organization_token() -> str:
    claims = (
        '{"iat":1767225600.0,"url":"https://sentry.io",'
        '"region_url":"https://us.sentry.io","org":"acme"}'
    )
    return f"sntrys_{b64encode(claims.encode()).decode()}_sandbox"


TOKENS: dict[str, Token] = {
    "full": Token(
        "sntryu_ada_full",
        "Personal token with all six scopes: Acme (us) and Globex (de)",
        ADA,
        organizations=("acme", "globex"),
    ),
    "three_organizations": Token(
        "sntryu_grace_three_orgs",
        "Personal token of a member of Acme, Globex (de) and Initech (134 projects); "
        "Hooli is being deleted",
        GRACE,
        organizations=("acme", "globex", "initech", "hooli"),
    ),
    "demo": Token(
        "sntryu_demo", "Personal token of the demo: Lumen Works", DANA, organizations=("lumen",)
    ),
    "demo_second": Token(
        "sntryu_demo_second",
        "Another personal token of the same account: Lumen Works",
        DANA,
        organizations=("lumen",),
    ),
    "demo_colleague": Token(
        "sntryu_demo_colleague",
        "Personal token of somebody else who belongs to Lumen Works",
        OMAR,
        organizations=("lumen",),
    ),
    "org_read_only": Token(
        "sntryu_ada_org_read", "Personal token with org:read only", ADA, scopes=("org:read",)
    ),
    "org_admin": Token(
        "sntryu_ada_org_admin",
        "Personal token with org:admin, which includes org:read",
        ADA,
        scopes=("org:admin", "project:admin"),
    ),
    "no_org_read": Token(
        "sntryu_ada_no_org_read",
        "Personal token without org:read",
        ADA,
        scopes=("event:read", "project:read"),
    ),
    "expired": Token(
        "sntryu_ada_expired", "Personal token past its date", ADA, refusal="Token expired"
    ),
    "inactive": Token(
        "sntryu_gone_inactive",
        "Personal token of somebody who left",
        User("15", "Gone Girl", "gone@acme.test"),
        refusal="User inactive or deleted",
    ),
    "revoked": Token(
        "sntryu_ada_revoked", "Personal token that was revoked", ADA, refusal="Invalid token"
    ),
    "integration": Token(
        "sntryi_acme_watcher",
        "Internal integration of Acme; its list of organizations is empty, "
        "its list of projects is not",
        _PROXY,
        kind="integration",
    ),
    "integration_opaque": Token(
        "sntryi_acme_silent",
        "Internal integration of Acme whose lists are both empty: name the organization (acme)",
        _PROXY_OPAQUE,
        kind="integration",
        lists_projects=False,
    ),
    "organization": Token(
        _organization_token(),
        "Organization token for CI; it can never read counts",
        None,
        kind="organization",
        scopes=("org:ci",),
    ),
    "legacy": Token(
        "5e4711a0" * 8, "Personal token made before tokens had prefixes (64 hex digits)", ADA
    ),
    "scoped": Token(
        "sntryu_ada_acme_only",
        "Personal token limited to one organization",
        ADA,
        is_scoped=True,
    ),
    "sso": Token(
        "sntryu_ada_sso", "Its organization requires single sign-on", ADA, barrier="sso-required"
    ),
    "two_factor": Token(
        "sntryu_ada_2fa", "Its organization requires a second factor", ADA, barrier="2fa-required"
    ),
    "member_disabled": Token(
        "sntryu_ada_over_limit",
        "Its owner's membership is disabled: more members than the plan allows",
        ADA,
        barrier="member-disabled-over-limit",
    ),
    "lonely": Token(
        "sntryu_linus_no_orgs", "Its owner belongs to no organization", LINUS, organizations=()
    ),
    "empty": Token(
        "sntryu_linus_no_projects",
        "Its owner's organization has no project",
        LINUS,
        organizations=("atrium",),
    ),
    "throttled": Token("sntryu_ada_throttled", "Answered with 429, always", ADA, is_throttled=True),
}

BY_VALUE = {token.value: token for token in TOKENS.values()}
