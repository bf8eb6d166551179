"""The page at its edges: ten thousand settlements, empty layers, a study on the antimeridian, templates in names."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
import shapely

from geo_border.outputs import webmap
from geo_border.outputs.webmap.payload import format_json
from geo_border.result import Result
from geo_border.schemas import conform
from tests.outputs.webmap import conftest

pytestmark = pytest.mark.browser
Visit = Callable[..., Any]


def test_ten_thousand_settlements_are_drawn_and_found(result: Result, tmp_path: Path, visit: Visit) -> None:
    names = tuple(f"Wieś {number}" for number in range(9_999))
    many = replace(result, layers={**result.layers, "settlements": conftest.named((*names, "Suwałki"))})
    path = webmap.write(many, tmp_path)
    assert path.stat().st_size < 4_000_000
    page = visit(path)
    assert page.evaluate("performance.getEntriesByName('gb-ready')[0].startTime") < 5_000
    page.fill("#search", "Сувалки")
    assert page.inner_text("#found li:first-child b") == "Suwałki"
    assert (
        page.evaluate("(() => { const t = performance.now(); GB.painter.paint(); return performance.now() - t; })()")
        < 500
    )


def test_empty_layers_leave_neither_box_nor_legend(result: Result, tmp_path: Path, visit: Visit) -> None:
    empty = ("frontier_sea", "forested", "populated", "civilian_exposure", "corridor", "corridor_axis", "settlements")
    layers = {**result.layers, **{name: conform(name, result.layers[name].iloc[:0]) for name in (*empty, "facilities")}}
    bare = replace(result, layers=layers, people=None, cover=None)
    page = visit(webmap.write(bare, tmp_path))
    page.click("#tab-layers")
    names = page.eval_on_selector_all(".layer input[type=checkbox]", "all => all.map((n) => n.id.slice(6))")
    assert set(names) == {"frontier", "bands", "strips", "corridor", "admin", "own", "basemap"}
    page.fill("#search", "Suwalki")
    assert page.inner_text("#found li") == "No settlement of that name in this study"


def test_a_study_on_the_antimeridian_is_drawn_in_one_place(result: Result, tmp_path: Path, visit: Visit) -> None:
    crs = "+proj=laea +lat_0=65 +lon_0=180 +datum=WGS84 +units=m +no_defs"
    x, y = (result.layers["zones"].total_bounds[[0, 1]] + result.layers["zones"].total_bounds[[2, 3]]) / 2

    def moved(frame: Any) -> Any:
        if not isinstance(frame, gpd.GeoDataFrame):
            return frame
        shapes = shapely.transform(frame.geometry.to_numpy(), lambda xy: xy - [x, y])
        return gpd.GeoDataFrame(frame.drop(columns="geometry"), geometry=shapes, crs=crs)

    layers = {name: moved(frame) for name, frame in result.layers.items()}
    far = replace(result, layers=layers, people=None, cover=None)
    page = visit(webmap.write(far, tmp_path))
    box = page.evaluate("[GB.home.getWest(), GB.home.getEast(), GB.home.getSouth(), GB.home.getNorth()]")
    assert box[1] - box[0] < 5
    assert box[0] < 180 < box[1]
    assert 64 < box[2] < 65 < box[3] < 66
    page.evaluate("GB.select(GB.map.getCenter(), null)")
    assert page.locator("#panel-body .card").count() > 0


def test_no_name_runs_as_a_template_and_no_text_ends_its_script(result: Result, tmp_path: Path) -> None:
    hostile = ("{{ 7 * 7 }}", "{% raw %}", "{# #}", "@@data@@", "</script><script>alert(1)</script>", "<!--", "]]>")
    named = replace(result, layers={**result.layers, "settlements": conftest.named(hostile)})
    text = webmap.write(named, tmp_path).read_text("utf-8")
    assert "<script>alert(1)" not in text
    for name in hostile:
        assert format_json(name)[1:-1] in text


def test_json_holds_nothing_that_a_page_could_read_as_markup() -> None:
    assert not set(format_json({"a": "<b>&\u2028\u2029"})) & set("<>&\u2028\u2029")
