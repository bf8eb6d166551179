"""The story on one screen: fetch -> read -> frontier -> zones -> people and cover -> table and layers -> files."""

from __future__ import annotations

import gc
import logging
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from geo_border import __version__, passport, result, store, study
from geo_border.diff import changes
from geo_border.engine import Engine
from geo_border.errors import CheckError, EmptyLayerError
from geo_border.fetch.choose import choose
from geo_border.fetch.inventory import altered, catalogued
from geo_border.fetch.options import Options
from geo_border.frontier import study_crs
from geo_border.layers import Layers
from geo_border.outputs import cog, geopackage, geoparquet, mosaic, qgis, stac, table, webmap
from geo_border.outputs import release as outputs_release
from geo_border.outputs import report as outputs_report
from geo_border.pipeline import assemble, checks, fetching, inputs, study_area
from geo_border.pipeline.fetching import Fetched
from geo_border.pipeline.inputs import Tell
from geo_border.present import disclaimer
from geo_border.result import Result
from geo_border.store import Folders
from geo_border.study import Study

LOG = logging.getLogger("geo_border")


def _quiet(_stage: str, _done: int, _total: int) -> None:
    return None


def run(
    which: str | Path | Study = study.DEFAULT,
    *,
    root: str | Path = ".",
    sources: Sequence[str] = (),
    options: Options | None = None,
    fallback: str | None = None,
    tell: Tell = _quiet,
    again: bool = False,
    engine: Engine | None = None,
) -> Result:
    """Everything, from data to maps; a run whose inputs, study and code are those of the last one reuses it.

    Parameters
    ----------
    which
        A study, its name, or the path of its TOML file.
    root
        Folder that gets `data/` and `maps/`.
    sources
        As `--sources`: a preset, `NEED=DATASET` or `NEED=PATH`.
    fallback
        A preset (`embedded`) whose datasets stand in for those that cannot be had; every output then says so.
    again
        Compute even if nothing has changed.
    engine
        Where distances and rasters are worked on: what `geo_border.engine.open_engine` gives; threads here when None.

    Raises
    ------
    GeoBorderError
        With what is wrong, where, and what to do next.
    """
    question, folders = _asked(which, root)
    processed, maps = folders.processed(question.name), folders.maps(question.name)
    with _alone(question, folders), _collect_rarely():
        chosen = choose(sources, question.sources, fallback)
        got = fetching.fetched(question, chosen, folders, options or Options(), fallback, tell)
        rows = got.rows()
        mark = passport.fingerprint(question, rows, {"sources": _named(chosen)})
        if not again and _stands(processed, mark, folders.root):
            LOG.info("nothing has changed since the last run: its results stand")
            return result.read(question, processed)
        read, made, notes = _computed(question, got, tell, engine)
        made = replace(made, passport=_passport(question, made, [*got.notes, *notes], read, rows, mark, chosen))
        files = [*_mosaic(read, processed), *_written(made, processed, maps, tell)]
        passport.write(processed, made.passport, files, folders.root)
        if engine is not None and engine.checkpoints is not None:
            engine.checkpoints.remove()
    failed = [c for c in made.passport["checks"] if not c["passed"]]
    if failed:
        told = "; ".join(f"{c['name']}: {c['value']:g} {c['unit']} (limit {c['limit']:g})" for c in failed)
        raise CheckError(f"{processed}: a check failed: {told}. The files are there to look at; do not publish them.")
    return made


def fetch(
    which: str | Path | Study = study.DEFAULT,
    *,
    root: str | Path = ".",
    sources: Sequence[str] = (),
    options: Options | None = None,
    fallback: str | None = None,
    tell: Tell = _quiet,
) -> list[dict[str, Any]]:
    """Fetch and verify all that a run would use; the passport's rows of the inputs."""
    question, folders = _asked(which, root)
    chosen = choose(sources, question.sources, fallback)
    return fetching.fetched(question, chosen, folders, options or Options(), fallback, tell).rows()


def draw(which: str | Path | Study = study.DEFAULT, *, root: str | Path = ".", tell: Tell = _quiet) -> Path:
    """Draw the map again from `data/processed`."""
    question, folders = _asked(which, root)
    with _alone(question, folders):
        made = result.read(question, folders.processed(question.name))
        tell("map", 0, 1)
        page = webmap.write(made, folders.maps(question.name))
        tell("map", 1, 1)
    return page


def check(which: str | Path | Study = study.DEFAULT, *, root: str | Path = ".") -> list[dict[str, Any]]:
    """Verify a run's files: checksums, schemas, and the checks that its passport carries.

    Returns
    -------
    Rows of `name`, `passed`, `value`, `unit`, `limit`; first how many files and layers were verified (no limit).

    Raises
    ------
    CheckError
        When anything is off; names it.
    """
    question, folders = _asked(which, root)
    processed = folders.processed(question.name)
    told = passport.read(processed)
    wrong = passport.damaged(told, folders.root) + altered(folders, told.get("sources", []))
    if wrong:
        raise CheckError(f"{processed}: {'; '.join(wrong)}. Run `geo-border run {question.name}` to make them again.")
    made = result.read(question, processed)
    found = [
        _verified("checksums", len(told["outputs"]), "files"),
        _verified("schemas", len(made.layers) + 1, "layers and tables"),
        *told["checks"],
        *checks.standing_checks(made),
    ]
    failed = [f"{c['name']}: {c['value']:g} {c['unit']} (limit {c['limit']:g})" for c in found if not c["passed"]]
    if failed:
        raise CheckError(f"{processed}: {'; '.join(failed)}.")
    return found


def _verified(name: str, count: int, unit: str) -> dict[str, Any]:
    return {"name": name, "passed": True, "value": count, "limit": None, "unit": unit}


def report(which: str | Path | Study = study.DEFAULT, *, root: str | Path = ".", tell: Tell = _quiet) -> list[Path]:
    """Write the report and still pictures from `data/processed`."""
    question, folders = _asked(which, root)
    with _alone(question, folders):
        made = result.read(question, folders.processed(question.name))
        tell("report", 0, 1)
        files = outputs_report.write(made, folders.maps(question.name))
        tell("report", 1, 1)
    return files


def release(
    which: str | Path | Study = study.DEFAULT, *, root: str | Path = ".", out: str | Path | None = None
) -> Path:
    """Pack a run's maps, layers, tables, passport, report and licences, with checksums, into one zip.

    `out` is `<study>.zip` in the current folder when None. What `check` refuses is not packed.

    Raises
    ------
    CheckError
        When anything of the run is off; names it.
    """
    question, folders = _asked(which, root)
    with _alone(question, folders):
        # Who gets the zip has no way to make the run again: what is broken must not leave the house.
        check(question, root=root)
        _tell_of_report(question.name, folders)
        return outputs_release.write(question.name, folders, Path(out or f"{question.name}.zip").resolve())


def _tell_of_report(name: str, folders: Folders) -> None:
    """Warn where a release holds no report, or one of an earlier run: no checksum ties it to this one."""
    written, of = folders.maps(name) / outputs_release.REPORT, folders.processed(name) / result.PASSPORT_FILE
    if not written.exists():
        LOG.warning("the zip holds no report: run `geo-border report` first to have it in.")
    elif written.stat().st_mtime < of.stat().st_mtime:
        LOG.warning("the report in the zip is older than the run: run `geo-border report`, then release again.")


def plan(
    which: str | Path | Study = study.DEFAULT,
    *,
    root: str | Path = ".",
    sources: Sequence[str] = (),
    options: Options | None = None,
) -> list[dict[str, Any]]:
    """What a fetch would bring, opening no socket: one row a need with its files, bytes, licence and terms."""
    question, folders = _asked(which, root)
    chosen = choose(sources, question.sources)
    return fetching.planned(question, chosen, folders, options or Options())


def sources(*, root: str | Path = ".") -> list[dict[str, Any]]:
    """The catalogue, one row a dataset; `cached` says how many of its files are under this root and since when."""
    return catalogued(Folders(Path(root).resolve()))


def diff(a: str | Path, b: str | Path) -> list[dict[str, Any]]:
    """What changed between two runs: study, inputs, then figure by figure; rows as `diff.changes` gives them."""
    return changes(Path(a), Path(b))


def _asked(which: str | Path | Study, root: str | Path) -> tuple[Study, Folders]:
    return (which if isinstance(which, Study) else study.read(which)), Folders(Path(root).resolve())


@contextmanager
def _collect_rarely() -> Iterator[None]:
    """Search for cycles less often: a run makes millions of objects, and the search costs a twentieth of its time."""
    before = gc.get_threshold()
    gc.set_threshold(200_000, 20, 50)
    try:
        yield
    finally:
        gc.set_threshold(*before)


@contextmanager
def _alone(question: Study, folders: Folders) -> Iterator[None]:
    """Hold a study's folders, rid of what a killed run left half written there."""
    with store.lock(folders.processed(question.name)):
        store.sweep(folders.processed(question.name), folders.maps(question.name))
        yield


def _computed(question: Study, got: Fetched, tell: Tell, engine: Engine | None) -> tuple[Layers, Result, list[str]]:
    window, home = got.window(question)[0], fetching.codes(question.home, question)
    optional = {need: raw for need, raw in got.raws.items() if need != "boundaries"}
    read, notes = inputs.read_layers(optional, window, home, tell)
    layers = Layers({need: (layer,) for need, layer in {"boundaries": got.boundaries, **read}.items()})
    crs = study_crs(question, got.lines)
    laid = study_area.lay(question, got.territories, got.lines, layers, crs, tell, engine)
    made, more = assemble.build_result(question, got.territories, got.lines, laid, layers, tell, engine)
    return layers, made, [*notes, *more]


def _passport(
    question: Study,
    made: Result,
    notes: list[str],
    read: Layers,
    rows: list[dict[str, Any]],
    mark: str,
    chosen: dict[str, str],
) -> dict[str, Any]:
    if read.get("roads") is None and read.get("facilities") is None:
        notes = [*notes, "passage: not assessed, for want of roads and facilities in this run's sources."]
    return {
        "geo_border": __version__,
        "fingerprint": mark,
        "study": question.model_dump(mode="json"),
        "sources": rows,
        "parameters": {"sources": _named(chosen), "crs": made.layers["frontier"].crs.to_string()},
        **made.passport,
        "notes": notes,
        "disclaimer": disclaimer(),
    }


def _named(chosen: dict[str, str]) -> dict[str, str]:
    """The choice of sources with the user's own files by name: where they lie says nothing of the result."""
    return {need: Path(value).name if os.sep in value or "/" in value else value for need, value in chosen.items()}


def _written(made: Result, processed: Path, maps: Path, tell: Tell) -> list[Path]:
    """All files but the passport, which vouches for them and comes last."""
    steps: tuple[Callable[[], Path | list[Path]], ...] = (
        lambda: geopackage.write(made, processed),
        lambda: table.write(made, processed),
        lambda: cog.write(made, processed),
        lambda: geoparquet.write(made, processed),
        lambda: qgis.write(made, processed),
        lambda: webmap.write(made, maps),
        lambda: stac.write(made, processed),
    )
    files: list[Path] = []
    for done, step in enumerate(steps):
        tell("write", done, len(steps))
        wrote = step()
        files += wrote if isinstance(wrote, list) else [wrote]
    tell("write", len(steps), len(steps))
    return files


def _mosaic(read: Layers, processed: Path) -> list[Path]:
    """A mosaic over the cover's tiles where they are too fine to be copied; before the project that shows it."""
    cover = read.get("cover")
    if cover is None or cover.paths is None or cover.entry.legend is None:
        return []
    return [mosaic.write(cover.paths, cover.entry.legend, processed)]


def _stands(processed: Path, mark: str, root: Path) -> bool:
    try:
        told = passport.read(processed)
    except (EmptyLayerError, CheckError):
        return False
    return (
        told.get("fingerprint") == mark
        and not passport.damaged(told, root)
        and all(c["passed"] for c in told["checks"])
    )
