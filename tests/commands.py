"""What a command of the command line said, and how it ended; for tests only."""

from __future__ import annotations

from collections.abc import Callable


class Told:
    """What a command said and how it ended."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err

    @property
    def error(self) -> str:
        """The one line after "error:"."""
        assert self.err.count("error:") == 1, self.err
        assert not self.err.startswith("\n"), "an empty line stands above the error"
        line = self.err[self.err.index("error:") :].strip()
        assert "\n" not in line, line
        return line


Say = Callable[..., Told]
