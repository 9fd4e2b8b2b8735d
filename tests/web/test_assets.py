from __future__ import annotations

import gzip
import hashlib
import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from sleuth.config import ROOT
from sleuth.web.assets import BUNDLES, asset_url


def url_of(kit: Flask, name: str) -> str:
    with kit.test_request_context():
        return asset_url(name)


def test_the_address_of_a_file_names_its_content(kit: Flask) -> None:
    assert re.fullmatch(r"/static/[0-9a-f]{16}/app\.css", url_of(kit, "app.css"))


def test_a_file_may_be_kept_for_ever(kit: Flask, visitor: FlaskClient) -> None:
    answer = visitor.get(url_of(kit, "app.js"))
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"


@pytest.mark.parametrize(
    ("name", "mimetype"),
    [
        ("app.css", "text/css"),
        ("app.js", "text/javascript"),
        ("icons.svg", "image/svg+xml"),
        ("vendor/htmx.min.js", "text/javascript"),
        ("vendor/uplot.min.js", "text/javascript"),
        ("charts.js", "text/javascript"),
        ("boards.css", "text/css"),
    ],
)
def test_a_file_is_served_with_its_type(
    kit: Flask, visitor: FlaskClient, name: str, mimetype: str
) -> None:
    assert visitor.get(url_of(kit, name)).mimetype == mimetype


@pytest.mark.parametrize("name", BUNDLES)
def test_a_bundle_is_its_files_in_their_order(kit: Flask, visitor: FlaskClient, name: str) -> None:
    content = visitor.get(url_of(kit, name)).data
    parts = [visitor.get(url_of(kit, each)).data for each in BUNDLES[name]]
    assert content == b"\n".join(parts)


def test_a_browser_that_reads_gzip_gets_gzip(kit: Flask, visitor: FlaskClient) -> None:
    url = url_of(kit, "tabler.css")
    packed = visitor.get(url, headers={"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert packed.vary.as_set() >= {"accept-encoding"}
    assert gzip.decompress(packed.data) == visitor.get(url).data


def test_another_browser_gets_the_file_as_it_is(kit: Flask, visitor: FlaskClient) -> None:
    answer = visitor.get(url_of(kit, "app.css"))
    assert "Content-Encoding" not in answer.headers


def test_an_old_address_is_not_answered_with_new_content(visitor: FlaskClient) -> None:
    assert visitor.get("/static/0123456789abcdef/app.css").status_code == 404


@pytest.mark.parametrize("name", ["nothing.css", "vendor", "x" * 300, "x/" * 3000])
def test_nothing_but_files_of_the_folder_is_served(visitor: FlaskClient, name: str) -> None:
    assert visitor.get(f"/static/0123456789abcdef/{name}").status_code == 404


@pytest.mark.parametrize("name", ["../setup.cfg", "%2e%2e/setup.cfg", "vendor/../../setup.cfg"])
def test_nothing_beside_the_folder_is_served(visitor: FlaskClient, name: str) -> None:
    digest = hashlib.sha256((ROOT / "setup.cfg").read_bytes()).hexdigest()[:16]
    assert visitor.get(f"/static/{digest}/{name}").status_code == 404


@pytest.mark.parametrize("name", ["./app.css", "vendor/../app.css", "app.css/"])
def test_a_file_has_one_address_and_is_kept_once(
    kit: Flask, visitor: FlaskClient, name: str
) -> None:
    digest = url_of(kit, "app.css").split("/")[2]
    assert visitor.get(f"/static/{digest}/{name}").status_code == 404


def test_a_misspelt_file_is_noticed_while_rendering(kit: Flask) -> None:
    with pytest.raises(LookupError, match=r"nothing\.css"):
        url_of(kit, "nothing.css")


def test_a_file_below_a_prefix_keeps_the_prefix(kit: Flask) -> None:
    with kit.test_request_context(environ_overrides={"SCRIPT_NAME": "/sleuth"}):
        assert asset_url("app.css").startswith("/sleuth/static/")


def test_every_copied_file_is_written_down_with_its_licence() -> None:
    vendored = ROOT / "static" / "vendor"
    told = (vendored / "LICENSES.md").read_text()
    names = {path.name for path in vendored.iterdir()} - {"LICENSES.md"}
    assert [name for name in names if f"`{name}`" not in told] == []
