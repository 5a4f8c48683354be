"""Where does one kind of facility fall short? ``maps/<analysis>.html``, made alike for every analysis."""

from pathlib import Path
from typing import Any

from maps.mapdata import evidence_layers, facility_layers, gate_layers, map_data
from maps.page import document
from maps.texts import Texts
from maps.themes import measure_theme
from maps.view import RunView
from maps.webmap import Document


def analysis_document(view: RunView, name: str, base: dict[str, Any]) -> Document:
    """The map of one analysis: a theme per measure (headline first), its facilities and its evidence."""
    texts, info, result = Texts(view.lang), view.analyses[name], view.results[name]
    measures = dict.fromkeys([result.headline, *result.table.index.get_level_values("measure")])
    themes = [
        measure_theme(view, texts, name, measure, title=texts.measure(info.title, measure)) for measure in measures
    ]
    layers = [
        *facility_layers(view, texts, info.facilities), *evidence_layers(view, texts, name), *gate_layers(view, texts),
    ]
    data = map_data(view, texts, base=base, themes=themes, analyses=[name], layers=layers)
    links = [
        {"href": "priority.html", "title": texts("map.to_priority")},
        {"href": "../index.html", "title": texts("map.to_report")},
    ]
    return document(view, texts, heading=texts.title(info.title), data=data, links=links)


def path_of(name: str) -> Path:
    """Where the map stands in the run folder; ``name`` is the analysis's module name."""
    return Path("maps") / f"{name}.html"
