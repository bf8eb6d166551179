"""The live catalogue read as data: every URL documented, every term carried, every legend whole."""

from __future__ import annotations

import re
import string
from pathlib import Path
from urllib.parse import urlparse

import pytest
import shapely

from geo_border.catalog import Entry, find_entry, read_entries, read_presets
from geo_border.errors import CatalogError, StudyError
from geo_border.facts.iso3166 import convert_to_alpha3
from geo_border.fetch.options import Options
from geo_border.fetch.tiles import select_remote_files
from geo_border.schemas import COVER_CLASSES, UNKNOWN

LIVE = [one for one in read_entries().values() if one.source in {"http", "overpass"}]
BY_HAND = [one for one in read_entries().values() if one.source == "local"]
NAMES = [one.name for one in LIVE]
PLACEHOLDERS = {"tile", "row", "column", "iso2", "iso3", "iso3_lower", "part", "country_name"}


@pytest.mark.parametrize("name", NAMES)
def test_every_url_is_https_and_names_the_page_that_states_it(name: str) -> None:
    download = find_entry(name).download
    assert download is not None
    for url in (download.url, download.documentation, download.tiles.index_url or download.url, *download.seen_in):
        parsed = urlparse(url)
        assert parsed.scheme == "https", url
        assert "." in parsed.netloc, url
    assert {field for _, field, _, _ in string.Formatter().parse(download.url) if field} <= PLACEHOLDERS
    # What tells files apart in the URL tells them apart on disk.
    asked = set(re.findall(r"{(\w+)}", download.url))
    kept = set(re.findall(r"{(\w+)}", download.name))
    assert asked <= kept | {"iso3"}


@pytest.mark.parametrize("name", [one.name for one in (*LIVE, *BY_HAND)])
def test_every_dataset_carries_whose_it_is_and_on_what_terms(name: str) -> None:
    one = find_entry(name)
    for key in ("title", "publisher", "version", "vintage", "licence", "licence_url", "attribution", "citation"):
        assert getattr(one, key).strip(), key
    for key in ("homepage", "documentation", "reader", "resolution", "crs"):
        assert getattr(one, key).strip(), key
    assert one.traps
    if one.source != "local":
        assert one.approx_bytes
    if "people" in one.needs:
        assert one.counts in {"all", "home"}
        assert one.locates_people_per_km2
    if set(one.needs) & {"cover", "people", "settlement_class"}:
        assert one.pixel_m


def test_terms_that_bind_the_user_are_stated() -> None:
    for name, words in {
        "gisco-lau-2024": "will not be used for commercial purposes",
        "gisco-countries-2024": "© EuroGeographics",
        "wdpa": "may not be redistributed",
        "osm-facilities": "shared free service",
        "corine-2018": "EU Login",
    }.items():
        assert words in find_entry(name).terms, name


@pytest.mark.parametrize("name", [one.name for one in read_entries().values() if one.legend is not None])
def test_every_legend_is_whole_and_its_tree_readings_nest(name: str) -> None:
    legend = find_entry(name).legend
    assert legend is not None
    assert set(legend.classes.values()) <= {*COVER_CLASSES, UNKNOWN}
    assert "tree" in legend.classes.values()
    assert re.search(r"\d+ ?%", legend.canopy)
    central = {int(value) for value, word in legend.classes.items() if word == "tree"}
    assert set(legend.tree_low) <= central <= set(legend.tree_high)
    assert set(map(str, legend.tree_high)) <= set(legend.classes)


def test_corine_holds_both_of_its_codings_with_the_same_meaning() -> None:
    legend = find_entry("corine-2018").legend
    assert legend is not None
    by_name = {legend.names[str(code)]: legend.classes[str(code)] for code in range(1, 45)}
    assert len(by_name) == 44
    for code, word in legend.classes.items():
        if int(code) > 100:
            assert by_name[legend.names[code]] == word


def test_worldcover_tiles_are_named_by_their_corner_as_its_index_lists_them() -> None:
    download = find_entry("esa-worldcover-2021").download
    assert download is not None
    assert download.url.format(tile="N54E021").endswith("/ESA_WorldCover_10m_2021_v200_N54E021_Map.tif")


def test_country_files_are_named_as_their_publishers_name_them() -> None:
    options = Options(countries=("PL", "EE"), facing=("BY",))
    files = {
        name: [p.url.rsplit("/", 1)[1] for p in select_remote_files(find_entry(name), None, options, None)]
        for name in ("geonames", "worldpop-r2025a", "osm-extracts", "osm-boundaries")
    }
    assert files["geonames"] == ["EE.zip", "PL.zip"]
    assert files["worldpop-r2025a"] == ["est_pop_2025_CN_100m_R2025A_v1.tif", "pol_pop_2025_CN_100m_R2025A_v1.tif"]
    assert files["osm-extracts"] == ["estonia-latest.osm.pbf", "poland-latest.osm.pbf"]
    assert len(files["osm-boundaries"]) == 3
    ages = [
        p.name for p in select_remote_files(find_entry("worldpop-age-r2025a"), None, Options(countries=("PL",)), None)
    ]
    assert len(ages) == 20
    assert "pol_t_00_2025_CN_100m_R2025A_v1.tif" in ages


def test_age_groups_are_each_in_one_category_and_none_is_missing() -> None:
    one = find_entry("worldpop-age-r2025a")
    assert one.download is not None
    grouped = [age for name in ("under_15", "15_64", "over_64") for age in one.options[name]]
    assert sorted(grouped) == sorted(one.download.each)


def test_tiles_need_a_window_and_countries_a_code() -> None:
    with pytest.raises(CatalogError, match="no window was given"):
        select_remote_files(find_entry("ghs-pop-r2023a"), None, Options(), None)
    with pytest.raises(CatalogError, match="none was given"):
        select_remote_files(find_entry("geonames"), shapely.Point(0, 0), Options(), None)
    with pytest.raises(StudyError, match="not an ISO 3166-1"):
        convert_to_alpha3("KGD")


def test_presets_name_datasets_that_are_there() -> None:
    for preset, chosen in read_presets().items():
        for need, name in chosen.items():
            assert name in read_entries(), (preset, need)


def test_an_entry_without_a_way_to_fetch_it_is_refused() -> None:
    told = {**find_entry("esa-worldcover-2021").model_dump(), "download": None}
    with pytest.raises(ValueError, match="do not go together"):
        Entry.model_validate(told)


def test_the_page_about_data_lists_every_dataset_that_does_not_ship() -> None:
    page = (Path(__file__).parents[2] / "docs" / "DATA.md").read_text("utf-8")
    for one in (*LIVE, *BY_HAND):
        assert f"](../geo_border/catalog/{one.name}.toml)" in page
        assert (one.download.documentation if one.download else one.documentation) in page
