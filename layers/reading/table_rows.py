"""Where in a sheet are the column names, which rows below them are data, and what else stands there?

Offices put titles above a table, two rows of headers over it, numbers of columns, totals and signatures below it. Each
such row is left out with the reason and keeps its place in the count: row numbers are the planner's.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import pandas as pd

from gis.errors import Cell, InputError, Problem, Words, say
from layers.assumptions import assumed
from layers.columns.catalogue import fields_of, not_read
from layers.columns.field_guide import marked_fields
from layers.columns.headers import explains, field_count, header_key, is_header, joined_header, match_columns
from layers.reading.table_notes import area_headings, footers, is_total_row, many_in_one
from layers.typed.cells import printable

ROW = "_row"
"""Column of a raw table that holds the planner's row number: the header is row 1."""

_SEARCHED, _FEWEST, _MOST_HEADERS, _WIDE = (
    int(assumed("sheets", name)) for name in ("searched_rows", "header_names", "header_rows", "wide_cells"))
_MOST_COLUMNS = 16_384  # of a sheet of Excel
_SHOWN = 80
_SHARED_BY_ROWS = frozenset({"text", "choice", "yes_no", "year", "date"})

_ABOVE = say("this row stands above the column names")
_NUMBERS = say("this row numbers the columns")
_AGAIN = say("this row repeats the column names")
_EXPLAINS = say("this row gives units, codes or remarks of the columns")
_TOTAL = say("this row is a total")
_ACROSS = say("this row is a heading or a note across the table")
_BELOW = say("this row is a note below the table")
_AREA = say("this row stands for a community or street, not for an estate")
_NUMBERED = say("this row holds a number or a remark and nothing else")

Range = tuple[tuple[int, int], tuple[int, int]]


@dataclass(frozen=True)
class Cells:
    """All cells of one sheet from A1 on; ``merged`` are ranges of row and column, both counted from 0.

    ``cut_short``: the text ends without a line break, so that the last row may not be whole.
    """

    rows: list[list[Any]]
    sheet: str = ""
    merged: Sequence[Range] = ()
    cut_short: bool = False
    notes: tuple[Problem, ...] = ()


@dataclass(frozen=True)
class Table:
    """The data rows with ``ROW``, the row of the column names, the rows left out, and what was doubtful."""

    frame: pd.DataFrame
    header_row: int
    left_out: tuple[tuple[int, Words], ...] = ()
    notes: tuple[Problem, ...] = ()


class _Head(NamedTuple):
    first: int
    last: int
    names: list[Any]
    fields: int


@dataclass
class _Body:
    """Rows by their place, and why others were left out."""

    rows: dict[int, list[Any]]
    left_out: dict[int, Words] = field(default_factory=dict)

    def leave_out(self, places: Iterator[int] | Sequence[int], why: Words) -> None:
        for place in list(places):
            self.rows.pop(place)
            self.left_out[place] = why


def fields_named(cells: Cells, table: str) -> int:
    """How many fields of a list the sheet's headers name."""
    return _head(cells.rows[: _SEARCHED + 1], table).fields


class _Place(NamedTuple):
    """Where a problem of a table stands."""

    file: str
    sheet: str


def as_table(cells: Cells, table: str, *, file: str) -> Table:
    """The table in a sheet; without a list of fields (``""``) row 1 holds the names and all below is data.

    Raises:
        InputError: there are no rows, rows that are wider than the header, two columns of one name, or amounts in
            thousands.
    """
    _check_columns(cells, file)
    head = _head(cells.rows, table)
    if table:
        _check_units(cells, head, file)
    body = _Body({place: row for place, row in enumerate(cells.rows) if place > head.last and _filled(row)})
    if table:
        above = [place for place, row in enumerate(cells.rows[: head.first]) if _filled(row)]
        body.left_out.update(dict.fromkeys(above, _ABOVE))
        _leave_out_what_is_no_data(body, head, cells, table)
    place = _Place(file, cells.sheet)
    if table:
        _check_second_table(body, head, table, place)
    if not body.rows:
        raise InputError(_no_rows(place))
    _check_widths(body, len(head.names), cells, place)
    names = _column_names(head, body, table, place)
    notes = (*_headings(body, place), *_fill_merged(body, cells, names, table, place)) if table else ()
    whole = list(names) == list(range(len(head.names)))
    rows = [row if whole and len(row) == len(names) else [_at(row, column) for column in names]
            for row in body.rows.values()]
    frame = pd.DataFrame(rows, columns=pd.Index(list(names.values()), dtype="object"), dtype=object)
    frame[ROW] = [place + 1 for place in body.rows]
    frame.attrs.update({"sheet": cells.sheet, "header_row": head.last + 1})
    return Table(frame, head.last + 1, tuple(sorted((place + 1, why) for place, why in body.left_out.items())),
                 (*cells.notes, *notes))


def _check_columns(cells: Cells, file: str) -> None:
    widest = max(range(len(cells.rows)), key=lambda place: len(cells.rows[place]), default=0)
    if cells.rows and len(cells.rows[widest]) > _MOST_COLUMNS:
        raise InputError(Problem(
            file=file, sheet=cells.sheet, row=widest + 1, fix="delete what stands to the right of the table",
            why=say("this row has {count} cells, more than any sheet has columns", count=len(cells.rows[widest]))))


def _check_second_table(body: _Body, head: _Head, table: str, at: _Place) -> None:
    """Refuse a row of other column names below the first: what stands under them would be read as something else."""
    known = {str(name) for name in head.names if name is not None}
    known |= {alias for entry in fields_of(table).values() for alias in entry.aliases}
    for place, row in body.rows.items():
        if known.isdisjoint(row):
            continue
        texts = [cell for cell in row if isinstance(cell, str)]
        if sum(cell in known for cell in texts) >= _FEWEST and (
                len(texts) == len(_filled(row)) and field_count(texts, table) >= _FEWEST):
            raise InputError(Problem(
                file=at.file, sheet=at.sheet, row=place + 1, value="、".join(texts)[:_SHOWN],
                why="a second table with other columns begins here",
                fix="put it into a sheet of its own, or its rows under the columns of the first table"))


def _headings(body: _Body, at: _Place) -> tuple[Problem, ...]:
    rows = [place + 1 for place, why in body.left_out.items() if why == _AREA]
    if not rows:
        return ()
    return (Problem(
        file=at.file, sheet=at.sheet, row=rows[0], severity="warning", fix="nothing, if none of them is an estate",
        cells=tuple(Cell(at.file, at.sheet, row, "") for row in rows),
        why=say("{count} rows stand for a community or street, not for an estate, and were left out",
                count=len(rows))),)


def _check_units(cells: Cells, head: _Head, file: str) -> None:
    for place, row in enumerate(cells.rows[: head.first]):
        if unit := many_in_one(row):
            raise InputError(Problem(
                file=file, sheet=cells.sheet, row=place + 1, value=unit,
                why=say("the amounts of this table are in {unit}; only single persons, households and things are read",
                        unit=unit),
                fix="write all amounts in ones (3100, not 0.31) and correct this line, for example to 单位：人、户"))


def _no_rows(at: _Place) -> Problem:
    return Problem(file=at.file, sheet=at.sheet, why="the table has no rows",
                   fix="put the column names in row 1 and the data below")


def _head(rows: list[list[Any]], table: str) -> _Head:
    """The one to three rows that name most fields, at least two and more than any others; else the first."""
    first = _Head(0, 0, rows[0] if rows else [], field_count(rows[0], table) if rows and table else 0)
    if not table:
        return first
    options = []
    for place, row in enumerate(rows[:_SEARCHED]):
        options.append(_Head(place, place, row, field_count(row, table)))
        for last in range(place + 1, min(place + _MOST_HEADERS, len(rows))):
            names = _joined(rows[place : last + 1], table)
            if names is not None and (count := field_count(names, table)) >= options[-1].fields:
                options[-1] = _Head(place, last, names, count)
    most = max((one.fields for one in options), default=0)
    best = [one for one in options if one.fields == most]
    best = [one for one in best if not any(other.first < one.first <= other.last for other in best)]
    alone = len(best) == 1 or all(_filled(one.names) == _filled(best[0].names) for one in best)
    return best[0] if most >= _FEWEST and alone else first


def _joined(rows: Sequence[list[Any]], table: str) -> list[Any] | None:
    """The headers of rows each of which only divides groups of the one above; None where one does not."""
    width = max(map(len, rows))
    levels = [row + [None] * (width - len(row)) for row in rows]
    heads: list[list[int]] = []  # of each row the place of the cell that heads a column
    for level, row in enumerate(levels):
        above = heads[-1] if heads else [0] * width
        if level and not _divides(row, above, levels[level - 1], table):
            return None
        own: list[int] = []
        for place, cell in enumerate(row):
            begins = cell is not None or not own or above[place] != above[place - 1]
            own.append(place if begins else own[-1])
        heads.append(own)
    names = [_header_of(place, levels, heads, table) for place in range(width)]
    lowest = [name for name, part in zip(names, levels[-1], strict=True) if part is not None]
    return names if any(is_header(one, table) for one in [*levels[-1], *lowest]) else None


def _divides(row: list[Any], above: list[int], over: list[Any], table: str) -> bool:
    """Whether a row divides groups of the row over it, and perhaps says more of other columns, but none of a name.

    ``above`` is the place of the cell over it that heads each column.
    """
    filled = [place for place, part in enumerate(row) if part is not None]
    if not all(isinstance(row[place], str) and over[above[place]] is not None for place in filled):
        return False
    alone = [place for place in filled if above.count(above[place]) == 1]
    names = match_columns([str(cell) for cell in _filled(over)], table)
    marked = {names.get(field) for field in marked_fields(table)}
    return not alone or (len(filled) - len(alone) >= _FEWEST and not any(
        over[place] in marked or any(sign.isdigit() for sign in row[place]) for place in alone))


def _header_of(place: int, levels: list[list[Any]], heads: list[list[int]], table: str) -> Any:
    """The header of one column: its lowest cell with those of its groups above it."""
    own = max((level for level, row in enumerate(levels) if row[place] is not None), default=None)
    if own is None:
        return None
    groups = [levels[level][heads[level][place]] for level in range(own)]
    over = [str(group) for group in groups if group is not None]
    return joined_header(over, levels[own][place], table) if over else levels[own][place]


def _leave_out_what_is_no_data(body: _Body, head: _Head, cells: Cells, table: str) -> None:
    own = _filled(head.names)
    mapping = match_columns([str(name) for name in own], table)
    names = {place: str(name) for place, name in enumerate(head.names) if name is not None}
    fields = {header: field for field, header in mapping.items()}
    kinds = {place: fields_of(table)[fields[name]].type for place, name in names.items() if name in fields}
    keys = {place for place, name in names.items() if fields.get(name) in marked_fields(table)}
    silent_keys = {header_key(one) for one in not_read("headers")}
    silent = {place for place, name in names.items() if header_key(name) in silent_keys}
    wide = {start[0] for start, end in cells.merged if end[1] - start[1] + 1 >= _WIDE}
    if body.rows and _counts(_filled(body.rows[next(iter(body.rows))])):
        body.leave_out([next(iter(body.rows))], _NUMBERS)
    if body.rows and _explains(body.rows[next(iter(body.rows))], names, fields, table):
        body.leave_out([next(iter(body.rows))], _EXPLAINS)
    body.leave_out(_repeated(body, [own, *cells.rows[head.first : head.last + 1]]), _AGAIN)
    body.leave_out([place for place in sorted(wide & body.rows.keys()) if len(_filled(body.rows[place])) == 1], _ACROSS)
    body.leave_out([place for place, row in body.rows.items() if is_total_row(row, kinds, keys)], _TOTAL)
    body.leave_out(footers(body.rows, len(head.names), kinds, keys), _BELOW)
    if table == "roster":
        called = [place for place, name in names.items() if fields.get(name) == "name"]
        body.leave_out(area_headings(body.rows, kinds, called), _AREA)
    if silent:
        body.leave_out([place for place, row in body.rows.items()
                        if all(cell is None or column in silent for column, cell in enumerate(row))], _NUMBERED)


def _repeated(body: _Body, heads: Sequence[list[Any]]) -> list[int]:
    """The places of rows that repeat the headers, or one of their rows, as on every printed page."""
    said = {tuple(header_key(str(cell)) for cell in _filled(row)) for row in heads if _filled(row)}
    words = {cell for row in heads for cell in _filled(row)}
    return [place for place, row in body.rows.items() if not words.isdisjoint(row)
            and tuple(header_key(str(cell)) for cell in _filled(row)) in said]


def _explains(row: list[Any], names: dict[int, str], fields: dict[str, str], table: str) -> bool:
    """True of a row of units, remarks or other names of the same columns, such as codes, below the headers."""
    filled = {place: cell for place, cell in enumerate(row) if cell is not None}
    if len(filled) < _FEWEST or not all(isinstance(cell, str) for cell in filled.values()):
        return False
    again = match_columns([*filled.values()], table)
    same = sum(again.get(fields.get(names.get(place, ""), "")) == cell for place, cell in filled.items())
    return same >= _FEWEST or all(explains(cell) for cell in filled.values())


def _counts(cells: list[Any]) -> bool:
    """True of 1, 2, 3, … or 甲, 乙, 1, 2, …, by which forms number their columns."""
    words = [str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell).strip("()（） ")
             for cell in cells]
    letters = not_read("column_letters")
    lettered = next((place for place, word in enumerate(words) if place >= len(letters) or word != letters[place]),
                    len(words))
    rest = words[lettered:]
    return len(words) >= _WIDE and rest == [str(number) for number in range(1, len(rest) + 1)]


def _check_widths(body: _Body, width: int, cells: Cells, at: _Place) -> None:
    last = len(cells.rows) - 1
    if cells.cut_short and last in body.rows and len(cells.rows[last]) < width:
        raise InputError(Problem(
            file=at.file, row=last + 1,
            fix="export or copy it again; if the row is whole, end it with a line break",
            why=say("the file ends inside this row, after {count} of {total} cells", count=len(cells.rows[last]),
                    total=width)))
    long = [place + 1 for place, row in body.rows.items() if any(cell is not None for cell in row[width:])]
    if long:
        raise InputError(Problem(file=at.file, sheet=at.sheet, row=long[0],
                                 why=say("{count} rows have more cells than there are column names", count=len(long)),
                                 fix="put quotes around cells that hold a comma"))


def _column_names(head: _Head, body: _Body, table: str, at: _Place) -> dict[int, str]:
    """The name of each column that has one or holds something, by its place."""
    holding = {column for row in body.rows.values() for column, cell in enumerate(row) if cell is not None}
    said = {place: re.sub(r"\s*[\r\n]+\s*", "", printable(str(name))).strip()
            for place, name in enumerate(head.names) if name is not None}
    names = {place: said.get(place) or f"column {letters(place)}"
             for place in range(len(head.names)) if place in said or place in holding}
    twice = {name for name in names.values() if list(names.values()).count(name) > 1}
    clash = sorted(name for name in twice if not table or is_header(name, table))
    if clash:
        raise InputError([Problem(file=at.file, sheet=at.sheet, row=head.last + 1, column=name,
                                  why="two columns have this name", fix="rename or delete one of them")
                          for name in clash])
    return {place: f"{name} ({letters(place)})" if name in twice or name == ROW else name
            for place, name in names.items()}


def _fill_merged(
    body: _Body, cells: Cells, names: dict[int, str], table: str, at: _Place,
) -> tuple[Problem, ...]:
    """Write what a merged cell says into the rows it spans, except amounts, which would be counted several times."""
    mapping = match_columns(names.values(), table)
    types = {header: fields_of(table)[name].type for name, header in mapping.items()}
    filled, shared = [], []
    for (top, column), (bottom, _) in cells.merged:
        rows = [place for place in range(top + 1, bottom + 1) if place in body.rows]
        kind = types.get(names.get(column, ""), "")
        if not rows or top not in body.rows or not kind or (value := _at(body.rows[top], column)) is None:
            continue
        if kind not in _SHARED_BY_ROWS:
            shared.append((top + 1, names[column]))
            continue
        for place in rows:
            body.rows[place] = _with(body.rows[place], column, value)
        filled.append((rows[0] + 1, names[column], len(rows)))
    notes = []
    if filled:
        notes.append(Problem(
            file=at.file, sheet=at.sheet, row=filled[0][0], column=filled[0][1], severity="warning",
            why=say("{count} cells were filled from the merged cell above them", count=sum(one[2] for one in filled)),
            fix="nothing, if the merged cells mean all their rows; else split them"))
    if shared:
        notes.append(Problem(
            file=at.file, sheet=at.sheet, row=shared[0][0], column=shared[0][1], severity="warning",
            why=say("{count} amounts stand in cells merged over several rows; each is read for its first row alone",
                    count=len(shared)),
            fix="split the merged cells and write each row's own amount"))
    return tuple(notes)


def blank_to_none(cell: Any) -> Any:
    """A cell, None where it holds nothing but spaces or is no number."""
    if isinstance(cell, str):
        return cell if cell.strip() else None
    return None if cell is None or cell != cell else cell  # noqa: PLR0124 - NaN is the only value unlike itself


def letters(place: int) -> str:
    """The letters by which a spreadsheet calls a column, counted from 0."""
    quotient, rest = divmod(place, 26)
    return (letters(quotient - 1) if quotient else "") + chr(ord("A") + rest)


def _filled(row: list[Any]) -> list[Any]:
    return [cell for cell in row if cell is not None]


def _at(row: list[Any], column: int) -> Any:
    return row[column] if column < len(row) else None


def _with(row: list[Any], column: int, value: Any) -> list[Any]:
    longer = row + [None] * (column + 1 - len(row))
    return [*longer[:column], value, *longer[column + 1 :]]
