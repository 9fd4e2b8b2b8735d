"""``./run sleuth plugin new``: a plugin that works, to be changed step by step."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Mapping
from importlib.resources import files
from pathlib import Path

import click

NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
LONGEST_NAME = 40
FOLDER = "my-plugins"
SINGLE = {"plugin.py": "{module}.py", "sandbox.py": "_{module}_sandbox.py"}
PACKAGE = {
    "pyproject.toml.txt": "pyproject.toml",
    "gitignore.txt": ".gitignore",
    "README.md": "README.md",
    "plugin.py": "sleuth_{module}/__init__.py",
    "sandbox.py": "sleuth_{module}/sandbox.py",
    "test_contract.py": "tests/test_contract.py",
}


@click.command()
@click.argument("name")
@click.option(
    "--dir",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder that a single file, and its sandbox, are written to; made if it is not there. "
    f"[default: {FOLDER}]",
)
@click.option(
    "--package",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write a package with tests to this folder instead, for others to install.",
)
def new(name: str, folder: Path | None, package: Path | None) -> None:
    """Write a plugin that works, to be changed step by step.

    A stand-in for its tracker is written beside it. NAME is what addresses and settings
    will call the tracker, for ever: lower-case letters, digits and hyphens.
    """
    if folder and package:
        raise click.ClickException(
            "Give --dir for a single file or --package for a package, not both."
        )
    _refuse_bad_name(name)
    module = name.replace("-", "_")
    targets = PACKAGE if package else SINGLE
    root = (package or folder or Path(FOLDER)).expanduser().resolve()
    texts = {
        root / target.format(module=module): _text(source, name)
        for source, target in targets.items()
    }
    _write(texts)
    click.echo("\n".join(["Written:", *(f"  {path}" for path in texts), "", "Next:"]))
    plugin = root / (f"sleuth_{module}" if package else f"{module}.py")
    click.echo("\n".join(_next_steps(plugin, folder=None if package else root)))


def _refuse_bad_name(name: str) -> None:
    if not NAME.fullmatch(name) or len(name) > LONGEST_NAME:
        raise click.ClickException(
            f"{name!r} cannot be a plugin's name; take up to {LONGEST_NAME} lower-case letters, "
            "digits and hyphens, beginning with a letter."
        )
    from sleuth.trackers.sources import find_plugins

    if name in {source.origin.name for source in find_plugins("")}:
        raise click.ClickException(f"There is a plugin called {name} already.")


def _text(source: str, name: str) -> str:
    """Return a file of the skeleton, about the tracker of that name."""
    module = name.replace("-", "_")
    text = files("sleuth.cli.skeleton").joinpath(source).read_text(encoding="utf-8")
    for placeholder, value in (
        ("tracker-name", name),
        ("tracker_name", module),
        ("TRACKER_NAME", module.upper()),
        ("Tracker Name", name.replace("-", " ").title()),
    ):
        text = text.replace(placeholder, value)
    return text


def _write(texts: Mapping[Path, str]) -> None:
    for path in texts:
        if path.exists():
            raise click.ClickException(f"{path} is there already; nothing was written.")
    try:
        for path, text in texts.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("x", encoding="utf-8") as stream:
                stream.write(text)
    except OSError as error:
        raise click.ClickException(
            f"{error.filename} cannot be written: {error.strerror}."
        ) from None


def _next_steps(plugin: Path, folder: Path | None) -> Iterable[str]:
    path = shlex.quote(str(plugin))
    yield f"  ./run sleuth plugin check {path}"
    yield "      passes as it is; keep it so while you teach it your tracker"
    yield f"  ./run sleuth plugin serve {path}"
    yield "      plays the tracker, and says how Sleuth is told of it"
    if folder is not None:
        yield f"  SLEUTH_PLUGINS_DIR={shlex.quote(str(folder))} ./run"
        yield "      shows its card on the Integrations page"
