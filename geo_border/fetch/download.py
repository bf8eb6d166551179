"""One file over HTTP into a part file: resumed where a server allows it, hashed as it comes, never trusted half."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from io import RawIOBase
from pathlib import Path
from typing import Any

from geo_border.errors import UnreachableError
from geo_border.fetch.network import Network, Response
from geo_border.fetch.responses import parse_content_range, parse_integer, raise_for_status, wait_before_retry
from geo_border.fetch.retry import TransientError

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

    def is_same_version(self, etag: str | None, last_modified: str | None) -> bool:
        """Whether the rest of a file is of this version: what is told of it agrees, and something is told."""
        told = [(etag, self.etag), (last_modified, self.last_modified)]
        return any(now for now, _ in told) and all(now == before for now, before in told if now)


def write_validators(part: Path, validators: Validators) -> None:
    """Begin a part anew, of the version that the server tells of."""
    # The old bytes go first: killed between the two, the next run must not take them for the new version's.
    delete_part(part)
    _locate_validators(part).write_text(json.dumps(asdict(validators)), encoding="utf-8")


def read_validators(part: Path, url: str) -> Validators | None:
    """Read which version a part is of; None if that is not known, or it is of another URL."""
    try:
        found = Validators(**json.loads(_locate_validators(part).read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        return None
    # A link is none of ours: what is written through it would land elsewhere.
    return found if found.url == url and part.exists() and not part.is_symlink() else None


def delete_part(part: Path) -> None:
    """Throw away a part and what is known of it."""
    part.unlink(missing_ok=True)
    _locate_validators(part).unlink(missing_ok=True)


def count_bytes(part: Path) -> int:
    """Bytes that have come."""
    return part.stat().st_size if part.exists() else 0


def compute_digest(part: Path, length: int) -> Any:
    """SHA-256 of a part's first `length` bytes, to go on with."""
    digest = hashlib.sha256()
    if length:
        with part.open("rb") as handle:
            while length and (block := handle.read(min(_BLOCK_BYTES, length))):
                digest.update(block)
                length -= len(block)
    return digest


def write_chunk(out: RawIOBase, chunk: bytes) -> None:
    """Write a chunk whole: the system may take only a part of it where a disk is nearly full."""
    rest = memoryview(chunk)
    while rest:
        rest = rest[out.write(rest) or 0 :]


def _locate_validators(part: Path) -> Path:
    return part.with_name(part.name + ".json")


# Below this a connection that drops has brought no progress worth counting, or a server could keep us for ever.
_PROGRESS_BYTES = 65_536
# At most so much is taken from a connection at once. What has come is written at once: a killed run loses no more.
_CHUNK_BYTES = 1 << 20


@dataclass(frozen=True)
class DownloadResult:
    """A whole file as it came: where it lies, and what the server said of it."""

    path: Path
    sha256: str
    bytes: int
    etag: str | None
    last_modified: str | None


def download(
    net: Network,
    url: str,
    part: Path,
    *,
    per_host: int = 4,
    name: str = "",
    known: Mapping[str, object] | None = None,
    max_bytes: int | None = None,
) -> DownloadResult | None:
    """Bring a URL's bytes into `part`, going on from what is there; None if `known` is still the newest (304).

    What is larger than `max_bytes` is not the file: it is refused before it fills the disk.

    Raises
    ------
    AbsentError
        On 404 and 410.
    UnreachableError
        When it cannot be had: forbidden, no end of failures, a wait longer than our patience.
    """
    failures = 0
    while True:
        before = count_bytes(part)
        try:
            return _try_download(net, part, per_host, _DownloadRequest(url, name or part.name, known, max_bytes))
        except TransientError as again:
            # A connection that drops after a good stretch is not a failing one: only tries without progress count.
            failures = 1 if count_bytes(part) - before >= _PROGRESS_BYTES else failures + 1
            wait_before_retry(net, url, again, failures)


@dataclass(frozen=True)
class _DownloadRequest:
    """Where a file is published, what it is called, what is known of it, and how large it can be."""

    url: str
    name: str
    known: Mapping[str, object] | None
    max_bytes: int | None

    def raise_if_too_large(self, part: Path, size: int) -> None:
        """Refuse, and keep nothing of, what is larger than the file can be."""
        if self.max_bytes is not None and size > self.max_bytes:
            delete_part(part)
            raise UnreachableError(
                f"{self.url}: larger than the {self.max_bytes:,} bytes that are expected at most. "
                "Nothing of it is kept."
            )


def _try_download(net: Network, part: Path, per_host: int, request: _DownloadRequest) -> DownloadResult | None:
    url, there = request.url, net.resolve_address(request.url)
    have, validators = count_bytes(part), read_validators(part, there)
    if validators is None:
        have = 0
    elif validators.total is not None and have == validators.total:
        return _build_result(part, validators, compute_digest(part, have).hexdigest(), have)
    headers = _build_headers(have, validators, request.known)
    with net.open_response(url, per_host=per_host, headers=headers) as response:
        if response.status == 304:
            response.drain_conn()
            return None
        if response.status == 416:
            part.unlink(missing_ok=True)
            raise TransientError("the server does not have the rest of the file")
        if response.status not in {200, 206}:
            raise_for_status(response, url)
        start, now = _find_start(response, url, there, part, validators)
        return _stream_body(net, response, part, start, now, request)


def _build_headers(offset: int, validators: Validators | None, known: Mapping[str, object] | None) -> dict[str, str]:
    if offset and validators is not None and validators.if_range:
        return {"Range": f"bytes={offset}-", "If-Range": validators.if_range}
    headers = {}
    if known and known.get("etag"):
        headers["If-None-Match"] = str(known["etag"])
    if known and known.get("last_modified"):
        headers["If-Modified-Since"] = str(known["last_modified"])
    return headers


def _find_start(
    response: Response, url: str, address: str, part: Path, previous: Validators | None
) -> tuple[int, Validators]:
    """From which byte the answer goes on, and the validators of the whole file."""
    if response.headers.get("Content-Encoding", "identity") != "identity":
        raise UnreachableError(f"{url}: came in an encoding that was not asked for. The server is at fault.")
    etag, modified = response.headers.get("ETag"), response.headers.get("Last-Modified")
    if response.status == 200:
        return 0, Validators(address, etag, modified, parse_integer(response.headers.get("Content-Length")))
    start, total = parse_content_range(response.headers.get("Content-Range", ""))
    if (
        previous is None
        or start != count_bytes(part)
        or total not in {previous.total, None}
        or not previous.is_same_version(etag, modified)
    ):
        # The server took no heed of If-Range: joining the two would make a file that never was.
        delete_part(part)
        raise TransientError("the file changed on the server while it was being fetched")
    return start or 0, previous


def _stream_body(
    net: Network, response: Response, part: Path, start: int, validators: Validators, request: _DownloadRequest
) -> DownloadResult:
    request.raise_if_too_large(part, validators.total or 0)
    if start == 0:
        write_validators(part, validators)
    digest = compute_digest(part, start)
    done, since, mark = start, time.monotonic(), start
    with part.open("r+b" if start else "wb", buffering=0) as out:
        out.seek(start)
        out.truncate()
        while chunk := response.read1(_CHUNK_BYTES):
            write_chunk(out, chunk)
            digest.update(chunk)
            done += len(chunk)
            net.options.progress(request.name, done, validators.total)
            request.raise_if_too_large(part, done)
            if net.stop.is_set():
                raise UnreachableError("stopped. Run again to go on from here.")
            since, mark = _check_speed(net, since, mark, done, net.options.timeout_s)
    if validators.total is None and done == 0:
        # How an answer looks whose headers were cut: the rest of them, the length too, is missing.
        raise TransientError("an answer without a length and without a byte")
    if validators.total is not None and done != validators.total:
        raise TransientError(f"{done} bytes came where {validators.total} were announced")
    return _build_result(part, validators, digest.hexdigest(), done)


def read_body(net: Network, response: Response, max_bytes: int, window_s: float | None = None) -> bytes:
    """Read an answer into memory, no more than `max_bytes` of it; a server that drips is given up.

    Raises
    ------
    Again
        When it comes too slowly over `window_s` (the longest silence borne, when not given).
    """
    came, since, mark = bytearray(), time.monotonic(), 0
    while len(came) < max_bytes and (chunk := response.read1(min(_CHUNK_BYTES, max_bytes - len(came)))):
        came += chunk
        since, mark = _check_speed(net, since, mark, len(came), window_s or net.options.timeout_s)
    return bytes(came)


def _check_speed(net: Network, since: float, mark: int, done: int, window_s: float) -> tuple[float, int]:
    clock = time.monotonic()
    if clock - since < window_s:
        return since, mark
    if (done - mark) / (clock - since) < net.options.min_bytes_per_s:
        raise TransientError(f"slower than {net.options.min_bytes_per_s:.0f} bytes a second")
    return clock, done


def _build_result(part: Path, validators: Validators, sha256: str, size: int) -> DownloadResult:
    return DownloadResult(part, sha256, size, validators.etag, validators.last_modified)
