"""The smallest complete tracker: what docs/plugins/tutorial.md builds, step by step."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sleuth.plugin_api import (
    CountSeries,
    CredentialField,
    HttpAnswer,
    ImpactConfig,
    ImpactField,
    PluginSetting,
    RemoteProject,
    TokenCheck,
    TrackerContext,
    TrackerError,
    TrackerInfo,
    hookimpl,
)


@hookimpl
def sleuth_tracker_info() -> TrackerInfo:
    return TrackerInfo(
        slug="example",
        name="Example",
        description="Enable Example to see how a tracker plugin works.",
        credential_fields=(CredentialField("token", "Auth Token"),),
        token_label="Your Example auth token",
        token_help="The server prints it when it starts.",
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
    answer = _get(tracker, "/me")
    if answer.status == 401:
        return TokenCheck(ok=False, message="Example does not know this token.")
    account = _expect_data(answer)
    return TokenCheck(ok=True, message="", account_id=account["id"], account_label=account["name"])


def _get(
    tracker: TrackerContext, path: str, params: list[tuple[str, str]] | None = None
) -> HttpAnswer:
    return tracker.http.get(
        tracker.settings["url"] + path,
        params=params or [],
        headers={"Authorization": f"Bearer {tracker.credentials['token']}"},
    )


def _expect_data(answer: HttpAnswer) -> Any:
    if answer.status == 401:
        raise TrackerError(
            "Example no longer accepts the token. Enable it again with a new one.",
            permanent=True,
            reason="credentials",
        )
    if answer.status == 404:
        raise TrackerError(
            "Example has no such project any more.", permanent=True, reason="not_found"
        )
    if answer.status != 200:
        raise TrackerError(f"Example has a problem of its own (status {answer.status}).")
    return answer.json()


@hookimpl
def sleuth_list_projects(tracker: TrackerContext) -> list[RemoteProject]:
    rows = _expect_data(_get(tracker, "/projects"))
    return [RemoteProject(key=row["id"], label=row["name"]) for row in rows]


@hookimpl
def sleuth_collect_counts(
    tracker: TrackerContext, config: ImpactConfig, since: datetime, until: datetime
) -> CountSeries:
    window = [("since", since.isoformat()), ("until", until.isoformat())]
    if config.environment is not None:
        window.append(("environment", config.environment))
    series = _expect_data(_get(tracker, f"/projects/{config.project_key}/errors", window))
    return CountSeries(
        interval_seconds=60,
        points=tuple(
            (datetime.fromisoformat(row["minute"]), row["errors"]) for row in series["minutes"]
        ),
        complete_until=datetime.fromisoformat(series["complete_until"]),
    )
