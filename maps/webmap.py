"""What is a page with a map? A Folium map without tiles, in a page that carries everything it needs.

The only user of folium.

The page's own parts (styles, data, panel) are plain attributes of the page, rendered once: text from inputs never
becomes part of a template.
"""

from dataclasses import dataclass
from typing import Any

import folium
from branca.element import Element, Figure, MacroElement
from folium.template import Template

from maps.assets import asset
from maps.fonts import STACK, font_face
from maps.offline import json_for_script, leaflet_css, leaflet_js, self_contained

SCRIPTS = (
    "core.js", "basemap.js", "estates.js", "points.js", "popup.js", "controls.js", "panel.js", "start.js",
)
PANES = (("eg-base", 210), ("eg-evidence", 380), ("eg-estates", 400), ("eg-detail", 410), ("eg-points", 610),
         ("eg-labels", 605))


class _Page(Figure):
    """A whole document: strict HTML, scripts inside the body, nothing rendered twice."""

    _template = Template(
        '<!DOCTYPE html>\n<html lang="{{ this.lang }}">\n<head>\n<meta charset="utf-8">\n'
        "<title>{{ this.heading|e }}</title>\n<style>{{ this.css }}</style>\n{{ this.header.render(**kwargs) }}\n"
        '</head>\n<body class="eg-page">\n{{ this.panel }}\n'
        '<main class="eg-main">{{ this.html.render(**kwargs) }}</main>\n'
        '<script type="application/json" id="eg-data">{{ this.data }}</script>\n<script>{{ this.js }}</script>\n'
        "<script>{{ this.script.render(**kwargs) }}</script>\n</body>\n</html>\n"
    )

    def __init__(self, document: "Document") -> None:
        super().__init__()
        self.lang, self.heading, self.panel = document.lang, document.heading, document.panel
        self.css = "\n".join(
            [font_face(document.characters), leaflet_css(), asset("map.css").replace("$FONTS$", STACK)])
        self.data = json_for_script(document.data)
        self.js = "\n".join([leaflet_js(), *map(asset, SCRIPTS)])


class _Canvas(folium.Map):
    """A Folium map that asks no server for anything."""

    default_js: list[tuple[str, str]] = []  # noqa: RUF012 (declared so by folium)
    default_css: list[tuple[str, str]] = []  # noqa: RUF012


class _Start(MacroElement):
    """Hands the map to our script."""

    _template = Template("{% macro script(this, kwargs) %}EG.start({{ this._parent.get_name() }});{% endmacro %}")


@dataclass(frozen=True, kw_only=True)
class Document:
    """One page with a map.

    Args:
        lang: language tag of the page.
        heading: the page's title.
        panel: ready HTML of what stands beside the map, from an escaping template.
        data: what ``assets/start.js`` reads.
        bounds: west, south, east, north in degrees.
        characters: for which glyphs are embedded.
    """

    lang: str
    heading: str
    panel: str
    data: Any
    bounds: tuple[float, float, float, float]
    characters: frozenset[str]


def folium_map(document: Document) -> folium.Map:
    """The Folium map of a document, in its page; shows itself in a notebook too."""
    west, south, east, north = document.bounds
    page = _Page(document)
    drawn = _Canvas(
        location=[(south + north) / 2, (west + east) / 2], tiles=None, zoom_start=15, max_zoom=20, zoom_control=False,
        attribution_control=False, zoom_snap=0.25, zoom_delta=0.5, wheel_px_per_zoom_level=100, font_size="13px",
    )
    drawn.add_to(page)
    for name, height in PANES:
        folium.map.CustomPane(name, z_index=height, pointer_events=name != "eg-detail").add_to(drawn)
    drawn.add_child(_Start())  # type: ignore[no-untyped-call]
    _number(page)
    return drawn


def page_html(document: Document) -> str:
    """The document as one file that opens with no network; the same document gives the same text.

    Raises:
        NotOfflineError: something in it would be loaded from elsewhere.
    """
    text: str = folium_map(document).get_root().render()
    return self_contained(text)


def _number(root: Element) -> None:
    """Count elements through instead of Folium's random names, so that a page has the same bytes every time."""
    waiting, count = [root], 0
    while waiting:
        element = waiting.pop(0)
        element._id = f"eg{count}"  # noqa: SLF001 (branca offers no other way to name an element)
        count += 1
        waiting += list(element._children.values())  # noqa: SLF001
        if isinstance(element, Figure):
            waiting += [element.header, element.html, element.script]
