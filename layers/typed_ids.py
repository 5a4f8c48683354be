"""Which ids has a spreadsheet spoilt? It keeps 15 digits of a number and shows fewer still in a CSV (2.02603E+16)."""

import re

import pandas as pd

from layers.cells import as_text, folded

_MOST_OF_A_SPREADSHEET, _ROUNDED = 1e15, re.compile(r"[0-9](\.[0-9]+)?e\+?[0-9]{2,}")


def rounded_ids(cells: pd.Series, *, of_table: bool) -> "pd.Series[bool]":
    """Ids that were stored as numbers too long for it: other rows may have got the same.

    Args:
        cells: as read.
        of_table: they come from a table, in which whole numbers went through a spreadsheet too; those of a layer
            are exact.
    """
    inexact = (float, int) if of_table else (float,)
    text = folded(as_text(cells))
    shown = text.map(lambda one: _ROUNDED.fullmatch(one) is not None).astype("bool")
    return shown | cells.map(lambda cell: isinstance(cell, inexact) and abs(cell) >= _MOST_OF_A_SPREADSHEET)
