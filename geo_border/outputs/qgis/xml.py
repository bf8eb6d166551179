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


def key(*parts: str) -> str:
    """Make an identifier in braces that depends on nothing but its parts.

    >>> key("layout") == key("layout") != key("map")
    True
    """
    return "{" + str(uuid.uuid5(_NAMESPACE, "|".join(parts))) + "}"


def layer_id(name: str) -> str:
    """Make a layer's id from its name: what SQL, expressions and relations call it, in every language.

    QGIS gives a new, random id to a layer whose own is shorter than eleven letters.

    >>> layer_id("cells")
    'layer_cells'
    """
    return f"layer_{name}"


def sub(parent: ET.Element, tag: str, text: str | None = None, **attributes: str) -> ET.Element:
    """Append a child with attributes and text."""
    element = ET.SubElement(parent, tag, attributes)
    element.text = text
    return element


def options(parent: ET.Element, values: dict[str, str]) -> ET.Element:
    """Append a map of text options, as symbols and settings keep them."""
    holder = sub(parent, "Option", type="Map")
    for name, value in values.items():
        sub(holder, "Option", name=name, type="QString", value=value)
    return holder


def crs_element(parent: ET.Element, crs: CRS) -> ET.Element:
    """Append a CRS: by its authority code, and in WKT for a plane that has none."""
    holder = sub(parent, "spatialrefsys", nativeFormat="Wkt")
    for tag, text in _told(crs):
        sub(holder, tag, text)
    return holder


@lru_cache(maxsize=16)
def _told(crs: CRS) -> tuple[tuple[str, str], ...]:
    # Looking a code up takes longer than all the rest of a project.
    authority = crs.to_authority()
    return (
        ("wkt", crs.to_wkt()),
        ("authid", ":".join(authority) if authority else ""),
        ("description", crs.name),
        ("geographicflag", "true" if crs.is_geographic else "false"),
    )


def extent_element(parent: ET.Element, bounds: tuple[float, float, float, float], tag: str = "extent") -> ET.Element:
    """Append xmin, ymin, xmax, ymax."""
    holder = sub(parent, tag)
    for name, value in zip(("xmin", "ymin", "xmax", "ymax"), bounds, strict=True):
        sub(holder, name, repr(round(float(value), 6)))
    return holder


def document(root: ET.Element) -> str:
    """Write a QGIS document as text."""
    ET.indent(root, " ")
    return _DOCTYPE + ET.tostring(root, encoding="unicode") + "\n"
