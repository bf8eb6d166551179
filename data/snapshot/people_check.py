"""Modelled people beside a measured grid, by segment and band: `people_check.py GRID.tif`; writes docs/people_check.md.

Once with the densities as they ship (in-sample where the grid is the one they were set on), once with each segment's
densities taken from the other segments alone (held out).
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
from calibrate import CLASSES, RINGS_M, _areas, _others, survey

from geo_border import read
from geo_border.catalog import find_entry
from geo_border.fetch.local import build_local_raw
from geo_border.people import Ground as Dry
from geo_border.people import counted, in_areas, modelled
from geo_border.zonal import compute_coverage_fraction, prepare_zones

TARGET = Path(__file__).parents[2] / "docs" / "people_check.md"
BANDS_M = (1_000, 5_000, 10_000, 25_000, 50_000)


def main(grid_path: Path) -> None:
    """Compare and write the table."""
    classes, laid, bounds = survey()
    units, water = prepare_zones(laid.units, "unit"), prepare_zones(laid.water, "unit")
    dry = Dry(units, water, laid.facing_side)
    grid = read.read_people(build_local_raw("people", grid_path), bounds)
    measured, _ = counted(grid, "home", dry)
    options = find_entry("modelled-people").options
    share = np.clip(
        compute_coverage_fraction(classes, laid.units) - compute_coverage_fraction(classes, laid.water), 0, None
    )
    held = {**options, "density": _held_out(options, laid, _areas(classes, share, laid)[0])}
    names = laid.segment_ids
    found = {"measured": in_areas(measured, units, water, len(laid.units))}
    for name, model in (("model", options), ("held out", held)):
        found[name] = in_areas(modelled(classes, model, names, laid.line_index, dry), units, water, len(laid.units))
    TARGET.write_text("\n".join(_lines(found, laid)) + "\n", encoding="utf-8")


def _held_out(options: dict[str, Any], laid: Any, area: Any) -> dict[str, Any]:
    names = laid.segment_ids
    shape = (len(names), len(CLASSES), len(RINGS_M))
    density = np.array([[options["density"][name][str(code)] for code in CLASSES] for name in names])
    others = _others(density, area.reshape(shape))
    tables = {name: {str(code): list(others[i, k]) for k, code in enumerate(CLASSES)} for i, name in enumerate(names)}
    return {**tables, "other": options["density"]["other"]}


def _lines(found: dict[str, Any], laid: Any) -> list[str]:
    piece = laid.units["piece"].to_numpy()
    outer = np.array([p.to_m for p in laid.pieces])[piece]
    segment = np.array([p.segment for p in laid.pieces])[piece]
    out = [
        "# Modelled people beside a census grid",
        "",
        "Made by `data/snapshot/people_check.py` on the GEOSTAT grid 2018 (Eurostat / EFGS, residents, 1 km).",
        "Persons within each distance of the frontier, nearest segment, home side. *Model* is the one that ships",
        "(set on this very grid), over all land, as in the rows `within` of `exposure.csv`. *Held out* uses densities",
        "of the other segments only; the range is that of the model.",
        "DEGURBA classes are those projected for 2025.",
        "",
        "| segment | within km | census 2018 | model | model / census | range | held out | held out / census |",
        "|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for name in [*laid.segment_ids, "all"]:
        for edge in BANDS_M:
            inside = (outer <= edge) & ((segment == name) | (name == "all"))
            own, model, held = (found[key]["people"][inside].sum() for key in ("measured", "model", "held out"))
            low, high = (found["model"][key][inside].sum() for key in ("low", "high"))
            out.append(
                f"| {name} | {edge / 1000:g} | {own:,.0f} | {model:,.0f} | {model / own:.2f} "
                f"| {low:,.0f} - {high:,.0f} | {held:,.0f} | {held / own:.2f} |"
            )
    return out


if __name__ == "__main__":
    main(Path(sys.argv[1]))
