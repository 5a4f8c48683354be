"""How is what is doubtful about many rows said once, with the file it stands in and a few of the rows named?"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import pandas as pd

from gis.errors import Cell, Problem, ProblemLog, Severity, Words
from gis.ledger import Reading
from layers.columns.catalogue import fields_of

_NAMED = 10
ESTATES, OUTLINES = ("roster", "estates"), ("estates", "located", "roster")
"""What the figures and what the places of an estate are read from; the first of them wins."""


@dataclass(frozen=True)
class Doubts:
    """Where doubts are noted. ``file`` is named for what no file was read as: the OSM extract, or ``""``."""

    log: ProblemLog
    file: str = ""

    def add(
        self, examples: "pd.Series[str] | Mapping[str, str]", *, why: Words | str, fix: Words | str,
        parts: Iterable[str] = ESTATES, field: str = "", table: str = "roster", severity: Severity = "warning",
    ) -> None:
        """Note one problem of several rows, of which the first are named.

        Args:
            examples: how each row is called and what stands in it, by the id it is known by.
            why: what is doubtful, with the number of rows.
            fix: what the planner can do.
            parts: what the file was read as (``Reading.part``); of several, the first that has the field.
            field: the column, by our name; the file's own header is shown.
            table: the list of fields it belongs to.
            severity: an error only where a result would be wrong for certain.
        """
        read = self._read_as(tuple(parts), field)
        header = fields_of(table)[field].label if field else ""
        found = next((one.header for reading in read for one in reading.columns if one.field == field), header)
        every = pd.Series(examples, dtype="object")
        cells = tuple(self._cells(every, read, parts))
        files = list(dict.fromkeys((one.file, one.sheet) for one in cells)) or self._places(read)
        named = list(dict.fromkeys(every))
        self.log.add(Problem(
            file=", ".join(dict.fromkeys(file for file, _ in files)), sheet=files[0][1] if len(files) == 1 else "",
            row=cells[0].row if len(cells) == 1 else None, column=found, why=why, fix=fix, severity=severity,
            cells=cells, value="; ".join([*named[:_NAMED], *["…"] * (len(named) > _NAMED)])))

    def _read_as(self, parts: tuple[str, ...], field: str) -> list[Reading]:
        """The files that were read as the first of the parts that has the field, else as the first there is."""
        by_part = [[one for one in self.log.readings if one.part == part] for part in parts]
        having = [[one for one in some if field in {column.field for column in one.columns}] for some in by_part]
        return next(filter(None, [*having, *by_part]), [])

    def _places(self, read: list[Reading]) -> list[tuple[str, str]]:
        return [(one.file, one.sheet) for one in read] or [(self.file, "")]

    def _cells(self, examples: "pd.Series[str]", read: list[Reading], parts: Iterable[str]) -> Iterator[Cell]:
        """Each example with its row in the first file that has it, of those meant else of the other parts."""
        others = [one for part in parts for one in self.log.readings if one.part == part]
        rows = [(one, one.row_of[one.row_of.index.isin(examples.index)].to_dict()) for one in [*read, *others]
                if one.row_of is not None]
        file, sheet = self._places(read)[0]
        for key, value in examples.items():
            cells = (Cell(one.file, one.sheet, of[key], value) for one, of in rows if key in of)
            yield next(cells, Cell(file, sheet, None, value))


def shown(number: float) -> str:
    """A figure as a planner writes it."""
    return f"{number:.10g}"


def figures(names: "pd.Series[str]", frame: pd.DataFrame, between: str) -> "pd.Series[str]":
    """Each row's name and its figures, such as ``甲 (A): 780 > 500``."""
    said = [f"{name}: {between.join(shown(one) for one in row)}"
            for name, row in zip(names[frame.index], frame.to_numpy(), strict=True)]
    return pd.Series(said, frame.index, dtype="object")
