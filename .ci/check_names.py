"""How plainly the package reads: functions that begin with a verb, arguments typed Any, docstrings with Parameters."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "geo_border"
VERBS = Path(__file__).with_name("verbs.txt")
LEAST_VERBS = 0.95
MOST_ANY = 0.03
MOST_WITHOUT_PARAMETERS = 0
# Names that end in a unit are quantities: `length_km`, `_row_area_km2`.
UNITS = ("_km", "_km2", "_m", "_m2", "_s", "_deg", "_share", "_bytes", "_degree2")
Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass
class Found:
    """What was counted, and what is to be mended."""

    functions: int = 0
    without_verb: list[str] = field(default_factory=list)
    arguments: int = 0
    any_arguments: list[str] = field(default_factory=list)
    public: int = 0
    without_parameters: list[str] = field(default_factory=list)


def list_functions(tree: ast.Module) -> Iterator[tuple[str, Function, bool]]:
    """Every function with its dotted name, and whether it stands at the top of its module."""

    def visit(node: ast.AST, path: str, at_top: bool) -> Iterator[tuple[str, Function, bool]]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
                name = f"{path}{child.name}"
                yield name, child, at_top
                yield from visit(child, f"{name}.", at_top=False)
            elif isinstance(child, ast.ClassDef):
                yield from visit(child, f"{path}{child.name}.", at_top=False)
            else:
                yield from visit(child, path, at_top=at_top)

    yield from visit(tree, "", at_top=True)


def has_decorator(function: Function, *names: str) -> bool:
    """Whether one of its decorators has such a last name."""
    found = [d.func if isinstance(d, ast.Call) else d for d in function.decorator_list]
    last = {d.attr if isinstance(d, ast.Attribute) else d.id for d in found if isinstance(d, ast.Attribute | ast.Name)}
    return bool(last & set(names))


def is_quantity(function: Function) -> bool:
    """Whether a name is no action: a property, a special method, or a quantity that ends in its unit."""
    special = function.name.startswith("__") and function.name.endswith("__")
    return special or function.name.endswith(UNITS) or has_decorator(function, "property", "cached_property")


def begins_with_verb(name: str, verbs: set[str]) -> bool:
    """Whether the first word of a name is one of the verbs."""
    return name.strip("_").split("_")[0] in verbs


def list_arguments(function: Function) -> Iterator[ast.arg]:
    """Arguments but `self` and `cls`."""
    every = function.args
    named = [*every.posonlyargs, *every.args, *every.kwonlyargs, every.vararg, every.kwarg]
    yield from (one for one in named if one is not None and one.arg not in ("self", "cls"))


def is_any(argument: ast.arg) -> bool:
    """Whether an argument may be anything at all, or holds what may."""
    return argument.annotation is not None and "Any" in ast.unparse(argument.annotation)


def find_room(module: str) -> str:
    """The folder under the package, or the module itself where it stands right under it."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else ""


def read_modules() -> dict[str, ast.Module]:
    """Every module of the package, parsed."""
    out = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        if "_embedded" in path.parts:
            continue
        parts = path.relative_to(ROOT).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        out[name] = ast.parse(path.read_text("utf-8"))
    return out


def list_foreign_uses(modules: dict[str, ast.Module]) -> set[tuple[str, str]]:
    """(module, function) of every name that a module of another room imports or takes from a module."""
    used: set[tuple[str, str]] = set()
    for name, tree in modules.items():
        aliases: dict[str, str] = {}
        for node in ast.walk(tree):
            if not isinstance(node, ast.ImportFrom) or not (node.module or "").startswith("geo_border"):
                continue
            source = node.module or ""
            for alias in node.names:
                full = f"{source}.{alias.name}"
                if full in modules:
                    aliases[alias.asname or alias.name] = full
                elif find_room(source) != find_room(name):
                    used.add((source, alias.name))
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in aliases:
                source = aliases[node.value.id]
                if find_room(source) != find_room(name):
                    used.add((source, node.attr))
    return follow_exports(used, modules)


def follow_exports(used: set[tuple[str, str]], modules: dict[str, ast.Module]) -> set[tuple[str, str]]:
    """The same names where they are defined: an `__init__` hands them on."""
    exports = {
        (name, alias.asname or alias.name): (node.module or "", alias.name)
        for name, tree in modules.items()
        for node in tree.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    out = set()
    for place in used:
        while place in exports:
            place = exports[place]  # noqa: PLW2901
        out.add(place)
    return out


def needs_parameters(function: Function) -> bool:
    """Whether a docstring should list parameters and does not: it takes some, and is no fixture of a protocol."""
    return bool(list(list_arguments(function))) and "Parameters\n" not in (ast.get_docstring(function) or "")


def count_all() -> Found:
    """Everything counted over the package."""
    verbs, modules = set(VERBS.read_text("utf-8").split()), read_modules()
    foreign, found = list_foreign_uses(modules), Found()
    for module, tree in modules.items():
        for name, function, at_top in list_functions(tree):
            where = f"{module}:{name}"
            if not is_quantity(function):
                found.functions += 1
                if not begins_with_verb(function.name, verbs):
                    found.without_verb.append(where)
            for argument in list_arguments(function):
                found.arguments += 1
                if is_any(argument):
                    found.any_arguments.append(f"{where}({argument.arg})")
            if at_top and (module, name) in foreign:
                found.public += 1
                if needs_parameters(function):
                    found.without_parameters.append(where)
    return found


def main() -> int:
    """Print the counts; with --list also what is to be mended; 1 where a limit is not kept."""
    found = count_all()
    verbs = 1 - len(found.without_verb) / found.functions
    anything = len(found.any_arguments) / found.arguments
    print(f"functions that begin with a verb: {verbs:.1%} of {found.functions} (at least {LEAST_VERBS:.0%})")
    print(f"arguments typed Any: {anything:.1%} of {found.arguments} (at most {MOST_ANY:.1%})")
    missing = len(found.without_parameters)
    print(f"functions that another folder calls, without Parameters: {missing} of {found.public}")
    if "--list" in sys.argv:
        for title in ("without_verb", "any_arguments", "without_parameters"):
            print(f"\n{title}:", *getattr(found, title), sep="\n  ")
    return int(verbs < LEAST_VERBS or anything > MOST_ANY or missing > MOST_WITHOUT_PARAMETERS)


if __name__ == "__main__":
    sys.exit(main())
