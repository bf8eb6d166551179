"""Any vector file opened to a GeoDataFrame in EPSG:4326, cut to a window of lon/lat, with valid geometry."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import CRS
from pyproj.exceptions import ProjError

from geo_border.catalog.declared import Entry
from geo_border.errors import CRSError, EmptyLayerError, FileError, GeometryError, SchemaError
from geo_border.files.vector import is_parquet, list_layers, read_crs, read_geoparquet, read_vector
from geo_border.geo.crs import WGS84, build_transformer, parse_crs
from geo_border.geo.overlay import extract_polygons, split_edges
from geo_border.read.military import drop_military
from geo_border.store import Raw

Bounds = tuple[float, float, float, float]
LOG = logging.getLogger("geo_border")
# Points along each side of a window when it is moved into a file's CRS, because a side becomes a curve there.
_EDGE_POINTS = 21
# Edges up to this are as good as straight in any CRS; no outline on earth has more than so many.
_EDGE_DEG, _EDGE_M = 0.01, 500.0
_MOST_EDGES = 1_000_000


def read_table(
    raw: Raw, window: Bounds | None = None, *, ground: bool = False, dense: bool = False
) -> gpd.GeoDataFrame:
    """All files of a dataset as one table in EPSG:4326, the rows that meet the window (lon/lat degrees).

    A window whose west is east of its east crosses the antimeridian. A file's only layer with geometry is taken
    whatever its name; of several, the one that the entry names. Military rows are dropped, but where the rows are the
    `ground` itself (land, water, countries, administrative units): a hole in it would draw their outline. Where it is
    `dense`, edges stay where they are in the file's CRS: they get vertices enough to be straight in any other as well.

    Raises
    ------
    CRSError
        When a file has no CRS.
    GeometryError
        When a coordinate in the window is no number.
    SchemaError
        When a file cannot be opened as vector data, or has several layers and not the one that is wanted.
    """
    parts = split_at_antimeridian(window)
    frames = [_open_layer(path, part, raw.entry, dense) for path in raw.paths for part in parts]
    filled = [frame for frame in frames if len(frame)] or frames[:1]
    table = gpd.GeoDataFrame(pd.concat(filled, ignore_index=True), geometry="geometry", crs=WGS84)
    table = table[~table.geometry.isna() & ~table.geometry.is_empty]
    return (table if ground else drop_military(table, raw.entry.name)).reset_index(drop=True)


def split_at_antimeridian(window: Bounds | None) -> list[Bounds | None]:
    """A window as one that does not cross the antimeridian, or two.

    >>> split_at_antimeridian((170.0, 60.0, -170.0, 70.0))
    [(170.0, 60.0, 180.0, 70.0), (-180.0, 60.0, -170.0, 70.0)]
    """
    if window is None or window[0] <= window[2]:
        return [window]
    west, south, east, north = window
    return [(west, south, 180.0, north), (-180.0, south, east, north)]


def choose_crs(entry: Entry, stated: object, path: Path) -> CRS:
    """The CRS of a file of a dataset.

    Parameters
    ----------
    entry
        The dataset: what it says of its own file rules, and serves where any other file says nothing.
    stated
        What the file says, in any way of naming a CRS; None or empty where it says nothing.
    path
        The file, for messages.

    Raises
    ------
    CRSError
        When neither says one, or it is none.
    """
    if entry.ruling_crs is None:
        return parse_crs(stated or entry.expected_crs, str(path))
    ruling = parse_crs(entry.ruling_crs, f"{entry.name}: crs")
    if stated and not parse_crs(stated, str(path)).equals(ruling, ignore_axis_order=True):
        LOG.warning("%s: read in %s, as its entry says, not in the CRS that the file states.", path.name, entry.crs)
    return ruling


def map_kinds(entry: Entry, kinds: Iterable[object]) -> NDArray[np.object_]:
    """Kinds as the entry translates them; what it does not name stays as it is.

    Parameters
    ----------
    entry
        The dataset.
    kinds
        An array or column of the file's own kinds.
    """
    return np.array([entry.kinds.get(_format_kind(kind), kind) for kind in kinds], dtype=object)


def _format_kind(kind: object) -> str:
    """A kind as TOML has it for a key: 3 for the 3.0 that a column with gaps makes of it."""
    return f"{kind:g}" if isinstance(kind, float) else str(kind)


def select_columns(table: gpd.GeoDataFrame, columns: Mapping[str, str], path: Path) -> gpd.GeoDataFrame:
    """The named columns and the geometry, under our names; `columns` maps ours to the file's.

    Raises
    ------
    SchemaError
        When the file lacks one; the message lists those that it has.
    """
    missing = sorted(set(columns.values()) - set(table.columns))
    if missing:
        there = ", ".join(str(c) for c in table.columns if c != "geometry")
        raise SchemaError(
            f"{path}: no column {', '.join(missing)}. It has: {there}. Rename it in the file, or say which it is in "
            "`columns` of an entry of its own."
        )
    data = {ours: table[theirs].to_numpy() for ours, theirs in columns.items()}
    return gpd.GeoDataFrame(data, geometry=table.geometry.to_numpy(), crs=WGS84, index=table.index)


def drop_not_in_force(table: gpd.GeoDataFrame, entry: Entry) -> gpd.GeoDataFrame:
    """The rows that are in force.

    Parameters
    ----------
    table
        Rows with the file's own columns.
    entry
        Says in `options.not_in_force` which values of which fields tell that a row is not.
    """
    for field, values in entry.options.get("not_in_force", {}).items():
        if field in table.columns:
            table = table[~table[field].isin(values)]
    return table


def map_columns(raw: Raw, names: Sequence[str]) -> dict[str, str]:
    """Map our column names to the file's, as the catalogue entry says; the same where it says nothing."""
    return {name: raw.entry.columns.get(name, name) for name in names}


def clip_to_window(table: gpd.GeoDataFrame, window: Bounds | None) -> gpd.GeoDataFrame:
    """Geometries cut to the window, which is far cheaper than repairing a continent; empty ones dropped."""
    if window is None or table.empty:
        return table
    pieces = [
        shapely.clip_by_rect(table.geometry.to_numpy(), *part)
        for part in split_at_antimeridian(window)
        if part is not None
    ]
    cut = pieces[0] if len(pieces) == 1 else shapely.union(*pieces)
    out = table.set_geometry(gpd.GeoSeries(cut, index=table.index, crs=WGS84))
    return out[~out.geometry.is_empty].reset_index(drop=True)


def repair_polygons(table: gpd.GeoDataFrame, path: Path) -> gpd.GeoDataFrame:
    """Polygons made valid, with one warning that says how many; pieces that are not polygons are dropped."""
    geometry = table.geometry.to_numpy()
    wrong = ~shapely.is_valid(geometry)
    if wrong.any():
        LOG.warning("%s: %d of %d geometries were invalid and have been repaired.", path, wrong.sum(), len(table))
        geometry = geometry.copy()
        geometry[wrong] = extract_polygons(shapely.make_valid(geometry[wrong]))
    out = table.set_geometry(gpd.GeoSeries(geometry, index=table.index, crs=WGS84))
    return out[~out.geometry.is_empty].reset_index(drop=True)


def select_polygons(table: gpd.GeoDataFrame, path: Path) -> gpd.GeoDataFrame:
    """The polygons of a table, with one warning that says how many points and lines, which have no area, it leaves out.

    Raises
    ------
    SchemaError
        When it has rows, and none is a polygon.
    """
    faces = extract_polygons(table.geometry.to_numpy())
    bare = shapely.is_empty(faces)
    if bare.any() and bare.all():
        raise SchemaError(
            f"{path}: has no polygons where the study is, only {len(table):,} points or lines, which have no area. "
            "Give the polygon layer."
        )
    if bare.any():
        LOG.warning(
            "%s: %d of %d features are points or lines, which have no area; left out.", path, bare.sum(), len(table)
        )
    out = table.set_geometry(gpd.GeoSeries(faces, index=table.index, crs=WGS84))
    return out[~bare].reset_index(drop=True)


def require_finite(table: gpd.GeoDataFrame, path: Path) -> gpd.GeoDataFrame:
    """The table, or an error where a coordinate is no number: no repair can tell where such a feature lies.

    Raises
    ------
    GeometryError
        Saying how many such features there are, and near where.
    """
    xy, of = shapely.get_coordinates(table.geometry.to_numpy(), return_index=True)
    wrong = ~np.isfinite(xy).all(axis=1)
    if wrong.any():
        first = xy[(of == of[wrong][0]) & ~wrong]
        near = f" (the first near {first[0][0]:g} {first[0][1]:g})" if len(first) else ""
        count = len(np.unique(of[wrong]))
        raise GeometryError(
            f"{path}: {count:,} of {len(table):,} features have coordinates that are no numbers{near}. Mend or delete "
            "them in the file, run again."
        )
    return table


def require_rows(table: gpd.GeoDataFrame, raw: Raw, layer_name: str) -> gpd.GeoDataFrame:
    """The table, or an error that says where nothing was found.

    Raises
    ------
    EmptyLayerError
        When it has no row.
    """
    if table.empty:
        names = ", ".join(path.name for path in raw.paths[:3])
        raise EmptyLayerError(
            f"{names}: no {layer_name} where the study is. Choose another dataset for it with --sources."
        )
    return table


def _open_layer(path: Path, window: Bounds | None, entry: Entry, dense: bool) -> gpd.GeoDataFrame:
    # Shapely's warning of a coordinate that is no number would stand beside our error.
    with np.errstate(invalid="ignore"):
        table = _read_parquet(path, entry) if is_parquet(path) else _read_ogr(path, window, entry)
    if table.geometry.name != "geometry":
        table = table.rename_geometry("geometry")
    if dense:
        table = _densify(require_finite(table, path), path)
    if table.crs != WGS84:
        table = table.to_crs(WGS84)
    if window is None or table.empty:
        return table
    near = table[shapely.intersects(shapely.box(*window), shapely.box(*table.geometry.bounds.to_numpy().T))]
    return require_finite(near, path)


def _densify(table: gpd.GeoDataFrame, path: Path) -> gpd.GeoDataFrame:
    """Geometries whose edges are short enough to be straight in any CRS, cut in the file's own."""
    crs = CRS.from_user_input(table.crs)
    step = _EDGE_DEG if crs.is_geographic else _EDGE_M / float(crs.axis_info[0].unit_conversion_factor or 1.0)
    if len(table) and np.nanmax(shapely.length(table.geometry.to_numpy()), initial=0.0) > _MOST_EDGES * step:
        raise GeometryError(
            f"{path}: has a geometry larger than the earth in its CRS ({crs.name}). State the right CRS."
        )
    return table.set_geometry(gpd.GeoSeries(split_edges(table.geometry.to_numpy(), step), table.index, crs=crs))


def _read_parquet(path: Path, entry: Entry) -> gpd.GeoDataFrame:
    try:
        table = read_geoparquet(path)
    except FileError as error:
        raise SchemaError(str(error)) from error
    return table.set_crs(choose_crs(entry, table.crs, path), allow_override=True)


def _read_ogr(path: Path, window: Bounds | None, entry: Entry) -> gpd.GeoDataFrame:
    try:
        layer = _choose_layer(path, list_layers(path), entry.layer)
        crs = choose_crs(entry, read_crs(path, layer), path)
        bbox = None if window is None else _project_window(window, crs.to_wkt(), path)
        table = read_vector(path, layer=layer, bbox=bbox, use_arrow=True)
    except FileError as error:
        raise SchemaError(str(error)) from error
    return table.set_crs(crs, allow_override=True)


def _choose_layer(path: Path, layers: Iterable[tuple[str, str | None]], layer_name: str | None) -> str:
    names = [str(name) for name, kind in layers if kind is not None]
    if layer_name in names:
        return layer_name
    if len(names) != 1:
        found = ", ".join(names) or "none"
        called = f" (of several, one called {layer_name!r})" if layer_name else ""
        raise SchemaError(
            f"{path}: expected one layer with geometry{called}, found {found}. Give a file with just that one."
        )
    return names[0]


def _project_window(window: Bounds, wkt: str, path: Path) -> Bounds:
    try:
        moved = build_transformer(WGS84.to_wkt(), wkt).transform_bounds(*window, densify_pts=_EDGE_POINTS)
    except ProjError as error:
        raise CRSError(f"{path}: the study's window cannot be moved into its CRS ({error}).") from error
    if not np.isfinite(moved).all():
        raise CRSError(f"{path}: the study lies outside the area where its CRS can be used.")
    return (float(moved[0]), float(moved[1]), float(moved[2]), float(moved[3]))
