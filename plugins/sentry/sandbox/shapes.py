"""JSON rows in the shapes of Sentry's public API documentation."""

from __future__ import annotations

from typing import Any

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
