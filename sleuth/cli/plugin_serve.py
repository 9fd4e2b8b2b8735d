"""``./run sleuth plugin serve``: a plugin's stand-in for its tracker, to be connected to."""

from __future__ import annotations

import os
import shlex
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sleuth.cli.relay import relayed

if TYPE_CHECKING:
    from sleuth.testing.bench import Bench


@click.command()
@click.argument("place", metavar="PATH|NAME")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    help="Port of this machine to be served on, so that the address stays the same; "
    "any free one by default.",
)
def serve(place: str, port: int | None) -> None:
    """Play a plugin's tracker on this machine.

    It is the plugin's own sandbox, served until it is interrupted.

    PATH is the plugin's file or folder; NAME is that of a plugin that Sleuth finds by itself.
    """
    from sleuth import clock
    from sleuth.testing.bench import Bench
    from sleuth.testing.finding import CandidateError, find
    from sleuth.testing.windows import Clock

    try:
        candidate = find(place, os.environ.get("SLEUTH_PLUGINS_DIR", ""))
    except CandidateError as error:
        raise click.ClickException(str(error)) from None
    with candidate.sandbox.serve(clock.now) as own, _on(port, own) as url:
        bench = Bench(candidate, url, Clock())
        if bench.tracker is None:
            raise click.ClickException(f"{place} does not load. {bench.failure}")
        click.echo("\n".join(_words(bench, url)))
        _wait()


@contextmanager
def _on(port: int | None, own: str) -> Iterator[str]:
    with ExitStack() as stack:
        try:
            url = stack.enter_context(relayed(own, port))
        except OSError as error:
            raise click.ClickException(
                f"Port {port} cannot be listened on: {error.strerror}."
            ) from None
        yield url


def _wait() -> None:
    with suppress(KeyboardInterrupt):
        threading.Event().wait()


def _words(bench: Bench, url: str) -> Iterator[str]:
    info = bench.loaded.info
    yield f"{info.name} is played on {url}, until you press Ctrl-C. In another terminal:"
    place = Path(bench.candidate.source.origin.place)
    if place.is_absolute():
        yield f"  export SLEUTH_PLUGINS_DIR={shlex.quote(str(place.parent))}"
    for name, value in bench.sandbox.settings(url).items():
        variable = f"SLEUTH_{info.slug}_{name}".replace("-", "_").upper()
        yield f"  export {variable}={shlex.quote(value)}"
    yield "  ./run"
    yield f"Then enable {info.name} on the Integrations page:"
    yield from _credentials(bench.sandbox.credentials, "works")
    for kind, credentials in bench.sandbox.refused.items():
        yield from _credentials(credentials, f"is refused: {kind.replace('_', ' ')}")


def _credentials(credentials: Mapping[str, str], what: str) -> Iterator[str]:
    yield f"  {', '.join(f'{name} {value}' for name, value in credentials.items())}  {what}"
