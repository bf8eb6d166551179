"""House rules that a reader would otherwise have to check by eye."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

import geo_border
from geo_border import catalog, facts
from geo_border import study as studies
from geo_border.schemas import NEEDS

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "geo_border"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if "_embedded" not in path.parts)
names = [str(path.relative_to(ROOT)) for path in MODULES]


def committed() -> list[Path]:
    """The files of the repository, as git has them: also those that no folder of code holds."""
    out = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True).stdout
    return [ROOT / name for name in out.split("\0") if name and (ROOT / name).is_file()]


def text_of(path: Path) -> str | None:
    data = path.read_bytes()
    return None if b"\0" in data[:8000] else data.decode("utf-8", errors="replace")


def requirements(lines: list[str]) -> dict[str, str]:
    found = {}
    for line in lines:
        name, bound = re.fullmatch(r"([A-Za-z0-9_.-]+)(.*)", line.strip()).groups()  # type: ignore[union-attr]
        found[name.lower()] = bound
    return found


def test_the_conda_environment_names_what_pyproject_names() -> None:
    text = (ROOT / "environment.yml").read_text("utf-8")
    listed = text[text.index("\ndependencies:") :].splitlines()
    # What conda-forge lacks stands one level in, under `pip:`.
    conda = requirements(
        [line.strip()[2:] for line in listed if line.strip().startswith("- ") and line.strip() != "- pip:"]
    )
    extra = PROJECT["optional-dependencies"]["dask"]
    wanted = {**requirements([*PROJECT["dependencies"], *extra]), "python": PROJECT["requires-python"], "pip": ""}
    assert conda == wanted


def imported(folder: Path) -> set[str]:
    """First names of all that the Python files of a folder import."""
    found: set[str] = set()
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                found |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                found.add(node.module.split(".")[0])
    return found - set(sys.stdlib_module_names) - {"geo_border", "tests", "benchmarks"}


@pytest.mark.parametrize(("folder", "groups"), [("geo_border", ["dask"]), ("tests", ["dask", "dev"]), ("examples", [])])
def test_what_is_imported_is_declared(folder: str, groups: list[str]) -> None:
    extras = [line for group in groups for line in PROJECT["optional-dependencies"][group]]
    declared = {normal(name) for name in requirements([*PROJECT["dependencies"], *extras])}
    own = {path.stem for path in (ROOT / folder).rglob("*.py")} | {
        path.stem for path in (ROOT / "data/snapshot").glob("*.py")
    }
    # The distribution's QGIS and GDAL run in its own Python.
    installed = packages_distributions()
    for name in imported(ROOT / folder) - own - {"qgis", "osgeo"}:
        sources = {normal(one) for one in installed.get(name, [name])}
        assert sources & declared, f"{folder} imports {name}, of {sources}: not in pyproject.toml"


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_the_version_is_one() -> None:
    assert geo_border.__version__ == PROJECT["version"]
    changelog = (ROOT / "CHANGELOG.md").read_text("utf-8")
    assert re.search(rf"^## \[(Unreleased|{re.escape(PROJECT['version'])})\]", changelog, re.MULTILINE)


@pytest.mark.parametrize("path", MODULES, ids=names)
def test_a_file_opens_with_its_caption(path: Path) -> None:
    text = path.read_text("utf-8")
    if not text.strip():
        return
    caption = ast.get_docstring(ast.parse(text))
    assert caption, "no module docstring"
    first = caption.split("\n\n")[0].replace("\n", " ")
    assert first.endswith("."), "a caption is a sentence"
    assert len(first) <= 160


@pytest.mark.parametrize("path", MODULES, ids=names)
def test_a_file_has_one_subject_of_at_most_500_lines(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) <= 500


# One loop over edges and cells that numba compiles whole; in parts it would pass a dozen numbers to and fro.
COMPILED = {"trace_exact"}


@pytest.mark.parametrize("path", MODULES, ids=names)
def test_a_function_fits_on_one_screen(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            told = ast.get_docstring(node, clean=False) or ""
            lines = (node.end_lineno or 0) - node.lineno + 1 - len(told.splitlines())
            assert lines <= 60 or node.name in COMPILED, f"{node.name} is longer than 60 lines"


@pytest.mark.parametrize("path", MODULES, ids=names)
def test_no_error_is_caught_that_was_not_foreseen(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ExceptHandler):
            caught = {name.id for name in ast.walk(node.type) if isinstance(name, ast.Name)} if node.type else {"all"}
            # Caught to tidy up or to look at, and raised again.
            raised_again = any(isinstance(inner, ast.Raise) and inner.exc is None for inner in ast.walk(node))
            assert raised_again or not caught & {"all", "Exception", "BaseException"}, f"line {node.lineno}"


@pytest.mark.parametrize("path", MODULES, ids=names)
def test_a_file_says_in_its_name_what_it_is(path: Path) -> None:
    assert not {"utils", "util", "helpers", "helper", "manager", "misc", "common"} & set(path.with_suffix("").parts)


# Split, so that this file may be searched as well.
PLACES = (r"/wor" r"k/", r"/hom" r"e/[a-z]", r"/Use" r"rs/", r"[A-Z]:\\\\Use" r"rs")


def test_nothing_committed_names_a_place_on_one_machine() -> None:
    found = []
    for path in committed():
        text = text_of(path)
        if text is not None and path.suffix not in {".po", ".geojson"}:
            found += [f"{path.relative_to(ROOT)}: {m}" for place in PLACES for m in re.findall(place, text)]
    assert not found


# What the project never says of land: IMAS 07.11 keeps these words for what a survey has found.
NEVER = re.compile(
    r"\b(suspected|confirmed)\s+(hazardous|dangerous|mined)\b|\bminefields?\b|\bdanger(ous)? (zone|area)", re.I
)
# Documents that say what is never said.
QUOTES_THEM = {"docs/RESPONSIBLE_USE.md", "tests/test_house.py", "tests/test_schemas.py"}


def test_no_product_speaks_of_contamination() -> None:
    looked = 0
    for path in committed():
        text = text_of(path)
        name = str(path.relative_to(ROOT))
        if text is None or name in QUOTES_THEM:
            continue
        looked += 1
        assert not NEVER.search(text), f"{name}: {NEVER.search(text)}"
    assert looked > 100


@pytest.mark.parametrize("name", catalog.read_entries())
def test_a_dataset_says_whose_it_is_and_on_what_terms(name: str) -> None:
    entry = catalog.find_entry(name)
    for key in ("title", "publisher", "version", "vintage", "licence", "attribution", "citation", "resolution", "crs"):
        assert getattr(entry, key).strip(), key
    for key in ("licence_url", "homepage", "documentation"):
        assert getattr(entry, key).startswith("https://") or getattr(entry, key).startswith("http://"), key
    if "cover" in entry.needs and entry.reader == "raster":
        assert entry.legend, "a land-cover dataset without a legend"
        assert "%" in entry.legend.canopy or "canopy" in entry.legend.canopy, "tree without its definition"
        assert entry.pixel_m


@pytest.mark.parametrize("preset", catalog.read_presets())
def test_a_preset_names_datasets_that_serve_their_need(preset: str) -> None:
    for need, name in catalog.read_presets()[preset].items():
        assert need in NEEDS
        assert need in catalog.find_entry(name).needs


def test_every_embedded_dataset_is_in_the_preset_of_that_name() -> None:
    shipped = {name for name, entry in catalog.read_entries().items() if entry.source == "embedded"}
    # Modelled people are made from the settlement classes; they have no file of their own.
    assert shipped <= set(catalog.read_presets()["embedded"].values())


def test_treaty_status_stands_with_its_source_for_every_country_of_a_study() -> None:
    told = facts.read_treaty()
    for name in studies.list_studies():
        question = studies.read_study(name)
        for territory in (*question.home, *question.facing):
            row = told[question.territories[territory].country if territory in question.territories else territory]
            assert row["status"] in ("party", "withdrawn", "non_party")
            assert row["source"]
            assert row["source_url"].startswith("http")
            assert bool(row["notified"]) == bool(row["effective"]) == (row["status"] == "withdrawn")


def test_a_withdrawal_takes_effect_six_months_after_it_was_received() -> None:
    from datetime import date

    withdrawn = {k: row for k, row in facts.read_treaty().items() if row.get("status") == "withdrawn"}
    assert set(withdrawn) == {"FI", "EE", "LV", "LT", "PL"}
    for row in withdrawn.values():
        notified, effective = (date.fromisoformat(row[key]) for key in ("notified", "effective"))
        assert (effective.year * 12 + effective.month) - (notified.year * 12 + notified.month) == 6
        assert effective.day == notified.day


def test_official_lengths_stand_with_their_source() -> None:
    lengths = facts.read_official_lengths()
    assert set(lengths) >= {"FI-RU", "EE-RU", "LV-RU", "LV-BY", "LT-BY", "LT-RU", "PL-RU", "PL-BY", "NO-RU", "PL-LT"}
    for segment, row in lengths.items():
        assert 50 < row["official_km"] < 10_000, segment
        assert row["source"], segment
        assert row["source_url"].startswith("http"), segment
        assert row["note"], segment
