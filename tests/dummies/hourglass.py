"""A tracker that declares everything at once, and only counts the last hours; asks nobody.

Its project ``vault`` shows no lists at all, ``legacy`` none before ``REBUILT``.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sleuth.plugin_api import (
    Capabilities,
    Choice,
    CountSeries,
    CredentialField,
    ImpactConfig,
    ImpactField,
    RemoteProject,
    TokenCheck,
    TrackerContext,
    TrackerError,
    TrackerInfo,
    hookimpl,
)

HOUR = timedelta(hours=1)
SPIKE = datetime(2026, 3, 4, 13, tzinfo=UTC)
REBUILT = datetime(2026, 3, 4, 12, 30, tzinfo=UTC)
ENVIRONMENTS = ("production", "staging")
PROJECTS = {"shop": "Shop", "blog": "Blog", "legacy": "Legacy", "vault": "Vault"}
TEAMS = {"shop": {"t-1": "Checkout", "t-2": "Search"}, "blog": {"t-3": "Editors"}}
SERVICES = {"t-1": {"s-1": "Cart", "s-2": "Payment"}, "t-2": {"s-3": "Index"}}


@hookimpl
def sleuth_tracker_info() -> TrackerInfo:
    return TrackerInfo(
        slug="hourglass",
        name="Hourglass",
        description="Enable Hourglass to count errors in your logs.",
        category="log-services",
        credential_fields=(
            CredentialField(
                "email",
                "E-mail",
                is_secret=False,
                pattern=r"[^@\s]+@[^@\s]+",
                pattern_message="Enter the e-mail address you sign in to Hourglass with.",
                placeholder="ada@example.com",
            ),
            CredentialField(
                "api_key",
                "API key",
                pattern="hg_[0-9a-f]{8}",
                pattern_message="Hourglass keys begin with hg_, followed by eight digits.",
            ),
            CredentialField("account", "Account", is_secret=False, is_on_demand=True),
        ),
        token_label="Your Hourglass account",
        token_help="Under Profile > Keys.",
        token_scopes=("logs:read", "teams:read"),
        required_scopes=("logs:read",),
        token_url="https://hourglass.test/keys",
        docs_url="https://hourglass.test/docs",
        notices=("Only the last 14 days can be read.",),
        capabilities=Capabilities(
            interval_seconds=3600,
            look_back_days=14,
            has_explicit_range=False,
            lists_environments=True,
            has_unlisted_environments=True,
            has_no_environment=True,
        ),
    )


@hookimpl
def sleuth_impact_fields() -> list[ImpactField]:
    return [
        ImpactField("project", "Log", "remote_project"),
        ImpactField("environment", "Stage", "text", is_required=False),
        ImpactField("no_environment", "Lines without a stage", "checkbox", is_required=False),
        ImpactField(
            "severity",
            "Severity",
            "choice",
            choices=(Choice("e", "Errors"), Choice("f", "Fatal errors only")),
        ),
        ImpactField("team", "Team", "choice", depends_on=("project",)),
        ImpactField(
            "service", "Service", "choice", is_required=False, depends_on=("project", "team")
        ),
        ImpactField(
            "tag",
            "Tag",
            "text",
            is_required=False,
            pattern="[a-z]+",
            pattern_message="Tags are small letters.",
            placeholder="checkout",
        ),
        ImpactField("handled", "Count handled errors, too", "checkbox", is_required=False),
    ]


@hookimpl
def sleuth_validate_token(tracker: TrackerContext) -> TokenCheck:
    account = tracker.credentials.get("account", "")
    if not account:
        return TokenCheck(
            False, "This key opens several accounts. Which one?", asks_for=("account",)
        )
    return TokenCheck(True, "", account_id=account, account_label=account)


@hookimpl
def sleuth_list_projects() -> list[RemoteProject]:
    return [
        RemoteProject(key, label, environments=ENVIRONMENTS, attributes={"slug": key})
        for key, label in PROJECTS.items()
    ]


@hookimpl
def sleuth_list_choices(
    tracker: TrackerContext, field_name: str, config: ImpactConfig
) -> list[Choice]:
    is_rebuilt = config.project_key != "legacy" or tracker.now >= REBUILT
    if config.project_key == "vault" or not is_rebuilt:
        raise TrackerError("Hourglass shows nobody the teams of this log.")
    if field_name == "team":
        offered = TEAMS.get(config.attributes["slug"], {})
    else:
        offered = SERVICES.get(config.values["team"], {})
    return [Choice(value, label) for value, label in offered.items()]


@hookimpl
def sleuth_collect_counts(
    tracker: TrackerContext, config: ImpactConfig, since: datetime, until: datetime
) -> CountSeries:
    newest = tracker.now.replace(minute=0, second=0, microsecond=0)
    assert until >= newest, "it only knows the last hours"
    if config.project_key not in PROJECTS:
        raise TrackerError("Hourglass has no such log.", permanent=True, reason="not_found")
    hours = int((min(until, newest) - since) / HOUR)
    points = [(since + hour * HOUR, count_of(config, since + hour * HOUR)) for hour in range(hours)]
    return CountSeries(3600, tuple(points), complete_until=newest)


def count_of(config: ImpactConfig, start: datetime) -> int:
    """Return the errors of one hour."""
    everything = 300 if start >= SPIKE else 30
    shares = {None: 1.0, "production": 0.8, "staging": 0.1, "": 0.1}
    return int(everything * shares.get(config.environment, 0))
