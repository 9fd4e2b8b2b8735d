"""From a path or a name to a plugin and its sandbox."""

from __future__ import annotations

import sys
import time
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from importlib import import_module
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

from sleuth.http.deadline import run_until
from sleuth.testing.guard import ForeignConnectionError, no_connections
from sleuth.testing.sandbox import Sandbox
from sleuth.testing.telling import where
from sleuth.trackers.sources import BUNDLED_DIR, Source, find_plugins

IMPORT_SECONDS = 10


class CandidateError(Exception):
    """There is nothing to be checked; the message is for the author."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A plugin that is about to be checked.

    Args:
        source: Where it comes from.
        plugin: The module or object that holds its hooks.
        is_quiet: Whether importing it opened no connection.
        others: Plugins that are loaded beside it: the bundled ones and the operator's.
    """

    source: Source
    plugin: object
    sandbox: Sandbox
    is_quiet: bool = True
    others: tuple[Source, ...] = ()


def find(place: str, plugins_dir: str = "", disabled: Collection[str] = ()) -> Candidate:
    """Import a plugin and its sandbox.

    Args:
        place: Path of its file or folder, or its name if it is a bundled or installed
            plugin, or one in the folder ``plugins_dir``.
        disabled: Names of plugins that are not loaded beside it.

    Raises:
        CandidateError: there is none, it cannot be imported, or it has no sandbox.
    """
    source = _source(place, plugins_dir)
    plugin, is_quiet = _imported(source)
    found = _others(source, plugins_dir)
    others = tuple(other for other in found if other.origin.name not in disabled)
    return Candidate(source, plugin, _sandbox_of(source, plugin), is_quiet, others)


def imported(place: str, plugins_dir: str = "") -> tuple[Source, object]:
    """Import a plugin alone, found as :func:`find` does.

    Raises:
        CandidateError: there is none, or it cannot be imported.
    """
    source = _source(place, plugins_dir)
    return source, _imported(source)[0]


def beside(plugin: object, what: str) -> ModuleType | None:
    """Import the module ``what`` that lies beside a plugin, None if there is none.

    It is a module of that name in the plugin's folder, or ``_NAME_what.py`` beside its file,
    which imports the plugin, if it likes, by the name of that file.
    """
    module = plugin if isinstance(plugin, ModuleType) else sys.modules[type(plugin).__module__]
    if hasattr(module, "__path__"):
        return _submodule(f"{module.__name__}.{what}")
    own = Path(module.__file__ or "")
    file = own.with_name(f"_{own.stem}_{what}.py")
    if not file.is_file():
        return None
    with _importable(module, own):
        return _executed(file)


@contextmanager
def _importable(module: ModuleType, file: Path) -> Iterator[None]:
    """Let a plugin be imported by the name of its file, unless that is somebody else's."""
    name = file.stem
    if not name.isidentifier() or name in sys.modules or not _is_free(name, file):
        yield
        return
    sys.modules[name] = module
    try:
        yield
    finally:
        del sys.modules[name]


def _is_free(name: str, file: Path) -> bool:
    spec = find_spec(name)
    return spec is None or Path(spec.origin or "").resolve() == file.resolve()


def _others(source: Source, plugins_dir: str) -> Iterator[Source]:
    """Yield what is found beside a plugin; one of its own name would be replaced by it."""
    for other in find_plugins(plugins_dir):
        is_here = other.is_bundled or Path(other.origin.place).is_absolute()
        is_replaced = other.origin.name == source.origin.name and not other.is_bundled
        if is_here and not is_replaced and other.key != source.key:
            yield other


def _source(place: str, plugins_dir: str) -> Source:
    path = Path(place).expanduser().resolve()
    if path.name == "__init__.py":
        path = path.parent
    if path.exists():
        return _source_at(path)
    known = list(find_plugins(plugins_dir))
    named = [source for source in known if source.origin.name == place]
    if named:
        return named[-1]
    names = ", ".join(dict.fromkeys(source.origin.name for source in known))
    raise CandidateError(
        f"There is no plugin {place}: no such file or folder, and no name of {names}."
    )


def _source_at(path: Path) -> Source:
    if path.is_dir() and not (path / "__init__.py").is_file():
        raise CandidateError(f"{path} is no plugin, it has no __init__.py. {_within(path)}")
    is_bundled = path.parent == BUNDLED_DIR
    found = _pick(path, is_bundled, find_plugins("" if is_bundled else str(path.parent)))
    if found is None:
        raise CandidateError(
            f"{path} is no plugin: that is a file NAME.py, or a folder with an __init__.py, whose "
            "name begins with a letter."
        )
    return found


def _within(folder: Path) -> str:
    places = [Path(source.origin.place) for source in find_plugins(str(folder))]
    inside = [
        str(place)
        for place in places
        if place.parent == folder and (place.is_file() or (place / "__init__.py").is_file())
    ]
    return f"Name a plugin in it: {', '.join(inside)}." if inside else "There is none in it."


def _pick(path: Path, is_bundled: bool, sources: Iterable[Source]) -> Source | None:
    for source in sources:
        if source.is_bundled and is_bundled and source.origin.name == path.stem:
            return source
        if source.origin.place == str(path):
            return source
    return None


def _imported(source: Source) -> tuple[object, bool]:
    name = source.origin.name
    try:
        with no_connections() as attempts:
            plugin = run_until(time.monotonic() + IMPORT_SECONDS, source.load)
    except TimeoutError:
        raise CandidateError(
            f"{name} cannot be imported: it takes longer than {IMPORT_SECONDS} seconds."
        ) from None
    except ForeignConnectionError as error:
        raise CandidateError(f"{name} cannot be imported without the network: {error}") from None
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        raise CandidateError(f"{name} cannot be imported: {where(error)}.") from error
    return plugin, not attempts


def _sandbox_of(source: Source, plugin: object) -> Sandbox:
    name = source.origin.name
    try:
        module = beside(plugin, "sandbox")
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        raise CandidateError(
            f"The sandbox of {name} cannot be imported: {where(error)}."
        ) from error
    sandbox = getattr(module, "SANDBOX", None)
    if not isinstance(sandbox, Sandbox):
        raise CandidateError(
            f"{name} has no sandbox to be checked against: a module `sandbox` in its folder, or "
            f"`_{name}_sandbox.py` beside its file, with an attribute SANDBOX, a "
            "sleuth.testing.Sandbox. docs/plugins/testing.md shows how to write one."
        )
    if "unknown" not in sandbox.refused or len(sandbox.configs) < 2:
        raise CandidateError(
            f'The sandbox of {name} needs `refused` credentials that are "unknown", and two '
            "`configs` at least."
        )
    return sandbox


def _submodule(name: str) -> ModuleType | None:
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name:
            raise
        return None


def _executed(file: Path) -> ModuleType:
    name = f"{file.stem.lstrip('_')}_{sha256(str(file).encode()).hexdigest()[:8]}"
    spec = spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise ImportError(f"{file} is no module")
    module = module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module
