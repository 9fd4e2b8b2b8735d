"""A question put to a plugin, and everything that came of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sleuth.plugin_api import CountSeries, ImpactConfig, RemoteProject, TokenCheck, TrackerError
from sleuth.redaction import Scrubber
from sleuth.testing.rule import BrokenRuleError
from sleuth.testing.telling import told, where
from sleuth.testing.transport import Exchange, TooManyRequestsError
from sleuth.trackers import answers
from sleuth.trackers.errors import ContractError


@dataclass(frozen=True, slots=True)
class Question:
    """A call of one hook.

    Args:
        arguments: Besides the tracker.
    """

    hook: str
    credentials: Mapping[str, str] = field(repr=False)
    arguments: Mapping[str, Any]
    interval_seconds: int

    @property
    def since(self) -> datetime:
        """Start of the window that is asked about."""
        since: datetime = self.arguments["since"]
        return since

    @property
    def until(self) -> datetime:
        """End of the window that is asked about."""
        until: datetime = self.arguments["until"]
        return until

    def __str__(self) -> str:
        """Name the hook and what it is asked about."""
        about = []
        config = self.arguments.get("config")
        if isinstance(config, ImpactConfig):
            about.append(named(config))
        if "field_name" in self.arguments:
            about.append(f"field {self.arguments['field_name']!r}")
        if "since" in self.arguments:
            about.append(f"{self.since:%Y-%m-%d %H:%M} to {self.until:%Y-%m-%d %H:%M} UTC")
        return f"{self.hook} ({', '.join(about)})" if about else self.hook


def named(config: ImpactConfig) -> str:
    """Return a configuration as a person would name it."""
    environment = "all environments" if config.environment is None else repr(config.environment)
    return f"project {config.project_key!r}, {environment}"


@dataclass(frozen=True, slots=True)
class Reply:
    """What came of a question.

    Args:
        value: What the hook returned.
        error: What it raised, None if it returned.
        exchanges: What it asked the tracker, and was answered.
        output: What it printed or logged.
        has_changed_arguments: Whether something that it was given is another now.
    """

    question: Question
    value: Any
    error: BaseException | None
    exchanges: Sequence[Exchange]
    output: str = field(repr=False)
    seconds: float
    has_changed_arguments: bool

    @property
    def came(self) -> str:
        """What came, in words: the end of "It …"."""
        error = self.error
        if isinstance(error, TooManyRequestsError):
            return f"made {len(self.exchanges)} requests and would have gone on"
        if isinstance(error, TrackerError):
            more = f"permanent={error.permanent}, retry_after={error.retry_after}"
            return f"raised TrackerError({error.message!r}, {more}, reason={error.reason!r})"
        if error is not None:
            return f"raised {where(error)}"
        return f"returned {told(self.value)}"

    @property
    def message(self) -> str:
        """What it says to the user, whether it returned or raised."""
        said = self.error if self.error is not None else self.value
        return str(getattr(said, "message", ""))

    def broken(self, wanted: str, when: str = "") -> BrokenRuleError:
        """Return the failure of a reply that is not what was wanted.

        Args:
            wanted: The end of "Expected …".
            when: What the tracker did, as the end of a sentence's beginning.
        """
        circumstances = f", when {when}," if when else ""
        return BrokenRuleError(f"{self.question}{circumstances} {self.came}. Expected {wanted}.")

    def refusal(self, wanted: str, when: str = "") -> TrackerError:
        """Return the TrackerError that has to have come.

        Raises:
            BrokenRuleError: something else came.
        """
        if not isinstance(self.error, TrackerError):
            raise self.broken(wanted, when)
        return self.error

    def answer(self, when: str = "") -> Any:
        """Return what the hook returned, checked as the product checks it.

        Raises:
            BrokenRuleError: it raised, or the product would not take it.
        """
        if self.error is not None:
            raise self.broken("an answer", when)
        fault = self.fault()
        if fault:
            raise self.broken(f"an answer that the product takes, which it does not: {fault}", when)
        return self.value

    def fault(self) -> str:
        """Return why the product would call this a fault of the plugin, or ""."""
        if isinstance(self.error, TrackerError):
            return ""
        if self.error is not None:
            return f"{type(self.error).__name__} is no TrackerError"
        try:
            _CHECKS[self.question.hook](self.value, self.question)
        except ContractError as error:
            return str(error)
        return ""

    def token_check(self, when: str = "") -> TokenCheck:
        """Return the answer of ``sleuth_validate_token``; raises BrokenRuleError if none came."""
        check: TokenCheck = self.answer(when)
        return check

    def projects(self, when: str = "") -> list[RemoteProject]:
        """Return the answer of ``sleuth_list_projects``; raises BrokenRuleError if none came."""
        found: list[RemoteProject] = self.answer(when)
        return found

    def series(self, when: str = "") -> CountSeries:
        """Return the answer of ``sleuth_collect_counts``; raises BrokenRuleError if none came."""
        series: CountSeries = self.answer(when)
        return series

    def vouched(self, when: str = "") -> dict[datetime, int]:
        """Return the count of every bucket that the answer vouches for, zeros as well."""
        asked = self.question
        series = answers.vouched_for(self.series(when), asked.since, asked.until)
        step = timedelta(seconds=asked.interval_seconds)
        start, end = series.complete_since or asked.since, series.complete_until
        told = dict(series.points)
        count = max(0, (end - start) // step)
        buckets = [start + index * step for index in range(count)]
        return {bucket: told.get(bucket, 0) for bucket in buckets}


_NO_SECRETS = Scrubber()
_CHECKS: dict[str, Callable[[Any, Question], object]] = {
    "sleuth_validate_token": lambda value, _: answers.token_check(value, _NO_SECRETS),
    "sleuth_list_projects": lambda value, _: answers.projects(value, _NO_SECRETS),
    "sleuth_collect_counts": lambda value, asked: answers.counts(
        value, asked.since, asked.until, asked.interval_seconds
    ),
    "sleuth_list_choices": lambda value, _: answers.choices(value, _NO_SECRETS),
    "sleuth_check_impact": lambda value, _: answers.warnings(value, _NO_SECRETS),
    "sleuth_new_errors": lambda value, _: answers.new_errors(value, _NO_SECRETS),
    "sleuth_explore_url": lambda value, _: answers.link(value),
    "sleuth_list_deploys": lambda value, _: answers.deploys(value),
}
