"""Thinning keeps what it must bit for bit, and rounding leaves valid polygons."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geo_border.errors import GeometryError

ROOT = Path(__file__).resolve().parents[2]
CENTRE_LON, CENTRE_LAT = 24.0, 55.0


@pytest.fixture(scope="module")
def shapes() -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT / "data" / "snapshot"))
        return importlib.import_module("shapes")


def wavy(seed: int, vertices: int = 400) -> Any:
    """A polygon of about 40 km with 200 m of roughness."""
    rng = np.random.default_rng(seed)
    angle = np.linspace(0, 2 * np.pi, vertices, endpoint=False)
    radius = 0.2 + rng.normal(0, 0.001, vertices)
    return shapely.Polygon(np.column_stack((CENTRE_LON + radius * np.cos(angle), CENTRE_LAT + radius * np.sin(angle))))


@given(seed=st.integers(0, 10_000))
def test_kept_vertices_stay_bit_for_bit_and_others_move_no_line_past_the_tolerance(shapes: Any, seed: int) -> None:
    polygon = wavy(seed)
    middle = shapes.to_plane(np.array([[CENTRE_LON, CENTRE_LAT]]))[0]
    thinned = shapes.thin(polygon, lambda xy: xy[:, 0] < middle[0], 300.0)
    before, after = shapely.get_coordinates(polygon), shapely.get_coordinates(thinned)
    kept = before[shapes.to_plane(before)[:, 0] < middle[0]]
    assert {tuple(xy) for xy in kept} <= {tuple(xy) for xy in after} <= {tuple(xy) for xy in before}
    assert len(after) < len(before)
    assert thinned.is_valid
    away = shapely.hausdorff_distance(shapes.plane(polygon.exterior), shapes.plane(thinned.exterior))
    assert away <= 301.0


def test_nothing_is_thinned_where_all_is_kept(shapes: Any) -> None:
    polygon = wavy(1)
    assert shapes.thin(polygon, lambda xy: np.ones(len(xy), dtype=bool), 300.0).equals_exact(polygon, 0)


@given(seed=st.integers(0, 10_000), digits=st.integers(2, 4))
def test_rounded_polygons_are_valid_and_rounded(shapes: Any, seed: int, digits: int) -> None:
    near = shapes.rounded(wavy(seed), digits)
    xy = shapely.get_coordinates(near)
    assert near.is_valid
    assert np.array_equal(xy, np.round(xy, digits))


def test_an_invalid_layer_is_not_written(shapes: Any, tmp_path: Path) -> None:
    import geopandas

    bow = shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])
    with pytest.raises(GeometryError, match=r"bow\.parquet"):
        shapes.write(geopandas.GeoDataFrame(geometry=[bow], crs="EPSG:4326"), tmp_path / "bow.parquet")
    assert not list(tmp_path.iterdir())
