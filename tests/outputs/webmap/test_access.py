"""The page for everyone: a checker finds nothing serious, the keyboard reaches all, motion can be refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.browser
Visit = Callable[..., Any]
TABS = ("story", "layers", "place", "compare", "table", "about")


@pytest.mark.parametrize("width", [1400, 390])
@pytest.mark.parametrize("tab", TABS)
def test_axe_finds_nothing_serious(page_file: Path, visit: Visit, tab: str, width: int) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed").Axe()
    page = visit(page_file, width=width, height=900)
    if tab == "place":
        page.evaluate("GB.goToPlace(0)")
    else:
        page.evaluate("(tab) => GB.show(tab)", tab)
    found = axe.run(page).response["violations"]
    serious = [f"{v['id']}: {v['nodes'][0]['html'][:200]}" for v in found if v["impact"] in ("serious", "critical")]
    assert not serious


def test_the_keyboard_reaches_every_control_and_each_shows_its_focus(page_file: Path, visit: Visit) -> None:
    page = visit(page_file)
    reached = set()
    for _ in range(40):
        page.keyboard.press("Tab")
        at = page.evaluate("((n) => [n.id || n.className, getComputedStyle(n).outlineStyle])(document.activeElement)")
        if at[0] in reached:
            break
        reached.add(at[0])
        assert at[1] != "none", f"{at[0]} has focus and does not show it"
    assert {"search", "whole", "locate", "share", "print", "fold", "language", "tab-story", "panel-body"} <= reached


def test_tabs_move_with_the_arrow_keys(page_file: Path, visit: Visit) -> None:
    page = visit(page_file)
    page.focus("#tab-story")
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.id") == "tab-layers"
    assert page.get_attribute("#tab-layers", "aria-selected") == "true"


def test_a_place_is_chosen_by_keyboard_alone(page_file: Path, visit: Visit) -> None:
    page = visit(page_file)
    page.focus(".folium-map")
    page.keyboard.press("ArrowRight")
    page.wait_for_timeout(400)
    page.keyboard.press("Enter")
    assert page.get_attribute("#tab-place", "aria-selected") == "true"
    assert page.locator("#panel-body .card").count() > 0


def test_search_is_done_by_keyboard_alone(page_file: Path, visit: Visit) -> None:
    page = visit(page_file)
    page.focus("#search")
    page.keyboard.type("Suw")
    page.keyboard.press("ArrowDown")
    assert page.get_attribute("#search", "aria-activedescendant") == page.get_attribute(
        "#found [aria-selected=true]", "id"
    )
    page.keyboard.press("Enter")
    assert page.inner_text("#panel-body .card.place h3") == "Suwałki"


def test_a_reader_who_refuses_motion_gets_none(page_file: Path, visit: Visit) -> None:
    page = visit(page_file, reduced_motion="reduce")
    assert page.evaluate("[GB.calm(), GB.map.options.zoomAnimation]") == [True, False]
