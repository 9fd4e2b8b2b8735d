"""JSON rows in the shapes of Sentry's public API documentation."""

from __future__ import annotations

from typing import Any

from plugins.sentry.sandbox.kinds import Kind
from plugins.sentry.sandbox.world import Organization, Project

_BORN = "2023-04-11T08:30:00.000Z"
_FEATURES_USED = (
    "hasFeedbacks",
    "hasFlags",
    "hasInsightsAgentMonitoring",
    "hasInsightsAppStart",
    "hasInsightsAssets",
    "hasInsightsCaches",
    "hasInsightsDb",
    "hasInsightsHttp",
    "hasInsightsMCP",
    "hasInsightsQueues",
    "hasInsightsScreenLoad",
    "hasInsightsVitals",
    "hasLogs",
    "hasMinifiedStackTrace",
    "hasMonitors",
    "hasNewFeedbacks",
    "hasProfiles",
    "hasReplays",
    "hasSessions",
    "hasTraceMetrics",
    "hasUserReports",
    "firstTransactionEvent",
    "isBookmarked",
)
_DETAIL_FLAGS = (
    "dataScrubber",
    "dataScrubberDefaults",
    "enableAutoReleaseCreation",
    "isDynamicallySampled",
    "isInternal",
    "isPublic",
    "scmSourceContextEnabled",
    "scrapeJavaScript",
    "scrubIPAddresses",
    "seerScannerAutomation",
    "tempestFetchScreenshots",
    "verifySSL",
)
_DETAIL_TEXTS = (
    "autofixAutomationTuning",
    "derivedGroupingEnhancements",
    "fingerprintingRules",
    "groupingConfig",
    "groupingEnhancements",
    "securityToken",
    "subjectPrefix",
    "subjectTemplate",
    "symbolSources",
)
_DETAIL_LISTS = (
    "allowedDomains",
    "builtinSymbolSources",
    "dynamicSamplingBiases",
    "highlightTags",
    "safeFields",
    "sensitiveFields",
)
_DETAIL_NUMBERS = (
    "digestsMaxDelay",
    "digestsMinDelay",
    "processingIssues",
    "resolveAge",
    "secondaryGroupingExpiry",
)
_DETAIL_NULLS = (
    "debugFilesRole",
    "defaultEnvironment",
    "relayPiiConfig",
    "secondaryGroupingConfig",
    "securityTokenHeader",
    "seerNightshiftTweaks",
    "storeCrashReports",
)
_ISSUE_FLAGS = ("isBookmarked", "isPublic", "isSubscribed", "isUnhandled", "hasSeen")
_ISSUE_NULLS = (
    "assignedTo",
    "filtered",
    "logger",
    "matchingEventEnvironment",
    "matchingEventId",
    "priorityLockedAt",
    "seerAutofixLastTriggered",
    "seerExplorerAutofixLastTriggered",
    "seerFixabilityScore",
    "shareId",
    "subscriptionDetails",
)
_ISSUE_LISTS = ("annotations", "integrationIssues", "sentryAppIssues")


def organization_row(organization: Organization, links: dict[str, str]) -> dict[str, Any]:
    """Describe an organization as the list and the detail endpoint do."""
    return {
        "id": organization.id,
        "slug": organization.slug,
        "name": organization.name,
        "status": {"id": organization.status, "name": organization.status.replace("_", " ")},
        "dateCreated": _BORN,
        "links": links,
        "avatar": {"avatarType": "letter_avatar", "avatarUuid": None},
        "features": [],
        "hasAuthProvider": False,
        "isEarlyAdopter": False,
        "require2FA": False,
        "allowMemberInvite": True,
        "allowMemberProjectCreation": True,
        "allowSuperuserAccess": False,
    }


def project_row(project: Project) -> dict[str, Any]:
    """Describe a project as the list of an organization's projects does: without status."""
    team = {"id": "2", "slug": "everyone", "name": "Everyone"}
    return {
        **dict.fromkeys(_FEATURES_USED, False),
        "id": project.id,
        "slug": project.slug,
        "name": project.name,
        "platform": project.platform,
        "platforms": [project.platform],
        "dateCreated": _BORN,
        "firstEvent": _BORN if project.environments else None,
        "hasAccess": project.has_access,
        "isMember": project.has_access,
        "environments": [e.name for e in project.listed_environments()],
        "team": team,
        "teams": [team],
        "features": ["releases"],
        "access": [],
        "latestRelease": None,
    }


def project_detail(project: Project, organization: dict[str, Any]) -> dict[str, Any]:
    """Describe a project as its own endpoint does."""
    return {
        **project_row(project),
        **dict.fromkeys(_DETAIL_FLAGS, False),
        **dict.fromkeys(_DETAIL_TEXTS, ""),
        **{name: [] for name in _DETAIL_LISTS},
        **dict.fromkeys(_DETAIL_NUMBERS, 0),
        **dict.fromkeys(_DETAIL_NULLS, None),
        "avatar": {"avatarType": "letter_avatar", "avatarUuid": None},
        "color": "#3fbf7f",
        "highlightContext": {},
        "highlightPreset": {"tags": [], "context": {}},
        "options": {},
        "organization": organization,
        "status": "active",
    }


def issue_row(project: Project, kind: Kind, figures: dict[str, Any], base: str) -> dict[str, Any]:
    """Describe an issue as the list of issues does.

    Args:
        figures: Its counts and times in the window that was asked about.
        base: Address of the organization's own pages.
    """
    born = figures["lifetime"]["firstSeen"]
    return {
        **dict.fromkeys(_ISSUE_FLAGS, False),
        **dict.fromkeys(_ISSUE_NULLS, None),
        **{name: [] for name in _ISSUE_LISTS},
        "id": kind.id,
        "shortId": f"{project.slug.upper()}-{int(kind.id) % 4096:X}",
        "title": kind.title,
        "culprit": f"{project.slug}.{kind.environment}",
        "permalink": f"{base}/issues/{kind.id}/",
        "level": "error",
        "status": "resolved" if kind.is_resolved else "unresolved",
        "statusDetails": {},
        "substatus": None if kind.is_resolved else "new",
        "platform": project.platform,
        "priority": "medium",
        "project": {
            "id": project.id,
            "name": project.name,
            "slug": project.slug,
            "platform": project.platform,
        },
        "type": "error" if kind.category == "error" else "generic",
        "issueType": kind.category,
        "issueCategory": kind.category,
        "metadata": {"value": kind.title},
        "numComments": 0,
        "latestEventHasAttachments": False,
        "sessionCount": 0,
        "stats": {},
        "derivedData": _derived(figures),
        "inbox": {"date_added": born, "reason": 0, "reason_details": None},
        "owners": {"date_added": born, "owner": "team:2", "type": "ownershipRule"},
        **figures,
    }


def _derived(figures: dict[str, Any]) -> dict[str, Any]:
    words = ("blocker", "lastCompletedAutofixStep", "progress", "status")
    return {
        **dict.fromkeys(words, ""),
        "hasOpenFixPr": False,
        "hasRootCause": False,
        "isAssigned": False,
        "lastProgressedAt": figures["lastSeen"],
        "viewCount": 0,
    }


def release_row(project: Project, version: str, born: str) -> dict[str, Any]:
    """Describe a release as the list of releases does."""
    return {
        "id": sum(version.encode()) + 1000 * int(project.id),
        "version": version,
        "shortVersion": version.rpartition("@")[2][:12],
        "versionInfo": None,
        "status": "open",
        "dateCreated": born,
        "dateReleased": None,
        "firstEvent": born,
        "lastEvent": born,
        "lastDeploy": None,
        "newGroups": 1,
        "commitCount": 0,
        "deployCount": 0,
        "authors": [],
        "data": {},
        "projects": [
            {
                "id": int(project.id),
                "slug": project.slug,
                "name": project.name,
                "platform": project.platform,
                "platforms": [project.platform],
                "newGroups": 1,
                "hasHealthData": False,
            }
        ],
    }
