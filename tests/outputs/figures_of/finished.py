"""The seven outputs of a finished run, as they stand or are printed, and the figures of each."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from geo_border.study import Study
from tests.outputs.figures_of import console, csv, geopackage, parquet, qgis, report, webmap
from tests.outputs.figures_of.figure import Figure
from tests.outputs.qgis_runs import questions, session

ROOT = Path(__file__).parents[3]


@dataclass(frozen=True)
class Finished:
    """What a run left: the folder of tables, and what console, QGIS, page and report say."""

    study: Study
    tables: Path
    geopackage: Path
    console: str
    qgis: dict[str, Any]
    page: webmap.Page
    report: str


def gather(study: Study, root: Path, folder: Path) -> Finished:
    """Ask a finished run under a root for what it says; QGIS works in a folder of its own."""
    processed, maps = root / "data" / "processed" / study.name, root / "maps" / study.name
    with ThreadPoolExecutor() as pool:
        answer = pool.submit(_ask_qgis, study.name, processed, folder)
        # A second run finds that nothing has changed, and prints the summary of the first.
        printed = _command("run", study.name, "--root", str(root))
        _command("report", study.name, "--root", str(root))
        return Finished(
            study,
            processed,
            processed / "layers.gpkg",
            printed,
            answer.result(),
            webmap.read_page((maps / "index.html").read_text("utf-8")),
            (maps / "report.html").read_text("utf-8"),
        )


def _command(*words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "geo_border", *words],
        cwd=ROOT,
        env={**os.environ, "COLUMNS": "120"},
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout


def _ask_qgis(name: str, processed: Path, folder: Path) -> dict[str, Any]:
    # QGIS may write into a GeoPackage that it opens.
    for path in (*processed.glob("*.tif"), processed / f"{name}.qgz", processed / "layers.gpkg"):
        shutil.copy(path, folder)
    asked = {number: sql for number, sql in questions().items() if number in qgis.QUESTIONS}
    return session(project=str(folder / f"{name}.qgz"), labels=True, tips=qgis.TIPS, sql=asked)


def figures_of(output: str, finished: Finished) -> list[Figure]:
    """Every figure of one output."""
    corridors = {corridor.name: corridor.id for corridor in finished.study.corridors}
    readers: dict[str, Callable[[], Iterable[Figure]]] = {
        "console": lambda: console.of_console(finished.console),
        "csv": lambda: csv.of_csv(finished.tables),
        "parquet": lambda: parquet.of_parquet(finished.tables),
        "geopackage": lambda: geopackage.of_geopackage(finished.geopackage),
        "qgis": lambda: qgis.of_answer(
            finished.qgis, next(iter(corridors.values()), ""), csv.read_names(finished.tables)
        ),
        "map": lambda: webmap.of_page(finished.page),
        "report": lambda: report.of_report(finished.report, corridors),
    }
    return list(readers[output]())
