"""What a file says of itself: a raster's bands, grid and values; a vector file's layers, columns and extent."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from pyproj.exceptions import ProjError
from rasterio.enums import MaskFlags
from rasterio.errors import NotGeoreferencedWarning, RasterioError
from rasterio.windows import Window

from geo_border.errors import CRSError, RasterError
from geo_border.files.raster import OpenRaster, open_raster
from geo_border.files.vector import is_parquet, list_layers, read_geoparquet, read_layer_info
from geo_border.geo.crs import WGS84, build_transformer, parse_crs

Bounds = tuple[float, float, float, float]
# Above it every so many-th cell is looked at, so that a country at 10 m is answered for in seconds.
_MOST_CELLS = 100_000_000
_BLOCK_CELLS = 1 << 22
# More values than a legend would have.
MOST_CODES = 400
_EDGE_POINTS = 21


@dataclass(frozen=True)
class Values:
    """What the cells of a band hold.

    Attributes
    ----------
    cells
        Cells looked at.
    sampled
        Whether that is but a part of them, so that sums are not known.
    known
        Cells that are neither no data, NaN nor infinite.
    infinite
        Cells that are, and are not said to be no data.
    least, most, total
        Of known cells, scale and offset applied; None where there is none.
    negative
        Known cells below zero.
    whole
        Whether all known values are whole numbers.
    codes
        Known cells by stored value, ascending; None where there are more than `MOST_CODES`, or not whole.
    """

    cells: int
    sampled: bool
    known: int
    infinite: int
    least: float | None
    most: float | None
    total: float | None
    negative: int
    whole: bool
    codes: dict[int, int] | None


@dataclass(frozen=True)
class RasterFacts:
    """What a raster says of itself.

    Attributes
    ----------
    driver, rows, columns
        GDAL's name of the format, and the size in cells.
    bands, descriptions
        Type and description of each band.
    band
        The one that `nodata`, `scale`, `offset`, `masked` and `values` are of, from 1.
    crs
        None where the file states none.
    cell_size
        Width and height of a cell in units of the CRS.
    bounds, bounds_lonlat
        In its CRS, and in EPSG:4326; the latter None where that is not known.
    nodata, scale, offset
        As stated; 1 and 0 where not.
    masked
        Whether a mask or alpha says which cells hold data.
    placed
        Whether anything says where its cells lie.
    north_up
        Whether rows go from north to south and columns from west to east.
    values
        What the cells hold.
    """

    driver: str
    rows: int
    columns: int
    bands: tuple[str, ...]
    descriptions: tuple[str, ...]
    band: int
    crs: CRS | None
    cell_size: tuple[float, float]
    bounds: Bounds
    bounds_lonlat: Bounds | None
    nodata: float | None
    scale: float
    offset: float
    masked: bool
    placed: bool
    north_up: bool
    values: Values

    @property
    def dtype(self) -> str:
        """Type of the band that is looked at."""
        return self.bands[self.band - 1]


@dataclass(frozen=True)
class LayerFacts:
    """What a layer of a vector file says of itself; `geometry` None for a table without one."""

    name: str
    geometry: str | None
    rows: int
    columns: dict[str, str]
    crs: CRS | None
    bounds: Bounds | None
    bounds_lonlat: Bounds | None


def describe_raster(path: Path, band: int = 1) -> RasterFacts:
    """What a raster says of itself, and what the cells of one band hold.

    Parameters
    ----------
    path
        As `open_raster`.
    band
        From 1.

    Raises
    ------
    RasterError
        When it cannot be opened or read, or has no such band.
    """
    with _open_anywhere(path) as source:
        if band > source.count:
            raise RasterError(f"{path}: has {source.count} bands, not a band {band}.")
        at = band - 1
        if np.dtype(source.dtypes[at]).kind not in "iuf":
            raise RasterError(f"{path}: band {band} holds {source.dtypes[at]} values, not numbers that can be counted.")
        crs = _parse_crs(source.crs.to_wkt() if source.crs else None, path)
        transform, bounds = source.transform, _unpack_bounds(source.bounds)
        flags = source.mask_flag_enums[at]
        return RasterFacts(
            driver=source.driver,
            rows=source.height,
            columns=source.width,
            bands=tuple(source.dtypes),
            descriptions=tuple(text or "" for text in source.descriptions),
            crs=crs,
            band=band,
            cell_size=(abs(transform.a), abs(transform.e)),
            bounds=bounds,
            bounds_lonlat=_convert_bounds(bounds, crs),
            nodata=source.nodatavals[at],
            scale=float(source.scales[at]),
            offset=float(source.offsets[at]),
            masked=MaskFlags.per_dataset in flags or MaskFlags.alpha in flags,
            placed=not transform.is_identity,
            north_up=not transform.b and not transform.d and transform.a > 0 > transform.e,
            values=_count_values(source, band, path),
        )


def read_raster_bounds(path: Path) -> Bounds | None:
    """Bounds of a raster in lon/lat; None where it does not tell.

    Parameters
    ----------
    path
        As `open_raster`.

    Raises
    ------
    RasterError
        When it cannot be opened.
    """
    with _open_anywhere(path) as source:
        return _convert_bounds(
            _unpack_bounds(source.bounds), _parse_crs(source.crs.to_wkt() if source.crs else None, path)
        )


def describe_layers(path: Path) -> list[LayerFacts]:
    """What each layer of a vector file says of itself.

    Parameters
    ----------
    path
        A vector file of this machine.

    Raises
    ------
    FileError
        When it cannot be opened.
    """
    if is_parquet(path):
        return [_describe_parquet(path)]
    found = []
    for layer, geometry in list_layers(path):
        info = read_layer_info(path, layer)
        crs = _parse_crs(info["crs"], path)
        bounds = None if info["total_bounds"] is None else _unpack_bounds(info["total_bounds"])
        found.append(
            LayerFacts(
                name=layer,
                geometry=geometry,
                rows=int(info["features"]),
                columns=dict(zip(map(str, info["fields"]), map(str, info["dtypes"]), strict=True)),
                crs=crs,
                bounds=bounds,
                bounds_lonlat=None if bounds is None else _convert_bounds(bounds, crs),
            )
        )
    return found


def _describe_parquet(path: Path) -> LayerFacts:
    table = read_geoparquet(path)
    crs = _parse_crs(table.crs, path)
    bounds = _unpack_bounds(table.total_bounds) if len(table) else None
    kinds = sorted(set(table.geom_type.dropna()))
    return LayerFacts(
        name=path.stem,
        geometry="/".join(kinds) or None,
        rows=len(table),
        columns={str(name): str(kind) for name, kind in table.drop(columns=table.geometry.name).dtypes.items()},
        crs=crs,
        bounds=bounds,
        bounds_lonlat=None if bounds is None else _convert_bounds(bounds, crs),
    )


@contextmanager
def _open_anywhere(path: Path) -> Iterator[OpenRaster]:
    """A raster open, also one that nothing says of where it lies: that is for whoever asked to be told."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        with open_raster(path) as source:
            yield source


def _unpack_bounds(values: Iterable[float]) -> Bounds:
    west, south, east, north = map(float, values)
    return west, south, east, north


def _parse_crs(stated: object, path: Path) -> CRS | None:
    try:
        return parse_crs(stated, str(path))
    except CRSError:
        return None


def _convert_bounds(bounds: Bounds, crs: CRS | None) -> Bounds | None:
    """Bounds in lon/lat, None where the CRS is not known or its coordinates are out of it."""
    if crs is None or not np.isfinite(bounds).all():
        return None
    try:
        move: Transformer = build_transformer(crs.to_wkt(), WGS84.to_wkt())
        west, south, east, north = bounds
        moved = move.transform_bounds(west, south, east, north, densify_pts=_EDGE_POINTS)
    except ProjError:
        return None
    return _unpack_bounds(moved) if np.isfinite(moved).all() else None


def _count_values(source: OpenRaster, band: int, path: Path) -> Values:
    """Look at the cells of a band, block by block; at every so many-th of them where there are too many."""
    every = math.ceil(math.sqrt(max(source.width * source.height / _MOST_CELLS, 1.0)))
    scale, offset = float(source.scales[band - 1]), float(source.offsets[band - 1])
    tally = _Tally()
    try:
        for rows in _list_strips(source, every):
            window = Window(0, rows[0], source.width, rows[1] - rows[0])
            shape = (max(1, window.height // every), max(1, source.width // every))
            values = source.read(band, window=window, out_shape=shape if every > 1 else None)
            mask = source.read_masks(band, window=window, out_shape=shape if every > 1 else None) > 0
            tally.add(values, mask, scale, offset)
    except RasterioError as error:
        raise RasterError(f"{path}: cannot be read ({' '.join(str(error).split())}). Is it cut short?") from error
    return tally.summarise(sampled=every > 1)


def _list_strips(source: OpenRaster, every: int) -> list[tuple[int, int]]:
    """Ranges of rows: whole blocks of the file, as many as are read at once."""
    height = source.block_shapes[0][0]
    rows = max(height, _BLOCK_CELLS // max(source.width, 1) // height * height, every)
    return [(top, min(top + rows, source.height)) for top in range(0, source.height, rows)]


class _Tally:
    """What blocks hold, added up."""

    def __init__(self) -> None:
        self._cells = self._known = self._infinite = self._negative = 0
        self._least, self._most, self._total = math.inf, -math.inf, 0.0
        self._whole = True
        self._codes: dict[int, int] | None = {}

    def add(self, values: NDArray[np.number], mask: NDArray[np.bool_], scale: float, offset: float) -> None:
        """Add a block; cells out of the mask are no data."""
        self._cells += values.size
        stored = values[mask]
        self._infinite += int(np.isinf(stored).sum())
        stored = stored[np.isfinite(stored)]
        if not stored.size:
            return
        real = stored.astype(np.float64) * scale + offset
        self._known += stored.size
        self._negative += int((real < 0).sum())
        self._least, self._most = min(self._least, float(real.min())), max(self._most, float(real.max()))
        self._total += float(real.sum())
        self._whole = self._whole and bool((real == np.floor(real)).all())
        if self._codes is None or not self._whole:
            self._codes = None
            return
        codes, counts = np.unique(stored, return_counts=True)
        for code, count in zip(codes.tolist(), counts.tolist(), strict=True):
            self._codes[int(code)] = self._codes.get(int(code), 0) + count
        if len(self._codes) > MOST_CODES:
            self._codes = None

    def summarise(self, *, sampled: bool) -> Values:
        """What all blocks hold."""
        there = self._known > 0
        return Values(
            cells=self._cells,
            sampled=sampled,
            known=self._known,
            infinite=self._infinite,
            least=self._least if there else None,
            most=self._most if there else None,
            total=self._total if there and not sampled else None,
            negative=self._negative,
            whole=self._whole,
            codes=None if self._codes is None else dict(sorted(self._codes.items())),
        )
