"""Excel templates: one sheet with the headers a planner fills in, one that says what each column means."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path

import xlsxwriter

from layers.fields import Field

_FIXED_DATE = datetime(2000, 1, 1)  # noqa: DTZ001 - the same bytes whenever it is written
_TYPES = {"text": "文字", "count": "非负整数或数", "number": "数", "year": "年份", "yes_no": "是/否", "date": "日期",
          "choice": "选项", "coordinate": "坐标"}
_ROWS = 2000


def write_template(path: Path, sheet_name: str, fields: Mapping[str, Field], rows: Iterable[Mapping[str, str]]) -> None:
    """Write a template whose headers are the fields' Chinese names, with the rows that are known already.

    Yes/no columns offer 是 and 否; the second sheet lists every column's type, unit and other names it goes by.
    """
    with xlsxwriter.Workbook(
        path, {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    ) as book:
        book.set_properties({"created": _FIXED_DATE})
        bold = book.add_format({"bold": True, "bg_color": "#EFE6EA", "border": 1})
        sheet, guide = book.add_worksheet(sheet_name), book.add_worksheet("填表说明")
        for column, (name, field) in enumerate(fields.items()):
            sheet.write_string(0, column, field.label, bold)
            sheet.set_column(column, column, max(10, 2 * len(field.label) + 2))
            if field.type == "yes_no":
                sheet.data_validation(
                    1, column, _ROWS, column, {"validate": "list", "source": ["是", "否"], "ignore_blank": True}
                )
            for line, row in enumerate(rows, start=1):
                if name in row:
                    sheet.write_string(line, column, row[name])
        sheet.freeze_panes(1, 2)
        lines = [("列名", "类型", "单位", "也可写作")] + [
            (field.label, _TYPES.get(field.type, field.type), field.unit, "、".join(field.aliases))
            for field in fields.values()
        ]
        for at, texts in enumerate(lines):
            for column, cell in enumerate(texts):
                guide.write_string(at, column, cell, bold if at == 0 else None)
        guide.set_column(0, 2, 18)
        guide.set_column(3, 3, 90)
        guide.write_string(len(lines) + 1, 0, "不知道的格子请留空：留空是“未知”，不会当作 0。")
