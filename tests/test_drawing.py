"""The suite draws the same cases each time; only `make fuzz` draws new ones."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests import drawing
from tests.drawing import DRAWN, SEARCHED

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = ("tests", "benchmarks", "examples", "data/snapshot")
FILES = sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))

# What draws without a seed: the module's own functions, and generators that are given none.
SEEDED = {"Random", "default_rng", "Generator", "SeedSequence"}


def find_unseeded(tree: ast.Module) -> list[int]:
    """Lines that draw at random and name no seed."""
    assigned = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    arguments = {arg.arg for node in ast.walk(tree) if isinstance(node, ast.arguments) for arg in node.args}
    lines = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute | ast.Name):
            name = ast.unparse(node.func)
            of_module = re.fullmatch(r"((np|numpy)\.)?random\.(\w+)", name)
            # A generator may be called `random` too: its seed is looked at where it is made.
            if of_module and of_module[1] is None and "random" in assigned | arguments:
                continue
            last = name.rpartition(".")[2]
            if (of_module and last not in SEEDED) or (last in {"Random", "default_rng"} and not node.args):
                lines.append(node.lineno)
    return lines


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("np.random.default_rng(3).uniform()", []),
        ("np.random.default_rng()", [1]),
        ("default_rng()", [1]),
        ("np.random.uniform(0, 1)", [1]),
        ("random.random()", [1]),
        ("random.Random(7).uniform(0, 1)", []),
        ("draw.uniform(0, 1)", []),
        ("random = default_rng(1); random.uniform(0, 1)", []),
        ("random = np.random.default_rng(); random.uniform(0, 1)", [1]),
    ],
)
def test_a_draw_without_a_seed_is_seen(line: str, found: list[int]) -> None:
    assert find_unseeded(ast.parse(line)) == found


@pytest.mark.parametrize("path", FILES, ids=[str(path.relative_to(ROOT)) for path in FILES])
def test_every_random_draw_has_a_seed(path: Path) -> None:
    assert find_unseeded(ast.parse(path.read_text("utf-8"))) == []


@pytest.mark.parametrize("path", FILES, ids=[str(path.relative_to(ROOT)) for path in FILES])
def test_how_many_cases_are_drawn_is_decided_in_one_place(path: Path) -> None:
    if path != Path(drawing.__file__) and path != Path(__file__):
        calls = [node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Call)]
        # `settings(max_examples=...)` would hold in a search too.
        assert "settings" not in {ast.unparse(call.func).rpartition(".")[2] for call in calls}


def test_a_property_test_draws_the_same_each_time() -> None:
    first, second = list_cases(), list_cases()
    assert first == second
    assert len(set(first)) > DRAWN / 2


def list_cases() -> list[int]:
    seen: list[int] = []

    @settings(settings.get_profile(drawing.TEST))
    @given(st.integers())
    def draw(number: int) -> None:
        seen.append(number)

    draw()
    return seen


PROPERTY = """
from hypothesis import given
from hypothesis import strategies as st

from tests.drawing import drawn

DRAWN = []


@given(st.integers())
@drawn(15)
def test_property(number):
    DRAWN.append(number)


def test_plain():
    raise AssertionError("a search runs property tests only")


def teardown_module():
    print("drawn", len(DRAWN))
"""


def test_a_search_draws_many_new_cases_in_property_tests_only(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text("from tests.drawing import register_profiles\nregister_profiles()\n")
    (tmp_path / "test_here.py").write_text(PROPERTY)
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])}
    search = ["-m", "hypothesis", "--hypothesis-profile=search", "--hypothesis-seed=1", f"--rootdir={tmp_path}"]
    command = [sys.executable, "-m", "pytest", "-s", "-p", "no:cacheprovider", *search, str(tmp_path)]
    out = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=False).stdout
    assert f"drawn {15 * SEARCHED // DRAWN}" in out
    assert "1 passed, 1 deselected" in out
