"""Builds the embedded snapshot from pinned registry packages."""

from __future__ import annotations

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import boundaries
import land
from reach import Reach
from shapes import write
from sources import source
OUT = Path("data/raw/embedded")
t=time.time()
found=boundaries.territories()
reach=Reach(found)
print("frontier km", reach.frontier.length/1e3, time.time()-t)
for s in ("boundaries","boundary_holes"): source(s)
write(boundaries.build(found,reach), OUT/"osm-boundaries-2026c/boundaries.parquet"); print(time.time()-t)
write(land.build(source("land").path,reach), OUT/"geo-maps-coastline-2017/land.parquet"); print(time.time()-t)
import water
write(water.build(source("water").path,reach), OUT/"geo-maps-water-2017/water.parquet"); print(time.time()-t)
import geopandas
for f in OUT.glob("*/*.parquet"):
    g=geopandas.read_parquet(f); print(f,len(g),g.geometry.count_coordinates().sum(),f.stat().st_size)
