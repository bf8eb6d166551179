"""Raw files to canonical layers: what each need's reader gives, whatever the dataset."""

from __future__ import annotations

from geo_border.read.own import read_own_line, read_own_zones
from geo_border.read.people import describe_unplaced_people, list_people_categories, list_people_files, read_people
from geo_border.read.points import read_facilities, read_lines, read_places, read_roads
from geo_border.read.raster import read_classes, read_cover, read_grid
from geo_border.read.vector import read_admin, read_boundaries, read_land, read_protected, read_water

__all__ = [
    "describe_unplaced_people",
    "list_people_categories",
    "list_people_files",
    "read_admin",
    "read_boundaries",
    "read_classes",
    "read_cover",
    "read_facilities",
    "read_grid",
    "read_land",
    "read_lines",
    "read_own_line",
    "read_own_zones",
    "read_people",
    "read_places",
    "read_protected",
    "read_roads",
    "read_water",
]
