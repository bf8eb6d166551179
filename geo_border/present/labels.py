"""Labels: the English text of every layer, class, measure and unit; each is a key of the gettext catalogues."""

from __future__ import annotations

LAYERS = {
    "frontier": "Frontier",
    "frontier_sea": "Frontier at sea",
    "bands": "Distance bands",
    "strips": "Hypothetical strips",
    "corridor": "Corridor",
    "corridor_axis": "Corridor axis",
    "admin": "Regions by distance band",
    "own": "Own areas",
    "forested": "Forested zones",
    "populated": "Populated zones",
    "civilian_exposure": "Civilian exposure",
    "people": "People, cell by cell",
    "cover": "Land cover, cell by cell",
    "settlements": "Settlements",
    "facilities": "Schools, hospitals and care homes",
    "countries": "Countries",
    "basemap": "Background map",
}
CLASSES = {
    "frontier": {"land": "On land", "river": "In a river", "lake": "In a lake"},
    "forested": {"forested": "Tree cover at or above the study's threshold"},
    "populated": {
        "city": "City",
        "town": "Town",
        "suburb": "Suburb",
        "village": "Village",
        "dispersed": "Dispersed rural",
        "low_density": "Low-density rural",
        "unclassed": "Populated, not classed",
    },
    "civilian_exposure": {
        "resident": "People live here",
        "livelihood": "Fields, pasture or forest near people",
        "passage": "Public road or facility",
        "sparse": "People present, not located",
    },
    "cover": {
        "tree": "Trees",
        "shrub": "Shrubs",
        "grass": "Grass",
        "crop": "Crops",
        "built": "Built-up",
        "bare": "Bare ground",
        "snow": "Snow and ice",
        "water": "Water",
        "wetland": "Wetland",
        "moss": "Moss and lichen",
        "unknown": "No data",
    },
    "facilities": {
        "school": "School",
        "kindergarten": "Kindergarten",
        "hospital": "Hospital",
        "clinic": "Clinic",
        "care_home": "Care home",
    },
    "settlements": {"place": "Settlement"},
    "countries": {
        "party": "Party to the mine-ban treaty",
        "withdrawn": "Withdrew from the mine-ban treaty",
        "non_party": "Not party to the mine-ban treaty",
    },
}
DEGURBA = {
    10: "Water",
    11: "Very low-density rural",
    12: "Low-density rural",
    13: "Rural village",
    21: "Suburb",
    22: "Semi-dense town",
    23: "Dense town",
    30: "City",
}
MEASURES = {
    "area": "Area",
    "cover_area": "Land cover",
    "cover_share": "Share of land cover",
    "people": "People",
    "people_per_km2": "People per km²",
    "settlements": "Settlements",
    "facilities": "Facilities",
    "road_length": "Public roads",
    "frontier_length": "Frontier length",
    "protected_area": "Protected areas",
    "clearance_cost": "Clearance cost",
    "clearance_years": "Years of clearance",
}
AGES = {"total": "All ages", "under_15": "Under 15", "15_64": "15 to 64", "over_64": "Over 64"}
UNITS = {
    "persons": "people",
    "km²": "km²",
    "km": "km",
    "m": "m",
    "count": "number",
    "share": "share",
    "persons/km²": "people per km²",
}
# What a share or a density is divided by.
BASES = (
    "known cover without water",
    "known cover",
    "land without inland water",
    "total area, inland water included",
)
ZONE_KINDS = {
    "segment": "Segment",
    "band": "Distance band",
    "strip": "Hypothetical strip",
    "within": "All land to a distance",
    "corridor": "Corridor",
    "admin": "Region by distance",
    "country": "Whole country",
    "own": "Own area",
}


# Columns of the layers and tables, without their units.
COLUMNS = {
    "segment": "Segment",
    "country": "Country",
    "facing": "Facing country",
    "medium": "Runs through",
    "length_km": "Length",
    "sea_km": "Length at sea",
    "official_km": "Official length",
    "official_source": "Source of official length",
    "note": "Note",
    "zone_id": "Zone",
    "zone_name": "Name of zone",
    "zone_kind": "Kind of zone",
    "place_id": "Code of place",
    "place_name": "Place",
    "part_of": "Adds up in",
    "admin_id": "Code of region",
    "admin_name": "Region",
    "from_m": "From",
    "to_m": "To",
    "area_km2": "Area",
    "people": "People",
    "people_low": "People, low",
    "people_high": "People, high",
    "tree_share": "Tree cover",
    "crop_share": "Crops",
    "grass_share": "Grass",
    "built_share": "Built-up",
    "water_share": "Water",
    "wetland_share": "Wetland",
    "cell_id": "Cell",
    "distance_m": "Distance",
    "reach_people": "People within reach",
    "cover_from": "Cover data from",
    "degurba": "Settlement class (DEGURBA)",
    "forested": "Forested",
    "populated": "Populated",
    "civilian_exposure": "Civilian exposure",
    "class": "Class",
    "name": "Name",
    "name_en": "Name in English",
    "kind": "Kind",
    "source": "Source",
    "treaty_status": "Treaty status",
    "treaty_notified": "Withdrawal notified",
    "treaty_effective": "Withdrawal effective",
    "treaty_source": "Source of treaty status",
    "measure": "Measure",
    "category": "Category",
    "value": "Value",
    "low": "Low",
    "high": "High",
    "unit": "Unit",
    "dataset": "Dataset",
    "vintage": "Year or version",
    "range_from": "Range from",
    "known_share": "Share known",
    "known_basis": "Share known is of",
    "pixels": "Pixels of the data",
    "basis": "Share or density of",
}
# Partitions in which rows of the exposure table add up.
PARTITIONS = {
    "bands": "Distance bands",
    "admin": "Regions by distance band",
    "segments": "Segments",
    "admin-segments": "Segments by region",
}
# Questions that the GeoPackage answers ready-made, by the name of the view.
VIEW_TITLES = {
    "people_within_10km_by_country": "People within 10 km by country",
    "people_by_segment_and_distance": "People by segment and distance",
    "settlements_in_strips": "Settlements inside hypothetical strips",
    "cover_by_distance": "Land cover by distance",
    "civilian_exposure_by_segment": "Civilian exposure by segment",
}
# What else the QGIS project says: groups, themes, sheets.
PROJECT = (
    "Places",
    "Land and people",
    "Cells",
    "Zones",
    "Grids",
    "Background",
    "Tables",
    "Overview",
    "Forest",
    "Exposure",
    "Locator",
    "All zones",
    "Zones with figures",
    "Exposure table",
    "Segments",
    "Segment sheets",
    "Sources and licences",
    "Whole frontier",
    "Sources",
    "Figures",
    "Corridors",
    "{n} people or more",
    "Fewer people, or not known",
    "Measured length",
    "A range is a spread over datasets and stated choices, not a confidence interval.",
    "A dash: not known, or too few of the data's pixels to show.",
)


def get_class_label(layer: str, class_name: str) -> str:
    """Give a class its English label; a class that has none keeps its own name.

    >>> get_class_label("cover", "tree"), get_class_label("facilities", "library")
    ('Trees', 'library')

    Parameters
    ----------
    layer
        `cover`, `facilities` or another layer that has classes.
    class_name
        The class as the tables write it.
    """
    return CLASSES.get(layer, {}).get(class_name, class_name)


def list_labels() -> list[str]:
    """List every label once, for the catalogues."""
    found = [*LAYERS.values(), *DEGURBA.values(), *MEASURES.values(), *AGES.values(), *UNITS.values()]
    found += [*COLUMNS.values(), *PARTITIONS.values(), *VIEW_TITLES.values(), *PROJECT]
    found += [*BASES, *ZONE_KINDS.values(), *(label for group in CLASSES.values() for label in group.values())]
    return list(dict.fromkeys(found))
