"""Settlement names on a still picture: most people first, none over another."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import findfont, get_font
from matplotlib.patheffects import withStroke

from geo_border.present import palette

MAX_NAMES = 28
_MAX_LETTERS = 28
_POINTS_PER_IN = 72.0
_FONT_PT = 6.5
_FONT = get_font(findfont("DejaVu Sans"))


def draw_labels(
    axes: Axes, settlements: gpd.GeoDataFrame, box: tuple[float, float, float, float], segment: str | None
) -> None:
    """Write the settlements with most people that fit, with their points."""
    if not len(settlements):
        return
    part = settlements if segment is None else settlements[settlements["segment"] == segment]
    part = part.assign(_order=part["people"].fillna(-1.0)).sort_values(["_order", "name"], ascending=[False, True])
    figure = axes.figure
    assert isinstance(figure, Figure)
    per_pt = (box[2] - box[0]) / (figure.get_size_inches()[0] * _POINTS_PER_IN)
    taken: list[tuple[float, float, float, float]] = []
    xy = shapely.get_coordinates(part.geometry.to_numpy())
    for (x, y), name in zip(xy.tolist(), part["name"], strict=True):
        own = _compute_label_box(x, y, str(name), per_pt)
        inside = own[0] > box[0] and own[2] < box[2] and own[1] > box[1] and own[3] < box[3]
        if not inside or any(_is_overlapping(own, other) for other in taken):
            continue
        taken.append(own)
        _draw_label(axes, x, y, _clean_name(str(name)), per_pt)
        if len(taken) == MAX_NAMES:
            return


def _compute_label_box(x: float, y: float, name: str, units_per_pt: float) -> tuple[float, float, float, float]:
    width = (0.62 * _FONT_PT * len(_clean_name(name)) + 6) * units_per_pt
    half = 0.75 * _FONT_PT * units_per_pt
    return (x - 3 * units_per_pt, y - half, x + width, y + half)


def _is_overlapping(a: tuple[float, float, float, float], b: tuple[float, float, float, float]) -> bool:
    return bool(np.all([a[0] < b[2], b[0] < a[2], a[1] < b[3], b[1] < a[3]]))


def _clean_name(name: str) -> str:
    # A sign that the font lacks (an emoji) would be drawn as a box and warned about.
    # Matplotlib reads $...$ as mathematics; line ends would break the box.
    known = "".join(sign for sign in name if sign.isspace() or _FONT.get_char_index(ord(sign)))
    flat = " ".join(known.split()).replace("$", r"\$")
    return flat if len(flat) <= _MAX_LETTERS else flat[: _MAX_LETTERS - 1] + "…"


def _draw_label(axes: Axes, x: float, y: float, name: str, units_per_pt: float) -> None:
    style, label = palette.get_style("settlements"), palette.get_style("basemap", "label")
    axes.plot(
        [x],
        [y],
        marker="o",
        markersize=2.6,
        color=style.fill,
        markeredgecolor=style.line,
        markeredgewidth=0.8,
        zorder=6,
    )
    text = axes.text(x + 4 * units_per_pt, y, name, fontsize=_FONT_PT, color=label.fill, va="center", zorder=7)
    text.set_path_effects([withStroke(linewidth=1.6, foreground=label.line)])
