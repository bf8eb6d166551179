"""The page: folium's map with every script and style inlined, ids fixed, and a policy that allows nothing else."""

from __future__ import annotations

import base64
import hashlib
import html
import re
from collections.abc import Iterable
from importlib import resources
from typing import Any

import folium
import jinja2
from branca.element import Element, Figure, MacroElement
from folium.template import Template
from xstatic.pkg import leaflet

from geo_border import present
from geo_border.outputs.webmap.payload import build_payload, collect_languages, format_json
from geo_border.outputs.webmap.topology import TOLERANCES
from geo_border.result import Result

SCRIPTS = (
    *("core", "words", "rows", "painter", "grids", "places", "figures", "story", "finding", "table", "legend"),
    "app",
)
# What an old laptop or a phone opens at once; a bigger study gives up detail before it gives up that.
MAX_BYTES = 4_000_000
MAX_TOLERANCE = 24.0
# Online pictures, each off until the reader switches it on: name, address, attribution.
ONLINE = (
    (
        "OpenStreetMap",
        "https://tile.openstreetmap.org/{z}/{x}/{y}.png",
        '&copy; <a href="https://www.openstreetmap.org/copyright">OpenStreetMap</a> contributors',
    ),
    (
        "OpenTopoMap",
        "https://a.tile.opentopomap.org/{z}/{x}/{y}.png",
        '&copy; <a href="https://www.openstreetmap.org/copyright">OpenStreetMap</a> contributors, SRTM; '
        '&copy; <a href="https://opentopomap.org">OpenTopoMap</a> (CC-BY-SA)',
    ),
)


class _PageFigure(Figure):
    """Branca's figure with a language on it and its scripts inside the body."""

    _template = jinja2.Template(
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n{{ this.header.render(**kwargs) }}\n'
        "<title>@@title@@ – geo_border</title>\n</head>\n"
        '<body class="panel-open">\n{{ this.html.render(**kwargs) }}\n'
        "<script>\n{{ this.script.render(**kwargs) }}\n</script>\n</body>\n</html>\n"
    )


class _PageMap(folium.Map):
    """Folium's map drawn by the project's own template; Leaflet comes from its package, nothing from a server."""

    _template = Template(resources.files(__package__).joinpath("assets/page.html.j2").read_text("utf-8"))


class _StartScript(MacroElement):
    """The last script: hand the map and the online layers to the page."""

    _template = Template(
        """
        {% macro script(this, kwargs) %}
        GB.start({{ this.map.get_name() }}, [
          {% for layer in this.online %}{ key: {{ layer.tile_name|tojson }}, name: {{ layer.tile_name|tojson }},
            layer: {{ layer.get_name() }} },{% endfor %}
        ]);
        {% endmacro %}
        """
    )

    def __init__(self, page_map: folium.Map, online: Iterable[folium.TileLayer]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = "Start"
        self.map, self.online = page_map, list(online)


def draw_page(result: Result, max_bytes: int = MAX_BYTES) -> str:
    """Draw the whole page as one HTML text; the same result gives the same bytes.

    Where the page would be heavier than `max_bytes`, its finest detail is coarsened, at most to `MAX_TOLERANCE` units.
    """
    finest = TOLERANCES[0]
    page = _render_page(result, finest)
    while len(page.encode()) > max_bytes and finest < MAX_TOLERANCE:
        finest *= 2
        page = _render_page(result, finest)
    return page


def _render_page(result: Result, finest_tolerance: float) -> str:
    page = _PageMap(location=[55.0, 25.0], zoom_start=5, tiles=None)
    page.default_js, page.default_css = [], []
    online = [folium.TileLayer(url, name=name, attr=attr, show=False, max_zoom=17) for name, url, attr in ONLINE]
    for layer in online:
        page.add_child(layer)
    page.add_child(_StartScript(page, online))
    sheet = _PageFigure()
    sheet.add_child(page)
    sheet.header.add_child(Element("<script>@@leaflet@@</script>"), name="leaflet")
    _fix_ids(sheet)
    return _add_policy(_fill_placeholders(sheet.render(), _build_contents(result, finest_tolerance)))


def _build_contents(result: Result, finest_tolerance: float) -> dict[str, str]:
    """Give the text of each @@place@@ in the page."""
    plurals = [f"{code}: (n) => {present.read_language(code).plural_rule}" for code in present.LANGUAGES]
    return {
        "title": html.escape(result.study.title),
        "disclaimer": html.escape(present.read_disclaimer()),
        "css": _read_leaflet_css() + _read_asset("page.css"),
        "leaflet": _read_leaflet_js(),
        "scripts": "\n".join(
            [*(_read_asset(f"{name}.js") for name in SCRIPTS), f"GB.plural = {{ {', '.join(plurals)} }};"]
        ),
        "data": format_json(build_payload(result, finest_tolerance)),
        "languages": format_json(collect_languages(result.layers["countries"]["country"])),
    }


def _fill_placeholders(page: str, contents: dict[str, str]) -> str:
    # Branca renders what its elements rendered a second time, as a template: a name in the data could run there. So
    # data and code only come in after it, all at once, and what comes in is not looked at again.
    filled = re.sub(r"@@(\w+)@@", lambda found: contents[found.group(1)], page)
    # Browsers read every line end as \n before they hash a script.
    return filled.replace("\r\n", "\n")


def _fix_ids(element: Element, number: int = 0) -> int:
    # Branca names elements at random; the same map must give the same bytes.
    element._id = f"{number:032x}"
    for part in (*(getattr(element, side, None) for side in ("header", "html", "script")), *element._children.values()):
        if part is not None:
            number = _fix_ids(part, number + 1)
    return number


def _add_policy(page: str) -> str:
    """Put a Content-Security-Policy first in the head: these scripts and styles by their hash, pictures of `ONLINE`."""
    scripts = [body for attributes, body in re.findall(r"<script([^>]*)>(.*?)</script>", page, re.S) if not attributes]
    styles = re.findall(r"<style>(.*?)</style>", page, re.S)
    hosts = sorted({re.sub(r"^(https://[^/]+).*", r"\1", url) for _, url, _ in ONLINE})
    policy = "; ".join(
        (
            "default-src 'none'",
            f"script-src {' '.join(map(_hash_source, scripts))}",
            f"style-src {' '.join(map(_hash_source, styles))}",
            f"img-src data: {' '.join(hosts)}",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )
    meta = f'<meta charset="utf-8">\n<meta http-equiv="Content-Security-Policy" content="{policy}">'
    return page.replace("<head>", f"<head>\n{meta}", 1)


def _hash_source(body: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(body.encode()).digest()).decode()}'"


def _read_asset(name: str) -> str:
    return resources.files(__package__).joinpath("assets", name).read_text("utf-8")


def _read_leaflet_js() -> str:
    text = _read_leaflet("leaflet.js").decode("utf-8")
    # A file from a USB stick has no server to ask for the source map.
    return re.sub(r"//# sourceMappingURL=.*", "", text)


def _read_leaflet_css() -> str:
    def _inline_image(match: re.Match[str]) -> str:
        return f"url(data:image/png;base64,{base64.b64encode(_read_leaflet(match.group(1))).decode()})"

    return re.sub(r"url\((images/[\w.-]+\.png)\)", _inline_image, _read_leaflet("leaflet.css").decode("utf-8"))


def _read_leaflet(name: str) -> Any:
    return (resources.files(leaflet) / "data" / name).read_bytes()
