"""The Sentry integration: errors of a project's environment, counted minute by minute."""

from __future__ import annotations

from datetime import datetime

from plugins.sentry import collect, impact, new_errors, organizations, token
from plugins.sentry.info import IMPACT_FIELDS, INFO
from sleuth.plugin_api import (
    CountSeries,
    ImpactConfig,
    ImpactField,
    ImpactWarning,
    NewError,
    RemoteProject,
    TokenCheck,
    TrackerContext,
    TrackerInfo,
    hookimpl,
)


@hookimpl
def sleuth_tracker_info() -> TrackerInfo:
    """Describe Sentry, its token and its scopes."""
    return INFO


@hookimpl
def sleuth_impact_fields() -> list[ImpactField]:
    """Ask for project and environment."""
    return list(IMPACT_FIELDS)


@hookimpl
def sleuth_validate_token(tracker: TrackerContext) -> TokenCheck:
    """Find out whose the token is and whether it can read counts."""
    return token.check_token(tracker)


@hookimpl
def sleuth_list_projects(tracker: TrackerContext) -> list[RemoteProject]:
    """List the projects of all organizations in all regions."""
    return organizations.list_projects(tracker)


@hookimpl
def sleuth_collect_counts(
    tracker: TrackerContext, config: ImpactConfig, since: datetime, until: datetime
) -> CountSeries:
    """Count errors a minute."""
    return collect.collect_counts(tracker, config, since, until)


@hookimpl
def sleuth_check_impact(tracker: TrackerContext, config: ImpactConfig) -> list[ImpactWarning]:
    """Warn of an environment that Sentry has not seen."""
    return impact.check_impact(tracker, config)


@hookimpl
def sleuth_new_errors(
    tracker: TrackerContext,
    config: ImpactConfig,
    since: datetime,
    until: datetime,
    revision: str,
) -> list[NewError]:
    """List the issues first seen in a window, of the deploy's release where there is one."""
    return new_errors.list_new_errors(tracker, config, since, until, revision)


@hookimpl
def sleuth_explore_url(config: ImpactConfig, since: datetime, until: datetime) -> str:
    """Link to Sentry's issues of a window."""
    return impact.explore_url(config, since, until)
