"""Which columns does a planner's table have, by whatever name, and what do they hold?

The list of fields, their aliases, types and units is data: ``layers/fields.toml``.
"""

import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import pandas as pd

from gis.errors import Cell, Problem, ProblemLog, Words, either, listed, say
from layers.columns.catalogue import Field, document, fields_of, not_read
from layers.columns.headers import ColumnMapping, header_key, match_columns
from layers.naming.names import normalised_name, normalised_names
from layers.reading.files import ROW
from layers.typed.cells import (
    Parsed,
    as_choice,
    as_count_or_yes_no,
    as_date,
    as_number,
    as_text,
    as_words,
    as_year,
    as_yes_no,
    printable,
)
from layers.typed.ids import dated_ids, rounded_ids
from layers.typed.numbers import NONE_OR_UNKNOWN, NOT_ONE_NUMBER, NumberRule
from layers.typed.personal import drop_personal, is_personal, masked
from layers.typed.words import LAST_YEAR, SHEET_FAULT, units_of

__all__ = ["Field", "columns_of", "fields_of", "header_key", "is_personal", "match_columns", "normalised_name",
           "normalised_names", "not_read", "read_fields"]

_LISTED = 12
_ROUNDED_BY_THEIR_READER = frozenset({"complaint_id"})
"""Ids of which their reader says what comes of it that a spreadsheet has rounded them."""

_FIX_OF_FAULT = {
    SHEET_FAULT: say("correct the formula in this cell, or write its value"),
    NOT_ONE_NUMBER: say("write one number, such as 1200, or leave the cell empty where it is not known"),
    NONE_OR_UNKNOWN: say("write 0 where there are none, or leave the cell empty where it is not known"),
}
_FIXES = {
    "count": say("write digits only, such as 1280, or leave the cell empty where it is not known"),
    "number": say("write digits only, such as 12.5, or leave the cell empty where it is not known"),
    "year": say("write the year in four digits, such as 1998, or leave the cell empty"),
    "yes_no": say("write 是 or 否, or leave the cell empty where it is not known"),
    "count_or_yes_no": say("write how many, such as 3, or 有 or 无; leave the cell empty where it is not known"),
    "date": say("write the day as 2026-10-31, or leave the cell empty"),
}


def read_fields(
    raw: pd.DataFrame, table: str, *, file: str, log: ProblemLog, sheet: str = "",
    required: Iterable[tuple[str, ...]] = (), data_year: int | None = None,
) -> pd.DataFrame:
    """Find our columns in a raw table and read their cells; say what is wrong, unknown or personal.

    Args:
        raw: cells as read; the planner's row number in ``ROW``, else features count from 1.
        table: which list of fields applies.
        file: name for messages.
        log: takes wrong cells and missing columns as errors, left-out and personal columns as warnings.
        sheet: name for messages; else the one that ``read_table`` noted.
        required: groups of field names, of each of which at least one column must be there.
        data_year: years after it are wrong.

    Returns:
        ``ROW`` and the fields found, in the order of the list, on the index of ``raw``: text as ``object`` (``""``
        where empty), dates as datetime, all else float (NaN is unknown, yes is 1). A wrong cell is unknown. A field
        with an interval also has ``<name>_low``, ``<name>_high`` (NaN where the cell says none) and ``<name>_round``
        (True where the number is not exact). Coordinates are the cells as they stand, for
        ``layers.placing.coordinates``. ``attrs`` holds ``personal``, the headers of columns that were left out as
        personal, and ``masked``, how many cells of which header something personal was taken out of.
    """
    known, sheet = fields_of(table), sheet or str(raw.attrs.get("sheet", ""))
    header_row = int(raw.attrs.get("header_row", 1))
    ids = {header for name, header in columns_of(raw, table).items() if name.endswith("_id")}
    cells = drop_personal(raw, file=file, sheet=sheet, log=log, ids=ids)
    columns = [name for name in cells.columns if name not in {ROW, "geometry"}]
    found = columns_of(cells, table)
    for problem in found.problems(file=file, sheet=sheet, row=header_row if "header_row" in raw.attrs else None):
        log.add(problem)
    _note_left_out(columns, found, file, sheet, log)
    for group in required:
        if not set(group) & set(found):
            wanted = either([known[name].label for name in group])
            log.add(Problem(file=file, sheet=sheet, row=header_row, column=wanted, why="this column is missing",
                            fix=say("add it; the columns found are {names}",
                                    names=listed(columns, _LISTED) or say("none"))))
    rows = (cells[ROW] if ROW in cells else pd.Series(range(1, len(cells) + 1), index=cells.index)).astype("int64")
    by_text = {str(name): cells[name].astype("object") for name in columns}
    clean, changed = _masked({found[name]: by_text[found[name]] for name in found if not name.endswith("_id")})
    by_text |= clean
    values: dict[str, Any] = {ROW: rows}
    for name, entry in known.items():
        if name in found and entry.type == "coordinate":
            values[name] = by_text[found[name]]
        elif name in found:
            parsed = _parse(by_text[found[name]], entry, data_year)
            values[name] = parsed.series
            if entry.interval:
                values |= {f"{name}_low": parsed.low, f"{name}_high": parsed.high, f"{name}_round": parsed.approximate}
            place = Problem(file=file, sheet=sheet, column=found[name], why="", fix=_fix(entry))
            _note_wrong(pd.DataFrame({"why": parsed.wrong, "row": rows, "value": by_text[found[name]]}), place, log)
            _note_reserved(by_text[found[name]], parsed, rows, place, log)
            if name.endswith("_id") and name not in _ROUNDED_BY_THEIR_READER:
                _note_spoilt(cells[found[name]], rows, place, log, of_table="header_row" in raw.attrs)
    fields = pd.DataFrame(values, index=cells.index)
    fields.attrs |= {"personal": tuple(str(name) for name in raw.columns if name not in cells), "masked": changed}
    return fields


def _masked(columns: dict[str, pd.Series]) -> tuple[dict[str, pd.Series], tuple[tuple[str, int], ...]]:
    """Columns without what is about a person, and of how many cells of which header something was taken out."""
    clean = {header: masked(cells) for header, cells in columns.items()}
    changed = {header: sum(one is not other for one, other in zip(clean[header], cells, strict=True))
               for header, cells in columns.items() if clean[header] is not cells}
    return clean, tuple(changed.items())


def _note_left_out(columns: list[Any], found: ColumnMapping, file: str, sheet: str, log: ProblemLog) -> None:
    """One warning for the columns that no field takes, but for those that every list has."""
    silent = {header_key(header) for header in not_read("headers")}
    left_out = [str(name) for name in columns if str(name) not in {*found.values(), *found.named}
                and header_key(str(name)) not in silent]
    if left_out:
        log.add(Problem(file=file, sheet=sheet, severity="warning", fix="nothing, unless one is meant to be read",
                        why=say("columns not read: {names}", names=listed(map(printable, left_out), _LISTED))))


def columns_of(raw: pd.DataFrame, table: str) -> ColumnMapping:
    """Which column of a raw table is which field, by its names and by what ``read_raw`` noted of them in ``attrs``."""
    headers = [str(name) for name in raw.columns if name not in {ROW, "geometry"}]
    return match_columns(headers, table, from_dbf=bool(raw.attrs.get("from_dbf")), cut=raw.attrs.get("cut", ()))


def _parse(cells: pd.Series, entry: Field, data_year: int | None) -> Parsed:
    words = {name: frozenset(listed) for name, listed in document()["cells"].items()}
    own = {one: frozenset(entry.choices.get(one, ())) for one in ("yes", "no")}
    parsers: dict[str, Callable[[], Parsed]] = {
        "text": lambda: as_words(cells),
        "count": lambda: as_number(cells, words["unknown"], NumberRule(units_of(entry.unit), whole=True)),
        "number": lambda: as_number(cells, words["unknown"], NumberRule(units_of(entry.unit), several=entry.several)),
        "year": lambda: as_year(cells, words["unknown"], data_year or LAST_YEAR),
        "yes_no": lambda: as_yes_no(cells, words["unknown"], *(words[one] | own[one] for one in ("yes", "no"))),
        "count_or_yes_no": lambda: as_count_or_yes_no(
            cells, words["unknown"], NumberRule(units_of(entry.unit), whole=True), words["yes"], words["no"]),
        "choice": lambda: as_choice(
            cells, words["unknown"], _words_of(entry), empty=entry.empty, otherwise=entry.otherwise),
        "date": lambda: as_date(cells, words["unknown"]),
    }
    return parsers[entry.type]()


def _words_of(entry: Field) -> dict[str, str]:
    pairs = [(word, value) for value, words in entry.choices.items() for word in (value, *words)]
    return {unicodedata.normalize("NFKC", "".join(word.casefold().split())): value for word, value in pairs}


def _fix(entry: Field) -> Words:
    first_words = tuple(words[0] for words in entry.choices.values())
    return _FIXES.get(entry.type, say("write one of {words}", words=first_words))


def _note_wrong(cells: pd.DataFrame, place: Problem, log: ProblemLog) -> None:
    wrong = cells[cells["why"].notna()]
    for why, row, value in zip(wrong["why"], wrong["row"], as_text(wrong["value"]), strict=True):
        fix = _FIX_OF_FAULT.get(why, place.fix)
        log.add(replace(place, why=why, row=int(row), value=value, fix=fix))


def _note_reserved(cells: pd.Series, parsed: Parsed, rows: pd.Series, place: Problem, log: ProblemLog) -> None:
    """One warning for a column's values that are read with a reservation, one for those of a day of their own."""
    def note(where: pd.Series, example: Any, why: Words, fix: Words) -> None:
        values = as_text(cells[where])
        found = tuple(Cell(place.file, place.sheet, int(row), value)
                      for row, value in zip(rows[where], values, strict=True))
        log.add(replace(place, row=int(rows.loc[example]), value=values.loc[example], why=why, fix=fix,
                        severity="warning", cells=found))

    vague = parsed.approximate
    if vague.any():
        ranges = vague & parsed.series.isna()
        label = (vague.index[ranges] if ranges.any() else vague.index[vague])[0]
        said = {"count": int(vague.sum()), "value": as_text(cells.loc[[label]]).iloc[0]}
        shown = {name: as_text(getattr(parsed, name).loc[[label]]).iloc[0] for name in ("series", "low", "high")}
        if ranges.any():
            why = say("{count} values are approximate, {ranges} of them ranges, such as {value}; a range is read as "
                      "unknown between {low} and {high}", ranges=int(ranges.sum()), low=shown["low"],
                      high=shown["high"], **said)
        else:
            why = say("{count} values are approximate, such as {value}; read as {read}", read=shown["series"], **said)
        note(vague, label, why, say("write the exact value where it is known, else nothing"))
    dated = parsed.as_of != ""
    if dated.any():
        label = dated.index[dated][0]
        why = say("{count} values are of a day that stands beside them, such as {value}; read as {read}",
                  count=int(dated.sum()), value=as_text(cells.loc[[label]]).iloc[0],
                  read=as_text(parsed.series.loc[[label]]).iloc[0])
        note(dated, label, why, say("nothing, unless the numbers must be of one day"))


def _note_spoilt(cells: pd.Series, rows: pd.Series, place: Problem, log: ProblemLog, *, of_table: bool) -> None:
    """Ids that a spreadsheet has changed: two may have become one, and none is found in another file."""
    rounded, dated = rounded_ids(cells, of_table=of_table), dated_ids(cells)
    said = (
        (rounded, say("{count} ids were stored as numbers, of which a spreadsheet keeps 15 digits",
                      count=int(rounded.sum()))),
        (dated, say("{count} ids have become dates in a spreadsheet, as 3-1 does", count=int(dated.sum()))))
    for spoilt, why in said:
        if spoilt.any():
            label = spoilt.index[spoilt][0]
            log.add(replace(
                place, row=int(rows[label]), value=as_text(cells.loc[[label]]).iloc[0], severity="warning",
                why=why, fix=say("make the column text, and export or type the ids again")))
