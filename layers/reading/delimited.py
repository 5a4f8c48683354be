"""What cells does a text table (CSV) hold, whatever its encoding and its separator?"""

import codecs
import csv
import io
import re
from collections import Counter
from pathlib import Path

from gis.errors import InputError, Problem, reported, say
from layers.reading.bad_bytes import encoding_with_few, not_readable
from layers.reading.encodings import Text, codec, find_encoding
from layers.reading.file_checks import damaged
from layers.reading.table_rows import Cells

_SEPARATORS = ",\t;，|"
_LOOKED_AT = 15
_AS_FORMULA = re.compile(r'="([^"]*)"')
_MARKED = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be", codecs.BOM_UTF8: "utf-8"}


def read_delimited(path: Path, *, encoding: str | None = None) -> tuple[Cells, str]:
    """The cells of a text table as they stand, and the encoding they are in.

    UTF-16 is known by its byte order mark, other text as ``layers.reading.encodings`` says.

    Raises:
        InputError: one problem with the fix, also of bytes that are no text, with their row and column, and of a cell
            whose quotes hold whole lines of the table.
    """
    text, name = _decoded(path, encoding)
    mark = _separator(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=mark, strict=True)
    try:
        rows = [[cell if cell and not cell.isspace() else None for cell in row] for row in reader]
    except csv.Error as error:
        raise damaged(path, say("CSV: {error}", error=reported(error))) from error
    if '="' in text:
        rows = [[cell if cell is None else _unwrapped(cell) for cell in row] for row in rows]
    if reader.line_num > len(rows):
        _check_quotes(rows, mark, path)
    return Cells(rows, cut_short=not text.endswith(("\n", "\r"))), name


def _unwrapped(cell: str) -> str | None:
    """The text of ="001", by which programs that export keep a spreadsheet from making it a number."""
    found = _AS_FORMULA.fullmatch(cell) if cell.startswith("=") else None
    return found[1].strip() or None if found else cell


def _check_quotes(rows: list[list[str | None]], mark: str, path: Path) -> None:
    """Refuse a quoted cell that holds lines of the table: a quote that nobody closed takes all up to the next one."""
    usual = Counter(len(row) - 1 for row in rows).most_common(1)[0][0]
    for place, row in enumerate(rows):
        for column, cell in enumerate(row):
            beside = (column, len(row) - 1 - column)
            if cell and ("\n" in cell or "\r" in cell) and _swallows(cell, mark, beside, usual):
                raise InputError(Problem(
                    file=path.name, row=place + 1,
                    why="a quotation mark opens a cell here that takes in the lines below it",
                    fix="delete the quotation mark in this row, or close it at the end of the cell"))


def _swallows(cell: str, mark: str, beside: tuple[int, int], usual: int) -> bool:
    """Whether a later line of the cell has half the marks of a row, or its first and last line complete two rows."""
    first, *inner = [line.count(mark) for line in cell.splitlines()] or [0]
    if not inner or not usual:
        return False
    completes = beside[0] + first >= usual and inner[-1] + beside[1] >= usual and inner[-1] > 0
    return completes or max(inner) >= max(2, usual / 2)


def _decoded(path: Path, declared: str | None) -> tuple[str, str]:
    data = path.read_bytes()
    name = next((name for mark, name in _MARKED.items() if data.startswith(mark)), "")
    data = data.removeprefix(next((mark for mark in _MARKED if data.startswith(mark)), b""))
    if not name:
        _check_end(path, data)
        name = _found(path, data, declared)
    try:
        text = data.decode(name)
    except UnicodeDecodeError as error:
        if "end" in error.reason:
            raise damaged(path, say("the text ends inside a character")) from error
        raise not_readable(path, data, name, _separator(data.decode(name, "ignore"))) from error
    if "\x00" in text:
        raise InputError(Problem(file=path.name, why="the file holds bytes that are no text",
                                 fix="save it as CSV UTF-8 in the spreadsheet program"))
    return text, name


def _found(path: Path, data: bytes, declared: str | None) -> str:
    """The encoding of a text without a byte order mark; one that has a few bad bytes is known all the same."""
    known = codec(declared) if declared is not None else ""
    broken = encoding_with_few(data)
    if broken and known in {"", broken}:
        raise not_readable(path, data, broken, _separator(data.decode(broken, "ignore")))
    return find_encoding(Text(data), file=path.name, declared=declared).name


def _check_end(path: Path, data: bytes) -> None:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.reason == "unexpected end of data" and error.start > 0 and not data[: error.start].isascii():
            raise damaged(path, say("the text ends inside a character")) from error


def _separator(text: str) -> str:
    """The mark that parts most lines into the same number of cells; a title above the table may hold another."""
    lines = [line for line in text[:200_000].splitlines()[:_LOOKED_AT] if line.strip()]

    def agreement(mark: str) -> tuple[int, int]:
        counts = Counter(line.count(mark) for line in lines if mark in line)
        return max((lines_ * cells, cells) for cells, lines_ in counts.items()) if counts else (0, 0)

    return max(_SEPARATORS, key=lambda mark: (agreement(mark), mark == ","))
