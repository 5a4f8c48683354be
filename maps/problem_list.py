"""Everything that is wrong with the input, as a sheet to work through, and how each file was read."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

import xlsxwriter

from gis.errors import Problem, Words, in_full, more_rows
from gis.ledger import Reading
from maps.account import accounts, estate_rows, row_ranges
from maps.texts import Texts, words
from maps.view import Lang
from maps.workbooks import FIXED_DATE, PLAIN

_WIDTHS = {"severity": 12, "file": 24, "sheet": 16, "row": 8, "column": 20, "value": 24, "why": 60, "fix": 60}
_ACCOUNT = {"file": 24, "sheet": 16, "part": 14, "encoding": 10, "crs": 14, "placed": 30, "rows_in": 8, "rows_used": 8,
            "rows_left_out": 8, "why": 44, "rows": 30, "unread": 40, "personal": 24, "masked": 24, "notes": 50}
_COLUMNS = {"file": 24, "sheet": 16, "part": 14, "field": 24, "header": 24}
_ESTATES = {"estate_id": 16, "name": 26, "outline_row": 12, "roster_row": 12, "located_row": 12, "joined": 44}
_LONGEST_CELL, _MOST_LINES = 32_000, 2_000
FILE_NAME = "problems.xlsx"


def write_problem_list(problems: Iterable[Problem], readings: Iterable[Reading], path: Path, lang: Lang) -> None:
    """Write one row per problem, per file that was read, per estate with its rows, and per column that was recognised.

    Every cell that comes from an input is text, whatever it looks like.
    """
    texts = Texts(lang)
    read_as = list(readings)
    read = accounts(read_as, texts)
    with xlsxwriter.Workbook(path, PLAIN) as book:
        book.set_properties({"created": FIXED_DATE})
        sheet = partial(_write_sheet, book)
        sheet(texts("problem.list"), _WIDTHS, [texts(f"problem.header.{name}") for name in _WIDTHS], (
            (texts(f"problem.{one.severity}"), *place, row, words(one.column, lang), value, why, words(one.fix, lang))
            for one in problems for *place, row, value, why in _lines(one, texts)))
        header = partial(_headers, texts)
        sheet(texts("account.sheet"), _ACCOUNT, header(_ACCOUNT), (
            (one.file, one.sheet, one.part, one.encoding, one.crs, one.placed,
             *((one.rows_in, one.rows_used, one.rows_left_out) if turn == 0 else (None, None, None)),  # they sum up
             why, row_ranges(rows, texts)[:_LONGEST_CELL],
             *(("、".join(one.unread), one.personal, one.masked, one.notes) if turn == 0 else [""] * 4))
            for one in read for turn, (why, rows) in enumerate(one.left_out or (("", ()),))))
        if rows := list(estate_rows(read_as, texts)):
            sheet(texts("account.estates"), _ESTATES, header(_ESTATES), rows)
        sheet(texts("account.columns"), _COLUMNS, header(_COLUMNS), (
            (one.file, one.sheet, one.part, label, header) for one in read for label, header in one.columns))


def _lines(one: Problem, texts: Texts) -> Iterator[tuple[str, str, int | None, str, str]]:
    """File, sheet, row, value and why: a line for each row a problem is about, the last one for all of the rest."""
    why = _in_full(one.why, texts.lang)
    if not one.cells:
        yield one.file, one.sheet, one.row, one.value, why
    for cell in one.cells[:_MOST_LINES]:
        yield cell.file, cell.sheet, cell.row, cell.value[:_LONGEST_CELL], why
    if rest := one.cells[_MOST_LINES:]:
        rows = row_ranges((cell.row for cell in rest if cell.row is not None), texts)
        more = words(more_rows(len(rest), one.why), texts.lang)
        yield one.file, one.sheet, rest[0].row, rows[:_LONGEST_CELL], more


def _in_full(why: Words | str, lang: Lang) -> str:
    return words(in_full(why) if isinstance(why, Words) else why, lang)[:_LONGEST_CELL]


def _headers(texts: Texts, widths: Mapping[str, int]) -> list[str]:
    return [texts(f"account.header.{name}") for name in widths]


def _write_sheet(
    book: xlsxwriter.Workbook, title: str, widths: Mapping[str, int], headers: Sequence[str],
    rows: Iterable[Sequence[str | int | None]],
) -> None:
    sheet = book.add_worksheet(title)
    bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bg_color": "#E8EEF4", "bottom": 1})
    wrap = book.add_format({"text_wrap": True, "valign": "top"})
    for column, (width, header) in enumerate(zip(widths.values(), headers, strict=True)):
        sheet.set_column(column, column, width, wrap)
        sheet.write_string(0, column, header, bold)
    for row, cells in enumerate(rows, start=1):
        for column, cell in enumerate(cells):
            if isinstance(cell, int):
                sheet.write_number(row, column, cell)
            else:
                sheet.write_string(row, column, cell or "")
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, sheet.dim_rowmax or 1, len(widths) - 1)
