"""Project and environment: that which is asked about, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import combinations

from sleuth.plugin_api import ImpactConfig, TrackerError
from sleuth.testing.bench import Bench
from sleuth.testing.reply import named
from sleuth.testing.rule import BrokenRuleError, Chapter, NotCheckedError

CHAPTER = Chapter("Filters")
UNKNOWN = "sleuth-knows-no-such-name"
REASONS = ("not_found", "forbidden")


@CHAPTER.rule(
    "C701",
    "Projects are counted apart",
    "A filter that is ignored looks right on every page, and is wrong.",
)
def by_project(bench: Bench) -> None:
    def all_but_project(config: ImpactConfig) -> object:
        return config.environment, config.values

    _are_apart(bench, "project", all_but_project)


@CHAPTER.rule(
    "C702",
    "Environments are counted apart",
    "Errors of staging are no reason to call production unhealthy.",
)
def by_environment(bench: Bench) -> None:
    def all_but_environment(config: ImpactConfig) -> object:
        return config.org_key, config.project_key, config.values

    _are_apart(bench, "environment", all_but_environment)


def _are_apart(bench: Bench, what: str, others: Callable[[ImpactConfig], object]) -> None:
    window = bench.window(120, bench.clock.now - max(timedelta(hours=3), 2 * bench.interval))
    pairs = [
        (one, other)
        for one, other in combinations(bench.configs(), 2)
        if others(one) == others(other)
        and any(
            bench.sandbox.count(one, at) != bench.sandbox.count(other, at)
            for at in window.buckets()
        )
    ]
    if not pairs:
        raise NotCheckedError(
            f"no two of the sandbox's configs differ in {what} alone, and in counts"
        )
    for one, other in pairs:
        counted = [bench.ask(bench.counts(each, window)).vouched() for each in (one, other)]
        if counted[0] == counted[1]:
            raise BrokenRuleError(
                f"sleuth_collect_counts returned the same counts for {named(one)} as for "
                f"{named(other)}, which differ in the sandbox. The {what} is ignored."
            )


@CHAPTER.rule(
    "C703",
    "An unknown project has no errors",
    "The product asks for a project that cannot be, to find out whether the filter is respected: "
    "zeros, or a TrackerError that says so.",
)
def unknown_project(bench: Bench) -> None:
    config = bench.configs()[0]
    key = "9" * 18 if config.project_key.isdigit() else UNKNOWN
    _has_nothing(bench, replace(config, project_key=key))


@CHAPTER.rule(
    "C704",
    "An unknown environment has no errors",
    "A name that was mistyped must not count everything.",
)
def unknown_environment(bench: Bench) -> None:
    if "environment" not in {field.name for field in bench.loaded.fields}:
        raise NotCheckedError("the plugin does not ask for an environment")
    _has_nothing(bench, replace(bench.configs()[0], environment=UNKNOWN))


def _has_nothing(bench: Bench, config: ImpactConfig) -> None:
    reply = bench.ask(bench.counts(config, bench.window(120)))
    wanted = "zeros, or a TrackerError with the reason not_found or forbidden"
    if isinstance(reply.error, TrackerError):
        if reply.error.reason not in REASONS:
            raise reply.broken(wanted)
    elif any(reply.vouched().values()):
        raise reply.broken(wanted)
