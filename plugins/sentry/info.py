"""What the product shows of Sentry before anybody connects it."""

from __future__ import annotations

from pathlib import Path

from sleuth.plugin_api import (
    Capabilities,
    CredentialField,
    ImpactField,
    PluginSetting,
    TrackerInfo,
)

BUCKET_SECONDS = 60
SCOPES = (
    "event:read",
    "member:read",
    "org:read",
    "project:read",
    "project:releases",
    "team:read",
)
REQUIRED_SCOPES = ("org:read",)

_ENVIRONMENT_HELP = (
    "The environment name for the error impact source, which may or may not be the same as "
    "the Sleuth environment"
)
_ENVIRONMENT_WARNING = (
    "Sleuth will not auto-populate the Environment field due to the way the Sentry API handles "
    "environment data. Check your Sentry project first before populating this field. "
    "Environments are created when a deployed application monitored by Sentry sends environment "
    "data (e.g., in JavaScript, the application could send environment: 'staging') back to "
    "Sentry by tagging issues via your SDK."
)
_ENVIRONMENT_DOCS = (
    "https://docs.sentry.io/enriching-error-data/environments/"
    "?platform=browser#how-to-send-environment-data"
)

INFO = TrackerInfo(
    slug="sentry",
    name="Sentry",
    description="Enable Sentry to track errors for your project.",
    credential_fields=(
        CredentialField("token", "Auth Token"),
        CredentialField(
            "organization",
            "Sentry organization",
            is_secret=False,
            is_required=False,
            is_on_demand=True,
            help="Its slug: the first part of its address, as in https://SLUG.sentry.io",
        ),
    ),
    api_version=1,
    token_label="Your Sentry auth token",
    token_help="Find it in Sentry, under Settings > Account Details > API > Auth Token.",
    token_scopes=SCOPES,
    required_scopes=REQUIRED_SCOPES,
    token_url="https://sentry.io/settings/account/api/auth-tokens/",
    docs_url="https://docs.sentry.io/account/auth-tokens/",
    logo=Path(__file__).with_name("logo.svg").read_text(encoding="utf-8").strip(),
    notices=("Self-hosted Sentry instances are currently not supported.",),
    settings=(
        PluginSetting(
            "url",
            "https://sentry.io",
            "Where Sentry answers; for trying the product against a stand-in.",
            is_url=True,
        ),
    ),
    capabilities=Capabilities(
        interval_seconds=BUCKET_SECONDS,
        look_back_days=29,
        has_no_environment=True,
        reports_new_errors=True,
    ),
)

IMPACT_FIELDS = (
    ImpactField("project", "Project", "remote_project"),
    ImpactField(
        "environment",
        "Source Environment",
        "text",
        help=_ENVIRONMENT_HELP,
        warning=_ENVIRONMENT_WARNING,
        docs_url=_ENVIRONMENT_DOCS,
    ),
    ImpactField(
        "no_environment",
        "Events that carry no environment",
        "checkbox",
        is_required=False,
        help="Count the events that the application sends without an environment.",
    ),
)
