"""Which Excel sheets does a planner fill in? Headers from the list of fields, an example row, and what they mean."""

import math
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import xlsxwriter

from layers.columns.catalogue import Field, not_read
from layers.columns.field_guide import Guide, fields_for, guides_of, marked_fields
from maps.texts import Texts
from maps.view import Lang
from maps.workbooks import FIXED_DATE, FONT, PLAIN

_EXAMPLE_ROW, _LAST_ROW = 1, 20_000
_NARROW, _WIDE, _WIDEST_PAGE = 10, 26, 190
_HEADERS: Mapping[str, Mapping[str, Any]] = {
    "yes": {"bg_color": "#6E2150", "font_color": "#FFFFFF"},
    "one_of": {"bg_color": "#B9445C", "font_color": "#FFFFFF"},
    "advised": {"bg_color": "#F4D3B0", "font_color": "#3B2A30"},
    "": {"bg_color": "#ECE9E3", "font_color": "#3B2A30"},
}
"""Colour of a header by how much the column is needed."""
_NUMBERS = frozenset({"count", "number", "year", "coordinate"})
_FORMATS = {"text": "@", "choice": "@", "yes_no": "@", "date": "yyyy-mm-dd", "coordinate": "0.000000"}
"""Ids stay text, so that a spreadsheet does not take their zeros away."""
_GUIDE_WIDTHS = {"column": 22, "title": 22, "about": 52, "unit": 9, "example": 16, "need": 12, "used_by": 26,
                 "aliases": 56}
"""Columns of the guide, in letters; the English names stand only in the English one."""


@dataclass(frozen=True)
class Sheet:
    """One sheet to fill in: its name, its list of fields, of which kind of facility, and the rows known already.

    ``rows`` hold text by the names of fields. ``title`` is what the guide calls the sheet, ``about`` what it is for.
    """

    name: str
    table: str
    kind: str = ""
    rows: Sequence[Mapping[str, str]] = ()
    about: str = ""

    @property
    def fields(self) -> Mapping[str, Field]:
        """The columns."""
        return fields_for(self.table, self.kind)


def write_template(path: Path, sheets: Sequence[Sheet], lang: Lang) -> None:
    """Write a workbook with sheets to fill in and, last, one that explains every column.

    Each sheet has Chinese headers with the unit in brackets (beside them English ones where ``lang`` is ``en``),
    coloured by need and explained in a note; row 2 is an example, which readers leave out; checks of a cell warn but
    let everything pass. All text is written as text.
    """
    texts = Texts(lang)
    with xlsxwriter.Workbook(path, PLAIN) as book:
        book.set_properties({"created": FIXED_DATE, "title": path.stem})
        for one in sheets:
            _write_sheet(book, one, texts)
        _write_guide(book, sheets, texts)


def header(field: Field, kind: str, texts: Texts) -> str:
    """A header as a planner reads it, such as ``户数（户）``; readers look past the unit in its brackets."""
    unit = unit_of(field, kind, texts)
    return f"{field.label}（{unit}）" if unit else field.label


def unit_of(field: Field, kind: str, texts: Texts) -> str:
    """The unit of a column; what capacity is counted in depends on the kind of facility."""
    if field.name == "capacity" and kind:
        return texts(f"facility.{kind}.capacity")
    return texts(f"column_unit.{field.unit}") if field.unit else ""


def used_by(code: str, texts: Texts) -> str:
    """Which analysis or part of the program a column serves."""
    titles = texts.section("analysis")
    return titles.get(f"{code}.title") or texts(f"used_by.{code}")


def _write_sheet(book: Any, one: Sheet, texts: Texts) -> None:
    sheet, guides, marked = book.add_worksheet(one.name), guides_of(one.table), marked_fields(one.table)
    naming, total = 0, 0.0
    for column, (name, field) in enumerate(one.fields.items()):
        guide, text = guides[name], header(field, one.kind, texts)
        naming += name in marked and column == naming
        width = _column_width(text, guide.example)
        total += width
        cells = book.add_format({**FONT, "num_format": _FORMATS.get(field.type, "General")})
        sheet.set_column(column, column, width, cells)
        head = {**FONT, **_HEADERS[guide.need], "bold": True, "text_wrap": True, "align": "center", "border": 1,
                "border_color": "#FFFFFF"}
        sheet.write_string(0, column, text, book.add_format(head))
        sheet.write_comment(0, column, _note(field, guide, one.kind, texts),
                            {"x_scale": 2.2, "y_scale": 1.6, "font_size": 9, "author": ""})
        _write_example(book, sheet, column, (field, guide, name in marked), texts)
        if check := _check(field, texts):
            sheet.data_validation(_EXAMPLE_ROW, column, _LAST_ROW, column, check)
        for line, row in enumerate(one.rows, start=_EXAMPLE_ROW + 1):
            if row.get(name):
                sheet.write_string(line, column, row[name], cells)
    _set_page(sheet, one.name, min(naming, 2) or 1, total)


def _set_page(sheet: Any, name: str, frozen: int, total: float) -> None:
    sheet.set_row(0, 40)
    sheet.set_row(_EXAMPLE_ROW, 20)
    sheet.freeze_panes(1, frozen)
    sheet.repeat_rows(0)
    if total > _WIDEST_PAGE:
        sheet.repeat_columns(0, frozen - 1)
        sheet.set_print_scale(70)
    else:
        sheet.fit_to_pages(1, 0)
    _set_paper(sheet, name)


def _set_paper(sheet: Any, name: str) -> None:
    sheet.set_landscape()
    sheet.set_paper(9)  # A4
    sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    sheet.set_footer(f"&L{name.replace('&', '&&')}&R&P / &N")


def _write_example(book: Any, sheet: Any, column: int, what: tuple[Field, Guide, bool], texts: Texts) -> None:
    field, guide, marked = what
    shade = book.add_format({**FONT, "italic": True, "font_color": "#8A8580", "bg_color": "#F7F5F1",
                             "num_format": _FORMATS.get(field.type, "General")})
    mark, example = example_mark(texts.lang), guide.example
    if column == 0:
        sheet.write_string(_EXAMPLE_ROW, column, mark, shade)
    elif marked and example:
        sheet.write_string(_EXAMPLE_ROW, column, mark + texts("punctuation.colon") + example, shade)
    elif not example:
        sheet.write_blank(_EXAMPLE_ROW, column, None, shade)
    elif field.type in _NUMBERS:
        sheet.write_number(_EXAMPLE_ROW, column, float(example), shade)
    elif field.type == "date":
        sheet.write_datetime(_EXAMPLE_ROW, column, datetime.fromisoformat(example), shade)
    else:
        sheet.write_string(_EXAMPLE_ROW, column, example, shade)


def example_mark(lang: Lang) -> str:
    """The word at the start of a row's id and name by which readers know that it is an example."""
    words = not_read("examples")
    return next(word for word in words if word.isascii() == (lang == "en"))


def _note(field: Field, guide: Guide, kind: str, texts: Texts) -> str:
    lines = [guide.title_en if texts.lang == "en" else "", _about(guide, texts.lang)]
    for key, text in (("unit", unit_of(field, kind, texts)), ("example", guide.example), ("need", _need(guide, texts))):
        if text:
            lines.append(texts(f"template.head.{key}") + texts("punctuation.colon") + text)
    return "\n".join(line for line in lines if line)


def _check(field: Field, texts: Texts) -> dict[str, Any] | None:
    """What a spreadsheet asks about when a cell looks odd; it never refuses, as ``约1200`` is read as well."""
    said = {"ignore_blank": True, "error_type": "information", "error_title": texts("template.check.title")}
    if field.type == "yes_no":
        words = [texts("template.yes"), texts("template.no")]
        return {**said, "validate": "list", "source": words, "error_message": texts("template.check.list")}
    if field.type == "choice":
        words = [listed[0] for listed in field.choices.values() if listed]
        return {**said, "validate": "list", "source": words, "error_message": texts("template.check.list")}
    if field.type in {"count", "number"}:
        whole = "integer" if field.type == "count" else "decimal"
        return {**said, "validate": whole, "criteria": ">=", "value": 0,
                "error_message": texts(f"template.check.{field.type}")}
    if field.type == "year":
        return {**said, "validate": "integer", "criteria": "between", "minimum": 1900,
                "maximum": "=YEAR(TODAY())+1", "error_message": texts("template.check.year")}
    if field.type == "date":
        return {**said, "validate": "date", "criteria": ">=", "value": datetime(1990, 1, 1),  # noqa: DTZ001
                "error_message": texts("template.check.date")}
    return None


def _write_guide(book: Any, sheets: Sequence[Sheet], texts: Texts) -> None:
    sheet = book.add_worksheet(texts("template.guide"))
    widths = {name: width for name, width in _GUIDE_WIDTHS.items() if name != "title" or texts.lang == "en"}
    for column, width in enumerate(widths.values()):
        sheet.set_column(column, column, width, book.add_format(FONT))
    line = _write_notes(book, sheet, sheets, texts)
    for one in sheets:
        line = _write_columns(book, sheet, line, one, widths=widths, texts=texts)
    sheet.hide_gridlines(2)
    sheet.fit_to_pages(1, 0)
    _set_paper(sheet, texts("template.guide"))


def _write_notes(book: Any, sheet: Any, sheets: Sequence[Sheet], texts: Texts) -> int:
    """The title, what to mind and what the colours mean; returns the row after them."""
    sheet.set_row(0, 28)
    sheet.write_string(0, 0, texts("template.guide"), book.add_format({**FONT, "bold": True, "font_size": 16}))
    notes = list(texts.section("template.note").values())
    for row, text in enumerate(notes, start=1):
        sheet.write_string(row, 0, f"{row}. {text}", book.add_format(FONT))
    needs = {guides_of(one.table)[name].need for one in sheets for name in one.fields}
    line = len(notes) + 2
    for need, colours in _HEADERS.items():
        if need in needs:
            name, about = (texts(f"template.{part}.{need or 'no'}") for part in ("need", "need_about"))
            shade = {**FONT, **colours, "bold": True, "align": "center"}
            sheet.write_string(line, 0, name, book.add_format(shade))
            sheet.write_string(line, 1, about, book.add_format({**FONT, "indent": 1}))
            line += 1
    return line + 1


def _write_columns(
    book: Any, sheet: Any, line: int, one: Sheet, *, widths: Mapping[str, int], texts: Texts,
) -> int:
    """What each column of one sheet means; returns the row after it."""
    framed = {**FONT, "border": 1, "border_color": "#D9D4CC"}
    plain = book.add_format({**framed, "text_wrap": True, "valign": "top"})
    strong = book.add_format({**framed, "text_wrap": True, "valign": "top", "bold": True})
    title = book.add_format({**FONT, "bold": True, "font_size": 12, "font_color": "#6E2150"})
    sheet.write_string(line, 0, texts("template.sheet", name=one.name), title)
    sheet.write_string(line, 1, one.about, book.add_format({**FONT, "font_color": "#6B6560", "indent": 1}))
    for column, name in enumerate(widths):
        sheet.write_string(line + 1, column, texts(f"template.head.{name}"),
                           book.add_format({**framed, "bold": True, "bg_color": "#ECE9E3"}))
    for at, (name, field) in enumerate(one.fields.items(), start=line + 2):
        row = _guide_row(field, guides_of(one.table)[name], one.kind, texts)
        sheet.set_row(at, _height(row, widths))
        for column, part in enumerate(widths):
            sheet.write_string(at, column, row[part], plain if column else strong)
    return line + len(one.fields) + 3


def _guide_row(field: Field, guide: Guide, kind: str, texts: Texts) -> dict[str, str]:
    join = texts("template.join").join
    return {
        "column": header(field, kind, texts), "title": guide.title_en, "about": _about(guide, texts.lang),
        "unit": unit_of(field, kind, texts), "example": guide.example, "need": _need(guide, texts),
        "used_by": join(dict.fromkeys(used_by(code, texts) for code in field.used_by)),
        "aliases": join(one for one in field.aliases if one != field.label)}


def _height(row: Mapping[str, str], widths: Mapping[str, int]) -> float:
    """Room for the longest text of a row, in points; wrapped lines end before they are full."""
    lines = max(math.ceil(1.1 * _letters(row[name]) / width) for name, width in widths.items())
    return 4 + 15 * max(lines, 1)


def _about(guide: Guide, lang: Lang) -> str:
    return guide.about if lang == "zh" else guide.about_en


def _need(guide: Guide, texts: Texts) -> str:
    return texts(f"template.need.{guide.need or 'no'}")


def _column_width(text: str, example: str) -> float:
    """Room for the header on two lines and the example on one."""
    return max(_NARROW, min(_WIDE, _letters(text) / 2 + 6), min(_WIDE, _letters(example) + 8))


def _letters(text: str) -> int:
    """How many Latin letters wide a text is; a Chinese character is as wide as two."""
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)
