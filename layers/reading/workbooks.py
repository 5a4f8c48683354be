"""Which sheet of a workbook holds the table that is wanted, and what do its cells say?"""

import functools
import io
import re
import xml.etree.ElementTree as ET
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

import python_calamine
import xlrd
from python_calamine import CalamineSheet, CalamineWorkbook, SheetMetadata, SheetTypeEnum, SheetVisibleEnum

from gis.errors import InputError, Problem, ProblemLog, Words, in_full, listed, say
from layers.columns.catalogue import document, tables
from layers.reading.file_checks import damaged, pick_part
from layers.reading.table_rows import Cells, blank_to_none, fields_named, letters

_SHEET = say("sheet")
_UNREAD = "other sheets of the workbook were not read: {names}"
_FEWEST, _LISTED, _LOOKED_AT = 2, 12, 20
_FAULTS = (python_calamine.CalamineError, ValueError, OSError, LookupError, OverflowError, MemoryError)
_CHUNK_BYTES = 2**20
_VALUES = frozenset({xlrd.XL_CELL_NUMBER, xlrd.XL_CELL_DATE, xlrd.XL_CELL_BOOLEAN})
_FORMULA = rb"""<(?:\w+:)?f\b[^<>]*?(?:/>|>[^<]*</(?:\w+:)?f>)"""
_VALUE = rb"""(?:<(?:\w+:)?v\b[^<>]*?(?:/>|>([^<]*)</(?:\w+:)?v>))?</(?:\w+:)?c>"""
_CALCULATED = re.compile(rb"<(?:\w+:)?c\b([^<>]*)>" + _FORMULA + _VALUE)
_FAULTY = re.compile(rb"""<(?:\w+:)?c\b([^<>]*\bt=["']e["'][^<>]*)>""" + rb"(?:" + _FORMULA + rb")?" + _VALUE)
_PLACE, _TYPE = re.compile(rb"""\br=["']([A-Z]{1,3})([0-9]{1,7})["']"""), re.compile(rb"""\bt=["'](?:e|str)["']""")


class _Fault(NamedTuple):
    """A cell, counted from 0, that a reader leaves empty: its fault, or ``""`` of a formula without result."""

    row: int
    column: int
    said: str


def read_workbook(path: Path, *, sheet: str | None = None, table: str = "") -> Cells:
    """All cells of one sheet from A1 on: the one named, else the only one that has the fields of ``table``.

    Hidden sheets are read only if named. A cell with a fault such as ``#N/A`` holds it as text.

    Raises:
        InputError: the workbook is damaged or locked, or which sheet is meant cannot be told.
    """
    with _opened(path) as book:
        found, notes = _chosen(path, book, sheet, table)
        name = found.name
        rows = [[blank_to_none(cell) for cell in row] for row in found.to_python(skip_empty_area=False)]
        merged = tuple(found.merged_cell_ranges or ())
    old = path.suffix.lower() == ".xls"
    faults = _faults_xls(path, name, rows) if old else list(_faults_xlsx(path, name))
    for fault in faults:
        if fault.row < len(rows) and fault.column < len(rows[fault.row]) and fault.said:
            rows[fault.row][fault.column] = fault.said
    empty = [fault for fault in faults if not fault.said]
    if empty:
        notes.append(Problem(
            file=path.name, sheet=name, row=empty[0].row + 1, column=letters(empty[0].column), severity="warning",
            why=say("{count} formulas have no result in the file, so their cells are unknown", count=len(empty)),
            fix="open the workbook in the spreadsheet program, let it calculate and save it"))
    return Cells(rows, name, merged, notes=tuple(notes))


def filled_sheets(path: Path) -> list[str]:
    """The sheets of a workbook that are shown and not blank.

    Raises:
        InputError: the workbook is damaged or locked.
    """
    with _opened(path) as book:
        return [one.name for one in book.sheets_metadata if _is_shown(one) and book.get_sheet_by_name(one.name).height]


@contextmanager
def _opened(path: Path) -> Iterator[CalamineWorkbook]:
    if path.suffix.lower() == ".xls":
        _check_parts(path)
    try:
        with CalamineWorkbook.from_path(str(path)) as book:
            yield book
    except python_calamine.PasswordError as error:
        raise InputError(_locked(path)) from error
    except _FAULTS as error:
        raise damaged(path, error) from error
    except BaseException as error:  # a panic of calamine's is no Exception
        if type(error).__name__ != "PanicException":
            raise
        raise damaged(path, say("its parts contradict each other")) from error


def _is_shown(sheet: SheetMetadata) -> bool:
    return bool(sheet.typ == SheetTypeEnum.WorkSheet and sheet.visible == SheetVisibleEnum.Visible)


def _check_parts(path: Path) -> None:
    """Refuse an old workbook whose parts follow each other in a circle, in which the fast reader never ends.

    Raises:
        InputError: it is damaged.
    """
    try:
        xlrd.open_workbook(str(path), logfile=io.StringIO(), on_demand=True).release_resources()
    except xlrd.XLRDError:
        return  # such as a password, of which the other reader says more
    except Exception as error:  # xlrd lets anything out of a file that is damaged
        raise damaged(path, error) from error


def _locked(path: Path) -> Problem:
    return Problem(file=path.name, why="the workbook is locked by a password",
                   fix="save it without a password")


def _chosen(path: Path, book: CalamineWorkbook, sheet: str | None, table: str) -> tuple[CalamineSheet, list[Problem]]:
    """The sheet to read, and what is to be said of the others."""
    data = [one for one in book.sheets_metadata if one.typ == SheetTypeEnum.WorkSheet]
    if sheet is not None:
        return book.get_sheet_by_name(pick_part(path, _SHEET, sheet, [one.name for one in data])), []
    seen = [one.name for one in data if _is_shown(one)]
    sheets = {name: book.get_sheet_by_name(name) for name in seen}
    filled = [name for name in seen if sheets[name].height]
    hidden = [one.name for one in data if one.name not in seen and book.get_sheet_by_name(one.name).height]
    fitting = _fitting({name: sheets[name] for name in filled}, table) if table and len(filled) > 1 else filled
    name = pick_part(path, _SHEET, None, fitting or filled)
    guides = {*document()["not_read"]["sheets"]}
    others = [one for one in (*filled, *hidden) if one != name and one not in guides]
    if not others:
        return sheets[name], []
    return sheets[name], [_not_read(path.name, name, others)]


def _not_read(file: str, sheet: str, others: list[str]) -> Problem:
    return Problem(
        file=file, sheet=sheet, severity="warning",
        why=say("other sheets of the workbook were not read: {names}", names=listed(others, _LISTED)),
        fix=say('nothing, unless one of them is meant: then say which, for example {key} = "{name}"', key="sheet",
                name=others[0]))


def take_back_sheets_read(log: ProblemLog) -> None:
    """Say of no sheet that it was not read where another section of the project has read it.

    ``log`` has the readings of all files; sections name sheets of one workbook one after the other.
    """
    read, kept = {(one.file, one.sheet) for one in log.readings}, list[Problem]()
    for one in log.problems:
        if isinstance(one.why, Words) and one.why.template == _UNREAD:
            (names,) = (value for name, value in in_full(one.why).values if name == "names")
            assert isinstance(names, tuple)  # noqa: S101 - as _not_read has put it
            left = [str(name) for name in names if (one.file, name) not in read]
            kept += [_not_read(one.file, one.sheet, left)] if left else []
        else:
            kept.append(one)
    log.problems[:] = kept


def _fitting(sheets: dict[str, CalamineSheet], table: str) -> list[str]:
    """Sheets whose headers name at least two fields of the list, no other list fits better, and half the best's."""
    heads = {name: Cells([[blank_to_none(cell) for cell in row]
                          for row in one.to_python(skip_empty_area=False, nrows=_LOOKED_AT)])
             for name, one in sheets.items()}
    counts = {name: fields_named(cells, table) for name, cells in heads.items()}
    ours = {name: count for name, count in counts.items() if count >= _FEWEST and count >= max(
        fields_named(heads[name], other) for other in tables())}
    return [name for name, count in ours.items() if 2 * count >= max(ours.values())]


def _faults_xlsx(path: Path, sheet: str) -> Iterator[_Fault]:
    """Cells with a fault and formulas without a result: values hide them, the sheet's own text says them."""
    try:
        with zipfile.ZipFile(path) as archive:
            part = _part_of(archive, sheet)
            with archive.open(part) as stream:
                rest = b""
                while chunk := stream.read(_CHUNK_BYTES):
                    text = rest + chunk
                    end = text.rfind(b"</") if b"</row" not in text else text.rfind(b"</row")
                    yield from _faulty(text[:end])
                    rest = text[end:]
                yield from _faulty(rest)
    except (zipfile.BadZipFile, zlib.error, ET.ParseError, LookupError, StopIteration, ValueError, OSError,
            RuntimeError, EOFError) as error:
        raise damaged(path, error) from error


def _faulty(text: bytes) -> Iterator[_Fault]:
    unsolved = [(one[1], b"") for one in _CALCULATED.finditer(text) if not one[2] and not _TYPE.search(one[1])]
    for attributes, said in [*unsolved, *((one[1], one[2] or b"#N/A") for one in _FAULTY.finditer(text))]:
        place = _PLACE.search(attributes)
        if place is not None:
            column = functools.reduce(lambda so_far, letter: 26 * so_far + letter - ord("A") + 1, place[1], 0)
            yield _Fault(int(place[2]) - 1, column - 1, said.decode("ascii", "replace"))


def _part_of(archive: zipfile.ZipFile, sheet: str) -> str:
    """The part of the package that holds a sheet.

    Raises:
        KeyError, StopIteration: there is none.
    """
    book = _root(archive, "xl/workbook.xml")
    relations = {one.get("Id"): one.get("Target", "") for one in _root(archive, "xl/_rels/workbook.xml.rels")}
    found = next(one for one in book.iter() if one.tag.endswith("}sheet") and one.get("name") == sheet)
    target = relations[next(value for name, value in found.items() if name.endswith("}id"))]
    return target.lstrip("/") if target.startswith("/") else str(PurePosixPath("xl") / target)


def _root(archive: zipfile.ZipFile, name: str) -> ET.Element:
    text = archive.read(name)
    if b"<!DOCTYPE" in text or b"<!ENTITY" in text:
        raise ValueError(name)
    return ET.fromstring(text)  # noqa: S314 - without a document type there are no entities to unfold


def _faults_xls(path: Path, sheet: str, rows: list[list[Any]]) -> list[_Fault]:
    """The same of an old workbook: where a second reader sees a fault, or something in a cell that seems empty.

    Raises:
        InputError: only one of the two readers can read the workbook.
    """
    try:
        with xlrd.open_workbook(str(path), logfile=io.StringIO(), on_demand=True) as book:
            found: Any = book.sheet_by_name(sheet)
            types = [found.row_types(row) for row in range(min(found.nrows, len(rows)))]
            return [_Fault(row, column, _said(found, row, column))
                    for row, kinds in enumerate(types) for column, kind in enumerate(kinds)
                    if kind == xlrd.XL_CELL_ERROR
                    or (kind in _VALUES and column < len(rows[row]) and rows[row][column] is None)]
    except Exception as error:  # xlrd lets anything out of a file that is damaged
        raise damaged(path, error) from error


def _said(sheet: Any, row: int, column: int) -> str:
    if sheet.cell_type(row, column) != xlrd.XL_CELL_ERROR:
        return ""
    return str(xlrd.error_text_from_code.get(sheet.cell_value(row, column), "#N/A"))
