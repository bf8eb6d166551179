"""The world server's files as datasets on disk."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import shapely

from geo_border.catalog import find_entry
from geo_border.fetch.gather import fetch_dataset
from geo_border.fetch.options import Options
from geo_border.store import Folders, Raw
from tests.worldserver import osm_world
from tests.worldserver.server import serve

# North-eastern Poland and southern Lithuania, Kaliningrad at its western edge.
BOUNDS = (22.0, 53.5, 24.0, 54.8)


@pytest.fixture(scope="session")
def fetched(world_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Raw]:
    """Fetch a dataset of the catalogue from the world server, as a run would."""
    folders = Folders(tmp_path_factory.mktemp("root"))

    def one(name: str) -> Raw:
        with serve(world_folder, overpass=osm_world.answer) as world:
            home = ("LT", "PL") if name != "osm-extracts" else ("EE",)
            options = Options(mirrors=(world.mirror,), countries=home, facing=("RU", "BY"), pause_s=0.01)
            declared = find_entry(name)
            return fetch_dataset(declared, folders, shapely.box(*BOUNDS), options)

    return one
