"""What does a file hold that nobody has asked for: which lists, and are they filled in?"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from gis.errors import InputError, ProblemLog
from layers.assumptions import assumed
from layers.columns.catalogue import tables
from layers.columns.fields import columns_of
from layers.reading.delimited import read_delimited
from layers.reading.file_checks import TABLE_KINDS, check_present, check_whole, kind_of
from layers.reading.files import Source, read_raw
from layers.reading.table_rows import fields_named
from layers.reading.workbooks import filled_sheets, read_workbook
from layers.rows import without_strangers
from layers.typed.cells import as_text

_WRITTEN_BY_US = {"location": ("estate_id", "name", "community", "street", "address"), "responsibility": ("analysis",)}
"""Fields that templates and lists come with; of others at least one must be filled in."""


@dataclass(frozen=True)
class Holding:
    """A list in a file: ``sheet`` (empty of a CSV), the list of fields it fits best, and how many rows are filled in.

    A template's example and totals are no rows that are filled in, nor is a row of which only one cell is.
    """

    sheet: str
    table: str
    rows: int


def holdings(path: Path, *, but: frozenset[str] = frozenset()) -> list[Holding]:
    """The lists in a workbook or CSV file but for those of some sheets; nothing of what is no list of ours.

    Raises:
        InputError: the file cannot be read.
    """
    kind = kind_of(path, TABLE_KINDS)
    check_present(path)
    check_whole(path, kind)
    sheets = [""] if kind == ".csv" else [name for name in filled_sheets(path) if name not in but]
    return list(_lists(path, sheets))


def _lists(path: Path, sheets: list[str]) -> Iterator[Holding]:
    for sheet in sheets:
        try:
            table = _best(path, sheet)
            if table:
                raw = without_strangers(read_raw(Source(path, sheet=sheet or None), table), table, ProblemLog())
                yield Holding(sheet, table, _filled(raw.frame, table))
        except InputError:
            continue  # a sheet that is no table of ours


def _best(path: Path, sheet: str) -> str:
    """The list of fields that the headers name most of; ``""`` where that is hardly any."""
    cells = read_workbook(path, sheet=sheet) if sheet else read_delimited(path, encoding=None)[0]
    named = {table: fields_named(cells, table) for table in tables()}
    best = max(named, key=lambda table: (named[table], table == "facility"))
    return best if named[best] >= assumed("sheets", "list_fields") else ""


def _filled(frame: pd.DataFrame, table: str) -> int:
    found = dict(columns_of(frame, table))
    said = pd.DataFrame({field: as_text(frame[header]) != "" for field, header in found.items()}, index=frame.index)
    own = said.drop(columns=list(_WRITTEN_BY_US.get(table, ())), errors="ignore")
    return int(((said.sum(axis="columns") >= assumed("sheets", "list_cells")) & own.any(axis="columns")).sum())
