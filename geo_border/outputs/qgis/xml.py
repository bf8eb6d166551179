"""Building blocks of QGIS's XML: elements, option maps, keys that are the same each time, and text with a doctype."""

from __future__ import annotations

import uuid
from functools import lru_cache
from xml.etree import ElementTree as ET

from pyproj import CRS

_NAMESPACE = uuid.UUID("6b1f2b3c-9f0e-5a7d-8c64-1d2a53f0b3a7")
_DOCTYPE = "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
# The oldest QGIS that is tested; an older version number than the reader's never makes it warn.
QGIS_VERSION = "3.22.0-Białowieża"


def build_key(*parts: str) -> str:
    """Make an identifier in braces that depends on nothing but its parts.

    >>> build_key("layout") == build_key("layout") != build_key("map")
    True
    """
    return "{" + str(uuid.uuid5(_NAMESPACE, "|".join(parts))) + "}"


def build_layer_id(name: str) -> str:
    """Make a layer's id from its name: what SQL, expressions and relations call it, in every language.

    QGIS gives a new, random id to a layer whose own is shorter than eleven letters.

    >>> build_layer_id("cells")
    'layer_cells'
    """
    return f"layer_{name}"


def append_child(parent: ET.Element, tag: str, text: str | None = None, **attributes: str) -> ET.Element:
    """Append a child with attributes and text."""
    element = ET.SubElement(parent, tag, attributes)
    element.text = text
    return element


def append_options(parent: ET.Element, values: dict[str, str]) -> ET.Element:
    """Append a map of text options, as symbols and settings keep them."""
    holder = append_child(parent, "Option", type="Map")
    for name, value in values.items():
        append_child(holder, "Option", name=name, type="QString", value=value)
    return holder


def append_crs(parent: ET.Element, crs: CRS) -> ET.Element:
    """Append a CRS: by its authority code, and in WKT for a plane that has none."""
    holder = append_child(parent, "spatialrefsys", nativeFormat="Wkt")
    for tag, text in _describe_crs(crs):
        append_child(holder, tag, text)
    return holder


@lru_cache(maxsize=16)
def _describe_crs(crs: CRS) -> tuple[tuple[str, str], ...]:
    # Looking a code up takes longer than all the rest of a project.
    authority = crs.to_authority()
    return (
        ("wkt", crs.to_wkt()),
        ("authid", ":".join(authority) if authority else ""),
        ("description", crs.name),
        ("geographicflag", "true" if crs.is_geographic else "false"),
    )


def append_extent(parent: ET.Element, bounds: tuple[float, float, float, float], tag: str = "extent") -> ET.Element:
    """Append xmin, ymin, xmax, ymax."""
    holder = append_child(parent, tag)
    for name, value in zip(("xmin", "ymin", "xmax", "ymax"), bounds, strict=True):
        append_child(holder, name, repr(round(float(value), 6)))
    return holder


def format_document(root: ET.Element) -> str:
    """Write a QGIS document as text."""
    ET.indent(root, " ")
    return _DOCTYPE + ET.tostring(root, encoding="unicode") + "\n"
