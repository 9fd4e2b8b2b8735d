"""What can be switched on in the stand-in for sentry.io, and what is to be seen then.

The names are the stand-in's; it knows what they do, this table knows what they show.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

LONG = timedelta(hours=1)
SHORT = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Situation:
    """One button of the page.

    Args:
        name: What the stand-in calls it.
        lasts: How long until it ends by itself.
        seen: What the product shows, and how soon.
    """

    name: str
    title: str
    seen: str
    lasts: timedelta = LONG


@dataclass(frozen=True, slots=True)
class Group:
    """Situations that concern the same thing."""

    title: str
    situations: tuple[Situation, ...]


_ASKED_AGAIN = (
    "Within three minutes the card says Checking and why; three more attempts in ten minutes "
    "are refused before it says Needs attention."
)

GROUPS: tuple[Group, ...] = (
    Group(
        "The token",
        (
            Situation(
                "token-revoked",
                "Revoke the token",
                f"{_ASKED_AGAIN} Re-check now says at once that Sentry does not know the token. "
                "Replace token with the second one below mends it.",
            ),
            Situation(
                "required-scope-missing",
                "Take the scope org:read away",
                "No project can be read: the card is Late after about three minutes and needs "
                "attention within 20. Re-check now names the missing scope at once.",
            ),
            Situation(
                "other-scope-missing",
                "Take the scope event:read away",
                "Counts go on, and nothing alarms. After Re-check now, the card lists the scope "
                "as missing.",
            ),
            Situation(
                "single-sign-on",
                "Require single sign-on",
                f"{_ASKED_AGAIN} The message is for the owner of the token: it is not the "
                "token's fault, and another one of theirs does not help.",
            ),
            Situation(
                "second-factor",
                "Require two-factor authentication",
                "As with single sign-on, and the message asks the owner of the token to set it up.",
            ),
            Situation(
                "member-disabled",
                "Disable the owner of the token",
                "As with single sign-on, and the message says who can enable it. The token of "
                "a colleague below works.",
            ),
        ),
    ),
    Group(
        "Bad weather",
        (
            Situation(
                "overloaded",
                "Ten minutes of 503",
                "The card turns amber, Late, after about three minutes. Nothing turns red and "
                "nobody is alarmed; afterwards all missed minutes come in by themselves.",
                SHORT,
            ),
            Situation(
                "throttled",
                "Ten minutes of 429",
                "Sentry asks to wait a minute each time, and Sleuth does. Late after about three "
                "minutes, never red; Collect now has to wait, too.",
                SHORT,
            ),
            Situation(
                "silent",
                "Ten minutes of silence",
                "Every question is given up after some 30 seconds. Late after about three minutes, "
                "never red; pages are as fast as ever, because none of them waits for Sentry.",
                SHORT,
            ),
            Situation(
                "web-page",
                "Ten minutes of a login page",
                "HTML comes where data should, and none of it is taken for counts. Late after "
                "about three minutes, and the card says what came back instead.",
                SHORT,
            ),
        ),
    ),
    Group(
        "Projects and names",
        (
            Situation(
                "project-refused",
                "Refuse the project Worker",
                "Its impact source alone is Late after about three minutes and needs attention "
                "within 20, which the card says, too; the three others go on.",
            ),
            Situation(
                "project-deleted",
                "Delete the project Worker",
                "Likewise, and the message says that Sentry does not know the project.",
            ),
            Situation(
                "project-renamed",
                "Rename the project Storefront",
                "Nothing stops: Sleuth knows it by its number. Add impact shows Web Store once its "
                "list of projects is refreshed.",
            ),
            Situation(
                "organization-renamed",
                "Rename the organization",
                "Nothing stops. After Re-check now, the card says Lumen Industries.",
            ),
            Situation(
                "quiet",
                "Report no errors at all",
                "Sentry answers as ever, and every count is zero from now on: within two minutes "
                "charts fall to zero. After some hours, four at least, the card asks, in amber, "
                "whether the application still reports. Afterwards the errors of these "
                "minutes come in late, and Sleuth corrects its counts.",
                12 * LONG,
            ),
        ),
    ),
)
SITUATIONS = {each.name: each for group in GROUPS for each in group.situations}

TOKENS: tuple[tuple[str, str], ...] = (
    ("sntryu_demo", "the one that is connected to begin with"),
    ("sntryu_demo_second", "another one of the same account: replaces it without a question"),
    ("sntryu_demo_colleague", "of another account that sees the same: you are asked first"),
    ("sntryu_ada_full", "of an account elsewhere: you are told which impact sources would stop"),
)
"""What can be pasted into Replace token."""
