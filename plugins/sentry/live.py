"""What the documentation of Sentry leaves open, asked of the real service.

``./run sleuth plugin check sentry --live`` makes these checks; docs/sentry.md says what to do
with the report.
"""

from __future__ import annotations

from plugins.sentry import live_access, live_counts
from sleuth.testing.live import LiveCheck

LIVE_CHECKS = (
    LiveCheck(
        "token-index",
        "What does /api/0/ say of a token, and what without one?",
        "200 with auth.scopes and user; 200 with auth null without a token; 401 with a wording "
        "of its own for a token limited to one organization. Connecting rests on it.",
        live_access.token_index,
    ),
    LiveCheck(
        "organizations-of-all-regions",
        "Does sentry.io/api/0/organizations/ list the organizations of all regions?",
        "Those of one region only. The plugin joins the lists of all regions, and is right "
        "either way.",
        live_access.organizations_of_all_regions,
    ),
    LiveCheck(
        "region-hosts",
        "On which hosts are organizations, us2 among them, and do those hosts answer?",
        "Each organization names a regionUrl below sentry.io which answers with its projects. "
        "The token goes nowhere else; an organization elsewhere is asked at sentry.io.",
        live_access.region_hosts,
    ),
    LiveCheck(
        "integration-projects",
        "What does /api/0/projects/ list for the token of an internal integration (sntryi_)?",
        "The list of organizations is empty, the list of projects is not and names the "
        "organization. Otherwise the dialog asks for the organization.",
        live_access.integration_projects,
    ),
    LiveCheck(
        "paging",
        "How are pages linked?",
        'A Link header with rel="previous" and rel="next", both always there, with results '
        '"true" or "false" and a cursor.',
        live_access.paging,
    ),
    LiveCheck(
        "counts",
        "Does events-timeseries count the errors of a minute, on this plan too?",
        "200 with one series in milliseconds, zeros filled in, up to the minute that starts at "
        "the end, young minutes marked incomplete. If it is 404 on a plan, events-stats is asked. "
        "Say in your report which plan the organization has.",
        live_counts.counts,
    ),
    LiveCheck(
        "older-endpoint",
        "Does events-stats, which is asked where events-timeseries is not there, count the same?",
        "200 with rows of seconds and counts, whose sum over complete minutes is the same.",
        live_counts.older_endpoint,
    ),
    LiveCheck(
        "interval-too-fine",
        "What comes back for more than 10,000 buckets?",
        "200 with another interval, which the answer admits in meta.interval. The plugin never "
        "asks for so many and refuses counts in another interval.",
        live_counts.interval_too_fine,
    ),
    LiveCheck(
        "environment-unknown",
        "What is answered about an environment that the organization has never seen?",
        "404 The requested resource does not exist, if it is named in the parameter; 200 and "
        "zeros, if it is named in the search. The plugin counts zero for it until events come.",
        live_counts.environment_unknown,
    ),
    LiveCheck(
        "environment-none",
        "Can events without an environment be counted?",
        "200 for an empty environment, 404 if there was never such an event; 200 for the "
        "search !has:environment.",
        live_counts.environment_none,
    ),
    LiveCheck(
        "project-unknown",
        "What is answered about a project that does not exist?",
        "403 You do not have permission to perform this action., as for one that is closed to "
        "the token.",
        live_counts.project_unknown,
    ),
    LiveCheck(
        "retention",
        "What is answered about a time before everything that is kept?",
        "400 Invalid date range. Please try a more recent date range.; the plugin takes that "
        "for unknown, not for zero.",
        live_counts.retention,
    ),
    LiveCheck(
        "rate-limit-headers",
        "Which limits does an answer with counts announce?",
        "X-Sentry-Rate-Limit-Limit and -Remaining, whole numbers; -Reset, in seconds since 1970, "
        "and two about concurrency where they are set. The card shows what is left.",
        live_counts.rate_limit_headers,
    ),
)
