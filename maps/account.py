"""How was each file read, and what became of its rows, in words that a planner checks?"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from gis.errors import runs_of
from gis.ledger import Reading
from layers.kinds import facility_kinds
from maps.texts import Texts, words

MANY = 12
"""Runs of rows that a line of text names; of more, only the first."""


@dataclass(frozen=True)
class Account:
    """One file in words: ``columns`` pairs our header with the file's, ``left_out`` a reason with its rows."""

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
    left_out: tuple[tuple[str, Sequence[int]], ...]

    @property
    def rows_left_out(self) -> int:
        """Rows that the result does not rest on."""
        return self.rows_in - self.rows_used


def accounts(readings: Iterable[Reading], texts: Texts) -> list[Account]:
    """The readings in words, in the order they were made."""
    return [_account(one, texts) for one in readings]


def row_ranges(rows: Iterable[int], texts: Texts, most: int | None = None) -> str:
    """Row numbers as runs, such as ``3–18, 25``; at most ``most`` runs."""
    runs = runs_of(rows)
    return texts("problem.join").join(runs[:most]) + (" …" if most is not None and len(runs) > most else "")


def account_line(one: Account, texts: Texts) -> str:
    """One file as a line of the terminal: what it is, its rows, and which of its columns mean what."""
    name = f"{one.file} [{one.sheet}]" if one.sheet else one.file
    line = texts("account.line", file=name, part=one.part, rows=one.rows_in, used=one.rows_used, left=one.rows_left_out)
    facts = [fact for fact in (one.encoding, one.crs, one.placed) if fact]
    renamed = [ours if ours == theirs else texts("account.column", field=ours, header=theirs)
               for ours, theirs in one.columns]
    details = [texts("problem.join").join(part) for part in (facts, renamed) if part]
    return "\n    ".join([line, *details])


def manifest_entry(one: Reading) -> dict[str, Any]:
    """One reading as the manifest keeps it: our names of fields, reasons in English, every row that was left out."""
    return {
        "file": one.file, "sheet": one.sheet, "read_as": one.part, "encoding": one.encoding, "crs": one.crs,
        "converted_from": one.converted, "offset": str(one.offset),
        "columns": {column.field: {"header": column.header, "how": column.how} for column in one.columns},
        "columns_not_read": list(one.unread), "rows_in": one.rows_in, "rows_used": one.rows_used,
        "rows_left_out": {str(why): list(rows) for why, rows in one.left_out.items()},
    }


def _part(part: str, texts: Texts) -> str:
    return texts(f"facility.{part}.title") if part in facility_kinds() else texts(f"account.part.{part}")


def _account(one: Reading, texts: Texts) -> Account:
    converted = texts("account.converted", system=one.converted) if one.converted else ""
    placed = [part for part in (converted, words(one.offset, texts.lang)) if part]
    return Account(
        file=one.file, sheet=one.sheet, part=_part(one.part, texts), encoding=one.encoding, crs=one.crs,
        placed=texts("problem.join").join(placed), rows_in=one.rows_in, rows_used=one.rows_used,
        columns=tuple((column.label, column.header) for column in one.columns), unread=one.unread,
        left_out=tuple((words(why, texts.lang), rows) for why, rows in one.left_out.items()))
