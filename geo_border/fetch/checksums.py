"""A file held against the sums that are published of it."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from geo_border.catalog import Entry
from geo_border.errors import ChecksumError, UnreachableError
from geo_border.fetch.download import DownloadResult, read_body
from geo_border.fetch.network import Network
from geo_border.fetch.responses import raise_for_status, wait_before_retry
from geo_border.fetch.retry import TransientError
from geo_border.fetch.tiles import RemoteFile


def check_checksums(net: Network, entry: Entry, remote: RemoteFile, received: DownloadResult) -> None:
    """Hold what came against the sum that the catalogue declares, and against the one that its publisher does.

    Raises
    ------
    ChecksumError
        When it is not the file.
    UnreachableError
        When the publisher's checksum cannot be fetched.
    """
    declared = next((file.sha256 for file in entry.files if file.name == remote.name and file.sha256), None)
    if declared is not None and received.sha256 != declared:
        raise ChecksumError(
            f"{remote.url}: sha256 is {received.sha256}, expected {declared}. Nothing of it is kept; if the publisher "
            "has replaced the file, the catalogue entry needs a new version."
        )
    suffix = entry.download.md5_suffix if entry.download is not None else None
    if suffix is not None:
        published, found = _fetch_md5(net, remote.url + suffix), _compute_md5(received.path)
        if published != found:
            raise ChecksumError(
                f"{remote.url}: md5 is {found}, published {published}. Nothing of it is kept: run again."
            )


def _fetch_md5(net: Network, url: str) -> str:
    failures = 0
    while True:
        try:
            with net.open_response(url, per_host=2) as response:
                if response.status != 200:
                    raise_for_status(response, url)
                text = read_body(net, response, 200).decode("ascii", "replace")
        except TransientError as again:
            failures += 1
            wait_before_retry(net, url, again, failures)
            continue
        found = re.match(r"[0-9a-f]{32}\b", text)
        if found is None:
            raise UnreachableError(f"{url}: no md5 checksum in it. The server is at fault.")
        return found.group()


def _compute_md5(path: Path) -> str:
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "md5").hexdigest()
