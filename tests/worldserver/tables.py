"""Vector files and tables of the world server, in the publishers' formats, columns and codes."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import Transformer
from rasterio.features import rasterize
from rasterio.transform import from_origin

from geo_border.catalog import find_entry
from geo_border.facts.iso3166 import convert_to_alpha3
from geo_border.store import locate_embedded
from tests.worldserver.rasters import people_of_cells

HOME = ("FI", "EE", "LV", "LT", "PL")


def countries() -> gpd.GeoDataFrame:
    """Countries of the embedded snapshot cut to land, Kaliningrad with Russia: `country`, `name`, geometry."""
    whole = gpd.read_parquet(locate_embedded() / "osm-boundaries-2026c" / "boundaries.parquet")
    land = gpd.read_parquet(locate_embedded() / "geo-maps-coastline-2017" / "land.parquet")
    ground = shapely.union_all(land.geometry.to_numpy())
    rows = []
    for code, group in whole.groupby("country"):
        shape = shapely.intersection(shapely.union_all(group.geometry.to_numpy()), ground)
        parts = [part for part in shapely.get_parts(shape) if part.geom_type == "Polygon"]
        rows.append({"country": code, "name": group["name"].iloc[0], "geometry": shapely.MultiPolygon(parts)})
    return gpd.GeoDataFrame(rows, crs="EPSG:4326")


def cgaz(root: Path, shapes: gpd.GeoDataFrame) -> None:
    """geoBoundaries CGAZ ADM0: GeoPackage, layer globalADM0, ISO3 codes."""
    out = gpd.GeoDataFrame(
        {"shapeGroup": shapes["country"].map(convert_to_alpha3), "shapeType": "ADM0", "shapeName": shapes["name"]},
        geometry=shapes.geometry,
        crs="EPSG:4326",
    )
    out.to_file(_path(root, "geoboundaries-cgaz"), layer="globalADM0", driver="GPKG")


def gisco(root: Path, shapes: gpd.GeoDataFrame) -> None:
    """GISCO countries, NUTS 3 and LAU as GeoJSON; units are quarters and sixteenths of each home country."""
    own = {"CNTR_ID": shapes["country"].replace({"GR": "EL", "GB": "UK"}), "CNTR_NAME": shapes["name"]}
    gpd.GeoDataFrame(own, geometry=shapes.geometry, crs="EPSG:4326").to_file(_path(root, "gisco-countries-2024"))
    home = shapes[shapes["country"].isin(HOME)]
    nuts = _cut(home, 2)
    gpd.GeoDataFrame(
        {"NUTS_ID": nuts["id"], "LEVL_CODE": 3, "CNTR_CODE": nuts["country"], "NUTS_NAME": nuts["id"] + " kõik"},
        geometry=nuts.geometry,
        crs="EPSG:4326",
    ).to_file(_path(root, "gisco-nuts-2024"))
    lau = _cut(home, 4)
    gpd.GeoDataFrame(
        {"GISCO_ID": lau["country"] + "_" + lau["id"], "CNTR_CODE": lau["country"], "LAU_NAME": "Gmina " + lau["id"]},
        geometry=lau.geometry,
        crs="EPSG:4326",
    ).to_file(_path(root, "gisco-lau-2024"))


def natural_earth(root: Path, shapes: gpd.GeoDataFrame) -> None:
    """Natural Earth countries: a zipped shapefile, with -99 where Natural Earth has it."""
    path = _path(root, "natural-earth-10m")
    folder = path.parent / "shp"
    folder.mkdir()
    data = {
        "ADM0_A3": shapes["country"].map(convert_to_alpha3),
        "NAME": shapes["name"],
        "ISO_A2": shapes["country"].replace({"NO": "-99"}),
        "ISO_A2_EH": shapes["country"],
    }
    generalised = shapes.geometry.simplify(0.02)
    gpd.GeoDataFrame(data, geometry=generalised, crs="EPSG:4326").to_file(
        folder / "ne_10m_admin_0_countries.shp", encoding="utf-8"
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
        for part in sorted(folder.iterdir()):
            out.write(part, part.name)
            part.unlink()
    folder.rmdir()


def census(root: Path, shapes: gpd.GeoDataFrame) -> None:
    """Eurostat's census grid V3: zipped CSV, `BY-PL` cells, -8888, -9999 and unallocated people."""
    path = _path(root, "eurostat-census-2021")
    transform = from_origin(4_600_000, 5_400_000, 1000, 1000)
    moved = shapes.geometry.simplify(0.005).to_crs(3035)
    number = rasterize(zip(moved, range(1, len(moved) + 1), strict=True), (2400, 1100), transform=transform)
    row, column = np.nonzero(number)
    east, north = 4_600_000 + column * 1000, 5_400_000 - (row + 1) * 1000
    code = np.array(["", *shapes["country"]], dtype=object)[number[row, column]]
    lon, lat = Transformer.from_crs(3035, 4326, always_xy=True).transform(east + 500.0, north + 500.0)
    people = people_of_cells(lon, lat)
    lived = (people > 0) & np.isin(code, HOME)
    east, north, code, people = (a[lived] for a in (east, north, code, people))
    near_line = (east // 1000 + north // 1000) % 97 == 0
    tagged = np.where(near_line & (code == "PL"), "BY-PL", code)
    total = np.round(people).astype(int)
    total[near_line & (code == "FI")] = -8888
    part = np.where(total < 0, total, total // 5)
    table = pd.DataFrame(
        {
            "GRD_ID": [f"CRS3035RES1000mN{n}E{e}" for n, e in zip(north, east, strict=True)],
            "T": total,
            "M": np.where(total < 0, total, total // 2),
            "F": np.where(total < 0, total, total - total // 2),
            "Y_LT15": part,
            "Y_1564": np.where(total < 0, total, total - 2 * part),
            "Y_GE65": part,
            "LAND_SURFACE": 1,
            "POPULATED": 1,
            "CNTR_ID": tagged,
        }
    )
    text = table.to_csv(index=False) + "FI_unallocated,1234,,,,,,,,FI\nLV_unallocated,567,,,,,,,,LV\n"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
        out.writestr("Eurostat_Census-GRID_2021_V3/ESTAT_Census_2021_V3.csv", text)
        out.writestr("Eurostat_Census-GRID_2021_V3/read.me", "Census 2021 grid")


def geonames(root: Path) -> None:
    """GeoNames dumps: 19 tab-separated columns, no header; a ruin and a zero population among them."""
    places = gpd.read_parquet(locate_embedded() / "geonames-2025" / "places.parquet")
    places["people"] = places["people"].fillna(0)
    for code, group in places.groupby("country"):
        rows = [
            _geoname(int(p.source_id), p.name_, p.name_en, p.geometry, "PPL", str(code), int(p.people))
            for p in group.rename(columns={"name": "name_"}).itertuples()
        ]
        rows.append(_geoname(99_000_001, "Ruina", "Ruina", group.geometry.iloc[0], "PPLH", str(code), 50))
        rows.append(_geoname(99_000_002, "NA", "NA", group.geometry.iloc[0], "PPL", str(code), 0))
        with zipfile.ZipFile(_path(root, "geonames", iso2=code), "w", zipfile.ZIP_DEFLATED) as out:
            out.writestr(f"{code}.txt", "\n".join(rows) + "\n")
            out.writestr("readme.txt", "Readme for GeoNames Gazetteer extract files")


def _geoname(number: int, name: str, plain: str, at: Any, feature: str, code: str, people: int) -> str:
    head = [number, name, plain, "", f"{at.y:.5f}", f"{at.x:.5f}", "P", feature, code, "", "", "", "", ""]
    return "\t".join(str(value) for value in [*head, people, "", "", "Europe/Helsinki", "2026-01-01"])


def _cut(shapes: gpd.GeoDataFrame, n: int) -> gpd.GeoDataFrame:
    rows = []
    for code, shape in zip(shapes["country"], shapes.geometry, strict=True):
        west, south, east, north = shape.bounds
        for i in range(n * n):
            x, y = i % n, i // n
            w, s = west + (east - west) * x / n, south + (north - south) * y / n
            cell = shapely.box(w, s, w + (east - west) / n, s + (north - south) / n)
            part = shapely.intersection(shape, cell)
            if part.area > 0:
                rows.append({"country": code, "id": f"{code}{i:03d}", "geometry": part})
    return gpd.GeoDataFrame(rows, crs="EPSG:4326")


def _path(root: Path, dataset: str, **values: Any) -> Path:
    declared = find_entry(dataset).download
    path = root / (declared.url.format(**values) if declared else "").removeprefix("https://")
    path.parent.mkdir(parents=True, exist_ok=True)
    return path
