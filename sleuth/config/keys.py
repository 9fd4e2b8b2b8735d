"""Keys that are files in the data directory, readable by nobody else."""

from __future__ import annotations

import base64
import os
import secrets
import tempfile
from pathlib import Path

from sleuth.config.table import SettingError


def create_keys(data_dir: Path) -> None:
    """Create the data directory and the key files that are missing.

    Safe when several processes do it at once: a file appears complete or not at all,
    and whoever comes second keeps what is there.

    Raises:
        OSError: The directory cannot be written.
    """
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    create_once(data_dir / "secret-key", secrets.token_urlsafe(48))
    create_once(data_dir / "encryption-keys", _new_fernet_key())


def create_once(path: Path, text: str) -> None:
    """Write a file nobody else may read, unless it exists (a hard link is atomic).

    Raises:
        OSError: The directory cannot be written.
    """
    if path.exists():
        return
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(handle, "w", encoding="ascii") as stream:
            stream.write(text + "\n")
            stream.flush()
            os.fsync(stream.fileno())
        Path(path).hardlink_to(draft)
    except FileExistsError:
        pass
    finally:
        Path(draft).unlink()


def read_key(path: Path) -> str:
    """Return the key in a file, empty if there is none.

    Raises:
        SettingError: It cannot be read.
    """
    try:
        return path.read_text(encoding="ascii").strip()
    except (FileNotFoundError, NotADirectoryError):
        return ""
    except (OSError, ValueError) as error:
        raise SettingError(f"The key file {path} cannot be read: {error}.") from None


def _new_fernet_key() -> str:
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode("ascii")
