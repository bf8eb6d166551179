"""What has come of a file so far: its bytes, and what the server said of the version they are of."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from io import RawIOBase
from pathlib import Path
from typing import Any

_BLOCK_BYTES = 1 << 20


@dataclass(frozen=True)
class Validators:
    """What tells one version of a file on a server from the next, kept beside the part for the next run.

    `url` is the address really asked: what a mirror began, another or the publisher does not end.
    """

    url: str
    etag: str | None
    last_modified: str | None
    total: int | None

    @property
    def if_range(self) -> str | None:
        """What a request for the rest names its version by, if anything."""
        # A weak ETag may not be used for ranges (RFC 9110, 13.1.5).
        if self.etag and not self.etag.startswith("W/"):
            return self.etag
        return self.last_modified

    def hold(self, etag: str | None, last_modified: str | None) -> bool:
        """Whether the rest of a file is of this version: what is told of it agrees, and something is told."""
        told = [(etag, self.etag), (last_modified, self.last_modified)]
        return any(now for now, _ in told) and all(now == before for now, before in told if now)


def write_validators(part: Path, now: Validators) -> None:
    """Begin a part anew, of the version that the server tells of."""
    # The old bytes go first: killed between the two, the next run must not take them for the new version's.
    forget(part)
    _beside(part).write_text(json.dumps(asdict(now)), encoding="utf-8")


def read_validators(part: Path, url: str) -> Validators | None:
    """Read which version a part is of; None if that is not known, or it is of another URL."""
    try:
        found = Validators(**json.loads(_beside(part).read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        return None
    # A link is none of ours: what is written through it would land elsewhere.
    return found if found.url == url and part.exists() and not part.is_symlink() else None


def forget(part: Path) -> None:
    """Throw away a part and what is known of it."""
    part.unlink(missing_ok=True)
    _beside(part).unlink(missing_ok=True)


def size(part: Path) -> int:
    """Bytes that have come."""
    return part.stat().st_size if part.exists() else 0


def digest_of(part: Path, length: int) -> Any:
    """SHA-256 of a part's first `length` bytes, to go on with."""
    digest = hashlib.sha256()
    if length:
        with part.open("rb") as handle:
            while length and (block := handle.read(min(_BLOCK_BYTES, length))):
                digest.update(block)
                length -= len(block)
    return digest


def write_all(out: RawIOBase, chunk: bytes) -> None:
    """Write a chunk whole: the system may take only a part of it where a disk is nearly full."""
    rest = memoryview(chunk)
    while rest:
        rest = rest[out.write(rest) or 0 :]


def _beside(part: Path) -> Path:
    return part.with_name(part.name + ".json")
