"""A file held against the sums that are published of it."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from geo_border.catalog import Entry
from geo_border.errors import ChecksumError, UnreachableError
from geo_border.fetch.download import Received, body_of
from geo_border.fetch.network import Network
from geo_border.fetch.responses import refuse, wait_until_again
from geo_border.fetch.retry import Again
from geo_border.fetch.tiles import Piece


def check_sums(net: Network, entry: Entry, piece: Piece, came: Received) -> None:
    """Hold what came against the sum that the catalogue declares, and against the one that its publisher does.

    Raises
    ------
    ChecksumError
        When it is not the file.
    UnreachableError
        When the publisher's sum cannot be had.
    """
    declared = next((file.sha256 for file in entry.files if file.name == piece.name and file.sha256), None)
    if declared is not None and came.sha256 != declared:
        raise ChecksumError(
            f"{piece.url}: sha256 is {came.sha256}, expected {declared}. Nothing of it is kept; if the publisher has "
            "replaced the file, the catalogue entry needs a new version."
        )
    suffix = entry.download.md5_suffix if entry.download is not None else None
    if suffix is not None:
        published, found = _published_md5(net, piece.url + suffix), _md5(came.path)
        if published != found:
            raise ChecksumError(
                f"{piece.url}: md5 is {found}, published {published}. Nothing of it is kept: run again."
            )


def _published_md5(net: Network, url: str) -> str:
    failures = 0
    while True:
        try:
            with net.open(url, per_host=2) as response:
                if response.status != 200:
                    refuse(response, url)
                text = body_of(net, response, 200).decode("ascii", "replace")
        except Again as again:
            failures += 1
            wait_until_again(net, url, again, failures)
            continue
        found = re.match(r"[0-9a-f]{32}\b", text)
        if found is None:
            raise UnreachableError(f"{url}: no md5 checksum in it. The server is at fault.")
        return found.group()


def _md5(path: Path) -> str:
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "md5").hexdigest()
