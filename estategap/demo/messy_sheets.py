"""What does a form look like that an office has laid out? Titles, two rows of names, merged cells, signatures."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import xlsxwriter

from estategap.demo.write import DATA_DATE

Row = Sequence[Any]


@dataclass(frozen=True)
class Form:
    """One sheet: ``titles`` above, ``heads`` as (group, name) with ``""`` for no group, ``rows``, ``ends`` below.

    A row of one cell is written across the whole table; an empty row is left blank. ``hidden`` hides the sheet.
    """

    heads: Sequence[tuple[str, str]]
    rows: Sequence[Row]
    titles: Sequence[str] = ()
    ends: Sequence[str] = ()
    hidden: bool = False
    numbered: bool = False


@dataclass(frozen=True)
class _Page:
    book: Any
    sheet: Any
    width: int
    centre: Any = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "centre", self.book.add_format({"align": "center", "bold": True, "border": 1}))

    def across(self, row: int, text: str) -> None:
        self.sheet.merge_range(row, 0, row, self.width - 1, text, self.centre)

    def cells(self, row: int, cells: Iterable[Any]) -> None:
        for column, cell in enumerate(cells):
            if isinstance(cell, str) and cell:
                self.sheet.write_string(row, column, cell)
            elif cell is not None and cell == cell and cell != "":  # noqa: PLR0124 - NaN is a blank cell
                self.sheet.write_number(row, column, float(cell))


def write_forms(path: Path, forms: Mapping[str, Form]) -> None:
    """Write a workbook with one form per sheet; its bytes depend on the forms alone."""
    book = xlsxwriter.Workbook(str(path))
    book.set_properties({"title": path.stem, "created": dt.datetime.combine(DATA_DATE, dt.time())})
    for name, form in forms.items():
        sheet = book.add_worksheet(name)
        _write(_Page(book, sheet, len(form.heads)), form)
        if form.hidden:
            sheet.hide()
    book.close()


def _write(page: _Page, form: Form) -> None:
    for row, title in enumerate(form.titles):
        page.across(row, title)
    place = len(form.titles)
    if any(group for group, _ in form.heads):
        _write_groups(page, place, form.heads)
        place += 1
    else:
        page.cells(place, [name for _, name in form.heads])
    place += 1
    if form.numbered:
        page.cells(place, range(1, page.width + 1))
        place += 1
    for row, cells in enumerate(form.rows, start=place):
        if len(cells) == 1:
            page.across(row, str(cells[0]))
        else:
            page.cells(row, cells)
    for row, text in enumerate(form.ends, start=place + len(form.rows)):
        page.sheet.write_string(row, 0, text)


def _write_groups(page: _Page, row: int, heads: Sequence[tuple[str, str]]) -> None:
    """Two rows: groups over the columns they hold, merged; a column without a group spans both."""
    start = 0
    while start < len(heads):
        group = heads[start][0]
        end = start
        while group and end + 1 < len(heads) and heads[end + 1][0] == group:
            end += 1
        if not group:
            page.sheet.merge_range(row, start, row + 1, start, heads[start][1], page.centre)
        elif end > start:
            page.sheet.merge_range(row, start, row, end, group, page.centre)
        for column in range(start, end + 1):
            if group:
                page.sheet.write_string(row + 1, column, heads[column][1], page.centre)
        start = end + 1
