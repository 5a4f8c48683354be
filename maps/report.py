"""What does a planner put before a district head? ``index.html``: figures, map, ranking, findings, what is assumed."""

from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd

from gis.errors import Problem
from gis.results import Status
from maps.account import accounts, hidden, rows_named
from maps.assets import asset
from maps.fonts import STACK, characters_of, font_face
from maps.numbers import interval, known, percent, plain
from maps.offline import self_contained
from maps.page import environment
from maps.style import DARK_FROM, RAMP, TIERS, priority_class
from maps.texts import Texts, words
from maps.view import CONTRIBUTION, RuleNote, RunView

_FIRST_ROWS = 10
_WORST = 5
_REASONS = 2
_DOUBTFUL = frozenset("CD")


def report_html(view: RunView) -> str:
    """The report as one file that opens with no network."""
    texts = Texts(view.lang)
    facts = {
        "view": view, "texts": texts, "lang": {"zh": "zh-CN", "en": "en"}[view.lang],
        "figures": _figures(view, texts),
        "ranking": _ranking(view, texts), "first_rows": _FIRST_ROWS,
        "findings": [_finding(view, texts, name) for name in view.shown],
        "doubtful": [_rule(view, texts, rule) for rule in view.rules if rule.confidence in _DOUBTFUL],
        "rules": [_rule(view, texts, rule) for rule in view.rules],
        "warnings": [_warning(problem, texts) for problem in view.warnings],
        "accounts": _accounts(view, texts),
        "attribution": " | ".join(view.basemap.attribution),
        "files": _files(view, texts), "script": asset("report.js"),
    }
    template = environment().get_template("report.html.j2")
    bare = template.render(**facts, styles="")
    styles = font_face(characters_of(bare)) + asset("report.css").replace("$FONTS$", STACK)
    return self_contained(template.render(**facts, styles=styles))


def _accounts(view: RunView, texts: Texts) -> list[dict[str, Any]]:
    join = texts("problem.join")
    return [
        {"file": one.file, "sheet": one.sheet, "part": one.part, "rows_in": one.rows_in, "rows_used": one.rows_used,
         "placed": join.join(part for part in (one.crs, one.placed, one.notes) if part),
         "hidden": hidden(one, texts),
         "left_out": [{"why": why, "count": len(rows), "rows": rows_named(rows, texts)} for why, rows in one.left_out]}
        for one in accounts(view.readings, texts) if one.rows_in or one.columns]


def _figures(view: RunView, texts: Texts) -> list[dict[str, str]]:
    estates, ranking = view.estates.frame, view.ranking
    people = estates["residents"]
    unknown = int(estates["households"].isna().sum())
    living = f"{texts('report.residents')} {plain(people.sum(min_count=1))}" if people.notna().any() else ""
    note = texts("report.households_unknown", count=unknown) if unknown else living
    schedule = ranking["schedule"].value_counts()
    ranked = int(ranking["rank"].notna().sum())
    figures = [
        (texts("report.estates"), str(len(estates)), texts("report.located", count=int(view.estates.located.sum()))),
        (texts("report.households"), plain(estates["households"].sum(min_count=1)), note),
        (texts("report.ranked"), str(ranked), texts("report.insufficient", count=len(ranking) - ranked)),
        (texts("report.urgent"), str(schedule.get("urgent", 0)),
         texts("report.urgent_note", count=schedule.get("verify", 0))),
    ]
    return [{"label": label, "value": value, "note": note} for label, value, note in figures]


def _ranking(view: RunView, texts: Texts) -> list[dict[str, Any]]:
    table = view.in_rank_order
    tiers = priority_class(table["rank"])
    place = {key: number for number, key in enumerate(view.estates.ids)}
    rows = zip(table.index, table.to_dict("records"), tiers, strict=True)
    answers = {name: view.results[name].of(view.results[name].headline).to_dict("index") for name in view.ranked}
    return [
        _place(row, tier, texts) | {
            "id": key, "name": row["name"] or key, "place": place[key],
            "reasons": _reasons(view, texts, row, {name: answers[name][key] for name in view.ranked})}
        for key, row, tier in rows
    ]


def _place(row: Mapping[Hashable, Any], tier: int, texts: Texts) -> dict[str, Any]:
    there = known(row["rank"])
    return {
        "rank": plain(row["rank"]), "community": row["community"], "households": plain(row["households"]),
        "score": f"{row['score']:.1f}" if there else "—", "width": row["score"] if there else 0,
        "interval": interval(row["rank_low"], row["rank_high"], texts) if there else texts("page.insufficient"),
        "colour": RAMP[TIERS - 1 - tier] if tier < TIERS else "", "dark": tier < TIERS - DARK_FROM,
        "schedule": row["schedule"], "schedule_text": texts(f"schedule.{row['schedule']}"), "tied": bool(row["tied"]),
    }


def _reasons(view: RunView, texts: Texts, row: Mapping[Hashable, Any], gaps: Mapping[str, Any]) -> list[str]:
    if not known(row["rank"]):
        return []
    parts = sorted(view.ranked, key=lambda name: -row[CONTRIBUTION + name])
    reasons = []
    for name in parts[:_REASONS]:
        title, gap = texts.title(view.analyses[name].title), gaps[name]
        if gap["status"] == Status.SHORT:
            reasons.append(f"{title} {_amount(gap['shortfall'], gap['unit'], texts)}".strip())
        elif gap["status"] == Status.UNKNOWN:
            reasons.append(f"{title} {texts('status.unknown')}")
    return reasons


def _amount(value: Any, unit: str, texts: Texts) -> str:
    """An amount with its unit; nothing for a measure that only says yes or no."""
    return f"{plain(value)} {texts.unit(unit)}" if texts.unit(unit) and known(value) else ""


def _finding(view: RunView, texts: Texts, name: str) -> dict[str, Any]:
    result, info = view.results[name], view.analyses[name]
    rows = result.of(result.headline)
    measures = [measure for measure in dict.fromkeys(result.table.index.get_level_values("measure"))
                if measure != result.headline]
    return {
        "name": name, "title": texts.title(info.title), "about": texts(f"analysis.{info.title}.about"),
        "class": texts(f"class.{info.retrofit_class}"),
        "weight": percent(info.weight) if info.weight > 0 else texts("report.weight_none"),
        "measure": texts.measure(info.title, result.headline), "counts": _counts(rows, texts),
        "unknown": int((rows["status"] == Status.UNKNOWN).sum()),
        "short": int((rows["status"] == Status.SHORT).sum()), **_total(rows, texts),
        "worst": _worst(view, rows, texts),
        "others": [
            {"title": texts.measure(info.title, measure), "counts": _counts(result.of(measure), texts)}
            for measure in measures
        ],
    }


def _counts(rows: pd.DataFrame, texts: Texts) -> list[dict[str, Any]]:
    counts = rows["status"].value_counts()
    order = (Status.SHORT, Status.UNKNOWN, Status.NOT_APPLICABLE, Status.MET)
    return [
        {"status": str(status), "label": texts(f"status.{status}"), "count": int(counts.get(status, 0)),
         "share": 100 * int(counts.get(status, 0)) / max(len(rows), 1)}
        for status in order
    ]


def _total(rows: pd.DataFrame, texts: Texts) -> dict[str, str]:
    short = rows[rows["status"] == Status.SHORT]
    units = short["unit"].dropna().unique()
    if short.empty or len(units) != 1 or not texts.unit(units[0]):
        return {"total": "", "total_unit": "", "total_range": ""}
    low, high = short["low"].sum(), short["high"].sum(skipna=False)
    spread = known(high) and plain(low) != plain(high)
    return {
        "total": plain(short["shortfall"].sum()), "total_unit": texts.unit(units[0]),
        "total_range": texts("report.total_range", low=plain(low), high=plain(high)) if spread else "",
    }


def _worst(view: RunView, rows: pd.DataFrame, texts: Texts) -> list[dict[str, Any]]:
    counted = rows["unit"].map(texts.unit) != ""
    short = rows[(rows["status"] == Status.SHORT) & counted]
    short = short.sort_values("shortfall", ascending=False, kind="stable").head(_WORST)
    most = short["shortfall"].max() if len(short) else 1.0
    names = view.estates.frame["name"]
    place = {key: number for number, key in enumerate(view.estates.ids)}
    return [
        {"name": names[key] or key, "place": place[key], "amount": _amount(row["shortfall"], row["unit"], texts),
         "severity": percent(row["severity"]), "width": 100 * row["shortfall"] / most}
        for key, row in short.iterrows()
    ]


def _rule(view: RunView, texts: Texts, rule: RuleNote) -> dict[str, str]:
    info = view.analyses.get(rule.analysis)
    value = texts("rule_unit.unknown") if rule.value == "unknown" else rule.value
    unit = texts(f"rule_unit.{rule.unit}") if rule.unit and rule.value != "unknown" else ""
    return {
        "analysis": texts.title(info.title) if info else texts(f"rule_table.{rule.analysis}"),
        "name": texts.rule(rule.analysis, rule.name), "code": f"{rule.analysis}.{rule.name}",
        "value": f"{value} {unit}".strip(), "source": rule.source, "confidence": rule.confidence,
        "meaning": texts(f"confidence.{rule.confidence}"),
    }


def _warning(problem: Problem, texts: Texts) -> dict[str, str]:
    where = [
        problem.file, texts("report.sheet", sheet=problem.sheet) if problem.sheet else "",
        texts("report.row", row=problem.row) if problem.row is not None else "",
        texts("problem.rows", rows=texts("problem.join").join(problem.rows)) if problem.rows else "",
        texts("report.column", column=words(problem.column, texts.lang)) if problem.column else "", problem.value,
    ]
    return {"where": " · ".join(part for part in where if part), "why": words(problem.why, texts.lang),
            "fix": words(problem.fix, texts.lang)}


def _files(view: RunView, texts: Texts) -> list[dict[str, str]]:
    files = [("maps/priority.html", texts("report.file_priority"))]
    files += [
        (f"maps/{name}.html", texts("report.file_analysis", title=texts.title(view.analyses[name].title)))
        for name in view.shown
    ]
    files += [("ranking.csv", texts("report.file_ranking")), ("gaps.csv", texts("report.file_gaps")),
              ("conflation.csv", texts("report.file_conflation")),
              ("results.gpkg", texts("report.file_gpkg")), ("manifest.json", texts("report.file_manifest"))]
    return [{"href": href, "title": title} for href, title in files]
