"""The smallest areas of a study: 1 km squares cut by bands, segments, countries and administrative units."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from geo_border.engine import Arrays, Engine, LocalEngine
from geo_border.geo.crs import area_km2
from geo_border.geo.overlay import LatticeParts, cut_by_lattice, intersect_parts
from geo_border.geo.polygon_arrays import declare_polygons, pack_polygons, unpack_polygons
from geo_border.geo.types import CellArray, GeometryArray, IntArray
from geo_border.zones.bands import BandPart
from geo_border.zones.cells import CELL_M

# Side of the squares that are cut one by one, each a task: 64 cells.
_TILE_M = 64 * CELL_M
UnitsByTile = dict[int, "TileUnits"]


@dataclass(frozen=True)
class LandTile:
    """What lies in one square of the coarse lattice: pieces of home land, administrative units, inland water."""

    number: int
    band_parts: LatticeParts
    admin: LatticeParts
    water: LatticeParts


@dataclass(frozen=True)
class TileUnits:
    """Units of one tile, and the parts of inland water in them by position among these units."""

    piece: NDArray[np.int64]
    admin: NDArray[np.int64]
    column: NDArray[np.int64]
    row: NDArray[np.int64]
    shape: GeometryArray
    wet: NDArray[np.int64]
    water: GeometryArray


@dataclass(frozen=True)
class CutKind:
    """How the units of some tiles lie in a checkpoint.

    Attributes
    ----------
    pieces, admins
        Number of pieces of home land and of administrative units that a unit may point to.
    """

    pieces: int
    admins: int
    name = "units"

    @property
    def arrays(self) -> Mapping[str, tuple[str, int]]:
        """Tiles with their numbers of units and of parts of water, then these, tile after tile."""
        whole = ("tile", "units", "parts", "piece", "admin", "column", "row", "wet")
        return {**dict.fromkeys(whole, ("<i8", 1)), **declare_polygons("shape"), **declare_polygons("water")}

    def encode(self, result: UnitsByTile) -> dict[str, CellArray]:
        """Write the units of some tiles as arrays."""
        tile = sorted(result)
        cuts = [result[number] for number in tile]
        return {
            "tile": np.array(tile, dtype=np.int64),
            "units": np.array([len(cut.piece) for cut in cuts], dtype=np.int64),
            "parts": np.array([len(cut.wet) for cut in cuts], dtype=np.int64),
            **{
                of: _concatenate([getattr(cut, of) for cut in cuts])
                for of in ("piece", "admin", "column", "row", "wet")
            },
            **pack_polygons("shape", _concatenate([cut.shape for cut in cuts])),
            **pack_polygons("water", _concatenate([cut.water for cut in cuts])),
        }

    def decode(self, arrays: Arrays, tasks: Sequence[LandTile]) -> UnitsByTile:
        """Read the units of exactly these tiles.

        Raises
        ------
        ValueError
            When the arrays are of other tiles, their lengths do not agree, or a unit points nowhere.
        """
        tile, units, parts = arrays["tile"], arrays["units"], arrays["parts"]
        if tile.tolist() != sorted(task.number for task in tasks) or not len(tile) == len(units) == len(parts):
            raise ValueError("of other tiles")
        shape, water = unpack_polygons("shape", arrays), unpack_polygons("water", arrays)
        unit_columns = [*(arrays[of] for of in ("piece", "admin", "column", "row")), shape]
        water_columns = [arrays["wet"], water]
        for counts, columns in ((units, unit_columns), (parts, water_columns)):
            if (counts < 0).any() or {len(column) for column in columns} != {sum(counts.tolist())}:
                raise ValueError("columns of other lengths")
        for values, least, end in ((unit_columns[0], 0, self.pieces), (unit_columns[1], -1, self.admins)):
            if ((values < least) | (values >= end)).any():
                raise ValueError("a unit that points nowhere")
        if ((water_columns[0] < 0) | (water_columns[0] >= np.repeat(units, parts))).any():
            raise ValueError("water in no unit")
        rows, places = (np.split(np.arange(c.sum()), np.cumsum(c)[:-1]) for c in (units, parts))
        return {
            number: TileUnits(*(column[at] for column in unit_columns), *(column[place] for column in water_columns))
            for number, at, place in zip(tile.tolist(), rows, places, strict=True)
        }


def cut_units(
    parts: list[BandPart],
    admin: gpd.GeoDataFrame,
    water: GeometryArray,
    crs: CRS,
    engine: Engine | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Disjoint units that make up home land; every zone and every cell is a sum of them.

    Figures are read once for units and added up, so that strips nest, bands add up to admin units and a cell's people
    are its zone's.

    Parameters
    ----------
    water
        Inland water polygons in the plane (array).
    engine
        Where tiles of the land are cut; on threads here when not given.

    Returns
    -------
    GeoDataFrame
        `unit` (0..n-1), `piece` (position in `parts`), `admin` (position in `admin`, -1 without), `column`, `row` of
        the square in km, `country`, `area_km2`, geometry in the plane.
    GeoDataFrame
        The parts of inland water that lie in units: `unit`, geometry.
    """
    country = np.array([part.country for part in parts])
    tiles = _build_tiles(np.array([part.geometry for part in parts], dtype=object), admin.geometry.to_numpy(), water)
    admin_country = admin["country"].to_numpy()
    work = partial(_cut_tile, country=country, admin_country=admin_country)
    where = engine or LocalEngine()
    key = _compute_key(tiles, country, admin_country) if where.checkpoints else b""
    units_by_tile = where.reduce(work, tiles, _merge_results, progress, key, CutKind(len(parts), len(admin)))
    cuts = [units_by_tile[tile.number] for tile in tiles]
    piece, admin_at, column, row, shape = (
        _concatenate([getattr(cut, name) for cut in cuts]) for name in ("piece", "admin", "column", "row", "shape")
    )
    # In the order of the pieces, whichever way the tiles lie.
    order = np.argsort(piece, kind="stable")
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    begin = np.cumsum([0, *(len(cut.piece) for cut in cuts)])
    wet = place[_concatenate([begin[k] + cut.wet for k, cut in enumerate(cuts)])]
    data = {
        "unit": np.arange(len(order)),
        "piece": piece[order],
        "admin": admin_at[order],
        "column": column[order],
        "row": row[order],
        "country": country[piece[order]],
        "area_km2": area_km2(shape[order], crs),
    }
    frame = gpd.GeoDataFrame(data, geometry=shape[order], crs=crs)
    return frame, gpd.GeoDataFrame({"unit": wet}, geometry=_concatenate([cut.water for cut in cuts]), crs=crs)


def _concatenate(arrays: list[IntArray] | list[GeometryArray]) -> Any:
    return np.concatenate(arrays) if arrays else np.empty(0, np.int64)


def _build_tiles(band_parts: GeometryArray, admin: GeometryArray, water: GeometryArray) -> list[LandTile]:
    """What the tiles hold, for those with home land, in the order of the lattice."""
    layers = [_group_by_tile(layer) for layer in (band_parts, admin, water)]
    nothing = LatticeParts(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.int64), band_parts[:0], _TILE_M)
    return [
        LandTile(number, *(layer.get(square, nothing) for layer in layers))
        for number, square in enumerate(sorted(layers[0]))
    ]


def _group_by_tile(geometry: GeometryArray) -> dict[tuple[int, int], LatticeParts]:
    cut = cut_by_lattice(geometry, _TILE_M)
    order = np.lexsort((cut.source, cut.row, cut.column))
    column, row = cut.column[order], cut.row[order]
    first = np.flatnonzero(np.diff(column, prepend=np.nan).astype(bool) | np.diff(row, prepend=np.nan).astype(bool))
    return {
        (int(column[rows[0]]), int(row[rows[0]])): LatticeParts(
            cut.source[order[rows]], column[rows], row[rows], cut.shape[order[rows]], _TILE_M
        )
        for rows in np.split(np.arange(len(order)), first[1:])
        if len(rows)
    }


def _cut_tile(tile: LandTile, country: NDArray[np.str_], admin_country: NDArray[np.object_]) -> UnitsByTile:
    """One tile's units."""
    squares = _cut_squares(tile.band_parts)
    at, admin_at, shape = _cut_by_admin(squares, country, _cut_squares(tile.admin), admin_country)
    own = LatticeParts(np.arange(len(at)), squares.column[at], squares.row[at], shape, CELL_M)
    wet, _, water = intersect_parts(own, _cut_squares(tile.water))
    return {tile.number: TileUnits(squares.source[at], admin_at, own.column, own.row, shape, wet, water)}


def _cut_squares(coarse: LatticeParts) -> LatticeParts:
    """Cells of one tile's pieces, with their sources as before."""
    cut = cut_by_lattice(coarse.shape, CELL_M)
    return LatticeParts(coarse.source[cut.source], cut.column, cut.row, cut.shape, CELL_M)


def _cut_by_admin(
    squares: LatticeParts, country: NDArray[np.str_], admin: LatticeParts, admin_country: NDArray[np.object_]
) -> tuple[IntArray, IntArray, GeometryArray]:
    """Position of the square, of the administrative unit (-1 in a country that has none), and their common shape."""
    own = country[squares.source]
    without = np.flatnonzero(~np.isin(own, admin_country))
    at, of, shape = intersect_parts(squares, admin)
    # Units of one country never cut land of another: the small overlaps along a border are not theirs.
    same = own[at] == admin_country[admin.source[of]]
    return (
        np.concatenate((at[same], without)),
        np.concatenate((admin.source[of][same], np.full(len(without), -1))),
        np.concatenate((shape[same], squares.shape[without])),
    )


def _merge_results(results: Sequence[UnitsByTile]) -> UnitsByTile:
    return {number: cut for result in results for number, cut in result.items()}


def _compute_key(tiles: list[LandTile], country: NDArray[np.str_], admin_country: NDArray[np.object_]) -> bytes:
    """What distinguishes this work from any other: every shape, where it comes from, and the countries."""
    layers = [layer for tile in tiles for layer in (tile.band_parts, tile.admin, tile.water)]
    shapes = b"".join(wkb for layer in layers for wkb in shapely.to_wkb(layer.shape))
    sources = b"".join(layer.source.tobytes() for layer in layers)
    return shapes + sources + repr((list(country), list(admin_country))).encode()
