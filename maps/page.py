"""The frame that every page with a map shares: title block, panel, data, the embedded glyphs."""

from typing import Any

from jinja2 import Environment, FunctionLoader, StrictUndefined

from maps.assets import asset
from maps.fonts import characters_of
from maps.mapdata import characters
from maps.shapes import UNITS_PER_DEGREE
from maps.texts import Texts
from maps.view import RunView
from maps.webmap import Document


def environment() -> Environment:
    """Templates of ``assets/``, always escaping."""
    return Environment(
        loader=FunctionLoader(asset), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)


def document(
    view: RunView, texts: Texts, *, heading: str, data: dict[str, Any], links: list[dict[str, str]]
) -> Document:
    """One page with a map.

    Args:
        view: the run.
        texts: in the run's language.
        heading: what the map shows, in the run's language.
        data: see ``maps.mapdata.map_data``.
        links: other pages, each with ``href`` (relative) and ``title``.
    """
    panel = environment().get_template("panel.html.j2").render(
        view=view, texts=texts, heading=heading, links=links, symbols=asset("symbols.j2"))
    west, south, east, north = (unit / UNITS_PER_DEGREE for unit in data["bounds"])
    return Document(
        lang={"zh": "zh-CN", "en": "en"}[view.lang], heading=f"{heading} · {view.project}", panel=panel, data=data,
        bounds=(west, south, east, north), characters=characters_of(panel, "".join(characters(data))),
    )
