"""Make `land.parquet` from the npm package world-atlas: `python -m geo_border.outputs.basemap.build TARBALL`."""

from __future__ import annotations

import hashlib
import sys
import tarfile
import tempfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely

from geo_border.errors import ChecksumError
from geo_border.files.vector import read_vector
from geo_border.store import replace_atomically

LAND = Path(__file__).with_name("land.parquet")
MEMBER = "package/land-50m.json"
# world-atlas 2.0.2; its tarball is to be had with `npm pack world-atlas@2.0.2`.
MEMBER_SHA256 = "619477ff690c086885e45cb91707d783805561bd75ae8e437b7d4694b0204e0f"
# A map of the surroundings needs no more: about half a kilometre, and no islet.
_GRID_DEG = 0.005
_MIN_AREA_DEG2 = 0.0005
_MIN_LAT_DEG = -60.0


def build_land(tarball: Path) -> gpd.GeoDataFrame:
    """Read the land of the world (EPSG:4326), cleaned and rounded.

    Raises
    ------
    ChecksumError
        When the package's file is not the one this was written for.
    """
    with tarfile.open(tarball) as archive:
        member = archive.extractfile(MEMBER)
        raw = member.read() if member else b""
    if hashlib.sha256(raw).hexdigest() != MEMBER_SHA256:
        raise ChecksumError(f"{tarball}: {MEMBER} is not that of world-atlas 2.0.2; run `npm pack world-atlas@2.0.2`.")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "land.topojson"
        path.write_bytes(raw)
        shapes = read_vector(path, layer="land").geometry.to_numpy()
    valid = shapely.get_parts(shapely.make_valid([_split_at_antimeridian(part) for part in shapely.get_parts(shapes)]))
    parts = shapely.get_parts(shapely.set_precision(valid, _GRID_DEG))
    polygons = parts[shapely.get_type_id(parts) == shapely.GeometryType.POLYGON]
    bounds = shapely.bounds(polygons)
    keep = (shapely.area(polygons) > _MIN_AREA_DEG2) & (bounds[:, 3] > _MIN_LAT_DEG)
    return gpd.GeoDataFrame(geometry=shapely.normalize(polygons[keep]), crs="EPSG:4326")


def _split_at_antimeridian(polygon: shapely.Polygon) -> shapely.Geometry:
    """Cut a polygon whose rings step over the antimeridian into parts on either side of it."""
    rings = []
    for ring in shapely.get_rings(polygon):
        xy = shapely.get_coordinates(ring)
        xy[:, 0] = np.unwrap(xy[:, 0], period=360.0)
        rings.append(xy)
    for hole in rings[1:]:
        hole[:, 0] += 360.0 * round(float(rings[0][:, 0].mean() - hole[:, 0].mean()) / 360.0)
    whole = shapely.make_valid(shapely.Polygon(rings[0], rings[1:]))
    sides = [
        shapely.transform(
            shapely.clip_by_rect(whole, turn - 180.0, -90.0, turn + 180.0, 90.0), lambda xy, t=turn: xy - [t, 0]
        )
        for turn in (-360.0, 0.0, 360.0)
    ]
    return shapely.union_all(shapely.make_valid(sides))


if __name__ == "__main__":
    with replace_atomically(LAND) as target:
        build_land(Path(sys.argv[1])).to_parquet(target, compression="zstd", write_covering_bbox=False)
