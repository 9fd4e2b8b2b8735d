"""A plugin that implements every hook, and misbehaves on request.

The request is the ``mode`` among the credentials (or the values of the configuration,
for the hook that has no credentials): the name of an entry of ``MODES``.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

from sleuth.plugin_api import (
    Capabilities,
    Choice,
    CountSeries,
    CredentialField,
    ImpactConfig,
    ImpactField,
    ImpactWarning,
    NewError,
    PluginSetting,
    RemoteDeploy,
    RemoteProject,
    TokenCheck,
    TrackerContext,
    TrackerError,
    TrackerInfo,
    hookimpl,
)

__version__ = "7.8"
MINUTE = timedelta(minutes=1)
LOGO = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><path d="M0 0h8v8z"/></svg>'


class Rendered(str):
    """Text that templates would not escape."""

    __slots__ = ()

    def __html__(self) -> str:
        return self


@hookimpl
def sleuth_tracker_info() -> TrackerInfo:
    return TrackerInfo(
        slug="dummy",
        name="Dummy",
        description="Enable Dummy to see what goes wrong.",
        credential_fields=(
            CredentialField("token", "Auth Token"),
            CredentialField("mode", "Mode", is_secret=False),
        ),
        logo=LOGO,
        settings=(PluginSetting("url", "https://dummy.test", "Where it is.", is_url=True),),
        capabilities=Capabilities(reports_new_errors=True),
    )


@hookimpl
def sleuth_impact_fields() -> list[ImpactField]:
    return [
        ImpactField("project", "Project", "remote_project"),
        ImpactField("team", "Team", "text"),
    ]


@hookimpl
def sleuth_validate_token(tracker: TrackerContext) -> Any:
    token = tracker.credentials["token"]
    check = TokenCheck(ok=True, message=f"Hello {token}", account_label=f"{token}'s")
    return behave(tracker, check)


@hookimpl
def sleuth_list_projects(tracker: TrackerContext) -> Any:
    shop = RemoteProject("1", "Shop", attributes={"region": "eu"})
    return behave(tracker, [shop, RemoteProject("1", "Blog", org_key="b")])


@hookimpl
def sleuth_collect_counts(
    tracker: TrackerContext, config: ImpactConfig, since: datetime, until: datetime
) -> Any:
    if tracker.credentials["mode"] == "writes to the configuration":
        config.attributes["project"] = "another"
    points = tuple((since + minute * MINUTE, minute) for minute in range(4))
    return behave(tracker, CountSeries(60, points, complete_until=until, quota_left=9))


@hookimpl
def sleuth_list_choices(tracker: TrackerContext) -> Any:
    return behave(tracker, [Choice("1", f"One of {tracker.credentials['token']}")])


@hookimpl
def sleuth_check_impact(tracker: TrackerContext) -> Any:
    message = f"Odd, {tracker.credentials['token']}."
    return behave(tracker, [ImpactWarning("environment", message, "production")])


@hookimpl
def sleuth_new_errors(tracker: TrackerContext, since: datetime) -> Any:
    return behave(tracker, [NewError("KeyError", "https://dummy.test/1", since, 3)])


@hookimpl
def sleuth_explore_url(config: ImpactConfig) -> Any:
    return MODES[config.values["mode"]]("https://dummy.test/", "a token it does not know")


@hookimpl
def sleuth_list_deploys(tracker: TrackerContext, since: datetime) -> Any:
    return behave(tracker, [RemoteDeploy("abc123", since)])


def behave(tracker: TrackerContext, good_answer: Any) -> Any:
    """Return the good answer, or do what was requested instead."""
    mode = tracker.credentials["mode"]
    if mode == "writes to its arguments":
        tracker.credentials["token"] = "mine now"
    if mode == "connects":
        tracker.http.get(tracker.settings["url"])
    if mode == "reports":
        return TokenCheck(ok=True, message=repr(sorted(tracker.settings.items())))
    return MODES.get(mode, MODES[""])(good_answer, tracker.credentials["token"])


def _raise(_answer: Any, token: str) -> None:
    raise RuntimeError(f"boom at https://dummy.test/?token={token}")


def _chain(_answer: Any, token: str) -> None:
    try:
        _raise(None, token)
    except RuntimeError as error:
        raise KeyError(token) from error


def _exit(_answer: Any, _token: str) -> None:
    sys.exit("enough")


def _refuse(_answer: Any, token: str) -> None:
    raise TrackerError(f"No way, {token}.", permanent=True, retry_after=7, reason="credentials")


def _refuse_oddly(_answer: Any, _token: str) -> None:
    raise TrackerError("", permanent="no", retry_after=float("nan"), reason="mood")


def _refuse_at_length(_answer: Any, token: str) -> None:
    raise TrackerError("x" * 495 + token)


def _hang(_answer: Any, _token: str) -> None:
    threading.Event().wait()


def _generate(answer: Any, _token: str) -> Iterator[Any]:
    yield from answer


def _series(
    *, interval: int = 60, since: timedelta | None = None, left: Any = None, until: Any = None
) -> Callable[..., Any]:
    def change(answer: CountSeries, _token: str) -> CountSeries:
        return CountSeries(
            interval,
            answer.points,
            complete_until=answer.complete_until + (until or timedelta(0)),
            complete_since=answer.points[0][0] + since if since is not None else None,
            quota_left=left,
        )

    return change


def _points(change: Callable[[list[Any]], list[Any]]) -> Callable[..., Any]:
    def changed(answer: CountSeries, _token: str) -> CountSeries:
        points = tuple(change(list(answer.points)))
        return CountSeries(60, points, complete_until=answer.complete_until)

    return changed


MODES: dict[str, Callable[[Any, str], Any]] = {
    "": lambda answer, _token: answer,
    "raises": _raise,
    "raises in turn": _chain,
    "exits": _exit,
    "refuses": _refuse,
    "refuses oddly": _refuse_oddly,
    "refuses at length": _refuse_at_length,
    "hangs": _hang,
    "answers None": lambda _answer, _token: None,
    "answers text": lambda _answer, _token: "text",
    "answers the token": lambda _answer, token: {"token": token},
    "answers a generator": _generate,
    "answers twice": lambda answer, _token: [*answer, *answer],
    "answers without a key": lambda _answer, _token: [RemoteProject("", "Nameless")],
    "answers no without a reason": lambda _answer, _token: TokenCheck(ok=False, message=" "),
    "answers yes as text": lambda _answer, _token: TokenCheck(ok="yes", message=""),
    "answers markup": lambda _answer, _token: TokenCheck(ok=True, message=Rendered("<b>")),
    "answers numbers as names": lambda _answer, _token: [RemoteProject("1", "Shop", 5)],
    "answers attributes that are no text": lambda _answer, _token: [
        RemoteProject("1", "Shop", attributes={"id": 5})
    ],
    "answers attributes that are no mapping": lambda _answer, _token: [
        RemoteProject("1", "Shop", attributes=["id"])
    ],
    "links to a script": lambda _answer, _token: "javascript:alert(1)",
    "links to nonsense": lambda _answer, _token: "https://[oops",
    "lists an error with a bad link": lambda answer, _token: [
        NewError("KeyError", "javascript:alert(1)", answer[0].first_seen_at, 1)
    ],
    "lists a deploy with a bad link": lambda answer, _token: [
        RemoteDeploy("abc123", answer[0].deployed_at, "javascript:alert(1)")
    ],
    "counts hours": _series(interval=3600),
    "counts with a debt": _series(left=-1),
    "counts from later": _series(since=2 * MINUTE),
    "counts from earlier": _series(since=-2 * MINUTE),
    "counts to beyond": _series(until=MINUTE),
    "counts to before": _series(until=-9 * MINUTE),
    "counts backwards": _points(lambda points: points[::-1]),
    "counts double": _points(lambda points: [points[0], *points]),
    "counts nothing": _points(lambda _points: []),
    "counts too early": _points(lambda points: [(points[0][0] - MINUTE, 1), *points]),
    "counts too late": _points(lambda points: [*points, (points[0][0] + 600 * MINUTE, 1)]),
    "counts less than nothing": _points(lambda points: [(points[0][0], -1)]),
    "counts the stars": _points(lambda points: [(points[0][0], 2**63)]),
    "counts halves": _points(lambda points: [(points[0][0], 0.5)]),
    "counts yes": _points(lambda points: [(points[0][0], True)]),
    "counts between": _points(lambda points: [(points[0][0] + MINUTE / 2, 1)]),
    "counts in local time": _points(lambda points: [(points[0][0].replace(tzinfo=None), 1)]),
    "counts in threes": _points(lambda points: [(points[0][0], 1, 1)]),
    "counts for ever": lambda answer, _token: CountSeries(60, answer.points, "for ever"),
}
