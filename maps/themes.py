"""What does an estate's colour say? A theme gives every estate a class, a label and its place in the side table."""

from typing import Any

import pandas as pd

from gis.results import Status
from maps.numbers import interval, known, percent, plain
from maps.style import (
    DARK_FROM,
    MET,
    NOT_APPLICABLE,
    RAMP,
    SEVERITY_STEPS,
    TIERS,
    UNKNOWN,
    priority_class,
    severity_class,
)
from maps.texts import Texts
from maps.view import RunView


def priority_theme(view: RunView, texts: Texts) -> dict[str, Any]:
    """Estates by fifths of the ranking; the label is the rank."""
    table = view.ranking.reindex(view.estates.ids)
    classes = priority_class(table["rank"])
    ranked = view.in_rank_order
    place = pd.Series(range(len(table)), index=table.index)
    return {
        "key": "priority", "title": texts("map.priority_theme"), "legend": _tiers(table, classes, texts),
        "of": classes.tolist(), "label": [plain(rank) if known(rank) else "" for rank in table["rank"]],
        "head": [texts("map.rank"), texts("map.estate"), texts("map.score"), texts("map.interval_short")],
        "rows": [
            [int(place[key]), plain(row.rank), f"{row.score:.1f}" if known(row.rank) else "—",
             interval(row.rank_low, row.rank_high, texts) if known(row.rank) else texts("page.insufficient")]
            for key, row in zip(ranked.index, ranked.itertuples(), strict=True)
        ],
        "layers": [], "note": texts("map.rank_note"),
    }


def measure_theme(view: RunView, texts: Texts, analysis: str, name: str, *, title: str) -> dict[str, Any]:
    """Estates by the share of one measure's requirement that is missing; the label is the shortfall."""
    rows = view.results[analysis].of(name).reindex(view.estates.ids)
    classes = severity_class(rows["severity"], rows["status"])
    answer = rows["status"].map({Status.SHORT: 0, Status.UNKNOWN: 1, Status.MET: 2, Status.NOT_APPLICABLE: 3})
    order = rows.assign(_answer=answer, _place=range(len(rows))).sort_values(
        ["_answer", "severity", "shortfall", "_place"], ascending=[True, False, False, True], kind="stable")
    unit = _unit(rows["unit"], texts)
    labels = [plain(value) if unit and known(value) and value > 0 else "" for value in rows["shortfall"]]
    return {
        "key": f"{analysis}/{name}", "title": title, "legend": _severities(classes, texts),
        "of": classes.tolist(), "label": labels,
        "head": ["", texts("map.estate"), f"{texts('map.shortfall')} / {unit}" if unit else "", texts("map.severity")],
        "rows": _rows(order, unit, texts),
        "layers": list(view.analyses[analysis].facilities),
        "note": texts(f"analysis.{view.analyses[analysis].title}.about"),
    }


def _rows(order: pd.DataFrame, unit: str, texts: Texts) -> list[list[Any]]:
    columns = (order["_place"], order["shortfall"], order["status"], order["severity"])
    return [
        [int(place), "", plain(shortfall) if unit else "", _answer(status, severity, texts)]
        for place, shortfall, status, severity in zip(*columns, strict=True)
    ]


def _answer(status: str, severity: float, texts: Texts) -> str:
    return percent(severity) if status == Status.SHORT else texts(f"status.{status}")


def _unit(units: pd.Series, texts: Texts) -> str:
    codes = units.dropna().unique()
    return texts.unit(codes[0]) if len(codes) == 1 else ""


def _entry(
    label: str, colour: str, count: int, *, detail: str = "", hatch: bool = False, dark: bool = False
) -> dict[str, Any]:
    return {"label": label, "detail": detail, "colour": colour, "hatch": hatch, "dark": dark, "count": count}


def _tiers(table: pd.DataFrame, classes: pd.Series, texts: Texts) -> list[dict[str, Any]]:
    entries = []
    for tier in range(TIERS):
        members = table[classes == tier]
        detail = ""
        if len(members):
            ends = {
                "first": int(members["rank"].min()), "last": int(members["rank"].max()),
                "low": f"{members['score'].min():.1f}", "high": f"{members['score'].max():.1f}",
            }
            detail = texts("map.tier_single" if ends["first"] == ends["last"] else "map.tier_range", **ends)
        entries.append(_entry(
            texts(f"map.tier_{tier + 1}"), RAMP[TIERS - 1 - tier], len(members), detail=detail,
            dark=TIERS - 1 - tier >= DARK_FROM))
    nameless = int((classes == TIERS).sum())
    return [*entries, _entry(texts("page.insufficient"), UNKNOWN, nameless, hatch=True)]


def _severities(classes: pd.Series, texts: Texts) -> list[dict[str, Any]]:
    counts = classes.value_counts().reindex(range(TIERS + 3), fill_value=0)
    below = (0.0, *SEVERITY_STEPS)
    entries = [
        _entry(texts("map.short_range", low=percent(below[index]), high=percent(step)), RAMP[index], int(counts[index]),
               dark=index >= DARK_FROM)
        for index, step in enumerate(SEVERITY_STEPS)
    ]
    return [
        *entries,
        _entry(texts("map.met"), MET, int(counts[TIERS])),
        _entry(texts("map.unknown"), UNKNOWN, int(counts[TIERS + 1]), hatch=True),
        _entry(texts("map.not_applicable"), NOT_APPLICABLE, int(counts[TIERS + 2])),
    ]
