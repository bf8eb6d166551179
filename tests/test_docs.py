"""Documents tell the truth that can be checked: links lead somewhere, commands exist, code runs."""

from __future__ import annotations

import ast
import re
import shlex
from pathlib import Path

import pytest

import geo_border

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = sorted(
    path
    for path in (
        *ROOT.glob("*.md"),
        *(ROOT / "docs").rglob("*.md"),
        *(ROOT / "examples").glob("*.md"),
        *ROOT.glob("data/**/README.md"),
        ROOT / "maps" / "README.md",
        *ROOT.glob("tests/**/README.md"),
        *ROOT.glob("benchmarks/*.md"),
    )
    if path.is_file() and "api" not in path.relative_to(ROOT).parts
)
names = [str(path.relative_to(ROOT)) for path in DOCUMENTS]
documents = pytest.mark.parametrize("path", DOCUMENTS, ids=names)
TARGETS = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))


def blocks(path: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", path.read_text("utf-8"), re.MULTILINE | re.DOTALL)


def anchors(path: Path) -> set[str]:
    """Headings as the forges make links of them."""
    heads = re.findall(r"^#+ (.+)$", path.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


@documents
def test_links_lead_somewhere(path: Path) -> None:
    text = re.sub(r"```.*?```", "", path.read_text("utf-8"), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if target.startswith(("http://", "https://", "mailto:")):
            continue
        file, _, anchor = target.partition("#")
        found = (path.parent / file) if file else path
        assert found.exists(), f"{target} is not there"
        if anchor:
            assert anchor in anchors(found), f"{target}: no such heading"


@documents
def test_make_targets_exist(path: Path) -> None:
    said = set(re.findall(r"`make ([a-z]+)", path.read_text("utf-8")))
    said |= {m for block in blocks(path, "sh") for m in re.findall(r"^make ([a-z]+)", block, re.MULTILINE)}
    assert said <= TARGETS


@documents
def test_commands_exist(path: Path) -> None:
    from typer.main import get_command

    from geo_border.cli import app

    known = get_command(app)
    text = path.read_text("utf-8")
    lines = [line for block in blocks(path, "sh") for line in block.splitlines()]
    said = [line.split("#")[0] for line in lines if re.match(r"^(\S*/)?geo-border\s", line)]
    said += re.findall(r"`(geo-border [^`]+)`", text)
    for line in said:
        words = shlex.split(line.replace("[", "").replace("]", ""))[1:]
        words = [word for word in words if word not in {"...", "…"}]
        if words[0].startswith("-"):
            continue
        command = known.commands.get(words[0])  # type: ignore[attr-defined]
        assert command, f"{line}: no such command"
        options = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
        for word in words[1:]:
            if word.startswith("-") and word != "--help":
                assert word.split("=")[0] in options, f"{line}: no option {word}"


@documents
def test_python_shown_is_python_that_runs(path: Path) -> None:
    for block in blocks(path, "python"):
        for node in ast.walk(ast.parse(block)):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "geo_border":
                assert node.attr in dir(geo_border), f"geo_border.{node.attr}"


def test_every_target_of_the_contract_is_there_and_told() -> None:
    wanted = {"run", "test", "check", "bench", "docs", "snapshot", "release", "setup", "clean"}
    assert wanted <= TARGETS
    told = (ROOT / "Makefile").read_text("utf-8")
    assert all(f"make {target}" in told for target in wanted - {"setup"})


def test_every_document_is_linked_from_another() -> None:
    linked = set()
    for path in DOCUMENTS:
        for target in re.findall(r"\]\(([^)\s#]+)", path.read_text("utf-8")):
            if not target.startswith("http"):
                linked.add((path.parent / target).resolve())
    for path in (ROOT / "docs").glob("*.md"):
        assert path in linked, f"nothing links to {path.name}"


def test_decisions_are_numbered_once_each_and_all_of_one_form() -> None:
    paths = sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md"))
    assert len({path.name[:4] for path in paths}) == len(paths) >= 9
    for path in paths:
        text = path.read_text("utf-8")
        assert text.startswith(f"# {path.name[:4]}: ")
        assert [part in text for part in ("**Situation.**", "**Decision.**", "**What follows.**")] == [True] * 3, (
            path.name
        )
        assert len(text.split()) < 400, f"{path.name} is longer than a page"


def test_the_readme_shows_where_to_go_on() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    for word in (
        "make run",
        "make test",
        "docs/RESPONSIBLE_USE.md",
        "docs/METHOD.md",
        "environment.yml",
        "--root",
        "ODbL",
    ):
        assert word in text
