"""Every text that the outputs translate, found where it stands; run as a program it lists what catalogues lack."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

from geo_border import present
from geo_border import study as studies
from geo_border.present import labels

PACKAGE = Path(present.__file__).resolve().parents[1]
_ASSETS = PACKAGE / "outputs" / "webmap" / "assets"
_TEXT = r'"((?:[^"\\]|\\.)*)"'


def plurals() -> dict[str, str]:
    """Texts with a plural: singular to plural."""
    found = {}
    for path in sorted(_ASSETS.glob("*.js")):
        found.update(dict(re.findall(rf"GB\.tn\({_TEXT}, {_TEXT}", path.read_text("utf-8"))))
    return found


def every() -> list[str]:
    """Every English text once, the singular of those with a plural among them, in the order of the files."""
    found = [
        present.read_disclaimer(),
        *labels.list_labels(),
        *(studies.read_study(name).title for name in studies.list_studies()),
    ]
    for path in sorted((PACKAGE / "present").glob("*.py")):
        found += re.findall(rf"self\.translate\({_TEXT}", path.read_text("utf-8"))
    for path in sorted(_ASSETS.glob("*.js")):
        found += re.findall(rf"GB\.(?:t|tn|mark)\(\s*{_TEXT}", path.read_text("utf-8"))
    page = (_ASSETS / "page.html.j2").read_text("utf-8")
    found += [unescape(text) for text in re.findall(r'data-t(?:-label)?="([^"]+)"', page)]
    report = (PACKAGE / "outputs" / "report" / "report.html.j2").read_text("utf-8")
    found += [a or b for a, b in re.findall(rf"\bt\((?:{_TEXT}|'([^']+)')", report)]
    return list(dict.fromkeys(found))


if __name__ == "__main__":
    for code in present.LANGUAGES:
        missing = [text for text in every() if text not in present.read_language(code).messages]
        print(code, len(missing))
        for text in missing:
            print("   ", text)
