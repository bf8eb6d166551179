"""What is said to be easy to add is added: a measure, a zone kind, a dataset; and how many files that touches."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely
from rasterio.transform import from_origin

import geo_border
from geo_border.errors import GeoBorderError
from tests.drills.drill import STUDY, Edit, run_with, write_boundaries

pytestmark = pytest.mark.slow
# DESIGN section 3: one file in its rack, its labels, and what declares it.
MOST_FILES = 4

RAIL_LENGTH = (
    Edit("geo_border/schemas.py", '    "roads": LINES,\n', '    "roads": LINES,\n    "rails": LINES,\n'),
    Edit(
        "geo_border/measures/lines.py",
        'MEASURES = (Lines("road_length", "roads"),)',
        'MEASURES = (Lines("road_length", "roads"), Lines("rail_length", "rails"))',
    ),
    Edit(
        "geo_border/present/labels.py",
        '    "road_length": "Public roads",\n',
        '    "road_length": "Public roads",\n    "rail_length": "Railways",\n',
    ),
)
COUNTRY_BAND = (
    Edit(
        "geo_border/zones/kinds.py",
        "def list_corridors(",
        '''def list_country_bands(layout: Layout) -> Iterator[Zone]:
    """`country-band|FI|1000-5000`: all land of one country in one ring."""
    for from_m, to_m in layout.study.bands:
        for country in dict.fromkeys(country for _, country in layout.list_pairs(from_m, to_m)):
            yield Zone(
                "country-band",
                f"country-band|{country}|{from_m:g}-{to_m:g}",
                f"{layout.name_country(country)}, {format_ring(from_m, to_m)}",
                Selection(country=country, from_m=from_m, to_m=to_m),
                country=country,
                from_m=from_m,
                to_m=to_m,
            )


def list_corridors(''',
    ),
    Edit(
        "geo_border/zones/kinds.py",
        '    "own": list_own,\n',
        '    "own": list_own,\n    "country-band": list_country_bands,\n',
    ),
    Edit("geo_border/schemas.py", '"country", "own")\n', '"country", "own", "country-band")\n'),
    Edit(
        "geo_border/present/labels.py",
        '    "own": "Own area",\n',
        '    "own": "Own area",\n    "country-band": "Country by distance",\n',
    ),
)


def write_lines(path: Path) -> Path:
    """A railway from west to east across the line, 55.05 N, and one far away."""
    lines = [shapely.LineString([(99.9, 55.05), (100.1, 55.05)]), shapely.LineString([(20.0, 50.0), (20.1, 50.0)])]
    gpd.GeoDataFrame({"gauge": [1520, 1435]}, geometry=lines, crs=4326).to_file(path)
    return path


def test_a_length_of_railways_is_a_need_a_measure_and_a_label(tmp_path: Path) -> None:
    tried = run_with(RAIL_LENGTH, tmp_path, [f"rails={write_lines(tmp_path / 'rails.gpkg')}"])
    assert tried.touched <= MOST_FILES
    # It runs straight at the line: as long in a zone as the zone is deep.
    for zone_id, km in (("within|all|0-3000", 3.0), ("band|HH-FF|HH|1000-3000", 2.0), ("strip|HH|0-500", 0.5)):
        assert tried.get(zone_id, "rail_length") == pytest.approx(km, rel=1e-3), zone_id
    row = tried.table[tried.table["measure"] == "rail_length"].iloc[0]
    assert (row["unit"], row["dataset"]) == ("km", "rails.gpkg")
    # Every other figure is what it was without.
    assert "road_length" not in set(tried.table["measure"])
    assert (tried.root / "maps" / "drill" / "index.html").exists()


def test_a_kind_of_zone_is_a_list_of_zones_a_word_and_a_label(tmp_path: Path) -> None:
    tried = run_with(COUNTRY_BAND, tmp_path)
    assert tried.touched <= MOST_FILES
    found = tried.table[tried.table["zone_kind"] == "country-band"]
    assert found["zone_id"].unique().tolist() == ["country-band|HH|0-1000", "country-band|HH|1000-3000"]
    assert found["zone_name"].iloc[0] == "HH, 0–1 km"
    # Every measure has figures of it, those of the bands that it is made of.
    bands = tried.table[tried.table["zone_kind"] == "band"]
    assert set(found["measure"]) == set(bands["measure"])
    for to_m in (1000, 3000):
        own, same = (
            frame[frame["to_m"] == to_m].set_index(["measure", "category"])["value"] for frame in (found, bands)
        )
        np.testing.assert_allclose(own, same[own.index], rtol=1e-12)
    zones = gpd.read_file(tried.root / "data/processed/drill/layers.gpkg", layer="zones")
    assert (zones["zone_kind"] == "country-band").sum() == 2


def test_a_forgotten_label_ends_every_run_at_once(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match=r"measures without a label: rail_length\. Add them to present/labels\.py"):
        run_with(RAIL_LENGTH[:2], tmp_path)


# --- what a user brings touches no file of the package ---


def write_grid(path: Path, value: float, dtype: str, nodata: float) -> Path:
    """A grid of one value around the line, 0.005 degrees a cell."""
    profile = {"driver": "GTiff", "width": 100, "height": 60, "count": 1, "dtype": dtype, "crs": "EPSG:4326"}
    with rasterio.open(path, "w", **profile, transform=from_origin(99.75, 55.2, 0.005, 0.005), nodata=nodata) as out:
        out.write(np.full((60, 100), value, dtype), 1)
    return path


def test_a_dataset_of_a_users_own_takes_the_place_of_one_that_ships(tmp_path: Path) -> None:
    grid = write_grid(tmp_path / "mine.tif", 5.0, "float32", -1.0)
    tried = run_with((), tmp_path, [f"people={grid}"])
    assert tried.touched == 0
    # 5 persons in 0.005 x 0.005 degrees at 55° N: 0.32 by 0.557 km.
    density = tried.get("within|all|0-3000", "people_per_km2")
    assert density == pytest.approx(5 / (0.3198 * 0.5567), rel=0.01)
    people = tried.table[tried.table["measure"] == "people"]
    assert set(people[people["zone_kind"] != "country"]["dataset"]) == {"mine.tif"}


def test_a_cover_of_a_users_own_is_read_by_the_legend_of_a_dataset(tmp_path: Path) -> None:
    # 10 is tree cover in the legend of WorldCover.
    cover = write_grid(tmp_path / "cover.tif", 10, "uint8", 0)
    tried = run_with((), tmp_path, [f"cover=esa-worldcover-2021@{cover}"])
    assert tried.touched == 0
    rows = tried.table[(tried.table["measure"] == "cover_share") & (tried.table["category"] == "tree")]
    rows = rows[rows["zone_kind"] != "country"]
    assert rows["value"].tolist() == pytest.approx([1.0] * len(rows))


def test_a_cover_without_a_legend_is_refused_in_one_line(tmp_path: Path) -> None:
    # Until a user's catalogue brings a legend of its own.
    cover = write_grid(tmp_path / "cover.tif", 10, "uint8", 0)
    (tmp_path / "drill.toml").write_text(STUDY, encoding="utf-8")
    write_boundaries(tmp_path / "boundaries.gpkg")
    sources = [f"boundaries={tmp_path / 'boundaries.gpkg'}", f"cover={cover}"]
    with pytest.raises(GeoBorderError, match="legend") as caught:
        geo_border.run(tmp_path / "drill.toml", root=tmp_path, sources=sources)
    assert "\n" not in str(caught.value)
