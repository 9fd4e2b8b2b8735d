"""The process in which a plugin is checked: ``python -m sleuth.testing.child REPORT PARENT``.

Told on standard input, a line each, where the plugin is and then which rule to try, it answers on
a pipe, a line each, and tells there when a call of a hook begins and when it has ended.
:mod:`sleuth.testing.apart` is the other end.
"""

from __future__ import annotations

import json
import os
import sys
from functools import partial
from pathlib import Path
from typing import TextIO

from sleuth.processes import die_with_parent
from sleuth.testing.bench import opened
from sleuth.testing.checking import check_rule
from sleuth.testing.finding import CandidateError, find
from sleuth.testing.hearing import descriptors
from sleuth.testing.rules import find_rule


def main() -> None:
    """Try rules until there are no more orders; whatever still runs then is not waited for."""
    die_with_parent(int(sys.argv[2]))
    channel = int(sys.argv[1])
    os.set_inheritable(channel, False)
    with (
        os.fdopen(channel, "w", buffering=1, encoding="utf-8") as report,
        os.fdopen(os.dup(0), encoding="utf-8") as orders,
        Path(os.devnull).open() as nothing,
        descriptors.heard(),
    ):
        os.dup2(nothing.fileno(), 0)
        _work(orders, report)
    os._exit(0)


def _work(orders: TextIO, report: TextIO) -> None:
    place = json.loads(orders.readline())
    try:
        candidate = find(place["place"], place["plugins_dir"], _disabled())
        _tell(report, step="found")
        with opened(candidate, partial(_tell_call, report)) as bench:
            _tell(report, step="ready")
            for number in orders:
                rule = find_rule(number.strip())
                if rule is not None:
                    outcome = check_rule(bench, rule)
                    _tell(
                        report,
                        state=outcome.state,
                        words=outcome.words,
                        is_stuck=bench.is_stuck,
                    )
    except CandidateError as error:
        _tell(report, error=str(error))


def _disabled() -> list[str]:
    return [each.strip() for each in os.environ.get("SLEUTH_DISABLED_PLUGINS", "").split(",")]


def _tell_call(report: TextIO, what: str) -> None:
    _tell(report, calls=what)


def _tell(report: TextIO, **said: str | bool) -> None:
    print(json.dumps(said), file=report, flush=True)


if __name__ == "__main__":
    main()
