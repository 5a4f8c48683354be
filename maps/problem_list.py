"""Everything that is wrong with the input, as a sheet to work through."""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

import xlsxwriter

from gis.errors import Problem

_HEADERS = {"severity 级别": 12, "file 文件": 24, "sheet 工作表": 16, "row 行": 8, "column 列": 20, "value 值": 24,
            "why 原因": 60, "fix 处理": 60}
_FIXED_DATE = datetime(2000, 1, 1)  # noqa: DTZ001 - the same bytes whenever it is written


def write_problem_list(problems: Iterable[Problem], path: Path) -> None:
    """Write one row per problem; every cell is text, whatever an input value looks like."""
    with xlsxwriter.Workbook(path, {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}) as book:
        book.set_properties({"created": _FIXED_DATE})
        sheet = book.add_worksheet("problems 问题")
        bold, wrap = book.add_format({"bold": True}), book.add_format({"text_wrap": True, "valign": "top"})
        for column, (header, width) in enumerate(_HEADERS.items()):
            sheet.set_column(column, column, width, wrap)
            sheet.write_string(0, column, header, bold)
        for row, one in enumerate(problems, start=1):
            cells = (one.severity, one.file, one.sheet, one.row, one.column, one.value, one.why, one.fix)
            for column, cell in enumerate(cells):
                if isinstance(cell, int):
                    sheet.write_number(row, column, cell)
                else:
                    sheet.write_string(row, column, cell or "")
        sheet.freeze_panes(1, 0)
        sheet.autofilter(0, 0, sheet.dim_rowmax or 1, len(_HEADERS) - 1)
