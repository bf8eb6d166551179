"""A catalogue or study of a user's checked before a run: every mistake in its entries, and in the files they name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from geo_border.catalog.catalogue import PACKAGE, Catalogue, Declared, find_clash
from geo_border.catalog.declared import Entry
from geo_border.catalog.user import DATASET, Parsed, parse_catalogue, parse_tables
from geo_border.errors import FileError, GeoBorderError, StudyError
from geo_border.fetch.local import describe_local_files
from geo_border.files.describe import describe_layers, describe_raster
from geo_border.files.toml import read_toml
from geo_border.pipeline.sources import open_catalogue
from geo_border.pipeline.study_extent import StudyExtent, locate_study
from geo_border.pipeline.trial import try_reading
from geo_border.study import Study, read_study

# Keys by which a study is known from a catalogue.
_KEYS_OF_A_STUDY = {"home", "facing", "bands_m"}
_MOST_LISTED = 8


@dataclass(frozen=True)
class TomlCheck:
    """What was found of the `[[dataset]]` tables of a file.

    Attributes
    ----------
    datasets
        Those that could be placed, with whose place each takes.
    faults
        Every mistake that a run would end over, one line each.
    doubts
        What to look at, one line each.
    """

    datasets: tuple[Declared, ...]
    faults: tuple[str, ...]
    doubts: tuple[str, ...]


def check_toml(
    path: Path, study: str | Path | Study, catalog: Sequence[str | Path], root: Path
) -> tuple[str, TomlCheck]:
    """Check a catalogue, or the datasets of a study; says which of the two it is.

    Parameters
    ----------
    path
        A TOML file.
    study
        Where files are held against; a study in `path` goes before.
    catalog
        Catalogues that it is laid over.
    root
        Folder in which boundaries that have been fetched are found.
    """
    try:
        found = read_toml(path)
    except FileError as error:
        return "catalogue", TomlCheck((), (str(error),), ())
    is_study = bool(_KEYS_OF_A_STUDY & set(found))
    if is_study:
        parsed, where = _parse_study(path, found)
    else:
        parsed, where = parse_catalogue(path), study if isinstance(study, Study) else read_study(study)
    placed, clashes = _place_datasets(parsed.datasets, open_catalogue(catalog, without=path))
    # A study with mistakes in it lies nowhere.
    extent, why = (None, "") if where is None else locate_study(where, catalog, root)
    wrong, doubts = _check_datasets(placed, extent)
    check = TomlCheck(placed, (*parsed.faults, *clashes, *wrong), (*doubts, *([why] if why else [])))
    return "study" if is_study else "catalogue", check


def _parse_study(path: Path, found: Mapping[str, object]) -> tuple[Parsed, Study | None]:
    """Datasets of a study and the study itself, None where there is a mistake in either."""
    parsed = parse_tables(found.get(DATASET, []), str(path), path.name, path.parent)
    if parsed.faults:
        return parsed, None
    try:
        study = read_study(path)
    except StudyError as error:
        return Parsed(parsed.datasets, (str(error),)), None
    return Parsed(study.datasets), study


def _place_datasets(datasets: Sequence[Declared], catalogue: Catalogue) -> tuple[tuple[Declared, ...], list[str]]:
    """Datasets as they would stand in a catalogue, one after the other, and why others find no place in it."""
    placed, clashes = [], []
    for one in datasets:
        fault = find_clash(one, catalogue.by_name.get(one.entry.name))
        if fault is not None:
            clashes.append(fault)
            continue
        catalogue = catalogue.extend([one])
        placed.append(catalogue.find(one.entry.name))
    return tuple(placed), clashes


def _check_datasets(datasets: Iterable[Declared], extent: StudyExtent | None) -> tuple[list[str], list[str]]:
    """Mistakes and doubts in the files that entries name."""
    faults: list[str] = []
    doubts: list[str] = []
    for one in datasets:
        entry = one.entry
        if entry.file is None:
            if entry.download is None and one.origin != PACKAGE:
                doubts.append(f"{one.place}: names no file and no url: give it as --sources NEED={entry.name}@PATH.")
            continue
        if not entry.file.exists():
            faults.append(f"{one.place}: file: no file at {str(entry.file)!r}. Mend the path.")
            continue
        wrong, more = _check_file(entry, entry.file, extent)
        faults += [f"{one.place}: {fault}" for fault in wrong]
        doubts += [f"{one.place}: {doubt}" for doubt in more]
    return faults, doubts


def _check_file(entry: Entry, file: Path, extent: StudyExtent | None) -> tuple[list[str], list[str]]:
    """Whether a file opens, holds what its entry names, and is read for a study."""
    try:
        faults = list(_compare_with_entry(entry, file))
    except GeoBorderError as error:
        return [str(error)], []
    if faults or extent is None:
        return faults, []
    doubts: list[str] = []
    for need in entry.needs:
        trial = try_reading(need, entry, file, extent)
        doubts += [*trial.warnings, *([trial.absent] if trial.absent else [])]
        faults += [trial.refusal] if trial.refusal else []
    return list(dict.fromkeys(faults)), list(dict.fromkeys(doubts))


def _compare_with_entry(entry: Entry, file: Path) -> Iterable[str]:
    """What an entry says of its file that is not so, wherever the file lies."""
    paths = describe_local_files(entry.needs[0], file, entry)[1]
    if entry.reader == "raster":
        facts = describe_raster(paths[0], entry.band)
        if facts.crs is None and entry.expected_crs is None:
            yield 'crs: the file states none. Add it to the entry, such as crs = "EPSG:3035".'
        codes = set() if facts.values.codes is None else set(facts.values.codes)
        legend = set() if entry.legend is None else set(map(int, entry.legend.classes))
        nodata = {entry.nodata}
        strange = sorted(code for code in codes - legend if code not in nodata)
        if entry.legend is not None and strange:
            listed = ", ".join(map(str, strange[:_MOST_LISTED]))
            yield f"legend.classes: {file.name} holds {listed}, which it does not name. Add what each is."
        if entry.legend is not None and facts.values.codes is None and facts.values.known:
            yield f"legend: {file.name} holds no classes, but {facts.dtype} values. Wrong file or band?"
    elif entry.reader == "vector":
        yield from _compare_layer(entry, paths[0])


def _compare_layer(entry: Entry, path: Path) -> Iterable[str]:
    layers = {one.name: one for one in describe_layers(path) if one.geometry is not None}
    if entry.layer is not None and entry.layer not in layers:
        yield f"layer: {path.name} has no {entry.layer!r} with geometry. Layers: {', '.join(layers) or 'none'}."
        return
    if entry.layer is None and len(layers) != 1:
        yield f"layer: {path.name} has {len(layers)} layers with geometry, name one: {', '.join(layers) or 'none'}."
        return
    layer = layers[entry.layer] if entry.layer is not None else next(iter(layers.values()))
    if layer.crs is None and entry.expected_crs is None:
        yield 'crs: the file states none. Add it to the entry, such as crs = "EPSG:4326".'
    # Roads may keep their class in a tag that is no column.
    named = {} if entry.needs == ["roads"] else entry.columns
    for ours, theirs in named.items():
        if theirs not in layer.columns:
            there = ", ".join(layer.columns) or "none"
            yield f"columns.{ours}: {path.name} has no column {theirs!r}. Columns: {there}."
