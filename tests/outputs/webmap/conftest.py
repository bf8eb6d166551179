"""A synthetic result made into pages, and headless Chromium with no network to open them in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from geo_border.outputs import webmap
from geo_border.result import Result
from geo_border.schemas import conform
from tests import synthetic

# Real places as people spell them in three alphabets; where they stand in the synthetic world is made up.
VILLAGES = ("Suwałki", "Šalčininkai", "Narva", "Daugavpils", "Põlva", "Sejny", "Lieksa")


def named(names: tuple[str, ...]) -> Any:
    """Settlements of those names along the middle of the synthetic world."""
    rows = [
        {
            "name": name,
            "name_en": None,
            "kind": "place",
            "country": "LT",
            "segment": "LT-RU",
            "distance_m": 4_000.0 + 10 * number,
            "people": 50.0 * number + 3,
            "degurba": 13,
            "source": "made-up-people",
            "admin_id": "LT-20" if number % 2 else None,
            "admin_name": synthetic.UNITS["LT-20"] if number % 2 else None,
            "geometry": shapely.Point(
                synthetic.X0 + 4_000 + 17 * number % 60_000, synthetic.Y0 + 1_000 + 61 * number % 28_000
            ),
        }
        for number, name in enumerate(names)
    ]
    return conform("settlements", gpd.GeoDataFrame(rows, geometry="geometry", crs="EPSG:3035"))


def facilities() -> Any:
    """One facility of each kind."""
    frame = named(("school", "kindergarten", "hospital", "clinic", "care_home"))
    return conform("facilities", frame.assign(kind=frame["name"]))


def rich() -> Result:
    """The synthetic result with villages, facilities, and the real legend for its cover."""
    made = synthetic.build()
    settlements = pd.concat([made.layers["settlements"], named(VILLAGES)], ignore_index=True)
    layers = {
        **made.layers,
        "settlements": conform("settlements", gpd.GeoDataFrame(settlements, geometry="geometry", crs="EPSG:3035")),
        "facilities": facilities(),
    }
    sources = [dict(s, dataset="modis-mcd12c1-2019") if s["need"] == "cover" else s for s in made.passport["sources"]]
    return replace(made, layers=layers, passport={**made.passport, "sources": sources})


@pytest.fixture(scope="session")
def result() -> Result:
    return rich()


@pytest.fixture(scope="session")
def page_file(result: Result, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return webmap.write(result, tmp_path_factory.mktemp("map"))


@pytest.fixture
def visit(browser: Any) -> Iterator[Callable[..., Any]]:
    """Open a page file with the network off; any request, console error or dialog fails the test at its end."""
    contexts, faults = [], []

    def _visit(path: Path, fragment: str = "", width: int = 1400, height: int = 900, **options: Any) -> Any:
        context = browser.new_context(viewport={"width": width, "height": height}, offline=True, **options)
        contexts.append(context)
        page = context.new_page()
        # A browser on a busy machine may take long to start: what is held is what the page does.
        page.set_default_navigation_timeout(180_000)
        page.on(
            "request",
            lambda r: None if r.url.startswith(("file:", "blob:", "data:")) else faults.append(f"request {r.url}"),
        )
        page.on("console", lambda m: faults.append(f"console {m.text}") if m.type in ("error", "warning") else None)
        page.on("pageerror", lambda e: faults.append(f"error {e}"))
        page.on("dialog", lambda d: (faults.append(f"dialog {d.message}"), d.dismiss()))
        page.goto(f"{path.as_uri()}{fragment}")
        page.wait_for_selector("body[data-ready]")
        return page

    yield _visit
    for context in contexts:
        context.close()
    assert not faults
