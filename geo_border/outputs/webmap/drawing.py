"""What the page draws: every layer's features as classes, styles and arcs, from a result's layers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from geo_border.geo.crs import WGS84, reproject
from geo_border.geo.grid import Grid
from geo_border.outputs import basemap
from geo_border.outputs.cog import find_legend
from geo_border.outputs.webmap.grids import encode_grid
from geo_border.outputs.webmap.topology import Plane, Topology, encode_points
from geo_border.present import palette, rounding
from geo_border.present.rounding import RoundedValue
from geo_border.result import Result
from geo_border.schemas import COVER_CLASSES, UNKNOWN
from geo_border.study import Study

# Context is drawn this far around the zones, and cut there.
VIEW_MARGIN_M = 400_000.0
# Coarse land costs little, and its edge should be out of sight.
GROUND_MARGIN_M = 1_500_000.0
_CLASS_LAYERS = ("forested", "populated", "civilian_exposure")
_MIN_LAKE_KM2 = 4.0
# Kind of zone, and a column that is empty for what is not drawn: strips of countries and of the whole and a corridor as
# a whole are made of others of their kind. Sums by distance nest, and would only be drawn over the bands.
_ZONE_LAYERS = {
    "bands": ("band", "segment"),
    "strips": ("strip", "segment"),
    "corridor": ("corridor", "country"),
    "admin": ("admin", "part_of"),
    "own": ("own", "zone_id"),
}


def choose_view(result: Result) -> tuple[Plane, tuple[float, float, float, float]]:
    """Choose the plane to draw in, and the window (study CRS: x0, y0, x1, y1) that context is cut to."""
    zones, crs = result.layers["zones"], _get_crs(result.layers["zones"])
    frontier = result.layers["frontier"]
    bounds = zones.total_bounds if len(zones) else frontier.total_bounds
    middle = shapely.Point((bounds[0] + bounds[2]) / 2, (bounds[1] + bounds[3]) / 2)
    centre = reproject(middle, crs, WGS84)
    margin = np.array([-1, -1, 1, 1]) * VIEW_MARGIN_M
    x0, y0, x1, y1 = (bounds + margin).tolist()
    return Plane.build_at(centre.x, centre.y), (x0, y0, x1, y1)


def encode_layers(
    result: Result,
    plane: Plane,
    window: tuple[float, float, float, float],
    finest_tolerance: float,
    zone_ids: Iterable[str],
) -> dict[str, Any]:
    """Encode the geometry of every layer, to a finest detail in units; empty layers stay in as empty lists.

    Parameters
    ----------
    window
        What context is cut to, in the study's CRS.
    zone_ids
        Ids of the page's zones, in the order that gives each its number.

    Returns
    -------
    dict
        `arcs`, `levels` (texts), `layers` (by name, a list of features: `g` rings of arc numbers, and `c` class,
        `s` segment, `z` zone number or `n` name where the layer has them).
    """
    topology = Topology()
    layers: dict[str, list[dict[str, Any]]] = {}
    numbers_of_zones = pd.Index(zone_ids)
    for name, features, geometries, crs in [
        *_collect_context_layers(result, plane, window),
        *_collect_result_layers(result, numbers_of_zones),
    ]:
        numbers = topology.add(plane.project(geometries, crs) if len(features) else _NO_SHAPES)
        layers[name] = [{**feature, "g": number} for feature, number in zip(features, numbers, strict=True)]
    arcs, levels, geometries_by_number = topology.build(finest_tolerance)
    for features in layers.values():
        for feature in features:
            feature["g"] = geometries_by_number[feature["g"]]
    return {"arcs": arcs, "levels": levels, "layers": layers}


_NO_SHAPES: NDArray[np.object_] = np.array([], dtype=object)
LayerFeatures = tuple[str, list[dict[str, Any]], Any, CRS]


def _collect_result_layers(result: Result, zone_numbers: pd.Index[str]) -> Iterable[LayerFeatures]:
    features: list[dict[str, Any]]
    zones = result.layers["zones"]
    for name, (kind, filled) in _ZONE_LAYERS.items():
        part = zones[(zones["zone_kind"] == kind) & (zones[filled].notna() | _has_own_depth(zones, result.study))]
        # The widest strip is drawn first, so that the narrower ones stay visible on it.
        part = part.sort_values("to_m", ascending=False, kind="stable") if name == "strips" else part
        numbers = zone_numbers.get_indexer(part["zone_id"]).tolist()
        features = [{"z": number, "s": _convert_to_text(s)} for number, s in zip(numbers, part["segment"], strict=True)]
        yield name, features, part.geometry.to_numpy(), _get_crs(zones)
    for name in _CLASS_LAYERS:
        frame = result.layers[name]
        features = [
            {
                "c": row["class"],
                "s": row["segment"],
                "k": row["country"],
                **_round_sizes(row["area_km2"], row["people"]),
            }
            for _, row in frame.iterrows()
        ]
        yield name, features, frame.geometry.to_numpy(), _get_crs(frame)
    axis = result.layers["corridor_axis"]
    features = [{"n": row["name"], "l": rounding.round_length_km(row["length_km"])} for _, row in axis.iterrows()]
    yield "corridor_axis", features, axis.geometry.to_numpy(), _get_crs(axis)
    for name in ("frontier_sea", "frontier"):
        frame = result.layers[name]
        classes = frame["medium"] if name == "frontier" else [None] * len(frame)
        # A line of a user's own has no medium.
        texts = [_convert_to_text(c) for c in classes]
        features = [{"s": s, "c": c} if c else {"s": s} for s, c in zip(frame["segment"], texts, strict=True)]
        yield name, features, frame.geometry.to_numpy(), _get_crs(frame)


def _has_own_depth(zones: Any, study: Study) -> Any:
    """Strips of a country whose depth is its own: no strips of segments make them up."""
    return (zones["zone_kind"] == "strip") & zones["country"].notna() & ~zones["to_m"].isin(study.common_edges_m)


def _collect_context_layers(
    result: Result, plane: Plane, window: tuple[float, float, float, float]
) -> Iterable[LayerFeatures]:
    countries = result.layers["countries"]
    crs, home = _get_crs(countries), set(result.study.home)
    x0, y0, x1, y1 = window
    far = (x0 - GROUND_MARGIN_M, y0 - GROUND_MARGIN_M, x1 + GROUND_MARGIN_M, y1 + GROUND_MARGIN_M)
    ground = basemap.read_land(crs, far)
    yield "land", [{} for _ in ground], ground, crs
    shapes = shapely.clip_by_rect(shapely.make_valid(countries.geometry.to_numpy()), *window)
    shapes = basemap.clip_to_land(shapes, ground, crs, window)
    keep = ~shapely.is_empty(shapes)
    named = [
        {
            "k": row["country"],
            "n": row["name"],
            "c": _convert_to_text(row["treaty_status"]),
            "h": row["country"] in home,
            "at": at,
        }
        for (_, row), at in zip(countries[keep].iterrows(), _find_anchors(shapes[keep], crs, plane), strict=True)
    ]
    yield "countries", named, shapes[keep], crs
    lakes = basemap.read_lakes(crs, window, _MIN_LAKE_KM2)
    yield "water", [{} for _ in lakes], lakes, crs
    regions = basemap.read_regions(crs, window)
    regions = regions[regions["country"].isin(home)]
    outlines = regions.geometry.to_numpy()
    anchors = _find_anchors(outlines, crs, plane)
    yield "admin1", [{"n": n, "at": at} for n, at in zip(regions["name"], anchors, strict=True)], outlines, crs


def _find_anchors(geometry: NDArray[np.object_], crs: CRS, plane: Plane) -> list[list[int]]:
    """Find for each polygon the point deepest inside its largest part, where its name is written."""
    points = []
    for shape in shapely.simplify(geometry, 3_000.0):
        largest = max(shapely.get_parts(shape), key=lambda part: part.area)
        circle = shapely.maximum_inscribed_circle(largest, 5_000.0)
        points.append(shapely.get_point(circle, 0))
    placed = shapely.get_coordinates(plane.project(np.array(points, dtype=object), crs))
    return [[round(x), round(y)] for x, y in placed.tolist()]


def encode_grids(result: Result, plane: Plane) -> dict[str, Any]:
    """Encode the grids that the result carries: people in classes of the palette's breaks, cover by its legend."""
    found: dict[str, Any] = {}
    if result.people is not None:
        found["people"] = encode_grid(result.people, _classify_people(result.people), plane)
    legend = _find_cover_legend(result)
    if result.cover is not None and legend:
        classes = np.zeros(result.cover.shape, dtype=np.int64)
        for value, cls in legend.items():
            classes[result.cover.values == value] = (*COVER_CLASSES, UNKNOWN).index(cls) + 1
        if result.cover.nodata is not None:
            classes[result.cover.values == result.cover.nodata] = 0
        found["cover"] = encode_grid(result.cover, classes, plane)
    return found


def encode_places(frame: gpd.GeoDataFrame, plane: Plane) -> dict[str, Any]:
    """Encode settlements or facilities as columns; people rounded, distances in km rounded."""
    shapes = plane.project(frame.geometry.to_numpy(), _get_crs(frame)) if len(frame) else _NO_SHAPES
    points = shapely.get_coordinates(shapes)
    source, region = sorted(set(frame["source"])), sorted(set(frame["admin_name"].dropna()))
    return {
        "count": len(frame),
        "at": encode_points(points),
        "name": [_convert_to_text(v) for v in frame["name"]],
        "name_en": [_convert_to_text(v) for v in frame["name_en"]],
        "kind": list(frame["kind"]),
        "country": list(frame["country"]),
        "segment": list(frame["segment"]),
        "people": [rounding.round_people(_convert_to_float(v)) for v in frame["people"]],
        "km": [rounding.round_distance_km(_convert_to_float(v)) for v in frame["distance_m"]],
        "degurba": [None if pd.isna(v) else int(v) for v in frame["degurba"]],
        "region": [None if pd.isna(v) else region.index(v) for v in frame["admin_name"]],
        "regions": region,
        "source": [source.index(v) for v in frame["source"]],
        "sources": source,
    }


def _classify_people(grid: Grid) -> NDArray[np.int64]:
    values = grid.values.astype(np.float64)
    if grid.nodata is not None:
        values = np.where(values == grid.nodata, np.nan, values)
    breaks = palette.get_ramp("people").breaks
    # Class 0 is not drawn: a cell with nobody known in it stays blank. The first drawn class tells only "under 10".
    return np.where(np.nan_to_num(values, nan=0.0) > 0, np.digitize(values, breaks[1:]) + 1, 0)


def _find_cover_legend(result: Result) -> dict[int, str]:
    for source in result.passport.get("sources", []):
        if source["need"] == "cover":
            legend = find_legend(source)
            return {} if legend is None else {int(value): cls for value, cls in legend.classes.items()}
    return {}


def _round_sizes(area_km2: float | None, people: float | None) -> dict[str, RoundedValue]:
    return {
        "a": rounding.round_area_km2(_convert_to_float(area_km2)),
        "p": rounding.round_people(_convert_to_float(people)),
    }


def _get_crs(frame: gpd.GeoDataFrame) -> CRS:
    return CRS.from_user_input(frame.crs)


def _convert_to_text(value: str | float | None) -> str | None:
    return None if pd.isna(value) else str(value)


def _convert_to_float(value: float | None) -> float | None:
    return None if pd.isna(value) else float(value)
