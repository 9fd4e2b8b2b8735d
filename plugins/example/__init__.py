"""The smallest complete tracker: what docs/plugins/tutorial.md builds, step by step."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, TypeVar

from sleuth.plugin_api import (
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

T = TypeVar("T")


@hookimpl
def sleuth_tracker_info() -> TrackerInfo:
    return TrackerInfo(
        slug="example",
        name="Example",
        description="Enable Example to see how a tracker plugin works.",
        credential_fields=(CredentialField("token", "Auth Token"),),
        api_version=1,
        token_label="Your Example auth token",
        token_help="The server prints it when it starts.",
        token_scopes=("errors:read",),
        required_scopes=("errors:read",),
        docs_url="https://example.org/docs/auth-tokens",
        settings=(
            PluginSetting("url", "", "Address of the server.", is_url=True, is_required=True),
        ),
    )


@hookimpl
def sleuth_impact_fields() -> list[ImpactField]:
    return [
        ImpactField("project", "Project", "remote_project"),
        ImpactField("environment", "Source Environment", "text", is_required=False),
    ]


@hookimpl
def sleuth_validate_token(tracker: TrackerContext) -> TokenCheck:
    try:
        account = _get(tracker, "/me")
    except TrackerError as error:
        if error.reason not in {"credentials", "forbidden"}:
            raise
        return TokenCheck(ok=False, message=error.message)
    with _known_shape():
        identity, name = _a(str, account["id"]), _a(str, account["name"])
    return TokenCheck(ok=True, message="", account_id=identity, account_label=name)


def _get(tracker: TrackerContext, path: str, params: Sequence[tuple[str, str]] = ()) -> Any:
    answer = _ask(tracker, tracker.settings["url"] + path, params)
    return answer.json()


def _ask(tracker: TrackerContext, url: str, params: Sequence[tuple[str, str]]) -> HttpAnswer:
    answer = tracker.http.get(
        url, params=params, headers={"Authorization": f"Bearer {tracker.credentials['token']}"}
    )
    if answer.status != 200:
        raise _error_of(answer)
    return answer


_REFUSALS: dict[int, tuple[Reason, str]] = {
    401: ("credentials", "Example does not know this token. Enable it again with another."),
    403: ("forbidden", "Example wants a token with the scope errors:read."),
    404: ("not_found", "Example has no such project any more."),
}


def _error_of(answer: HttpAnswer) -> TrackerError:
    if answer.status == 401 and "expired" in answer.text:
        message = "This token has expired. Enable Example again with a new one."
        return TrackerError(message, permanent=True, reason="credentials")
    if answer.status in _REFUSALS:
        reason, message = _REFUSALS[answer.status]
        return TrackerError(message, permanent=True, reason=reason)
    if answer.status == 429:
        wait = answer.headers.get("Retry-After", "")
        seconds = float(wait) if wait.isdecimal() else None
        message = "Example asks to wait a moment."
        return TrackerError(message, retry_after=seconds, reason="rate_limited")
    return TrackerError(f"Example has a problem of its own (status {answer.status}).")


@contextmanager
def _known_shape() -> Iterator[None]:
    try:
        yield
    except (KeyError, TypeError, ValueError) as error:
        message = "Example answered in a way that its plugin does not know."
        raise TrackerError(message, reason="bad_answer") from error


def _a(kind: type[T], value: object) -> T:
    if not isinstance(value, kind):
        raise TypeError(f"not {kind}: {value}")
    return value


@hookimpl
def sleuth_list_projects(tracker: TrackerContext) -> list[RemoteProject]:
    found: dict[str, RemoteProject] = {}
    while True:
        page = _page_of_projects(tracker, len(found))
        if page.keys() <= found.keys():
            return list(found.values())
        found |= page


def _page_of_projects(tracker: TrackerContext, offset: int) -> dict[str, RemoteProject]:
    rows = _get(tracker, "/projects", [("offset", str(offset))])
    with _known_shape():
        return {
            _a(str, row["id"]): RemoteProject(key=row["id"], label=_a(str, row["name"]))
            for row in _a(list, rows)
        }


@hookimpl
def sleuth_collect_counts(
    tracker: TrackerContext, config: ImpactConfig, since: datetime, until: datetime
) -> CountSeries:
    window = _query(config, since, until)
    series = _get(tracker, f"/projects/{config.project_key}/errors", window)
    return _series_of(series)


def _query(config: ImpactConfig, since: datetime, until: datetime) -> list[tuple[str, str]]:
    window = [("since", since.isoformat()), ("until", until.isoformat())]
    if config.environment is not None:
        window.append(("environment", config.environment))
    return window


def _series_of(series: Any) -> CountSeries:
    with _known_shape():
        return CountSeries(
            interval_seconds=60,
            points=tuple(
                (datetime.fromisoformat(row["minute"]), _count(row["errors"]))
                for row in _a(list, series["minutes"])
            ),
            complete_until=datetime.fromisoformat(series["complete_until"]),
        )


def _count(value: object) -> int:
    if _a(int, value) < 0:
        raise ValueError(value)
    return _a(int, value)
