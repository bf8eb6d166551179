"""All datasets that a run may choose from, by name: the package's, then those of a user's files, the last one wins."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from geo_border.catalog.declared import Entry
from geo_border.catalog.package import read_entries
from geo_border.errors import CatalogError

PACKAGE = "package"


@dataclass(frozen=True)
class Declared:
    """An entry, and where it was written.

    Attributes
    ----------
    origin
        `package`, or the name of the file (without its folder) or study.
    place
        The same as messages say it, with the entry's number in the file.
    replaced
        Origins of the entries of that name whose place it takes, the first one first.
    """

    entry: Entry
    origin: str = PACKAGE
    place: str = "the package"
    replaced: tuple[str, ...] = ()


@dataclass(frozen=True)
class Catalogue:
    """Datasets by name; each name stands for one entry."""

    by_name: Mapping[str, Declared]

    def __iter__(self) -> Iterator[Declared]:
        return iter(self.by_name.values())

    def find(self, name: str) -> Declared:
        """The dataset of that name.

        Raises
        ------
        CatalogError
            When there is none; the message lists the names there are.
        """
        try:
            return self.by_name[name]
        except KeyError:
            raise CatalogError(f"no dataset named {name!r}. There are: {', '.join(self.by_name)}.") from None

    def list_names(self, need: str) -> list[str]:
        """Names of the datasets that serve a need."""
        return [one.entry.name for one in self if need in one.entry.needs]

    def extend(self, more: Iterable[Declared]) -> Catalogue:
        """The catalogue with more datasets after those that it has.

        Parameters
        ----------
        more
            Datasets of one file or study; one whose name is taken must say that it replaces it.

        Raises
        ------
        CatalogError
            When it does not say so, or says so of what is not there; names both places.
        """
        found = dict(self.by_name)
        for one in more:
            taken = found.get(one.entry.name)
            fault = find_clash(one, taken)
            if fault is not None:
                raise CatalogError(fault)
            if taken is not None:
                one = replace(one, replaced=(*taken.replaced, taken.origin))  # noqa: PLW2901 - the same, placed
            found[one.entry.name] = one
        return Catalogue(found)


def find_clash(one: Declared, taken: Declared | None) -> str | None:
    """Say why a dataset cannot take its name.

    Parameters
    ----------
    taken
        The dataset that has the name, or None.
    """
    name, says = one.entry.name, one.entry.replaces
    if says is not None and says != name:
        return (
            f"{one.place}: replaces: expected its own name {name!r}, which it takes from another dataset, got {says!r}."
        )
    if says is not None and taken is None:
        return f"{one.place}: replaces: there is no dataset {name!r} before it. Delete the line."
    if says is None and taken is not None:
        return (
            f"{one.place}: the name {name!r} is taken by {taken.place}. Choose another name, or write "
            f'replaces = "{name}" to take its place.'
        )
    return None


@lru_cache(maxsize=1)
def read_package() -> Catalogue:
    """The datasets that ship as entries with the package."""
    return Catalogue({name: Declared(entry) for name, entry in read_entries().items()})
