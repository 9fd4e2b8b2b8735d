"""What a plugin says of itself, checked at load."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from typing import Any

from sleuth.plugin_api import API_VERSION, Capabilities, ImpactField, TrackerInfo
from sleuth.trackers.answers import is_link
from sleuth.trackers.errors import ContractError, LoadError
from sleuth.trackers.fields import credential_rules, impact_rules
from sleuth.trackers.logo import harmless_svg
from sleuth.trackers.shapes import require

SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
HOST = re.compile(r"(?=.{1,253}$)[a-z0-9-]+(\.[a-z0-9-]+)+")
LONGEST_SLUG = 40
SECONDS_PER_DAY = 86_400
MINUTE = 60


def checked_info(answer: Any, hooks: frozenset[str]) -> TrackerInfo:
    """Return what ``sleuth_tracker_info`` answered.

    Args:
        hooks: Names of the hooks that the plugin implements.

    Raises:
        ContractError: it breaks the contract; the sentence says where.
    """
    require(answer, TrackerInfo, "TrackerInfo")
    info: TrackerInfo = answer
    for is_right, problem in _identity(info):
        _insist(is_right, f"TrackerInfo.{problem}")
    _check_names("credential_fields", [field.name for field in info.credential_fields])
    for is_right, problem in credential_rules(info.credential_fields):
        _insist(is_right, problem)
    _check_names("settings", [setting.name for setting in info.settings])
    _check_capabilities(info.capabilities, hooks)
    return info


def _identity(info: TrackerInfo) -> Iterable[tuple[bool, str]]:
    yield _is_slug(info.slug), f"slug {info.slug!r} is not lower-case letters, digits, hyphens"
    yield _is_slug(info.category), f"category {info.category!r} is not a slug"
    yield bool(info.name.strip()), "name is empty"
    yield bool(info.description.strip()), "description is empty"
    yield (
        set(info.required_scopes) <= set(info.token_scopes),
        "required_scopes are not all among token_scopes",
    )
    for name in ("token_url", "docs_url"):
        address = getattr(info, name)
        yield not address or is_link(address), f"{name} is not an absolute http(s) URL"
    yield not info.verified_on or _is_day(info.verified_on), "verified_on is no day (YYYY-MM-DD)"
    for host in info.hosts:
        yield bool(HOST.fullmatch(host)), f"hosts has {host!r}, which is no host name"


def api_version_of(answer: Any) -> int | None:
    """Return the API version that a plugin was written for, None if it does not say."""
    version = getattr(answer, "api_version", None)
    return version if type(version) is int else None


def check_api_version(version: int | None) -> None:
    """Refuse a plugin that was written for another host; checked before anything else of it.

    Raises:
        LoadError: this host does not support that version.
    """
    if version is not None and not 1 <= version <= API_VERSION:
        raise LoadError(
            f"It was written for version {version} of the plugin API; this Sleuth "
            f"supports 1 to {API_VERSION}."
        )


def checked_fields(answer: Any, hooks: frozenset[str]) -> tuple[ImpactField, ...]:
    """Return what ``sleuth_impact_fields`` answered.

    Args:
        hooks: Names of the hooks that the plugin implements.

    Raises:
        ContractError: it breaks the contract; the sentence says where.
    """
    require(answer, list[ImpactField], "impact fields")
    fields: list[ImpactField] = answer
    _check_names("impact fields", [field.name for field in fields])
    for is_right, problem in impact_rules(fields, hooks):
        _insist(is_right, problem)
    return tuple(fields)


def with_harmless_logo(info: TrackerInfo) -> tuple[TrackerInfo, tuple[str, ...]]:
    """Return the info with a logo fit to be shown, and a note if it had to be left out."""
    if not info.logo:
        return info, ()
    try:
        return replace(info, logo=harmless_svg(info.logo)), ()
    except LoadError as error:
        return replace(info, logo=""), (f"Its logo is not shown, because it {error}.",)


def _check_names(what: str, names: list[str]) -> None:
    for name in names:
        _insist(
            bool(NAME.fullmatch(name)), f"{what}: {name!r} is no name (a-z, 0-9, _; 64 at most)"
        )
    _insist(len(set(names)) == len(names), f"{what}: a name occurs twice")


def _check_capabilities(capabilities: Capabilities, hooks: frozenset[str]) -> None:
    interval = capabilities.interval_seconds
    is_even = interval >= MINUTE and interval % MINUTE == 0 and SECONDS_PER_DAY % interval == 0
    _insist(is_even, "Capabilities.interval_seconds must be whole minutes and divide a day")
    _insist(capabilities.look_back_days >= 1, "Capabilities.look_back_days is less than 1")
    quota = capabilities.requests_per_hour
    _insist(quota is None or quota >= 1, "Capabilities.requests_per_hour is less than 1")
    _insist(
        not capabilities.reports_new_errors or "sleuth_new_errors" in hooks,
        "Capabilities.reports_new_errors is set without a sleuth_new_errors hook",
    )
    _insist(
        capabilities.lists_environments or not capabilities.has_unlisted_environments,
        "Capabilities.has_unlisted_environments is set without lists_environments",
    )


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _is_slug(text: str) -> bool:
    return bool(SLUG.fullmatch(text)) and len(text) <= LONGEST_SLUG


def _insist(is_right: bool, problem: str) -> None:
    if not is_right:
        raise ContractError(problem)
