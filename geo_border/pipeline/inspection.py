"""What a user's file is, before a run: what it says of itself, how much of a study it covers, what is doubtful."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely

from geo_border.catalog.catalogue import Declared
from geo_border.catalog.package import read_entries
from geo_border.catalog.user import DATASET, parse_tables
from geo_border.errors import CatalogError, FileError, GeoBorderError
from geo_border.files import formats
from geo_border.files.describe import LayerFacts, RasterFacts, describe_layers, describe_raster, read_raster_bounds
from geo_border.files.local import find_file
from geo_border.geo.crs import WGS84, build_transformer
from geo_border.geo.grid import Grid
from geo_border.pipeline import drafting
from geo_border.pipeline.catalogue_check import check_toml
from geo_border.pipeline.study_extent import StudyCover, StudyExtent, locate_study
from geo_border.pipeline.trial import Trial, try_reading
from geo_border.schemas import LINES, NEEDS, POINTS
from geo_border.study import DEFAULT, Study, read_study
from geo_border.zonal import tabulate

_TILE_SUFFIXES = (".tif", ".tiff", ".img")
_MOST_NAMES = 3
# More cells than these take minutes to count, and a run counts them anyway.
_MOST_COUNTED = 1_000_000_000
# Beyond these no degrees are.
_MOST_DEGREES = (540.0, 90.5)


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
        What to look at before it is used, one line each.
    entry
        The `[[dataset]]` to copy, as TOML; empty for TOML.
    datasets
        Of TOML: each dataset, with whose place it takes.
    faults
        Of TOML: every mistake, one line each.
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
    layer: str | None = None,
    band: int = 1,
    catalog: Sequence[str | Path] = (),
    root: str | Path = ".",
) -> Inspection:
    """What a file would be taken for, how much of a study it covers, what is doubtful, and the entry to copy.

    Of a catalogue or a study in TOML: every mistake in its `[[dataset]]` tables, whether each file opens and holds
    what its entry says, and what each adds or replaces. No connection is opened.

    Parameters
    ----------
    file
        A raster, a folder of tiles, a vector file, or TOML.
    need
        What it is to serve; guessed when None.
    study
        The study whose land it is held against: its name, or the path of its TOML file.
    layer
        The layer of a vector file; the one with most rows when None.
    band
        The band of a raster, from 1.
    catalog
        Catalogues that a TOML file is laid over.
    root
        Folder in which boundaries that have been fetched are found.

    Raises
    ------
    GeoBorderError
        When the file cannot be opened, or the need, layer or band is none.
    """
    path = Path(file)
    if need is not None and need not in NEEDS:
        raise CatalogError(f"--need {need}: not a need. Needs: {', '.join(NEEDS)}.")
    if path.suffix.casefold() == ".toml":
        kind, check = check_toml(path, study, catalog, Path(root))
        return Inspection(path.name, kind, doubts=check.doubts, datasets=check.datasets, faults=check.faults)
    find_file(path)
    chosen = study if isinstance(study, Study) else read_study(study)
    if path.name.endswith(".osm.pbf"):
        taken = need or "facilities"
        told = "its features are not looked at here, which takes minutes for a country: a run reads them."
        entry = drafting.draft_extract(path, taken)
        return Inspection(path.name, "vector", taken, need is None, doubts=(told,), entry=entry)
    found = _inspect_vector(path, need, layer) if _is_vector(path) else _inspect_raster(path, need, band)
    extent, why = locate_study(chosen, catalog, Path(root))
    if extent is None:
        return replace(found, doubts=(*found.doubts, why))
    return _hold_vector(found, path, extent) if found.kind == "vector" else _hold_raster(found, path, extent)


def _is_vector(path: Path) -> bool:
    """Whether a file is of features, by its name; a table of cells of people is one too."""
    if path.is_dir():
        return path.suffix.casefold() == ".gdb" or any(path.glob("*.shp"))
    suffixes = {ending for one in formats.VECTORS for ending in one.suffixes} | {".parquet", ".geoparquet", ".zip"}
    return path.suffix.casefold() in suffixes


# --- rasters ---


def _inspect_raster(path: Path, need: str | None, band: int) -> Inspection:
    if need is not None and not drafting.is_raster_need(need):
        raise CatalogError(f"--need {need}: is served by {NEEDS[need]}, and {path.name} is no file of such.")
    tiles = _list_tiles(path)
    facts = describe_raster(tiles[0], band)
    taken = need or drafting.guess_raster_need(facts)
    return Inspection(
        file=path.name,
        kind="raster",
        need=taken,
        guessed=need is None,
        raster=facts,
        tiles=len(tiles),
        doubts=tuple(_list_raster_doubts(facts, taken, len(tiles))),
        entry=drafting.draft_raster(path, taken, facts, {}),
    )


def _hold_raster(found: Inspection, path: Path, extent: StudyExtent) -> Inspection:
    """Hold a raster against the land of a study."""
    facts, need = found.raster, found.need
    assert facts is not None, "asked of rasters"
    assert need is not None, "a need is said or guessed"
    if facts.bounds_lonlat is None:
        return found
    cover, doubts = _measure_raster(_list_tiles(path), facts, need, extent)
    if cover.extent_share and need != "cover":
        # A cover is read by a legend, which only its owner knows.
        doubts += _list_trial_doubts(_try_entry(found, path, extent))
    entry = drafting.draft_raster(path, need, facts, cover.areas_km2)
    return replace(found, cover=cover, entry=entry, doubts=(*found.doubts, *dict.fromkeys(doubts)))


def _list_tiles(path: Path) -> list[Path]:
    """The files of a raster: itself, or the tiles of a folder that is no raster by itself."""
    if path.is_dir() and not any(path.iterdir()):
        raise FileError(f"{path}: an empty folder. Give a file, or a folder of tiles.")
    tiles = sorted(p for p in path.iterdir() if p.suffix.casefold() in _TILE_SUFFIXES) if path.is_dir() else []
    return tiles or [path]


def _list_raster_doubts(facts: RasterFacts, need: str, tiles: int) -> list[str]:
    out = _list_place_doubts(facts)
    if len(facts.bands) > 1:
        out.append(f"{len(facts.bands)} bands: band {facts.band} is looked at; --band looks at another.")
    if facts.masked:
        out.append("has a mask of its own (or alpha): a run that holds it in memory reads the cells below it as data.")
    if tiles > 1:
        out.append(f"{tiles} tiles: values are of the first.")
    return out + _list_value_doubts(facts, need)


def _list_place_doubts(facts: RasterFacts) -> list[str]:
    out = []
    if facts.crs is None:
        out.append("no coordinate reference system: state it as `crs`, or write one into the file.")
    if not facts.placed:
        out.append(
            "nothing says where its cells lie: gdal_translate -a_ullr WEST NORTH EAST SOUTH -a_srs CRS writes it."
        )
    elif not facts.north_up:
        out.append("rotated, or not north-up: a run refuses it (gdalwarp writes it north-up).")
    if facts.crs is not None and facts.crs.is_geographic and _is_beyond_degrees(facts.bounds):
        out.append(f"its coordinates are no degrees, but its CRS is {facts.crs.name}.")
    elif facts.crs is not None and facts.bounds_lonlat is None:
        out.append(
            f"its CRS, {facts.crs.name}, cannot be moved to longitude and latitude: state the right one as `crs`."
        )
    return out


def _list_value_doubts(facts: RasterFacts, need: str) -> list[str]:
    out, values = [], facts.values
    if not values.known:
        out.append("holds no cell with data.")
    if values.infinite:
        out.append(f"{values.infinite:,} cells are infinite: write a number that is named as no data in their place.")
    if values.sampled:
        out.append("too many cells to look at all of them: values are of every so many-th, and no sum is given.")
    if need == "people":
        if values.negative:
            out.append(f"{values.negative:,} negative cells: a run takes them for not known; name them as `nodata`.")
        out.append("whether a cell counts everyone or only one side's residents: a run finds out unless `counts` says.")
    elif values.codes is None:
        out.append(f"holds no classes: {'values that are not whole' if not values.whole else 'too many values'}.")
    elif need == "cover":
        out.append("its codes are of a legend that the file does not hold: say in the entry what each is.")
        out += _list_like_legends(set(values.codes))
    return out


def _list_like_legends(codes: set[int]) -> list[str]:
    """Say which datasets of the package have all of these codes in their legend."""
    like = [
        name
        for name, entry in read_entries().items()
        if entry.legend is not None and codes and codes <= set(map(int, entry.legend.classes))
    ]
    if not like:
        return []
    listed = ", ".join(like[:_MOST_NAMES])
    return [f"its codes are among those of {listed}: if it is that, --sources cover={like[0]}@PATH needs no entry."]


def _measure_raster(
    tiles: list[Path], facts: RasterFacts, need: str, extent: StudyExtent
) -> tuple[StudyCover, list[str]]:
    """How a raster lies in a study, and why it cannot be counted where it cannot."""
    share = extent.measure_share(shapely.box(*_join_bounds(tiles, facts)))
    cover = _build_cover(extent, share)
    if share == 0:
        return cover, [f"lies elsewhere than study {extent.study.name}."]
    if facts.rows * facts.columns * len(tiles) > _MOST_COUNTED:
        return cover, ["too many cells to count those of the study here: a run does."]
    summed = need == "people"
    try:
        table = tabulate(
            list(tiles), extent.build_zone(), zone_field="zone", mode="sum" if summed else "class", band=facts.band
        )
    except GeoBorderError as error:
        return cover, [f"cannot be counted as it is: {error}"]
    known = float(table["data_share"].iloc[0])
    if summed:
        return replace(cover, known_share=known, totals={"people": float(table["sum"].iloc[0])}), []
    there = table[table["class"].notna()]
    areas = dict(zip(there["class"].astype(int).tolist(), there["area_km2"].tolist(), strict=True))
    return replace(cover, known_share=known, areas_km2=areas), []


def _join_bounds(tiles: list[Path], facts: RasterFacts) -> tuple[float, float, float, float]:
    """Bounds of all tiles in EPSG:4326."""
    boxes = [facts.bounds_lonlat]
    # Looking at every cell of a thousand tiles would take hours: their extents are enough.
    boxes += [read_raster_bounds(tile) for tile in tiles[1:]]
    west, south, east, north = np.array([box for box in boxes if box is not None]).T
    return float(west.min()), float(south.min()), float(east.max()), float(north.max())


# --- vector files ---


def _inspect_vector(path: Path, need: str | None, layer_name: str | None) -> Inspection:
    if need is not None and drafting.is_raster_need(need) and need != "people":
        raise CatalogError(f"--need {need}: is served by rasters, and {path.name} is a file of features.")
    layers = describe_layers(path)
    drawn = [one for one in layers if one.geometry is not None]
    usable = drawn or (layers if need in (None, "people") else [])
    if layer_name is not None:
        usable = [one for one in layers if one.name == layer_name]
    if not usable:
        names = ", ".join(one.name for one in layers) or "none"
        wanted = "layer with geometry" if layer_name is None else f"layer {layer_name!r}"
        raise FileError(f"{path}: has no {wanted}. Layers: {names}.")
    layer = max(usable, key=lambda one: one.rows)
    taken = need or drafting.guess_layer_need(layer)
    return Inspection(
        file=path.name,
        kind="vector",
        need=taken,
        guessed=need is None,
        layers=tuple(layers),
        layer=layer,
        doubts=tuple(_list_layer_doubts(layer, taken, drawn)),
        entry=drafting.draft_layer(path, taken, layer, len(drawn)),
    )


def _hold_vector(found: Inspection, path: Path, extent: StudyExtent) -> Inspection:
    """Hold a layer against the land of a study, read as the entry that is printed says."""
    layer, need = found.layer, found.need
    assert layer is not None, "asked of vector files"
    if need != "people" and layer.bounds_lonlat is None:
        return found
    share = 1.0 if layer.bounds_lonlat is None else extent.measure_share(shapely.box(*layer.bounds_lonlat))
    cover = _build_cover(extent, share)
    trial = _try_entry(found, path, extent)
    doubts = _list_trial_doubts(trial)
    if isinstance(trial.data, Grid):
        cover = replace(cover, totals={"people": _sum_inside(trial.data, extent)})
    elif isinstance(trial.data, gpd.GeoDataFrame):
        cover = _count_rows(cover, trial.data, extent)
        if not cover.rows:
            doubts.append(f"has no row in the home land of study {extent.study.name}.")
    return replace(found, cover=cover, doubts=(*found.doubts, *doubts))


def _list_layer_doubts(layer: LayerFacts, need: str, drawn: list[LayerFacts]) -> list[str]:
    out = []
    if layer.geometry is not None and layer.crs is None:
        out.append("no coordinate reference system: state it as `crs`, or write one into the file.")
    if len(drawn) > 1:
        out.append(f"{len(drawn)} layers: {layer.name} is looked at; --layer looks at another.")
    if layer.crs is not None and layer.crs.is_geographic and layer.bounds and _is_beyond_degrees(layer.bounds):
        out.append(f"its coordinates are no degrees, but its CRS is {layer.crs.name}.")
    if not layer.rows:
        out.append("has no row.")
    missing = drafting.list_missing_columns(need, drafting.guess_columns(need, layer))
    if missing:
        out.append(f"no column is known as {', '.join(missing)}: name it in `columns`.")
    wanted = {POINTS: "point", LINES: "line"}.get(NEEDS[need], "polygon")
    kind = (layer.geometry or "").lower()
    # Readers of places and facilities take a point in each polygon.
    fitting = (wanted, "polygon") if wanted == "point" else (wanted,)
    if kind not in ("", "unknown", "geometrycollection") and not any(one in kind for one in fitting):
        out.append(f"holds {layer.geometry}, and {need} are {wanted}s.")
    return out


def _count_rows(cover: StudyCover, table: gpd.GeoDataFrame, extent: StudyExtent) -> StudyCover:
    """Rows in the land of a study, by kind, and their people, length or area."""
    near = extent.select_near(table)
    kinds = near["kind"].dropna().astype(str).value_counts().to_dict() if "kind" in near.columns else {}
    length_km, inside_km2 = extent.measure_inside(near)
    totals = {"length_km": length_km, "area_km2": inside_km2}
    if "people" in near.columns:
        totals["people"] = float(near["people"].sum())
    known = {name: value for name, value in totals.items() if value}
    return replace(cover, rows=len(near), kinds={str(kind): int(count) for kind, count in kinds.items()}, totals=known)


def _sum_inside(grid: Grid, extent: StudyExtent) -> float:
    """Persons of the cells whose middle lies in the land of a study."""
    row, column = np.nonzero(np.nan_to_num(grid.values) > 0)
    x, y = grid.compute_centres(row, column)
    lon, lat = build_transformer(grid.crs.to_wkt(), WGS84.to_wkt()).transform(x, y)
    shapely.prepare(extent.home)
    return float(grid.values[row, column][shapely.contains_xy(extent.home, lon, lat)].sum())


# --- both ---


def _build_cover(extent: StudyExtent, share: float) -> StudyCover:
    return StudyCover(extent.study.name, extent.study.widest_m, extent.home_km2, share)


def _try_entry(found: Inspection, path: Path, extent: StudyExtent) -> Trial:
    """Read a file by the very entry that is printed; nothing where that leaves something open."""
    parsed = parse_tables(tomllib.loads(found.entry)[DATASET], path.name, path.name, path.parent)
    (one,) = parsed.datasets or (None,)
    assert found.need is not None, "a need is said or guessed"
    if one is None or drafting.OPEN in (one.entry.crs, *one.entry.columns.values()):
        return Trial()
    return try_reading(found.need, one.entry, path, extent)


def _list_trial_doubts(trial: Trial) -> list[str]:
    refusal = [f"a run refuses it as it is: {trial.refusal}"] if trial.refusal else []
    return [*trial.warnings, *refusal, *([trial.absent] if trial.absent else [])]


def _is_beyond_degrees(bounds: tuple[float, float, float, float]) -> bool:
    lon, lat = _MOST_DEGREES
    return max(abs(bounds[0]), abs(bounds[2])) > lon or max(abs(bounds[1]), abs(bounds[3])) > lat
