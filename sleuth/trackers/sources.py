"""Where plugins are found, and how each is imported by itself."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from importlib import import_module
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import cast

import sleuth
from sleuth.trackers.calls import Origin
from sleuth.trackers.errors import LoadError

BUNDLED_DIR = Path(sleuth.__file__).resolve().parent.parent / "plugins"
BUNDLED_PACKAGE = "plugins"
BUNDLED = "bundled"
"""The place of plugins that come with the checkout."""

ENTRY_POINT_GROUP = "sleuth"


@dataclass(frozen=True, slots=True)
class Source:
    """A plugin that was found but not imported yet.

    Args:
        load: Imports it and returns the module or object that holds its hooks.
        files: The file or the folder that it consists of, without importing anything of it;
            None where there is none.
    """

    origin: Origin
    load: Callable[[], object]
    files: Callable[[], Path | None] = lambda: None
    is_bundled: bool = False

    @property
    def key(self) -> str:
        """Tells it from every other plugin."""
        return f"{self.origin.place}: {self.origin.name}"


def find_plugins(plugins_dir: str) -> Iterator[Source]:
    """Yield the bundled plugins, those in the operator's folder, and installed ones."""
    for path in _plugin_paths(BUNDLED_DIR):
        origin = Origin(path.stem, BUNDLED, sleuth.__version__)
        load = partial(_import_bundled, path.stem)
        yield Source(origin, load, partial(Path, path), is_bundled=True)
    folder = Path(plugins_dir).expanduser().resolve() if plugins_dir else BUNDLED_DIR
    if folder != BUNDLED_DIR:
        yield from _find_in_folder(folder)
    for entry_point in sorted(entry_points(group=ENTRY_POINT_GROUP)):
        package = entry_point.dist
        place = f"package {package.name}" if package else "an installed package"
        origin = Origin(entry_point.name, place, package.version if package else "")
        yield Source(origin, entry_point.load, partial(_files_of, entry_point))


def _files_of(entry_point: EntryPoint) -> Path | None:
    """Return where an installed plugin is; only the top package is looked up, not imported."""
    try:
        spec = find_spec(entry_point.module.partition(".")[0])
    except (ImportError, ValueError):
        return None
    if spec is None or not spec.origin:
        return None
    file = Path(spec.origin)
    return file.parent if file.name == "__init__.py" else file


def _find_in_folder(folder: Path) -> Iterator[Source]:
    try:
        paths = _plugin_paths(folder)
    except OSError as error:
        problem = f"The folder of SLEUTH_PLUGINS_DIR cannot be read: {error.strerror}."
        yield Source(Origin("SLEUTH_PLUGINS_DIR", str(folder), ""), partial(_refuse, problem))
        return
    for path in paths:
        load = partial(_import_path, path)
        yield Source(Origin(path.stem, str(path), ""), load, partial(Path, path))


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
