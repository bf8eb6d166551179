"""One dataset's files on disk, whichever way they come; and many datasets, where one failing loses no other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from shapely.geometry.base import BaseGeometry

from geo_border.catalog import Entry
from geo_border.errors import CatalogError, FetchError
from geo_border.fetch import cache, embedded, http, overpass
from geo_border.fetch.choose import resolve
from geo_border.fetch.options import Options
from geo_border.store import Folders, Raw, compute_sha256


def fetch_dataset(
    entry: Entry, folders: Folders, window: BaseGeometry | None = None, options: Options | None = None
) -> Raw:
    """Have a dataset's files, verified; only the tiles that `window` (EPSG:4326) touches.

    Raises
    ------
    ChecksumError
        When a file's bytes are not those declared.
    UnreachableError
        When a server did not give the file.
    FetchError
        When a file that cannot be fetched (an account is needed) is not where it should have been put.
    """
    options = options or Options()
    if entry.source == "embedded":
        return embedded.verify_embedded(entry)
    if entry.source == "http":
        return http.fetch_over_http(entry, folders, window, options)
    if entry.source == "overpass":
        return overpass.fetch_from_overpass(entry, folders, window, options)
    return _find_manual_files(entry, folders)


@dataclass(frozen=True)
class FetchOutcome:
    """By need: what was fetched, why the rest was not, and whether a stand-in serves it, it is left out, or neither."""

    raws: Mapping[str, Raw] = field(default_factory=dict)
    failures: Mapping[str, FetchError] = field(default_factory=dict)
    fallbacks: Mapping[str, str] = field(default_factory=dict)
    omissions: Mapping[str, str] = field(default_factory=dict)

    def combine_with(self, other: FetchOutcome) -> FetchOutcome:
        """Join what was gathered in two steps."""
        return FetchOutcome(
            {**self.raws, **other.raws},
            {**self.failures, **other.failures},
            {**self.fallbacks, **other.fallbacks},
            {**self.omissions, **other.omissions},
        )

    def describe_failures(self, *, offline: bool = False) -> str:
        """Say what is missing and how to go on; empty when nothing is."""
        if not self.failures:
            return ""
        fetched = ", ".join(self.raws) or "nothing"
        again = "Run once without --offline" if offline else "Run again to go on from here"
        advice = (
            f"Kept: {fetched}. {again}, name another dataset with --sources NEED=DATASET, or add --fallback embedded: "
            "the snapshot stands in where it can, and the rest is left out."
        )
        lines = [f"{need}: {error}" for need, error in self.failures.items()]
        if len(lines) == 1:
            return f"{lines[0]} {advice}"
        return "\n".join([f"{len(lines)} sources could not be had:", *(f"  {line}" for line in lines), advice])


def fetch_needs(
    needs: tuple[str, ...],
    sources: Mapping[str, str],
    folders: Folders,
    window: BaseGeometry | None,
    options: Options,
    fallback: str | None = None,
) -> FetchOutcome:
    """Fetch the dataset of every need; a failure is recorded beside what was fetched.

    With a fallback nothing fails: its dataset stands in, and a need that it has none for is left out.

    Parameters
    ----------
    needs
        What is needed, of `schemas.NEEDS`.
    sources
        As `choose` returns it.
    folders
        Where fetched files go.
    window
        Area whose tiles are fetched, in EPSG:4326; None for no window.
    options
        Networks, mirrors, limits and progress.
    fallback
        Preset whose datasets replace those that cannot be fetched.

    Raises
    ------
    CatalogError
        When `sources` names what is not there: wrong use, not a failure of a source.
    """
    raws: dict[str, Raw] = {}
    failed: dict[str, FetchError] = {}
    instead: dict[str, str] = {}
    without: dict[str, str] = {}
    for need in needs:
        try:
            found = resolve(need, sources, options.countries)
            if found is not None:
                raws[need] = found if isinstance(found, Raw) else fetch_dataset(found, folders, window, options)
        except FetchError as error:
            other = resolve(need, {"preset": fallback}, options.countries) if fallback else None
            if isinstance(other, Entry):
                raws[need], instead[need] = fetch_dataset(other, folders, window, options), str(error)
            elif fallback:
                without[need] = str(error)
            else:
                failed[need] = error
    return FetchOutcome(raws, failed, instead, without)


def _find_manual_files(entry: Entry, folders: Folders) -> Raw:
    """Find the files that a user must bring, because their publisher asks for an account."""
    folder = cache.build_cache_paths(folders, entry, "x").final.parent
    paths = tuple(sorted(p for p in folder.glob("*") if p.is_file() and not p.name.endswith(cache.PROVENANCE)))
    if not entry.documentation:
        raise CatalogError(f"{entry.name}: has no fetcher.")
    if not paths:
        raise FetchError(
            f"{entry.name}: must be fetched by hand, with an account or on its own terms: {entry.documentation}. Put "
            f"its file into {folder}, or give it with --sources {entry.needs[0]}={entry.name}@PATH."
        )
    return Raw(entry, paths, {path.name: compute_sha256(path) for path in paths})
