"""Exact share of each cell that zones cover, as a grid or as a sparse table."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray

from geo_border.geo.grid import Grid
from geo_border.zonal.clip import project_near_rings
from geo_border.zonal.edges import build_edges
from geo_border.zonal.raster import GridSource
from geo_border.zonal.spans import Spans
from geo_border.zonal.strip import build_row_spans, find_suspect_zones
from geo_border.zonal.zones import Zones, prepare_zones


@dataclass(frozen=True)
class CoverageTable:
    """Cells that zones cover, one entry a zone and cell, ordered by row, zone, column.

    Attributes
    ----------
    zone, row, column
        Number of the zone in order of first appearance, and the cell.
    share
        Share of the cell's area in the raster's plane, 0..1 (more where a zone's parts lie over one another).
    """

    zone: NDArray[np.int64]
    row: NDArray[np.int64]
    column: NDArray[np.int64]
    share: NDArray[np.float64]


def compute_coverage_table(grid: Grid, zones: Zones | gpd.GeoDataFrame, zone_field: str = "zone_id") -> CoverageTable:
    """Exact planar share of each cell that each zone covers; what lies outside the grid is left out.

    Parameters
    ----------
    grid
        Grid whose cells are meant; its values do not matter.
    zones
        Zones, or a layer of polygons in any CRS.
    zone_field
        Column of the layer with the zones' ids.

    Raises
    ------
    CRSError, GeometryError, RasterError
        As `tabulate`.
    """
    spans = _build_grid_spans(grid, prepare_zones(zones, zone_field))
    length = (spans.cells[:, 2] - spans.cells[:, 1]).astype(np.int64)
    span = np.repeat(np.arange(len(length)), length)
    step = np.arange(len(span)) - (np.cumsum(length) - length)[span]
    cells = spans.cells[span].astype(np.int64)
    return CoverageTable(cells[:, 3], cells[:, 0], cells[:, 1] + step, spans.weight[span])


def compute_coverage_fraction(grid: Grid, zones: Zones | gpd.GeoDataFrame) -> NDArray[np.float64]:
    """Exact planar share of each cell that all zones together cover, overlaps counted as often as they occur.

    Parameters
    ----------
    grid
        Grid whose cells are meant; its values do not matter.
    zones
        Zones, or a layer of polygons in any CRS.

    Returns
    -------
    ndarray
        Rows x columns of the grid.
    """
    if not isinstance(zones, Zones):
        # Ids do not matter here, so a layer need not have any.
        zones = prepare_zones(zones.geometry.to_frame("geometry").assign(zone_id="all"))
    spans = _build_grid_spans(grid, zones.merge_into_one())
    rows, columns = grid.shape
    # Each span raises the share at its first cell and lowers it after its last: one running sum fills all rows. The
    # weights are multiples of 2^-40, so it is exact.
    change = np.zeros((rows, columns + 1))
    np.add.at(change, (spans.cells[:, 0], spans.cells[:, 1]), spans.weight)
    np.add.at(change, (spans.cells[:, 0], spans.cells[:, 2]), -spans.weight)
    return np.asarray(np.cumsum(change, axis=1)[:, :columns])


def _build_grid_spans(grid: Grid, zones: Zones) -> Spans:
    """Spans of all zones over the whole grid, zones numbered as given."""
    header = GridSource(grid).header
    rows, columns = header.shape
    edges = build_edges(project_near_rings(zones.rings_by_crs, header), len(zones), header.transform, header.shape)
    spans, old = build_row_spans(edges, (0, rows), columns, "exact", np.zeros(rows))
    mended = zones.repair_zones(find_suspect_zones(spans, old))
    if mended is not None:
        return _build_grid_spans(grid, mended)
    spans.cells[:, 3] = old[spans.cells[:, 3]]
    return spans
