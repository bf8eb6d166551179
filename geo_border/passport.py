"""The passport of a run: every input, every parameter, every check."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any

from geo_border._version import __version__
from geo_border.errors import EmptyLayerError
from geo_border.result import PASSPORT_FILE, read_passport
from geo_border.store import Raw, compute_sha256, write_text
from geo_border.study import Study


def build_source_row(need: str, raw: Raw) -> dict[str, Any]:
    """One input as the passport states it.

    Parameters
    ----------
    need
        What the dataset is used for ("people").
    raw
        Its files, verified.
    """
    entry = raw.entry
    return {
        "need": need,
        **entry.describe_source(),
        "homepage": entry.homepage,
        "retrieved": raw.retrieved_at,
        "dated": raw.data_date,
        "mirror": raw.mirror,
        "files": [
            {"name": path.name, "sha256": raw.sha256[path.name], "bytes": path.stat().st_size} for path in raw.paths
        ],
    }


def build_check(name: str, value: float, limit: float, unit: str) -> dict[str, Any]:
    """A check of a run: it passes when the value's size is at most the limit.

    Parameters
    ----------
    name
        What is checked, in one word.
    value, limit
        What was measured and its greatest size, both in `unit`.
    unit
        As the table writes it ("km2").
    """
    return {"name": name, "passed": bool(abs(value) <= limit), "value": float(value), "limit": limit, "unit": unit}


def fingerprint(study: Study, sources: list[dict[str, Any]], parameters: Mapping[str, object]) -> str:
    """A hash of all that a run's result depends on: study, inputs, their mirrors, parameters, this package's code.

    Parameters
    ----------
    study
        The study as read.
    sources
        Rows of `build_source_row`.
    parameters
        Whatever else a result depends on, as JSON can hold it.
    """
    inputs = [[s["need"], s["dataset"], s["version"], s["mirror"], [f["sha256"] for f in s["files"]]] for s in sources]
    content = {"study": study.model_dump(mode="json"), "sources": inputs, "parameters": parameters, "code": hash_code()}
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def write(folder: Path, passport: dict[str, Any], files: list[Path], root: Path) -> Path:
    """Write `run.json` last, with the checksum of every file of the run (paths relative to the root).

    Parameters
    ----------
    folder
        Where `run.json` goes.
    passport
        Its content but the outputs.
    files
        Every file of the run, below `root`.
    root
        Folder that the files' names are relative to.
    """
    outputs = [
        {"name": p.relative_to(root).as_posix(), "sha256": compute_sha256(p), "bytes": p.stat().st_size} for p in files
    ]
    final = folder / PASSPORT_FILE
    write_text(
        final, json.dumps({**passport, "outputs": outputs}, indent=1, ensure_ascii=False, sort_keys=False) + "\n"
    )
    return final


def read(path: Path) -> dict[str, Any]:
    """A passport from `run.json` or the folder that holds it.

    Parameters
    ----------
    path
        `run.json`, or the folder that holds it.

    Raises
    ------
    EmptyLayerError
        When there is none.
    CheckError
        When it is not JSON, or not the passport of a run.
    """
    file = path / PASSPORT_FILE if path.is_dir() else path
    if not file.exists():
        study = (path.parent if path.suffix else path).name
        raise EmptyLayerError(
            f"{file}: no passport there. Run `geo-border run {study}` first, or give a folder with run.json."
        )
    return read_passport(file)


def find_damaged(passport: dict[str, Any], root: Path) -> list[str]:
    """Which of a run's files are missing or have other bytes than the passport says.

    Parameters
    ----------
    passport
        Content of a `run.json`.
    root
        Folder that its files' names are relative to.
    """
    out = []
    for row in passport.get("outputs", []):
        path = root / row["name"]
        if not path.exists():
            out.append(f"{row['name']}: missing")
        elif path.stat().st_size != row["bytes"] or compute_sha256(path) != row["sha256"]:
            out.append(f"{row['name']}: not the bytes that the run wrote")
    return out


def hash_code() -> str:
    """Hash of this package's own Python and TOML files: a result of another version is not reused."""
    digest = hashlib.sha256(__version__.encode())
    package = Path(str(resources.files("geo_border")))
    for path in sorted(p for p in package.rglob("*") if p.suffix in (".py", ".toml", ".html", ".js", ".css", ".po")):
        digest.update(path.relative_to(package).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()
