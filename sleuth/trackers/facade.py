"""One plugin, typed."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import datetime
from functools import partial
from threading import Lock
from types import MappingProxyType

from sleuth.http import AllowedHosts, Client, Session
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
from sleuth.redaction import Scrubber
from sleuth.trackers import answers
from sleuth.trackers.arguments import floor_to, read_only
from sleuth.trackers.bars import Bars
from sleuth.trackers.calls import Conversation, Origin, PluginHooks, Surroundings


class Tracker:
    """A loaded plugin. A method that asks it something answers or raises TrackerError.

    The error is a :class:`~sleuth.trackers.PluginBug` where the plugin is to blame.
    These methods belong in jobs: they talk to the tracker, under the job's time limit.

    Args:
        info: Checked, with a logo that is harmless or empty.
        fields: Inputs of the Add impact dialog.
        settings: Operator's settings by name.
        allowed: Hosts that may be called.
        notes: What an operator should know of this plugin.

    The application sets ``surroundings``; the worker puts up ``bars`` where a hook has ended
    its process.
    """

    def __init__(
        self,
        hooks: PluginHooks,
        origin: Origin,
        info: TrackerInfo,
        fields: tuple[ImpactField, ...],
        settings: Mapping[str, str],
        allowed: AllowedHosts,
        notes: tuple[str, ...] = (),
    ) -> None:
        self.origin = origin
        self.info = info
        self.fields = fields
        self.settings = MappingProxyType(dict(settings))
        self.notes = notes
        self.surroundings = Surroundings()
        self.bars = Bars()
        self._hooks = hooks
        self.files = hooks.files
        self._allowed = allowed
        self._session: Session | None = None
        self._session_pid = 0
        self._opening = Lock()

    @property
    def hooks(self) -> frozenset[str]:
        """Names of the hooks that the plugin implements."""
        return self._hooks.implemented

    def supports(self, hook_name: str) -> bool:
        """Return whether the plugin implements a hook, for example ``sleuth_new_errors``."""
        return hook_name in self.hooks

    def validate_token(self, credentials: Mapping[str, str], now: datetime) -> TokenCheck:
        """Find out whether the credentials work."""
        asked = self._about(credentials, now)
        return asked.ask(
            "sleuth_validate_token", lambda answer: answers.token_check(answer, asked.scrub)
        )

    def list_projects(self, credentials: Mapping[str, str], now: datetime) -> list[RemoteProject]:
        """List the projects that the credentials can see."""
        asked = self._about(credentials, now)
        return asked.ask(
            "sleuth_list_projects", lambda answer: answers.projects(answer, asked.scrub)
        )

    def collect_counts(
        self,
        credentials: Mapping[str, str],
        config: ImpactConfig,
        since: datetime,
        until: datetime,
        now: datetime,
    ) -> CountSeries:
        """Count errors in a window that begins and ends on the declared interval.

        A tracker without an explicit range is asked up to the newest whole bucket.

        Returns:
            Points that are sorted, unique, whole and within both the window and what the
            tracker vouches for; ``complete_until`` is not later than ``until``.
        """
        able = self.info.capabilities
        end = until if able.has_explicit_range else max(until, floor_to(now, able.interval_seconds))
        series = self._about(credentials, now).ask(
            "sleuth_collect_counts",
            lambda answer: answers.counts(answer, since, end, able.interval_seconds),
            config=read_only(config),
            since=since,
            until=end,
        )
        return series if end == until else answers.vouched_for(series, since, until)

    def list_choices(
        self,
        credentials: Mapping[str, str],
        field_name: str,
        config: ImpactConfig,
        now: datetime,
    ) -> list[Choice]:
        """List what a drop-down offers; nothing if the plugin cannot tell."""
        if not self.supports("sleuth_list_choices"):
            return []
        asked = self._about(credentials, now)
        return asked.ask(
            "sleuth_list_choices",
            lambda answer: answers.choices(answer, asked.scrub),
            field_name=field_name,
            config=read_only(config),
        )

    def check_impact(
        self, credentials: Mapping[str, str], config: ImpactConfig, now: datetime
    ) -> list[ImpactWarning]:
        """Return what is odd about a configuration; nothing if the plugin cannot tell."""
        if not self.supports("sleuth_check_impact"):
            return []
        asked = self._about(credentials, now)
        return asked.ask(
            "sleuth_check_impact",
            lambda answer: answers.warnings(answer, asked.scrub),
            config=read_only(config),
        )

    def new_errors(
        self,
        credentials: Mapping[str, str],
        config: ImpactConfig,
        since: datetime,
        until: datetime,
        now: datetime,
        revision: str = "",
    ) -> list[NewError]:
        """Return the errors first seen in a window; none if the plugin cannot tell.

        Args:
            revision: What was deployed; "" for whatever is new.
        """
        if not self.info.capabilities.reports_new_errors:
            return []
        asked = self._about(credentials, now)
        return asked.ask(
            "sleuth_new_errors",
            lambda answer: answers.new_errors(answer, asked.scrub),
            config=read_only(config),
            since=since,
            until=until,
            revision=revision,
        )

    def list_deploys(
        self,
        credentials: Mapping[str, str],
        config: ImpactConfig,
        since: datetime,
        until: datetime,
        now: datetime,
    ) -> list[RemoteDeploy]:
        """Return the deploys of a window that the tracker knows; none if it cannot tell."""
        if not self.supports("sleuth_list_deploys"):
            return []
        return self._about(credentials, now).ask(
            "sleuth_list_deploys",
            answers.deploys,
            config=read_only(config),
            since=since,
            until=until,
        )

    def explore_url(self, config: ImpactConfig, since: datetime, until: datetime) -> str:
        """Return the address of the tracker's own view of a window, "" if it has none."""
        if not self.supports("sleuth_explore_url"):
            return ""
        asked = self._conversation(Scrubber())
        return asked.ask(
            "sleuth_explore_url",
            answers.link,
            config=read_only(config),
            since=since,
            until=until,
        )

    def _about(self, credentials: Mapping[str, str], now: datetime) -> Conversation:
        public = {field.name for field in self.info.credential_fields if not field.is_secret}
        scrub = Scrubber(value for name, value in credentials.items() if name not in public)
        context = TrackerContext(
            http=Client(
                self.info.name,
                self._allowed,
                session=self._connections(),
                scrub=scrub,
                slot=partial(
                    self.surroundings.pace.slot,
                    self.surroundings.account(self.info.slug, credentials),
                    self.info.capabilities.requests_per_hour,
                ),
                now=now,
            ),
            settings=self.settings,
            credentials=MappingProxyType(dict(credentials)),
            now=now,
        )
        return self._conversation(scrub, context)

    def _conversation(self, scrub: Scrubber, context: TrackerContext | None = None) -> Conversation:
        return Conversation(
            self._hooks,
            self.origin,
            self.info.slug,
            self.info.name,
            scrub,
            self.surroundings,
            self.bars,
            context,
        )

    def _connections(self) -> Session:
        """Return the kept-alive connections of this process; a fork opens its own."""
        with self._opening:
            if self._session is None or self._session_pid != os.getpid():
                self._session = self.surroundings.connect()
                self._session_pid = os.getpid()
            return self._session
