"""Areas, depths and a line of a user's own on the map: drawn, looked up, named, in the legend, in any language."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.own_world import AREAS, HOSTILE, run, run_river

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("own map")]
Visit = Callable[..., Any]


@pytest.fixture(scope="module")
def areas_page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("areas")
    run(root, AREAS, ["m", "b", "n"], HOSTILE)
    return root / "maps" / "pair" / "index.html"


@pytest.fixture(scope="module")
def river_page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("river")
    run_river(root)
    return root / "maps" / "river" / "index.html"


def test_own_areas_are_drawn_and_named_in_the_legend(areas_page: Path, visit: Visit) -> None:
    page = visit(areas_page)
    assert page.evaluate("GB.painter.shown.has('own')")
    assert page.inner_text("[data-legend=own]") == "Own areas"
    features = page.evaluate("GB.data.geometry.layers.own.map((f) => GB.zones[f.z].zone_id)")
    assert features == ["own|m", "own|b", "own|n"]
    # What was painted differs once the layer is off.
    on = page.evaluate("GB.painter._container.toDataURL()")
    page.evaluate("GB.toggle('own', false)")
    assert page.evaluate("GB.painter._container.toDataURL()") != on
    assert page.locator("[data-legend=own]").count() == 0


def test_an_own_area_is_looked_up_by_its_name_in_its_own_letters(areas_page: Path, visit: Visit) -> None:
    page = visit(areas_page, "#11/54.25/23.35/en/own+frontier/54.25,23.35")
    card = page.locator("[data-zone='own|b']")
    assert card.locator("summary").first.inner_text() == f"{HOSTILE[1]} (b)"
    assert "145\u00a0km²" in card.inner_text()


def test_own_areas_are_listed_in_the_order_of_the_file(areas_page: Path, visit: Visit) -> None:
    page = visit(areas_page)
    names = page.evaluate("GB.data.story.own.map((area) => area.name)")
    assert names == [f"{name} ({i})" for i, name in zip("mbn", HOSTILE, strict=True)]


def test_the_depth_of_a_country_is_drawn_with_the_strips(areas_page: Path, visit: Visit) -> None:
    page = visit(areas_page)
    drawn = page.evaluate("GB.data.geometry.layers.strips.map((f) => GB.zones[f.z].zone_id)")
    assert "strip|AA|0-3000" in drawn
    assert "strip|AA|0-1000" not in drawn
    assert "strip|CC-BB|CC|0-2000" in drawn
    page.evaluate("GB.toggle('strips', true)")
    assert "3\u00a0km" in page.inner_text("[data-legend=strips]")


def test_a_line_of_ones_own_is_drawn_and_named(river_page: Path, visit: Visit) -> None:
    page = visit(river_page, "#10/54.1/23.4/en/frontier+bands/54.1,23.4")
    assert page.inner_text("[data-legend=frontier] li") == "own line"
    assert page.evaluate("GB.segmentName('AA-line')") == "AA – own line"
    card = page.evaluate("GB.segmentCard('AA-line').textContent")
    assert card.startswith("Frontier: AA – own lineMeasured length22.3\u00a0km")
    page.select_option("#language", "pl")
    assert page.evaluate("GB.segmentName('AA-line')") == "AA – własna linia"
