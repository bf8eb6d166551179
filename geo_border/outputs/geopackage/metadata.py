"""Metadata in ISO 19139 inside the GeoPackage: what it is, from which sources, on what terms."""

from __future__ import annotations

import sqlite3
from typing import Any
from xml.etree import ElementTree as ET

from geo_border.outputs import extent
from geo_border.present.credit import list_holders
from geo_border.result import Result
from geo_border.schemas import LAYERS

_GMD = "http://www.isotc211.org/2005/gmd"
_GCO = "http://www.isotc211.org/2005/gco"
_TABLES = """
CREATE TABLE gpkg_metadata (
  id INTEGER CONSTRAINT m_pk PRIMARY KEY ASC NOT NULL, md_scope TEXT NOT NULL DEFAULT 'dataset',
  md_standard_uri TEXT NOT NULL, mime_type TEXT NOT NULL DEFAULT 'text/xml', metadata TEXT NOT NULL DEFAULT '');
CREATE TABLE gpkg_metadata_reference (
  reference_scope TEXT NOT NULL, table_name TEXT, column_name TEXT, row_id_value INTEGER,
  timestamp DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')), md_file_id INTEGER NOT NULL,
  md_parent_id INTEGER, CONSTRAINT crmr_mfi_fk FOREIGN KEY (md_file_id) REFERENCES gpkg_metadata(id),
  CONSTRAINT crmr_mpi_fk FOREIGN KEY (md_parent_id) REFERENCES gpkg_metadata(id));
"""
_EXTENSION = "http://www.geopackage.org/spec121/#extension_metadata"


def write(database: sqlite3.Connection, result: Result, timestamp: str) -> None:
    """Add one record for the file and one a layer below it."""
    for statement in _TABLES.split(";\n"):
        database.execute(statement)
    database.executemany(
        "INSERT INTO gpkg_extensions (table_name, column_name, extension_name, definition, scope)"
        " VALUES (?, NULL, 'gpkg_metadata', ?, 'read-write')",
        [(name, _EXTENSION) for name in ("gpkg_metadata", "gpkg_metadata_reference")],
    )
    whole = _insert_metadata(database, "dataset", build_record(result, result.study.title, result.study.about))
    database.execute(
        "INSERT INTO gpkg_metadata_reference (reference_scope, timestamp, md_file_id) VALUES ('geopackage', ?, ?)",
        (timestamp, whole),
    )
    for layer in LAYERS.values():
        part = _insert_metadata(
            database, "dataset", build_record(result, f"{result.study.title}: {layer.title}", layer.description)
        )
        database.execute(
            "INSERT INTO gpkg_metadata_reference (reference_scope, table_name, timestamp, md_file_id, md_parent_id)"
            " VALUES ('table', ?, ?, ?, ?)",
            (layer.name, timestamp, part, whole),
        )


def build_record(result: Result, title: str, abstract: str) -> str:
    """Write an ISO 19139 record as XML text: identification, extent, constraints, CRS and lineage."""
    ET.register_namespace("gmd", _GMD)
    ET.register_namespace("gco", _GCO)
    root = ET.Element(_qualify_name("MD_Metadata"))
    _append_code(_append_child(root, "language"), "LanguageCode", "eng")
    _append_code(_append_child(root, "hierarchyLevel"), "MD_ScopeCode", "dataset")
    party = _append_child(_append_child(root, "contact"), "CI_ResponsibleParty")
    _append_string(_append_child(party, "organisationName"), "geo_border")
    _append_code(_append_child(party, "role"), "CI_RoleCode", "processor")
    _append_unknown(root, "dateStamp")
    _append_string(_append_child(root, "metadataStandardName"), "ISO 19115:2003/19139")
    system = _append_child(
        _append_child(
            _append_child(_append_child(root, "referenceSystemInfo"), "MD_ReferenceSystem"), "referenceSystemIdentifier"
        ),
        "RS_Identifier",
    )
    crs = result.layers["zones"].crs
    _append_string(_append_child(system, "code"), f"EPSG:{crs.to_epsg()}" if crs.to_epsg() else crs.to_wkt())
    _append_identification(root, result, title, abstract)
    _append_lineage(root, result)
    ET.indent(root, " ")
    return ET.tostring(root, encoding="unicode") + "\n"


def _append_identification(root: ET.Element, result: Result, title: str, abstract: str) -> None:
    data = _append_child(_append_child(root, "identificationInfo"), "MD_DataIdentification")
    citation = _append_child(_append_child(data, "citation"), "CI_Citation")
    _append_string(_append_child(citation, "title"), title)
    edition = f"geo_border {result.passport.get('geo_border', '')}".strip()
    _append_unknown(citation, "date")
    _append_string(_append_child(citation, "edition"), edition)
    _append_string(_append_child(data, "abstract"), abstract)
    sources = result.passport.get("sources", [])
    _append_string(_append_child(data, "credit"), "; ".join(list_holders(sources)))
    limits = _append_child(_append_child(data, "resourceConstraints"), "MD_LegalConstraints")
    _append_string(_append_child(limits, "useLimitation"), str(result.passport.get("disclaimer", "")))
    _append_code(_append_child(limits, "useConstraints"), "MD_RestrictionCode", "otherRestrictions")
    for source in sources:
        terms = f"{source.get('title')}: {source.get('licence')} ({source.get('licence_url')})"
        _append_string(_append_child(limits, "otherConstraints"), terms)
    _append_code(_append_child(data, "language"), "LanguageCode", "eng")
    _append_child(_append_child(data, "topicCategory"), "MD_TopicCategoryCode").text = "society"
    _append_extent(data, result)


def _append_extent(data: ET.Element, result: Result) -> None:
    if not len(result.layers["zones"]):
        return
    west, south, east, north = extent.compute_lonlat_bounds(result)
    box = _append_child(
        _append_child(_append_child(_append_child(data, "extent"), "EX_Extent"), "geographicElement"),
        "EX_GeographicBoundingBox",
    )
    for name, value in (
        ("westBoundLongitude", west),
        ("eastBoundLongitude", east),
        ("southBoundLatitude", south),
        ("northBoundLatitude", north),
    ):
        ET.SubElement(_append_child(box, name), f"{{{_GCO}}}Decimal").text = f"{value:.6f}"


def _append_lineage(root: ET.Element, result: Result) -> None:
    quality = _append_child(_append_child(root, "dataQualityInfo"), "DQ_DataQuality")
    _append_code(
        _append_child(_append_child(_append_child(quality, "scope"), "DQ_Scope"), "level"), "MD_ScopeCode", "dataset"
    )
    lineage = _append_child(_append_child(quality, "lineage"), "LI_Lineage")
    _append_string(
        _append_child(lineage, "statement"),
        "Computed by geo_border from open data; every parameter stands in run.json.",
    )
    for source in result.passport.get("sources", []):
        entry = _append_child(_append_child(lineage, "source"), "LI_Source")
        _append_string(
            _append_child(entry, "description"), f"{source.get('citation')} (version {source.get('version')})"
        )


def _insert_metadata(database: sqlite3.Connection, scope: str, text: str) -> int:
    cursor = database.execute(
        "INSERT INTO gpkg_metadata (md_scope, md_standard_uri, mime_type, metadata) VALUES (?, ?, 'text/xml', ?)",
        (scope, _GMD, text),
    )
    return int(cursor.lastrowid or 0)


def _qualify_name(name: str) -> str:
    return f"{{{_GMD}}}{name}"


def _append_child(parent: ET.Element, name: str) -> ET.Element:
    return ET.SubElement(parent, _qualify_name(name))


def _append_unknown(parent: ET.Element, name: str) -> None:
    # When a run was made stands in its passport; a date here would make each run's file another.
    _append_child(parent, name).set(f"{{{_GCO}}}nilReason", "unknown")


def _append_string(parent: ET.Element, text: str) -> None:
    ET.SubElement(parent, f"{{{_GCO}}}CharacterString").text = text


def _append_code(parent: ET.Element, name: str, value: str) -> None:
    lists = "http://standards.iso.org/iso/19139/resources/gmxCodelists.xml"
    attributes: dict[str, Any] = {"codeList": f"{lists}#{name}", "codeListValue": value}
    ET.SubElement(parent, _qualify_name(name), attributes).text = value
