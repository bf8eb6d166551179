"""What a user's file is, before a run: what it says of itself, how much of a study it covers, what is doubtful."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import shapely

from geo_border.catalog.catalogue import PACKAGE, Catalogue, Declared, find_clash
from geo_border.catalog.user import DATASET, Parsed, parse_catalogue, parse_tables
from geo_border.errors import CatalogError, FileError, GeoBorderError, StudyError
from geo_border.fetch.local import draft_entry
from geo_border.files import formats
from geo_border.files.describe import (
    LayerFacts,
    RasterFacts,
    describe_layers,
    describe_raster,
    read_raster_bounds,
)
from geo_border.files.local import find_file
from geo_border.files.toml import read_toml
from geo_border.pipeline import drafting, inputs
from geo_border.pipeline.sources import open_catalogue
from geo_border.pipeline.study_extent import StudyExtent, locate_study
from geo_border.schemas import LINES, NEEDS, POINTS, RASTER
from geo_border.store import Raw
from geo_border.study import DEFAULT, Study, read_study
from geo_border.zonal import tabulate

_TILE_SUFFIXES = (".tif", ".tiff", ".img")
_MOST_LISTED = 12
# Beyond these no degrees are.
_MOST_DEGREES = (540.0, 90.5)


@dataclass(frozen=True)
class StudyCover:
    """How a file lies in a study.

    Attributes
    ----------
    study
        Its name.
    within_m
        How far from the line home land is looked at.
    home_km2
        Area of that land.
    extent_share
        Share of it that lies in the file's extent.
    known_share
        Share of it that cells with data cover; None of what is no raster.
    total
        Sum of the cells there, of people; None of anything else.
    areas_km2
        Area of each code there, of classes.
    rows
        Rows of a layer that meet it; None of a raster.
    """

    study: str
    within_m: float
    home_km2: float
    extent_share: float
    known_share: float | None = None
    total: float | None = None
    areas_km2: dict[int, float] = field(default_factory=dict)
    rows: int | None = None


@dataclass(frozen=True)
class Inspection:
    """What was found of a file.

    Attributes
    ----------
    file
        Its name.
    kind
        `raster`, `vector`, `catalogue` or `study`.
    need, guessed
        What it is taken for, and whether nobody said so.
    raster, tiles
        What a raster says of itself, and of how many files it is.
    layers, layer
        What each layer of a vector file says of itself, and which is taken.
    cover
        How it lies in the study; None where that is not known.
    doubts
        What to look at before it is used.
    entry
        The `[[dataset]]` to copy; empty for TOML.
    datasets
        Of TOML: each dataset, with whose place it takes.
    faults
        Of TOML: every mistake in one line.
    """

    file: str
    kind: str
    need: str | None = None
    guessed: bool = False
    raster: RasterFacts | None = None
    tiles: int = 1
    layers: tuple[LayerFacts, ...] = ()
    layer: LayerFacts | None = None
    cover: StudyCover | None = None
    doubts: tuple[str, ...] = ()
    entry: str = ""
    datasets: tuple[Declared, ...] = ()
    faults: tuple[str, ...] = ()


def inspect(
    file: str | Path,
    *,
    need: str | None = None,
    study: str | Path | Study = DEFAULT,
    catalog: Sequence[str | Path] = (),
    root: str | Path = ".",
) -> Inspection:
    """What a file would be taken for, how much of a study it covers, what is doubtful, and the entry to copy.

    Of a catalogue or a study in TOML: every mistake in its `[[dataset]]` tables, and what each adds or replaces.

    Parameters
    ----------
    file
        A raster, a folder of tiles, a vector file, or TOML.
    need
        What it is to serve; guessed when None.
    study
        The study whose land it is held against.
    catalog
        Catalogues that a TOML file is laid over.
    root
        Folder in which boundaries that have been fetched are found.

    Raises
    ------
    GeoBorderError
        When the file cannot be opened, or the need is none.
    """
    path = Path(file)
    if need is not None and need not in NEEDS:
        raise CatalogError(f"--need {need}: not one of {', '.join(NEEDS)}.")
    if path.suffix == ".toml":
        return _inspect_toml(path, catalog)
    find_file(path)
    chosen = study if isinstance(study, Study) else read_study(study)
    if path.name.endswith(".osm.pbf"):
        asked = need or "facilities"
        told = "its features are not looked at here: a country takes minutes. A run reads them."
        entry = drafting.draft_extract(path, asked)
        return Inspection(path.name, "vector", asked, need is None, doubts=(told,), entry=entry)
    if _is_vector(path, need):
        return _inspect_vector(path, need, chosen, catalog, Path(root))
    return _inspect_raster(path, need, chosen, catalog, Path(root))


def _is_vector(path: Path, need: str | None) -> bool:
    """Whether a file is of features, by its name; a table of cells of people is one too."""
    if path.is_dir():
        return path.suffix.casefold() == ".gdb" or any(path.glob("*.shp"))
    suffixes = {ending for one in formats.VECTORS for ending in one.suffixes} | {".parquet", ".geoparquet", ".zip"}
    return path.suffix.casefold() in suffixes or (need is not None and NEEDS[need] != RASTER)


# --- rasters ---


def _inspect_raster(
    path: Path, need: str | None, study: Study, catalog: Sequence[str | Path], root: Path
) -> Inspection:
    tiles = _list_tiles(path)
    facts = describe_raster(tiles[0])
    taken = need or drafting.guess_raster_need(facts)
    doubts = list(_list_raster_doubts(facts, taken, len(tiles)))
    extent, why = locate_study(study, catalog, root)
    cover = None
    if extent is None:
        doubts.append(why)
    elif facts.bounds_lonlat is not None:
        cover, more = _measure_raster(tiles, facts, taken, extent)
        doubts += more
    areas = {} if cover is None else cover.areas_km2
    return Inspection(
        file=path.name,
        kind="raster",
        need=taken,
        guessed=need is None,
        raster=facts,
        tiles=len(tiles),
        cover=cover,
        doubts=tuple(doubts),
        entry=drafting.draft_raster(path, taken, facts, areas),
    )


def _list_tiles(path: Path) -> list[Path]:
    """The files of a raster: itself, or the tiles of a folder that is no raster by itself."""
    tiles = sorted(p for p in path.iterdir() if p.suffix.casefold() in _TILE_SUFFIXES) if path.is_dir() else []
    return tiles or [path]


def _list_raster_doubts(facts: RasterFacts, need: str, tiles: int) -> list[str]:
    out, values = [], facts.values
    if facts.crs is None:
        out.append("no coordinate reference system: state it as `crs`, or write one into the file.")
    if not facts.north_up:
        out.append("rotated, or not north-up: a run refuses it (gdalwarp writes it north-up).")
    if len(facts.bands) > 1:
        out.append(f"{len(facts.bands)} bands: the first is read unless `band` names another.")
    if facts.masked:
        out.append("has a mask of its own (or alpha): a run that holds it in memory reads the cells below it as data.")
    if facts.crs is not None and facts.crs.is_geographic and _is_beyond_degrees(facts.bounds):
        out.append(f"its coordinates are no degrees, but its CRS is {facts.crs.name}.")
    if not values.known:
        out.append("holds no cell with data.")
    if values.sampled:
        out.append("too many cells to look at all of them: values are of every so many-th, and no sum is told.")
    if tiles > 1:
        out.append(f"{tiles} tiles: values are of the first.")
    if need == "people":
        if values.negative:
            out.append(f"{values.negative:,} negative cells: a run takes them for not known; name them as `nodata`.")
        out.append("whether a cell counts everyone or only one side's residents: a run finds out unless `counts` says.")
    elif values.codes is None:
        out.append(f"holds no classes: {'values that are not whole' if not values.whole else 'too many values'}.")
    return out


def _measure_raster(
    tiles: list[Path], facts: RasterFacts, need: str, extent: StudyExtent
) -> tuple[StudyCover, list[str]]:
    """How a raster lies in a study, and what a run would refuse of it."""
    share = extent.measure_share(shapely.box(*_join_bounds(tiles, facts)))
    cover = StudyCover(extent.name, extent.within_m, extent.home_km2, share)
    if share == 0:
        return cover, [f"lies elsewhere than study {extent.name}."]
    summed = need == "people"
    try:
        table = tabulate(list(tiles), extent.build_zone(), zone_field="zone", mode="sum" if summed else "class")
    except GeoBorderError as error:
        return cover, [f"cannot be counted as it is: {error}"]
    known = float(table["data_share"].iloc[0])
    if summed:
        return StudyCover(extent.name, extent.within_m, extent.home_km2, share, known, float(table["sum"].iloc[0])), []
    there = table[table["class"].notna()]
    areas = dict(zip(there["class"].astype(int).tolist(), there["area_km2"].tolist(), strict=True))
    return StudyCover(extent.name, extent.within_m, extent.home_km2, share, known, None, areas), []


def _join_bounds(tiles: list[Path], facts: RasterFacts) -> tuple[float, float, float, float]:
    """Bounds of all tiles in lon/lat."""
    boxes = [facts.bounds_lonlat]
    # Looking at every cell of a thousand tiles would take hours: their extents are enough.
    boxes += [read_raster_bounds(tile) for tile in tiles[1:]]
    west, south, east, north = np.array([box for box in boxes if box is not None]).T
    return float(west.min()), float(south.min()), float(east.max()), float(north.max())


# --- vector files ---


def _inspect_vector(
    path: Path, need: str | None, study: Study, catalog: Sequence[str | Path], root: Path
) -> Inspection:
    layers = describe_layers(path)
    drawn = [one for one in layers if one.geometry is not None]
    if not drawn and not (layers and need == "people"):
        names = ", ".join(one.name for one in layers) or "none"
        raise FileError(f"{path}: has no layer with geometry. It has: {names}.")
    layer = max(drawn or layers, key=lambda one: one.rows)
    taken = need or drafting.guess_layer_need(layer)
    doubts = list(_list_layer_doubts(layer, taken, drawn))
    kinds: list[str] = []
    cover = None
    extent, why = locate_study(study, catalog, root)
    if extent is None:
        doubts.append(why)
    elif layer.bounds_lonlat is not None and layer.geometry is not None:
        cover, kinds, more = _measure_layer(path, layer, taken, extent)
        doubts += more
    return Inspection(
        file=path.name,
        kind="vector",
        need=taken,
        guessed=need is None,
        layers=tuple(layers),
        layer=layer,
        cover=cover,
        doubts=tuple(doubts),
        entry=drafting.draft_layer(path, taken, layer, len(drawn), kinds),
    )


def _list_layer_doubts(layer: LayerFacts, need: str, drawn: list[LayerFacts]) -> list[str]:
    out = []
    if layer.geometry is not None and layer.crs is None:
        out.append("no coordinate reference system: state it as `crs`, or write one into the file.")
    if len(drawn) > 1:
        out.append(f"{len(drawn)} layers: {layer.name}, the one with most rows, is looked at; `layer` names another.")
    if layer.crs is not None and layer.crs.is_geographic and layer.bounds and _is_beyond_degrees(layer.bounds):
        out.append(f"its coordinates are no degrees, but its CRS is {layer.crs.name}.")
    if not layer.rows:
        out.append("has no row.")
    missing = drafting.list_missing_columns(need, drafting.guess_columns(need, layer))
    if missing:
        out.append(f"no column is known as {', '.join(missing)}: name it in `columns`.")
    wanted = {POINTS: "point", LINES: "line"}.get(NEEDS[need], "polygon")
    kind = (layer.geometry or "").lower()
    if layer.geometry is not None and wanted not in kind and kind not in ("unknown", "geometrycollection", ""):
        out.append(f"holds {layer.geometry}, and {need} are {wanted}s.")
    return out


def _measure_layer(
    path: Path, layer: LayerFacts, need: str, extent: StudyExtent
) -> tuple[StudyCover, list[str], list[str]]:
    """How a layer lies in a study, kinds in it that are none of ours, and what is doubtful."""
    assert layer.bounds_lonlat is not None, "asked of layers that lie somewhere"
    share = extent.measure_share(shapely.box(*layer.bounds_lonlat))
    entry = draft_entry(need, path.name).model_copy(
        update={"layer": layer.name, "columns": drafting.guess_columns(need, layer)}
    )
    cover = StudyCover(extent.name, extent.within_m, extent.home_km2, share)
    try:
        table = inputs.read_need(need, Raw(entry, (path,), {}), extent.bounds)
    except GeoBorderError as error:
        return cover, [], [f"a run refuses it as it is: {error}"]
    near = shapely.intersects(shapely.make_valid(table.geometry.to_numpy()), extent.home)
    doubts = [] if near.any() else [f"has no row in the home land of study {extent.name}."]
    return replace(cover, rows=int(near.sum())), [], doubts


def _is_beyond_degrees(bounds: tuple[float, float, float, float]) -> bool:
    lon, lat = _MOST_DEGREES
    return max(abs(bounds[0]), abs(bounds[2])) > lon or max(abs(bounds[1]), abs(bounds[3])) > lat


# --- TOML ---


def _inspect_toml(path: Path, catalog: Sequence[str | Path]) -> Inspection:
    """Every mistake of a catalogue's or a study's datasets, and what each of them adds or replaces."""
    try:
        found = read_toml(path)
    except FileError as error:
        return Inspection(path.name, "catalogue", faults=(str(error),))
    is_study = bool({"home", "facing", "bands_m"} & set(found))
    if is_study:
        parsed = parse_tables(found.get(DATASET, []), str(path), path.name, path.parent)
        if not parsed.faults:
            try:
                read_study(path)
            except StudyError as error:
                parsed = Parsed(parsed.datasets, (str(error),))
    else:
        parsed = parse_catalogue(path)
    placed, clashes = _place_datasets(parsed.datasets, open_catalogue(catalog, without=path))
    return Inspection(
        file=path.name,
        kind="study" if is_study else "catalogue",
        datasets=placed,
        doubts=tuple(_list_missing_files(placed)),
        faults=(*parsed.faults, *clashes),
    )


def _place_datasets(datasets: Sequence[Declared], catalogue: Catalogue) -> tuple[tuple[Declared, ...], list[str]]:
    """Datasets as they would stand in a catalogue, one after the other, and those that find no place in it."""
    placed, clashes = [], []
    for one in datasets:
        fault = find_clash(one, catalogue.by_name.get(one.entry.name))
        if fault is not None:
            clashes.append(fault)
            continue
        catalogue = catalogue.extend([one])
        placed.append(catalogue.find(one.entry.name))
    return tuple(placed), clashes


def _list_missing_files(datasets: Sequence[Declared]) -> list[str]:
    out = []
    for one in datasets:
        file = one.entry.file
        if file is not None and not file.exists():
            out.append(f"{one.entry.name}: no file at {str(file)!r}.")
        elif file is None and one.entry.download is None and one.entry.source == "local" and one.origin != PACKAGE:
            name = one.entry.name
            out.append(f"{name}: names no file and no url: it describes one given as NEED={name}@PATH.")
    return out
