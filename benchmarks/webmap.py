"""Bytes, time and memory of our map beside plain folium with the same layers, in one run and one browser.

Run: python -m benchmarks.webmap [STUDY] [--root DIR] (after `geo-border run STUDY`)
Plain folium is given every advantage: Leaflet is inlined from the same package, its other scripts are left out, names
are not escaped, and its polygons are simplified to 25 m before they are handed over.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any

import folium
import geopandas as gpd
import shapely
from playwright.sync_api import sync_playwright
from xstatic.pkg import leaflet

from geo_border import result as results
from geo_border import study as studies
from geo_border.outputs import webmap
from geo_border.store import Folders

LAYERS = ("countries", "zones", "forested", "populated", "civilian_exposure", "corridor", "frontier")
ROUNDS = 3
_IDLE = """() => new Promise((done) => {
  const start = performance.now();
  requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => done(performance.now() - start), 0)));
})"""


def main() -> None:
    """Print one table."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("study", nargs="?", default=studies.DEFAULT)
    asked.add_argument("--root", type=Path, default=Path())
    options = asked.parse_args()
    study = studies.read_study(options.study)
    result = results.read(study, Folders(options.root).locate_processed(study.name))
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder)
        rows = [
            ("geo_border", *_made(lambda: webmap.write(result, out))),
            ("plain folium", *_made(lambda: plain(result, out / "plain.html"))),
        ]
        print("| map | bytes | drawn in s | usable in s | main thread busy s | JS heap MB |")
        print("|---|---|---|---|---|---|")
        for name, path, drawn_s in rows:
            usable_s, busy_s, heap_mb = measured(path)
            size = path.stat().st_size
            print(f"| {name} | {size:,} | {drawn_s:.1f} | {usable_s:.2f} | {busy_s:.2f} | {heap_mb:.0f} |")


def _made(make: Any) -> tuple[Path, float]:
    began = time.perf_counter()
    path = make()
    return path, time.perf_counter() - began


def plain(result: Any, path: Path) -> Path:
    """Draw the same layers as a user of folium would."""
    page = folium.Map(location=[58, 26], zoom_start=5, tiles=None, prefer_canvas=True)
    page.default_js, page.default_css = [], []
    base = Path(leaflet.BASE_DIR)
    script, style = ((base / f"leaflet.{kind}").read_text("utf-8") for kind in ("js", "css"))
    for name in LAYERS:
        frame = result.layers[name]
        shapes = shapely.simplify(frame.geometry.to_numpy(), 25.0)
        own = gpd.GeoDataFrame(frame.drop(columns="geometry").astype(str), geometry=shapes, crs=frame.crs)
        group = folium.FeatureGroup(name=name)
        folium.GeoJson(own.to_crs(4326), name=name).add_to(group)
        group.add_to(page)
    places = result.layers["settlements"].to_crs(4326)
    for point in places.geometry:
        folium.CircleMarker([point.y, point.x], radius=3).add_to(page)
    text = page.get_root().render().replace("<head>", f"<head><script>{script}</script><style>{style}</style>", 1)
    path.write_text(text, encoding="utf-8")
    return path


def measured(path: Path) -> tuple[float, float, float]:
    """Median of three: seconds until loaded and drawn, seconds the main thread worked, heap in MB."""
    found = []
    with sync_playwright() as play:
        for _ in range(ROUNDS):
            browser = play.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
            page = browser.new_context(viewport={"width": 1400, "height": 900}, offline=True).new_page()
            client = page.context.new_cdp_session(page)
            client.send("Performance.enable")
            began = time.perf_counter()
            page.goto(path.as_uri(), wait_until="load", timeout=300_000)
            page.evaluate(_IDLE)
            usable = time.perf_counter() - began
            told = {each["name"]: each["value"] for each in client.send("Performance.getMetrics")["metrics"]}
            heap = page.evaluate("performance.memory ? performance.memory.usedJSHeapSize : 0") / 1e6
            found.append((usable, float(told["TaskDuration"]), heap))
            browser.close()
    return sorted(found)[ROUNDS // 2]


if __name__ == "__main__":
    main()
