"""Set the densities of modelled people on a measured 1 km grid: `calibrate.py GRID.tif`; prints how well they do.

The grid is not part of the project: only the densities, with their source, go into `catalog/modelled-people.toml`.
Densities are persons per km² of dry home land by settlement class, segment and ring of distance. People of a grid cell
are shared among the classes in it in proportion to area x density, and densities made from the shares, in turns
(expectation-maximisation for a Poisson mixture; Dempster et al. 1977), which keeps each segment's total.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from geo_border import study
from geo_border.catalog.catalogue import read_package
from geo_border.catalog.resolve import choose
from geo_border.fetch.local import build_local_raw
from geo_border.fetch.options import Options
from geo_border.frontier import choose_study_crs
from geo_border.geo.crs import WGS84, FloatArray, reproject, row_area_km2
from geo_border.geo.grid import Grid
from geo_border.layers import Layers
from geo_border.people import Ground as Dry
from geo_border.people import counted
from geo_border.pipeline import fetching, inputs, study_area
from geo_border.read import read_people
from geo_border.store import Folders
from geo_border.zonal import compute_coverage_fraction, prepare_zones

IntArray = NDArray[np.int64]
CLASSES = (11, 12, 13, 21, 22, 23, 30)
RINGS_M = (2_000.0, 5_000.0, 10_000.0, 50_000.0)
SIDE = 5
TURNS = 60
PRIOR_KM2 = 2.0
RANGE_FROM = "densities of the other segments by ring: left out in turn where calibrated, lowest to highest elsewhere"
TARGET = Path(__file__).parents[2] / "geo_border" / "catalog" / "modelled-people.toml"


def survey() -> tuple[Grid, study_area.StudyArea, inputs.Bounds]:
    """Settlement classes, and the default study laid out on the ground from the snapshot, without people or cover."""
    question = study.read_study("finland-poland")
    chosen = choose((), read_package())
    got = fetching.fetch_inputs(question, chosen, Folders(Path()), Options(), None, _quiet)
    bounds = got.compute_window(question)[0]
    wanted = {need: got.raws[need] for need in ("land", "water", "settlement_class")}
    read, _ = inputs.read_layers(wanted, bounds, question.home, _quiet)
    layers = Layers({need: (layer,) for need, layer in {"boundaries": got.boundaries, **read}.items()})
    crs = choose_study_crs(question, got.lines)
    laid = study_area.build_study_area(question, got.territories, got.lines, layers, crs, _quiet)
    classes = layers.get_grid("settlement_class")
    assert classes is not None, "the snapshot has settlement classes"
    return classes, laid, bounds


def _quiet(_stage: str, _done: int, _total: int) -> None:
    return None


def main(grid_path: Path) -> None:
    """Calibrate on a grid and write the catalogue entry."""
    classes, laid, bounds = survey()
    dry = Dry(prepare_zones(laid.units, "unit"), prepare_zones(laid.water, "unit"), laid.facing_side)
    grid = read_people(build_local_raw("people", grid_path), bounds)
    people, _ = counted(grid, "home", dry)
    share = np.clip(
        compute_coverage_fraction(classes, laid.units) - compute_coverage_fraction(classes, laid.water), 0, None
    )
    area, groups = _areas(classes, share, laid)
    cells, group, weight, counts = _samples(people.counts, classes, share, groups)
    shape = (len(laid.segment_ids), len(CLASSES), len(RINGS_M))
    density = _fitted(cells, group, weight, counts, area, shape).reshape(shape)
    area = area.reshape(shape)
    others = _others(density, area)
    spread = _spread(density, others, area)
    _told(laid.segment_ids, density, others, area)
    _write(laid.segment_ids, density, area, spread)


def _areas(classes: Grid, share: FloatArray, laid: study_area.StudyArea) -> tuple[FloatArray, IntArray]:
    """Dry km² by (segment, class, ring), flat; and each grid cell's group, -1 without one."""
    row, column = np.nonzero(share > 0)
    near = laid.line_index.find_nearest(*classes.compute_centres(row, column))
    ring = np.minimum(np.searchsorted(RINGS_M, near.distance_m, side="right"), len(RINGS_M) - 1)
    code = np.full(256, -1)
    code[list(CLASSES)] = np.arange(len(CLASSES))
    kind = code[classes.values[row, column]]
    number = (near.label * len(CLASSES) + kind) * len(RINGS_M) + ring
    groups = np.full(classes.shape, -1)
    groups[row, column] = np.where(kind >= 0, number, -1)
    step = classes.transform
    km2 = row_area_km2(step.f, -step.e, step.a, classes.shape[0])[row] * share[row, column]
    size = len(laid.segment_ids) * len(CLASSES) * len(RINGS_M)
    return np.asarray(np.bincount(number[kind >= 0], km2[kind >= 0], size), dtype=np.float64), groups


def _samples(
    counts: Grid, classes: Grid, share: FloatArray, groups: IntArray
) -> tuple[IntArray, IntArray, FloatArray, FloatArray]:
    """Each measured cell's groups and the share of its dry land in each, from a lattice of points in the cell.

    Returns
    -------
    cell, group, weight
        One a point on grouped land: its cell by number, the group, and the share of its class cell that is dry.
    counts
        Persons in each cell.
    """
    row, column = np.nonzero(counts.values > 0)
    offset = (np.arange(SIDE) + 0.5) / SIDE
    dx, dy = (a.ravel() for a in np.meshgrid(offset, offset))
    # An affine transform takes arrays as it takes numbers, but its annotations know numbers only.
    lattice: Any = ((column[:, None] + dx).ravel(), (row[:, None] + dy).ravel())
    x, y = counts.transform * lattice
    lonlat = shapely.get_coordinates(reproject(shapely.points(x, y), counts.crs, WGS84))
    r, c = classes.locate_cells(lonlat[:, 0], lonlat[:, 1])
    inside = (r >= 0) & (r < classes.shape[0]) & (c >= 0) & (c < classes.shape[1])
    group = np.where(inside, groups[np.clip(r, 0, classes.shape[0] - 1), np.clip(c, 0, classes.shape[1] - 1)], -1)
    weight = np.where(group >= 0, share[np.clip(r, 0, classes.shape[0] - 1), np.clip(c, 0, classes.shape[1] - 1)], 0)
    cell = np.repeat(np.arange(len(row)), SIDE * SIDE)
    kept = weight > 0
    return cell[kept], group[kept], weight[kept], counts.values[row, column]


def _fitted(
    cell: IntArray,
    group: IntArray,
    weight: FloatArray,
    counts: FloatArray,
    area: FloatArray,
    shape: tuple[int, int, int],
) -> FloatArray:
    """Persons per km² by (segment, class, ring), flat, from what `_samples` found and the flat `area` in km²."""
    density: FloatArray = np.full(len(area), 5.0)
    measured: FloatArray = np.zeros(len(area))
    for _ in range(TURNS):
        pull = weight * density[group]
        total = np.bincount(cell, pull, len(counts))
        parts = counts[cell] * pull / np.maximum(total[cell], 1e-12)
        measured = np.asarray(np.bincount(group, parts, len(area)), dtype=np.float64)
        # A class with little land in a segment's ring leans on the same class elsewhere, as if it had PRIOR_KM2 of it.
        prior = np.broadcast_to(_pooled(measured.reshape(shape), area.reshape(shape)), shape).ravel()
        density = (measured + prior * PRIOR_KM2) / (area + PRIOR_KM2)
    wanted, got = measured.reshape(shape).sum(1), (density * area).reshape(shape).sum(1)
    return np.asarray(density.reshape(shape) * (wanted / got)[:, None, :]).ravel()


def _pooled(people: FloatArray, area: FloatArray) -> FloatArray:
    """Density by class and ring over all segments; over all rings where a ring has less than 10 km² of the class."""
    by_ring = people.sum(0) / np.maximum(area.sum(0), 1e-9)
    overall = people.sum((0, 2)) / np.maximum(area.sum((0, 2)), 1e-9)
    return np.asarray(np.where(area.sum(0) >= 10, by_ring, overall[:, None]))


def _others(density: FloatArray, area: FloatArray) -> FloatArray:
    """For each segment, densities pooled over all other segments (by class and ring)."""
    people = density * area
    return np.stack([_pooled(np.delete(people, s, 0), np.delete(area, s, 0)) for s in range(len(density))])


def _spread(density: FloatArray, others: FloatArray, area: FloatArray) -> FloatArray:
    """For each ring the root mean square of ln(held-out estimate / measured) over segments, as a factor."""
    held, own = (others * area).sum(1), (density * area).sum(1)
    return np.asarray(np.exp(np.sqrt(np.mean(np.log(held / own) ** 2, axis=0))))


def _told(names: list[str], density: FloatArray, others: FloatArray, area: FloatArray) -> None:
    """Print people by segment and ring: fitted, held out, and their ratio."""
    print("ring (m):", RINGS_M)
    for s, name in enumerate(names):
        own, held = (density[s] * area[s]).sum(0), (others[s] * area[s]).sum(0)
        print(name, "in-sample", own.round(), "held out", held.round(), "ratio", (held / own).round(2))


def _write(names: list[str], density: FloatArray, area: FloatArray, spread: FloatArray) -> None:
    """Put the densities and the spread in place of the catalogue entry's calibrated part."""
    pooled = _pooled(density * area, area)
    tables = {"other": pooled, **{name: np.where(area[s] > 0, density[s], pooled) for s, name in enumerate(names)}}
    lines = [
        TARGET.read_text("utf-8").split("# Calibrated:")[0].rstrip(),
        "",
        "# Calibrated: made by data/snapshot/calibrate.py",
    ]
    lines += [
        "[options]",
        f"rings_m = {[float(r) for r in RINGS_M]}",
        f'range_from = "{RANGE_FROM}"',
        "locates_from_class = 12",
        "pixel_km2 = 1.5",
    ]
    lines += [f"spread = {[float(f'{v:.3g}') for v in spread]}", ""]
    for name, table in tables.items():
        lines.append(f"[options.density.{name}]")
        lines += [f"{code} = {[float(f'{v:.3g}') for v in table[k]]}" for k, code in enumerate(CLASSES)]
        lines.append("")
    TARGET.write_text("\n".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
