"""Rasters of the world server: the publishers' formats, tilings, codes and nodata, at a coarser cell."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
import rasterio.features
import shapely
from affine import Affine
from numpy.typing import NDArray
from rasterio.transform import from_origin
from rasterio.warp import Resampling, reproject

from geo_border.catalog import Entry, find_entry
from geo_border.store import locate_embedded

# MODIS IGBP classes (0..16) as WorldCover codes, so that the served cover is plausible where it stands.
_WORLDCOVER = np.array([80, 10, 10, 10, 10, 10, 20, 20, 10, 30, 30, 90, 40, 50, 40, 70, 60], dtype=np.uint8)
# Persons per km2 by DEGURBA class, round figures for a made-up world.
_PEOPLE_PER_KM2 = {10: 0.0, 11: 2.0, 12: 25.0, 13: 150.0, 21: 500.0, 22: 900.0, 23: 2000.0, 30: 3500.0}
BOUNDS = (14.0, 51.0, 33.0, 71.0)


def worldcover(root: Path, window: Any) -> None:
    """3 degree COG tiles, 300 cells a side in place of 36,000, and the grid file that lists them."""
    cover = _embedded("modis-mcd12c1-2019", "cover.tif")
    features = []
    declared = find_entry("esa-worldcover-2021")
    for south in range(51, 72, 3):
        for west in range(12, 36, 3):
            square = shapely.box(west, south, west + 3, south + 3)
            if not square.intersects(window):
                continue
            name = f"N{south:02d}E{west:03d}"
            transform = from_origin(west, south + 3, 0.01, 0.01)
            codes = _WORLDCOVER[np.clip(_sampled(cover, transform, (300, 300)), 0, 16)]
            _write(_path(root, declared, tile=name), codes, transform, "EPSG:4326", 0, "COG")
            features.append(
                {"type": "Feature", "properties": {"ll_tile": name}, "geometry": shapely.geometry.mapping(square)}
            )
    index = root / str(declared.download and declared.download.tiles.index_url).removeprefix("https://")
    index.parent.mkdir(parents=True, exist_ok=True)
    index.write_text(json.dumps({"type": "FeatureCollection", "features": features}))


def ghs_pop(root: Path) -> None:
    """10 degree tiles on GHSL's own lattice, 1/120 degree cells in place of 3 arc-seconds, zipped, nodata -200."""
    declared = find_entry("ghs-pop-r2023a")
    tiles = declared.download.tiles if declared.download else None
    for row in (2, 3, 4):
        for column in (20, 21, 22):
            west = float(tiles.west or 0) + (column - 1) * 10 if tiles else 0.0
            north = float(tiles.north or 0) - (row - 1) * 10 if tiles else 0.0
            transform = from_origin(west, north, 1 / 120, 1 / 120)
            people = np.nan_to_num(_people(transform, (1200, 1200)), nan=-200.0)
            _zipped(root, declared, people, transform, "EPSG:4326", -200.0, row=row, column=column)


def ghs_smod(root: Path) -> None:
    """Degree of urbanisation on 1 km Mollweide cells, nodata -200, the part of the globe around the study."""
    transform = from_origin(900_000, 8_200_000, 1000, 1000)
    shape = (2300, 1700)
    classes = np.full(shape, -200, dtype=np.int16)
    with rasterio.open(locate_embedded() / "ghs-degurba-2025" / "degurba.tif") as source:
        found = np.zeros(shape, dtype=np.uint8)
        reproject(
            rasterio.band(source, 1),
            found,
            dst_transform=transform,
            dst_crs="ESRI:54009",
            resampling=Resampling.nearest,
        )
    classes[found > 0] = found[found > 0]
    _zipped(root, find_entry("ghs-smod-r2023a"), classes, transform, "ESRI:54009", -200)


def worldpop(root: Path, countries: dict[str, Any]) -> None:
    """One raster a country, cut to its outline; -99999 stands for nodata, with the tag."""
    from geo_border.facts.iso3166 import convert_to_alpha3

    for code, shape in countries.items():
        west, south, east, north = (
            np.floor(shape.bounds[0]),
            shape.bounds[1],
            shape.bounds[2],
            np.ceil(shape.bounds[3]),
        )
        transform = from_origin(west, north, 1 / 120, 1 / 120)
        size = (int((north - south) * 120) + 1, int((east - west) * 120) + 1)
        people = _people(transform, size).astype(np.float32)
        outside = rasterio.features.geometry_mask([shape], size, transform)
        people[outside | np.isnan(people)] = -99999
        names = {"iso3": convert_to_alpha3(code), "iso3_lower": convert_to_alpha3(code).lower()}
        _write(_path(root, find_entry("worldpop-r2025a"), **names), people, transform, "EPSG:4326", -99999)
        _ages(root, names, people, transform)


def _ages(root: Path, names: dict[str, str], people: NDArray[np.float32], transform: Affine) -> None:
    """One raster an age group: the young and the old fewer, all together the country's people."""
    declared = find_entry("worldpop-age-r2025a")
    ages = declared.download.each if declared.download else []
    weights = np.linspace(2.0, 0.5, len(ages))
    for age, weight in zip(ages, weights / weights.sum(), strict=True):
        part = np.where(people >= 0, people * weight, -99999).astype(np.float32)
        _write(_path(root, declared, part=age, **names), part, transform, "EPSG:4326", -99999)


def people_of_cells(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    """Persons in the 1 km cell at each lon/lat of the made-up world; NaN outside it."""
    degurba = _embedded("ghs-degurba-2025", "degurba.tif")
    return _density(degurba.at(x, y))


class _Embedded:
    """An embedded raster held whole, sampled by nearest cell: the world server only needs plausible values."""

    def __init__(self, path: Path) -> None:
        with rasterio.open(path) as source:
            self.values, self.transform = source.read(1), source.transform

    def at(self, x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[Any]:
        column, row = ~self.transform * (x, y)
        row, column = np.floor(row).astype(int), np.floor(column).astype(int)
        inside = (row >= 0) & (row < self.values.shape[0]) & (column >= 0) & (column < self.values.shape[1])
        out = np.zeros(np.shape(x), dtype=self.values.dtype)
        out[inside] = self.values[row[inside], column[inside]]
        return out


def _embedded(dataset: str, name: str) -> _Embedded:
    return _Embedded(locate_embedded() / dataset / name)


def _sampled(source: _Embedded, transform: Affine, shape: tuple[int, int]) -> NDArray[Any]:
    rows, columns = np.indices(shape)
    x, y = transform * (columns + 0.5, rows + 0.5)
    return source.at(x, y)


def _people(transform: Affine, shape: tuple[int, int]) -> NDArray[np.float64]:
    classes = _sampled(_embedded("ghs-degurba-2025", "degurba.tif"), transform, shape)
    rows = np.arange(shape[0])[:, None]
    lat = np.radians(transform.f + (rows + 0.5) * transform.e)
    return _density(classes) * (111.2 * transform.a) * (111.2 * transform.a * np.cos(lat))


def _density(classes: NDArray[Any]) -> NDArray[np.float64]:
    out = np.full(classes.shape, np.nan)
    for code, density in _PEOPLE_PER_KM2.items():
        out[classes == code] = density
    return out


def _path(root: Path, declared: Entry, **values: Any) -> Path:
    url = declared.download.url if declared.download else ""
    path = root / url.format(**values).removeprefix("https://")
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def _write(path: Path, values: NDArray[Any], transform: Affine, crs: str, nodata: float, driver: str = "GTiff") -> None:
    profile = {"height": values.shape[0], "width": values.shape[1], "count": 1, "dtype": values.dtype, "crs": crs}
    tiling = {} if driver == "COG" else {"tiled": True}
    with rasterio.open(
        path, "w", driver=driver, transform=transform, nodata=nodata, compress="deflate", **profile, **tiling
    ) as out:
        out.write(values, 1)


def _zipped(
    root: Path, declared: Entry, values: NDArray[Any], transform: Affine, crs: str, nodata: float, **names: Any
) -> None:
    path = _path(root, declared, **names)
    inner = path.with_suffix(".tif")
    _write(inner, values, transform, crs, nodata)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
        out.write(inner, inner.name)
        out.writestr("GHSL_Data_Package_2023.pdf", b"%PDF-1.4")
    inner.unlink()
