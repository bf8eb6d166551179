"""A change of the package tried beside it: edits of its files, and a study run with them in a process of its own."""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import geopandas as gpd
import pandas as pd
import shapely

ROOT = Path(__file__).resolve().parents[2]
# About 11 km of meridian far from what ships, home in the west.
WEST, EAST = shapely.box(99.8, 55.0, 100.0, 55.1), shapely.box(100.0, 55.0, 100.2, 55.1)
STUDY = """
name = "drill"
title = "A drill"
home = ["HH"]
facing = ["FF"]
bands_m = [1000, 3000]
strips_m = [500]
"""


@dataclass(frozen=True)
class Edit:
    """One change of one file: what stands there once, and what is to stand there."""

    path: str
    old: str
    new: str


@dataclass(frozen=True)
class Tried:
    """What a drill came to: the run's table, its notes, and how many files of the package it touched."""

    table: pd.DataFrame
    notes: list[str]
    touched: int
    root: Path

    def get(self, zone_id: str, measure: str) -> float:
        """The one figure of a zone and measure."""
        (value,) = self.table[(self.table["zone_id"] == zone_id) & (self.table["measure"] == measure)]["value"]
        return float(value)


def write_boundaries(path: Path) -> Path:
    """The two countries of the study."""
    names = ["HH", "FF"]
    gpd.GeoDataFrame({"country": names, "name": names}, geometry=[WEST, EAST], crs=4326).to_file(path)
    return path


def run_with(edits: Sequence[Edit], folder: Path, sources: Sequence[str] = (), catalog: Sequence[Path] = ()) -> Tried:
    """Apply edits to copies of the files they name, run the small study with them, and read its table.

    Parameters
    ----------
    folder
        Gets the edited files, the study and the run.
    sources
        As `--sources`, beside the boundaries.
    catalog
        As `--catalog`.
    """
    touched = {edit.path for edit in edits}
    for path in touched:
        text = (ROOT / path).read_text("utf-8")
        for edit in (edit for edit in edits if edit.path == path):
            assert text.count(edit.old) == 1, f"{path}: {edit.old!r} stands {text.count(edit.old)} times"
            text = text.replace(edit.old, edit.new)
        copy = folder / "edited" / path
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text(text, encoding="utf-8")
    (folder / "drill.toml").write_text(STUDY, encoding="utf-8")
    asked = [f"boundaries={write_boundaries(folder / 'boundaries.gpkg')}", *sources]
    job = {
        "edited": sorted(touched),
        "folder": str(folder),
        "sources": asked,
        "catalog": [str(path) for path in catalog],
    }
    done = subprocess.run(
        [sys.executable, str(Path(__file__).resolve()), json.dumps(job)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == 0, done.stderr[-3000:]
    processed = folder / "run" / "data" / "processed" / "drill"
    notes = json.loads((processed / "run.json").read_text("utf-8"))["notes"]
    return Tried(pd.read_csv(processed / "exposure.csv"), notes, len(touched), folder / "run")


class _Edited(importlib.abc.MetaPathFinder):
    """Finds edited modules first, so that all others (and kernels compiled for them) are those that ship."""

    def __init__(self, files: dict[str, Path]) -> None:
        self._files = files

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        file = self._files.get(fullname)
        return None if file is None else importlib.util.spec_from_file_location(fullname, file)


def main(job: dict[str, object]) -> None:
    """Run the study of a drill with its edited modules."""
    folder = Path(str(job["folder"]))
    files = {
        path.removesuffix(".py").replace("/", "."): folder / "edited" / path
        for path in job["edited"]  # type: ignore[attr-defined]
    }
    sys.meta_path.insert(0, _Edited(files))
    import geo_border

    geo_border.run(folder / "drill.toml", root=folder / "run", sources=job["sources"], catalog=job["catalog"])
    missed = [name for name, file in files.items() if sys.modules[name].__file__ != str(file)]
    assert not missed, f"not taken from the edited files: {missed}"


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
