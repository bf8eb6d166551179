"""The story on one screen: fetch -> read -> frontier -> zones -> people and cover -> table and layers -> files."""

from __future__ import annotations

import gc
import logging
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from geo_border import passport, result, store
from geo_border._version import __version__
from geo_border.diff import list_changes
from geo_border.engine import Engine
from geo_border.errors import CheckError, EmptyLayerError
from geo_border.fetch.inventory import find_altered, list_catalogue
from geo_border.fetch.options import Options
from geo_border.frontier import choose_study_crs
from geo_border.layers import Layers
from geo_border.outputs import cog, geopackage, geoparquet, mosaic, qgis, stac, table, webmap
from geo_border.outputs import release as outputs_release
from geo_border.outputs import report as outputs_report
from geo_border.pipeline import assemble, checks, fetching, inputs, study_area
from geo_border.pipeline.fetching import FetchResult
from geo_border.pipeline.inputs import StageProgress
from geo_border.pipeline.sources import choose_sources, open_catalogue
from geo_border.present import read_disclaimer
from geo_border.result import Result
from geo_border.store import Folders
from geo_border.study import DEFAULT, Study, read_study

LOG = logging.getLogger("geo_border")


def _ignore_progress(_stage: str, _done: int, _total: int) -> None:
    return None


def run(
    study: str | Path | Study = DEFAULT,
    *,
    root: str | Path = ".",
    sources: Sequence[str] = (),
    catalog: Sequence[str | Path] = (),
    options: Options | None = None,
    fallback: str | None = None,
    progress: StageProgress = _ignore_progress,
    recompute: bool = False,
    engine: Engine | None = None,
) -> Result:
    """Everything, from data to maps; a run whose inputs, study and code are those of the last one reuses it.

    Parameters
    ----------
    study
        A study, its name, or the path of its TOML file.
    root
        Folder that gets `data/` and `maps/`.
    sources
        As `--sources`: a preset, `NEED=DATASET` or `NEED=PATH`.
    catalog
        As `--catalog`: files that describe datasets of the user's own, to be chosen by `sources` or the study.
    fallback
        A preset (`embedded`) whose datasets stand in for those that cannot be had; every output then says so.
    recompute
        Compute even if nothing has changed.
    engine
        Where distances and rasters are worked on: what `geo_border.engine.open_engine` gives; threads here when None.

    Raises
    ------
    GeoBorderError
        With what is wrong, where, and what to do next.
    """
    question, folders = _load_study(study, root)
    processed, maps = folders.locate_processed(question.name), folders.locate_maps(question.name)
    with _hold_folders(question, folders), _collect_rarely():
        chosen = choose_sources(question, sources, catalog, fallback)
        got = fetching.fetch_inputs(question, chosen, folders, options or Options(), fallback, progress)
        rows = got.list_source_rows()
        mark = passport.fingerprint(question, rows, {"sources": _strip_folders(chosen.choices)})
        if not recompute and _is_current(processed, mark, folders.root):
            LOG.info("nothing has changed since the last run: its results stand")
            return result.read(question, processed)
        read, made, notes = _compute(question, got, progress, engine)
        made = replace(
            made, passport=_build_passport(question, made, [*got.notes, *notes], read, rows, mark, chosen.choices)
        )
        files = [*_write_mosaic(read, processed), *_write_outputs(made, processed, maps, progress)]
        passport.write(processed, made.passport, files, folders.root)
        if engine is not None and engine.checkpoints is not None:
            engine.checkpoints.remove()
    failed = [c for c in made.passport["checks"] if not c["passed"]]
    if failed:
        told = "; ".join(f"{c['name']}: {c['value']:g} {c['unit']} (limit {c['limit']:g})" for c in failed)
        raise CheckError(f"{processed}: a check failed: {told}. The files are there to look at; do not publish them.")
    return made


def fetch(
    study: str | Path | Study = DEFAULT,
    *,
    root: str | Path = ".",
    sources: Sequence[str] = (),
    catalog: Sequence[str | Path] = (),
    options: Options | None = None,
    fallback: str | None = None,
    progress: StageProgress = _ignore_progress,
) -> list[dict[str, Any]]:
    """Fetch and verify all that a run would use; the passport's rows of the inputs.

    Parameters
    ----------
    study
        A study, its name, or the path of its TOML file.
    root
        Folder that holds `data/` and `maps/`.
    sources, options, fallback
        As in `run`.
    progress
        Called with a stage, how far it has come, and of how much.
    """
    question, folders = _load_study(study, root)
    chosen = choose_sources(question, sources, catalog, fallback)
    return fetching.fetch_inputs(question, chosen, folders, options or Options(), fallback, progress).list_source_rows()


def draw(
    study: str | Path | Study = DEFAULT, *, root: str | Path = ".", progress: StageProgress = _ignore_progress
) -> Path:
    """Draw the map again from `data/processed`.

    Parameters
    ----------
    study
        A study, its name, or the path of its TOML file.
    root
        Folder that holds `data/` and `maps/`.
    progress
        Called with a stage, how far it has come, and of how much.
    """
    question, folders = _load_study(study, root)
    with _hold_folders(question, folders):
        made = result.read(question, folders.locate_processed(question.name))
        progress("map", 0, 1)
        page = webmap.write(made, folders.locate_maps(question.name))
        progress("map", 1, 1)
    return page


def check(study: str | Path | Study = DEFAULT, *, root: str | Path = ".") -> list[dict[str, Any]]:
    """Verify a run's files: checksums, schemas, and the checks that its passport carries.

    Parameters
    ----------
    study
        A study, its name, or the path of its TOML file.
    root
        Folder that holds `data/` and `maps/`.

    Returns
    -------
    Rows of `name`, `passed`, `value`, `unit`, `limit`; first how many files and layers were verified (no limit).

    Raises
    ------
    CheckError
        When anything is off; names it.
    """
    question, folders = _load_study(study, root)
    processed = folders.locate_processed(question.name)
    told = passport.read(processed)
    wrong = passport.find_damaged(told, folders.root) + find_altered(folders, told.get("sources", []))
    if wrong:
        raise CheckError(f"{processed}: {'; '.join(wrong)}. Run `geo-border run {question.name}` to make them again.")
    made = result.read(question, processed)
    found = [
        _build_check_row("checksums", len(told["outputs"]), "files"),
        _build_check_row("schemas", len(made.layers) + 1, "layers and tables"),
        *told["checks"],
        *checks.check_result(made),
    ]
    failed = [f"{c['name']}: {c['value']:g} {c['unit']} (limit {c['limit']:g})" for c in found if not c["passed"]]
    if failed:
        raise CheckError(f"{processed}: {'; '.join(failed)}.")
    return found


def _build_check_row(name: str, count: int, unit: str) -> dict[str, Any]:
    return {"name": name, "passed": True, "value": count, "limit": None, "unit": unit}


def report(
    study: str | Path | Study = DEFAULT, *, root: str | Path = ".", progress: StageProgress = _ignore_progress
) -> list[Path]:
    """Write the report and still pictures from `data/processed`.

    Parameters
    ----------
    study
        A study, its name, or the path of its TOML file.
    root
        Folder that holds `data/` and `maps/`.
    progress
        Called with a stage, how far it has come, and of how much.
    """
    question, folders = _load_study(study, root)
    with _hold_folders(question, folders):
        made = result.read(question, folders.locate_processed(question.name))
        progress("report", 0, 1)
        files = outputs_report.write(made, folders.locate_maps(question.name))
        progress("report", 1, 1)
    return files


def release(study: str | Path | Study = DEFAULT, *, root: str | Path = ".", out: str | Path | None = None) -> Path:
    """Pack a run's maps, layers, tables, passport, report and licences, with checksums, into one zip.

    What `check` refuses is not packed.

    Parameters
    ----------
    study
        A study, its name, or the path of its TOML file.
    root
        Folder that holds `data/` and `maps/`.
    out
        The zip; `<study>.zip` in the current folder when None.

    Raises
    ------
    CheckError
        When anything of the run is off; names it.
    """
    question, folders = _load_study(study, root)
    with _hold_folders(question, folders):
        # Who gets the zip has no way to make the run again: what is broken must not leave the house.
        check(question, root=root)
        _warn_if_report_stale(question.name, folders)
        return outputs_release.write(question.name, folders, Path(out or f"{question.name}.zip").resolve())


def _warn_if_report_stale(name: str, folders: Folders) -> None:
    """Warn where a release holds no report, or one of an earlier run: no checksum ties it to this one."""
    written, of = (
        folders.locate_maps(name) / outputs_release.REPORT,
        folders.locate_processed(name) / result.PASSPORT_FILE,
    )
    if not written.exists():
        LOG.warning("the zip holds no report: run `geo-border report` first to have it in.")
    elif written.stat().st_mtime < of.stat().st_mtime:
        LOG.warning("the report in the zip is older than the run: run `geo-border report`, then release again.")


def plan(
    study: str | Path | Study = DEFAULT,
    *,
    root: str | Path = ".",
    sources: Sequence[str] = (),
    catalog: Sequence[str | Path] = (),
    options: Options | None = None,
) -> list[dict[str, Any]]:
    """What a fetch would bring, opening no socket: one row a need with its files, bytes, licence and terms.

    Parameters
    ----------
    study
        A study, its name, or the path of its TOML file.
    root
        Folder that holds `data/` and `maps/`.
    sources, options
        As in `run`.
    """
    question, folders = _load_study(study, root)
    chosen = choose_sources(question, sources, catalog)
    return fetching.plan_inputs(question, chosen, folders, options or Options())


def list_sources(*, root: str | Path = ".", catalog: Sequence[str | Path] = ()) -> list[dict[str, Any]]:
    """The catalogue, one row a dataset; `cached` says how many of its files are under this root and since when.

    Parameters
    ----------
    root
        Folder that holds `data/`.
    catalog
        Paths of catalogues of the user's own, as `--catalog`.
    """
    return list_catalogue(open_catalogue(catalog), Folders(Path(root).resolve()))


def diff(a: str | Path, b: str | Path) -> list[dict[str, Any]]:
    """What changed between two runs: study, inputs, then figure by figure; rows as `diff.list_changes` gives them.

    Parameters
    ----------
    a, b
        Folders of runs, or their `run.json`.
    """
    return list_changes(Path(a), Path(b))


def _load_study(study: str | Path | Study, root: str | Path) -> tuple[Study, Folders]:
    return (study if isinstance(study, Study) else read_study(study)), Folders(Path(root).resolve())


@contextmanager
def _collect_rarely() -> Iterator[None]:
    """Search for cycles less often: a run makes millions of objects, and the search costs a twentieth of its time."""
    before = gc.get_threshold()
    gc.set_threshold(100_000, 10, 5)
    try:
        yield
    finally:
        gc.set_threshold(*before)


@contextmanager
def _hold_folders(study: Study, folders: Folders) -> Iterator[None]:
    """Hold a study's folders, rid of what a killed run left half written there."""
    with store.lock_folder(folders.locate_processed(study.name)):
        store.remove_partial_folders(folders.locate_processed(study.name), folders.locate_maps(study.name))
        yield


def _compute(
    study: Study, fetched: FetchResult, progress: StageProgress, engine: Engine | None
) -> tuple[Layers, Result, list[str]]:
    window, home = fetched.compute_window(study)[0], fetching.list_countries(study.home, study)
    optional = {need: raw for need, raw in fetched.raws.items() if need in inputs.OPTIONAL}
    read, notes = inputs.read_layers(optional, window, home, progress)
    first, territories, lines = fetched.traced, fetched.traced.territories, fetched.traced.lines
    own = {} if first.own_line is None else {"own_line": first.own_line}
    layers = Layers({need: (layer,) for need, layer in {"boundaries": first.boundaries, **own, **read}.items()})
    crs = choose_study_crs(study, lines)
    laid = study_area.build_study_area(study, territories, lines, layers, crs, progress, engine)
    made, more = assemble.build_result(study, territories, lines, laid, layers, progress, engine)
    return layers, made, [*notes, *more]


def _build_passport(
    study: Study,
    computed: Result,
    notes: list[str],
    read: Layers,
    source_rows: list[dict[str, Any]],
    fingerprint: str,
    choices: Mapping[str, str],
) -> dict[str, Any]:
    if read.get("roads") is None and read.get("facilities") is None:
        notes = [*notes, "passage: not assessed, for want of roads and facilities in this run's sources."]
    return {
        "geo_border": __version__,
        "fingerprint": fingerprint,
        "study": study.model_dump(mode="json"),
        "sources": source_rows,
        "parameters": {"sources": _strip_folders(choices), "crs": computed.layers["frontier"].crs.to_string()},
        **computed.passport,
        "notes": notes,
        "disclaimer": read_disclaimer(),
    }


def _strip_folders(choices: Mapping[str, str]) -> dict[str, str]:
    """The choice of sources with the user's own files by name: where they lie says nothing of the result."""
    return {need: Path(value).name if os.sep in value or "/" in value else value for need, value in choices.items()}


def _write_outputs(computed: Result, processed: Path, maps: Path, progress: StageProgress) -> list[Path]:
    """All files but the passport, which vouches for them and comes last."""
    steps: tuple[Callable[[], Path | list[Path]], ...] = (
        lambda: geopackage.write(computed, processed),
        lambda: table.write(computed, processed),
        lambda: cog.write(computed, processed),
        lambda: geoparquet.write(computed, processed),
        lambda: qgis.write(computed, processed),
        lambda: webmap.write(computed, maps),
        lambda: stac.write(computed, processed),
    )
    files: list[Path] = []
    for done, step in enumerate(steps):
        progress("write", done, len(steps))
        wrote = step()
        files += wrote if isinstance(wrote, list) else [wrote]
    progress("write", len(steps), len(steps))
    return files


def _write_mosaic(read: Layers, processed: Path) -> list[Path]:
    """A mosaic over the cover's tiles where they are too fine to be copied; before the project that shows it."""
    cover = read.get("cover")
    if cover is None or cover.paths is None or cover.entry.legend is None:
        return []
    return [mosaic.write(cover.paths, cover.entry, processed)]


def _is_current(processed: Path, fingerprint: str, root: Path) -> bool:
    try:
        told = passport.read(processed)
    except (EmptyLayerError, CheckError):
        return False
    return (
        told.get("fingerprint") == fingerprint
        and not passport.find_damaged(told, root)
        and all(c["passed"] for c in told["checks"])
    )
