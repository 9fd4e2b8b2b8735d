"""Where plugins are found, and how each is imported by itself."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from importlib import import_module
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.metadata import entry_points
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import cast

import sleuth
from sleuth.trackers.calls import Origin
from sleuth.trackers.errors import LoadError

BUNDLED_DIR = Path(sleuth.__file__).resolve().parent.parent / "plugins"
BUNDLED_PACKAGE = "plugins"
ENTRY_POINT_GROUP = "sleuth"


@dataclass(frozen=True, slots=True)
class Source:
    """A plugin that was found but not imported yet.

    Args:
        load: Imports it and returns the module or object that holds its hooks.
    """

    origin: Origin
    load: Callable[[], object]
    is_bundled: bool = False


def find_plugins(plugins_dir: str) -> Iterator[Source]:
    """Yield the bundled plugins, those in the operator's folder, and installed ones."""
    for path in _plugin_paths(BUNDLED_DIR):
        origin = Origin(path.stem, "bundled", sleuth.__version__)
        yield Source(origin, partial(_import_bundled, path.stem), is_bundled=True)
    folder = Path(plugins_dir).expanduser().resolve() if plugins_dir else BUNDLED_DIR
    if folder != BUNDLED_DIR:
        yield from _find_in_folder(folder)
    for entry_point in sorted(entry_points(group=ENTRY_POINT_GROUP)):
        package = entry_point.dist
        place = f"package {package.name}" if package else "an installed package"
        origin = Origin(entry_point.name, place, package.version if package else "")
        yield Source(origin, entry_point.load)


def _find_in_folder(folder: Path) -> Iterator[Source]:
    try:
        paths = _plugin_paths(folder)
    except OSError as error:
        problem = f"The folder of SLEUTH_PLUGINS_DIR cannot be read: {error.strerror}."
        yield Source(Origin("SLEUTH_PLUGINS_DIR", str(folder), ""), partial(_refuse, problem))
        return
    for path in paths:
        yield Source(Origin(path.stem, str(path), ""), partial(_import_path, path))


def _plugin_paths(folder: Path) -> list[Path]:
    if folder == BUNDLED_DIR and not folder.is_dir():
        return []
    paths = [path for path in folder.iterdir() if path.name[0] not in "._"]
    return sorted(path for path in paths if path.suffix == ".py" or path.is_dir())


def _refuse(problem: str) -> object:
    raise LoadError(problem)


def _import_bundled(name: str) -> ModuleType:
    """Import ``plugins.NAME``, whether or not the checkout is on the module path."""
    if BUNDLED_PACKAGE not in sys.modules:
        _execute(BUNDLED_PACKAGE, BUNDLED_DIR / "__init__.py")
    return import_module(f"{BUNDLED_PACKAGE}.{name}")


def _import_path(path: Path) -> ModuleType:
    """Import a file or a folder under a name that no other module has."""
    digest = sha256(str(path).encode()).hexdigest()[:8]
    name = f"sleuth_plugin_{path.stem.replace('-', '_')}_{digest}"
    file = path / "__init__.py" if path.is_dir() else path
    if not file.is_file():
        raise LoadError("The folder has no __init__.py.")
    return _execute(name, file)


def _execute(name: str, file: Path) -> ModuleType:
    folders = [str(file.parent)] if file.name == "__init__.py" else None
    loader = SourceFileLoader(name, str(file))
    spec = spec_from_file_location(name, loader=loader, submodule_search_locations=folders)
    module = module_from_spec(cast("ModuleSpec", spec))
    _forget(name)
    sys.modules[name] = module
    try:
        loader.exec_module(module)
    except BaseException:
        _forget(name)
        raise
    return module


def _forget(name: str) -> None:
    for known in [key for key in sys.modules if key == name or key.startswith(f"{name}.")]:
        del sys.modules[known]
