"""Where in a sheet are the column names, which rows below them are data, and what else stands there?

Offices put titles above a table, two rows of headers over it, numbers of columns, totals and signatures below it. Each
such row is left out with the reason and keeps its place in the count: row numbers are the planner's.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import pandas as pd

from gis.errors import InputError, Problem, Words, say
from layers.columns.catalogue import fields_of, not_read
from layers.columns.field_guide import marked_fields
from layers.columns.headers import field_count, header_key, is_header, joined_header, match_columns
from layers.reading.table_notes import footers, is_total_row, many_in_one
from layers.typed.cells import printable

ROW = "_row"
"""Column of a raw table that holds the planner's row number: the header is row 1."""

_SEARCHED, _FEWEST = 15, 2
_MOST_COLUMNS = 16_384  # of a sheet of Excel
_WIDE = 3
_COUNTING = tuple("甲乙丙丁戊己庚辛")
_SHARED_BY_ROWS = frozenset({"text", "choice", "yes_no", "year", "date"})

_ABOVE = say("this row stands above the column names")
_NUMBERS = say("this row numbers the columns")
_AGAIN = say("this row repeats the column names")
_TOTAL = say("this row is a total")
_ACROSS = say("this row is a heading or a note across the table")
_BELOW = say("this row is a note below the table")
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
    if not body.rows:
        raise InputError(_no_rows(place))
    _check_widths(body, len(head.names), cells, place)
    names = _column_names(head, body, table, place)
    notes = _fill_merged(body, cells, names, table, place) if table else ()
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
    """The row, or two, that name most fields of the list, at least two and more than any other; else the first."""
    first = _Head(0, 0, rows[0] if rows else [], field_count(rows[0], table) if rows and table else 0)
    if not table:
        return first
    options = []
    for place, row in enumerate(rows[:_SEARCHED]):
        options.append(_Head(place, place, row, field_count(row, table)))
        below = rows[place + 1] if place + 1 < len(rows) else []
        names = _joined(row, below, table)
        if names is not None and (count := field_count(names, table)) >= options[-1].fields:
            options[-1] = _Head(place, place + 1, names, count)
    most = max((one.fields for one in options), default=0)
    best = [one for one in options if one.fields == most]
    best = [one for one in best if not any(other.first < one.first == other.last for other in best)]
    alone = len(best) == 1 or all(_filled(one.names) == _filled(best[0].names) for one in best)
    return best[0] if most >= _FEWEST and alone else first


def _joined(above: list[Any], below: list[Any], table: str) -> list[Any] | None:
    """The headers of two rows, where the lower one only divides groups of the upper one; None where it does not."""
    width = max(len(above), len(below))
    groups, parts = above + [None] * (width - len(above)), below + [None] * (width - len(below))
    spans, owner = _spans(groups)
    divides = all(part is None or (isinstance(part, str) and spans.get(owner[place], 0) > 1)
                  for place, part in enumerate(parts))
    if not divides or not any(is_header(part, table) for part in parts):
        return None
    return [groups[place] if part is None else joined_header(str(groups[owner[place]]), part, table)
            for place, part in enumerate(parts)]


def _spans(groups: list[Any]) -> tuple[dict[int, int], list[int]]:
    """Of each filled cell how many columns it heads, up to the next filled one; and of each column by which."""
    owner: list[int] = []
    for place, cell in enumerate(groups):
        owner.append(place if cell is not None or not owner else owner[-1])
    spans = {place: owner.count(place) for place in set(owner) if groups[place] is not None}
    return spans, owner


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
    first = next(iter(body.rows), None)
    if first is not None and _counts(_filled(body.rows[first])):
        body.leave_out([first], _NUMBERS)
    body.leave_out([place for place, row in body.rows.items() if own and own[0] in row and _filled(row) == own], _AGAIN)
    body.leave_out([place for place in sorted(wide & body.rows.keys()) if len(_filled(body.rows[place])) == 1], _ACROSS)
    body.leave_out([place for place, row in body.rows.items() if is_total_row(row, kinds, keys)], _TOTAL)
    body.leave_out(footers(body.rows, len(head.names), kinds), _BELOW)
    if silent:
        body.leave_out([place for place, row in body.rows.items()
                        if all(cell is None or column in silent for column, cell in enumerate(row))], _NUMBERED)


def _counts(cells: list[Any]) -> bool:
    """True of 1, 2, 3, … or 甲, 乙, 1, 2, …, by which forms number their columns."""
    words = [str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell).strip("()（） ")
             for cell in cells]
    lettered = next((place for place, word in enumerate(words) if place >= len(_COUNTING)
                     or word != _COUNTING[place]), len(words))
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
