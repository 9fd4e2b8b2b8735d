"""Letting only harmless drawings through."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

from sleuth.trackers.errors import LoadError

SVG_NAMESPACE = "http://www.w3.org/2000/svg"
LARGEST = 20_000
ELEMENT = re.compile("svg|g|path|circle|ellipse|rect|line|polyline|polygon|title|desc")
ATTRIBUTE = re.compile(
    "viewBox|width|height|preserveAspectRatio|version|role|aria-label|aria-hidden"
    "|d|cx|cy|r|rx|ry|x|y|x1|y1|x2|y2|points|transform"
    "|fill|fill-rule|fill-opacity|clip-rule|opacity"
    "|stroke|stroke-width|stroke-linecap|stroke-linejoin|stroke-miterlimit|stroke-opacity"
)
HARMLESS_VALUE = re.compile(r"[\w\s.,%#()+-]*")


def harmless_svg(source: str) -> str:
    """Return the drawing, written anew from what was understood of it.

    Raises:
        LoadError: it is not SVG, or holds anything but shapes; the rest of a sentence.
    """
    if len(source) > LARGEST:
        raise LoadError(f"is larger than {LARGEST} characters")
    if "<!DOCTYPE" in source or "<!ENTITY" in source:
        raise LoadError("declares a document type")
    try:
        root = ET.fromstring(source)  # noqa: S314 - without a DTD there is nothing to expand
    except (ET.ParseError, ValueError) as error:
        raise LoadError(f"is not XML: {error}") from None
    for element in root.iter():
        _simplify(element)
    if root.tag != "svg":
        raise LoadError("is not an svg document")
    root.set("xmlns", SVG_NAMESPACE)
    return ET.tostring(root, encoding="unicode")


def _simplify(element: ET.Element) -> None:
    element.tag = str(element.tag).removeprefix(f"{{{SVG_NAMESPACE}}}")
    if not ELEMENT.fullmatch(element.tag):
        raise LoadError(f"has the element {element.tag}")
    for name, value in element.attrib.items():
        is_harmless = HARMLESS_VALUE.fullmatch(value) and "url" not in value.lower()
        if not ATTRIBUTE.fullmatch(name) or not is_harmless:
            raise LoadError(f"has the attribute {name} with a value that is not allowed")
