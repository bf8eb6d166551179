"""A small world on loopback, and entries that point at it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import rasterio
import shapely
from rasterio.transform import from_origin

from geo_border.catalog import Entry
from geo_border.fetch.options import Options
from geo_border.store import Folders, compute_sha256
from tests.worldserver.server import World, serve

WINDOW = shapely.box(21.0, 54.0, 22.0, 55.0)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    (tmp_path / "served").mkdir()
    with serve(tmp_path / "served") as running:
        yield running


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    return Folders(tmp_path / "root")


@pytest.fixture
def options(world: World) -> Options:
    return Options(
        mirrors=(world.mirror,), timeout_s=1.0, tries=3, pause_s=0.01, max_wait_s=3.0, countries=("PL", "LT")
    )


@pytest.fixture
def tiff(world: World) -> Path:
    """A real COG-like GeoTIFF of about 270 kB, incompressible, so that a cut is felt."""
    path = world.root / "data.example" / "tile.tif"
    write_tiff(path)
    return path


def write_tiff(path: Path, seed: int = 1) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    values = np.random.default_rng(seed).integers(1, 100, (512, 512)).astype("uint8")
    profile = {"driver": "GTiff", "width": 512, "height": 512, "count": 1, "dtype": "uint8", "crs": "EPSG:4326"}
    transform = from_origin(21.0, 55.0, 1 / 512, 1 / 512)
    with rasterio.open(path, "w", **profile, transform=transform, tiled=True, blockxsize=128, blockysize=128) as out:
        out.write(values, 1)


@pytest.fixture
def entry() -> Callable[..., Entry]:
    return make_entry


def make_entry(**changes: object) -> Entry:
    download = {
        "url": "https://data.example/tile.tif",
        "name": "tile.tif",
        "kind": "tiff",
        "documentation": "https://data.example/docs",
        **dict(changes.pop("download", {})),  # type: ignore[call-overload]
    }
    return Entry.model_validate(
        {
            "name": "test-set",
            "needs": ["cover"],
            "source": "http",
            "title": "A test set",
            "publisher": "nobody",
            "version": "1",
            "vintage": "2020",
            "licence": "CC0",
            "licence_url": "https://data.example/licence",
            "attribution": "nobody",
            "citation": "nobody (2020)",
            "homepage": "https://data.example",
            "documentation": "https://data.example/docs",
            "reader": "raster",
            "resolution": "1 px",
            "crs": "EPSG:4326",
            "download": download,
            **changes,
        }
    )


def standing(folders: Folders) -> dict[str, str]:
    """Every file that stands in data/raw, by name, with its checksum; what is not yet whole is elsewhere."""
    files = [p for p in folders.raw.rglob("*") if p.is_file() and ".partial" not in p.parts]
    return {p.name: compute_sha256(p) for p in files if not p.name.endswith(".provenance.json")}
