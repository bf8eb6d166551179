"""Which keys of an entry go together: a key that no reader of it would look at is a mistake, not a remark."""

from __future__ import annotations

import re
from collections.abc import Iterator

from geo_border.catalog.declared import Entry
from geo_border.schemas import AGES, LINES, NEEDS, POINTS, POLYGONS, RASTER, SITES

# Readers of formats of their own, beside the one for any raster or vector file.
_OWN_READERS = {
    "boundaries": ("osm-boundaries",),
    "people": ("census-grid", "age-rasters", "modelled"),
    "places": ("geonames", "osm", "osm-pbf"),
    "facilities": ("osm", "osm-pbf"),
    "roads": ("osm", "osm-pbf"),
}
# Our names of the columns that are read for a need, by the kind of its data where it is not named.
_COLUMNS: dict[str, tuple[str, ...]] = {
    "boundaries": ("country", "name"),
    "land": (),
    "water": ("water_id", "area_km2", "perimeter_km", "kind"),
    "admin": ("admin_id", "name", "country"),
    "places": ("name", "name_en", "kind", "country", "people", "source_id"),
    "people": ("cell", "total", *AGES),
    "own_zones": ("id", "name"),
    "own_line": (),
    POLYGONS: (),
    POINTS: ("kind", "name", "name_en"),
    LINES: ("kind",),
    SITES: ("name", "kind"),
    RASTER: (),
}
_RASTERS, _TABLES = ("raster", "age-rasters"), ("vector", "census-grid")
# Readers that ask for options which only the package's own entries have.
_PACKAGE_ONLY = ("age-rasters", "modelled")
# They become folders, and stand between the signs of --sources.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")
_VERSION = re.compile(r"\w(?:[\w .+-]{0,79}[\w+-])?")


def list_columns(need: str) -> tuple[str, ...]:
    """Our names of the columns that are read for a need.

    Parameters
    ----------
    need
        One of `schemas.NEEDS`.
    """
    return _COLUMNS.get(need, _COLUMNS[NEEDS[need]])


def list_readers(need: str) -> tuple[str, ...]:
    """Readers that serve a need."""
    return ("raster" if NEEDS[need] == RASTER else "vector", *_OWN_READERS.get(need, ()))


def list_faults(entry: Entry) -> Iterator[str]:
    """What is wrong with an entry as a whole, one `key: what was expected` each.

    Parameters
    ----------
    entry
        An entry whose keys are right, each by itself.
    """
    for need in entry.needs:
        if entry.reader not in list_readers(need):
            yield f"reader: {entry.reader} reads no {need}; expected {' or '.join(list_readers(need))}"
    yield from _list_idle_keys(entry)
    if entry.reader == "census-grid" and "cell" not in entry.columns:
        yield "columns.cell: expected the name of the column with the cells' names"
    columns = {column for need in entry.needs for column in list_columns(need)}
    for column in sorted(set(entry.columns) - columns):
        known = ", ".join(sorted(columns)) or "none"
        yield f"columns.{column}: not read for {', '.join(entry.needs)}; known: {known}"


def list_own_faults(entry: Entry) -> Iterator[str]:
    """What is wrong with an entry that a user wrote, beside `list_faults`.

    Parameters
    ----------
    entry
        As read from a catalogue or a study.
    """
    if not _NAME.fullmatch(entry.name):
        yield f"name: expected letters, digits, hyphens, dots, underscores (it names a folder), got {entry.name!r:.60}"
    if not _VERSION.fullmatch(entry.version):
        yield f"version: expected letters, digits, dots, hyphens (it names a folder), got {entry.version!r:.60}"
    if entry.source == "embedded":
        yield "source: embedded is what ships with the package; expected file or url"
    if entry.reader in _PACKAGE_ONLY:
        yield f"reader: {entry.reader} is for datasets of the package; give your file with --sources NEED=DATASET@PATH"
    if entry.options:
        yield "options: only datasets of the package have them"
    if "cover" in entry.needs and entry.legend is None:
        yield "legend: expected a table of the classes of every value of a land cover"
    if entry.files and entry.download is None:
        yield "files: only with a url or [download], to know its bytes by"


def _list_idle_keys(entry: Entry) -> Iterator[str]:
    """Keys that are stated, and that nobody would look at."""
    stated = entry.model_fields_set
    for key in ("band", "nodata", "density"):
        if key in stated and entry.reader not in _RASTERS:
            yield f"{key}: is of rasters, and this dataset is read by {entry.reader}"
    for key in ("layer", "kinds"):
        if key in stated and entry.reader != "vector":
            yield f"{key}: is of vector files, and this dataset is read by {entry.reader}"
    if "columns" in stated and entry.reader not in _TABLES:
        yield f"columns: is of tables, and this dataset is read by {entry.reader}"
    if entry.legend is not None and "cover" not in entry.needs:
        yield "legend: is of land cover, and this dataset does not serve cover"
    for key in ("counts", "density", "locates_people_per_km2"):
        if key in stated and "people" not in entry.needs:
            yield f"{key}: is of people, and this dataset does not serve people"
    if "kinds" in stated and not any("kind" in list_columns(need) for need in entry.needs):
        yield f"kinds: nothing of {', '.join(entry.needs)} is told apart by kind"
