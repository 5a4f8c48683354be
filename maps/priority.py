"""Which estates go first, and why? ``maps/priority.html``."""

from pathlib import Path
from typing import Any

from maps.mapdata import facility_layers, gate_layers, map_data
from maps.page import document
from maps.texts import Texts
from maps.themes import measure_theme, priority_theme
from maps.view import RunView
from maps.webmap import Document


def priority_document(view: RunView, base: dict[str, Any]) -> Document:
    """The priority map: estates by tier, one theme per analysis, all facilities and gates."""
    texts = Texts(view.lang)
    themes = [priority_theme(view, texts)]
    themes += [
        measure_theme(view, texts, name, view.results[name].headline, title=texts.title(view.analyses[name].title))
        for name in view.shown
    ]
    layers = facility_layers(view, texts, view.facilities) + gate_layers(view, texts)
    data = map_data(view, texts, base=base, themes=themes, analyses=view.shown, layers=layers)
    return document(view, texts, heading=texts("map.title"), data=data, links=_links(texts))


def _links(texts: Texts) -> list[dict[str, str]]:
    return [{"href": "../index.html", "title": texts("map.to_report")}]


PATH = Path("maps") / "priority.html"
