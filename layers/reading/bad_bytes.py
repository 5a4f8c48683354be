"""Which bytes of a text table are no characters, and in which row and column do they stand?"""

import csv
import io
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from gis.errors import Cell, InputError, Problem, say
from layers.reading.table_rows import letters

_MOST, _FEW = 100, 20
"""Bad places that are looked for, and characters beyond ASCII that there must be for each where a text is known."""
_MARK = "\x00"


def bad_places(data: bytes, name: str) -> list[tuple[int, int]]:
    """From where to where the bytes are no text in that encoding, the first hundred."""
    return list(islice(_bad_places(data, name), _MOST))


def encoding_with_few(data: bytes) -> str:
    """UTF-8 or GB18030 where the text is in it but for very few bytes; ``""`` where it is wholly so, or not nearly.

    No other text is so nearly either. UTF-8 comes first: its bytes are often GB18030 by chance, if other characters.
    """
    for name in ("utf-8", "gb18030"):
        places = bad_places(data, name)
        if not places:
            return ""
        if len(places) < _MOST:
            text = "".join(_pieces(data, name, places))
            if len(places) * _FEW <= len(text) - len(text.encode("ascii", "ignore")):
                return name
    return ""


def not_readable(path: Path, data: bytes, name: str, mark: str) -> InputError:
    """The one message for bytes that are no text: the row, the column and the bytes of each, as far as can be told.

    Args:
        path: the file, for messages.
        data: its bytes without a byte order mark.
        name: the encoding that they ought to be in.
        mark: what parts the cells.
    """
    places = bad_places(data, name)
    rows = _rows(_MARK.join(_pieces(data, name, places)), mark)
    found = [(row, column) for row, cells in enumerate(rows) for column, cell in enumerate(cells)
             for _ in range(cell.count(_MARK))]
    shown = [data[start:end].hex(" ").upper() for start, end in places]
    cells = tuple(Cell(path.name, "", row + 1, text) for (row, _), text in zip(found, shown, strict=False))
    row, column = found[0]
    return InputError(Problem(
        file=path.name, row=row + 1, column=_header(rows, row, column), value=shown[0], cells=cells,
        why=say("{count} places hold bytes that are no text in {encoding}, the encoding of the rest", count=len(places),
                encoding=name.upper()),
        fix="type what stands in these cells anew in the spreadsheet program and save the file as CSV UTF-8"))


def _bad_places(data: bytes, name: str) -> Iterator[tuple[int, int]]:
    at, view = 0, memoryview(data)
    while at < len(data):
        try:
            str(view[at:], name)
        except UnicodeDecodeError as error:
            yield at + error.start, at + error.end
            at += error.end
        else:
            return


def _pieces(data: bytes, name: str, places: list[tuple[int, int]]) -> list[str]:
    """The text between the bad places, what comes after the last one that was looked for as far as it goes."""
    starts, ends = [0, *(end for _, end in places)], [*(start for start, _ in places), len(data)]
    return [data[start:end].decode(name, "ignore") for start, end in zip(starts, ends, strict=True)]


def _rows(text: str, mark: str) -> list[list[str]]:
    try:
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=mark))
    except csv.Error:  # such as a cell that is too long
        return [line.split(mark) for line in text.splitlines()]


def _header(rows: list[list[str]], row: int, column: int) -> str:
    """What the first row of several cells calls the column, else its letters."""
    head = next((cells for cells in rows[:row] if sum(map(bool, cells)) > 1), [])
    name = head[column].strip() if column < len(head) else ""
    return name if name and _MARK not in name else letters(column)
