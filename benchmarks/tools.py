"""The tools that race: each takes raster paths and zones and gives an area or a sum per zone (and class)."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import rasterio
from rasterio.windows import Window

from geo_border.zonal import compute_coverage_table, tabulate
from geo_border.zonal.raster import limit_cache

# Our own table, or a peer's figures by zone (and class).
Found = pd.DataFrame | pd.Series
Tool = Callable[[list[Path], gpd.GeoDataFrame], Found]
THREADS = 2


def ours_center(paths: list[Path], zones: gpd.GeoDataFrame) -> pd.DataFrame:
    """Areas by class, cells by their centres."""
    return tabulate(paths, zones, coverage="center", threads=THREADS)


def ours_apart(paths: list[Path], zones: gpd.GeoDataFrame) -> pd.DataFrame:
    """Areas by class, tile after tile, zones prepared for each anew: what many tiles must cost at most."""
    return pd.concat([ours_center([path], zones) for path in paths])


def ours_exact(paths: list[Path], zones: gpd.GeoDataFrame) -> pd.DataFrame:
    """Areas by class, exact shares."""
    return tabulate(paths, zones, coverage="exact", threads=THREADS)


def ours_sum(paths: list[Path], zones: gpd.GeoDataFrame) -> pd.DataFrame:
    """Sums, exact shares."""
    return tabulate(paths, zones, mode="sum", threads=THREADS)


def by_zone(found: Found) -> pd.Series:
    """What a tool found as one figure a zone (and class), to compare it with the others; no tool's time."""
    if isinstance(found, pd.Series):
        return found
    if "sum" in found:
        return found.set_index("zone_id")["sum"]
    return found.dropna(subset=["class"]).set_index(["zone_id", "class"])["area_km2"]


def touched_blocks(path: Path, zones: gpd.GeoDataFrame) -> list[Window]:
    """Blocks of a file that any zone touches: found with a grid of one cell a block."""
    with rasterio.open(path) as file:
        rows, columns = file.block_shapes[0]
        coarse = file.transform * file.transform.scale(columns, rows)
        shape = (-(-file.height // rows), -(-file.width // columns))
        from geo_border.geo.crs import parse_crs
        from geo_border.geo.grid import Grid

        table = compute_coverage_table(
            Grid(np.ones(shape, np.uint8), coarse, parse_crs(file.crs.to_wkt(), str(path))), zones
        )
        found = sorted(set(zip(table.row.tolist(), table.column.tolist(), strict=True)))
        return [
            Window(c * columns, r * rows, min(columns, file.width - c * columns), min(rows, file.height - r * rows))
            for r, c in found
        ]


class Decode:
    """The limit: only decode the blocks that zones touch, whole blocks into one buffer a thread."""

    def __init__(self, *, tuned: bool) -> None:
        self._tuned = tuned
        self._blocks: dict[Path, list[Window]] = {}

    def __call__(self, paths: list[Path], zones: gpd.GeoDataFrame) -> pd.Series:
        """Decode; the blocks are found beforehand, in the first call."""
        for path in paths:
            if path not in self._blocks:
                self._blocks[path] = touched_blocks(path, zones)
        with limit_cache() if self._tuned else nullcontext():
            for path in paths:
                shares = [self._blocks[path][k::THREADS] for k in range(THREADS)]
                with ThreadPoolExecutor(THREADS) as pool:
                    list(pool.map(self._decode, [path] * THREADS, shares))
        return pd.Series(dtype=float)

    def _decode(self, path: Path, windows: list[Window]) -> None:
        with rasterio.open(path) as file:
            buffer = np.empty(file.block_shapes[0], file.dtypes[0])
            for window in windows:
                file.read(1, window=window, out=buffer[: window.height, : window.width])


def exactextract_classes(paths: list[Path], zones: gpd.GeoDataFrame) -> pd.Series:
    """Areas by class with exactextract: exact shares, spherical cell areas."""
    import exactextract

    zones = zones.to_crs(4326)
    parts = []
    for path in paths:
        found = exactextract.exact_extract(
            str(path),
            zones,
            ["unique", "frac", "count"],
            include_cols=["zone_id"],
            output="pandas",
            max_cells_in_memory=10_000_000,
        )
        for row in found.itertuples():
            for label, share in zip(row.unique, row.frac, strict=True):
                parts.append((row.zone_id, int(label), float(share) * row.count))
    return _cells(parts)


def exactextract_sum(paths: list[Path], zones: gpd.GeoDataFrame) -> pd.Series:
    """Sums with exactextract."""
    import exactextract

    zones = zones.to_crs(4326)
    found = exactextract.exact_extract(str(paths[0]), zones, ["sum"], include_cols=["zone_id"], output="pandas")
    return found.set_index("zone_id")["sum"]


def rasterstats_classes(paths: list[Path], zones: gpd.GeoDataFrame) -> pd.Series:
    """Cells by class with rasterstats: the centre rule."""
    from rasterstats import zonal_stats

    zones = zones.to_crs(4326)
    parts = []
    for path in paths:
        for name, counts in zip(
            zones["zone_id"], zonal_stats(zones, str(path), categorical=True, nodata=0), strict=True
        ):
            parts += [(name, int(label), float(n)) for label, n in counts.items() if label in range(256)]
    return _cells(parts)


def mask_bincount(paths: list[Path], zones: gpd.GeoDataFrame) -> pd.Series:
    """Cells by class with rasterio.mask and numpy: the centre rule."""
    from rasterio.mask import mask

    zones = zones.to_crs(4326)
    parts = []
    for path in paths:
        with rasterio.open(path) as file:
            for name, shape in zip(zones["zone_id"], zones.geometry, strict=True):
                try:
                    cut, _ = mask(file, [shape], crop=True)
                except ValueError:
                    # rasterio.mask refuses a shape that lies beside the raster.
                    continue
                counts = np.bincount(cut.ravel(), minlength=256)
                counts[0] = 0
                parts += [(name, int(label), float(counts[label])) for label in np.flatnonzero(counts)]
    return _cells(parts)


def _cells(parts: list[tuple[object, int, float]]) -> pd.Series:
    """Cells by zone and class."""
    frame = pd.DataFrame(parts, columns=["zone_id", "class", "cells"])
    return frame.groupby(["zone_id", "class"], sort=False)["cells"].sum()


TOOLS: dict[str, Tool] = {
    "decode limit": Decode(tuned=True),
    "decode, GDAL as it comes": Decode(tuned=False),
    "ours, center": ours_center,
    "ours, tile by tile": ours_apart,
    "ours, exact": ours_exact,
    "ours, sum": ours_sum,
    "exactextract": exactextract_classes,
    "exactextract, sum": exactextract_sum,
    "rasterstats": rasterstats_classes,
    "rasterio.mask + numpy": mask_bincount,
}
