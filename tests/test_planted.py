"""A folder that somebody else handed over runs no code: planted checkpoints, caches, settings, modules do nothing."""

from __future__ import annotations

import ast
import hashlib
import os
import pickle
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely

from geo_border import cli, passport
from geo_border.engine import Checkpoint, Checkpoints
from geo_border.user_cache import open_user_cache
from geo_border.zonal import kernels as zonal_kernels
from geo_border.zonal import reproject, scanline, spans

PACKAGE = Path(cli.__file__).parents[1]
STUDY = """
name = "latvia-belarus"
title = "Latvia and Belarus"
home = ["LV"]
facing = ["BY"]
bands_m = [1000, 5000]
"""
RUN = ["run", "study.toml", "--recompute", "-q"]
TABULATE = ["tabulate", "cover.tif", "zones.gpkg", "--zone-field", "name", "--out", "out/table.csv", "-q"]
TABLE = ["out/table.csv"]
# Tables: all figures, and the digest of every layer's shapes is in the passport's outputs.
FIGURES = ["data/processed/latvia-belarus/exposure.csv", "data/processed/latvia-belarus/within.csv"]
COMMANDS = [pytest.param(RUN, FIGURES, id="run"), pytest.param(TABULATE, TABLE, id="tabulate")]
KINDS = {"reach", "units", "strips"}


class Payload:
    """Unpickled, it writes a file."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.write_text, (self.file, "planted code ran"))


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder that is a root as well, with a study, a raster and zones; a user cache beside it."""
    folder = tmp_path / "handed-over"
    (folder / "out").mkdir(parents=True)
    (folder / "study.toml").write_text(STUDY)
    at = rasterio.Affine(0.01, 0, 20, 0, -0.01, 60)
    how = {"height": 600, "width": 256, "count": 1, "dtype": "uint8", "crs": 4326, "transform": at}
    with rasterio.open(folder / "cover.tif", "w", driver="GTiff", blockysize=16, **how) as out:
        out.write(np.random.default_rng(1).integers(1, 9, (1, 600, 256), np.uint8))
    shapes = shapely.buffer(shapely.points(np.linspace(20.5, 22, 9), np.linspace(55, 59, 9)), 0.4)
    gpd.GeoDataFrame({"name": list("abcdefghi")}, geometry=shapes, crs=4326).to_file(folder / "zones.gpkg")
    monkeypatch.chdir(folder)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    # One task a group and strips of few rows, so that small work has checkpoints too.
    monkeypatch.setattr("geo_border.engine.base.GROUP", 1)
    monkeypatch.setattr("geo_border.zonal.run._TASK_ROWS", 64)
    return folder


def say(words: Sequence[str], monkeypatch: pytest.MonkeyPatch) -> int | str | None:
    monkeypatch.setattr(sys, "argv", ["geo-border", *words])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    return ended.value.code


def bytes_of(folder: Path, names: Sequence[str]) -> list[bytes]:
    return [(folder / name).read_bytes() for name in names]


def old_name(code: str, work: bytes, tasks: Sequence[object]) -> Path:
    """Where version 0.1 looked for a pickle of this work."""
    return (
        Path(hashlib.sha256(code.encode() + work).hexdigest()[:16])
        / f"{hashlib.sha256(repr(list(tasks)).encode()).hexdigest()[:16]}.pickle"
    )


@pytest.mark.parametrize(("words", "outputs"), COMMANDS)
def test_planted_pickles_of_every_kind_do_nothing(
    words: list[str], outputs: list[str], here: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In every place where the version that unpickled looked, and in every place where this one looks."""
    places: set[tuple[Path, Path]] = set()
    kinds: set[str] = set()
    opened: dict[Path, bytes] = {}
    open_one, load_one = Checkpoints.open, Checkpoint.load

    def note_open(self: Checkpoints, work: bytes, kind: Any) -> Checkpoint[Any, Any]:
        checkpoint = open_one(self, work, kind)
        kinds.add(kind.name)
        opened[checkpoint.path] = work
        return checkpoint

    def note_load(self: Checkpoint[Any, Any], tasks: Sequence[Any]) -> object:
        places.add((old_name(passport.hash_code(), opened[self.path], tasks), self._file(tasks)))
        return load_one(self, tasks)

    monkeypatch.setattr(Checkpoints, "open", note_open)
    monkeypatch.setattr(Checkpoint, "load", note_load)
    assert say(words, monkeypatch) in (0, None)
    before = bytes_of(here, outputs)
    assert kinds == (KINDS if words is RUN else {"strips"})
    assert len(places) > 5
    mark = tmp_path / "ran"
    payload = pickle.dumps(Payload(mark))
    contents = [payload, hashlib.sha256(payload).digest() + payload]
    kept = here / "data/processed/.kept"
    for number, (old, new) in enumerate(sorted(places)):
        for file in (
            kept / old,
            here / "out/.kept" / old,
            here / ".kept" / old,
            new,
            kept / new.parent.name / new.name,
        ):
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(contents[number % 2 if file.suffix != ".pickle" else 1])
    monkeypatch.undo()
    monkeypatch.chdir(here)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr("geo_border.engine.base.GROUP", 1)
    monkeypatch.setattr("geo_border.zonal.run._TASK_ROWS", 64)
    for name in outputs:
        (here / name).unlink()
    assert say(words, monkeypatch) in (0, None)
    assert not mark.exists(), mark.read_text()
    assert bytes_of(here, outputs) == before
    pickle.loads(payload)
    assert mark.exists(), "the payload itself is at fault"


def test_nothing_is_kept_beside_a_table(here: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[set[str]] = []
    save = Checkpoint.save

    def note(self: Checkpoint[Any, Any], tasks: Sequence[Any], result: object) -> None:
        save(self, tasks, result)
        seen.append({path.name for path in here.rglob("*")})

    before = {path.name for path in here.rglob("*")}
    monkeypatch.setattr(Checkpoint, "save", note)
    assert say(TABULATE, monkeypatch) in (0, None)
    assert seen
    assert set.union(*seen) == before
    assert not (tmp_path / "cache/geo-border/tabulate").exists()


# A command of a fresh process, with tasks one by one so that there is time to kill it.
SLOWLY = """
import sys, geo_border.engine.base, geo_border.engine.checkpoint as checkpoint, time
geo_border.engine.base.GROUP = 1
import geo_border.zonal.run
if "tabulate" in {words}:
    geo_border.zonal.run._TASK_ROWS = 16
save = checkpoint.Checkpoint.save
def save_slowly(self, tasks, result):
    save(self, tasks, result)
    time.sleep({pause})
checkpoint.Checkpoint.save = save_slowly
from geo_border.cli import main
sys.argv = ["geo-border", *{words}]
main()
"""


@pytest.fixture
def environment(here: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Surroundings of a fresh process, whose kernels need not be compiled anew."""
    monkeypatch.undo()
    warm = open_user_cache("numba")
    if warm is not None:
        shutil.copytree(warm, tmp_path / "cache/geo-border/numba")
        (tmp_path / "cache/geo-border").chmod(0o700)
    return {**os.environ, "XDG_CACHE_HOME": str(tmp_path / "cache"), "PYTHONPATH": str(PACKAGE.parent)}


def start(words: list[str], pause: float, folder: Path, environment: dict[str, str]) -> subprocess.Popen[bytes]:
    script = SLOWLY.format(pause=pause, words=words)
    return subprocess.Popen([sys.executable, "-P", "-c", script], cwd=folder, env=environment)


@pytest.mark.skipif(os.name == "nt", reason="there is no kill -9")
@pytest.mark.parametrize(
    ("words", "outputs"), [pytest.param(RUN, FIGURES, id="run", marks=pytest.mark.slow), COMMANDS[1]]
)
def test_what_was_killed_goes_on_and_gives_the_same_bytes(
    words: list[str], outputs: list[str], here: Path, tmp_path: Path, environment: dict[str, str]
) -> None:
    kept = here / "data/processed/.kept" if words is RUN else tmp_path / "cache/geo-border/tabulate"

    def files() -> set[Path]:
        return set(kept.rglob("*.checkpoint")) if kept.exists() else set()

    assert start(words, 0.0, here, environment).wait(120) == 0
    before = bytes_of(here, outputs)
    shutil.rmtree(here / "data", ignore_errors=True)
    (here / "out/table.csv").unlink(missing_ok=True)
    for wanted in (2, 4):
        process = start(words, 0.1, here, environment)
        until = time.monotonic() + 120
        while len(files()) < wanted and process.poll() is None and time.monotonic() < until:
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
        process.wait(20)
        assert len(files()) >= wanted, f"it ended with {process.returncode} before it could be killed"
        assert not any((here / name).exists() for name in outputs)
    taken = {path: path.stat().st_mtime_ns for path in files()}
    process = start(words, 0.1, here, environment)
    while process.poll() is None and not (files() - set(taken)):
        time.sleep(0.02)
    assert {path: path.stat().st_mtime_ns for path in files() if path in taken} in (taken, {})
    assert process.wait(120) == 0
    assert bytes_of(here, outputs) == before
    assert not files()


def test_settings_of_numba_in_the_working_folder_are_refused_in_one_line(
    here: Path, environment: dict[str, str]
) -> None:
    (here / ".numba_config.yaml").write_text(f"cache_dir: {here / 'planted'}\n")
    done = subprocess.run(
        [sys.executable, "-m", "geo_border", *TABULATE],
        cwd=here,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert ".numba_config.yaml" in done.stderr
    assert not (here / "planted").exists()


KERNEL = """
import sys
from geo_border.zonal.jit import compile_kernel
sys.path.append({folder!r})
from kernel import double
compiled = compile_kernel()(double)
print(compiled(21), compiled._cache._cache_path if compiled._cache.__class__.__name__ != "NullCache" else None)
"""


@pytest.mark.parametrize("place", ["planted", "./", "{here}/planted"])
def test_compiled_code_is_kept_and_sought_in_the_users_cache_alone(
    place: str, here: Path, tmp_path: Path, environment: dict[str, str]
) -> None:
    (here / "planted").mkdir()
    (tmp_path / "kernel.py").write_text("def double(x):\n    return x * 2\n")
    script = KERNEL.format(folder=str(tmp_path))
    surroundings = {**environment, "NUMBA_CACHE_DIR": place.format(here=here)}
    done = subprocess.run(
        [sys.executable, "-P", "-c", script], cwd=here, env=surroundings, capture_output=True, text=True, check=True
    )
    number, folder = done.stdout.split()
    assert number == "42"
    assert Path(folder).is_relative_to(tmp_path / "cache/geo-border/numba")
    assert list(Path(folder).glob("*.nbi"))
    assert not list(here.rglob("*.nb[ic]"))


def test_every_kernel_is_kept_in_the_users_cache() -> None:
    cache = open_user_cache("numba")
    if cache is None:
        pytest.skip("this user has no cache")
    kernels = [
        kernel
        for module in (reproject, spans, scanline, zonal_kernels)
        for kernel in vars(module).values()
        if hasattr(kernel, "py_func")
    ]
    assert len(kernels) > 20
    assert {Path(kernel._cache._cache_path).parent for kernel in kernels} == {cache}


def test_without_a_cache_of_ones_own_kernels_are_compiled_in_a_folder_that_goes(
    here: Path, tmp_path: Path, environment: dict[str, str]
) -> None:
    (tmp_path / "kernel.py").write_text("def double(x):\n    return x * 2\n")
    (tmp_path / "temporary").mkdir()
    (tmp_path / "cache/geo-border").chmod(0o777)
    done = subprocess.run(
        [sys.executable, "-P", "-c", KERNEL.format(folder=str(tmp_path))],
        cwd=here,
        env={**environment, "TMPDIR": str(tmp_path / "temporary")},
        capture_output=True,
        text=True,
        check=True,
    )
    number, folder = done.stdout.split()
    assert number == "42"
    assert Path(folder).is_relative_to(tmp_path / "temporary")
    assert not list((tmp_path / "temporary").iterdir())
    assert done.stderr.count("\n") == 1


# The payload of a module, as Python runs it on import.
MODULE = "import pathlib\npathlib.Path({mark!r}).write_text(__name__)\n"
STDLIB = [
    "multiprocessing",
    "pickle",
    "json",
    "asyncio",
    "signal",
    "threading",
    "runpy",
    "numba",
    "yaml",
    "distributed",
]


@pytest.fixture
def modules(here: Path, tmp_path: Path) -> Iterator[Path]:
    """Modules in the working folder that bear the names of Python's own and of those that we use."""
    mark = tmp_path / "ran"
    for name in STDLIB:
        (here / f"{name}.py").write_text(MODULE.format(mark=str(mark)))
    yield mark
    assert not mark.exists(), f"{mark.read_text()} of the working folder ran"


@pytest.mark.parametrize("engine", ["local", "dask"])
def test_modules_in_the_working_folder_are_not_imported(
    engine: str, here: Path, modules: Path, tmp_path: Path, environment: dict[str, str]
) -> None:
    if engine == "dask":
        pytest.importorskip("distributed", reason="the optional Dask engine is not installed")
    # As the installed command: a script outside of the working folder.
    script = tmp_path / "bin" / "geo-border-script"
    script.parent.mkdir()
    script.write_text("import sys\nfrom geo_border.cli import main\nif __name__ == '__main__':\n    sys.exit(main())\n")
    words = [*TABULATE, "--engine", engine, *(["--workers", "1"] if engine == "dask" else [])]
    done = subprocess.run(
        [sys.executable, str(script), *words],
        cwd=here,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert (here / "out/table.csv").exists()


def test_pictures_take_no_settings_from_the_working_folder() -> None:
    import matplotlib as mpl

    from geo_border.outputs.report import pictures

    with mpl.rc_context({"text.usetex": True, "axes.facecolor": "red"}):
        with pictures._own_settings():
            assert mpl.rcParams["text.usetex"] is False
            assert mpl.rcParams["axes.facecolor"] == mpl.rcParamsDefault["axes.facecolor"]
            assert mpl.rcParams["svg.hashsalt"] == "geo_border"
        assert mpl.rcParams["text.usetex"] is True


# What makes code or objects of bytes, by module or by name; and where each may stand, with the reason.
UNSAFE_MODULES = {*("pickle", "marshal", "shelve", "dill", "cloudpickle", "joblib"), *("runpy", "imp", "yaml", "numba")}
UNSAFE_NAMES = {
    *("read_pickle", "to_pickle", "allow_pickle", "fromfile", "memmap", "unsafe_load", "full_load"),
    *("exec", "eval", "__import__", "import_module", "spec_from_file_location", "SourceFileLoader"),
    *("find_library", "CDLL", "load_extension"),
}
ALLOWED = {
    ("engine/cluster.py", "pickle"): "work on its way to workers, made and read by this run",
    ("zonal/jit.py", "numba"): "the one place that says where compiled code lies",
    ("__init__.py", "import_module"): "our own modules, by constant names",
}


def unsafe(path: Path) -> set[str]:
    """Names in a file that may make code or objects of bytes."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names} & UNSAFE_MODULES
        elif isinstance(node, ast.ImportFrom):
            found |= {(node.module or "").split(".")[0]} & UNSAFE_MODULES
            found |= {alias.name for alias in node.names} & UNSAFE_NAMES
        elif isinstance(node, ast.Name):
            found |= {node.id} & UNSAFE_NAMES
        elif isinstance(node, ast.Attribute):
            found |= {node.attr} & UNSAFE_NAMES
            # np.load: it unpickles when asked, and a zip of any size is unpacked.
            if node.attr == "load" and isinstance(node.value, ast.Name) and node.value.id in ("np", "numpy"):
                found.add("np.load")
        elif isinstance(node, ast.keyword) and node.arg:
            found |= {node.arg} & UNSAFE_NAMES
    return found


def test_nothing_in_the_package_makes_code_or_objects_of_files() -> None:
    found = {
        (path.relative_to(PACKAGE).as_posix(), name) for path in sorted(PACKAGE.rglob("*.py")) for name in unsafe(path)
    }
    assert found == set(ALLOWED)


@pytest.mark.parametrize(
    "line",
    [
        "import pickle",
        "from pickle import loads",
        "import numba.core",
        "np.load(f)",
        "f(allow_pickle=True)",
        "eval('1')",
        "pd.read_pickle(f)",
        "from pandas import read_pickle",
        "from importlib import import_module",
    ],
)
def test_the_search_finds_what_it_is_for(line: str, tmp_path: Path) -> None:
    (tmp_path / "some.py").write_text(line)
    assert unsafe(tmp_path / "some.py")
