"""Which plugins were seen to start: kept in the data directory, by what their files hold."""

from __future__ import annotations

import fcntl
import json
import logging
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path

from sleuth import __version__
from sleuth.trackers.sources import Source

FILE = "plugins.json"
LOCK = "plugins.lock"
NOT_OF_IT = "__pycache__"

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of trying to load a plugin in a process of its own.

    Args:
        digest: Of the files that were tried.
        fatal: What it did to that process, as a sentence; "" if it can be loaded without
            danger, whether or not it then turns out to be any good.
        notes: What else an operator should know.
        tried_at: When it was tried, in seconds of the epoch.
    """

    digest: str
    fatal: str = ""
    notes: tuple[str, ...] = ()
    tried_at: float = 0.0


def digest_of(source: Source) -> str:
    """Return what changes whenever a plugin, this Sleuth or this Python does."""
    known = sha256(repr((source.origin, __version__, sys.version)).encode())
    root = source.files()
    for path in _files(root) if root else ():
        known.update(os.fsencode(path) + b"\0")
        with suppress(OSError):  # of which importing will tell
            known.update(path.read_bytes())
    return known.hexdigest()


def _files(root: Path) -> Iterator[Path]:
    """Yield the files of a plugin, without environments, repositories and what Python keeps."""
    if root.is_file():
        yield root
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(filter(_is_of_it, folders))
        for name in sorted(filter(_is_of_it, names)):
            if (path := Path(folder, name)).is_file():
                yield path


def _is_of_it(name: str) -> bool:
    return not name.startswith(".") and name != NOT_OF_IT


def read(folder: str) -> dict[str, Trial]:
    """Return the trials by key of the plugin; none where there is nothing that can be read."""
    try:
        rows = json.loads(Path(folder, FILE).read_text(encoding="utf-8"))
        return {key: _trial(**row) for key, row in rows}
    except (OSError, ValueError, TypeError, KeyError):
        return {}


def _trial(digest: str, fatal: str, notes: list[str], tried_at: float) -> Trial:
    return Trial(digest, fatal, tuple(notes), float(tried_at))


def add(folder: str, trials: Mapping[str, Trial]) -> None:
    """Remember trials, beside those of other processes; where nothing can be written, the
    next start makes them again."""
    if not Path(folder).is_dir():
        return
    try:
        with _locked(Path(folder, LOCK)):
            _write(folder, {**read(folder), **trials})
    except OSError as error:
        logger.warning("It cannot be remembered which plugins start: %s.", error)


def _write(folder: str, trials: Mapping[str, Trial]) -> None:
    text = json.dumps([(key, asdict(trial)) for key, trial in sorted(trials.items())], indent=1)
    descriptor, name = tempfile.mkstemp(dir=folder, prefix=f".{FILE}-")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(text)
        Path(name).replace(Path(folder, FILE))
    finally:
        Path(name).unlink(missing_ok=True)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("a") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield
