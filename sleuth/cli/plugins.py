"""The commands about plugins."""

from __future__ import annotations

import json

import click

from sleuth.cli.options import as_json
from sleuth.cli.plugin_check import check
from sleuth.cli.plugin_new import new
from sleuth.cli.plugin_serve import serve


@click.command()
@as_json
def plugins(as_json: bool) -> None:
    """List the tracker plugins: loaded, failed, skipped."""
    from sleuth import trackers
    from sleuth.factory import create_app

    with create_app().app_context():
        rows = trackers.describe(trackers.current())
    if as_json:
        click.echo(json.dumps(rows, indent=2))
        return
    for row in rows:
        click.echo(f"{row['state']:8} {row['name']:16} {row['place']} {row['detail']}".rstrip())


@click.group()
def plugin() -> None:
    """Write and check tracker plugins."""


plugin.add_command(check)
plugin.add_command(new)
plugin.add_command(serve)
