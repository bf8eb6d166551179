"""One file over a bad line: resumed where it stopped, never spliced from two versions, paused when asked."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from geo_border.errors import UnreachableError
from geo_border.fetchers import parts
from geo_border.fetchers.answers import content_range, refuse, wait_until_again, whole_number
from geo_border.fetchers.network import Network, Response
from geo_border.fetchers.parts import Validators
from geo_border.fetchers.troubles import Again

# Below this a connection that drops has brought no progress worth counting, or a server could keep us for ever.
_PROGRESS_BYTES = 65_536
# At most so much is taken from a connection at once. What has come is written at once: a killed run loses no more.
_TAKEN_BYTES = 1 << 20


@dataclass(frozen=True)
class Received:
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
    known: Mapping[str, Any] | None = None,
    most_bytes: int | None = None,
) -> Received | None:
    """Bring a URL's bytes into `part`, going on from what is there; None if `known` is still the newest (304).

    What is larger than `most_bytes` is not the file: it is refused before it fills the disk.

    Raises
    ------
    AbsentError
        On 404 and 410.
    UnreachableError
        When it cannot be had: forbidden, no end of failures, a wait longer than our patience.
    """
    failures = 0
    while True:
        before = parts.size(part)
        try:
            return _attempt(net, part, per_host, _Wanted(url, name or part.name, known, most_bytes))
        except Again as again:
            # A connection that drops after a good stretch is not a failing one: only tries without progress count.
            failures = 1 if parts.size(part) - before >= _PROGRESS_BYTES else failures + 1
            wait_until_again(net, url, again, failures)


@dataclass(frozen=True)
class _Wanted:
    """Where a file is published, what it is called, what is known of it, and how large it can be."""

    url: str
    name: str
    known: Mapping[str, Any] | None
    most_bytes: int | None

    def fits(self, part: Path, size: int) -> None:
        """Refuse, and keep nothing of, what is larger than the file can be."""
        if self.most_bytes is not None and size > self.most_bytes:
            parts.forget(part)
            raise UnreachableError(
                f"{self.url}: larger than the {self.most_bytes:,} bytes that are expected at most. "
                "Nothing of it is kept."
            )


def _attempt(net: Network, part: Path, per_host: int, wanted: _Wanted) -> Received | None:
    url, there = wanted.url, net.address_of(wanted.url)
    have, validators = parts.size(part), parts.read_validators(part, there)
    if validators is None:
        have = 0
    elif validators.total is not None and have == validators.total:
        return _received(part, validators, parts.digest_of(part, have).hexdigest(), have)
    headers = _headers(have, validators, wanted.known)
    with net.open(url, per_host=per_host, headers=headers) as response:
        if response.status == 304:
            response.drain_conn()
            return None
        if response.status == 416:
            part.unlink(missing_ok=True)
            raise Again("the server does not have the rest of the file")
        if response.status not in {200, 206}:
            refuse(response, url)
        start, now = _start_of(response, url, there, part, validators)
        return _stream(net, response, part, start, now, wanted)


def _headers(have: int, validators: Validators | None, known: Mapping[str, Any] | None) -> dict[str, str]:
    if have and validators is not None and validators.if_range:
        return {"Range": f"bytes={have}-", "If-Range": validators.if_range}
    headers = {}
    if known and known.get("etag"):
        headers["If-None-Match"] = str(known["etag"])
    if known and known.get("last_modified"):
        headers["If-Modified-Since"] = str(known["last_modified"])
    return headers


def _start_of(
    response: Response, url: str, there: str, part: Path, before: Validators | None
) -> tuple[int, Validators]:
    """From which byte the answer goes on, and the validators of the whole file."""
    if response.headers.get("Content-Encoding", "identity") != "identity":
        raise UnreachableError(f"{url}: came in an encoding that was not asked for. The server is at fault.")
    etag, modified = response.headers.get("ETag"), response.headers.get("Last-Modified")
    if response.status == 200:
        return 0, Validators(there, etag, modified, whole_number(response.headers.get("Content-Length")))
    start, total = content_range(response.headers.get("Content-Range", ""))
    if (
        before is None
        or start != parts.size(part)
        or total not in {before.total, None}
        or not before.hold(etag, modified)
    ):
        # The server took no heed of If-Range: joining the two would make a file that never was.
        parts.forget(part)
        raise Again("the file changed on the server while it was being fetched")
    return start or 0, before


def _stream(net: Network, response: Response, part: Path, start: int, now: Validators, wanted: _Wanted) -> Received:
    wanted.fits(part, now.total or 0)
    if start == 0:
        parts.write_validators(part, now)
    digest = parts.digest_of(part, start)
    done, since, mark = start, time.monotonic(), start
    with part.open("r+b" if start else "wb", buffering=0) as out:
        out.seek(start)
        out.truncate()
        while chunk := response.read1(_TAKEN_BYTES):
            parts.write_all(out, chunk)
            digest.update(chunk)
            done += len(chunk)
            net.options.progress(wanted.name, done, now.total)
            wanted.fits(part, done)
            if net.stop.is_set():
                raise UnreachableError("stopped. Run again to go on from here.")
            since, mark = _fast_enough(net, since, mark, done, net.options.timeout_s)
    if now.total is None and done == 0:
        # How an answer looks whose headers were cut: the rest of them, the length too, is missing.
        raise Again("an answer without a length and without a byte")
    if now.total is not None and done != now.total:
        raise Again(f"{done} bytes came where {now.total} were announced")
    return _received(part, now, digest.hexdigest(), done)


def body_of(net: Network, response: Response, most_bytes: int, window_s: float | None = None) -> bytes:
    """Read an answer into memory, no more than `most_bytes` of it; a server that drips is given up.

    Raises
    ------
    Again
        When it comes too slowly over `window_s` (the longest silence borne, when not given).
    """
    came, since, mark = bytearray(), time.monotonic(), 0
    while len(came) < most_bytes and (chunk := response.read1(min(_TAKEN_BYTES, most_bytes - len(came)))):
        came += chunk
        since, mark = _fast_enough(net, since, mark, len(came), window_s or net.options.timeout_s)
    return bytes(came)


def _fast_enough(net: Network, since: float, mark: int, done: int, window_s: float) -> tuple[float, int]:
    clock = time.monotonic()
    if clock - since < window_s:
        return since, mark
    if (done - mark) / (clock - since) < net.options.slowest_bytes_per_s:
        raise Again(f"slower than {net.options.slowest_bytes_per_s:.0f} bytes a second")
    return clock, done


def _received(part: Path, now: Validators, sha256: str, size: int) -> Received:
    return Received(part, sha256, size, now.etag, now.last_modified)
