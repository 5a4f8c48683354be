"""Everything that is wrong with the input, as a sheet to work through."""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

import xlsxwriter

from gis.errors import Problem
from maps.texts import Texts, words
from maps.view import Lang

_WIDTHS = {"severity": 12, "file": 24, "sheet": 16, "row": 8, "column": 20, "value": 24, "why": 60, "fix": 60}
_PLAIN = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
_FIXED_DATE = datetime(2000, 1, 1)  # noqa: DTZ001 - the same bytes whenever it is written


def write_problem_list(problems: Iterable[Problem], path: Path, lang: Lang) -> None:
    """Write one row per problem; every cell is text, whatever an input value looks like."""
    texts = Texts(lang)
    with xlsxwriter.Workbook(path, _PLAIN) as book:
        book.set_properties({"created": _FIXED_DATE})
        sheet = book.add_worksheet(texts("problem.list"))
        bold, wrap = book.add_format({"bold": True}), book.add_format({"text_wrap": True, "valign": "top"})
        for column, (name, width) in enumerate(_WIDTHS.items()):
            sheet.set_column(column, column, width, wrap)
            sheet.write_string(0, column, texts(f"problem.header.{name}"), bold)
        for row, one in enumerate(problems, start=1):
            cells = (texts(f"problem.{one.severity}"), one.file, one.sheet, one.row, words(one.column, lang), one.value,
                     words(one.why, lang), words(one.fix, lang))
            for column, cell in enumerate(cells):
                if isinstance(cell, int):
                    sheet.write_number(row, column, cell)
                else:
                    sheet.write_string(row, column, cell or "")
        sheet.freeze_panes(1, 0)
        sheet.autofilter(0, 0, sheet.dim_rowmax or 1, len(_WIDTHS) - 1)
