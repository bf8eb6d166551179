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
from geo_border.geo.overlay import Pieces, crossed, on_lattice
from geo_border.geo.polygon_arrays import declare_polygons, pack_polygons, unpack_polygons
from geo_border.zones.bands import Piece
from geo_border.zones.cells import SIZE_M

# Side of the squares that are cut one by one, each a task: 64 cells.
_TILE_M = 64 * SIZE_M
Cuts = dict[int, "Cut"]


@dataclass(frozen=True)
class Tile:
    """What lies in one square of the coarse lattice: pieces of home land, administrative units, inland water."""

    number: int
    pieces: Pieces
    admin: Pieces
    water: Pieces


@dataclass(frozen=True)
class Cut:
    """Units of one tile, and the parts of inland water in them by position among these units."""

    piece: NDArray[np.int64]
    admin: NDArray[np.int64]
    column: NDArray[np.int64]
    row: NDArray[np.int64]
    shape: Any
    wet: NDArray[np.int64]
    water: Any


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

    def encode(self, result: Cuts) -> dict[str, NDArray[Any]]:
        """Write the units of some tiles as arrays."""
        tile = sorted(result)
        cuts = [result[number] for number in tile]
        return {
            "tile": np.array(tile, dtype=np.int64),
            "units": np.array([len(cut.piece) for cut in cuts], dtype=np.int64),
            "parts": np.array([len(cut.wet) for cut in cuts], dtype=np.int64),
            **{of: _joined([getattr(cut, of) for cut in cuts]) for of in ("piece", "admin", "column", "row", "wet")},
            **pack_polygons("shape", _joined([cut.shape for cut in cuts])),
            **pack_polygons("water", _joined([cut.water for cut in cuts])),
        }

    def decode(self, arrays: Arrays, tasks: Sequence[Tile]) -> Cuts:
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
        own = [*(arrays[of] for of in ("piece", "admin", "column", "row")), shape]
        wet = [arrays["wet"], water]
        for counts, columns in ((units, own), (parts, wet)):
            if (counts < 0).any() or {len(column) for column in columns} != {sum(counts.tolist())}:
                raise ValueError("columns of other lengths")
        for values, least, end in ((own[0], 0, self.pieces), (own[1], -1, self.admins)):
            if ((values < least) | (values >= end)).any():
                raise ValueError("a unit that points nowhere")
        if ((wet[0] < 0) | (wet[0] >= np.repeat(units, parts))).any():
            raise ValueError("water in no unit")
        rows, places = (np.split(np.arange(c.sum()), np.cumsum(c)[:-1]) for c in (units, parts))
        return {
            number: Cut(*(column[at] for column in own), *(column[place] for column in wet))
            for number, at, place in zip(tile.tolist(), rows, places, strict=True)
        }


def units(
    parts: list[Piece],
    admin: gpd.GeoDataFrame,
    water: Any,
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
    tiles = _tiles(np.array([part.geometry for part in parts], dtype=object), admin.geometry.to_numpy(), water)
    admin_country = admin["country"].to_numpy()
    work = partial(_cut, country=country, admin_country=admin_country)
    where = engine or LocalEngine()
    key = _key(tiles, country, admin_country) if where.checkpoints else b""
    found = where.reduce(work, tiles, _gathered, progress, key, CutKind(len(parts), len(admin)))
    cuts = [found[tile.number] for tile in tiles]
    piece, admin_at, column, row, shape = (
        _joined([getattr(cut, name) for cut in cuts]) for name in ("piece", "admin", "column", "row", "shape")
    )
    # In the order of the pieces, whichever way the tiles lie.
    order = np.argsort(piece, kind="stable")
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    begin = np.cumsum([0, *(len(cut.piece) for cut in cuts)])
    wet = place[_joined([begin[k] + cut.wet for k, cut in enumerate(cuts)])]
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
    return frame, gpd.GeoDataFrame({"unit": wet}, geometry=_joined([cut.water for cut in cuts]), crs=crs)


def _joined(arrays: list[Any]) -> Any:
    return np.concatenate(arrays) if arrays else np.empty(0, np.int64)


def _tiles(pieces: Any, admin: Any, water: Any) -> list[Tile]:
    """What the tiles hold, for those with home land, in the order of the lattice."""
    layers = [_by_tile(layer) for layer in (pieces, admin, water)]
    nothing = Pieces(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.int64), pieces[:0], _TILE_M)
    return [
        Tile(number, *(layer.get(square, nothing) for layer in layers))
        for number, square in enumerate(sorted(layers[0]))
    ]


def _by_tile(geometry: Any) -> dict[tuple[int, int], Pieces]:
    cut = on_lattice(geometry, _TILE_M)
    order = np.lexsort((cut.source, cut.row, cut.column))
    column, row = cut.column[order], cut.row[order]
    first = np.flatnonzero(np.diff(column, prepend=np.nan).astype(bool) | np.diff(row, prepend=np.nan).astype(bool))
    return {
        (int(column[rows[0]]), int(row[rows[0]])): Pieces(
            cut.source[order[rows]], column[rows], row[rows], cut.shape[order[rows]], _TILE_M
        )
        for rows in np.split(np.arange(len(order)), first[1:])
        if len(rows)
    }


def _cut(tile: Tile, country: Any, admin_country: Any) -> Cuts:
    """One tile's units."""
    squares = _squares(tile.pieces)
    at, admin_at, shape = _by_admin(squares, country, _squares(tile.admin), admin_country)
    own = Pieces(np.arange(len(at)), squares.column[at], squares.row[at], shape, SIZE_M)
    wet, _, water = crossed(own, _squares(tile.water))
    return {tile.number: Cut(squares.source[at], admin_at, own.column, own.row, shape, wet, water)}


def _squares(coarse: Pieces) -> Pieces:
    """Cells of one tile's pieces, with their sources as before."""
    cut = on_lattice(coarse.shape, SIZE_M)
    return Pieces(coarse.source[cut.source], cut.column, cut.row, cut.shape, SIZE_M)


def _by_admin(squares: Pieces, country: Any, admin: Pieces, admin_country: Any) -> tuple[Any, Any, Any]:
    """Position of the square, of the administrative unit (-1 in a country that has none), and their common shape."""
    own = country[squares.source]
    without = np.flatnonzero(~np.isin(own, admin_country))
    at, of, shape = crossed(squares, admin)
    # Units of one country never cut land of another: the small overlaps along a border are not theirs.
    same = own[at] == admin_country[admin.source[of]]
    return (
        np.concatenate((at[same], without)),
        np.concatenate((admin.source[of][same], np.full(len(without), -1))),
        np.concatenate((shape[same], squares.shape[without])),
    )


def _gathered(results: Sequence[Cuts]) -> Cuts:
    return {number: cut for result in results for number, cut in result.items()}


def _key(tiles: list[Tile], country: Any, admin_country: Any) -> bytes:
    """What tells this work from any other: every shape, where it comes from, and the countries."""
    layers = [layer for tile in tiles for layer in (tile.pieces, tile.admin, tile.water)]
    shapes = b"".join(wkb for layer in layers for wkb in shapely.to_wkb(layer.shape))
    sources = b"".join(layer.source.tobytes() for layer in layers)
    return shapes + sources + repr((list(country), list(admin_country))).encode()
