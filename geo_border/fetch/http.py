"""A dataset's files over HTTP: in parallel, each verified before it takes its place, what came kept when one fails."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from shapely.geometry.base import BaseGeometry

from geo_border.catalog import Download, Entry
from geo_border.errors import ChecksumError, FetchError, UnreachableError
from geo_border.fetch import archive, cache
from geo_border.fetch.cache import Place
from geo_border.fetch.checksums import check_sums
from geo_border.fetch.download import Received, download, forget
from geo_border.fetch.network import Network
from geo_border.fetch.options import Options
from geo_border.fetch.responses import AbsentError
from geo_border.fetch.tiles import Piece, pieces
from geo_border.fetch.verify import verify
from geo_border.store import Folders, Raw

LOG = logging.getLogger("geo_border")
INDEX = "tiles.geojson"
T = TypeVar("T")


def fetch(entry: Entry, folders: Folders, window: BaseGeometry | None, options: Options) -> Raw:
    """Bring a dataset's files, those that the window touches, onto disk.

    Raises
    ------
    UnreachableError, ChecksumError
        When some could not be had; says how many, and keeps the others.
    """
    wanted = listed(entry, folders, window, options)
    said = each(wanted, lambda net, piece: _piece(net, entry, folders, piece), entry, folders, options)
    raw = as_raw(entry, folders, [(p.name, s) for p, s in zip(wanted, said, strict=True)])
    if not raw.paths:
        raise UnreachableError(f"{entry.name}: the publisher has none of {_names(wanted)}. Wrong --mirror, or all sea?")
    return raw


def listed(entry: Entry, folders: Folders, window: BaseGeometry | None, options: Options) -> list[Piece]:
    """List the files that a study needs; a dataset's list of tiles is fetched for it where there is one.

    Raises
    ------
    UnreachableError
        When that list cannot be had.
    """
    download = _download(entry)
    if download.tiles.scheme == "index":
        piece = Piece(INDEX, str(download.tiles.index_url))
        plain = download.model_copy(update={"kind": "geojson", "member": None, "absent": None, "md5_suffix": None})
        of_index = entry.model_copy(update={"download": plain})
        each([piece], lambda net, p: _piece(net, of_index, folders, p), of_index, folders, options)
        where = cache.place(folders, entry, INDEX)
        try:
            return pieces(entry, window, options, where.final)
        except FetchError:
            # GeoJSON, but not this list: it must not stand there for the next run.
            cache.drop(where)
            raise
    return pieces(entry, window, options, None)


def each(
    wanted: list[Piece],
    one: Callable[[Network, Piece], T],
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
    there = {piece: cache.kept(cache.place(folders, entry, piece.name)) for piece in wanted}
    missing = [piece for piece in wanted if there[piece] is None or options.refresh]
    if options.offline and missing:
        raise UnreachableError(
            f"{entry.name}: {len(missing)} of {len(wanted)} files are not here ({_names(missing)}); --offline forbids "
            "fetching them."
        )
    done: dict[Piece, Any] = dict(there)
    if missing:
        done.update(_in_parallel(missing, one, entry, options, len(wanted)))
    return [done[piece] for piece in wanted]


def _in_parallel(
    missing: list[Piece], one: Callable[[Network, Piece], T], entry: Entry, options: Options, of: int
) -> dict[Piece, T]:
    with Network(options) as net, ThreadPoolExecutor(options.connections, thread_name_prefix="fetch") as pool:
        futures: dict[Piece, Future[T]] = {piece: pool.submit(one, net, piece) for piece in missing}
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
        others = f" Kept: {of - len(failed)}." if len(failed) < of else ""
        raise type(first)(f"{entry.name}: {len(failed)} of {of} files could not be had.{others} {first}") from first
    return {piece: future.result() for piece, future in futures.items()}


def as_raw(entry: Entry, folders: Folders, said: Sequence[tuple[str, dict[str, Any]]]) -> Raw:
    """Gather files and what their provenance says into a `Raw`; tiles that do not exist are left out."""
    there = [(name, what) for name, what in said if what.get("absent") is None]
    dated = sorted({str(what["dated"]) for _, what in there if what.get("dated")})
    # A tile that only a mirror lacks is its doing too.
    mirrors = sorted({_host_of(str(what["fetched_from"])) for _, what in said if what.get("fetched_from")})
    return Raw(
        entry,
        tuple(cache.place(folders, entry, name).final for name, _ in there),
        {name: str(what["sha256"]) for name, what in there},
        retrieved=max((str(what["retrieved"]) for _, what in there), default=None),
        dated=" to ".join(dict.fromkeys((dated[0], dated[-1]))) if dated else None,
        mirror=", ".join(mirrors) or None,
    )


def _host_of(address: str) -> str:
    scheme, _, rest = address.partition("://")
    return f"{scheme}://{rest.partition('/')[0]}"


def _piece(net: Network, entry: Entry, folders: Folders, piece: Piece) -> dict[str, Any]:
    where = cache.place(folders, entry, piece.name)
    with where.held(), cache.writing(where):
        standing = cache.kept(where)
        if standing is not None and not net.options.refresh:
            # Another run fetched it while this one waited.
            return standing
        try:
            return _bring(net, entry, piece, where, standing)
        except AbsentError as error:
            return _absent(net, entry, piece, where, error)


def _bring(net: Network, entry: Entry, piece: Piece, where: Place, standing: dict[str, Any] | None) -> dict[str, Any]:
    declared = _download(entry)
    known = standing.get("archive", standing) if standing else None
    how = {"per_host": declared.per_host, "most_bytes": declared.largest_bytes}
    came = download(net, piece.url, where.part, **how, name=piece.name, known=known)
    if came is None:
        return standing or {}
    try:
        check_sums(net, entry, piece, came)
        final, said = _opened(declared, piece, where, came)
    except (UnreachableError, ChecksumError):
        forget(where.part)
        where.unpacked.unlink(missing_ok=True)
        raise
    told = cache.provenance(entry, piece.url, net.mirror_of(piece.url), **said)
    cache.put(final, where, told)
    forget(where.part)
    return told


def _opened(declared: Download, piece: Piece, where: Place, came: Received) -> tuple[Path, dict[str, Any]]:
    """Verify what came, and take the wanted member out of an archive."""
    server = {"etag": came.etag, "last_modified": came.last_modified, "sha256": came.sha256, "bytes": came.bytes}
    verify(came.path, declared.kind, piece.url)
    if declared.member is None or declared.member_kind is None:
        if declared.kind == "zip":
            archive.check(came.path, piece.url, declared.largest_bytes)
        return came.path, server
    member = archive.take_out(
        came.path, declared.member, cache.fresh(where.unpacked), piece.url, declared.largest_bytes
    )
    verify(where.unpacked, declared.member_kind, f"{piece.url} ({member})")
    own = {"sha256": cache.sha256_of(where.unpacked), "bytes": where.unpacked.stat().st_size}
    return where.unpacked, {**own, "archive": {**server, "member": member}}


def _absent(net: Network, entry: Entry, piece: Piece, where: Place, error: AbsentError) -> dict[str, Any]:
    means = _download(entry).absent
    if means is None:
        raise error
    LOG.warning("%s: the publisher has no %s (%s).", entry.name, piece.name, means)
    told = cache.provenance(entry, piece.url, net.mirror_of(piece.url), absent=means)
    cache.note_absent(where, told)
    return told


def _names(some: list[Piece], most: int = 3) -> str:
    return ", ".join(piece.name for piece in some[:most]) + (", ..." if len(some) > most else "")


def _download(entry: Entry) -> Download:
    if entry.download is None:
        raise UnreachableError(f"{entry.name}: has no place to be fetched from.")
    return entry.download
