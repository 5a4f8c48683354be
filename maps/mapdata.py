"""What does a page with a map know? Estates, gaps, facilities, gates and evidence, as plain lists for its script."""

from collections.abc import Iterable
from typing import Any

import geopandas as gpd
import pandas as pd

from gis.geometry import has_shape
from gis.tables import AREAS, Facilities
from maps import shapes
from maps.numbers import interval, known, plain, rounded
from maps.style import EVIDENCE_COLOURS, OTHER_SYMBOL, SYMBOLS
from maps.texts import Texts
from maps.view import CONTRIBUTION, RunView

_OUTLINE_THIN_M = 0.2
_EVIDENCE_THIN_M = 1.0
_FALLBACK_BOUNDS = [120_000_000, 30_000_000, 120_010_000, 30_010_000]


def map_data(view: RunView, texts: Texts, *, base: dict[str, Any], themes: list[dict[str, Any]],
             analyses: Iterable[str], layers: list[dict[str, Any]]) -> dict[str, Any]:
    """Everything ``assets/start.js`` reads.

    Args:
        view: the run.
        texts: in the run's language.
        base: see ``maps.base_layer``, made once for all maps of a run.
        themes: see ``maps.themes``; the first is shown first.
        analyses: whose gaps the popups list.
        layers: see ``facility_layers``, ``gate_layers`` and ``evidence_layers``.
    """
    outlines = view.estates.frame.geometry
    names = list(analyses)
    return {
        "bounds": shapes.bounds(outlines) or shapes.bounds(view.basemap.streets.geometry) or _FALLBACK_BOUNDS,
        "text": texts.section("map") | {mark: texts(f"punctuation.{mark}") for mark in ("comma", "colon")}
        | {f"status_{key}": text for key, text in texts.section("status").items()}
        | {f"schedule_{key}": text for key, text in texts.section("schedule").items()}
        | {"insufficient": texts("page.insufficient")},
        "attribution": attribution(view), "mark": texts("page.synthetic") if view.synthetic else "",
        "base": base,
        "estates": _estates(view, texts),
        "analyses": [_analysis(view, texts, name) for name in names],
        "gaps": _gaps(view, texts, names),
        "themes": [theme | {"note": _note(theme["note"], view, texts)} for theme in themes],
        "layers": layers,
    }


def _note(said: str, view: RunView, texts: Texts) -> str:
    """What stands below a legend; where outlines are assumed, what a broken line means too."""
    assumed = (view.estates.frame["outline_assumed"] & view.estates.located).any()
    return texts("map.assumed_note", note=said.rstrip("。.")) if assumed else said


def attribution(view: RunView) -> str:
    """The line that stands on every map: what it shows, as of when, by which rules, and whose data."""
    texts = Texts(view.lang)
    facts = [
        f"{texts('page.data_date')} {view.data_date.isoformat()}", f"{texts('page.pack')} {view.pack}",
        f"{texts('page.run')} {view.run_id}", *view.basemap.attribution,
    ]
    return " | ".join(facts)


def characters(data: dict[str, Any]) -> set[str]:
    """Every character a page's data can show."""
    found: set[str] = set()
    waiting: list[Any] = [data]
    while waiting:
        item = waiting.pop()
        if isinstance(item, str):
            found.update(item)
        elif isinstance(item, dict):
            waiting += item.values()
        elif isinstance(item, list) and not (item and isinstance(item[0], int)):
            waiting += item
        elif isinstance(item, list):
            waiting += [part for part in item if isinstance(part, str | list)]
    return found


def facility_layers(view: RunView, texts: Texts, kinds: Iterable[str]) -> list[dict[str, Any]]:
    """One layer of symbols per kind of facility; those without a place are left to the tables."""
    return [_facility_layer(kind, view.facilities[kind], texts) for kind in kinds]


def gate_layers(view: RunView, texts: Texts) -> list[dict[str, Any]]:
    """The gates as one layer; an item's ``kind`` says open, assumed or closed."""
    gates = view.gates.frame
    if gates.empty:
        return []
    kinds = pd.Series("gate_open", gates.index)
    kinds = kinds.mask(gates["assumed"], "gate_assumed").mask(gates["closed"], "gate_closed")
    items = [
        [at, name, [f"{texts('map.gate_hours')} {hours}"] if hours else [], kind]
        for at, name, hours, kind in zip(
            shapes.points(gates.geometry), gates["name"], gates["hours"], kinds, strict=True)
    ]
    return [{"key": "gates", "title": texts("map.gates"), "type": "gates", "on": True, "items": items,
             "kinds": sorted(set(kinds), reverse=True)}]


def evidence_layers(view: RunView, texts: Texts, analysis: str) -> list[dict[str, Any]]:
    """An analysis's named evidence layers: points, lines and areas as they come."""
    layers = []
    for place, (name, frame) in enumerate(view.results[analysis].evidence.items()):
        there = frame.geometry[has_shape(frame.geometry)]
        layers.append({
            "key": f"evidence/{name}", "title": texts.evidence(view.analyses[analysis].title, name), "type": "evidence",
            "on": True, "colour": EVIDENCE_COLOURS[place % len(EVIDENCE_COLOURS)], **_split(there),
        })
    return layers


def _split(geometry: gpd.GeoSeries) -> dict[str, Any]:
    kinds = geometry.geom_type
    dots = geometry[kinds.isin(["Point", "MultiPoint"])].explode(index_parts=False)
    ways = shapes.thinned(geometry[kinds.isin(["LineString", "MultiLineString"])], _EVIDENCE_THIN_M)
    areas = shapes.thinned(geometry[kinds.isin(AREAS)], _EVIDENCE_THIN_M)
    return {"points": shapes.points(dots), "lines": shapes.flat(shapes.lines(ways)),
            "areas": shapes.flat(shapes.rings(areas))}


def _facility_layer(kind: str, facilities: Facilities, texts: Texts) -> dict[str, Any]:
    symbol, unit = SYMBOLS.get(kind, OTHER_SYMBOL), texts(f"facility.{kind}.capacity")
    frame = facilities.frame[has_shape(facilities.frame.geometry)]
    items = []
    columns = (shapes.points(frame.geometry), frame["name"], frame["capacity"], frame["status"], frame["origin"])
    for at, name, capacity, status, origin in zip(*columns, strict=True):
        size = f"{plain(capacity)} {unit}" if known(capacity) else texts("map.capacity_unknown")
        facts = [size] if unit else []
        facts += [texts("map.planned")] if status != "existing" else []
        items.append([at, name, [*facts, texts(f"map.origin_{'osm' if origin == 'osm' else 'surveyed'}")],
                      "existing" if status == "existing" else "planned"])
    return {"key": kind, "title": texts(f"facility.{kind}.title"), "type": "symbols", "glyph": symbol.glyph,
            "colour": symbol.colour, "on": False, "items": items}


def _estates(view: RunView, texts: Texts) -> dict[str, Any]:
    frame, ranking = view.estates.frame, view.ranking.reindex(view.estates.ids)
    outlines = shapes.thinned(frame.geometry, _OUTLINE_THIN_M)
    ranked = [known(rank) for rank in ranking["rank"]]
    return {
        "id": frame.index.tolist(), "name": [name or key for key, name in frame["name"].items()],
        "community": frame["community"].tolist(), "households": [plain(value) for value in frame["households"]],
        "rings": shapes.rings(outlines), "at": shapes.label_points(frame.geometry),
        "assumed": [int(one) for one in frame["outline_assumed"] & view.estates.located],
        "rank": [rounded(value) for value in ranking["rank"]],
        "interval": [
            interval(low, high, texts) for low, high in zip(ranking["rank_low"], ranking["rank_high"], strict=True)],
        "score": [f"{value:.1f}" if there else None for value, there in zip(ranking["score"], ranked, strict=True)],
        "tied": [int(bool(value)) for value in ranking["tied"]], "schedule": ranking["schedule"].tolist(),
        "unknown": [rounded(value) for value in ranking["unknown_weight"]],
        "parts": [
            [rounded(row[CONTRIBUTION + name]) if known(row[CONTRIBUTION + name]) else 0 for name in view.ranked]
            for row in ranking.to_dict("records")
        ],
        "part_of": [
            {"title": texts.title(view.analyses[name].title), "most": rounded(100 * view.analyses[name].weight)}
            for name in view.ranked
        ],
    }


def _analysis(view: RunView, texts: Texts, name: str) -> dict[str, Any]:
    info = view.analyses[name]
    return {"title": texts.title(info.title), "class": texts(f"class.{info.retrofit_class}"), "page": f"{name}.html"}


def _gaps(view: RunView, texts: Texts, names: list[str]) -> dict[str, Any]:
    words: dict[str, int] = {}

    def word(text: str) -> int:
        return words.setdefault(text, len(words))

    rows: dict[str, list[list[Any]]] = {key: [] for key in view.estates.ids}
    for place, name in enumerate(names):
        result, title = view.results[name], view.analyses[name].title
        estates, measures = (result.table.index.get_level_values(level) for level in (0, 1))
        for estate, measure, row in zip(estates, measures, result.table.to_dict("records"), strict=True):
            amounts = [rounded(row[side], 1) for side in ("required", "provided", "shortfall", "low", "high")]
            rows[estate].append([
                place, word(texts.measure(title, measure)), str(row["status"]), *amounts, word(texts.unit(row["unit"])),
                rounded(row["coverage"]), rounded(row["severity"]), word(texts.basis(row["basis"])),
                int(measure == result.headline), *map(word, texts.amounts(title, measure)),
            ])
    return {"rows": list(rows.values()), "words": list(words)}
