"""Everything a tracker plugin may import from the host.

The one thing besides is :func:`sleuth.http.is_host_within`.

A plugin implements hooks (see :mod:`sleuth.hookspecs`) with :data:`hookimpl` and
answers with the frozen dataclasses below: plain data, never HTML, models or Flask
objects. All datetimes are timezone-aware UTC.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol

from pluggy import HookimplMarker

API_VERSION = 1

hookimpl = HookimplMarker("sleuth")
"""Marks a function as the implementation of the hook whose name it has."""

Reason = Literal[
    "credentials",
    "action_required",
    "forbidden",
    "not_found",
    "rate_limited",
    "unavailable",
    "bad_answer",
]
"""What kind of refusal a TrackerError tells of.

Args:
    credentials: The token is not accepted any more. Concerns the whole integration.
    action_required: The user has to do something at the tracker first (single sign-on,
        2FA). Concerns the whole integration.
    forbidden: The token may not read this project. Concerns one impact source.
    not_found: The project is gone. Concerns one impact source.
    rate_limited: The tracker was asked too often; passes by itself.
    unavailable: The tracker is unreachable, too slow, or broken; passes by itself.
    bad_answer: The answer cannot be understood; passes by itself.
"""
FieldKind = Literal["text", "remote_project", "checkbox", "choice"]
"""How an impact field is asked for.

Args:
    text: A line of free text.
    remote_project: A list of the tracker's projects, for the field ``project``.
    checkbox: A box; in ``ImpactConfig.values`` it is ``yes``, or empty.
    choice: A drop-down; in ``ImpactConfig.values`` it is the value chosen, or empty.
"""


class PluginDeprecationWarning(DeprecationWarning):
    """A plugin uses something that a later version of the API will not have."""


class TrackerError(Exception):
    """There was no answer to a hook, and this is what a person should know of it.

    Args:
        message: One or two sentences for the user: what happened, whose side it is
            on, what to do next. Never contains a secret.
        permanent: Whether asking again without a change by somebody is pointless.
        retry_after: Seconds to wait before asking again, where the tracker said so.
        reason: What kind of refusal it was, one of Reason.
    """

    def __init__(
        self,
        message: str,
        *,
        permanent: bool = False,
        retry_after: float | None = None,
        reason: Reason = "unavailable",
    ) -> None:
        super().__init__(message)
        self.message = message
        self.permanent = permanent
        self.retry_after = retry_after
        self.reason = reason


class HttpAnswer(Protocol):
    """One answer of a tracker's server, whatever its status."""

    @property
    def status(self) -> int:
        """The status as it came, for example 200."""

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers as they came; their names are found in upper and lower case."""

    @property
    def text(self) -> str:
        """The body as text."""

    def json(self) -> Any:
        """Return the parsed body.

        Raises:
            TrackerError: it is not JSON (``bad_answer``); the message says whether it was
                empty, a web page, or broken off.
        """

    def next_link(self) -> Mapping[str, str]:
        """Return the parameters of the ``rel="next"`` Link header, its address as ``url``;
        empty if there is none."""


class HttpClient(Protocol):
    """The host's outbound client: time limits, size caps, host rules, redaction."""

    def get(
        self,
        url: str,
        *,
        params: Sequence[tuple[str, str]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> HttpAnswer:
        """GET an absolute URL, with parameters as pairs of name and value.

        Raises:
            TrackerError: no usable answer (``unavailable``: refused, timed out, too
                large; ``forbidden``: the host is not on this plugin's allow-list).
        """


@dataclass(frozen=True, slots=True)
class CredentialField:
    """One input of the connect dialog.

    Args:
        name: Key in ``TrackerContext.credentials``.
        label: What the user reads.
        is_secret: Rendered as a password input, hidden in every message and log, and never
            shown again.
        is_required: May not be left empty.
        is_on_demand: Asked only after a TokenCheck named it in ``asks_for``.
        help: A line below the input.
        pattern: Regular expression that the whole of what is entered matches, white space
            and quotes around it left out; tried before anybody is asked. It must be
            quick whatever is entered: 200 characters, at most three parts that vary (``*``,
            ``+``, ``?``, ``|``, ``{2,}``), no group that is repeated, no flags, look-arounds
            or back-references. What is longer than 500 characters, or than 200 where
            three parts vary, is left to the tracker.
        pattern_message: What the user is told otherwise; required with a pattern.
        placeholder: An example, shown in the empty input.
    """

    name: str
    label: str
    is_secret: bool = True
    is_required: bool = True
    is_on_demand: bool = False
    help: str = ""
    pattern: str = ""
    pattern_message: str = ""
    placeholder: str = ""


@dataclass(frozen=True, slots=True)
class PluginSetting:
    """An operator's setting, read from ``SLEUTH_<SLUG>_<NAME>`` at start.

    Args:
        name: What it is called; ``base_url`` of the slug ``my-tracker`` is read from
            ``SLEUTH_MY_TRACKER_BASE_URL``.
        default: Its value if the operator gives none.
        help: What it is for, for the operator.
        is_url: The value is an absolute URL; its host, and hosts below it, may be
            called with the credentials.
        is_required: Without a value the tracker is not offered to anybody; for one
            that only makes sense at an address which the operator has to name.
    """

    name: str
    default: str
    help: str
    is_url: bool = False
    is_required: bool = False


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What the tracker can do.

    Args:
        interval_seconds: Width of one count bucket: whole minutes, and a divisor of a day. Users
            have to begin new series when an update changes it.
        look_back_days: How far back counts can be asked for.
        has_explicit_range: False for trackers that only answer "the last N": every window
            then ends with the newest whole bucket, and the host keeps what it needs of it.
        requests_per_hour: The tracker's own limit, None if generous. Sleuth spreads its
            questions over the hour, but for ten in a row.
        lists_environments: Environments come with each RemoteProject; one of them is chosen.
        has_unlisted_environments: One that is not among them may be entered, too.
        has_no_environment: Events that carry no environment can be asked for.
        reports_new_errors: ``sleuth_new_errors`` is implemented, and may be called.
    """

    interval_seconds: int = 60
    look_back_days: int = 29
    has_explicit_range: bool = True
    requests_per_hour: int | None = None
    lists_environments: bool = False
    has_unlisted_environments: bool = False
    has_no_environment: bool = False
    reports_new_errors: bool = False


@dataclass(frozen=True, slots=True)
class TrackerInfo:
    """Who a tracker is and what its card and dialogs show.

    Args:
        slug: Lower-case letters, digits, hyphens; the provider in URLs and rows, so never
            change it.
        name: What the tracker calls itself.
        description: One line on the card.
        credential_fields: What the connect dialog asks for.
        category: Tab of the Integrations page.
        api_version: The version of this API that the plugin was written for: 1 if it names none,
            whatever the version of the host.
        token_label: Title of the connect dialog, e.g. "Your auth token".
        token_help: Where the token is found.
        token_scopes: Scopes to ask for, in the tracker's words.
        required_scopes: Those without which nothing works.
        token_url: Where a token is generated.
        docs_url: The tracker's documentation.
        logo: An SVG document of shapes in one colour; without one, or with anything else
            in it, a letter is shown.
        notices: Sentences shown in the connect dialog.
        hosts: Host names that may be called, besides those of URL settings.
        settings: What the operator may set.
        verified_on: Day on which the plugin was last seen to work with the real service,
            as YYYY-MM-DD; "" if it was built from documentation alone.
        capabilities: What the tracker can do.
    """

    slug: str
    name: str
    description: str
    credential_fields: tuple[CredentialField, ...]
    category: str = "error-trackers"
    api_version: int = 1  # not API_VERSION: what names none was written for the first, for ever
    token_label: str = ""
    token_help: str = ""
    token_scopes: tuple[str, ...] = ()
    required_scopes: tuple[str, ...] = ()
    token_url: str = ""
    docs_url: str = ""
    logo: str = ""
    notices: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    settings: tuple[PluginSetting, ...] = ()
    verified_on: str = ""
    capabilities: Capabilities = field(default_factory=Capabilities)


@dataclass(frozen=True, slots=True)
class Choice:
    """One entry of a drop-down.

    Args:
        value: What the plugin is told, in ``ImpactConfig.values``; unique, printable, without
            spaces around it, and of 255 characters at most.
        label: What the user reads.
    """

    value: str
    label: str


@dataclass(frozen=True, slots=True)
class ImpactField:
    """One tracker-specific input of the Add impact dialog.

    Args:
        name: ``project`` (kind ``remote_project``), ``environment`` (kind ``text``) and
            ``no_environment`` (kind ``checkbox``) are known to the host; any other
            name ends up in ``ImpactConfig.values``.
        label: What the user reads.
        kind: How it is asked for, one of FieldKind.
        is_required: May not be left empty.
        help: A line below the input.
        warning: A longer note shown with it, ending in a link to ``docs_url`` if given.
        docs_url: Where that link leads.
        choices: What a ``choice`` offers; if empty, ``sleuth_list_choices`` is asked.
        depends_on: Names of earlier fields, ``project`` or choices, that the list which
            is asked for depends on.
        pattern: As that of a CredentialField; for ``text``.
        pattern_message: What the user is told otherwise; required with a pattern.
        placeholder: An example, shown in the empty input.
    """

    name: str
    label: str
    kind: FieldKind
    is_required: bool = True
    help: str = ""
    warning: str = ""
    docs_url: str = ""
    choices: tuple[Choice, ...] = ()
    depends_on: tuple[str, ...] = ()
    pattern: str = ""
    pattern_message: str = ""
    placeholder: str = ""


@dataclass(frozen=True, slots=True)
class TrackerContext:
    """What a hook that talks to a tracker is given; read-only.

    Args:
        http: Client with a kept-alive session.
        settings: The plugin's operator settings by name.
        credentials: What the user pasted, by CredentialField name.
        now: The current time; use it instead of the clock.
    """

    http: HttpClient
    settings: Mapping[str, str]
    credentials: Mapping[str, str] = field(repr=False)
    now: datetime


@dataclass(frozen=True, slots=True)
class TokenCheck:
    """Whether the credentials work. ``ok=False`` is an answer, not an error.

    Args:
        ok: Whether collecting can work with them.
        message: For the user: the cause if not ok, which may not be empty, otherwise who
            was recognized.
        account_id: Stable id of the account behind the credentials.
        account_label: How a person knows that account.
        scopes_present: Those of ``TrackerInfo.token_scopes`` that the token has.
        scopes_missing: Those that it lacks.
        asks_for: Names of on-demand credential fields needed to go on.
    """

    ok: bool
    message: str
    account_id: str = ""
    account_label: str = ""
    scopes_present: tuple[str, ...] = ()
    scopes_missing: tuple[str, ...] = ()
    asks_for: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RemoteProject:
    """A project as the tracker knows it.

    Args:
        key: The tracker's stable id of the project, unique within ``org_key``.
        label: What people call it.
        org_key: The tracker's id of the owning organization, "" if it has none.
        org_label: What people call that organization.
        environments: Names seen so far; only offered if ``lists_environments``.
        is_accessible: Whether counts can be read with these credentials.
        attributes: Opaque to the host; handed back in ``ImpactConfig.attributes``.
    """

    key: str
    label: str
    org_key: str = ""
    org_label: str = ""
    environments: tuple[str, ...] = ()
    is_accessible: bool = True
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ImpactConfig:
    """What one impact source measures.

    Args:
        org_key: ``RemoteProject.org_key`` of the chosen project.
        project_key: ``RemoteProject.key`` of the chosen project.
        environment: The tracker's environment name; None means all environments,
            "" means events that carry no environment.
        attributes: ``RemoteProject.attributes`` of the chosen project.
        values: Inputs of further ImpactFields by name.
    """

    org_key: str
    project_key: str
    environment: str | None
    attributes: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CountSeries:
    """Error counts per bucket.

    Between ``complete_since`` and ``complete_until`` a bucket that is left out is a zero;
    points outside are dropped, and Sleuth shows those minutes as unknown.

    Args:
        interval_seconds: The one declared in Capabilities.
        points: ``(bucket_start, count)`` with ``since <= bucket_start < until``, sorted,
            unique; bucket starts are multiples of the interval since 1970, counts whole
            numbers of 0 or more.
        complete_since: Start of what the tracker can vouch for (later than ``since``
            where its retention ends), None for ``since``.
        complete_until: Counts are final-for-now before this instant; exclusive. It may
            lie beyond ``until``; the host then takes ``until``.
        quota_left: Requests left where the tracker tells, else None.
        quota_resets_at: When there are more again, where the tracker tells, else None.
    """

    interval_seconds: int
    points: tuple[tuple[datetime, int], ...]
    complete_until: datetime
    complete_since: datetime | None = None
    quota_left: int | None = None
    quota_resets_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ImpactWarning:
    """Something odd about a configuration that is allowed all the same.

    Args:
        field: Name of the ImpactField concerned.
        message: What is odd.
        suggestion: A value that would not be odd, or "".
    """

    field: str
    message: str
    suggestion: str = ""


@dataclass(frozen=True, slots=True)
class NewError:
    """An error first seen in a window.

    Args:
        title: What the tracker calls it.
        url: Where the tracker shows it.
        first_seen_at: When it was first seen, an instant in the window.
        count: Events so far.
        users: People affected so far, None if the tracker does not tell.
    """

    title: str
    url: str
    first_seen_at: datetime
    count: int
    users: int | None = None


@dataclass(frozen=True, slots=True)
class RemoteDeploy:
    """A deploy the tracker already knows.

    Args:
        revision: What was deployed.
        deployed_at: When it was.
        url: The tracker's page about it, or "".
    """

    revision: str
    deployed_at: datetime
    url: str = ""
