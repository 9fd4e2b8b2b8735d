"""The commands about plugins."""

from __future__ import annotations

import json
import os
import sys
import textwrap
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import click

from sleuth.cli.options import as_json
from sleuth.cli.plugin_check import check
from sleuth.cli.plugin_new import new
from sleuth.cli.plugin_serve import serve
from sleuth.hookspecs import REQUIRED

WIDTH = 80
INDENT = " " * 10
MARKS = {"loaded": "loaded", "failed": "FAILED", "skipped": "skipped"}


@click.command()
@as_json
def plugins(as_json: bool) -> None:
    """List the tracker plugins: loaded, failed, skipped.

    Those that have changed since they were last seen to start are tried first, each in a
    process of its own.
    """
    from sleuth import config, trackers
    from sleuth.factory import create_app

    with _output_kept():
        trials = trackers.try_plugins(config.load(os.environ))
        rows = trackers.describe(create_app(trials=trials).extensions["sleuth_trackers"])
    if as_json:
        click.echo(json.dumps(rows, indent=2))
        return
    for row in rows:
        for line in _lines(row):
            click.echo(line)


@contextmanager
def _output_kept() -> Iterator[None]:
    """Send what plugins write to the standard output elsewhere: it is read by programs."""
    sys.stdout.flush()
    output = os.dup(1)
    os.dup2(2, 1)
    try:
        yield
    finally:
        os.dup2(output, 1)
        os.close(output)


def _lines(row: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is said of one plugin, in lines that a terminal shows whole."""
    version = row["version"] and f" {row['version']}"
    yield f"{MARKS[row['state']]:9} {row['name']}{version}, {row['place']}"
    for sentence in (_hooks(row), row["detail"]):
        yield from textwrap.wrap(
            sentence, WIDTH, initial_indent=INDENT, subsequent_indent=INDENT, break_long_words=False
        )


def _hooks(row: Mapping[str, Any]) -> str:
    """Return which hooks a plugin has; how many, as all of those required are there."""
    if row["api_version"] is None:
        return ""
    api = f"API version {row['api_version']}"
    if not row["hooks"]:
        return f"{api}."
    extra = [each for each in row["hooks"] if each not in REQUIRED]
    optional = f" and {', '.join(extra)}" if extra else ""
    return f"{api}; all {len(REQUIRED)} required hooks{optional}."


@click.group()
def plugin() -> None:
    """Write and check tracker plugins."""


plugin.add_command(check)
plugin.add_command(new)
plugin.add_command(serve)
