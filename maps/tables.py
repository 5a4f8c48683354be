"""Which tables does a planner open in Excel? ``ranking.csv`` and ``gaps.csv``, harmless and in a fixed order."""

import csv
import io
import math
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from maps.view import CONTRIBUTION, RunView

RANKING_FIRST = ("rank", "estate_id", "name", "score", "rank_low", "rank_high")
RANKING_THEN = ("tied", "schedule", "unknown_weight", "community", "households")
GAPS_FIRST = (
    "estate_id", "analysis", "measure", "required", "provided", "shortfall", "low", "high", "unit", "coverage",
    "severity", "status", "basis",
)
GAPS_THEN = ("severity_low", "severity_high", "confidence", "name")

_FORMULA = re.compile(r"^\s*[=+\-@\t\r＝＋－＠]")
_BREAKS = re.compile(r"[\r\n\x0b\x0c\x85\u2028\u2029]+")
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")


def safe_text(value: str) -> str:
    """Text as a spreadsheet may have it: one line, no control characters, never a formula.

    What a spreadsheet would calculate (it starts with ``= + - @``, a tab or a carriage return) gets an apostrophe
    in front.
    """
    bare = _CONTROL.sub("", value)
    flat = _BREAKS.sub(" ", bare)
    return f"'{flat}" if _FORMULA.match(bare) else flat


def cell(value: Any) -> str:
    """One value as it is printed: numbers short and with a point, unknown as nothing, text made safe."""
    if value is None or value is pd.NA:
        return ""
    if isinstance(value, str):
        return safe_text(value)
    if isinstance(value, bool | np.bool_):
        return "true" if value else "false"
    number = float(value)
    if not math.isfinite(number):
        return "" if math.isnan(number) else ("inf" if number > 0 else "-inf")
    short = f"{number:.6f}".rstrip("0").rstrip(".")
    return "0" if short in {"-0", ""} else short


def ranking_table(view: RunView) -> pd.DataFrame:
    """The ranking as it is written, first rank first, then the estates without a rank by id."""
    table = view.in_rank_order.reset_index()
    parts = [column for column in table if str(column).startswith(CONTRIBUTION)]
    return table[[*RANKING_FIRST, *RANKING_THEN, *parts]]


def gaps_table(view: RunView) -> pd.DataFrame:
    """Every measure of every analysis, in the order of analyses, estates and measures."""
    names = view.estates.frame["name"]
    tables = [
        result.table.reset_index().assign(analysis=name)
        for name, result in view.results.items()
    ]
    if not tables:
        return pd.DataFrame(columns=[*GAPS_FIRST, *GAPS_THEN])
    whole = pd.concat(tables, ignore_index=True)
    return whole.assign(name=whole["estate_id"].map(names))[[*GAPS_FIRST, *GAPS_THEN]]


def csv_bytes(table: pd.DataFrame) -> bytes:
    """UTF-8 with BOM, lines ended as spreadsheets expect."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(table.columns)
    columns: Iterable[list[str]] = [[cell(value) for value in table[name]] for name in table]
    writer.writerows(zip(*columns, strict=True))
    return out.getvalue().encode("utf-8-sig")


def write_tables(view: RunView, folder: Path) -> list[Path]:
    """Write ``ranking.csv`` and ``gaps.csv`` and return their paths."""
    tables = {"ranking.csv": ranking_table(view), "gaps.csv": gaps_table(view)}
    for name, table in tables.items():
        (folder / name).write_bytes(csv_bytes(table))
    return [folder / name for name in tables]
