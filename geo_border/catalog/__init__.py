"""What is published and how to have it: entries that ship, and a user's own."""

from __future__ import annotations

from geo_border.catalog.declared import AS_GIVEN, THE_USER, Download, Entry, File, Legend, Tiles
from geo_border.catalog.package import find_entry, read_entries, read_presets

__all__ = [
    "AS_GIVEN",
    "THE_USER",
    "Download",
    "Entry",
    "File",
    "Legend",
    "Tiles",
    "find_entry",
    "read_entries",
    "read_presets",
]
