"""How was each file read, and what became of its rows, in words that a planner checks?"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from gis.errors import runs_of
from gis.ledger import Reading
from layers.kinds import facility_kinds
from maps.texts import Texts, words

MANY = 12
"""Runs of rows that a line of text names; of more, only the first."""
_REASONS = 5
"""Reasons for which rows were left out that the terminal names; ``problems.xlsx`` has all of them."""


@dataclass(frozen=True)
class Account:
    """One file in words: ``columns`` pairs our header with the file's, ``left_out`` a reason with its rows.

    ``notes`` is what else there is to know of how it was read.
    """

    file: str
    sheet: str
    part: str
    encoding: str
    crs: str
    placed: str
    rows_in: int
    rows_used: int
    columns: tuple[tuple[str, str], ...]
    unread: tuple[str, ...]
    personal: str
    masked: str
    left_out: tuple[tuple[str, Sequence[int | str]], ...]
    notes: str = ""

    @property
    def rows_left_out(self) -> int:
        """Rows that the result does not rest on."""
        return self.rows_in - self.rows_used


def accounts(readings: Iterable[Reading], texts: Texts) -> list[Account]:
    """The readings in words, in the order they were made."""
    return [_account(one, texts) for one in readings]


def row_ranges(rows: Iterable[int | str], texts: Texts, most: int | None = None) -> str:
    """Row numbers as runs, such as ``3–18, 25``, and objects by their names; at most ``most`` of them."""
    if isinstance(rows, range):
        runs = runs_of(rows)
    else:
        every = list(rows)
        runs = [*runs_of(one for one in every if isinstance(one, int)), *(one for one in every if isinstance(one, str))]
    return texts("problem.join").join(runs[:most]) + (" …" if most is not None and len(runs) > most else "")


def rows_named(rows: Sequence[int | str], texts: Texts) -> str:
    """Row numbers as a sentence calls them, such as ``rows 3–18, 25``; objects by their ids; the first of many."""
    said = row_ranges(rows, texts, MANY)
    return said if rows and isinstance(rows[0], str) else texts("problem.row", row=said)


def account_lines(read: Iterable[Account], texts: Texts) -> Iterator[str]:
    """Each file as lines of the terminal: what it is, its rows, and which of its columns mean what.

    A file that is read as many things by itself, as OSM's are, has one line for all of them.
    """
    by_file: dict[str, list[Account]] = {}
    for one in read:
        alone = any((one.columns, one.sheet, one.notes))
        key = f"{one.file} [{one.sheet}] {one.part} {one.notes}" if alone else one.file
        by_file.setdefault(key, []).append(one)
    for some in by_file.values():
        yield _line(some[0], texts) if len(some) == 1 else texts(
            "account.objects", file=some[0].file, parts=texts("problem.join").join(
                texts("account.part_used" if one.rows_left_out else "account.part_all", part=one.part,
                      rows=one.rows_in, used=one.rows_used) for one in some if one.rows_in))


def _line(one: Account, texts: Texts) -> str:
    name = f"{one.file} [{one.sheet}]" if one.sheet else one.file
    line = texts("account.line", file=name, part=one.part, rows=one.rows_in, used=one.rows_used, left=one.rows_left_out)
    facts = [fact for fact in (one.encoding, one.crs, one.placed) if fact]
    renamed = [ours if ours == theirs else texts("account.column", field=ours, header=theirs)
               for ours, theirs in one.columns]
    left_out = [texts("account.left", why=why, rows=rows_named(rows, texts)) for why, rows in one.left_out[:_REASONS]]
    details = [texts("problem.join").join(part) for part in (facts, renamed, [one.notes] * bool(one.notes)) if part]
    return "\n    ".join([line, *details, *left_out, *hidden(one, texts)])


def hidden(one: Account, texts: Texts) -> list[str]:
    """What a file holds about persons, as sentences: columns that were left out, cells that were masked."""
    said = {"account.personal": one.personal, "account.masked": one.masked}
    return [texts(key, names=names) for key, names in said.items() if names]


def estate_rows(readings: Iterable[Reading], texts: Texts) -> Iterator[tuple[str | int | None, ...]]:
    """Each estate with its rows: id, name, row of the outlines, of the roster, of the list of places, what joined them.

    Nothing where the estates were read from OSM alone.
    """
    every = list(readings)
    joins = next((one.joins for one in every if one.joins is not None), None)
    if joins is None:
        return
    rows = {part: next((one.row_of.to_dict() for one in every if one.part == part and one.row_of is not None), {})
            for part in ("estates", "roster", "located")}
    for key, name, by in zip(joins.index, joins["name"], joins["by"], strict=True):
        yield str(key), name, *(rows[part].get(key) for part in rows), texts(f"account.joined.{by or 'nothing'}")


def manifest_entry(one: Reading) -> dict[str, Any]:
    """One reading as the manifest keeps it: our names of fields, reasons in English, every row that was left out."""
    joins = {} if one.joins is None else {"joined_by": one.joins["by"].replace("", "nothing").value_counts().to_dict()}
    return {
        "file": one.file, "sheet": one.sheet, "read_as": one.part, "encoding": one.encoding, "crs": one.crs,
        "converted_from": one.converted, "converted_rows": dict(one.converted_rows), "offset": str(one.offset),
        "columns": {column.field: {"header": column.header, "how": column.how} for column in one.columns},
        "columns_not_read": list(one.unread), "columns_about_persons": list(one.personal),
        "cells_masked": dict(one.masked), "rows_in": one.rows_in, "rows_used": one.rows_used,
        "rows_left_out": {str(why): runs_of(rows) if isinstance(rows, range) else list(rows)
                          for why, rows in one.left_out.items()},
        "notes": [str(note) for note in one.notes], **joins,
    }


def _part(part: str, texts: Texts) -> str:
    return texts(f"facility.{part}.title") if part in facility_kinds() else texts(f"account.part.{part}")


def _converted(one: Reading, texts: Texts) -> str:
    """The system that the places were converted from, or of each how many rows were; ``""`` where none was."""
    counts = [texts("account.converted_count", system=name, rows=rows) for name, rows in one.converted_rows.items()]
    systems = texts("problem.join").join(counts) or one.converted
    return texts("account.converted", system=systems) if systems else ""


def _account(one: Reading, texts: Texts) -> Account:
    placed = [part for part in (_converted(one, texts), words(one.offset, texts.lang)) if part]
    return Account(
        file=one.file, sheet=one.sheet, part=_part(one.part, texts), encoding=one.encoding, crs=one.crs,
        placed=texts("problem.join").join(placed), rows_in=one.rows_in, rows_used=one.rows_used,
        columns=tuple((column.label, column.header) for column in one.columns), unread=one.unread,
        personal=texts("problem.join").join(one.personal),
        masked=texts("problem.join").join(texts("account.cells", header=header, count=count)
                                          for header, count in one.masked),
        left_out=tuple((words(why, texts.lang), rows) for why, rows in one.left_out.items()),
        notes=texts("problem.join").join(words(note, texts.lang) for note in one.notes))
