"""The report: still pictures, and a report with one A4 sheet a segment and a country, in every language."""

from __future__ import annotations

from pathlib import Path

from geo_border import present, store
from geo_border.outputs.report.pictures import draw_pictures
from geo_border.outputs.report.sheets import build_file_name, render_report
from geo_border.present.totals import compute_totals
from geo_border.result import Result

__all__ = ["build_file_name", "write"]


def write(result: Result, folder: Path) -> list[Path]:
    """Write pictures (`overview` and each segment, .png and .svg) and `report.html`, `report.<language>.html`.

    Parameters
    ----------
    result
        What a run measured, or `result.read` read.
    folder
        The study's folder of outputs; it is created where it is missing.

    Returns
    -------
    list of Path
        Every file written; the same result gives the same bytes.

    Raises
    ------
    StoreError
        When the folder cannot be written.
    """
    written = draw_pictures(result, folder)
    pictures = {path.name for path in written}
    found = compute_totals(result.study, result.layers, result.exposure)
    for code in present.LANGUAGES:
        final = folder / build_file_name(code)
        store.write_text(final, render_report(result, code, found, pictures))
        written.append(final)
    return written
