"""How is what is doubtful about many rows said once, with the file it stands in and a few of the rows named?"""

import itertools
from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

from gis.errors import Problem, ProblemLog, Severity, Words
from gis.ledger import Reading
from layers.columns.catalogue import fields_of

_NAMED = 10
ESTATES, OUTLINES = ("roster", "estates"), ("estates",)
"""What the figures of an estate are read from; the roster wins."""


@dataclass(frozen=True)
class Doubts:
    """Where doubts are noted. ``file`` is named for what no file was read as: the OSM extract, or ``""``."""

    log: ProblemLog
    file: str = ""

    def add(
        self, examples: Iterable[str], *, why: Words | str, fix: Words | str, parts: Iterable[str] = ESTATES,
        field: str = "", table: str = "roster", severity: Severity = "warning",
    ) -> None:
        """Note one problem of several rows, of which the first examples are named.

        Args:
            examples: how each row is called and what stands in it.
            why: what is doubtful, with the number of rows.
            fix: what the planner can do.
            parts: what the file was read as (``Reading.part``); of several, the first that has the field.
            field: the column, by our name; the file's own header is shown.
            table: the list of fields it belongs to.
            severity: an error only where a result would be wrong for certain.
        """
        read = self._read_as(tuple(parts), field)
        named = list(itertools.islice(examples, _NAMED + 1))
        header = fields_of(table)[field].label if field else ""
        found = next((one.header for reading in read for one in reading.columns if one.field == field), header)
        self.log.add(Problem(
            file=", ".join(dict.fromkeys(one.file for one in read)) or self.file, column=found, why=why, fix=fix,
            sheet=read[0].sheet if len(read) == 1 else "", severity=severity,
            value="; ".join([*named[:_NAMED], *["…"] * (len(named) > _NAMED)])))

    def _read_as(self, parts: tuple[str, ...], field: str) -> list[Reading]:
        """The files that were read as the first of the parts that has the field, else as the first there is."""
        by_part = [[one for one in self.log.readings if one.part == part] for part in parts]
        having = [[one for one in some if field in {column.field for column in one.columns}] for some in by_part]
        return next(filter(None, [*having, *by_part]), [])


def shown(number: float) -> str:
    """A figure as a planner writes it."""
    return f"{number:.10g}"


def figures(names: "pd.Series[str]", frame: pd.DataFrame, between: str) -> Iterable[str]:
    """Each row's name and its figures, such as ``甲 (A): 780 > 500``."""
    some = frame.head(_NAMED + 1)
    for name, row in zip(names[some.index], some.to_numpy(), strict=True):
        yield f"{name}: {between.join(shown(one) for one in row)}"
