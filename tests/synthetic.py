"""A small made-up Result, always the same, that satisfies every schema and carries hostile names; for tests only.

The world is a plane: Kaliningrad (RU) west of x = 0 km, Belarus east of x = 80 km, Poland south and Lithuania north of
y = 0 between them, 30 km deep each. Distances in it are planar, which is exact enough to draw and to store.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from affine import Affine
from pyproj import CRS

from geo_border import study as studies
from geo_border.geo.grid import Grid
from geo_border.result import Result
from geo_border.schemas import LAYERS, conform
from geo_border.study import Study
from geo_border.zones.bands import BandPart
from geo_border.zones.layout import Layout, PolygonZone, SegmentName
from tests import synthetic_figures

# South-west corner of the world in EPSG:3035, near Suwałki.
X0, Y0 = 5_120_000.0, 3_520_000.0
WIDTH_KM, HALF_KM = 80, 30
SEGMENTS = ("LT-RU", "LT-BY", "PL-RU", "PL-BY")
# The administrative units: one a country, of all its home land. Their names are data of others, as those of places are.
UNITS = {"LT-20": "Šiaurės apskritis", "PL-20": 'Południowe <b>"x"</b>'}
NAMES = {"LT": "Lietuva", "PL": "Polska", "RU": "Россия", "BY": "Беларусь"}
HOSTILE_NAMES = (
    '<script>alert("x")</script>',
    "<img src=x onerror=alert(1)>",
    "'; DROP TABLE settlements; --",
    "[% 1 + 1 %]",
    "{{ 7 * 7 }} ${7*7}",
    '=HYPERLINK("http://x")',
    'Zażółć, gęślą "jaźń"',
    "line\nbreak\tand tab",
    "</script><!-- -->",
    "שלום 🏡 عربى",
    "\\u0000 \\ back\\slash",
    "Suwałki",
    "Šalčininkai",
    "Põlva",
)


def _box(x0: float, y0: float, x1: float, y1: float) -> shapely.Polygon:
    return shapely.box(X0 + x0 * 1000, Y0 + y0 * 1000, X0 + x1 * 1000, Y0 + y1 * 1000)


def _line(*points: tuple[float, float]) -> shapely.LineString:
    return shapely.LineString([(X0 + x * 1000, Y0 + y * 1000) for x, y in points])


@dataclass(frozen=True)
class _Part:
    segment: str
    country: str
    facing: str
    west: bool
    north: bool

    def ring(self, from_km: float, to_km: float) -> shapely.Polygon:
        y0, y1 = (0, HALF_KM) if self.north else (-HALF_KM, 0)
        to_km = min(to_km, WIDTH_KM / 2)
        return _box(from_km, y0, to_km, y1) if self.west else _box(WIDTH_KM - to_km, y0, WIDTH_KM - from_km, y1)


PARTS = tuple(
    _Part(name, name[:2], name[3:], west=name.endswith("RU"), north=name.startswith("LT")) for name in SEGMENTS
)


def _home(country: str) -> shapely.Polygon:
    return _box(0, 0, WIDTH_KM, HALF_KM) if country == "LT" else _box(0, -HALF_KM, WIDTH_KM, 0)


def _frame(name: str, rows: list[dict[str, Any]]) -> Any:
    layer = LAYERS[name]
    columns = layer.column_names + (["geometry"] if layer.geometry else [])
    frame = pd.DataFrame(rows, columns=columns)
    if layer.geometry:
        frame = gpd.GeoDataFrame(frame, geometry="geometry", crs="EPSG:3035")
    return conform(name, frame)


def _frontier() -> list[dict[str, Any]]:
    rows = []
    for part in PARTS:
        x, sign = (0 if part.west else WIDTH_KM), (1 if part.north else -1)
        for medium, y0, y1 in (("land", 0, 12), ("river", 12, 20), ("lake", 20, HALF_KM)):
            rows.append(
                {
                    "segment": part.segment,
                    "country": part.country,
                    "facing": part.facing,
                    "medium": medium,
                    "length_km": float(y1 - y0),
                    "geometry": _line((x, sign * y0), (x, sign * y1)),
                }
            )
    return rows


def _layout(study: Study) -> Layout:
    rings = list(zip((0.0, *study.edges_m[:-1]), study.edges_m, strict=True))
    pieces = [
        BandPart(p.segment, p.country, a, b, p.ring(a / 1000, b / 1000), p.ring(0, b / 1000))
        for p in PARTS
        for a, b in rings
        if a < WIDTH_KM / 2 * 1000
    ]
    units = [{"admin_id": unit, "name": name, "country": unit[:2]} for unit, name in UNITS.items()]
    return Layout(
        study=study,
        segments=[SegmentName(p.segment, p.country, p.country, p.facing) for p in PARTS],
        pieces=pieces,
        admin=gpd.GeoDataFrame(units, geometry=[_home(unit[:2]) for unit in UNITS], crs="EPSG:3035"),
        admin_rings={ring: list(UNITS) for ring in study.bands},
        admin_segments=[(f"{p.country}-20", p.segment) for p in PARTS],
        names=NAMES,
        polygons=[
            *(PolygonZone("corridor", "suwalki", "Suwałki", code, n) for n, code in enumerate(("LT", "PL"))),
            PolygonZone("own", "Põhi|1", HOSTILE_NAMES[0], "PL", 2),
        ],
    )


def _cells() -> Any:
    east, north = (a.ravel() for a in np.meshgrid(np.arange(WIDTH_KM), np.arange(-HALF_KM, HALF_KM)))
    count = len(east)
    random = np.random.default_rng(20_260_101)
    shares = random.dirichlet([4, 2, 2, 0.3, 0.5, 0.4], count)
    people = np.round(random.gamma(0.4, 40, count), 3)
    people[random.random(count) < 0.05] = np.nan
    west, up = east < WIDTH_KM / 2, north >= 0
    country = np.where(up, "LT", "PL")
    x, y = X0 + east * 1000, Y0 + north * 1000
    exposure = np.select(
        [people >= 10, shares[:, :3].sum(axis=1) >= 0.9, random.random(count) < 0.1, people > 0],
        ["resident", "livelihood", "passage", "sparse"],
        default="",
    )
    columns: dict[str, Any] = {
        "cell_id": [f"1kmN{b // 1000:.0f}E{a // 1000:.0f}" for a, b in zip(x, y, strict=True)],
        "segment": np.char.add(np.char.add(country, "-"), np.where(west, "RU", "BY")),
        "country": country,
        "distance_m": np.where(west, east + 0.5, WIDTH_KM - east - 0.5) * 1000.0,
        "area_km2": 1.0,
        "people": people,
        "reach_people": np.nan_to_num(people) * 30,
        **{f"{c}_share": shares[:, i] for i, c in enumerate(("tree", "crop", "grass", "built", "water", "wetland"))},
        "cover_from": "modis",
        "degurba": pd.array(np.where(people > 100, 21, np.where(people > 10, 12, 11)), dtype="Int64"),
        "forested": shares[:, 0] >= 0.5,
        "populated": people >= 10,
        "civilian_exposure": [value or None for value in exposure],
    }
    frame = gpd.GeoDataFrame(columns, geometry=shapely.box(x, y, x + 1000, y + 1000), crs="EPSG:3035")
    frame.loc[:9, "degurba"] = pd.NA
    return conform("cells", frame)


def _dissolved(cells: Any, name: str, classes: Any) -> list[dict[str, Any]]:
    rows = []
    for (segment, country, cls), part in (
        cells.assign(cls=classes).dropna(subset="cls").groupby(["segment", "country", "cls"])
    ):
        rows.append(
            {
                "segment": segment,
                "country": country,
                "class": cls,
                "area_km2": part.area_km2.sum(),
                "people": part.people.sum(),
                "geometry": shapely.union_all(part.geometry.values),
            }
        )
    return rows


def _points(names: tuple[str, ...], kinds: tuple[str, ...]) -> list[dict[str, Any]]:
    rows = []
    for number, name in enumerate(names):
        part = PARTS[number % len(PARTS)]
        away = 0.4 + 2.3 * number
        x, y = (away if part.west else WIDTH_KM - away), (5 + number) * (1 if part.north else -1)
        rows.append(
            {
                "name": name,
                "name_en": None if number % 3 else f"Place {number}",
                "kind": kinds[number % len(kinds)],
                "country": part.country,
                "segment": part.segment,
                "distance_m": away * 1000.0,
                "people": None if number % 4 == 3 else 100.0 * number + 7,
                "degurba": (11, 12, 13, 21, 30, pd.NA)[number % 6],
                "source": "made-up",
                "admin_id": f"{part.country}-20",
                "admin_name": UNITS[f"{part.country}-20"],
                "geometry": shapely.Point(X0 + x * 1000, Y0 + y * 1000),
            }
        )
    return rows


def _countries() -> list[dict[str, Any]]:
    shapes = {
        "LT": (_home("LT"), "withdrawn"),
        "PL": (_home("PL"), "withdrawn"),
        "RU": (_box(-40, -HALF_KM, 0, HALF_KM), "non_party"),
        "BY": (_box(WIDTH_KM, -HALF_KM, WIDTH_KM + 40, HALF_KM), "party"),
    }
    return [
        {
            "country": code,
            "name": NAMES[code],
            "treaty_status": status,
            "geometry": shape,
            "treaty_notified": "2025-06-27" if status == "withdrawn" else None,
            "treaty_effective": "2025-12-27" if status == "withdrawn" else None,
            "treaty_source": "made-up" if status == "withdrawn" else None,
        }
        for code, (shape, status) in shapes.items()
    ]


def _grids() -> tuple[Grid, Grid]:
    random = np.random.default_rng(7)
    cover = Grid(
        random.choice(np.array([0, 1, 4, 5, 8, 10, 11, 12, 13], dtype=np.uint8), (60, 80)),
        Affine(0.05, 0, 21.0, 0, -0.05, 56.0),
        CRS.from_epsg(4326),
        255,
    )
    people = np.round(random.gamma(0.3, 50, (HALF_KM * 2, WIDTH_KM)), 2)
    people[:3] = np.nan
    transform = Affine(1000, 0, X0, 0, -1000, Y0 + HALF_KM * 1000)
    return cover, Grid(people, transform, CRS.from_epsg(3035), None)


def _source(need: str, dataset: str, licence: str) -> dict[str, Any]:
    return {
        "need": need,
        "dataset": dataset,
        "title": f"Made-up {need} & <b>more</b>",
        "publisher": "Nobody",
        "version": "1",
        "vintage": "2025",
        "licence": licence,
        "licence_url": "https://example.org/licence",
        "attribution": f"© Nobody, {need}",
        "citation": f"Nobody (2025): {need}.",
        "homepage": "https://example.org",
        "files": [{"name": f"{need}.bin", "sha256": "0" * 64, "bytes": 1}],
    }


def _passport(study: Any) -> dict[str, Any]:
    return {
        "geo_border": "0.1.0",
        "study": study.model_dump(mode="json"),
        "sources": [
            _source("boundaries", "made-up-boundaries", "ODbL-1.0"),
            _source("cover", "made-up-cover", "CC-BY-4.0"),
            _source("people", "made-up-people", "CC-BY-4.0"),
        ],
        "parameters": {"reach_m": study.reach_m},
        "checks": [{"name": "made-up", "ok": True, "detail": ""}],
        "notes": ["This is a made-up world."],
        "disclaimer": "Hypothetical, uniform; no contamination asserted; boundaries imply no endorsement.",
    }


def build() -> Result:
    """The made-up result of the default study; built anew at each call, equal each time."""
    study = studies.read_study(studies.DEFAULT)
    layout = _layout(study)
    shapes = [_home(polygon.country) for polygon in layout.polygons]
    settlements = _frame("settlements", _points(HOSTILE_NAMES, ("place", "town", "village")))
    exposure = synthetic_figures.build_table(layout, settlements)
    zones = synthetic_figures.build_zones(layout, shapes, exposure)
    cells = _cells()
    segments = _frame(
        "segments",
        [
            {
                "segment": p.segment,
                "country": p.country,
                "facing": p.facing,
                "length_km": float(HALF_KM),
                "sea_km": 7.0 if p.west else 0.0,
                "official_km": 31.0 if p.north else None,
                "official_source": "made-up" if p.north else None,
                "note": "scale" if p.north else None,
            }
            for p in PARTS
        ],
    )
    degurba = cells.degurba.map({11: "low_density", 12: "dispersed", 21: "village"}).where(cells.populated)
    corridor = zones[(zones.zone_kind == "corridor") & zones.country.notna()].assign(name="Suwałki")
    axis = [
        {"name": "Suwałki gap", "length_km": 80.0, "geometry": _line((0, 0.5), (WIDTH_KM, 0.5))},
        {"name": "PL-LT border", "length_km": 80.0, "geometry": _line((0, 0), (WIDTH_KM, 0))},
    ]
    sea = [
        {
            "segment": "LT-RU",
            "country": "LT",
            "facing": "RU",
            "length_km": 7.0,
            "geometry": _line((0, HALF_KM), (0, HALF_KM + 7)),
        }
    ]
    layers = {
        "frontier": _frame("frontier", _frontier()),
        "frontier_sea": _frame("frontier_sea", sea),
        "segments": segments,
        "zones": zones,
        "cells": cells,
        "forested": _frame("forested", _dissolved(cells, "forested", np.where(cells.forested, "forested", None))),
        "populated": _frame("populated", _dissolved(cells, "populated", degurba)),
        "civilian_exposure": _frame(
            "civilian_exposure", _dissolved(cells, "civilian_exposure", cells.civilian_exposure)
        ),
        "corridor": conform(
            "corridor", corridor[[*LAYERS["corridor"].column_names, "geometry"]].reset_index(drop=True)
        ),
        "corridor_axis": _frame("corridor_axis", axis),
        "settlements": settlements,
        "facilities": _frame("facilities", []),
        "countries": _frame("countries", _countries()),
    }
    cover, people = _grids()
    readings = synthetic_figures.build_readings(exposure)
    return Result(study, layers, exposure, readings, cover, people, _passport(study))
