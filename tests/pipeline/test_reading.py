"""What areas hold is what lies in them, one area at a time."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from pyproj import CRS

from geo_border.pipeline.reading import Sources, sums
from geo_border.zonal import prepare_zones

EUROPE = CRS.from_epsg(3035)
NONE = prepare_zones(gpd.GeoDataFrame({"area": np.array([], dtype=int)}, geometry=[], crs=EUROPE), "area")
AREAS = shapely.box([5_000_000, 5_002_000], 3_500_000, [5_002_000, 5_003_000], 3_501_000)


def test_roads_and_sites_are_shared_out_by_where_they_lie() -> None:
    frame = gpd.GeoDataFrame({"area": [0, 1]}, geometry=AREAS, crs=EUROPE)
    road = shapely.LineString([(4_999_000, 3_500_500), (5_004_000, 3_500_500)])
    sites = shapely.box([5_001_000, 5_002_500], [3_500_000] * 2, [5_002_500, 5_004_000], [3_501_000] * 2)
    found = sums(Sources(roads=np.array([road]), sites=sites), frame, prepare_zones(frame, "area"), NONE, EUROPE)
    assert found.people is None
    assert found.cover is None
    # Lengths are geodesic: this far from the plane's centre they differ by parts in a thousand.
    assert found.road_m == pytest.approx([2_000, 1_000], rel=3e-3)
    assert found.protected_km2 == pytest.approx([1.0, 1.0], rel=1e-3)
    assert found.at(1).road_m == pytest.approx([1_000], rel=3e-3)
