"""Synthetic rasters and real zones to race on: deterministic, built once into a cache folder."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import rasterio
import shapely
from numpy.typing import NDArray
from rasterio.transform import from_origin
from rasterio.windows import Window

# The tile of ESA WorldCover's grid (3 x 3 degrees, 10 m) that holds Lake Peipus and the border on both sides of it.
TILE = 36_000
WEST, NORTH, PIXEL_DEG = 27.0, 60.0, 3.0 / TILE
CLASSES = np.array([10, 20, 30, 40, 50, 60, 80, 90, 95, 100], dtype=np.uint8)
BLOCK = 1024
BANDS_M = ((0, 1_000), (1_000, 5_000), (5_000, 10_000), (10_000, 50_000))
SEGMENTS = 8
STUDY_CRS = 3035
# West, south, east, north of the people grid, in degrees.
PEOPLE_BOX = (26.0, 60.0, 32.0, 69.5)
ROOT = Path(__file__).resolve().parent.parent


def cache_dir() -> Path:
    """Folder for built scenes: GEO_BORDER_BENCH, or .cache/bench in the checkout."""
    folder = Path(os.environ.get("GEO_BORDER_BENCH", ROOT / ".cache" / "bench"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def smooth_tile(size: int = TILE) -> Path:
    """Build a synthetic cover tile of large patches with smooth edges: runs of about 200 pixels."""
    path = cache_dir() / f"synthetic-smooth-{size}.tif"
    if not path.exists():
        _write_cover(path, size, _Patches(size, ((1000, 1.0), (250, 0.4))))
    return path


def ragged_tile(size: int = TILE) -> Path:
    """Build a synthetic cover tile of patches with ragged edges and islands from 300 m on: runs of about 47 pixels."""
    path = cache_dir() / f"synthetic-ragged-{size}.tif"
    if not path.exists():
        _write_cover(path, size, _Patches(size, ((1000, 1.0), (250, 0.6), (30, 0.25))))
    return path


def random_tile(size: int = TILE) -> Path:
    """Build a synthetic tile of which every pixel is drawn alone: the worst case for skipping runs."""
    path = cache_dir() / f"synthetic-random-{size}.tif"
    if not path.exists():
        rng = np.random.default_rng(7)
        _write_cover(path, size, lambda _, rows: CLASSES[rng.integers(0, len(CLASSES), (rows, size), np.uint8)])
    return path


class _Patches:
    """Value noise at several scales (pixels, weight), cut into classes."""

    def __init__(self, size: int, scales: tuple[tuple[int, float], ...]) -> None:
        rng = np.random.default_rng(0)
        self._size = size
        self._octaves = [
            (step, weight, rng.random((size // step + 3, size // step + 3), np.float32)) for step, weight in scales
        ]
        self._total = np.float32(sum(weight for _, weight in scales))

    def __call__(self, row: int, rows: int) -> NDArray[np.uint8]:
        field = sum(weight * self._octave(noise, step, row, rows) for step, weight, noise in self._octaves)
        level = np.asarray(field, dtype=np.float32) / self._total
        index = np.clip((level - 0.2) / 0.6 * len(CLASSES), 0, len(CLASSES) - 1).astype(np.uint8)
        return CLASSES[index]

    def _octave(self, noise: NDArray[np.float32], step: int, row: int, rows: int) -> NDArray[np.float32]:
        y = np.arange(row, row + rows, dtype=np.float32) / step
        x = np.arange(self._size, dtype=np.float32) / step
        j, i = y.astype(int), x.astype(int)
        u, v = (y - j).astype(np.float32)[:, None], (x - i).astype(np.float32)[None, :]
        upper = noise[j] * (1 - u) + noise[j + 1] * u
        return upper[:, i] * (1 - v) + upper[:, i + 1] * v


def _write_cover(path: Path, size: int, rows_of: Callable[[int, int], NDArray[np.uint8]]) -> None:
    """Write a uint8 DEFLATE tile block row by block row."""
    partial = path.with_suffix(".partial.tif")
    transform = from_origin(WEST, NORTH, 3.0 / size, 3.0 / size)
    profile = {
        "driver": "GTiff",
        "width": size,
        "height": size,
        "count": 1,
        "dtype": "uint8",
        "crs": "EPSG:4326",
        "nodata": 0,
        "transform": transform,
        "compress": "DEFLATE",
        "tiled": True,
        "blockxsize": BLOCK,
        "blockysize": BLOCK,
        "NUM_THREADS": 2,
    }
    with rasterio.open(partial, "w", **profile) as tile:
        for row in range(0, size, BLOCK):
            rows = min(BLOCK, size - row)
            tile.write(rows_of(row, rows), 1, window=Window(0, row, size, rows))
    partial.rename(path)


def people_grid() -> Path:
    """Build a synthetic 3 arcsec float grid like GHS-POP along the Finnish border: mostly empty, some dense."""
    path = cache_dir() / "synthetic-people.tif"
    if not path.exists():
        rng = np.random.default_rng(11)
        west, south, east, north = PEOPLE_BOX
        shape = (round((north - south) * 1200), round((east - west) * 1200))
        people = rng.gamma(0.3, 4.0, shape).astype(np.float32)
        people[rng.random(shape, np.float32) < 0.9] = 0.0
        people[:500, :500] = -200.0
        with rasterio.open(
            path,
            "w",
            driver="GTiff",
            width=shape[1],
            height=shape[0],
            count=1,
            dtype="float32",
            crs="EPSG:4326",
            nodata=-200.0,
            transform=from_origin(west, north, 1 / 1200, 1 / 1200),
            compress="DEFLATE",
            tiled=True,
            blockxsize=512,
            blockysize=512,
        ) as grid:
            grid.write(people, 1)
    return path


def border_zones() -> gpd.GeoDataFrame:
    """Read, or build, real border bands: of Estonia and Latvia with Russia within the tile, by distance.

    Columns zone_id and geometry, in EPSG:3035; 8 segments x 4 disjoint bands.
    """
    return _zones("border-zones", ("EE", "LV", "LT"), (WEST, NORTH - 3.0, WEST + 3.0, NORTH))


def people_zones() -> gpd.GeoDataFrame:
    """Read, or build, the same kind of bands along the whole border of Finland with Russia."""
    return _zones("people-zones", ("FI",), PEOPLE_BOX)


def _zones(name: str, home: tuple[str, ...], box: tuple[float, float, float, float]) -> gpd.GeoDataFrame:
    """Read zones from the cache, or build them."""
    path = cache_dir() / f"{name}.parquet"
    if not path.exists():
        _build_zones(home, box).to_parquet(path)
    return gpd.read_parquet(path)


def _build_zones(codes: tuple[str, ...], box: tuple[float, float, float, float]) -> gpd.GeoDataFrame:
    """Bands by distance from the real border, on the home side, cut into segments by latitude."""
    lands = gpd.read_parquet(ROOT / "data/raw/embedded/osm-boundaries-2026c/boundaries.parquet").to_crs(STUDY_CRS)
    is_home = lands["territory"].isin(codes)
    window = gpd.GeoSeries([shapely.box(*box)], crs=4326).to_crs(STUDY_CRS)
    home = shapely.union_all(lands.geometry[is_home].intersection(window.iloc[0].buffer(60_000)).values)
    facing = shapely.union_all(lands.geometry[lands["territory"].isin(("RU", "BY"))].values)
    line = shapely.intersection(home.boundary, shapely.intersection(facing, window.iloc[0]).buffer(2.0))
    south, north = line.bounds[1], line.bounds[3]
    edges = np.linspace(south, north, SEGMENTS + 1)
    rows, inner = [], shapely.Polygon()
    for start, end in BANDS_M:
        outer = line.buffer(end, quad_segs=64).intersection(home)
        band = outer.difference(inner)
        for number in range(SEGMENTS):
            low, high = edges[number] - 1e5 * (number == 0), edges[number + 1] + 1e5 * (number == SEGMENTS - 1)
            rows.append((f"{number}|{start}-{end}", band.intersection(shapely.box(0, low, 1e7, high))))
        inner = outer
    zones = gpd.GeoDataFrame(rows, columns=["zone_id", "geometry"], crs=STUDY_CRS)
    # Peers move vertices only: edges of 200 m bend by a millimetre, so that all tools get the same zones.
    shapes = shapely.segmentize(shapely.buffer(shapely.set_precision(zones.geometry.values, 0.01), 0.0), 200.0)
    return zones.set_geometry(shapely.make_valid(shapes), crs=STUDY_CRS)


def small_zones(count: int) -> gpd.GeoDataFrame:
    """Deterministic stars of 40 vertices, 200 m to 2 km across, spread over the tile, in EPSG:4326."""
    rng = np.random.default_rng(count)
    turn = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    centre = np.column_stack((rng.uniform(WEST + 0.1, WEST + 2.9, count), rng.uniform(NORTH - 2.9, NORTH - 0.1, count)))
    radius = rng.uniform(0.001, 0.01, count)[:, None] * rng.uniform(0.6, 1.0, (count, 40))
    shape = np.stack((radius * np.cos(turn) / 0.52, radius * np.sin(turn)), axis=2) + centre[:, None, :]
    return gpd.GeoDataFrame({"zone_id": np.arange(count)}, geometry=shapely.polygons(shape), crs=4326)


def tiles_eastward(count: int) -> list[Path]:
    """The smooth tile and copies of it, each 3 degrees farther east."""
    paths = [smooth_tile()]
    for number in range(1, count):
        path = cache_dir() / f"synthetic-smooth-east-{number}.tif"
        if not path.exists():
            partial = path.with_suffix(".partial.tif")
            shutil.copyfile(paths[0], partial)
            with rasterio.open(partial, "r+") as tile:
                tile.transform = from_origin(WEST + 3.0 * number, NORTH, PIXEL_DEG, PIXEL_DEG)
            partial.rename(path)
        paths.append(path)
    return paths


def zones_eastward(count: int) -> gpd.GeoDataFrame:
    """The border zones and copies of them, each 3 degrees farther east: a frontier `count` times as long."""
    zones = border_zones().to_crs(4326)
    copies = [
        zones.assign(zone_id=f"{number}:" + zones["zone_id"], geometry=zones.translate(3.0 * number))
        for number in range(count)
    ]
    return gpd.GeoDataFrame(pd.concat(copies, ignore_index=True), crs=4326)


def cell_zones() -> gpd.GeoDataFrame:
    """About 150,000 cells of 1 km of the study grid, most of them on the tile, in EPSG:3035."""
    box = gpd.GeoSeries([shapely.box(WEST, NORTH - 3.0, WEST + 3.0, NORTH)], crs=4326).to_crs(STUDY_CRS).total_bounds
    middle, south = (box[0] + box[2]) // 2000, box[1] // 1000
    x, y = np.meshgrid(np.arange(middle - 200, middle + 200) * 1e3, np.arange(south, south + 375) * 1e3)
    return gpd.GeoDataFrame(
        {"zone_id": np.arange(x.size)},
        geometry=shapely.box(x.ravel(), y.ravel(), x.ravel() + 1e3, y.ravel() + 1e3),
        crs=STUDY_CRS,
    )
