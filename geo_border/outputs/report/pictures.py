"""Still pictures of the whole frontier and of each segment, PNG and SVG, in the map's colours and without words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path as FilePath
from typing import Any

import geopandas as gpd
import matplotlib as mpl
import numpy as np
import shapely
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.patches import Patch, PathPatch
from matplotlib.path import Path
from numpy.typing import NDArray
from pyproj import CRS
from shapely.geometry.base import BaseGeometry

from geo_border import store
from geo_border.outputs import basemap
from geo_border.outputs.report.labelling import draw_labels
from geo_border.present import palette, read_language
from geo_border.result import Result

# Half the height of an A4 sheet: names keep a readable size there, and a screen gets 1,400 pixels.
LONG_SIDE_IN = 5.0
DPI = 280
_MARGIN = 0.06
# A picture may be this much taller than wide, or wider than tall, so that it fits a sheet.
_MAX_ASPECT = 1.9
_KM_STEPS = (1, 2, 5, 10, 20, 50, 100, 200, 500)
# The same bytes each time: no date, no version, ids from a fixed salt; text stays text.
_SETTINGS: dict[Any, Any] = {
    "svg.hashsalt": "geo_border",
    "svg.fonttype": "none",
    "font.family": "DejaVu Sans",
    "path.simplify": False,
}

Box = tuple[float, float, float, float]
# Shapes under the bands, lowest first, each with the fill of every shape.
Background = list[tuple[NDArray[np.object_], list[str]]]
_DETAIL_M = 60.0
_MIN_LAKE_KM2 = 0.5


def draw_pictures(result: Result, folder: FilePath) -> list[FilePath]:
    """Draw `overview` and one picture a segment, each as .png and .svg, into a folder."""
    written: list[FilePath] = []
    names = [None, *result.layers["segments"]["segment"]]
    ground = prepare_background(result)
    for segment in names:
        figure = draw_picture(result, segment, ground)
        if figure is None:
            continue
        for suffix, metadata in ((".png", {"Software": None}), (".svg", {"Date": None, "Creator": None})):
            final = folder / f"{segment or 'overview'}{suffix}"
            with store.replace_atomically(final) as path, _own_settings():
                figure.savefig(path, dpi=DPI, metadata=metadata)
            written.append(final)
    return written


@contextmanager
def _own_settings() -> Iterator[None]:
    """Draw by matplotlib's defaults and ours: it also reads a `matplotlibrc` of the folder that we run in."""
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(_SETTINGS)
        yield


def prepare_background(result: Result) -> Background:
    """Prepare land, countries and water once for all pictures: valid, and no finer than the finest of them shows."""
    home = set(result.study.home)
    base = {name: palette.get_style("basemap", name).fill for name in palette.list_classes("basemap")}
    countries = result.layers["countries"]
    fills = [base["land"] if country in home else base["facing"] for country in countries["country"]]
    crs = CRS.from_user_input(countries.crs)
    window = _compute_window(result.layers["zones"].total_bounds)
    land = basemap.read_land(crs, window)
    own = basemap.clip_to_land(_simplify_shapes(countries.geometry), land, crs, window)
    lakes = basemap.read_lakes(crs, window, _MIN_LAKE_KM2)
    return [
        (land, [base["facing"]] * len(land)),
        (own, fills),
        (lakes, [base["water"]] * len(lakes)),
    ]


def draw_picture(result: Result, segment: str | None, background: Background) -> Figure | None:
    """Draw one segment, or the whole; None where it has no bands to show."""
    zones = result.layers["zones"]
    bands = zones[zones["zone_kind"] == "band"]
    bands = bands if segment is None else bands[bands["segment"] == segment]
    if bands.empty:
        return None
    box = _fit_box(bands.total_bounds)
    width, height = box[2] - box[0], box[3] - box[1]
    scale = LONG_SIDE_IN / max(width, height)
    with _own_settings():
        figure = Figure(figsize=(width * scale, height * scale))
        FigureCanvasAgg(figure)
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set_xlim(box[0], box[2])
        axes.set_ylim(box[1], box[3])
        axes.set_axis_off()
        _draw_background(axes, background, box)
        _draw_bands(axes, result, bands, box)
        _draw_lines(axes, result, segment, box)
        draw_labels(axes, result.layers["settlements"], box, segment)
        _draw_scale_bar(axes, box)
        _draw_legend(axes, result)
    return figure


def _fit_box(bounds: NDArray[np.float64]) -> Box:
    x0, y0, x1, y1 = (float(v) for v in bounds)
    margin = _MARGIN * max(x1 - x0, y1 - y0)
    x0, y0, x1, y1 = x0 - margin, y0 - margin, x1 + margin, y1 + margin
    width, height = x1 - x0, y1 - y0
    wider, taller = max(width, height / _MAX_ASPECT), max(height, width / _MAX_ASPECT)
    x, y = (x0 + x1) / 2, (y0 + y1) / 2
    return (x - wider / 2, y - taller / 2, x + wider / 2, y + taller / 2)


def _compute_window(bounds: NDArray[np.float64]) -> Box:
    # As far as any picture may reach beyond the zones to keep its shape.
    reach = max(bounds[2] - bounds[0], bounds[3] - bounds[1])
    return (bounds[0] - reach, bounds[1] - reach, bounds[2] + reach, bounds[3] + reach)


def _simplify_shapes(shapes: gpd.GeoSeries) -> NDArray[np.object_]:
    valid: NDArray[np.object_] = shapely.make_valid(shapely.simplify(shapely.make_valid(shapes.to_numpy()), _DETAIL_M))
    return valid


def _draw_background(axes: Axes, background: Background, box: Box) -> None:
    axes.add_artist(_build_patch([shapely.box(*box)], palette.get_style("basemap", "sea").fill, None, 0))
    for number, (shapes, fills) in enumerate(background):
        line = None if number == 2 else palette.get_style("countries").line
        cut = _clip_shapes(shapes, box)
        for fill in dict.fromkeys(fills):
            same = [shape for shape, own in zip(cut, fills, strict=True) if own == fill]
            axes.add_artist(_build_patch(same, fill, line, 0.4))


def _draw_bands(axes: Axes, result: Result, bands: gpd.GeoDataFrame, box: Box) -> None:
    colours = palette.interpolate_colours("bands", len(result.study.bands))
    style = palette.get_style("bands")
    order = {to_m: number for number, (_, to_m) in enumerate(result.study.bands)}
    for shape, to_m in zip(_clip_shapes(bands.geometry, box), bands["to_m"], strict=True):
        axes.add_artist(_build_patch([shape], colours[order[to_m]], style.line, 0.4, style.fill_opacity + 0.15))
    corridor = palette.get_style("corridor")
    for shape in _clip_shapes(result.layers["corridor"].geometry, box):
        axes.add_artist(_build_patch([shape], corridor.fill, corridor.line, 1.0, corridor.fill_opacity))


def _draw_lines(axes: Axes, result: Result, segment: str | None, box: Box) -> None:
    frontier = result.layers["frontier"]
    frontier = frontier[shapely.intersects(frontier.geometry.to_numpy(), shapely.box(*box))]
    lines = shapely.simplify(shapely.clip_by_rect(frontier.geometry.to_numpy(), *box), _compute_tolerance(box))
    own = np.ones(len(frontier), dtype=bool) if segment is None else (frontier["segment"] == segment).to_numpy()
    quiet = palette.get_style("frontier_sea").line
    groups = [(own & (frontier["medium"] == medium).to_numpy(), medium) for medium in palette.list_classes("frontier")]
    bare = own & frontier["medium"].isna().to_numpy()
    for which, medium in [(~own, None), *groups, (bare, "")]:
        style = palette.get_style("frontier", medium)
        parts = [shapely.get_coordinates(part) for part in shapely.get_parts(lines[which])]
        # Halved: a still picture is read at half the size of a screen's.
        dash = (0, tuple(part / 2 for part in style.dash)) if style.dash else "solid"
        colour, width = (style.line, style.width / 2) if medium is not None else (quiet, 0.8)
        axes.add_collection(
            LineCollection(parts, colors=colour, linewidths=width, linestyles=[dash], zorder=5), autolim=False
        )


def _draw_scale_bar(axes: Axes, box: Box) -> None:
    width = box[2] - box[0]
    km = max((step for step in _KM_STEPS if step * 1_000 < width / 4), default=_KM_STEPS[0])
    x1, y = box[2] - 0.03 * width, box[1] + 0.03 * (box[3] - box[1])
    ink = palette.get_style("basemap", "label").fill
    axes.plot([x1 - km * 1_000, x1], [y, y], color=ink, linewidth=2.0, zorder=8, solid_capstyle="butt")
    axes.text(x1, y, f"{km} km", ha="right", va="bottom", fontsize=6.5, color=ink, zorder=8)


def _draw_legend(axes: Axes, result: Result) -> None:
    # Numbers and units only: one picture serves every language.
    write = read_language("en").format_number
    style = palette.get_style("bands")
    patches = [
        Patch(
            facecolor=palette.blend_colours(
                colour, style.fill_opacity + 0.15, palette.get_style("basemap", "land").fill
            ),
            edgecolor=style.line,
            label=f"{write(from_m / 1_000)}–{write(to_m / 1_000)} km",
        )
        for (from_m, to_m), colour in zip(
            result.study.bands, palette.interpolate_colours("bands", len(result.study.bands)), strict=True
        )
    ]
    legend = axes.legend(handles=patches, loc="upper left", fontsize=6.5, framealpha=0.9, borderpad=0.6)
    legend.set_zorder(9)


def _clip_shapes(shapes: gpd.GeoSeries | NDArray[np.object_], box: Box) -> NDArray[np.object_]:
    """Cut shapes to the picture, drop what is smaller than a few pixels, and simplify the rest."""
    tolerance = _compute_tolerance(box)
    inside = shapely.clip_by_rect(np.asarray(shapes, dtype=object), *box)
    parts, owner = shapely.get_parts(inside, return_index=True)
    keep = (shapely.get_type_id(parts) == shapely.GeometryType.POLYGON) & (shapely.area(parts) > (4 * tolerance) ** 2)
    whole = np.full(len(inside), shapely.Polygon(), dtype=object)
    which, place = np.unique(owner[keep], return_inverse=True)
    if len(which):
        whole[which] = shapely.multipolygons(parts[keep], indices=place)
    simple: NDArray[np.object_] = shapely.simplify(whole, tolerance)
    return simple


def _compute_tolerance(box: Box) -> float:
    # Half a pixel of the PNG.
    return 0.5 * max(box[2] - box[0], box[3] - box[1]) / (LONG_SIDE_IN * DPI)


def _build_patch(
    shapes: Iterable[BaseGeometry], fill: str, line: str | None, width: float, opacity: float = 1.0
) -> PathPatch:
    """Make polygons into one patch; matplotlib fills by winding, and oriented holes wind the other way."""
    polygons = [part for part in shapely.get_parts(list(shapes)) if part.geom_type == "Polygon"]
    vertices, codes = [np.zeros((0, 2))], [np.zeros(0, dtype=np.uint8)]
    for ring in shapely.get_rings(shapely.orient_polygons(np.array(polygons, dtype=object))):
        xy = shapely.get_coordinates(ring)
        code = np.full(len(xy), Path.LINETO, dtype=np.uint8)
        code[0], code[-1] = Path.MOVETO, Path.CLOSEPOLY
        vertices.append(xy)
        codes.append(code)
    path = Path(np.concatenate(vertices), np.concatenate(codes))
    return PathPatch(path, facecolor=fill, alpha=opacity, edgecolor=line or "none", linewidth=width)
