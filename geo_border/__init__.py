"""What civilians and nature stand to lose along a frontier, from open data: the same verbs as the command line.

>>> import geo_border
>>> "run" in dir(geo_border)
True
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

from geo_border._version import __version__ as __version__

if TYPE_CHECKING:
    from geo_border.pipeline.inspection import inspect
    from geo_border.pipeline.run import check, diff, draw, fetch, plan, release, report, run
    from geo_border.pipeline.run import list_sources as sources
    from geo_border.study import list_studies as studies
    from geo_border.zonal import tabulate

__all__ = [
    "check",
    "diff",
    "draw",
    "fetch",
    "inspect",
    "plan",
    "release",
    "report",
    "run",
    "sources",
    "studies",
    "tabulate",
]
_HOME = {
    "check": "geo_border.pipeline:check",
    "diff": "geo_border.pipeline:diff",
    "draw": "geo_border.pipeline:draw",
    "fetch": "geo_border.pipeline:fetch",
    "inspect": "geo_border.pipeline:inspect",
    "plan": "geo_border.pipeline:plan",
    "release": "geo_border.pipeline:release",
    "report": "geo_border.pipeline:report",
    "run": "geo_border.pipeline:run",
    "sources": "geo_border.pipeline:list_sources",
    "studies": "geo_border.study:list_studies",
    "tabulate": "geo_border.zonal:tabulate",
}


def __getattr__(name: str) -> Any:
    """Import a verb when it is first used: `import geo_border` itself loads no GDAL."""
    if name not in _HOME:
        raise AttributeError(f"module 'geo_border' has no attribute {name!r}")
    module, _, attribute = _HOME[name].partition(":")
    return getattr(import_module(module), attribute)


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])


class _Package(ModuleType):
    """The package's own type: a verb stays a function although a module has the same name."""

    def __setattr__(self, name: str, value: Any) -> None:
        """Set an attribute; the import system, which binds each module that it loads here, leaves verbs alone."""
        if name not in _HOME or not isinstance(value, ModuleType):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package
