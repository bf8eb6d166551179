"""The grids in the project: cover by class, people by steps, drawn cell by cell."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

from pyproj import CRS

from geo_border import catalog
from geo_border.outputs.cog import find_legend
from geo_border.outputs.mosaic import MOSAIC_FILE, read_mosaic_crs
from geo_border.outputs.qgis import maplayers, renderers
from geo_border.outputs.qgis.expressions import Translate
from geo_border.present import labels, palette
from geo_border.result import COVER_FILE, PEOPLE_FILE, Result

GROUP = "Grids"


def build_grid_layers(result: Result, folder: Path, translate: Translate) -> Iterator[tuple[str, str, str, ET.Element]]:
    """Give (id, title, file, maplayer) of every grid that the result has or that lies in `folder`."""
    sources = {str(s.get("need")): s for s in result.passport.get("sources", [])}
    if result.people is not None:
        title, about = translate(labels.LAYERS["people"]), str(sources.get("people", {}).get("title", ""))
        drawn = renderers.build_pseudocolor(list_people_steps(translate), palette.get_style("cover").fill_opacity)
        yield (
            "people",
            title,
            PEOPLE_FILE,
            _build_grid_layer(result, "people", title, PEOPLE_FILE, result.people.crs, drawn, about),
        )
    source = sources.get("cover", {})
    legend = find_legend(source)
    found = _find_cover_file(result, folder)
    if found and legend:
        file, crs = found
        title, about = translate(labels.LAYERS["cover"]), f"{source.get('title', '')}. Tree means: {legend.canopy}"
        drawn = renderers.build_paletted(list_cover_entries(legend, translate), palette.get_style("cover").fill_opacity)
        yield "landcover", title, file, _build_grid_layer(result, "landcover", title, file, crs, drawn, about)


def list_people_steps(translate: Translate) -> list[tuple[float, str, str, int]]:
    """List the steps of people: (upper bound, label, colour, alpha); under the first break nothing is drawn."""
    ramp = palette.get_ramp("people")
    bounds = [*ramp.breaks, float("inf")]
    names = [translate("under {n}", n=f"{ramp.breaks[0]:g}")]
    names += [f"{a:g}–{b:g}" for a, b in zip(ramp.breaks, ramp.breaks[1:], strict=False)]
    names.append(translate("{n} people or more", n=f"{ramp.breaks[-1]:g}"))
    alphas = [0] + [255] * (len(bounds) - 1)
    return list(zip(bounds, names, ramp.stops, alphas, strict=True))


def list_cover_entries(legend: catalog.Legend, translate: Translate) -> list[tuple[int, str, str]]:
    """List a legend's values: (value, the common class and the dataset's own name, colour)."""
    return [
        (
            value,
            f"{translate(labels.get_class_label('cover', c))}: {legend.names[str(value)]}",
            palette.get_style("cover", c).fill,
        )
        for value, c in sorted((int(v), c) for v, c in legend.classes.items())
    ]


def _find_cover_file(result: Result, folder: Path) -> tuple[str, CRS] | None:
    if result.cover is not None:
        return COVER_FILE, result.cover.crs
    mosaic = folder / MOSAIC_FILE
    if mosaic.exists():
        return MOSAIC_FILE, read_mosaic_crs(mosaic)
    return None


def _build_grid_layer(
    result: Result, name: str, title: str, file: str, crs: CRS, renderer: ET.Element, description: str
) -> ET.Element:
    return maplayers.build_raster_layer(name, title, file, crs, renderer, description, result.passport)
