"""Which plugins were seen to start: kept in the data directory, by what their files hold."""

from __future__ import annotations

import json
import logging
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path

from sleuth import __version__
from sleuth.trackers.sources import Source

FILE = "plugins.json"
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
    """

    digest: str
    fatal: str = ""
    notes: tuple[str, ...] = ()


def digest_of(source: Source) -> str:
    """Return what changes whenever a plugin, this Sleuth or this Python does."""
    known = sha256(repr((source.origin, __version__, sys.version)).encode())
    root = source.files()
    for path in _files(root) if root else ():
        known.update(str(path).encode() + b"\0")
        with suppress(OSError):  # of which importing will tell
            known.update(path.read_bytes())
    return known.hexdigest()


def _files(root: Path) -> Iterator[Path]:
    if root.is_dir():
        yield from sorted(
            path for path in root.rglob("*") if path.is_file() and NOT_OF_IT not in path.parts
        )
    else:
        yield root


def read(folder: str) -> dict[str, Trial] | None:
    """Return the trials by key of the plugin, None if nobody has ever tried one here."""
    try:
        rows = json.loads(Path(folder, FILE).read_text(encoding="utf-8"))
        return {key: Trial(row["digest"], row["fatal"], tuple(row["notes"])) for key, row in rows}
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, KeyError):
        return {}


def add(folder: str, trials: Mapping[str, Trial]) -> None:
    """Remember trials; where nothing can be written, the next start makes them again."""
    if not Path(folder).is_dir():
        return
    known = {**(read(folder) or {}), **trials}
    text = json.dumps([(key, asdict(trial)) for key, trial in sorted(known.items())], indent=1)
    try:
        descriptor, name = tempfile.mkstemp(dir=folder, prefix=f".{FILE}-")
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(text)
        Path(name).replace(Path(folder, FILE))
    except OSError as error:
        logger.warning("It cannot be remembered which plugins start: %s.", error)
