"""A dataset's files over HTTP: in parallel, each verified before it takes its place, what came kept when one fails."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from shapely.geometry.base import BaseGeometry

from geo_border.catalog import Download, Entry
from geo_border.errors import ChecksumError, FetchError, UnreachableError
from geo_border.fetch import archive, cache
from geo_border.fetch.cache import CachePaths
from geo_border.fetch.checksums import check_checksums
from geo_border.fetch.download import DownloadResult, delete_part, download
from geo_border.fetch.network import Network
from geo_border.fetch.options import Options
from geo_border.fetch.responses import AbsentError
from geo_border.fetch.tiles import RemoteFile, select_remote_files
from geo_border.fetch.verify import verify_file
from geo_border.store import Folders, Raw

LOG = logging.getLogger("geo_border")
INDEX = "tiles.geojson"
T = TypeVar("T")


def fetch_over_http(entry: Entry, folders: Folders, window: BaseGeometry | None, options: Options) -> Raw:
    """Bring a dataset's files, those that the window touches, onto disk.

    Raises
    ------
    UnreachableError, ChecksumError
        When some could not be fetched; says how many, and keeps the others.
    """
    wanted = list_remote_files(entry, folders, window, options)
    said = fetch_each(wanted, lambda net, piece: _fetch_file(net, entry, folders, piece), entry, folders, options)
    raw = build_raw(entry, folders, [(p.name, s) for p, s in zip(wanted, said, strict=True)])
    if not raw.paths:
        raise UnreachableError(
            f"{entry.name}: the publisher has none of {_format_names(wanted)}. Wrong --mirror, or all sea?"
        )
    return raw


def list_remote_files(
    entry: Entry, folders: Folders, window: BaseGeometry | None, options: Options
) -> list[RemoteFile]:
    """List the files that a study needs; a dataset's list of tiles is fetched for it where there is one.

    Raises
    ------
    UnreachableError
        When that list cannot be fetched.
    """
    download = _require_download(entry)
    if download.tiles.scheme == "index":
        piece = RemoteFile(INDEX, str(download.tiles.index_url))
        plain = download.model_copy(update={"kind": "geojson", "member": None, "absent": None, "md5_suffix": None})
        of_index = entry.model_copy(update={"download": plain})
        fetch_each([piece], lambda net, p: _fetch_file(net, of_index, folders, p), of_index, folders, options)
        where = cache.build_cache_paths(folders, entry, INDEX)
        try:
            return select_remote_files(entry, window, options, where.final)
        except FetchError:
            # GeoJSON, but not this list: it must not stand there for the next run.
            cache.delete_file(where)
            raise
    return select_remote_files(entry, window, options, None)


def fetch_each(
    remotes: list[RemoteFile],
    fetch_one: Callable[[Network, RemoteFile], T],
    entry: Entry,
    folders: Folders,
    options: Options,
) -> list[T | dict[str, Any]]:
    """Fetch every piece that is not there, in parallel; one failing does not stop the others.

    Raises
    ------
    FetchError
        The first failure, with how many failed.
    """
    there = {piece: cache.read_provenance(cache.build_cache_paths(folders, entry, piece.name)) for piece in remotes}
    missing = [piece for piece in remotes if there[piece] is None or options.refresh]
    if options.offline and missing:
        raise UnreachableError(
            f"{entry.name}: {len(missing)} of {len(remotes)} files are not here ({_format_names(missing)}); --offline "
            "forbids fetching them."
        )
    done: dict[RemoteFile, Any] = dict(there)
    if missing:
        done.update(_fetch_in_parallel(missing, fetch_one, entry, options, len(remotes)))
    return [done[piece] for piece in remotes]


def _fetch_in_parallel(
    missing: list[RemoteFile], fetch_one: Callable[[Network, RemoteFile], T], entry: Entry, options: Options, total: int
) -> dict[RemoteFile, T]:
    with Network(options) as net, ThreadPoolExecutor(options.connections, thread_name_prefix="fetch") as pool:
        futures: dict[RemoteFile, Future[T]] = {piece: pool.submit(fetch_one, net, piece) for piece in missing}
        try:
            failed = {p: e for p, f in futures.items() if (e := f.exception()) is not None}
        except BaseException:
            # Ctrl-C: every wait and transfer ends at once, and what came is resumed by the next run.
            net.abort()
            pool.shutdown(cancel_futures=True)
            raise
    for error in failed.values():
        if not isinstance(error, FetchError):
            raise error
    if failed:
        first = next(iter(failed.values()))
        others = f" Kept: {total - len(failed)}." if len(failed) < total else ""
        raise type(first)(f"{entry.name}: {len(failed)} of {total} files could not be had.{others} {first}") from first
    return {piece: future.result() for piece, future in futures.items()}


def build_raw(entry: Entry, folders: Folders, records: Sequence[tuple[str, Mapping[str, object]]]) -> Raw:
    """Gather files and what their provenance says into a `Raw`; tiles that do not exist are left out."""
    there = [(name, what) for name, what in records if what.get("absent") is None]
    dated = sorted({str(what["dated"]) for _, what in there if what.get("dated")})
    # A tile that only a mirror lacks is its doing too.
    mirrors = sorted({_parse_origin(str(what["fetched_from"])) for _, what in records if what.get("fetched_from")})
    return Raw(
        entry,
        tuple(cache.build_cache_paths(folders, entry, name).final for name, _ in there),
        {name: str(what["sha256"]) for name, what in there},
        retrieved_at=max((str(what["retrieved"]) for _, what in there), default=None),
        data_date=" to ".join(dict.fromkeys((dated[0], dated[-1]))) if dated else None,
        mirror=", ".join(mirrors) or None,
    )


def _parse_origin(address: str) -> str:
    scheme, _, rest = address.partition("://")
    return f"{scheme}://{rest.partition('/')[0]}"


def _fetch_file(net: Network, entry: Entry, folders: Folders, remote: RemoteFile) -> dict[str, Any]:
    where = cache.build_cache_paths(folders, entry, remote.name)
    with where.hold_lock(), cache.translate_write_errors(where):
        standing = cache.read_provenance(where)
        if standing is not None and not net.options.refresh:
            # Another run fetched it while this one waited.
            return standing
        try:
            return _download_file(net, entry, remote, where, standing)
        except AbsentError as error:
            return _record_absence(net, entry, remote, where, error)


def _download_file(
    net: Network, entry: Entry, remote: RemoteFile, paths: CachePaths, existing: dict[str, Any] | None
) -> dict[str, Any]:
    declared = _require_download(entry)
    known = existing.get("archive", existing) if existing else None
    how = {"per_host": declared.per_host, "max_bytes": declared.largest_bytes}
    received = download(net, remote.url, paths.part, **how, name=remote.name, known=known)
    if received is None:
        return existing or {}
    try:
        check_checksums(net, entry, remote, received)
        final, details = _unpack_file(declared, remote, paths, received)
    except (UnreachableError, ChecksumError):
        delete_part(paths.part)
        paths.unpacked.unlink(missing_ok=True)
        raise
    provenance = cache.build_provenance(entry, remote.url, net.find_mirror(remote.url), **details)
    cache.store_file(final, paths, provenance)
    delete_part(paths.part)
    return provenance


def _unpack_file(
    spec: Download, remote: RemoteFile, paths: CachePaths, received: DownloadResult
) -> tuple[Path, dict[str, Any]]:
    """Verify what came, and take the wanted member out of an archive."""
    server = {
        "etag": received.etag,
        "last_modified": received.last_modified,
        "sha256": received.sha256,
        "bytes": received.bytes,
    }
    verify_file(received.path, spec.kind, remote.url)
    if spec.member is None or spec.member_kind is None:
        if spec.kind == "zip":
            archive.check_archive(received.path, remote.url, spec.largest_bytes)
        return received.path, server
    member = archive.extract_member(
        received.path, spec.member, cache.clear_path(paths.unpacked), remote.url, spec.largest_bytes
    )
    verify_file(paths.unpacked, spec.member_kind, f"{remote.url} ({member})")
    own = {"sha256": cache.compute_sha256(paths.unpacked), "bytes": paths.unpacked.stat().st_size}
    return paths.unpacked, {**own, "archive": {**server, "member": member}}


def _record_absence(
    net: Network, entry: Entry, remote: RemoteFile, paths: CachePaths, error: AbsentError
) -> dict[str, Any]:
    means = _require_download(entry).absent
    if means is None:
        raise error
    LOG.warning("%s: the publisher has no %s (%s).", entry.name, remote.name, means)
    provenance = cache.build_provenance(entry, remote.url, net.find_mirror(remote.url), absent=means)
    cache.store_absence(paths, provenance)
    return provenance


def _format_names(remotes: list[RemoteFile], limit: int = 3) -> str:
    return ", ".join(piece.name for piece in remotes[:limit]) + (", ..." if len(remotes) > limit else "")


def _require_download(entry: Entry) -> Download:
    if entry.download is None:
        raise UnreachableError(f"{entry.name}: has no place to be fetched from.")
    return entry.download
