"""What `inspect` prints: of a file all that was found as comments and then its entry, so that the whole is TOML."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from geo_border.catalog.catalogue import Declared
    from geo_border.files.describe import LayerFacts, RasterFacts
    from geo_border.pipeline.inspection import Inspection
    from geo_border.pipeline.study_extent import StudyCover

_MOST_COLUMNS = 20
_MOST_KINDS = 8
_TOTALS = {"people": "{:,.0f} people", "length_km": "{:,.1f} km of lines", "area_km2": "{:,.1f} km²"}


def format_inspection(found: Inspection) -> list[str]:
    """All that was found of a file, its entry last; or of a catalogue, its mistakes last.

    Parameters
    ----------
    found
        As `inspect` gives it.
    """
    if found.kind in ("catalogue", "study"):
        return list(_format_toml(found))
    comments = [*_format_file(found), *(f"look at: {doubt}" for doubt in found.doubts), *_format_use(found)]
    return [*(f"# {' '.join(line.split())}" for line in comments), "", *found.entry.splitlines()]


def _format_file(found: Inspection) -> Iterator[str]:
    guess = " (a guess: --need says what it is)" if found.guessed else ""
    yield f"{found.file}: {found.kind}, taken for {found.need}{guess}"
    if found.raster is not None:
        yield from _format_raster(found.raster, found.tiles)
    for layer in found.layers:
        taken = len(found.layers) > 1 and found.layer is not None and layer.name == found.layer.name
        yield from _format_layer(layer, " (looked at)" if taken else "")
    if found.cover is not None:
        yield from _format_cover(found.cover)


def _format_raster(facts: RasterFacts, tiles: int) -> Iterator[str]:
    width, height = facts.cell_size
    of = f", the first of {tiles} tiles" if tiles > 1 else ""
    yield f"{facts.driver}{of}: {facts.columns:,} x {facts.rows:,} cells of {width:g} x {height:g}"
    bands = "1 band" if len(facts.bands) == 1 else f"{len(facts.bands)} bands, band {facts.band} looked at"
    yield f"{bands}: {facts.dtype}; scale {facts.scale:g}, offset {facts.offset:g}"
    nodata = "none named" if facts.nodata is None else f"{facts.nodata:.17g}"
    yield f"no data: {nodata}; mask or alpha: {'yes' if facts.masked else 'no'}"
    yield from _format_place(facts)
    values = facts.values
    if values.least is None or values.most is None:
        return
    total = "" if values.total is None else f", sum {_format_number(values.total)}"
    classes = "" if values.codes is None else f", {len(values.codes)} codes"
    yield (
        f"values: {values.least:g} to {values.most:g} in {values.known:,} of {values.cells:,} cells looked at"
        f"{total}{classes}"
    )


def _format_number(value: float) -> str:
    """A sum with its thousands apart, to six digits or whole.

    >>> _format_number(1225000.0), _format_number(0.1234567)
    ('1,225,000', '0.123457')
    """
    return f"{value:,.0f}" if abs(value) >= 1e6 else f"{value:,.6g}"


def _format_layer(layer: LayerFacts, taken: str) -> Iterator[str]:
    yield f"layer {layer.name}{taken}: {layer.geometry or 'no geometry'}, {layer.rows:,} rows"
    yield from _format_place(layer)
    names = [f"{name} ({kind})" for name, kind in layer.columns.items()]
    more = f" and {len(names) - _MOST_COLUMNS} more" if len(names) > _MOST_COLUMNS else ""
    yield f"columns: {', '.join(names[:_MOST_COLUMNS]) or 'none'}{more}"


def _format_place(facts: RasterFacts | LayerFacts) -> Iterator[str]:
    """CRS and bounds."""
    code = None if facts.crs is None else facts.crs.to_authority()
    known_as = "" if code is None else f" ({':'.join(code)})"
    yield f"CRS: {'none stated' if facts.crs is None else facts.crs.name}{known_as}"
    if facts.bounds is None:
        return
    own = " ".join(f"{value:.10g}" for value in facts.bounds)
    if facts.bounds_lonlat is None:
        yield f"bounds: {own}"
        return
    west, south, east, north = facts.bounds_lonlat
    yield f"bounds: {own} (longitude {west:.2f} to {east:.2f}, latitude {south:.2f} to {north:.2f})"


def _format_cover(cover: StudyCover) -> Iterator[str]:
    known = "" if cover.known_share is None else f", {cover.known_share:.1%} with data"
    yield (
        f"study {cover.study}, home land to {cover.within_m / 1000:g} km of the border, at sea too "
        f"(about {cover.home_km2:,.0f} km²): {cover.extent_share:.0%} within its extent{known}"
    )
    parts = [] if cover.rows is None else [f"{cover.rows:,} rows"]
    parts += [_TOTALS[name].format(value) for name, value in cover.totals.items()]
    if cover.kinds:
        kinds = [f"{kind} {count:,}" for kind, count in cover.kinds.items()]
        more = f" and {len(kinds) - _MOST_KINDS} more kinds" if len(kinds) > _MOST_KINDS else ""
        parts.append(f"{', '.join(kinds[:_MOST_KINDS])}{more}")
    if parts:
        yield f"there: {'; '.join(parts)}"


def _format_use(found: Inspection) -> Iterator[str]:
    """How to go on with the entry."""
    name = found.entry.partition('name = "')[2].partition('"')[0]
    fill_in = "replace each ?, " if '"?"' in found.entry else ""
    yield (
        f"to use it: {fill_in}put these lines in a file beside it, such as mine.toml, then "
        f"`geo-border inspect mine.toml` and `geo-border run --catalog mine.toml --sources {found.need}={name}`"
    )


def _format_toml(found: Inspection) -> Iterator[str]:
    yield f"{found.file}: {found.kind}; datasets read: {len(found.datasets)}; mistakes: {len(found.faults)}"
    for one in found.datasets:
        yield f"  {one.entry.name}: {', '.join(one.entry.needs)}, from {_name_source(one)}{_format_replaced(one)}"
    yield from (f"look at: {doubt}" for doubt in found.doubts)
    yield from (f"wrong: {fault}" for fault in found.faults)


def _name_source(one: Declared) -> str:
    entry = one.entry
    if entry.file is not None:
        return entry.file.name
    return "a file that --sources names" if entry.download is None else entry.download.url


def _format_replaced(one: Declared) -> str:
    return f", in place of that of {' and '.join(one.replaced)}" if one.replaced else ""
