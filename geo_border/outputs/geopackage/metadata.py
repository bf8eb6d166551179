"""Metadata in ISO 19139 inside the GeoPackage: what it is, from which sources, on what terms."""

from __future__ import annotations

import sqlite3
from typing import Any
from xml.etree import ElementTree as ET

from geo_border.outputs import extent
from geo_border.present.credit import holders
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


def write(database: sqlite3.Connection, result: Result, when: str) -> None:
    """Add one record for the file and one a layer below it."""
    for statement in _TABLES.split(";\n"):
        database.execute(statement)
    database.executemany(
        "INSERT INTO gpkg_extensions (table_name, column_name, extension_name, definition, scope)"
        " VALUES (?, NULL, 'gpkg_metadata', ?, 'read-write')",
        [(name, _EXTENSION) for name in ("gpkg_metadata", "gpkg_metadata_reference")],
    )
    whole = _add(database, "dataset", record(result, result.study.title, result.study.about))
    database.execute(
        "INSERT INTO gpkg_metadata_reference (reference_scope, timestamp, md_file_id) VALUES ('geopackage', ?, ?)",
        (when, whole),
    )
    for layer in LAYERS.values():
        part = _add(database, "dataset", record(result, f"{result.study.title}: {layer.title}", layer.about))
        database.execute(
            "INSERT INTO gpkg_metadata_reference (reference_scope, table_name, timestamp, md_file_id, md_parent_id)"
            " VALUES ('table', ?, ?, ?, ?)",
            (layer.name, when, part, whole),
        )


def record(result: Result, title: str, abstract: str) -> str:
    """Write an ISO 19139 record as XML text: identification, extent, constraints, CRS and lineage."""
    ET.register_namespace("gmd", _GMD)
    ET.register_namespace("gco", _GCO)
    root = ET.Element(_gmd("MD_Metadata"))
    _code(_sub(root, "language"), "LanguageCode", "eng")
    _code(_sub(root, "hierarchyLevel"), "MD_ScopeCode", "dataset")
    party = _sub(_sub(root, "contact"), "CI_ResponsibleParty")
    _string(_sub(party, "organisationName"), "geo_border")
    _code(_sub(party, "role"), "CI_RoleCode", "processor")
    _unknown(root, "dateStamp")
    _string(_sub(root, "metadataStandardName"), "ISO 19115:2003/19139")
    system = _sub(
        _sub(_sub(_sub(root, "referenceSystemInfo"), "MD_ReferenceSystem"), "referenceSystemIdentifier"),
        "RS_Identifier",
    )
    crs = result.layers["zones"].crs
    _string(_sub(system, "code"), f"EPSG:{crs.to_epsg()}" if crs.to_epsg() else crs.to_wkt())
    _identification(root, result, title, abstract)
    _lineage(root, result)
    ET.indent(root, " ")
    return ET.tostring(root, encoding="unicode") + "\n"


def _identification(root: ET.Element, result: Result, title: str, abstract: str) -> None:
    data = _sub(_sub(root, "identificationInfo"), "MD_DataIdentification")
    citation = _sub(_sub(data, "citation"), "CI_Citation")
    _string(_sub(citation, "title"), title)
    edition = f"geo_border {result.passport.get('geo_border', '')}".strip()
    _unknown(citation, "date")
    _string(_sub(citation, "edition"), edition)
    _string(_sub(data, "abstract"), abstract)
    sources = result.passport.get("sources", [])
    _string(_sub(data, "credit"), "; ".join(holders(sources)))
    limits = _sub(_sub(data, "resourceConstraints"), "MD_LegalConstraints")
    _string(_sub(limits, "useLimitation"), str(result.passport.get("disclaimer", "")))
    _code(_sub(limits, "useConstraints"), "MD_RestrictionCode", "otherRestrictions")
    for source in sources:
        terms = f"{source.get('title')}: {source.get('licence')} ({source.get('licence_url')})"
        _string(_sub(limits, "otherConstraints"), terms)
    _code(_sub(data, "language"), "LanguageCode", "eng")
    _sub(_sub(data, "topicCategory"), "MD_TopicCategoryCode").text = "society"
    _extent(data, result)


def _extent(data: ET.Element, result: Result) -> None:
    if not len(result.layers["zones"]):
        return
    west, south, east, north = extent.lonlat(result)
    box = _sub(_sub(_sub(_sub(data, "extent"), "EX_Extent"), "geographicElement"), "EX_GeographicBoundingBox")
    for name, value in (
        ("westBoundLongitude", west),
        ("eastBoundLongitude", east),
        ("southBoundLatitude", south),
        ("northBoundLatitude", north),
    ):
        ET.SubElement(_sub(box, name), f"{{{_GCO}}}Decimal").text = f"{value:.6f}"


def _lineage(root: ET.Element, result: Result) -> None:
    quality = _sub(_sub(root, "dataQualityInfo"), "DQ_DataQuality")
    _code(_sub(_sub(_sub(quality, "scope"), "DQ_Scope"), "level"), "MD_ScopeCode", "dataset")
    lineage = _sub(_sub(quality, "lineage"), "LI_Lineage")
    _string(_sub(lineage, "statement"), "Computed by geo_border from open data; every parameter stands in run.json.")
    for source in result.passport.get("sources", []):
        entry = _sub(_sub(lineage, "source"), "LI_Source")
        _string(_sub(entry, "description"), f"{source.get('citation')} (version {source.get('version')})")


def _add(database: sqlite3.Connection, scope: str, text: str) -> int:
    cursor = database.execute(
        "INSERT INTO gpkg_metadata (md_scope, md_standard_uri, mime_type, metadata) VALUES (?, ?, 'text/xml', ?)",
        (scope, _GMD, text),
    )
    return int(cursor.lastrowid or 0)


def _gmd(name: str) -> str:
    return f"{{{_GMD}}}{name}"


def _sub(parent: ET.Element, name: str) -> ET.Element:
    return ET.SubElement(parent, _gmd(name))


def _unknown(parent: ET.Element, name: str) -> None:
    # When a run was made stands in its passport; a date here would make each run's file another.
    _sub(parent, name).set(f"{{{_GCO}}}nilReason", "unknown")


def _string(parent: ET.Element, text: str) -> None:
    ET.SubElement(parent, f"{{{_GCO}}}CharacterString").text = text


def _code(parent: ET.Element, name: str, value: str) -> None:
    lists = "http://standards.iso.org/iso/19139/resources/gmxCodelists.xml"
    attributes: dict[str, Any] = {"codeList": f"{lists}#{name}", "codeListValue": value}
    ET.SubElement(parent, _gmd(name), attributes).text = value
