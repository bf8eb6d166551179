"""How tests reach the distribution's QGIS: one session in its own Python, or a skip that says why."""

from __future__ import annotations

import json
import re
import subprocess
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

PYTHON = Path("/usr/bin/python3")
DOCS = Path(__file__).parents[2] / "docs" / "QGIS.md"
_SESSION = Path(__file__).with_name("qgis_session.py")


def questions() -> dict[str, str]:
    """Every SQL block of the docs by the number of its question."""
    parts = re.split(r"^### (\d+)\. ", DOCS.read_text("utf-8"), flags=re.MULTILINE)
    return {
        number: re.search(r"```sql\n(.*?)```", text, re.DOTALL).group(1).strip()
        for number, text in zip(parts[1::2], parts[2::2], strict=True)
    }


def bare(text: str) -> str:
    """What is printed without what differs between QGIS and Babel: 3.0 for 3, and the sign that groups digits."""
    return re.sub(r"(\d)\.0(?!\d)", r"\1", text.replace(",", "").replace("\u202f", ""))


@lru_cache(maxsize=1)
def missing() -> str:
    """Say why QGIS cannot be had, or nothing."""
    if not PYTHON.exists():
        return f"no {PYTHON}: QGIS comes with the distribution's Python"
    done = subprocess.run([str(PYTHON), "-c", "import qgis.core"], check=False, capture_output=True, text=True)
    return "" if done.returncode == 0 else "QGIS is not installed (Debian: apt-get install qgis python3-qgis)"


def session(**job: Any) -> dict[str, Any]:
    """Run one session of QGIS over a job and give its answer; skips the test where there is no QGIS."""
    if missing():
        pytest.skip(missing())
    done = subprocess.run(
        [str(PYTHON), str(_SESSION)],
        input=json.dumps(job),
        check=False,
        capture_output=True,
        text=True,
        timeout=300,
    )
    lines = [line for line in done.stdout.splitlines() if line.startswith("ANSWER")]
    assert lines, f"QGIS gave no answer (exit {done.returncode}):\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}"
    answer: dict[str, Any] = json.loads(lines[0].removeprefix("ANSWER"))
    return answer
