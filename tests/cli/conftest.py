"""Commands of the command line run in this process."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from geo_border import cli
from tests.commands import Say, Told


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Say:
    monkeypatch.chdir(tmp_path)

    def run(*words: object) -> Told:
        monkeypatch.setattr(sys, "argv", ["geo-border", *map(str, words)])
        code = 0
        try:
            cli.main()
        except SystemExit as end:
            code = int(end.code or 0)
        captured = capsys.readouterr()
        return Told(code, captured.out, captured.err)

    return run
