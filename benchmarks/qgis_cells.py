"""Opening, first picture and a spatial query of the cells in QGIS: our GeoPackage beside a plain one without indexes.

Run: python benchmarks/qgis_cells.py data/processed/finland-poland/layers.gpkg
QGIS is driven through the distribution's own Python (Debian: apt-get install qgis python3-qgis).
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import pyogrio

PYTHON = "/usr/bin/python3"
ROUNDS = 5
_SESSION = r"""
import json, os, sys, time
os.environ["QT_QPA_PLATFORM"] = "offscreen"
from qgis.core import *
from qgis.PyQt.QtCore import QSize
application = QgsApplication([], False)
application.initQgis()
def clock(task):
    started = time.perf_counter()
    result = task()
    return time.perf_counter() - started, result
path, table = sys.argv[1:3]
out = {}
out["open_s"], layer = clock(lambda: QgsVectorLayer(f"{path}|layername={table}", "cells", "ogr"))
assert layer.isValid()
corridor = QgsVectorLayer(f"{sys.argv[3]}|layername=corridor", "corridor", "ogr")
box = corridor.extent()
def draw():
    settings = QgsMapSettings()
    settings.setLayers([layer])
    settings.setDestinationCrs(layer.crs())
    settings.setOutputSize(QSize(1200, 900))
    x, y = box.center().x(), box.center().y()
    settings.setExtent(QgsRectangle(x - 15000, y - 11000, x + 15000, y + 11000))
    job = QgsMapRendererSequentialJob(settings)
    job.start()
    job.waitForFinished()
    assert not job.errors()
out["first_picture_s"], _ = clock(draw)
def ask():
    shapes = [f.geometry() for f in corridor.getFeatures()]
    whole = QgsGeometry.unaryUnion(shapes)
    engine = QgsGeometry.createGeometryEngine(whole.constGet())
    engine.prepareGeometry()
    request = QgsFeatureRequest().setFilterRect(box).setSubsetOfAttributes(["people"], layer.fields())
    found = [f["people"] for f in layer.getFeatures(request) if engine.intersects(f.geometry().constGet())]
    assert found
    return [len(found), round(sum(p for p in found if p != NULL), 3)]
out["spatial_query_s"], out["answer"] = clock(ask)
def near():
    x, y = box.center().x(), box.center().y()
    request = QgsFeatureRequest().setFilterRect(QgsRectangle(x - 2500, y - 2500, x + 2500, y + 2500))
    return len(list(layer.getFeatures(request)))
out["near_a_point_s"], _ = clock(near)
def look_up():
    request = QgsFeatureRequest().setFilterExpression("\"cell_id\" = '%s' AND \"country\" = 'PL'" % sys.argv[4])
    return len(list(layer.getFeatures(request)))
out["look_up_s"], out["found"] = clock(look_up)
print("ANSWER" + json.dumps(out), flush=True)
os._exit(0)
"""


def main() -> int:
    """Print each time's median of five fresh sessions for both files."""
    ours = Path(sys.argv[1]).resolve()
    cells = pyogrio.read_dataframe(ours, layer="cells")
    some = cells[cells.country == "PL"].cell_id.iloc[0]
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / "plain.gpkg"
        pyogrio.write_dataframe(cells, plain, layer="cells", layer_options={"SPATIAL_INDEX": "NO"})
        times: dict[str, dict[str, list[float]]] = {}
        answers = set()
        # Turn and turn about, so that what else the machine does falls on both.
        for _ in range(ROUNDS):
            for name, path in (("geo_border", ours), ("plain", plain)):
                told = _session(path, ours, some)
                answers.add((json.dumps(told.pop("answer")), told.pop("found")))
                for key, value in told.items():
                    times.setdefault(key, {}).setdefault(name, []).append(value)
    if len(answers) != 1:
        print("the two files answer differently:", answers)
        return 1
    print(f"{len(cells)} cells; median of {ROUNDS}; both answer {answers.pop()}")
    for key, by_file in times.items():
        medians = {name: sorted(values)[ROUNDS // 2] for name, values in by_file.items()}
        faster = medians["plain"] / medians["geo_border"]
        print(f"{key:16} geo_border {medians['geo_border']:.3f}  plain {medians['plain']:.3f}  {faster:.1f}x")
    return 0


def _session(path: Path, ours: Path, cell: str) -> dict[str, float]:
    done = subprocess.run(
        [PYTHON, "-c", _SESSION, str(path), "cells", str(ours), cell], check=True, capture_output=True, text=True
    )
    line = next(line for line in done.stdout.splitlines() if line.startswith("ANSWER"))
    told: dict[str, float] = json.loads(line.removeprefix("ANSWER"))
    return told


if __name__ == "__main__":
    sys.exit(main())
