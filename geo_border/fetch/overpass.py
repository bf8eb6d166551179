"""OpenStreetMap through Overpass: one polite query a tile; an answer cut short is a failure that splits the tile."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from shapely.geometry.base import BaseGeometry

from geo_border.catalog import Download, Entry
from geo_border.errors import UnreachableError
from geo_border.fetch import cache, http
from geo_border.fetch.download import read_body
from geo_border.fetch.network import Network
from geo_border.fetch.options import Options
from geo_border.fetch.responses import raise_for_status, wait_before_retry
from geo_border.fetch.retry import TransientError
from geo_border.fetch.tiles import RemoteFile
from geo_border.fetch.verify import is_web_page
from geo_border.store import Folders, Raw, compute_sha256

# What the public servers allow a query by default (wiki.openstreetmap.org/wiki/Overpass_API/Overpass_QL).
_TIMEOUT_S = 180
_MAXSIZE_BYTES = 536_870_912
# An answer is held in memory while it is checked; a fuller tile is split.
_MAX_BYTES = 1 << 29
_SPLITS = 4
# A tile whose queries time out this often in a row is too full rather than unlucky.
_TRIES_BEFORE_SPLIT = 2


class QueryTooLargeError(Exception):
    """The query was cut short by the server: a smaller tile may pass."""


def fetch_from_overpass(entry: Entry, folders: Folders, window: BaseGeometry | None, options: Options) -> Raw:
    """Query every tile that the window touches, and keep each whole answer.

    Raises
    ------
    UnreachableError
        When some tiles could not be fetched; the others are kept.
    """
    wanted = http.list_remote_files(entry, folders, window, options)
    said = http.fetch_each(wanted, lambda net, piece: _fetch_tile(net, entry, folders, piece), entry, folders, options)
    return http.build_raw(entry, folders, [(p.name, s) for p, s in zip(wanted, said, strict=True)])


def _fetch_tile(net: Network, entry: Entry, folders: Folders, remote: RemoteFile) -> dict[str, Any]:
    where = cache.build_cache_paths(folders, entry, remote.name)
    declared = entry.download
    if declared is None:
        raise UnreachableError(f"{entry.name}: has no server to ask.")
    with where.hold_lock(), cache.translate_write_errors(where):
        standing = cache.read_provenance(where)
        if standing is not None and not net.options.refresh:
            return standing
        responses = _query_tile(net, declared, remote, where.work, "q")
        cache.clear_path(where.part).write_text(
            json.dumps(merge_responses(responses), ensure_ascii=False), encoding="utf-8"
        )
        provenance = cache.build_provenance(
            entry,
            declared.url,
            net.find_mirror(declared.url),
            query=build_query(declared, remote.bounds, remote.name),
            queries=len(responses),
            dated=min(str(answer["osm3s"]["timestamp_osm_base"]) for answer in responses),
            sha256=compute_sha256(where.part),
            bytes=where.part.stat().st_size,
        )
        cache.store_file(where.part, where, provenance)
        for done in where.work.glob("q*.json"):
            done.unlink()
        return provenance


def _query_tile(net: Network, spec: Download, remote: RemoteFile, work: Path, name: str) -> list[dict[str, Any]]:
    """Whole responses for a tile: one, or those of its quarters; each is kept, so a stopped run asks none twice."""
    query = build_query(spec, remote.bounds, remote.name)
    # By its query and the server: an older catalogue put another question, and a mirror is another source.
    key = f"{net.resolve_address(spec.url)}\n{query}"
    stored = work / f"{name}-{hashlib.sha256(key.encode()).hexdigest()[:12]}.json"
    response = _read_response(stored)
    if response is not None:
        return [response]
    try:
        response = _query_with_retries(net, spec, query)
    except QueryTooLargeError as error:
        if remote.bounds is None or len(name) > _SPLITS:
            raise UnreachableError(f"{spec.url}: {remote.name}: {error}, in its smallest tile. Try later.") from error
        return [
            response
            for i, quarter in enumerate(_split_bounds(remote.bounds))
            for response in _query_tile(net, spec, RemoteFile(remote.name, remote.url, quarter), work, f"{name}{i}")
        ]
    temporary = cache.clear_path(work / "answer")
    temporary.write_text(json.dumps(response, ensure_ascii=False), encoding="utf-8")
    temporary.replace(stored)
    return [response]


def _read_response(path: Path) -> dict[str, Any] | None:
    """An answer of a run that broke off; None where there is none, or a power cut left it without its bytes."""
    try:
        answer: dict[str, Any] = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return answer if _is_response(answer) else None


def _is_response(value: object) -> bool:
    """Whether JSON has what is used of an Overpass answer."""
    if not (isinstance(value, dict) and isinstance(value.get("osm3s"), dict)):
        return False
    elements = value.get("elements") if "timestamp_osm_base" in value["osm3s"] else None
    return isinstance(elements, list) and all(isinstance(e, dict) and {"type", "id"} <= e.keys() for e in elements)


def build_query(spec: Download, bounds: tuple[float, float, float, float] | None, name: str) -> str:
    """Write the whole Overpass QL query of a tile."""
    head = f"[out:json][timeout:{_TIMEOUT_S}][maxsize:{_MAXSIZE_BYTES}]"
    box = ""
    if bounds is not None:
        west, south, east, north = bounds
        box = f"[bbox:{south:.6f},{west:.6f},{north:.6f},{east:.6f}]"
    return f"{head}{box};{(spec.query or '').strip().replace('{name}', name.removesuffix('.json'))}"


def _query_with_retries(net: Network, spec: Download, query: str) -> dict[str, Any]:
    failures = 0
    while True:
        try:
            return _query_once(net, spec, query)
        except TransientError as again:
            failures += 1
            # A host that is not reached refuses no query for its size.
            too_full = again.wait_s is None and again.host is None and "429" not in str(again)
            if too_full and failures >= _TRIES_BEFORE_SPLIT:
                raise QueryTooLargeError(str(again)) from again
            wait_before_retry(net, spec.url, again, failures)


def _query_once(net: Network, spec: Download, query: str) -> dict[str, Any]:
    silence_s = max(net.options.timeout_s, 1.0) + _timeout_s(net)
    how: dict[str, Any] = {"form": {"data": query}, "timeout_s": silence_s, "spacing_s": spec.spacing_s}
    with net.open_response(spec.url, per_host=spec.per_host, **how) as response:
        if response.status != 200:
            raise_for_status(response, spec.url)
        body = read_body(net, response, _MAX_BYTES, silence_s)
    if not body:
        raise TransientError("an answer without a byte")
    if len(body) == _MAX_BYTES:
        raise QueryTooLargeError(f"an answer of more than {_MAX_BYTES:,} bytes")
    if is_web_page(body[:1024]):
        raise TransientError("answered with a page instead of data")
    try:
        answer: dict[str, Any] = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise QueryTooLargeError(f"an answer that was cut ({error})") from error
    if isinstance(answer, dict) and "remark" in answer:
        # Status 200 with a remark is how Overpass says that it stopped half way.
        raise QueryTooLargeError(f"the server stopped half way ({answer['remark']})")
    if not _is_response(answer):
        raise UnreachableError(f"{spec.url}: answered with something that is no Overpass answer.")
    return answer


def _timeout_s(net: Network) -> float:
    # A query may rightly be silent as long as the server works on it; tests, with short patience, do not wait.
    return float(_TIMEOUT_S) if net.options.timeout_s >= 10 else 0.0


def _split_bounds(bounds: tuple[float, float, float, float]) -> list[tuple[float, float, float, float]]:
    west, south, east, north = bounds
    x, y = (west + east) / 2, (south + north) / 2
    return [(west, south, x, y), (x, south, east, y), (west, y, x, north), (x, y, east, north)]


def merge_responses(responses: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """Join responses of a tile's quarters: what lies in two of them once, in order of kind and id; the oldest date."""
    each = list(responses)
    if len(each) == 1:
        return each[0]
    elements = {(e["type"], e["id"]): e for answer in each for e in answer["elements"]}
    first = min(each, key=lambda answer: str(answer["osm3s"]["timestamp_osm_base"]))
    return {**first, "elements": [elements[key] for key in sorted(elements)]}
