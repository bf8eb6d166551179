"""The contract of every layer and table: words, columns, types, units, meaning; checked on every write."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from geo_border.errors import SchemaError

COVER_CLASSES = ("tree", "shrub", "grass", "crop", "built", "bare", "snow", "water", "wetland", "moss")
UNKNOWN = "unknown"
# Ages by which a people dataset may tell its counts apart.
AGES = ("under_15", "15_64", "over_64")
MEDIA = ("land", "river", "lake")
# What sums over every segment and country are of.
WHOLE = "all"
POLYGONS, RASTER, POINTS, LINES, SITES = "polygons", "raster", "points", "lines", "sites"
# What a study is made from, in the order in which it is fetched and read, and the kind of data that serves each.
NEEDS = {
    "boundaries": POLYGONS,
    "land": POLYGONS,
    "water": POLYGONS,
    "admin": POLYGONS,
    "cover": RASTER,
    "settlement_class": RASTER,
    "people": RASTER,
    "places": POINTS,
    "facilities": POINTS,
    "roads": LINES,
    "protected": SITES,
    "own_zones": POLYGONS,
    "own_line": LINES,
}
# The needs that the frontier follows from: they are fetched and read first, for they tell where the rest is needed.
LINE_NEEDS = ("boundaries", "own_line")
# Stands in the id of a segment in place of a facing territory where the line is a user's own: `XX-line`.
OWN_LINE = "line"

ZONE_KINDS = ("segment", "band", "strip", "within", "corridor", "admin", "country", "own")
# Partitions whose rows add up; a row of no partition lies in others.
PARTITIONS = ("bands", "admin", "segments", "admin-segments")
CELL_COVER = ("tree", "crop", "grass", "built", "water", "wetland")


@dataclass(frozen=True)
class Column:
    """One column: dtype is `text`, `float`, `int` or `bool`; a nullable one may be empty, a text one may be one of."""

    name: str
    dtype: str
    description: str
    unit: str = ""
    nullable: bool = False
    allowed_values: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None


@dataclass(frozen=True)
class Layer:
    """One layer or table: `geometry` is `line`, `polygon`, `point` or None; `key` columns are unique together."""

    name: str
    title: str
    description: str
    geometry: str | None
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()

    @property
    def column_names(self) -> list[str]:
        """Names of the columns, in order, without the geometry."""
        return [column.name for column in self.columns]


def _declare_text(name: str, description: str, nullable: bool = False, allowed_values: tuple[str, ...] = ()) -> Column:
    return Column(name, "text", description, nullable=nullable, allowed_values=allowed_values)


def _declare_float(
    name: str, description: str, unit: str, nullable: bool = False, maximum: float | None = None
) -> Column:
    return Column(name, "float", description, unit, nullable, minimum=0.0, maximum=maximum)


_SEGMENT = _declare_text("segment", "Piece of the frontier, named home-facing, e.g. FI-RU")
_SEGMENT_OR_NONE = _declare_text("segment", "Piece of the frontier; empty where the zone is of several", nullable=True)
_COUNTRY = _declare_text("country", "Home country, ISO 3166-1 alpha-2")
_COUNTRY_OR_NONE = _declare_text(
    "country", "Home country, ISO 3166-1 alpha-2; empty where it is of several or of a user's own line", nullable=True
)
_FACING = _declare_text(
    "facing", "Facing country, ISO 3166-1 alpha-2; empty where the line is a user's own", nullable=True
)
_LENGTH = _declare_float("length_km", "Geodesic length on WGS 84", "km")
_AREA = _declare_float("area_km2", "Area of home land, lakes and rivers included", "km²")
_PEOPLE = _declare_float("people", "Residents", "persons", nullable=True)
_DISTANCE = _declare_float("distance_m", "Geodesic distance to the nearest point of the frontier", "m")
_REGION = (
    _declare_text("admin_id", "Administrative unit that it lies in", nullable=True),
    _declare_text("admin_name", "Name of that unit", nullable=True),
)
_DEGURBA = Column("degurba", "int", "Degree of urbanisation class, level 2 (10 water .. 30 city)", nullable=True)


def _declare_class_layer(name: str, title: str, description: str, classes: tuple[str, ...]) -> Layer:
    columns = (
        _SEGMENT,
        _COUNTRY,
        _declare_text("class", "Class of the cells dissolved here", allowed_values=classes),
        _AREA,
        _PEOPLE,
    )
    return Layer(name, title, description, "polygon", columns, ("segment", "country", "class"))


_ZONE_KEYS = (
    _declare_float("from_m", "Nearer edge", "m", nullable=True),
    _declare_float("to_m", "Farther edge", "m", nullable=True),
)
_PART_OF = _declare_text(
    "part_of", "Partition whose rows add up; empty where the zone lies in others", True, PARTITIONS
)
READINGS = Layer(
    "readings",
    "Readings",
    "One row for each zone, measure, category, dataset and reading: value is the first, low and high span them all.",
    None,
    (
        _declare_text("zone_id", "Key of the zone"),
        _declare_text("measure", "What is measured"),
        _declare_text("category", "Kind within the measure", nullable=True),
        _declare_text("dataset", "Dataset"),
        _declare_text("reading", "`value`, or another way to read the same data, or another outline of the zone"),
        Column("value", "float", "The figure by this reading, in the unit of the exposure table", "see unit", True),
        _declare_float("known_share", "Share of the basis that the dataset knows", "0..1", nullable=True, maximum=1.0),
    ),
    ("zone_id", "measure", "category", "dataset", "reading"),
)
LAYERS: dict[str, Layer] = {
    layer.name: layer
    for layer in (
        Layer(
            "frontier",
            "Frontier",
            "The line between home and facing territories, one row per stretch of one medium.",
            "line",
            (
                _SEGMENT,
                _COUNTRY,
                _FACING,
                _declare_text("medium", "What the line runs through; empty for a user's own line", True, MEDIA),
                _LENGTH,
            ),
        ),
        Layer(
            "frontier_sea",
            "Frontier at sea",
            "Stretches at sea and in coastal lagoons; nothing is measured from them.",
            "line",
            (_SEGMENT, _COUNTRY, _FACING, _LENGTH),
        ),
        Layer(
            "segments",
            "Segments",
            "Length of each segment beside the official one.",
            None,
            (
                _SEGMENT,
                _COUNTRY,
                _FACING,
                _LENGTH,
                _declare_float("sea_km", "Length at sea and in coastal lagoons", "km"),
                _declare_float("official_km", "Official or published length", "km", nullable=True),
                _declare_text("official_source", "Who published the official length, and when", nullable=True),
                _declare_text("note", "Why the two differ", nullable=True),
            ),
            ("segment",),
        ),
        Layer(
            "zones",
            "Zones",
            "Every area that figures are reported for; strips are hypothetical and uniform.",
            "polygon",
            (
                _declare_text("zone_id", "Key, e.g. band|FI-RU|FI|1000-5000"),
                _declare_text("zone_name", "Readable name, with its code"),
                _declare_text("zone_kind", "Kind of zone", allowed_values=ZONE_KINDS[1:]),
                _SEGMENT_OR_NONE,
                _COUNTRY_OR_NONE,
                _declare_float("from_m", "Nearer edge, geodesic distance to the frontier", "m", nullable=True),
                _declare_float("to_m", "Farther edge, geodesic distance to the frontier", "m", nullable=True),
                _AREA,
                _PEOPLE,
                _declare_float("people_low", "Lower end of the spread of people", "persons", nullable=True),
                _declare_float("people_high", "Upper end of the spread of people", "persons", nullable=True),
                _declare_float(
                    "tree_share", "Tree as a share of known cover without water", "0..1", nullable=True, maximum=1.0
                ),
                _declare_text(
                    "place_id", "Administrative unit, corridor or own polygon that the zone is of", nullable=True
                ),
                _declare_text("place_name", "Its name in its own letters", nullable=True),
                _PART_OF,
            ),
            ("zone_id",),
        ),
        Layer(
            "cells",
            "Cells",
            "1 km cells clipped to home land.",
            "polygon",
            (
                _declare_text("cell_id", "Cell of the study's 1 km grid, named by its lower-left corner"),
                _SEGMENT,
                _COUNTRY,
                _DISTANCE,
                _AREA,
                _PEOPLE,
                _declare_float(
                    "reach_people", "People in home territory within reach_m of the cell's centre", "persons", True
                ),
                *(
                    _declare_float(f"{c}_share", f"Share of the cell that is {c}", "0..1", True, 1.0)
                    for c in CELL_COVER
                ),
                _declare_text("cover_from", "Dataset that the cover shares come from", nullable=True),
                _DEGURBA,
                Column("forested", "bool", "Tree share at or above the study's threshold"),
                Column("populated", "bool", "People density at or above what the dataset can locate"),
                _declare_text(
                    "civilian_exposure",
                    "First that holds; empty where no exposure is known",
                    nullable=True,
                    allowed_values=("resident", "livelihood", "passage", "sparse"),
                ),
            ),
            ("cell_id", "country"),
        ),
        _declare_class_layer("forested", "Forested zones", "Cells with tree cover, dissolved.", ("forested",)),
        _declare_class_layer(
            "populated",
            "Populated zones",
            "Populated cells dissolved by settlement class.",
            ("city", "town", "suburb", "village", "dispersed", "low_density", "unclassed"),
        ),
        _declare_class_layer(
            "civilian_exposure",
            "Civilian exposure",
            "Cells dissolved by the kind of exposure known.",
            ("resident", "livelihood", "passage", "sparse"),
        ),
        Layer(
            "corridor",
            "Corridor",
            "Home land between two facing territories; no official outline exists.",
            "polygon",
            (_declare_text("zone_id", "Key, e.g. corridor|suwalki|PL"), _declare_text("name", "Name"), _AREA, _PEOPLE),
            ("zone_id",),
        ),
        Layer(
            "corridor_axis",
            "Corridor axis",
            "Shortest geodesic across the corridor, and the home border inside it.",
            "line",
            (_declare_text("name", "What the line is"), _LENGTH),
            ("name",),
        ),
        Layer(
            "settlements",
            "Settlements",
            "Populated places on the home side.",
            "point",
            (
                _declare_text("name", "Name in its own letters"),
                _declare_text("name_en", "Name in English or plain letters", nullable=True),
                _declare_text("kind", "Kind of place"),
                _COUNTRY,
                _SEGMENT,
                _DISTANCE,
                _PEOPLE,
                _DEGURBA,
                _declare_text("source", "Dataset"),
                *_REGION,
            ),
        ),
        Layer(
            "facilities",
            "Facilities",
            "Schools, kindergartens, hospitals, clinics and care homes on the home side; civilian only.",
            "point",
            (
                _declare_text("name", "Name in its own letters", nullable=True),
                _declare_text("name_en", "Name in English or plain letters", nullable=True),
                _declare_text(
                    "kind", "Kind", allowed_values=("school", "kindergarten", "hospital", "clinic", "care_home")
                ),
                _COUNTRY,
                _SEGMENT,
                _DISTANCE,
                _PEOPLE,
                _DEGURBA,
                _declare_text("source", "Dataset"),
                *_REGION,
            ),
        ),
        Layer(
            "countries",
            "Countries",
            "Home and facing countries with their mine-ban treaty status.",
            "polygon",
            (
                _declare_text("country", "ISO 3166-1 alpha-2"),
                _declare_text("name", "Name"),
                _declare_text("treaty_status", "Status", True, ("party", "withdrawn", "non_party")),
                _declare_text("treaty_notified", "Date the withdrawal was deposited (ISO 8601)", nullable=True),
                _declare_text("treaty_effective", "Date the withdrawal took effect (ISO 8601)", nullable=True),
                _declare_text("treaty_source", "Publication", nullable=True),
            ),
            ("country",),
        ),
        Layer(
            "exposure",
            "Exposure table",
            "One row a figure; raw values.",
            None,
            (
                _declare_text("zone_kind", "Kind of zone", allowed_values=ZONE_KINDS),
                _declare_text("zone_id", "Key of the zone"),
                _declare_text("zone_name", "Readable name of the zone, with its code"),
                _SEGMENT_OR_NONE,
                _COUNTRY_OR_NONE,
                *_ZONE_KEYS,
                _declare_text("measure", "What is measured"),
                _declare_text("category", "Kind within the measure", nullable=True),
                _declare_float(
                    "value", "The figure as summed, in `unit`; empty where nothing is known", "see unit", True
                ),
                _declare_float("low", "Lower end of the spread named in range_from", "see unit", nullable=True),
                _declare_float("high", "Upper end of the spread named in range_from", "see unit", nullable=True),
                _declare_float(
                    "known_share", "Share of known_basis that the data know", "0..1", nullable=True, maximum=1.0
                ),
                _declare_text("unit", "Unit of value, low and high"),
                _declare_text("dataset", "Primary dataset"),
                _declare_text("vintage", "Reference year or version of the dataset"),
                _declare_text("range_from", "What low and high are the spread of", nullable=True),
                _declare_float(
                    "pixels", "The data's own pixels that carry the figure; under 30 it is not shown", "1", True
                ),
                _declare_text("known_basis", "What known_share is a share of", nullable=True),
                _declare_text("basis", "What a share or density is divided by", nullable=True),
                _PART_OF,
                _declare_text("note", "What to know before quoting", nullable=True),
            ),
            ("zone_id", "measure", "category"),
        ),
    )
}
COVER_CATEGORIES = (*COVER_CLASSES, UNKNOWN)
# Names of pandas, which its stubs take as literals only.
_DTYPES: dict[str, Any] = {"text": "str", "float": "float64", "int": "Int64", "bool": "bool"}


def conform(name: str, frame: Any) -> Any:
    """The frame with the columns of a layer or of table `readings` in their order and types (and geometry), checked.

    Parameters
    ----------
    name
        A layer of `LAYERS`, or `readings`.
    frame
        A DataFrame, or a GeoDataFrame for a layer with geometry, with just these columns in any order.

    Raises
    ------
    SchemaError
        When a column is missing, unknown, empty where it may not be, of a wrong type, out of range, or a key repeats.
    """
    layer = READINGS if name == READINGS.name else LAYERS[name]
    geometry = [frame.geometry.name] if layer.geometry else []
    given, wanted = set(frame.columns), {*layer.column_names, *geometry}
    if given != wanted:
        raise SchemaError(f"layer {name}: missing {sorted(wanted - given)}, unknown {sorted(given - wanted)}.")
    out = frame[[*layer.column_names, *geometry]].copy()
    for column in layer.columns:
        out[column.name] = _check_column(name, column, out[column.name])
    if layer.key and out.duplicated(list(layer.key)).any():
        twice = out.loc[out.duplicated(list(layer.key)), list(layer.key)].iloc[0].tolist()
        raise SchemaError(f"layer {name}: key {twice} stands more than once.")
    return out


def _check_column(layer: str, column: Column, values: pd.Series[Any]) -> pd.Series[Any]:
    where = f"layer {layer}, column {column.name}"
    try:
        typed: pd.Series[Any] = values.astype(_DTYPES[column.dtype])
    except (TypeError, ValueError) as error:
        raise SchemaError(f"{where}: not {column.dtype}: {error}.") from error
    if not column.nullable and typed.isna().any():
        raise SchemaError(f"{where}: {int(typed.isna().sum())} values are empty.")
    known = typed.dropna()
    if column.allowed_values and not known.isin(column.allowed_values).all():
        raise SchemaError(
            f"{where}: {sorted(set(known) - set(column.allowed_values))} not among {list(column.allowed_values)}."
        )
    if column.minimum is not None and (known < column.minimum).any():
        raise SchemaError(f"{where}: a value below {column.minimum}.")
    if column.maximum is not None and (known > column.maximum + 1e-9).any():
        raise SchemaError(f"{where}: a value above {column.maximum}.")
    return typed
