"""One plugin, loaded, with its sandbox being served and everything it does in view."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from copy import deepcopy
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sleuth.plugin_api import ImpactConfig, ImpactField, RemoteProject
from sleuth.testing.calling import Told, tried, unheard
from sleuth.testing.finding import Candidate, CandidateError
from sleuth.testing.hearing import as_sandbox, captured_output, telling_sandbox_apart
from sleuth.testing.product import context_for, hooks_of, is_asked_for, loaded
from sleuth.testing.reply import Question, Reply
from sleuth.testing.rule import BrokenRuleError, NotCheckedError
from sleuth.testing.sandbox import Sandbox
from sleuth.testing.telling import where
from sleuth.testing.transport import Fault, Transport
from sleuth.testing.windows import Clock, Window, window_of
from sleuth.trackers import Tracker

NOT_LOADED = "the plugin does not load"


class Bench:
    """Asks a plugin questions, as the product would, and keeps what came of each.

    Args:
        url: Where the sandbox is served.
        clock: That it goes by.
        tell: As for :func:`sleuth.testing.calling.tried`.

    ``tracker`` is None, and ``failure`` says why, if the product would not load the plugin.
    ``is_stuck`` says that something did not come to an end, and is still at work.
    """

    def __init__(self, candidate: Candidate, url: str, clock: Clock, tell: Told = unheard) -> None:
        self.candidate = candidate
        self.clock = clock
        self.transport = Transport(url)
        self.tracker, self.failure = loaded(candidate, url, self.transport)
        self._hooks = hooks_of(candidate.plugin) if self.tracker else None
        self.tell = tell
        self.is_stuck = False
        self._kept: dict[str, Any] = {}

    @property
    def sandbox(self) -> Sandbox:
        """What the author says is true."""
        return self.candidate.sandbox

    @property
    def loaded(self) -> Tracker:
        """The tracker, as the product has it; raises NotCheckedError if it has none."""
        if self.tracker is None:
            raise NotCheckedError(NOT_LOADED)
        return self.tracker

    @property
    def interval(self) -> timedelta:
        """Width of one bucket."""
        return timedelta(seconds=self.loaded.info.capabilities.interval_seconds)

    @property
    def secrets(self) -> list[str]:
        """Every secret that the plugin is ever given here."""
        sandbox = self.sandbox
        sets = [sandbox.credentials, *sandbox.refused.values(), sandbox.many_credentials]
        fields = self.loaded.info.credential_fields
        public = {field.name for field in fields if not field.is_secret}
        return [value for each in sets for name, value in each.items() if name not in public]

    def window(self, buckets: int, until: datetime | None = None) -> Window:
        """Return a window that ends, by default, with the last full bucket."""
        return window_of(self.loaded.info.capabilities, buckets, self.clock.now, until)

    def kept(self, name: str, make: Callable[[], Any]) -> Any:
        """Return what was made under a name before, or make it."""
        if name not in self._kept:
            self._kept[name] = make()
        return self._kept[name]

    def implements(self, hook: str) -> None:
        """Go on only if the plugin implements a hook.

        Raises:
            NotCheckedError: it does not.
        """
        if hook not in self.loaded.hooks:
            raise NotCheckedError(f"the plugin does not implement {hook}")

    def configs(self) -> list[ImpactConfig]:
        """Return the sandbox's configurations, with the attributes of the projects listed."""
        return list(self.kept("configs", self._configs))

    def _configs(self) -> list[ImpactConfig]:
        reply = self.ask(self.projects())
        listed = reply.value if isinstance(reply.value, list) else []
        attributes = {
            (project.org_key, project.key): project.attributes
            for project in listed
            if isinstance(project, RemoteProject)
        }
        return [
            replace(
                config,
                attributes=config.attributes
                or attributes.get((config.org_key, config.project_key), {}),
            )
            for config in self.sandbox.configs
        ]

    def token(self, credentials: Mapping[str, str] | None = None) -> Question:
        """Ask whether credentials work; by default those that do."""
        return self._question("sleuth_validate_token", credentials)

    def projects(self, credentials: Mapping[str, str] | None = None) -> Question:
        """Ask for the projects."""
        return self._question("sleuth_list_projects", credentials)

    def counts(
        self,
        config: ImpactConfig | None = None,
        window: Window | None = None,
        credentials: Mapping[str, str] | None = None,
    ) -> Question:
        """Ask for counts; by default of the first configuration and the last half hour."""
        return self.about(
            "sleuth_collect_counts",
            config or self.configs()[0],
            window or self.window(30),
            credentials,
        )

    def about(
        self,
        hook: str,
        config: ImpactConfig,
        window: Window | None = None,
        credentials: Mapping[str, str] | None = None,
    ) -> Question:
        """Ask any hook about a configuration, and a window if there is one."""
        range_of = {"since": window.since, "until": window.until} if window else {}
        return self._question(hook, credentials, config=config, **range_of)

    def new_errors(self, config: ImpactConfig, window: Window, revision: str = "") -> Question:
        """Ask what was first seen in a window, of a revision or of whatever was deployed."""
        range_of = {"since": window.since, "until": window.until}
        return self._question(
            "sleuth_new_errors", None, config=config, **range_of, revision=revision
        )

    def choices(self, field: ImpactField, config: ImpactConfig) -> Question:
        """Ask what a drop-down offers, once the fields that it depends on are filled in."""
        is_of_project = "project" in field.depends_on
        chosen = ImpactConfig(
            config.org_key if is_of_project else "",
            config.project_key if is_of_project else "",
            None,
            config.attributes if is_of_project else {},
            {name: value for name, value in config.values.items() if name in field.depends_on},
        )
        return self._question("sleuth_list_choices", None, field_name=field.name, config=chosen)

    def questions(self) -> list[Question]:
        """Return a question for each hook that talks to the tracker: those required, first."""
        optional: list[Question] = self.kept("optional", self._optional_questions)
        return [self.token(), self.projects(), self.counts(), *optional]

    def _optional_questions(self) -> list[Question]:
        config, window = self.configs()[0], self.window(120)
        possible = [
            *(self.choices(field, config) for field in self.loaded.fields if is_asked_for(field)),
            self.about("sleuth_check_impact", config),
            self.new_errors(config, window),
            self.about("sleuth_list_deploys", config, window),
        ]
        implemented = [each for each in possible if each.hook in self.loaded.hooks]
        return [question for question in implemented if self.ask(question).exchanges]

    def _question(
        self, hook: str, credentials: Mapping[str, str] | None, **arguments: Any
    ) -> Question:
        used = self.sandbox.credentials if credentials is None else credentials
        return Question(hook, dict(used), arguments, self.loaded.info.capabilities.interval_seconds)

    def ask(self, question: Question, fault: Fault | None = None) -> Reply:
        """Call a hook, and return what it did itself, before the product looks at it.

        Args:
            fault: Spoils the answers of the sandbox.
        """
        arguments = deepcopy(dict(question.arguments))
        given, now = question.credentials, self.clock.now
        context = context_for(self.loaded, given, self.transport, self.secrets, now)
        if question.hook != "sleuth_explore_url":
            arguments["tracker"] = context
        work = self._call_of(question.hook, **arguments)
        begun = time.monotonic()
        with captured_output() as output, self.transport.watching(fault) as exchanges:
            value, error = tried(str(question), work, self.tell)
        seconds = time.monotonic() - begun
        is_changed = any(arguments[name] != was for name, was in question.arguments.items())
        is_changed |= context.credentials != question.credentials
        is_changed |= context.settings != self.loaded.settings
        return Reply(question, value, error, exchanges, output.text, seconds, is_changed)

    def raw(self, hook: str) -> Any:
        """Return what a hook that talks to nobody answers.

        Raises:
            NotCheckedError: the plugin does not load.
            BrokenRuleError: it raised something.
        """
        value, error = tried(hook, self._call_of(hook), self.tell)
        if error is not None:
            raise BrokenRuleError(f"{hook} raised {where(error)}.") from error
        return value

    def _call_of(self, hook: str, **arguments: Any) -> Callable[[], Any]:
        if self._hooks is None:
            raise NotCheckedError(NOT_LOADED)
        return partial(self._hooks.call, hook, **arguments)


@contextmanager
def opened(candidate: Candidate, tell: Told = unheard) -> Iterator[Bench]:
    """Serve a plugin's sandbox and load the plugin, while the context lasts.

    Args:
        tell: As for :class:`Bench`.

    Raises:
        CandidateError: the sandbox cannot be served.
    """
    clock = Clock()
    with ExitStack() as stack:
        try:
            stack.enter_context(telling_sandbox_apart())
            with as_sandbox():
                url = stack.enter_context(candidate.sandbox.serve(clock))
            bench = Bench(candidate, url, clock, tell)
        except Exception as error:
            name = candidate.source.origin.name
            raise CandidateError(
                f"The sandbox of {name} cannot be served: {where(error)}."
            ) from error
        yield bench
