"""Builds everything that the world server serves, into a folder laid out as <host>/<path>."""

from __future__ import annotations

from pathlib import Path

import shapely

from tests.worldserver import osm_world, rasters, tables


def build(root: Path) -> Path:
    """Build the served world once; a folder that holds it already is left as it is."""
    done = root / ".built"
    if done.exists():
        return root
    root.mkdir(parents=True, exist_ok=True)
    shapes = tables.countries()
    rasters.worldcover(root, shapely.box(*rasters.BOUNDS))
    rasters.ghs_pop(root)
    rasters.ghs_smod(root)
    home = shapes[shapes["country"].isin(tables.HOME)]
    rasters.worldpop(root, dict(zip(home["country"], home.geometry, strict=True)))
    tables.cgaz(root, shapes)
    tables.gisco(root, shapes)
    tables.natural_earth(root, shapes)
    tables.census(root, shapes)
    tables.geonames(root)
    osm_world.write_pbf(root / "download.geofabrik.de" / "europe" / "estonia-latest.osm.pbf")
    done.write_text("built\n")
    return root
