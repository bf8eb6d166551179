"""The embedded snapshot is what its catalogue, provenance and NOTICE say, and what a frontier needs."""

from __future__ import annotations

import json
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import pytest
import rasterio
import shapely

from geo_border.catalog import Entry, read_entries, read_presets
from geo_border.schemas import COVER_CLASSES, UNKNOWN
from geo_border.store import compute_sha256, locate_embedded

ROOT = Path(__file__).resolve().parents[2]
OUT = locate_embedded()
BUILT = sorted(path.parent.name for path in OUT.glob("*/*.parquet.provenance.json")) + sorted(
    path.parent.name for path in OUT.glob("*/*.tif.provenance.json")
)
VECTORS = {
    "osm-boundaries-2026c": ["country", "territory", "name", "geometry"],
    "geo-maps-coastline-2017": ["country", "geometry"],
    "geo-maps-water-2017": ["water_id", "source_group", "area_km2", "perimeter_km", "geometry"],
    "ne-admin1-10m": ["admin_id", "name", "name_en", "country", "geometry"],
    "geonames-2025": ["source_id", "name", "name_en", "other_names", "kind", "country", "people", "geometry"],
}
PAIRS = (
    ("FI", "RU"), ("EE", "RU"), ("LV", "RU"), ("LV", "BY"), ("LT", "BY"), ("LT", "KGD"), ("PL", "KGD"), ("PL", "BY"),
    ("NO", "RU"), ("PL", "LT"), ("EE", "LV"), ("LV", "LT"), ("FI", "NO"), ("RU", "BY"),
)  # fmt: skip


@cache
def layer(name: str) -> geopandas.GeoDataFrame:
    (file,) = read_entries()[name].files
    return geopandas.read_parquet(OUT / name / file.name)


@cache
def flat_territories() -> Any:
    return layer("osm-boundaries-2026c").to_crs(3035).set_index("territory").geometry


@cache
def edges(territory: str) -> Any:
    rings = shapely.get_rings(shapely.get_parts(flat_territories()[territory]))
    pairs = [np.stack((xy[:-1], xy[1:]), axis=1) for xy in map(shapely.get_coordinates, rings)]
    return shapely.linestrings(np.concatenate(pairs))


def told(name: str) -> tuple[Entry, Path, dict[str, Any]]:
    (file,) = read_entries()[name].files
    path = OUT / name / file.name
    return read_entries()[name], path, json.loads(path.with_name(f"{path.name}.provenance.json").read_text("utf-8"))


def test_seven_datasets_are_built() -> None:
    assert len(BUILT) == 7
    assert set(VECTORS) < set(BUILT)


@pytest.mark.parametrize("name", BUILT)
def test_provenance_and_catalogue_have_the_bytes_checksum(name: str) -> None:
    entry, path, said = told(name)
    assert entry.files[0].sha256 == said["sha256"] == compute_sha256(path)
    assert entry.files[0].bytes == said["bytes"] == path.stat().st_size


@pytest.mark.parametrize("name", BUILT)
def test_provenance_says_what_the_catalogue_says(name: str) -> None:
    entry, _, said = told(name)
    for key in ("title", "publisher", "version", "vintage", "licence", "licence_url", "attribution", "citation"):
        assert said[key] == getattr(entry, key), f"{name}: {key}; run make snapshot"
    assert said["done"]


@pytest.mark.parametrize("name", BUILT)
def test_every_source_is_the_pinned_one(name: str) -> None:
    pinned = tomllib.loads((ROOT / "data" / "snapshot" / "sources.toml").read_text("utf-8")).values()
    for used in told(name)[2]["sources"]:
        assert any(used.items() <= row.items() for row in pinned), f"{name}: {used['package']}"


def test_pypi_sources_are_pinned_for_pip_at_the_same_release() -> None:
    listed = (ROOT / "data" / "snapshot" / "requirements.txt").read_text("utf-8").splitlines()
    for row in tomllib.loads((ROOT / "data" / "snapshot" / "sources.toml").read_text("utf-8")).values():
        if row["registry"] == "pypi":
            assert f"{row['package']}=={row['version']}" in listed


@pytest.mark.parametrize("name", [name for name, entry in read_entries().items() if entry.source == "embedded"])
def test_notice_gives_dataset_licence_and_citation(name: str) -> None:
    entry, text = read_entries()[name], (OUT / "NOTICE").read_text("utf-8")
    for said in (f"{name}: {entry.title}", entry.licence, entry.licence_url, entry.attribution, entry.citation):
        assert said in text, f"NOTICE lacks {said!r}; run make snapshot"


def test_no_file_lies_there_without_provenance() -> None:
    data = [p for p in OUT.glob("*/*") if not p.name.endswith(".provenance.json")]
    bare = [str(p.relative_to(OUT)) for p in data if not p.with_name(f"{p.name}.provenance.json").exists()]
    assert bare == []


def test_snapshot_is_at_most_twenty_megabytes() -> None:
    size = sum(path.stat().st_size for path in OUT.rglob("*") if path.is_file())
    assert 1_000_000 < size <= 20_000_000


def test_embedded_preset_names_the_built_datasets() -> None:
    embedded = read_presets()["embedded"]
    assert set(BUILT) == {name for need, name in embedded.items() if need != "people"}
    for need, name in embedded.items():
        if name in BUILT:
            assert need in read_entries()[name].needs


@pytest.mark.parametrize("name", sorted(VECTORS))
def test_layer_has_its_columns_and_valid_geometry_in_lon_lat(name: str) -> None:
    frame = layer(name)
    assert list(frame.columns) == VECTORS[name]
    assert frame.crs.to_epsg() == 4326
    assert len(frame) > 0
    assert frame.geometry.is_valid.all()
    assert not frame.geometry.is_empty.any()
    assert not frame.drop(columns=["geometry", "people"], errors="ignore").isna().any(axis=None)


@pytest.mark.parametrize("name", sorted(VECTORS))
def test_catalogue_columns_are_in_the_file(name: str) -> None:
    assert set(read_entries()[name].columns.values()) <= set(layer(name).columns)


@pytest.mark.parametrize("name", sorted(VECTORS))
def test_coordinates_are_rounded(name: str) -> None:
    digits = 7 if name == "osm-boundaries-2026c" else 6
    xy = shapely.get_coordinates(layer(name).geometry.values)
    assert np.array_equal(xy, np.round(xy, digits))


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_neighbours_share_their_line_and_do_not_overlap(one: str, other: str) -> None:
    a, b = flat_territories()[one], flat_territories()[other]
    points = shapely.points(shapely.get_coordinates(a))
    tree = shapely.STRtree(edges(other))
    near, off = tree.query_nearest(points, max_distance=25.0, return_distance=True, all_matches=False)
    near = near[0]
    assert len(near) > 500
    # A vertex beside a tripoint lies on the third territory's line; it is no mismatch, so a few may stray.
    assert (off > 0.5).sum() <= 6
    assert shapely.area(shapely.intersection(a, b)) < 1000.0


def test_kaliningrad_is_a_territory_of_its_own() -> None:
    frame = layer("osm-boundaries-2026c").set_index("territory")
    assert frame.country["KGD"] == frame.country["RU"] == "RU"
    assert frame.index.is_unique
    assert frame.geometry["KGD"].contains(shapely.Point(20.5, 54.7))


# lon, lat, territory, on land, in water (None: not asked). Lagoons are sea.
KNOWN = {
    "Narva": (28.19, 59.377, "EE", True, False),
    "Peipus": (27.3, 58.7, "EE", True, True),
    "Saimaa": (28.27, 61.25, "FI", True, True),
    "Inari": (27.8, 69.0, "FI", True, True),
    "Hańcza": (22.81, 54.26, "PL", True, True),
    "Suwałki": (22.93, 54.10, "PL", True, False),
    "Vištytis": (22.73, 54.40, "KGD", True, True),
    "Curonian Lagoon": (21.1, 55.2, "KGD", False, False),
    "Vistula Lagoon": (19.8, 54.45, "KGD", False, False),
    "Nida": (21.0, 55.3, "LT", True, None),
    "Kirkenes": (30.05, 69.72, "NO", True, None),
}


@pytest.mark.parametrize("place", sorted(KNOWN))
def test_known_places_lie_where_they_do(place: str) -> None:
    lon, lat, territory, on_land, in_water = KNOWN[place]
    point = shapely.Point(lon, lat)
    frame = layer("osm-boundaries-2026c")
    assert list(frame.territory[frame.contains(point)]) == [territory]
    assert bool(layer("geo-maps-coastline-2017").contains(point).any()) is on_land
    if in_water is not None:
        assert bool(layer("geo-maps-water-2017").contains(point).any()) is in_water


def test_waters_are_whole_and_do_not_overlap() -> None:
    water = layer("geo-maps-water-2017")
    assert water.water_id.is_unique
    peipus = water[water.contains(shapely.Point(27.3, 58.7))].iloc[0]
    # Lakes Peipus, Lämmi and Pskov are 3,555 km² together.
    assert peipus.area_km2 == pytest.approx(3555, rel=0.03)
    flat = water.to_crs(3035).geometry.values
    clipped_km2 = shapely.area(flat).sum() / 1e6
    assert clipped_km2 < water.area_km2.sum()
    left, right = shapely.STRtree(flat).query(flat, predicate="intersects")
    twice = shapely.area(shapely.intersection(flat[left[left < right]], flat[right[left < right]]))
    assert len(twice) > 0
    assert twice.sum() < 1000.0


def test_admin_codes_are_unique_and_of_their_country() -> None:
    admin = layer("ne-admin1-10m").set_index("admin_id")
    assert admin.index.is_unique
    assert admin.country.value_counts().to_dict() == {
        "LV": 119, "NO": 19, "FI": 18, "PL": 16, "EE": 15, "LT": 10, "BY": 7, "RU": 1,
    }  # fmt: skip
    for code, name in (
        ("PL-20", "Podlaskie"),
        ("EE-64", "Põlvamaa"),
        ("FI-02", "Etelä-Karjala"),
        ("LV-044", "Kārsavas novads"),
    ):
        assert admin.name[code] == name
    assert admin.geometry["PL-20"].contains(shapely.Point(22.93, 54.10))


def test_places_keep_their_own_letters() -> None:
    places = layer("geonames-2025").set_index("source_id")
    assert places.index.is_unique
    assert set(places.country) == {"FI", "EE", "LV", "LT", "PL", "NO"}
    suwalki = places.loc[757718]
    assert (suwalki["name"], suwalki.name_en) == ("Suwałki", "Suwalki")
    assert "Сувалки" in suwalki.other_names.split("|")
    assert {"Białystok", "Šalčininkai", "Põlva", "Sejny"} <= set(places.name)
    assert (places.people.dropna() > 0).all()


def test_cover_is_the_whole_globe_and_its_legend_complete() -> None:
    entry, path, _ = told("modis-mcd12c1-2019")
    with rasterio.open(path) as raster:
        assert (raster.width, raster.height, raster.crs.to_epsg(), raster.nodata) == (7200, 3600, 4326, 255)
        assert tuple(raster.bounds) == pytest.approx((-180, -90, 180, 90))
        values = raster.read(1)
    assert entry.legend is not None
    assert {str(value) for value in np.unique(values)} | {"255"} == set(entry.legend.classes)
    assert set(entry.legend.classes.values()) <= {*COVER_CLASSES, UNKNOWN}
    tree = {int(value) for value, cover in entry.legend.classes.items() if cover == "tree"}
    assert set(entry.legend.tree_low) < tree < set(entry.legend.tree_high)


def test_settlement_classes_are_all_named_and_cover_the_frontier() -> None:
    entry, path, _ = told("ghs-degurba-2025")
    with rasterio.open(path) as raster:
        assert raster.crs.to_epsg() == 4326
        assert raster.nodata == 0
        assert raster.transform.a == pytest.approx(1 / 120)
        window = shapely.box(*raster.bounds)
        (suwalki,) = next(iter(raster.sample([(22.93, 54.10)])))
        values = np.unique(raster.read(1))
    assert {str(value) for value in values if value} == set(entry.options["classes"])
    assert suwalki in (23, 30)
    assert window.covers(shapely.box(*layer("geo-maps-water-2017").total_bounds))
