"""Tracker Name for Sleuth.

It works against the sandbox that was written beside it, whose answers are made up. Go from top to
bottom: say what your tracker is, then change each call and each reading to what your tracker does,
the sandbox along with it, and run ``./run sleuth plugin check`` after every step.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from sleuth.plugin_api import (
    Capabilities,
    CountSeries,
    CredentialField,
    HttpAnswer,
    ImpactConfig,
    ImpactField,
    PluginSetting,
    Reason,
    RemoteProject,
    TokenCheck,
    TrackerContext,
    TrackerError,
    TrackerInfo,
    hookimpl,
)

__version__ = "0.1"
SCOPES = ("errors:read", "projects:read")
SETTLING = timedelta(seconds=90)


@hookimpl
def sleuth_tracker_info() -> TrackerInfo:
    """Say what the card and the dialogs show."""
    return TrackerInfo(
        slug="tracker-name",
        name="Tracker Name",
        description="Enable Tracker Name to judge deploys by the errors it records.",
        credential_fields=(
            CredentialField("token", "Auth Token", help="It begins with tracker-name-."),
        ),
        api_version=1,
        token_label="Your Tracker Name auth token",
        token_help="In Tracker Name, under Settings > API tokens.",
        token_url="https://tracker-name.example/settings/tokens",
        token_scopes=SCOPES,
        required_scopes=SCOPES,
        docs_url="https://tracker-name.example/docs/api",
        settings=(
            PluginSetting(
                "url", "https://api.tracker-name.example", "Address of its API.", is_url=True
            ),
        ),
        capabilities=Capabilities(interval_seconds=60, look_back_days=29),
    )


@hookimpl
def sleuth_impact_fields() -> list[ImpactField]:
    """Say what is asked for when somebody adds impact."""
    return [
        ImpactField("project", "Project", "remote_project"),
        ImpactField(
            "environment",
            "Source Environment",
            "text",
            is_required=False,
            help="As your application names it; all environments if it is empty.",
        ),
    ]


@hookimpl
def sleuth_validate_token(tracker: TrackerContext) -> TokenCheck:
    """Find out whether the token works; "no" is an answer."""
    answer = _get(tracker, "/me")
    if answer.status in {401, 403}:
        return TokenCheck(ok=False, message=_why_refused(answer))
    account = _data(answer)
    with _reading():
        granted = {_text(scope) for scope in account["scopes"]}
        missing = tuple(scope for scope in SCOPES if scope not in granted)
        return TokenCheck(
            ok=not missing,
            message=f"The token lacks {', '.join(missing)}. Make one with it." if missing else "",
            account_id=_text(account["id"]),
            account_label=_text(account["name"]),
            scopes_present=tuple(scope for scope in SCOPES if scope in granted),
            scopes_missing=missing,
        )


@hookimpl
def sleuth_list_projects(tracker: TrackerContext) -> list[RemoteProject]:
    """List the projects, all pages of them."""
    projects: dict[str, str] = {}
    page: int | None = 1
    while page is not None:
        data = _data(_get(tracker, "/projects", [("page", str(page))]))
        known = len(projects)
        with _reading():
            projects |= {_text(row["id"]): _text(row["name"]) for row in data["projects"]}
            page = None if data["next"] is None else _whole(data["next"])
        if len(projects) == known:  # nothing new: an empty page, or one that comes again
            break
    return [RemoteProject(key=key, label=label) for key, label in projects.items()]


@hookimpl
def sleuth_collect_counts(
    tracker: TrackerContext, config: ImpactConfig, since: datetime, until: datetime
) -> CountSeries:
    """Count errors a minute; nothing is said of minutes that may still grow."""
    params = [("since", since.isoformat()), ("until", until.isoformat())]
    if config.environment is not None:
        params.append(("environment", config.environment))
    data = _data(_get(tracker, f"/projects/{config.project_key}/errors", params))
    with _reading():
        counts = {_instant(row["minute"]): _whole(row["errors"]) for row in data["minutes"]}
        complete_until = min(_instant(data["complete_until"]), tracker.now - SETTLING)
    inside = sorted(point for point in counts.items() if since <= point[0] < until)
    return CountSeries(interval_seconds=60, points=tuple(inside), complete_until=complete_until)


def _get(
    tracker: TrackerContext, path: str, params: list[tuple[str, str]] | None = None
) -> HttpAnswer:
    return tracker.http.get(
        tracker.settings["url"] + path,
        params=params or [],
        headers={"Authorization": f"Bearer {tracker.credentials['token']}"},
    )


def _data(answer: HttpAnswer) -> Any:
    """Return the data of a good answer; say of any other what a user has to know."""
    if answer.status in {401, 403}:
        reason: Reason = "credentials" if answer.status == 401 else "forbidden"
        raise TrackerError(_why_refused(answer), permanent=True, reason=reason)
    if answer.status == 404:
        raise TrackerError(
            "Tracker Name has no such project any more.", permanent=True, reason="not_found"
        )
    if answer.status == 429:
        raise TrackerError(
            "Tracker Name was asked too often. Sleuth asks again by itself.",
            retry_after=_seconds(answer.headers.get("Retry-After", "")),
            reason="rate_limited",
        )
    if answer.status != 200:
        raise TrackerError(f"Tracker Name has a problem of its own (status {answer.status}).")
    return answer.json()


def _why_refused(answer: HttpAnswer) -> str:
    if answer.status == 403:
        return (
            "Tracker Name does not let this token read that. Make one with the scopes "
            f"{', '.join(SCOPES)}."
        )
    if "expired" in answer.text:
        return "The token has expired. Make a new one in Tracker Name."
    return "Tracker Name does not know this token. Copy it again, or make a new one."


def _seconds(text: str) -> float | None:
    return float(text) if text.isascii() and text.isdigit() else None


@contextmanager
def _reading() -> Iterator[None]:
    """Say in a sentence that an answer was not as it is expected below."""
    try:
        yield
    except (AttributeError, KeyError, TypeError, ValueError):
        raise TrackerError(
            "Tracker Name answered in a form that this plugin does not know. If it lasts, the "
            "plugin has to be updated.",
            reason="bad_answer",
        ) from None


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise TypeError(value)
    return value


def _whole(value: Any) -> int:
    if type(value) is not int or value < 0:
        raise TypeError(value)
    return value


def _instant(value: Any) -> datetime:
    instant = datetime.fromisoformat(value)
    if instant.tzinfo is None:
        raise ValueError(value)
    return instant.astimezone(UTC)
