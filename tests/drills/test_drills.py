"""What is said to be easy to add is added: a measure, a zone kind, a dataset; and how many files that touches."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely
from rasterio.transform import from_origin

import geo_border
from geo_border.errors import GeoBorderError
from tests.drills.drill import ROOT, STUDY, Edit, run_with, write_boundaries

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


def write_own_cover(path: Path) -> Path:
    """A cover in codes of a survey office's own: from the line westward forest, young growth, arable land, clouds."""
    codes = np.full((60, 100), 312, "uint16")
    # Column 50 begins at the line, 100 E; a column is 0.005 degrees, 0.319 km at 55.05 N.
    codes[:, :46], codes[:, :44], codes[:, :42] = 324, 210, 999
    profile = {"driver": "GTiff", "width": 100, "height": 60, "count": 1, "dtype": "uint16", "crs": "EPSG:4326"}
    with rasterio.open(path, "w", **profile, transform=from_origin(99.75, 55.2, 0.005, 0.005)) as out:
        out.write(codes, 1)
    return path


def test_a_cover_with_codes_of_its_own_is_read_by_the_legend_of_its_entry(tmp_path: Path) -> None:
    # The example as it ships, beside a file: nothing else is written, and nothing of the package is touched.
    catalogue = tmp_path / "own-cover.toml"
    catalogue.write_text((ROOT / "examples" / "own-cover.toml").read_text("utf-8"), "utf-8")
    write_own_cover(tmp_path / "my-cover.tif")
    tried = run_with((), tmp_path, ["cover=my-cover"], [catalogue])
    assert tried.touched == 0
    column_km = 0.005 * 111.321 * np.cos(np.radians(55.05))
    rows = tried.table[tried.table["zone_id"] == "within|all|0-3000"].set_index(["measure", "category"])
    area_km2 = rows.loc["area", "value"].iloc[0]
    depth_km = area_km2 / 11.13
    # Columns of each code within 3 km, as deep as they are wide.
    depths = {"tree": 4 * column_km, "shrub": 2 * column_km, "crop": 2 * column_km}
    depths["unknown"] = depth_km - sum(depths.values())
    for name, deep_km in depths.items():
        assert rows.loc[("cover_area", name), "value"] == pytest.approx(deep_km * 11.13, abs=0.1), name
    # By the loosest reading of the legend young growth is tree, too.
    low, high = (rows.loc[("cover_area", "tree"), name] for name in ("low", "high"))
    assert low == pytest.approx(depths["tree"] * 11.13, abs=0.1)
    assert high == pytest.approx((depths["tree"] + depths["shrub"]) * 11.13, abs=0.1)
    assert set(tried.table[tried.table["measure"] == "cover_area"]["dataset"]) == {"my-cover"}


def test_what_an_own_legend_says_stands_in_every_output_and_is_drawn_again_from_them_alone(tmp_path: Path) -> None:
    catalogue, cover = tmp_path / "own-cover.toml", write_own_cover(tmp_path / "my-cover.tif")
    catalogue.write_text((ROOT / "examples" / "own-cover.toml").read_text("utf-8"), "utf-8")
    tried = run_with((), tmp_path, ["cover=my-cover"], [catalogue])
    processed, maps = (tried.root / folder / "drill" for folder in ("data/processed", "maps"))
    (source,) = (
        row for row in json.loads((processed / "run.json").read_text("utf-8"))["sources"] if row["need"] == "cover"
    )
    # The passport says which entry won, where it was written, and holds it whole but for its folder.
    assert (source["dataset"], source["declared_in"], source["licence"]) == ("my-cover", "own-cover.toml", "CC BY 4.0")
    assert source["entry"]["legend"]["classes"]["312"] == "tree"
    assert str(tmp_path) not in json.dumps(source)
    with rasterio.open(processed / "landcover.tif") as written:
        assert set(np.unique(written.read(1))) >= {210, 312, 324}
        assert written.tags()["CANOPY"] == "20 % and more"
    # Names of classes where GDAL and QGIS look for them, and in the project.
    assert "coniferous forest" in (processed / "landcover.tif.aux.xml").read_text("utf-8")
    with zipfile.ZipFile(processed / "drill.qgz") as project:
        assert any("20 % and more" in project.read(name).decode("utf-8", "replace") for name in project.namelist())
    page = (maps / "index.html").read_text("utf-8")
    assert "Survey office, land cover 2023" in page
    # Neither the catalogue nor the cover is needed any more.
    catalogue.unlink()
    cover.unlink()
    study = tmp_path / "drill.toml"
    again = geo_border.draw(study, root=tried.root)
    assert again.read_text("utf-8") == page
    report = next(path for path in geo_border.report(study, root=tried.root) if path.name == "report.html")
    assert "Survey office, land cover 2023" in report.read_text("utf-8")


@pytest.mark.parametrize("code", [0, 255, 324])
def test_a_code_that_an_own_legend_does_not_name_is_refused_in_one_line(code: int, tmp_path: Path) -> None:
    catalogue = tmp_path / "own-cover.toml"
    text = (ROOT / "examples" / "own-cover.toml").read_text("utf-8")
    text = "\n".join(line for line in text.splitlines() if not line.startswith("324 =")).replace(", 324]", "]")
    catalogue.write_text(text.replace("nodata = 0 ", "nodata = 7 "), "utf-8")
    write_grid(tmp_path / "my-cover.tif", code, "uint16", 9)
    write_boundaries(tmp_path / "boundaries.gpkg")
    (tmp_path / "drill.toml").write_text(STUDY, encoding="utf-8")
    sources = [f"boundaries={tmp_path / 'boundaries.gpkg'}", "cover=my-cover"]
    with pytest.raises(
        GeoBorderError, match=rf"my-cover\.tif: values {code} are not in the dataset's legend"
    ) as caught:
        geo_border.run(tmp_path / "drill.toml", root=tmp_path, sources=sources, catalog=[catalogue])
    assert "\n" not in str(caught.value)


def test_a_cover_without_a_legend_is_refused_in_one_line_that_says_how_to_write_one(tmp_path: Path) -> None:
    cover = write_grid(tmp_path / "cover.tif", 10, "uint8", 0)
    (tmp_path / "drill.toml").write_text(STUDY, encoding="utf-8")
    write_boundaries(tmp_path / "boundaries.gpkg")
    sources = [f"boundaries={tmp_path / 'boundaries.gpkg'}", f"cover={cover}"]
    with pytest.raises(GeoBorderError, match="legend") as caught:
        geo_border.run(tmp_path / "drill.toml", root=tmp_path, sources=sources)
    assert "\n" not in str(caught.value)
    assert f"geo-border inspect {cover} --need cover" in str(caught.value)
