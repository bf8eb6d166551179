"""A world made by hand whose every figure can be worked out on paper; for tests only.

Lengths are in kilometres from a corner in the middle of the plane of Europe, where distances and areas are true. The
frontier runs north along x = 0: home lies west of it, as far as x = -6, the facing country XX east.

    y = 8 +--------------------------------+
          |  AA, unit AA-2 (a lake in it)  | river
        6 |--------------------------------|
          |  AA, unit AA-1                 | river, from 5 down to 4 land
        4 |--------------------------------|
          |  BB, nearest to AA's segment   | sea: nothing is measured from it
        3 |- - - - - - - - - - - - - - - - |
          |  BB, in no unit                | land, from 1 down a lake
        0 +--------------------------------+
         -6    -5        -3      -1  -.5  0
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import pairwise
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from affine import Affine
from pyproj import CRS

from geo_border.catalog import Entry, Legend
from geo_border.frontier import Frontier, Surroundings
from geo_border.frontier.build import Segment
from geo_border.geo.crs import WGS84, reproject
from geo_border.geo.grid import Grid
from geo_border.layers import Layer, Layers
from geo_border.measures.base import Counted, Land, Sums, ZoneTable
from geo_border.measures.table import build_readings, build_table, count_measures, sum_columns
from geo_border.pipeline import land, layers
from geo_border.pipeline.study_area import StudyArea
from geo_border.study import Corridor, Study
from geo_border.zones import cells, units
from geo_border.zones.bands import BandPart
from geo_border.zones.corridor import CorridorShape
from geo_border.zones.membership import Membership

EUROPE = CRS.from_epsg(3035)
X0, Y0 = 4_321_000.0, 3_210_000.0
NAMES = {"AA": "Ääland", "BB": "Bełand", "XX": "Иксландия"}
# Home land by segment, country and y; every one of them from x = -6 to 0.
PARTS = (("AA-XX", "AA", 4, 8), ("AA-XX", "BB", 3, 4), ("BB-XX", "BB", 0, 3))
EDGES_M = (0.0, 500.0, 1000.0, 3000.0, 5000.0, np.inf)

STUDY = Study(
    name="handmade",
    title="Made by hand",
    home=("AA", "BB"),
    facing=("XX",),
    bands_m=(1000, 3000, 5000),
    strips_m=(500, 1000),
    crs="EPSG:3035",
    corridors=(Corridor(id="gap", name="Źródło", between=("XX", "XX2"), k=1.25, k_low=1.1, k_high=1.5),),
    territories={"XX2": {"country": "XX", "point": (0.0, 0.0)}},
)
LEGEND = Legend(
    canopy="10 %",
    classes={"0": "unknown", "1": "tree", "2": "tree", "3": "grass", "4": "shrub", "5": "water", "6": "crop"},
    names={str(code): str(code) for code in range(7)},
    tree_low=[1],
    tree_high=[1, 2, 4],
)
# One number a km², the northernmost row first, the westernmost column (x from -6 to -5) first.
COVER = (
    (1, 1, 1, 1, 1, 1),
    (1, 1, 1, 5, 3, 3),
    (2, 2, 2, 2, 6, 6),
    (4, 4, 3, 3, 6, 0),
    (1, 3, 3, 3, 3, 6),
    (1, 1, 1, 6, 6, 6),
    (3, 3, 3, 3, 3, 3),
    (1, 1, 1, 2, 2, 4),
)
PEOPLE = (
    (9, 0, 0, 10, 20, 30),
    (9, 0, 5, 8, 0, 2),
    (0, 100, 0, 0, 0, 0),
    (0, 0, 0, 0, 0, 40),
    (0, 0, 7, 0, 0, 0),
    (0, 0, 0, 0, 60, 0),
    (0, 0, 0, 0, 0, 0),
    (0, 0, 0, 0, 0, 12),
)
CHILDREN = ((0, 0, 0, 0, 0, 6), (0,) * 6, (0,) * 6, (0, 0, 0, 0, 0, 10), (0,) * 6, (0,) * 6, (0,) * 6, (0,) * 6)


def box(west: float, south: float, east: float, north: float) -> shapely.Polygon:
    """A box in the plane, its sides given in kilometres."""
    return shapely.box(X0 + west * 1e3, Y0 + south * 1e3, X0 + east * 1e3, Y0 + north * 1e3)


def line(*points: tuple[float, float]) -> shapely.LineString:
    """A line in the plane through points in kilometres."""
    return shapely.LineString([(X0 + x * 1e3, Y0 + y * 1e3) for x, y in points])


def point(x: float, y: float) -> shapely.Point:
    """A point of the plane in kilometres."""
    return shapely.Point(X0 + x * 1e3, Y0 + y * 1e3)


def to_lonlat(shape: Any) -> Any:
    """Geometry of the plane in lon/lat."""
    return reproject(shape, EUROPE, WGS84)


# The part of AA's cell row y 6..7 that is under water.
LAKE = box(-3, 6, -2, 6.5)
ROADS = (line((-5.5, 5.25), (0.5, 5.25)), line((-0.25, 0.5), (-0.25, 7.5)))
SITES = (box(-2, 0, 1, 2), box(-2, 1, 0, 3))
# Name, x, y; the last two lie beyond the widest band and beyond the line.
PLACES = (
    ("Ülo", -0.4, 7.5),
    ("Żary", -0.8, 4.5),
    ("Põlva", -2.5, 2.5),
    ("Šeši", -3.5, 3.8),
    ("Čára", -1.5, 6.5),
    ("Far", -5.5, 7.0),
    ("Beyond", 1.0, 7.0),
)
FACILITIES = (("school", -0.4, 1.5), ("school", -2.5, 5.5), ("hospital", -0.8, 6.5))
OUTLINES = {1.25: box(-4, 3, -2, 6), 1.1: box(-4, 3.5, -2, 5), 1.5: box(-5, 2, -1, 7)}


def make_entry(name: str, needs: list[str], **changes: Any) -> Entry:
    """A catalogue entry of a dataset that is not there."""
    texts = "title publisher version licence licence_url attribution citation homepage documentation resolution crs"
    given = {key: f"made-up {key}" for key in texts.split()}
    given |= {"name": name, "needs": needs, "source": "local", "reader": "vector", "vintage": "2026"}
    return Entry.model_validate({**given, **changes})


def make_grid(rows: Any, dtype: str, nodata: float | None = None) -> Grid:
    """Numbers by km² as a grid of the plane."""
    values = np.array(rows, dtype=dtype)
    transform = Affine(1e3, 0, X0 - 6e3, 0, -1e3, Y0 + 8e3)
    return Grid(values, transform, EUROPE, nodata)


def make_table(shapes: Any, **columns: Any) -> gpd.GeoDataFrame:
    """A canonical vector layer of shapes in the plane."""
    # What is straight in the plane is bent in lon/lat: vertices every 100 m keep it within a millimetre.
    flat = [to_lonlat(shapely.segmentize(shape, 100.0)) for shape in shapes]
    frame = pd.DataFrame(columns, index=range(len(flat)))
    return gpd.GeoDataFrame(frame, geometry=flat, crs=WGS84)


def make_layers() -> Layers:
    """Every dataset of the world."""
    points = [point(x, y) for _, x, y in PLACES]
    facilities = [point(x, y) for _, x, y in FACILITIES]
    codes = list(NAMES)
    sides = [box(-6, 4, 0, 8), box(-6, 0, 0, 4), box(0, 0, 2, 8)]
    people = make_entry("counts", ["people"], counts="home", reader="raster")
    ages = {"under_15": make_grid(CHILDREN, "f8"), "over_64": make_grid(np.zeros((8, 6)), "f8")}
    found = {
        "boundaries": Layer(
            make_entry("borders", ["boundaries"]),
            make_table(sides, country=codes, territory=codes, name=[NAMES[code] for code in codes]),
        ),
        "cover": Layer(make_entry("cover", ["cover"], legend=LEGEND, reader="raster"), make_grid(COVER, "u1", 255)),
        "people": Layer(people, make_grid(PEOPLE, "f8"), ages),
        "places": Layer(
            make_entry("places", ["places"]),
            make_table(
                points,
                name=[name for name, _, _ in PLACES],
                name_en=None,
                kind="village",
                country=None,
                people=np.nan,
            ),
        ),
        "facilities": Layer(
            make_entry("facilities", ["facilities"]),
            make_table(facilities, name=None, name_en=None, kind=[kind for kind, _, _ in FACILITIES]),
        ),
        "roads": Layer(make_entry("roads", ["roads"]), make_table(ROADS, kind="primary")),
        "protected": Layer(make_entry("sites", ["protected"]), make_table(SITES, name="site", kind="park")),
    }
    return Layers({need: (layer,) for need, layer in found.items()})


def make_admin() -> gpd.GeoDataFrame:
    """Units of AA; BB has none."""
    columns = {"admin_id": ["AA-1", "AA-2"], "name": ["Ääs", "Öst"], "country": ["AA", "AA"]}
    return gpd.GeoDataFrame(columns, geometry=[box(-6, 4, 0, 6), box(-6, 6, 0, 8)], crs=EUROPE)


def make_frontier() -> Frontier:
    """Two segments with the sea between them."""
    rows = (
        ("AA", (("land", 4.0, 5.0), ("river", 5.0, 8.0)), None),
        ("BB", (("lake", 0.0, 1.0), ("land", 1.0, 3.0)), (3.0, 4.0)),
    )
    segments = []
    for home, media, sea in rows:
        pieces = tuple((medium, to_lonlat(line((0, south), (0, north)))) for medium, south, north in media)
        whole = to_lonlat(line((0, media[0][1]), (0, media[-1][2])))
        at_sea = [] if sea is None else [to_lonlat(line((0, sea[0]), (0, sea[1])))]
        segments.append(Segment(f"{home}-XX", home, "XX", home, "XX", whole, pieces, shapely.MultiLineString(at_sea)))
    return Frontier(tuple(segments), EUROPE)


def make_ground(
    admin: gpd.GeoDataFrame | None = None,
    outlines: dict[float, Any] | None = None,
    water: Sequence[shapely.Polygon] = (LAKE,),
) -> StudyArea:
    """The world on the ground: pieces, units and cells of home land, as the pipeline would lay them."""
    frontier = make_frontier()
    home = {"AA": box(-6, 4, 0, 8), "BB": box(-6, 0, 0, 4)}
    pieces = [
        BandPart(
            segment,
            country,
            low,
            high,
            box(-min(high, 6e3) / 1e3, south, -low / 1e3, north),
            box(-min(high, 6e3) / 1e3, south, 0.0, north),
        )
        for segment, country, south, north in PARTS
        for low, high in pairwise(EDGES_M)
    ]
    regions = make_admin() if admin is None else admin
    frame, wet = units.cut_units(pieces, regions, np.array(water, dtype=object), EUROPE)
    index, none = frontier.build_index(), np.array([], dtype=object)
    names = [segment.id for segment in frontier.segments]
    return StudyArea(
        frontier=frontier,
        line_index=index,
        surroundings=Surroundings(none, none, np.array([], dtype=bool), none),
        home_land=home,
        buffer_by_distance={edge: box(-edge / 1e3, 0, edge / 1e3, 8) for edge in EDGES_M[1:-1]},
        band_parts=pieces,
        admin=regions,
        units=frame,
        water=wet,
        cells=cells.build_cells(home, names, index, EUROPE, STUDY.widest_m),
        facing_side=gpd.GeoDataFrame(geometry=[box(0, 0, 5, 8)], crs=EUROPE),
        corridors={"gap": CorridorShape(2_000.0, to_lonlat(line((-4, 4), (-2, 4))), outlines or OUTLINES)},
    )


class World:
    """What the pipeline makes of the world: points, land, zones, sums, the table and its readings."""

    def __init__(self, ground: StudyArea, read: Layers, study: Study = STUDY) -> None:
        self.ground, self.read, self.study = ground, read, study
        self.points = {need: layers.build_points(need, ground, read, study) for need in ("places", "facilities")}
        self.polygons = land.list_polygons(study, ground)
        self.land: Land = land.build_land(ground, self.polygons, self.points, None)
        zones = land.build_zones(study, ground, self.polygons, self.land, NAMES)
        self.membership: Membership = zones[0]
        self.zones: ZoneTable = zones[1]
        counted, self.notes = count_measures(read, self.land)
        self.counted: dict[str, Counted[Any]] = counted
        self.sums: dict[str, Sums] = sum_columns(counted, self.zones)
        self.table: pd.DataFrame = build_table(counted, self.sums, self.zones)
        self.readings: pd.DataFrame = build_readings(counted, self.sums, self.zones)

    def get(self, zone_id: str, measure: str, category: str | None = None) -> pd.Series[Any]:
        """The one row of the table with these keys."""
        rows = self.table[(self.table["zone_id"] == zone_id) & (self.table["measure"] == measure)]
        rows = rows[rows["category"].isna()] if category is None else rows[rows["category"] == category]
        assert len(rows) == 1, f"{len(rows)} rows of {zone_id}, {measure}, {category}"
        return rows.iloc[0]


def build_zone_table(world: World, zones: Membership) -> ZoneTable:
    """The zones of a world in another order, as measures see them."""
    before = [zone.id for zone in world.membership.zones]
    at = [before.index(zone.id) for zone in zones.zones]
    main = zones.main_rows
    # The rows of a zone and of its variants follow each other in either order.
    rows = [
        world.zones.main[old] + n
        for old, zone in zip(at, zones.zones, strict=True)
        for n in range(1 + len(zone.variants))
    ]
    variants = {
        new: {int(main[new]) + 1 + n: name for n, name in enumerate(zones.zones[new].variants)}
        for new, old in enumerate(at)
        if old in world.zones.variants
    }
    return replace(
        world.zones,
        frame=zones.frame,
        matrices={carrier: matrix[rows] for carrier, matrix in world.zones.matrices.items()},
        main=main,
        variants=variants,
        range_from={new: world.zones.range_from[at[new]] for new in variants},
        carriers=world.zones.carriers[at],
    )


def split_units(ground: StudyArea, x: float, y: float) -> StudyArea:
    """The same land with its units cut along a meridian and a parallel of the plane."""
    quarters = [box(-9, -9, x, y), box(x, -9, 9, y), box(-9, y, x, 20), box(x, y, 9, 20)]
    frame, water = (
        [part.assign(geometry=part.geometry.intersection(one)) for one in quarters]
        for part in (ground.units, ground.water)
    )
    shapes = pd.concat(frame)
    shapes = shapes[shapes.geometry.area > 0].sort_values("piece", kind="stable")
    old = shapes["unit"].to_numpy()
    shapes = shapes.assign(unit=np.arange(len(shapes)), area_km2=shapes.geometry.area / 1e6).reset_index(drop=True)
    wet = pd.concat(water)
    wet = wet[wet.geometry.area > 0]
    # Each part of the lake goes with the part of its unit that holds it.
    parts = [
        (number, shape.intersection(area))
        for unit, shape in zip(wet["unit"], wet.geometry, strict=True)
        for number, area in zip(np.flatnonzero(old == unit), shapes.geometry[old == unit], strict=True)
        if shape.intersection(area).area > 0
    ]
    lake = gpd.GeoDataFrame({"unit": [n for n, _ in parts]}, geometry=[s for _, s in parts], crs=EUROPE)
    return replace(ground, units=gpd.GeoDataFrame(shapes, crs=EUROPE), water=lake)


@lru_cache(maxsize=1)
def make_world() -> World:
    """The world, put together once; nobody may change it."""
    return World(make_ground(), make_layers())


def without(*needs: str) -> Layers:
    """The datasets of the world but those of some needs."""
    by_need = make_layers().by_need
    return Layers({need: found for need, found in by_need.items() if need not in needs})


def replace_ground(ground: StudyArea, **changes: Any) -> StudyArea:
    """The ground with some parts changed."""
    return replace(ground, **changes)


def replace_study(**changes: Any) -> Study:
    """The study with some keys changed."""
    return STUDY.model_copy(update=changes)


def swap(layers_: Layers, need: str, **changes: Any) -> Layers:
    """The datasets with one of them changed."""
    by_need = dict(layers_.by_need)
    by_need[need] = (replace(by_need[need][0], **changes),)
    return Layers(by_need)
