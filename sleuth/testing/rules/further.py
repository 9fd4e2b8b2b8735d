"""Optional hooks, where they are implemented."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

from sleuth.plugin_api import Choice, ImpactWarning, NewError, RemoteDeploy
from sleuth.testing import words
from sleuth.testing.bench import Bench
from sleuth.testing.guard import no_connections
from sleuth.testing.product import is_asked_for
from sleuth.testing.reply import Reply
from sleuth.testing.rule import Chapter, require
from sleuth.testing.rules.filters import UNKNOWN

CHAPTER = Chapter("Optional hooks")


@CHAPTER.rule(
    "C901",
    "sleuth_check_impact warns of what is odd, and of nothing else",
    "A warning about a configuration that works teaches people to ignore warnings.",
)
def check_impact(bench: Bench) -> None:
    bench.implements("sleuth_check_impact")
    config = bench.configs()[0]
    usual = bench.ask(bench.about("sleuth_check_impact", config))
    if usual.answer():
        raise usual.broken("no warning about a configuration of the sandbox")
    odd = bench.ask(bench.about("sleuth_check_impact", replace(config, environment=UNKNOWN)))
    names = {field.name for field in bench.loaded.fields}
    found: list[ImpactWarning] = odd.answer()
    for warning in found:
        if warning.field not in names or words.flaw(warning.message):
            raise odd.broken(f"a sentence about one of the fields {sorted(names)}")


@CHAPTER.rule(
    "C902",
    "sleuth_new_errors returns what was first seen in the window, the most frequent first",
    "They are shown beside a deploy as what it brought; a revision unknown there hides none.",
)
def new_errors(bench: Bench) -> None:
    bench.implements("sleuth_new_errors")
    window, config = bench.window(120), bench.configs()[0]
    reply = bench.ask(bench.new_errors(config, window))
    found: list[NewError] = reply.answer()
    for error in found:
        if not window.since <= error.first_seen_at < window.until:
            raise reply.broken(f"errors first seen in the window, not at {error.first_seen_at}")
        if error.count < 1 or not error.title.strip():
            raise reply.broken("errors with a title and a count of one or more")
    if any(earlier.count < later.count for earlier, later in pairwise(found)):
        raise reply.broken("the errors with the most events first")
    unheard_of = bench.ask(bench.new_errors(config, window, UNKNOWN))
    if unheard_of.answer() != found:
        raise unheard_of.broken("all that is new, where no release of the revision is known")


@CHAPTER.rule(
    "C903",
    "sleuth_explore_url is pure: an absolute address without a credential, the same every time",
    "It is called while a page is shown, and the address is sent to a browser.",
)
def explore_url(bench: Bench) -> None:
    bench.implements("sleuth_explore_url")
    for config in bench.configs():
        question = bench.about("sleuth_explore_url", config, bench.window(120))
        with no_connections() as refused:
            reply, again = bench.ask(question), bench.ask(question)
        address: str = reply.answer()
        require(not refused, f"{question} opened a connection.")
        if not address or address != again.value:
            raise again.broken(f"the same address twice, not first {address!r}")
        for secret in bench.secrets:
            require(secret not in address, f"{question} returned an address with a credential.")


@CHAPTER.rule(
    "C904",
    "sleuth_list_deploys returns the deploys of the window, oldest first",
    "They are merged with those that were registered.",
)
def list_deploys(bench: Bench) -> None:
    bench.implements("sleuth_list_deploys")
    window = bench.window(120)
    reply = bench.ask(bench.about("sleuth_list_deploys", bench.configs()[0], window))
    found: list[RemoteDeploy] = reply.answer()
    _are_in_order(reply, found)
    for deploy in found:
        if not window.since <= deploy.deployed_at < window.until or not deploy.revision:
            raise reply.broken("deploys of the window, each with a revision")


def _are_in_order(reply: Reply, found: list[RemoteDeploy]) -> None:
    if any(earlier.deployed_at > later.deployed_at for earlier, later in pairwise(found)):
        raise reply.broken("the oldest deploy first")


@CHAPTER.rule(
    "C905",
    "sleuth_list_choices offers what may be measured, in the same order each time",
    "The drop-down shows this list, and what is chosen from it is what is counted.",
)
def list_choices(bench: Bench) -> None:
    bench.implements("sleuth_list_choices")
    for field in filter(is_asked_for, bench.loaded.fields):
        for config in bench.configs():
            question = bench.choices(field, config)
            reply = bench.ask(question)
            found: list[Choice] = reply.answer()
            chosen = config.values.get(field.name, "")
            if chosen and chosen not in [choice.value for choice in found]:
                raise reply.broken(f"a list with {chosen!r}, as a config of the sandbox has it")
            if odd := [each for each in found if words.like_code(each.label) or not each.label]:
                raise reply.broken(f"labels for people, not {odd[0].label!r}")
            if found != bench.ask(question).value:
                raise reply.broken("the same list in the same order, when asked again")
