"""Rasters read on their own cells: counts, cover classes and settlement classes; never warped, never resampled."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import numpy as np
from affine import Affine
from numpy.typing import NDArray
from pyproj import CRS
from pyproj.exceptions import ProjError
from rasterio.errors import RasterioError
from rasterio.windows import Window

from geo_border.errors import CRSError, EmptyLayerError, RasterError
from geo_border.files.raster import OpenRaster, open_raster
from geo_border.geo.crs import WGS84, build_transformer, parse_crs
from geo_border.geo.grid import Grid
from geo_border.read.table import Bounds, split_at_antimeridian
from geo_border.schemas import UNKNOWN
from geo_border.store import Raw

LOG = logging.getLogger("geo_border")
# Beyond this many cells a grid is not held in memory: it is streamed from its files by `zonal.tabulate`.
MAX_CELLS = 400_000_000
_EDGE_POINTS = 21
# Tiles of one grid may differ from each other's lattice by rounding in their georeference, not by more.
_MAX_OFFSET_CELLS = 0.02


def read_grid(raw: Raw, window: Bounds | None = None, band: int = 1) -> Grid:
    """The cells of a raster, or of the tiles of one grid, that meet a window of lon/lat degrees.

    Values, cells and CRS are those of the file. Where tiles leave a gap the grid holds nodata.

    Raises
    ------
    CRSError
        When a file has no CRS and its catalogue entry states none.
    EmptyLayerError
        When the window lies outside; says both extents.
    RasterError
        When a file cannot be opened, is rotated, or would not fit into memory.
    """
    if not raw.paths:
        raise EmptyLayerError(f"{raw.entry.name}: no file covers the study.")
    with ExitStack() as stack:
        sources = [stack.enter_context(open_raster(path)) for path in raw.paths]
        crs = _choose_crs(raw, sources[0])
        transform = _build_lattice(sources, raw.paths)
        spans = [_locate_tile(source, transform) for source in sources]
        wanted = _choose_window(raw, spans, crs, transform, window)
        return _read_window(sources, spans, wanted, Grid(np.empty((0, 0)), transform, crs), band, raw)


def read_counts(raw: Raw, window: Bounds | None = None, band: int = 1) -> Grid:
    """Persons per cell as float64; NaN where not known.

    A cell that is nodata, NaN or below zero is not known: no count of people is negative, and -99999 or -200 stand in
    published grids both with and without a nodata tag. A file without the tag is named once in a warning.

    Raises
    ------
    CRSError, EmptyLayerError, RasterError
        As `read_grid`.
    """
    grid = read_grid(raw, window, band)
    values = grid.values.astype(np.float64)
    if grid.nodata is not None:
        values[grid.values == grid.nodata] = np.nan
    negative = values < 0
    if negative.any():
        examples = ", ".join(f"{v:g}" for v in np.unique(values[negative])[:3])
        LOG.warning(
            "%s: %d cells hold negative people (%s) without being declared nodata; they are treated as not known.",
            raw.paths[0],
            int(negative.sum()),
            examples,
        )
        values[negative] = np.nan
    return Grid(values, grid.transform, grid.crs, float("nan"))


def read_cover(raw: Raw, window: Bounds | None = None) -> Grid:
    """Land-cover classes as the file has them, every value checked against the entry's legend.

    Parameters
    ----------
    raw
        The dataset's files.
    window
        (west, south, east, north) in degrees, EPSG:4326; None for the whole file.

    Raises
    ------
    RasterError
        When the entry has no legend, or a value is not in it.
    """
    legend = raw.entry.legend
    if legend is None:
        raise RasterError(
            f"{raw.paths[0]}: a land-cover file needs a legend. Name the dataset whose legend it has, as "
            f"--sources cover=DATASET@{raw.paths[0]}."
        )
    grid = read_grid(raw, window)
    check_values(grid.values, grid.nodata, [int(key) for key in legend.classes], raw.paths[0])
    return grid


def read_classes(raw: Raw, window: Bounds | None = None) -> Grid:
    """Settlement classes (DEGURBA level 2 codes, 10 to 30), 0 where not known.

    Parameters
    ----------
    raw
        The dataset's files.
    window
        (west, south, east, north) in degrees, EPSG:4326; None for the whole file.
    """
    grid = read_grid(raw, window)
    values = grid.values.astype(np.int32)
    known = [10, 11, 12, 13, 21, 22, 23, 30]
    missing = [int(v) for v in np.unique(values) if v <= 0 or v == grid.nodata]
    check_values(values, grid.nodata, [*known, *missing], raw.paths[0])
    values[np.isin(values, missing)] = 0
    return Grid(values.astype(np.uint8), grid.transform, grid.crs, 0)


def check_values(values: NDArray[np.generic], nodata: float | None, known: Sequence[int], path: Path) -> None:
    """Refuse a class that the legend does not have: it would be counted as something else.

    Raises
    ------
    RasterError
        Naming the first such values.
    """
    found = set(np.unique(values).tolist()) - set(known) - ({nodata} if nodata is not None else set())
    if found:
        examples = ", ".join(f"{v:g}" for v in sorted(found)[:5])
        raise RasterError(
            f"{path}: values {examples} are not in the dataset's legend ({UNKNOWN} class). Wrong dataset?"
        )


def require_nodata(path: Path) -> None:
    """Refuse a raster of counts that is to be streamed and does not say which value is not known.

    Raises
    ------
    RasterError
        Saying how to declare it.
    """
    with open_raster(path) as source:
        if source.nodata is None and np.dtype(source.dtypes[0]).kind != "u":
            raise RasterError(
                f"{path}: declares no nodata value. Declare it (gdal_edit.py -a_nodata VALUE), run again."
            )


def _choose_crs(raw: Raw, source: OpenRaster) -> CRS:
    declared = raw.entry.crs if not raw.entry.is_users_own else None
    if source.crs is None:
        return parse_crs(declared, str(source.name))
    return CRS.from_user_input(source.crs)


def _build_lattice(sources: list[OpenRaster], paths: Sequence[Path]) -> Affine:
    """The lattice of all tiles, with its corner at their north-western one."""
    first: Affine = sources[0].transform
    for source, path in zip(sources, paths, strict=True):
        t = source.transform
        if t.b or t.d:
            raise RasterError(f"{path}: the raster is rotated. Write it north-up first (gdalwarp -t_srs its own CRS).")
        if t.e > 0:
            raise RasterError(f"{path}: the raster is south-up. Write it north-up first (gdalwarp does).")
        if not np.allclose((t.a, t.e), (first.a, first.e), rtol=1e-6):
            raise RasterError(
                f"{path}: its cells differ in size from those of {paths[0].name}; give tiles of one grid."
            )
    west = min(source.bounds.left for source in sources)
    north = max(source.bounds.top for source in sources)
    return Affine(first.a, 0.0, west, 0.0, first.e, north)


def _locate_tile(source: OpenRaster, transform: Affine) -> tuple[int, int, int, int]:
    """(first row, first column, end row, end column) of a tile on the common lattice."""
    column, row = ~transform * (source.bounds.left, source.bounds.top)
    if abs(column - round(column)) > _MAX_OFFSET_CELLS or abs(row - round(row)) > _MAX_OFFSET_CELLS:
        raise RasterError(f"{source.name}: its cells do not fall on the lattice of the other tiles.")
    return round(row), round(column), round(row) + source.height, round(column) + source.width


def _choose_window(
    raw: Raw, tile_windows: list[tuple[int, int, int, int]], crs: CRS, transform: Affine, window: Bounds | None
) -> tuple[int, int, int, int]:
    tops, lefts, bottoms, rights = zip(*tile_windows, strict=True)
    whole = (min(tops), min(lefts), max(bottoms), max(rights))
    if window is None:
        return whole
    boxes = [
        _project_window(part, crs, transform, raw.paths[0])
        for part in split_at_antimeridian(window)
        if part is not None
    ]
    cut = [
        (max(b[0], whole[0]), max(b[1], whole[1]), min(b[2], whole[2]), min(b[3], whole[3]))
        for b in boxes
        if min(b[2], whole[2]) > max(b[0], whole[0]) and min(b[3], whole[3]) > max(b[1], whole[1])
    ]
    if not cut:
        raise EmptyLayerError(
            f"{raw.paths[0]}: covers {_format_extent(whole, transform, crs)}, the study {_format_bounds(window)}: "
            "they do not meet."
        )
    tops, lefts, bottoms, rights = zip(*cut, strict=True)
    return min(tops), min(lefts), max(bottoms), max(rights)


def _project_window(window: Bounds, crs: CRS, transform: Affine, path: Path) -> tuple[int, int, int, int]:
    try:
        move = build_transformer(WGS84.to_wkt(), crs.to_wkt())
        west, south, east, north = move.transform_bounds(*window, densify_pts=_EDGE_POINTS)
    except ProjError as error:
        raise CRSError(f"{path}: the study's window cannot be moved into its CRS ({error}).") from error
    if not np.isfinite((west, south, east, north)).all():
        raise CRSError(f"{path}: the study lies outside the area where its CRS can be used.")
    left, top = ~transform * (west, north)
    right, bottom = ~transform * (east, south)
    return int(np.floor(top)), int(np.floor(left)), int(np.ceil(bottom)), int(np.ceil(right))


def _read_window(
    sources: list[OpenRaster],
    tile_windows: list[tuple[int, int, int, int]],
    cell_window: tuple[int, int, int, int],
    lattice: Grid,
    band: int,
    raw: Raw,
) -> Grid:
    top, left, bottom, right = cell_window
    rows, columns = bottom - top, right - left
    if rows * columns > MAX_CELLS:
        raise RasterError(f"{raw.paths[0]}: {rows} x {columns} cells are too many to hold; tabulate them instead.")
    nodata = sources[0].nodata
    fill = nodata if nodata is not None else (np.nan if np.dtype(sources[0].dtypes[0]).kind == "f" else 0)
    values = np.full((rows, columns), fill, dtype=sources[0].dtypes[band - 1])
    for source, span in zip(sources, tile_windows, strict=True):
        r0, c0, r1, c1 = max(span[0], top), max(span[1], left), min(span[2], bottom), min(span[3], right)
        if r1 <= r0 or c1 <= c0:
            continue
        part = Window(c0 - span[1], r0 - span[0], c1 - c0, r1 - r0)
        target = values[r0 - top : r1 - top, c0 - left : c1 - left]
        found = _read_values(source, part, band)
        # Rasters by country overlap in their rectangles, one's nodata over the other's cells.
        known = np.ones(found.shape, dtype=bool) if nodata is None else found != nodata
        target[known] = found[known]
    return Grid(values, lattice.transform * Affine.translation(left, top), lattice.crs, nodata)


def _read_values(source: OpenRaster, part: Window, band: int) -> NDArray[np.generic]:
    try:
        values: NDArray[np.generic] = source.read(band, window=part)
    except RasterioError as error:
        raise RasterError(
            f"{source.name}: cannot be read ({error}): a damaged file. Delete it and fetch again."
        ) from error
    scale, offset = source.scales[band - 1], source.offsets[band - 1]
    if (scale, offset) == (1.0, 0.0):
        return values
    scaled: NDArray[np.generic] = values.astype(np.float64) * scale + offset
    if source.nodata is not None:
        scaled[values == source.nodata] = source.nodata
    return scaled


def _format_extent(cell_window: tuple[int, int, int, int], transform: Affine, crs: CRS) -> str:
    west, north = transform * (cell_window[1], cell_window[0])
    east, south = transform * (cell_window[3], cell_window[2])
    try:
        move = build_transformer(crs.to_wkt(), WGS84.to_wkt())
        return _format_bounds(move.transform_bounds(west, south, east, north, densify_pts=_EDGE_POINTS))
    except ProjError:
        return f"{west:g} {south:g} {east:g} {north:g} in {crs.name}"


def _format_bounds(bounds: Sequence[float]) -> str:
    west, south, east, north = bounds
    return f"lon {west:.2f} to {east:.2f}, lat {south:.2f} to {north:.2f}"
