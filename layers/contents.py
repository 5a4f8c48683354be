"""What does a file hold that nobody has asked for: which lists, and are they filled in?"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from gis.errors import InputError, ProblemLog
from layers.assumptions import assumed
from layers.columns.catalogue import tables
from layers.columns.field_guide import guides_of
from layers.columns.fields import columns_of
from layers.data import data_of
from layers.placing.typed_shapes import with_shapes
from layers.reading.delimited import read_delimited
from layers.reading.file_checks import TABLE_KINDS, check_present, check_whole, kind_of
from layers.reading.files import Source, read_raw
from layers.reading.table_rows import Cells, fields_named
from layers.reading.workbooks import filled_sheets, read_workbook
from layers.rows import without_strangers
from layers.typed.cells import as_text

LAYERS = frozenset({"building", "street"})
"""Lists that are nothing without shapes."""
_FEWEST_TITLED = 2
"""Fields of ours that a sheet must name to be the list that its title says."""
_WRITTEN_BY_US = {"location": ("estate_id", "name", "community", "street", "address"), "responsibility": ("analysis",)}
"""Fields that templates and lists come with; of others at least one must be filled in."""


@dataclass(frozen=True)
class Holding:
    """A list in a file: ``sheet`` (empty of a CSV), the list of fields it fits best, and how many rows are filled in.

    A template's example and totals are no rows that are filled in, nor is a row of which only one cell is. ``shaped``:
    a column holds shapes.
    """

    sheet: str
    table: str
    rows: int
    shaped: bool = False


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
                yield _holding(path, sheet, table)
        except InputError:
            continue  # a sheet that is no table of ours


def _holding(path: Path, sheet: str, table: str) -> Holding:
    listed = table in tables()
    raw = read_raw(Source(path, sheet=sheet or None), table if listed else "")
    if not listed:
        cells = raw.frame.notna().sum(axis="columns") - 1  # without the number of the row
        return Holding(sheet, table, int((cells >= assumed("sheets", "list_cells")).sum()))
    raw = without_strangers(raw, table, ProblemLog())
    shaped = table in LAYERS and with_shapes(raw, table, ProblemLog())[1] is not None
    return Holding(sheet, table, _filled(raw.frame, table), shaped)


def _best(path: Path, sheet: str) -> str:
    """What the title says, if the headers agree; else the list they name most of, if they have what it cannot lack.

    ``""`` of a pivot table, and where that is hardly any.
    """
    cells = read_workbook(path, sheet=sheet) if sheet else read_delimited(path, encoding=None)[0]
    title = (sheet or path.stem).casefold()
    if _is_pivot(title, cells):
        return ""
    named = {table: fields_named(cells, table) for table in tables()}
    said = _titled(title)
    if said in LAYERS or named.get(said, 0) >= _FEWEST_TITLED:
        return said
    best = max(named, key=lambda table: (named[table], table == "facility"))
    return best if named[best] >= assumed("sheets", "list_fields") and _whole(path, sheet, best) else ""


def _titled(title: str) -> str:
    """The list that a title names by its longest word, else ``""``."""
    titles = data_of("contents")["titles"]
    words = [(len(word), table) for table, some in titles.items() for word in some if word in title]
    return max(words, default=(0, ""))[1]


def _is_pivot(title: str, cells: Cells) -> bool:
    """Whether a spreadsheet has worked the sheet out: its title says so, or one of its headers does."""
    said, first = data_of("contents")["pivots"], cells.rows[:int(assumed("sheets", "searched_rows"))]
    top = [cell.strip().casefold() for row in first for cell in row if isinstance(cell, str)]
    return any(word in title for word in said["titles"]) or any(
        cell.startswith(word) for cell in top for word in said["headers"])


def _whole(path: Path, sheet: str, table: str) -> bool:
    """Whether the headers name what a list cannot lack: all that it must have, and one of what it must have one of."""
    found = set(columns_of(read_raw(Source(path, sheet=sheet or None), table).frame, table))
    need = {name: guide.need for name, guide in guides_of(table).items()}
    one_of = {name for name, one in need.items() if one == "one_of"}
    return {name for name, one in need.items() if one == "yes"} <= found and (not one_of or bool(one_of & found))


def _filled(frame: pd.DataFrame, table: str) -> int:
    found = dict(columns_of(frame, table))
    said = pd.DataFrame({field: as_text(frame[header]) != "" for field, header in found.items()}, index=frame.index)
    own = said.drop(columns=list(_WRITTEN_BY_US.get(table, ())), errors="ignore")
    return int(((said.sum(axis="columns") >= assumed("sheets", "list_cells")) & own.any(axis="columns")).sum())
