"""Icons of our own sprite, and logos that come from plugins and are not trusted."""

from __future__ import annotations

from functools import lru_cache
from xml.etree import ElementTree as ET

from flask import Flask
from markupsafe import Markup

from sleuth.web.assets import asset_url

SHAPES = {"circle", "ellipse", "g", "line", "path", "polygon", "polyline", "rect"}
GEOMETRY = {
    "clip-rule", "cx", "cy", "d", "fill-rule", "height", "points", "r", "rx", "ry",
    "stroke-linecap", "stroke-linejoin", "stroke-width", "transform", "width",
    "x", "x1", "x2", "y", "y1", "y2",
}  # fmt: skip
LARGEST_LOGO = 20_000


def init_app(app: Flask) -> None:
    """Offer ``icon(name, title)`` and ``safe_logo(svg)`` to templates."""
    app.jinja_env.globals.update(icon=icon, safe_logo=safe_logo)


def icon(name: str, title: str | None = None, css: str = "") -> Markup:
    """Return one icon of the sprite.

    Args:
        title: What it says to those who cannot see it; None where words stand beside it.
        css: Further classes.
    """
    return _drawn(asset_url("icons.svg"), name, title, css)


@lru_cache(maxsize=1024)
def _drawn(sprite: str, name: str, title: str | None, css: str) -> Markup:
    """A page has hundreds, and but a few of them differ."""
    words = Markup('role="img" aria-label="{}"').format(title) if title else Markup("")
    return Markup('<svg class="icon {}" {}><use href="{}#{}"></use></svg>').format(
        css, words or Markup('aria-hidden="true"'), sprite, name
    )


@lru_cache(maxsize=256)
def safe_logo(svg: str) -> Markup | None:
    """Return a plugin's logo reduced to shapes in the current colour.

    Anything but known shapes and their geometry is dropped: scripts, styles, links,
    colours. None if nothing drawable is left.
    """
    root = _parse(svg)
    if root is None or _tag(root) != "svg":
        return None
    shapes = Markup("").join(_shape(child) for child in root)
    if not shapes:
        return None
    box = root.get("viewBox", "0 0 24 24")
    return Markup(
        '<svg class="logo" viewBox="{}" fill="currentColor" aria-hidden="true">{}</svg>'
    ).format(box, shapes)


def _parse(svg: str) -> ET.Element | None:
    if not svg or len(svg) > LARGEST_LOGO or "<!" in svg:  # no document types, no entities
        return None
    try:
        return ET.fromstring(svg)  # noqa: S314 - entities were refused above
    except ET.ParseError:
        return None


def _shape(element: ET.Element) -> Markup:
    if _tag(element) not in SHAPES:
        return Markup("")
    attributes = [
        Markup(' {}="{}"').format(name, value)
        for name, value in element.attrib.items()
        if name in GEOMETRY
    ]
    if element.get("stroke", "none") != "none":
        attributes.append(Markup(' stroke="currentColor"'))
    if element.get("fill") == "none":
        attributes.append(Markup(' fill="none"'))
    return Markup("<{0}{1}>{2}</{0}>").format(
        _tag(element),
        Markup("").join(attributes),
        Markup("").join(_shape(child) for child in element),
    )


def _tag(element: ET.Element) -> str:
    return str(element.tag).rpartition("}")[2]
