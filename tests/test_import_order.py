"""Imports go down only, tier by tier, and in no circle; every new file has to be given its tier here."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "geo_border"

# From the ground up (DESIGN section 3). A part may import parts of lower tiers, and itself if it is a folder.
TIERS: tuple[tuple[str, ...], ...] = (
    ("errors", "_version"),
    ("geo", "user_cache"),
    ("schemas",),
    ("files",),
    ("catalog", "user_config", "facts"),
    ("study", "studies"),
    ("present", "store", "result", "layers"),
    ("engine",),
    ("zonal",),
    ("people",),
    ("fetch", "read", "zones", "measures", "outputs", "frontier", "passport"),
    ("diff",),
    ("pipeline",),
    ("cli", "__init__"),
    ("__main__",),
)
TIER = {part: tier for tier, parts in enumerate(TIERS) for part in parts}
# What the files of one rack share; none of them imports another beside it.
SHARED = {"measures": {"base", "overlay", "registry", "table"}}
# Whatever opens a connection to the internet; DESIGN: fetch/ is the only place.
NETWORK = {"httpx", "requests", "urllib3", "osmnx", "socket", "http", "aiohttp", "ftplib"}


def _files() -> list[Path]:
    return sorted(path for path in PACKAGE.rglob("*.py") if "_embedded" not in path.parts)


def _module(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _part(module: str) -> str:
    """The tier name of a module: the file or folder right under the package; the package itself is `__init__`."""
    names = module.split(".")
    return names[1] if len(names) > 1 else "__init__"


MODULES = {_module(path): path for path in _files()}


def _imports(path: Path) -> set[str]:
    """Modules that a file imports, anywhere in it; our own by the file they stand in, others by their first name."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: relative import; write geo_border.… in full"
            assert node.module is not None
            named = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= {name if name in MODULES else node.module for name in named}
    return {name if name.split(".")[0] == "geo_border" else name.split(".")[0] for name in found}


IMPORTS = {module: _imports(path) for module, path in MODULES.items()}
OWN = {module: {name for name in names if name.split(".")[0] == "geo_border"} for module, names in IMPORTS.items()}


def test_there_is_something_to_look_at() -> None:
    assert len(MODULES) > 40
    assert OWN["geo_border.store"] >= {"geo_border.catalog.declared", "geo_border.errors"}


@pytest.mark.parametrize("module", sorted(MODULES))
def test_every_file_has_a_tier(module: str) -> None:
    assert _part(module) in TIER, f"{module}: give {_part(module)!r} a tier in TIERS"


@pytest.mark.parametrize("module", sorted(MODULES))
def test_imports_go_down_only(module: str) -> None:
    own = _part(module)
    up = {name for name in OWN[module] if _part(name) != own and TIER[_part(name)] >= TIER[own]}
    assert not up, f"{module} (tier {TIER[own]}) imports {sorted(up)}, which do not lie below it"


@pytest.mark.parametrize("rack", SHARED)
def test_members_of_a_rack_share_its_ground_and_nothing_else(rack: str) -> None:
    members = {f"geo_border.{rack}.{path.stem}" for path in (PACKAGE / rack).glob("[!_]*.py")}
    shared = {f"geo_border.{rack}.{name}" for name in SHARED[rack]}
    assert members > shared
    for module in members - shared:
        assert not OWN[module] & (members - shared), f"{module} imports another member of {rack}"


def test_no_circle() -> None:
    done: set[str] = set()

    def visit(module: str, path: tuple[str, ...]) -> None:
        assert module not in path, " -> ".join((*path[path.index(module) :], module))
        if module not in done:
            for name in sorted(OWN[module] & set(MODULES)):
                visit(name, (*path, module))
            done.add(module)

    for module in sorted(MODULES):
        visit(module, ())


@pytest.mark.parametrize("module", sorted(m for m in MODULES if _part(m) != "fetch"))
def test_only_fetch_opens_the_internet(module: str) -> None:
    assert not IMPORTS[module] & NETWORK


@pytest.mark.parametrize("module", sorted(m for m in MODULES if m != "geo_border.geo.crs"))
def test_only_crs_holds_an_ellipsoid(module: str) -> None:
    tree = ast.parse(MODULES[module].read_text("utf-8"))
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names}
    assert "Geod" not in names, f"{module}: distances are measured in geo/crs.py"
