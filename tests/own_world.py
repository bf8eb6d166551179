"""A small world with areas, a line and units of a user's own, and runs of it; for tests only."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import shapely

import geo_border
from geo_border.result import Result
from geo_border.study import Study

SIDES = [
    shapely.box(23.0, 54.0, 23.4, 54.2),
    shapely.box(23.0, 54.2, 23.4, 54.4),
    shapely.box(23.4, 54.0, 23.8, 54.4),
]
STUDY = Study(
    name="pair",
    title="Pair",
    home=("AA", "CC"),
    facing=("BB",),
    bands_m=(1000, 5000, 10000),
    strips_m=(1000,),
    depths_m={"AA": (3000,), "CC-BB": (1000, 2000)},
)
HOSTILE = ('<script>alert("x")</script>', "Šalčininkų rajonas, Põlva, Suwałki", "=1+1")
# The second lies in both home countries.
AREAS = [
    shapely.Polygon([(23.25, 54.05), (23.39, 54.04), (23.4, 54.15), (23.32, 54.19), (23.26, 54.12)]),
    shapely.box(23.3, 54.1, 23.4, 54.3),
    shapely.box(23.28, 54.31, 23.39, 54.39),
]
VILLAGES = [("Elm", 23.35, 54.08), ("Ash", 23.31, 54.25), ("Oak", 23.395, 54.35), ("Fir", 23.1, 54.1)]


def write_world(root: Path) -> list[str]:
    """Boundaries, units of a user's own, places and schools of a small world; as sources."""
    gpd.GeoDataFrame({"country": ["AA", "CC", "BB"]}, geometry=SIDES, crs=4326).to_parquet(root / "sides.parquet")
    units = [shapely.box(23.0, south, 23.4, south + 0.1) for south in (54.0, 54.1, 54.2, 54.3)]
    names = ["Pietų", "Vidurio", "Šiaurės", "Tolimoji"]
    lau = {"admin_id": ["AA_01", "AA_02", "CC_01", "CC_02"], "name": names, "country": ["AA", "AA", "CC", "CC"]}
    gpd.GeoDataFrame(lau, geometry=units, crs=4326).to_file(root / "lau.gpkg")
    points = [shapely.Point(x, y) for _, x, y in VILLAGES]
    table = gpd.GeoDataFrame({"name": [name for name, _, _ in VILLAGES], "kind": "village"}, geometry=points, crs=4326)
    table.to_file(root / "places.gpkg")
    table.assign(kind="school").to_file(root / "schools.gpkg")
    files = {"boundaries": "sides.parquet", "admin": "lau.gpkg", "places": "places.gpkg", "facilities": "schools.gpkg"}
    return [f"{need}={root / name}" for need, name in files.items()]


def run(root: Path, shapes: Sequence[Any], ids: Sequence[str], names: Sequence[str], crs: object = 4326) -> Result:
    """The study of these areas, from their file."""
    gpd.GeoDataFrame({"id": ids, "name": names}, geometry=list(shapes), crs=crs).to_file(root / "areas.gpkg", mode="w")
    return geo_border.run(STUDY, root=root, sources=[*write_world(root), f"own_zones={root / 'areas.gpkg'}"])


# A river in vertices of its own along the edge of AA, which goes on beyond it.
RIVER = [(23.4, 54.0), (23.4, 54.07), (23.4, 54.2), (23.41, 54.3)]
LINE_STUDY = Study(
    name="river",
    title="River",
    home=("AA",),
    facing=(),
    bands_m=(1000, 5000),
    strips_m=(1000,),
    depths_m={"AA-line": (2000,)},
)


def run_river(root: Path) -> Result:
    """The study of the river, from its file."""
    gpd.GeoDataFrame(geometry=[shapely.LineString(RIVER)], crs=4326).to_file(root / "river.gpkg")
    return geo_border.run(LINE_STUDY, root=root, sources=[*write_world(root), f"own_line={root / 'river.gpkg'}"])
