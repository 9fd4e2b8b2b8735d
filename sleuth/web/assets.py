"""Static files whose address changes with their content, so browsers may keep them for ever."""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from flask import Flask, Response, abort, current_app, request

IMMUTABLE = "public, max-age=31536000, immutable"
COMPRESSED_TYPES = {".css", ".js", ".svg"}
BUNDLES = {
    "htmx.js": ("vendor/htmx.min.js", "vendor/idiomorph-ext.min.js"),
    "pages.js": ("app.js", "dialogs.js"),
    "charts.js": ("vendor/uplot.min.js", "chart-paint.js", "chart.js"),
    "boards.css": ("vendor/uplot.min.css", "dashboard.css"),
}
"""Files that are used together travel together: browsers ask for few things at a time."""


@dataclass(frozen=True)
class Asset:
    """One static file, read once."""

    content: bytes
    mimetype: str
    is_text: bool

    @cached_property
    def digest(self) -> str:
        return hashlib.sha256(self.content).hexdigest()[:16]

    @cached_property
    def compressed(self) -> bytes:
        return gzip.compress(self.content, 9, mtime=0)


class Assets:
    """The files below one folder, by their path relative to it, and bundles of them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()
        self._known: dict[str, Asset] = {}

    @cached_property
    def _names(self) -> frozenset[str]:
        """Each file has one; under others it would be read, and kept, once for each of them."""
        files = (each for each in self._folder.rglob("*") if each.is_file())
        return frozenset(each.relative_to(self._folder).as_posix() for each in files)

    def prepare(self) -> None:
        """Read and compress every file, so that no visitor waits for it."""
        for name in (*sorted(self._names), *BUNDLES):
            asset = self.get(name)
            if asset is not None and asset.is_text:
                _ = asset.digest, asset.compressed

    def get(self, name: str) -> Asset | None:
        """Return the file, or None if there is no such file below the folder."""
        if name not in self._known:
            parts = BUNDLES.get(name, (name,))
            if not self._names.issuperset(parts):
                return None
            content = b"\n".join((self._folder / each).read_bytes() for each in parts)
            mimetype = mimetypes.guess_type(name)[0] or "application/octet-stream"
            self._known[name] = Asset(content, mimetype, Path(name).suffix in COMPRESSED_TYPES)
        return self._known[name]


def init_app(app: Flask) -> None:
    """Serve the project's ``static/`` folder below ``/static/<digest>/``."""
    app.extensions["sleuth_assets"] = Assets(Path(app.root_path).parent / "static")
    app.add_url_rule("/static/<digest>/<path:name>", "asset", serve)
    app.jinja_env.globals["asset"] = asset_url


def asset_url(name: str) -> str:
    """Return the address of a static file; raises LookupError if there is none.

    Built by hand because an error page must work where routing has failed.
    """
    asset = _assets().get(name)
    if asset is None:
        raise LookupError(f"There is no static file {name!r}.")
    return f"{request.script_root}/static/{asset.digest}/{name}"


def serve(digest: str, name: str) -> Response:
    """Answer with one static file, compressed if the browser can read that."""
    asset = _assets().get(name)
    if asset is None or asset.digest != digest:
        abort(404)
    response = Response(asset.content, mimetype=asset.mimetype)
    if asset.is_text:
        response.vary.add("Accept-Encoding")
        if request.accept_encodings["gzip"]:
            response.set_data(asset.compressed)
            response.content_encoding = "gzip"
    response.headers["Cache-Control"] = IMMUTABLE
    return response


def prepare(app: Flask) -> None:
    """Compress all static files; for a server that is about to answer."""
    assets: Assets = app.extensions["sleuth_assets"]
    assets.prepare()


def _assets() -> Assets:
    assets: Assets = current_app.extensions["sleuth_assets"]
    return assets
