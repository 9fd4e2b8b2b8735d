"""Trying the rules, one by one."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from sleuth.http.deadline import run_until
from sleuth.testing.bench import Bench, opened
from sleuth.testing.calling import StuckError
from sleuth.testing.finding import Candidate
from sleuth.testing.guard import restored
from sleuth.testing.rule import BrokenRuleError, NotCheckedError, Rule
from sleuth.testing.rules import RULES
from sleuth.testing.telling import where

RULE_SECONDS = 300
"""For all calls of a rule, and what the kit does between them, on a machine however slow."""

TOO_SLOW = (
    "it took more than {} seconds in all, though no hook hung: this machine is too slow for it, or "
    "the plugin is"
)
State = Literal["ok", "failed", "not checked"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one rule.

    Args:
        words: What failed, or why it was not checked; "" if it is kept.
    """

    rule: Rule
    state: State
    words: str = ""


def check(candidate: Candidate, numbers: Iterable[str] = ()) -> Iterator[Outcome]:
    """Try a plugin against its sandbox.

    Args:
        numbers: Of the rules to be tried; all of them by default.
    """
    wanted = set(numbers)
    with opened(candidate) as bench:
        for rule in RULES:
            if not wanted or rule.number in wanted:
                yield check_rule(bench, rule)


def check_rule(bench: Bench, rule: Rule) -> Outcome:
    """Try one rule, for as long as a rule may take.

    After one that did not come to an end nothing is tried: its thread is still at work.
    """
    if bench.is_stuck:
        return Outcome(rule, "not checked", "because an earlier rule did not come to an end")
    try:
        with restored():
            run_until(time.monotonic() + RULE_SECONDS, lambda: rule.check(bench))
    except BrokenRuleError as error:
        return Outcome(rule, "failed", str(error))
    except NotCheckedError as error:
        return Outcome(rule, "not checked", f"because {error}")
    except StuckError as error:
        bench.is_stuck = True
        return Outcome(rule, "failed", str(error))
    except TimeoutError:
        bench.is_stuck = True
        return Outcome(rule, "not checked", f"because {TOO_SLOW.format(RULE_SECONDS)}")
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        words = f"The sandbox, or the kit itself, failed while this was tried: {where(error)}"
        return Outcome(rule, "failed", words)
    return Outcome(rule, "ok")
