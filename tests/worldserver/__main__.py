"""Run the world server by hand: python -m tests.worldserver --folder DIR --port 8765 --fault WorldCover=cut."""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from tests.worldserver import osm_world
from tests.worldserver.faults import KINDS, Fault
from tests.worldserver.server import serve
from tests.worldserver.world import build


def main() -> None:
    """Build the world if need be, serve it, and print every request until Ctrl-C."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--folder", type=Path, required=True, help="where the served files are built and kept")
    asked.add_argument("--port", type=int, default=8765)
    asked.add_argument(
        "--fault", action="append", default=[], metavar="PATH_PART=KIND", help=f"kinds: {', '.join(KINDS)}"
    )
    asked.add_argument("--times", type=int, default=-1, help="how many requests suffer each fault; -1: all")
    given = asked.parse_args()
    with serve(build(given.folder), given.port, osm_world.answer) as world:
        for word in given.fault:
            part, _, kind = word.partition("=")
            world.faults.by_path[part] = Fault(kind, times=given.times)
        print(f"serving {given.folder}; use: geo-border run --sources live --mirror https://={world.url}/", flush=True)
        told = 0
        while True:
            time.sleep(0.5)
            for line in world.log[told:]:
                print(line[:160], flush=True)
                told += 1


if __name__ == "__main__":
    main()
