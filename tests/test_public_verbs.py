"""What `geo_border` offers from Python are functions, whatever else of the package has been imported before."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

import geo_border

PACKAGE = Path(geo_border.__file__).parent
VERBS = geo_border.__all__
MODULES_OF_THE_SAME_NAME = [
    name for name in VERBS if (PACKAGE / f"{name}.py").exists() or (PACKAGE / name / "__init__.py").exists()
]


def all_modules() -> list[str]:
    paths = (path for path in PACKAGE.rglob("*.py") if path.name != "__main__.py" and "_embedded" not in path.parts)
    return [
        ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__") for path in paths
    ]


def test_some_verb_shares_its_name_with_a_module() -> None:
    assert MODULES_OF_THE_SAME_NAME


@pytest.mark.parametrize("name", MODULES_OF_THE_SAME_NAME)
def test_a_verb_stays_a_function_when_the_module_of_its_name_is_imported(name: str) -> None:
    module = import_module(f"geo_border.{name}")
    assert isinstance(module, ModuleType)
    assert callable(getattr(geo_border, name))
    assert not isinstance(getattr(geo_border, name), ModuleType)


def test_verbs_are_functions_when_every_module_was_imported_before() -> None:
    imports = "".join(f"import {name}\n" for name in all_modules())
    program = f"{imports}assert all(callable(getattr(geo_border, name)) for name in geo_border.__all__)"
    subprocess.run([sys.executable, "-c", program], check=True)


def test_other_attributes_can_be_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(geo_border, "fetch", len)
    assert geo_border.fetch is len
    monkeypatch.setattr(geo_border, "result", import_module("geo_border.result"))
    assert isinstance(geo_border.result, ModuleType)
