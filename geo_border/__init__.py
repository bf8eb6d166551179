"""What civilians and nature stand to lose along a frontier, from open data: the same verbs as the command line.

>>> import geo_border
>>> "run" in dir(geo_border)
True
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from geo_border.pipeline import check, diff, draw, fetch, plan, release, report, run, sources
    from geo_border.study import names as studies
    from geo_border.zonal import tabulate

__version__ = "0.1.0"
__all__ = ["check", "diff", "draw", "fetch", "plan", "release", "report", "run", "sources", "studies", "tabulate"]
_HOME = {
    **dict.fromkeys(
        ("check", "diff", "draw", "fetch", "plan", "release", "report", "run", "sources"), "geo_border.pipeline"
    ),
    "studies": "geo_border.study:names",
    "tabulate": "geo_border.zonal",
}


def __getattr__(name: str) -> Any:
    """Import a verb when it is first used: `import geo_border` itself loads no GDAL."""
    if name not in _HOME:
        raise AttributeError(f"module 'geo_border' has no attribute {name!r}")
    module, _, attribute = _HOME[name].partition(":")
    return getattr(import_module(module), attribute or name)


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
