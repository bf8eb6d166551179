"""Outlines of zones: pieces of land joined, each zone once; a ring's parts serve what nests in it."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import shapely
from numpy.typing import NDArray

from geo_border.geo.overlay import extract_polygons
from geo_border.pipeline.land import Polygons
from geo_border.pipeline.study_area import StudyArea
from geo_border.zones.membership import LINE, NO_UNIT, Membership, Selection, Zone


def outline_zones(membership: Membership, ground: StudyArea, polygons: Polygons) -> NDArray[np.object_]:
    """The polygon of every zone in the plane; None for zones on the line and units' land to a distance.

    Returns
    -------
    ndarray of Polygon, MultiPolygon or None
        One a zone.
    """
    out = np.full(len(membership.zones), None, dtype=object)
    drawn = [i for i, zone in enumerate(membership.zones) if _is_drawn(zone)]
    # Zones of the same land (a strip, and all land to its depth) have one outline.
    selections = dict.fromkeys(membership.zones[i].selection for i in drawn)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        shapes = dict(zip(selections, pool.map(lambda one: _outline(one, ground, polygons), selections), strict=True))
    for i in drawn:
        out[i] = shapes[membership.zones[i].selection]
    return out


def _is_drawn(zone: Zone) -> bool:
    return zone.carrier != LINE and not (zone.kind == "admin" and zone.part_of is None)


def _outline(selection: Selection, ground: StudyArea, polygons: Polygons) -> shapely.Polygon | shapely.MultiPolygon:
    if selection.polygons:
        shapes = polygons.shapes[list(selection.polygons)]
        return extract_polygons(shapely.union_all(shapes)) if len(shapes) > 1 else shapes[0]
    pieces = [
        piece
        for piece in ground.band_parts
        if piece.from_m >= selection.from_m
        and piece.to_m <= selection.to_m
        and selection.segment in (None, piece.segment)
        and selection.country in (None, piece.country)
    ]
    if selection.from_m == 0 and selection.admin is None:
        # The last piece of each country and segment, from near to far, has all that is nearer.
        farthest = {(piece.segment, piece.country): piece.nested for piece in pieces}
        parts = np.array(list(farthest.values()), dtype=object)
    else:
        parts = np.array([piece.geometry for piece in pieces], dtype=object)
    if selection.admin is not None:
        parts = extract_polygons(shapely.intersection(parts, _get_unit(selection, ground)))
    return extract_polygons(shapely.union_all(parts)) if len(parts) > 1 else parts[0]


def _get_unit(selection: Selection, ground: StudyArea) -> shapely.Polygon | shapely.MultiPolygon:
    """The land of an administrative unit, or of a country that lies in none."""
    admin = ground.admin
    if selection.admin != NO_UNIT:
        return admin.geometry.to_numpy()[(admin["admin_id"] == selection.admin).to_numpy()][0]
    own = admin.geometry.to_numpy()[(admin["country"] == selection.country).to_numpy()]
    return shapely.difference(ground.home_land[str(selection.country)], shapely.union_all(own))
