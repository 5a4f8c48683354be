"""Which ids has a spreadsheet spoilt? It keeps 15 digits of a number and shows fewer still in a CSV (2.02603E+16)."""

import datetime as dt
import re

import pandas as pd

from layers.typed.days import MONTH_AND_DAY

_MOST_OF_A_SPREADSHEET, _ROUNDED = 1e15, re.compile(r"[0-9](\.[0-9]+)?[eE]\+[0-9]{2,}")
_DIGITS_KEPT, _LONG = 15, re.compile(r"[0-9]{16,}")
"""Text of so many digits that all end in zeros was a number in a spreadsheet before it was exported."""
_MONTH = "(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
_DATED = re.compile(f"{MONTH_AND_DAY}|{_MONTH}-[0-9]{{1,2}}|[0-9]{{1,2}}-{_MONTH}")


def rounded_ids(cells: pd.Series, *, of_table: bool) -> "pd.Series[bool]":
    """Ids that were stored as numbers too long for it: other rows may have got the same.

    Args:
        cells: as read.
        of_table: they come from a table, in which whole numbers went through a spreadsheet too; those of a layer
            are exact.
    """
    inexact = (float, int) if of_table else (float,)

    def rounded(cell: object) -> bool:
        if isinstance(cell, str):
            return "+" in cell and _ROUNDED.fullmatch(cell.strip()) is not None
        return isinstance(cell, inexact) and abs(cell) >= _MOST_OF_A_SPREADSHEET

    found = pd.Series([rounded(cell) for cell in cells], index=cells.index, dtype="bool")
    long = cells[[isinstance(cell, str) and _LONG.fullmatch(cell.strip()) is not None for cell in cells]]
    if of_table and len(long) > 1 and all(not cell.strip()[_DIGITS_KEPT:].strip("0") for cell in long):
        found[long.index] = True
    return found


def dated_ids(cells: pd.Series) -> "pd.Series[bool]":
    """Ids of which a spreadsheet has made dates: 3-1 and 3/1 become the first of March."""
    found = [isinstance(cell, dt.date) or (isinstance(cell, str) and _DATED.fullmatch(cell.strip()) is not None)
             for cell in cells]
    return pd.Series(found, index=cells.index, dtype="bool")
