"""What a plugin says of itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from sleuth.plugin_api import RemoteProject, TrackerError, TrackerInfo
from sleuth.testing import words
from sleuth.testing.bench import Bench
from sleuth.testing.calling import called
from sleuth.testing.guard import no_connections
from sleuth.testing.hearing import captured_output
from sleuth.testing.rule import BrokenRuleError, Chapter, require
from sleuth.testing.slugs import slugs_in
from sleuth.testing.telling import difference, told
from sleuth.trackers.patterns import fits

CHAPTER = Chapter("What a plugin says of itself")
KNOWN_FIELDS = ("project", "environment", "no_environment")


@CHAPTER.rule(
    "C101",
    "The product loads it",
    "A plugin that does not load is a card that says so, and nothing else.",
)
def loads(bench: Bench) -> None:
    require(not bench.failure, f"It does not load: {bench.failure}")
    slug = bench.loaded.info.slug
    for other in bench.candidate.others:
        require(
            slug not in slugs_in(other.files()),
            f"Another plugin already has the slug {slug}: {other.origin.name} "
            f"({other.origin.place}). Choose one of its own, or disable that plugin "
            "(SLEUTH_DISABLED_PLUGINS).",
        )


@CHAPTER.rule(
    "C102",
    "It is imported and describes itself without the network",
    "Plugins are loaded by every process of the product at its start, the web server included, "
    "which opens no connection but to its database and queue.",
)
def loads_quietly(bench: Bench) -> None:
    require(bench.candidate.is_quiet, "A connection was attempted while it was imported.")
    with no_connections() as refused:
        bench.raw("sleuth_tracker_info")
        bench.raw("sleuth_impact_fields")
    require(not refused, f"A connection to {refused[:1]} was attempted by a hook that describes.")


@CHAPTER.rule(
    "C103",
    "It always says the same of itself",
    "Both hooks are called once, at load. What they would say later is never seen.",
)
def says_the_same(bench: Bench) -> None:
    loaded = bench.loaded
    bench.ask(bench.token())
    for hook in ("sleuth_tracker_info", "sleuth_impact_fields"):
        first, second = bench.raw(hook), bench.raw(hook)
        require(first == second, f"{hook} is not stable: {difference(first, second)}.")
    slug = bench.raw("sleuth_tracker_info").slug
    require(slug == loaded.info.slug, f"The slug was {loaded.info.slug!r} at load, now {slug!r}.")


@CHAPTER.rule(
    "C104",
    "Every text that its card and dialogs show is there",
    "A person decides by these texts whether to connect a tracker, and finds the token by them.",
)
def texts_are_complete(bench: Bench) -> None:
    missing = list(_missing_texts(bench.loaded.info))
    require(not missing, f"TrackerInfo lacks: {'; '.join(missing)}.")


def _missing_texts(info: TrackerInfo) -> Iterator[str]:
    sentences = {
        "description, what enabling it is good for": info.description,
        "token_help, where the token is found": info.token_help,
        **{f"notice {notice!r}": notice for notice in info.notices},
        **{f"help of the setting {row.name}": row.help for row in info.settings},
    }
    for name, text in sentences.items():
        if flaw := words.flaw(text):
            yield f"a sentence as {name} (it {flaw})"
    labels = {f"label of the credential {row.name}": row.label for row in info.credential_fields}
    names = {
        "token_label, the title of the dialog": info.token_label,
        "docs_url, where the tracker explains its tokens": info.docs_url,
        "credential_fields, what is to be pasted": " ".join(labels),
        **labels,
    }
    yield from (name for name, text in names.items() if not text.strip())


@CHAPTER.rule(
    "C105",
    "Something of what is pasted is a secret",
    "Fields that are not secret are shown again and appear in logs.",
)
def has_a_secret(bench: Bench) -> None:
    fields = bench.loaded.info.credential_fields
    has_secret = any(field.is_secret and field.is_required for field in fields)
    require(has_secret, f"None of the credential fields is secret and required: {told(fields)}.")
    names = {field.name for field in fields}
    given_sets = {"credentials": bench.sandbox.credentials, **bench.sandbox.refused}
    for set_name, given in given_sets.items():
        unknown = sorted(set(given) - names)
        require(not unknown, f"The sandbox's {set_name} have {unknown}, which no field asks for.")
    for field in fields:
        given_text = bench.sandbox.credentials.get(field.name, "")
        require(
            not given_text or fits(field.pattern, given_text),
            f"The sandbox's credentials have a {field.name} that does not match the declared "
            f"pattern {field.pattern!r}: the dialog would not accept it.",
        )


@CHAPTER.rule(
    "C106",
    "Scopes are explained",
    "Whoever generates a token has to tick scopes; the product lists what the plugin declares, "
    "and names what is missing.",
)
def scopes_are_explained(bench: Bench) -> None:
    info = bench.loaded.info
    if "under_scoped" in bench.sandbox.refused:
        require(
            info.token_scopes and info.required_scopes,
            "The sandbox knows credentials with too few scopes, but TrackerInfo declares no "
            "token_scopes and required_scopes.",
        )
    for scope in info.token_scopes:
        require(scope.strip() == scope and scope, f"token_scopes has {scope!r}, which is no name.")


@CHAPTER.rule(
    "C107",
    "It says which hosts it calls",
    "Credentials are sent to declared hosts only: TrackerInfo.hosts, and settings that are URLs.",
)
def hosts_are_declared(bench: Bench) -> None:
    info = bench.loaded.info
    is_declared = info.hosts or any(row.is_url for row in info.settings)
    require(is_declared, "TrackerInfo has neither hosts nor a setting with is_url.")
    for question in bench.questions():
        reply = bench.ask(question)
        require(
            "it may not call" not in reply.message,
            f"{question} asked for an address outside of the declared hosts: {reply.message}",
        )


@CHAPTER.rule(
    "C108",
    "Its capabilities are those of its hooks",
    "The dialogs and the schedule go by capabilities: what is not declared is never used, and "
    "what is declared is offered to people.",
)
def capabilities_are_true(bench: Bench) -> None:
    loaded = bench.loaded
    able, names = loaded.info.capabilities, {field.name for field in loaded.fields}
    has_hook = "sleuth_new_errors" in loaded.hooks
    require(
        able.reports_new_errors == has_hook,
        f"reports_new_errors is {able.reports_new_errors}, but sleuth_new_errors is "
        f"{'implemented' if has_hook else 'not implemented'}.",
    )
    require(
        able.has_no_environment == ("no_environment" in names),
        f"has_no_environment is {able.has_no_environment}, but the impact fields are "
        f"{sorted(names)}.",
    )
    if able.lists_environments:
        listed = bench.ask(bench.projects()).projects()
        require(
            any(project.environments for project in listed),
            "lists_environments is set, but sleuth_list_projects returned no project with any.",
        )


@CHAPTER.rule(
    "C109",
    "The Add impact dialog can be filled in",
    "What the dialog asks for decides what is measured.",
)
def impact_fields_are_complete(bench: Bench) -> None:
    fields = bench.loaded.fields
    for field in fields:
        require(field.label.strip(), f"The impact field {field.name} has no label.")
    names = {field.name for field in fields}
    environments = {config.environment for config in bench.sandbox.configs}
    require(
        environments <= {None} or "environment" in names,
        f"The sandbox's configs have environments, but the impact fields are {sorted(names)}.",
    )
    own = [field.name for field in fields if field.is_required and field.name not in KNOWN_FIELDS]
    listed = bench.ask(bench.projects()).projects()
    for config in bench.sandbox.configs:
        lacking = [name for name in own if not config.values.get(name)]
        require(not lacking, f"A config of the sandbox lacks values for the fields {lacking}.")
        require(
            any(_is_of(config.org_key, config.project_key, project) for project in listed),
            f"sleuth_list_projects does not list project {config.project_key!r} of the sandbox's "
            f"configs (org_key {config.org_key!r}): it cannot be chosen.",
        )


def _is_of(org_key: str, key: str, project: RemoteProject) -> bool:
    return (project.org_key, project.key) == (org_key, key)


@CHAPTER.rule(
    "C110",
    "Its logo can be shown",
    "A drawing is shown only if it is SVG with nothing but shapes; a letter stands in otherwise.",
)
def logo_is_harmless(bench: Bench) -> None:
    notes = bench.loaded.notes
    if notes:
        raise BrokenRuleError(" ".join(notes))


@CHAPTER.rule(
    "C111",
    "The product connects it, lists its projects and collects",
    "These are the calls that the product makes first, through its own checks.",
)
def product_takes_it(bench: Bench) -> None:
    loaded, now, credentials = bench.loaded, bench.clock.now, bench.sandbox.credentials
    config, window = bench.configs()[0], bench.window(30)
    asked = partial(_asked, bench)
    with captured_output():
        try:
            check = asked(loaded.validate_token, credentials, now)
            asked(loaded.list_projects, credentials, now)
            asked(loaded.collect_counts, credentials, config, window.since, window.until, now)
        except TrackerError as error:
            raise BrokenRuleError(f"The product says: {error.message}") from error
    require(check.ok, f"sleuth_validate_token refused the sandbox's credentials: {check.message}")


def _asked(bench: Bench, ask: Callable[..., Any], *arguments: object) -> Any:
    return called(f"sleuth_{ask.__name__}", partial(ask, *arguments), bench.tell)
