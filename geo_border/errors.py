"""Every way a run can end badly: one family, one page, each with its exit code."""

from __future__ import annotations

from typing import ClassVar


class GeoBorderError(Exception):
    """Base of all errors a user may meet.

    The message says what is wrong, where (file and key), and what to do next. ``exit_code`` is what the command
    line returns: 1 a check failed, 2 wrong use or bad input, 3 a source could not be had.
    """

    exit_code: ClassVar[int] = 2


class StudyError(GeoBorderError):
    """A study file is wrong, or asks for something that the data does not hold."""


class CatalogError(GeoBorderError):
    """A catalogue entry is wrong, or a name is not in the catalogue."""


class SchemaError(GeoBorderError):
    """A layer's columns, types or values are not what ``schemas.py`` says."""


class CRSError(GeoBorderError):
    """A file has no coordinate reference system, or one that cannot serve."""


class EmptyLayerError(GeoBorderError):
    """A layer has nothing where the study needs something."""


class FileError(GeoBorderError):
    """A file cannot be opened, is of a kind that is not opened here, or points to another file or to a server."""


class RasterError(GeoBorderError):
    """A raster cannot be tabulated: unreadable, rotated, or outside its declared range."""


class GeometryError(GeoBorderError):
    """A geometry cannot be used: invalid beyond repair, null where it may not be, or overlapping where forbidden."""


class StoreError(GeoBorderError):
    """A folder or file cannot be written, or another run holds the lock."""


class EngineError(GeoBorderError):
    """The place where tasks run was lost or could not be reached."""

    exit_code = 3


class FetchError(GeoBorderError):
    """A source could not be had."""

    exit_code = 3


class ChecksumError(FetchError):
    """A file's bytes are not those that its catalogue entry declares."""


class UnreachableError(FetchError):
    """A server did not answer, or answered with something else than the file."""


class CheckError(GeoBorderError):
    """A result is not consistent with itself or with its inputs."""

    exit_code = 1
