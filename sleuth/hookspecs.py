# mypy: disable-error-code="empty-body"
"""The hooks a tracker plugin implements.

A plugin marks its implementations with :data:`sleuth.plugin_api.hookimpl`. What holds
for every hook:

- Arguments are read-only, and may be left out of an implementation that needs less.
- Datetimes are timezone-aware UTC. Windows are half-open: ``since <= t < until``.
- Lists are lists, not generators. Text is text, never HTML.
- Answers are the dataclasses of :mod:`sleuth.plugin_api`, of exactly the declared types.
  An answer that breaks the contract is reported as a bug of the plugin, and nothing of
  it is used.
- :class:`~sleuth.plugin_api.TrackerError` says that there was no answer, and why. Any
  other exception is a bug of the plugin: contained, logged, and reported as one.
- Nothing is kept between calls: workers are processes that come and go.

Only :mod:`sleuth.trackers` calls hooks: the first two once at load, the others in a job.
The sections of a docstring, and the signature, are what docs/plugins/hooks.md is made of.
"""

from __future__ import annotations

from datetime import datetime

from pluggy import HookspecMarker

from sleuth.plugin_api import (
    Choice,
    CountSeries,
    ImpactConfig,
    ImpactField,
    ImpactWarning,
    NewError,
    RemoteDeploy,
    RemoteProject,
    TokenCheck,
    TrackerContext,
    TrackerInfo,
)

hookspec = HookspecMarker("sleuth")

REQUIRED = (
    "sleuth_tracker_info",
    "sleuth_impact_fields",
    "sleuth_validate_token",
    "sleuth_list_projects",
    "sleuth_collect_counts",
)


@hookspec(firstresult=True)
def sleuth_tracker_info() -> TrackerInfo:
    """Say who the tracker is, what its dialogs show and what it can do. Required.

    Called:
        Once, at load.

    Args:
        None.

    Returns:
        One TrackerInfo, always the same.

    Raises:
        Nothing: it must answer without the network.

    Example:
        return TrackerInfo(
            slug="example",
            name="Example",
            description="…",
            credential_fields=(CredentialField("token", "Auth token"),),
        )

    Added in:
        API version 1.
    """


@hookspec(firstresult=True)
def sleuth_impact_fields() -> list[ImpactField]:
    """Say what the Add impact dialog asks for, in order. Required.

    Called:
        Once, at load.

    Args:
        None.

    Returns:
        The fields; exactly one of them is ``project``, of kind ``remote_project``. Sleuth
        itself asks for a name and for its own environment.

    Raises:
        Nothing: it must answer without the network.

    Example:
        return [ImpactField("project", "Project", "remote_project")]

    Added in:
        API version 1.
    """


@hookspec(firstresult=True)
def sleuth_validate_token(tracker: TrackerContext) -> TokenCheck:
    """Find out whether the credentials work, and whose they are. Required.

    Make the calls that collecting will make: a token that can be read but cannot count is
    not ok.

    Called:
        When somebody connects, and to check again.

    Args:
        tracker: HTTP client, settings, credentials and the current time.

    Returns:
        A TokenCheck. Refused credentials are an answer, ``ok=False``, with the cause
        as message.

    Raises:
        TrackerError: the tracker gave no answer to judge by.

    Example:
        answer = tracker.http.get(f"{tracker.settings['url']}/me", headers=headers)
        if answer.status == 401:
            return TokenCheck(ok=False, message="Example does not know this token.")
        return TokenCheck(ok=True, message="", account_label=answer.json()["name"])

    Added in:
        API version 1.
    """


@hookspec(firstresult=True)
def sleuth_list_projects(tracker: TrackerContext) -> list[RemoteProject]:
    """List the projects that the credentials can see, all pages of them. Required.

    Called:
        After connecting, now and then, and on request.

    Args:
        tracker: HTTP client, settings, credentials and the current time.

    Returns:
        The projects, each pair of ``org_key`` and ``key`` once.

    Raises:
        TrackerError: the list could not be had.

    Example:
        return [RemoteProject(key=row["id"], label=row["name"]) for row in answer.json()]

    Added in:
        API version 1.
    """


@hookspec(firstresult=True)
def sleuth_collect_counts(
    tracker: TrackerContext, config: ImpactConfig, since: datetime, until: datetime
) -> CountSeries:
    """Count errors per interval in a window. Required.

    The window begins and ends on the interval declared in the tracker's capabilities.
    The same window is asked for again later, because trackers correct the past. Do not
    guess: what the tracker cannot vouch for lies outside of ``complete_since`` and
    ``complete_until``, and Sleuth shows it as unknown.

    Sleuth proves that project and environment are respected, before an impact source is
    saved and once a day, by asking for ones that cannot be. It also compares an
    environment's counts with those of all environments (``config.environment`` is None),
    which must not be lower.

    Called:
        Every interval for each impact source, and backwards for the past.

    Args:
        tracker: HTTP client, settings, credentials and the current time.
        config: Which project and environment to count. For those that cannot be, answer
            with zeros, or raise a TrackerError with the reason ``not_found`` or
            ``forbidden``.
        since: Start of the first bucket.
        until: End of the last bucket; may be in the future.

    Returns:
        A CountSeries in the declared interval. Bucket starts are multiples of the
        interval, sorted and unique; a bucket left out is a zero where the tracker
        vouches for it. ``complete_until`` may lie beyond ``until``.

    Raises:
        TrackerError: the counts could not be had; nothing is stored then.

    Example:
        points = tuple((instant(row["minute"]), row["errors"]) for row in answer.json())
        return CountSeries(interval_seconds=60, points=points, complete_until=tracker.now)

    Added in:
        API version 1.
    """


@hookspec(firstresult=True)
def sleuth_list_choices(
    tracker: TrackerContext, field_name: str, config: ImpactConfig
) -> list[Choice]:
    """List what a drop-down of the Add impact dialog offers.

    Called for each ImpactField of kind ``choice`` that declares no choices of its own,
    which in turn requires this hook. The dialog says that it waits, or why there is no
    list; the list is kept for ten minutes, and asked for again when something that it
    depends on is chosen otherwise.

    Called:
        When a dialog shows a drop-down whose list is not declared.

    Args:
        tracker: HTTP client, settings, credentials and the current time.
        field_name: Name of the ImpactField.
        config: What has been chosen in the fields that this one depends on, and nothing
            else: project and attributes if ``project`` is among them, ``values`` of choices.

    Returns:
        The choices in the order in which they are shown, each value once. Of more than
        1,000 the first 1,000 are shown, and another value may be typed.

    Raises:
        TrackerError: the list could not be had; the dialog says so and offers to try again.

    Example:
        return [Choice(row["id"], row["name"]) for row in answer.json()]

    Added in:
        API version 1.
    """


@hookspec(firstresult=True)
def sleuth_check_impact(tracker: TrackerContext, config: ImpactConfig) -> list[ImpactWarning]:
    """Point out what is odd about a configuration that is allowed all the same.

    Called:
        When an impact source is saved.

    Args:
        tracker: HTTP client, settings, credentials and the current time.
        config: What the user is about to save.

    Returns:
        Warnings, with a suggestion where there is one; empty if nothing is odd.

    Raises:
        TrackerError: the tracker gave no answer to judge by.

    Example:
        return [ImpactWarning("environment", "Not seen yet.", suggestion="production")]

    Added in:
        API version 1.
    """


@hookspec(firstresult=True)
def sleuth_new_errors(
    tracker: TrackerContext,
    config: ImpactConfig,
    since: datetime,
    until: datetime,
    revision: str,
) -> list[NewError]:
    """List the errors that were first seen in a window.

    Called only if the tracker's capabilities say ``reports_new_errors``. What it lists is an
    extra: where it fails, nothing else does, and the deploy's card says why.

    Called:
        Four times in the day after a deploy at most, and once a day about the week before.

    Args:
        tracker: HTTP client, settings, credentials and the current time.
        config: Which project and environment to look at.
        since: Start of the window.
        until: End of the window; may be in the future.
        revision: What was deployed, "" if that is not known or not the point. A tracker that
            knows which release an error came with lists those of this one alone, if it knows
            it; otherwise whatever is new counts. An implementation that tells releases apart
            in no way leaves the argument out.

    Returns:
        The errors, those with the most events first; each first seen in the window in that
        environment, with the events and the people affected in the window.

    Raises:
        TrackerError: the list could not be had.

    Example:
        return [NewError("KeyError: 'cart'", row["url"], instant(row["first"]), count=12)]

    Added in:
        API version 1; its argument ``revision`` later, which breaks no implementation.
    """


@hookspec(firstresult=True)
def sleuth_explore_url(config: ImpactConfig, since: datetime, until: datetime) -> str:
    """Return the address of the tracker's own view of a window.

    Pure: it has no context, because it calls nobody. What it needs besides the
    arguments belongs in ``RemoteProject.attributes``.

    Called:
        When a deploy is judged.

    Args:
        config: Which project and environment to show.
        since: Start of the window.
        until: End of the window.

    Returns:
        An absolute http(s) URL without any credential in it.

    Raises:
        Nothing.

    Example:
        return f"{config.attributes['url']}/errors?from={since.isoformat()}"

    Added in:
        API version 1.
    """


@hookspec(firstresult=True)
def sleuth_list_deploys(
    tracker: TrackerContext, config: ImpactConfig, since: datetime, until: datetime
) -> list[RemoteDeploy]:
    """List the deploys of a window that the tracker already knows.

    Called:
        Not yet: no page of this version asks.

    Args:
        tracker: HTTP client, settings, credentials and the current time.
        config: Which project and environment to look at.
        since: Start of the window.
        until: End of the window.

    Returns:
        The deploys, oldest first.

    Raises:
        TrackerError: the list could not be had.

    Example:
        return [RemoteDeploy(revision=row["sha"], deployed_at=instant(row["at"]))]

    Added in:
        API version 1.
    """
