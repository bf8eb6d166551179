"""The datasets that a run may take, in the order in which they were written, and those that it takes."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

from geo_border.catalog.catalogue import PACKAGE, Catalogue, read_package
from geo_border.catalog.resolve import Sources, choose
from geo_border.catalog.user import read_catalogue
from geo_border.frontier import find_country
from geo_border.study import Study
from geo_border.user_config import read_user_config

LOG = logging.getLogger("geo_border")


def open_catalogue(
    catalog: Sequence[str | Path] = (), study: Study | None = None, without: Path | None = None
) -> Catalogue:
    """The package's datasets, then those of the user's configuration, of catalogues and of a study; the last one wins.

    Parameters
    ----------
    catalog
        Paths of catalogues, in order.
    study
        A study that may describe datasets of its own.
    without
        A catalogue that is left out wherever it is named.

    Raises
    ------
    CatalogError
        When an entry is wrong, or takes a name without saying that it replaces it.
    """
    found = read_package()
    for path in (*read_user_config().catalogues, *map(Path, catalog)):
        if without is None or path.resolve() != without.resolve():
            found = found.extend(read_catalogue(path))
    return found if study is None else found.extend(study.datasets)


def choose_sources(
    study: Study, words: Sequence[str] = (), catalog: Sequence[str | Path] = (), fallback: str | None = None
) -> Sources:
    """What a run of a study takes its data from.

    A catalogue that was given for this run and serves none of its needs is warned of: it was meant to be used.

    Parameters
    ----------
    words
        As `--sources`.
    catalog
        As `--catalog`.
    fallback
        A preset that stands in for what cannot be had.

    Raises
    ------
    CatalogError
        When an entry or a choice is wrong.
    """
    sources = choose(words, open_catalogue(catalog, study), study.sources, fallback)
    countries = tuple(dict.fromkeys(find_country(name, study) for name in study.home))
    idle = set(sources.list_idle_origins(countries)) - {PACKAGE}
    given = [Path(path).name for path in catalog]
    for origin in dict.fromkeys([*given, *(one.origin for one in study.datasets)]):
        if origin in idle:
            names = [one.entry for one in sources.catalogue if one.origin == origin]
            LOG.warning(
                "%s: none of its datasets is used: choose one by --sources, such as --sources %s=%s.",
                *(origin, names[0].needs[0], names[0].name),
            )
    return sources
