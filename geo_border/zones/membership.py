"""Which areas make up which zone: every zone kind as rows of one sparse matrix, zones by areas."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, vstack

LAND, LINE = "land", "line"
# The administrative unit of home land that lies in none.
NO_UNIT = "none"
_COLUMNS = (
    "zone_kind",
    "zone_id",
    "zone_name",
    "segment",
    "country",
    "from_m",
    "to_m",
    "part_of",
    "place_id",
    "place_name",
)


@dataclass(frozen=True)
class Selection:
    """The pieces of home land that a zone is made of: those that match every key given, or whole polygons.

    Attributes
    ----------
    segment, country, admin
        Nearest segment, country, administrative unit (`NO_UNIT` for land in none); None matches all.
    from_m, to_m
        Distances to the frontier between which a piece lies as a whole.
    polygons
        Numbers of polygons that are no sum of pieces; where there are any, nothing else counts.
    """

    segment: str | None = None
    country: str | None = None
    admin: str | None = None
    from_m: float = 0.0
    to_m: float = np.inf
    polygons: tuple[int, ...] = ()


@dataclass(frozen=True)
class Zone:
    """An area that figures are reported for.

    Attributes
    ----------
    kind, id, name
        As in the exposure table; `name` is readable and ends with the code.
    segment, country, from_m, to_m
        None where the zone has none, or is of several.
    part_of
        The partition whose zones add up, or None for a zone that lies in others.
    place_id, place_name
        The administrative unit, corridor or user's polygon that the zone is of.
    carrier
        `LAND` for areas and what lies in them, `LINE` for stretches of the frontier.
    variants, range_from
        Other outlines of the same zone by name, whose sums widen the range of every figure, and what they vary.
    """

    kind: str
    id: str
    name: str
    selection: Selection
    segment: str | None = None
    country: str | None = None
    from_m: float | None = None
    to_m: float | None = None
    part_of: str | None = None
    place_id: str | None = None
    place_name: str | None = None
    carrier: str = LAND
    variants: Mapping[str, Selection] = field(default_factory=dict)
    range_from: str | None = None


@dataclass(frozen=True)
class Members:
    """Things that zones hold (areas, points or stretches of line), with what says which zone they are in.

    Attributes
    ----------
    segment, country, admin
        One text each; `admin` is `NO_UNIT` outside every unit.
    from_m, to_m
        Edges of the ring of distance that each lies in.
    inside
        Members by polygons, 1 where a member lies in a polygon; None where there are no polygons.
    """

    segment: NDArray[np.object_]
    country: NDArray[np.object_]
    admin: NDArray[np.object_]
    from_m: NDArray[np.float64]
    to_m: NDArray[np.float64]
    inside: csr_matrix | None = None

    def __len__(self) -> int:
        return len(self.segment)


@dataclass(frozen=True)
class Membership:
    """Zones, and the rows of the matrix that each has: its own, then one for each variant."""

    zones: tuple[Zone, ...]

    @property
    def selections(self) -> list[Selection]:
        """One for each row of the matrix, in the order of the zones."""
        return [selection for zone in self.zones for selection in (zone.selection, *zone.variants.values())]

    @property
    def main_rows(self) -> NDArray[np.int64]:
        """The row of each zone itself."""
        counts = [1 + len(zone.variants) for zone in self.zones]
        return np.cumsum([0, *counts])[:-1].astype(np.int64)

    @property
    def frame(self) -> pd.DataFrame:
        """Zones as a table: the columns of the exposure table that tell them apart, `place_id` and `place_name`."""
        rows = [
            (z.kind, z.id, z.name, z.segment, z.country, z.from_m, z.to_m, z.part_of, z.place_id, z.place_name)
            for z in self.zones
        ]
        frame = pd.DataFrame(rows, columns=list(_COLUMNS), dtype=object)
        return frame.astype({"from_m": np.float64, "to_m": np.float64})

    def build_matrix(self, members: Members) -> csr_matrix:
        """One row a selection, one column a member: 1 where the member lies in the zone.

        Parameters
        ----------
        members
            Pieces of land (and points in them), or stretches of the frontier.

        Returns
        -------
        csr_matrix
            Selections x members, float64; `matrix @ values` sums values over zones.
        """
        group_of, groups = _group(members)
        selections = self.selections
        chosen = np.zeros((len(selections), len(groups)), dtype=bool)
        for row, selection in enumerate(selections):
            if not selection.polygons:
                chosen[row] = _match(selection, groups)
        columns = np.arange(len(members))
        grouped = csr_matrix((np.ones(len(members)), (group_of, columns)), shape=(len(groups), len(members)))
        matrix = csr_matrix(chosen.astype(np.float64)) @ grouped
        if members.inside is None:
            return csr_matrix(matrix)
        rows = [(row, number) for row, selection in enumerate(selections) for number in selection.polygons]
        shape = (len(selections), members.inside.shape[1])
        of_polygons = csr_matrix(
            (np.ones(len(rows)), tuple(np.array(rows, dtype=np.int64).reshape(-1, 2).T)), shape=shape
        )
        return csr_matrix(matrix + of_polygons @ members.inside.T)


def build_membership(zones: Iterable[Zone]) -> Membership:
    """Zones as one membership.

    Raises
    ------
    ValueError
        When two zones have one id: a programming error, since ids are made of names that a study holds apart.
    """
    members = tuple(zones)
    ids = [zone.id for zone in members]
    repeated = {name for name in ids if ids.count(name) > 1} if len(set(ids)) < len(ids) else set()
    if repeated:
        raise ValueError(f"zones with one id: {sorted(repeated)}")
    return Membership(members)


def join_members(parts: Sequence[Members]) -> Members:
    """Members one after another; those of a part without polygons lie in none.

    Parameters
    ----------
    parts
        At least one; those that have polygons have the same ones.
    """
    widths = {part.inside.shape[1] for part in parts if part.inside is not None}
    inside = None
    if widths:
        width = widths.pop()
        inside = csr_matrix(
            vstack([csr_matrix((len(p), width)) if p.inside is None else p.inside for p in parts], format="csr")
        )
    return Members(
        segment=np.concatenate([part.segment for part in parts]),
        country=np.concatenate([part.country for part in parts]),
        admin=np.concatenate([part.admin for part in parts]),
        from_m=np.concatenate([part.from_m for part in parts]),
        to_m=np.concatenate([part.to_m for part in parts]),
        inside=inside,
    )


def list_polygon_members(count: int) -> Members:
    """Members that are polygons themselves: each lies in itself and in no piece of land.

    Parameters
    ----------
    count
        How many polygons there are.
    """
    nothing = np.full(count, "", dtype=object)
    nowhere = np.full(count, np.nan)
    return Members(nothing, nothing, nothing, nowhere, nowhere, csr_matrix(np.eye(count)))


def find_ring(
    distance_m: NDArray[np.float64], edges_m: Sequence[float]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Inner and outer edge of the ring that each distance lies in (inner <= d < outer); the last ring is open.

    Parameters
    ----------
    distance_m
        Distances to the frontier, 0 or more.
    edges_m
        Edges of the rings in rising order, without 0.

    >>> inner, outer = find_ring(np.array([0.0, 1000.0, 7000.0]), (1000.0, 5000.0))
    >>> inner.tolist(), outer.tolist()
    ([0.0, 1000.0, 5000.0], [1000.0, 5000.0, inf])
    """
    edges = np.array([0.0, *edges_m, np.inf])
    at = np.searchsorted(edges, distance_m, side="right")
    return edges[at - 1], edges[at]


def _group(members: Members) -> tuple[NDArray[np.int64], pd.DataFrame]:
    """Number of the group of members with the same keys, and the keys of each group."""
    keys = pd.DataFrame({name: getattr(members, name) for name in ("segment", "country", "admin", "from_m", "to_m")})
    grouped = keys.groupby(list(keys.columns), sort=False, dropna=False)
    return np.asarray(grouped.ngroup(), dtype=np.int64), grouped.head(1).reset_index(drop=True)


def _match(selection: Selection, groups: pd.DataFrame) -> NDArray[np.bool_]:
    # Polygons among the members have no distance: no comparison holds for them.
    out = (groups["from_m"].to_numpy() >= selection.from_m) & (groups["to_m"].to_numpy() <= selection.to_m)
    for name in ("segment", "country", "admin"):
        wanted = getattr(selection, name)
        if wanted is not None:
            out &= groups[name].to_numpy() == wanted
    return np.asarray(out, dtype=np.bool_)
