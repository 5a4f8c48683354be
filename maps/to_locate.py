"""Which estates have no place yet? A list to fill in with coordinates; what is filled in is never written over."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import xlsxwriter

from layers.columns.catalogue import Field, fields_of
from layers.columns.field_guide import guides_of
from layers.placing.to_locate import SHEET, Listed, existing_list
from maps.texts import Texts
from maps.view import Lang
from maps.workbooks import FIXED_DATE, FONT, PLAIN

_TO_FILL_IN = ("x", "y", "system")
_WIDTHS = {"estate_id": 14, "name": 26, "community": 20, "street": 16, "address": 34, "x": 14, "y": 14, "system": 12,
           "remark": 28}
_LAST_ROW = 20_000
_NUMBERS = {"x": (-180, 180), "y": (-90, 90)}


def list_to_locate(estates: pd.DataFrame, path: Path, lang: Lang) -> bool:
    """Write the estates to locate, or add those that an existing list lacks; True where something was written.

    Rows, cells, columns and sheets of a list that is there stay as they are.

    Args:
        estates: on ``estate_id``, with ``name``, ``community``, ``street`` and ``address``.
        path: the workbook.
        lang: of what explains the columns; headers are Chinese.

    Raises:
        InputError: there is a file, and it is no such list.
    """
    if estates.empty:
        return False
    listed = existing_list(path)
    if listed is None:
        _write(estates, path, Texts(lang))
        return True
    new = estates[~estates.index.isin(listed.ids)]
    if len(new):
        _add(new, listed, path)
    return bool(len(new))


def _write(estates: pd.DataFrame, path: Path, texts: Texts) -> None:
    fields = fields_of("location")
    with xlsxwriter.Workbook(path, PLAIN) as book:
        book.set_properties({"created": FIXED_DATE, "title": path.stem})
        sheet = book.add_worksheet(SHEET)
        for column, field in enumerate(fields.values()):
            _write_column(book, sheet, column, field, texts)
        for row, facts in enumerate(_rows(estates), start=1):
            for column, name in enumerate(fields):
                if facts.get(name):
                    sheet.write_string(row, column, facts[name])
        sheet.freeze_panes(1, 2)
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
        _write_notes(book, texts)


def _write_column(book: Any, sheet: Any, column: int, field: Field, texts: Texts) -> None:
    asked = field.name in _TO_FILL_IN
    colours = {"bg_color": "#6E2150", "font_color": "#FFFFFF"} if asked else {"bg_color": "#ECE9E3"}
    text = {} if field.name in _NUMBERS else {"num_format": "@"}
    ground = {"bg_color": "#FFF8E5"} if asked else {}
    sheet.set_column(column, column, _WIDTHS[field.name], book.add_format({**FONT, **text, **ground}))
    sheet.write_string(0, column, field.label, book.add_format({**FONT, **colours, "bold": True, "align": "center"}))
    guide = guides_of("location")[field.name]
    sheet.write_comment(0, column, guide.about_en if texts.lang == "en" else guide.about,
                        {"x_scale": 2, "font_size": 9, "author": ""})
    said = {"ignore_blank": True, "error_title": texts("template.check.title")}
    if field.name in _NUMBERS:
        least, most = _NUMBERS[field.name]
        sheet.data_validation(1, column, _LAST_ROW, column, {
            **said, "validate": "decimal", "criteria": "between", "minimum": least, "maximum": most,
            "error_type": "information", "error_message": texts("to_locate.check_degrees")})
    if field.choices:
        words = {"source": list(field.choices), "error_message": texts("to_locate.check_system")}
        sheet.data_validation(1, column, _LAST_ROW, column, {**said, "validate": "list", **words})


def _write_notes(book: Any, texts: Texts) -> None:
    sheet = book.add_worksheet(texts("template.guide"))
    sheet.set_column(0, 0, 100, book.add_format({**FONT, "text_wrap": True, "valign": "top"}))
    bold = book.add_format({**FONT, "bold": True, "font_size": 14})
    sheet.write_string(0, 0, texts("to_locate.title"), bold)
    for row, text in enumerate(texts.section("to_locate.note").values(), start=1):
        sheet.write_string(row, 0, f"{row}. {text}")
    sheet.hide_gridlines(2)


def _add(estates: pd.DataFrame, listed: Listed, path: Path) -> None:
    """Put rows below the last one of a list, whatever else the workbook holds; aside first, then in its place."""
    book = openpyxl.load_workbook(path)
    sheet = book[listed.sheet]
    column_of = {str(cell.value): cell.column for cell in sheet[listed.header_row] if cell.value is not None}
    below = max((cell.row for row in sheet.iter_rows() for cell in row if cell.value is not None), default=1) + 1
    for at, facts in enumerate(_rows(estates), start=below):
        for name, text in facts.items():
            column = column_of.get(listed.header_of.get(name, ""))
            if column is not None and text:
                cell = sheet.cell(at, column, text)
                cell.data_type = "s"
    aside = path.with_name(f".{path.name}.new")
    try:
        book.save(aside)
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)


def _rows(estates: pd.DataFrame) -> list[Mapping[str, str]]:
    facts = estates[["name", "community", "street", "address"]].assign(estate_id=estates.index.astype(str))
    return [{str(name): str(text) for name, text in row.items()} for row in facts.sort_index().to_dict("records")]
