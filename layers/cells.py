"""What value does a planner's cell hold? Empty is unknown, a wrong one is a problem with its row, never a guess."""

import datetime as dt
import unicodedata
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from gis.errors import Words, say

_NUMBER = r"[+-]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d*)?(?:[eE][+-]?\d+)?"
_YEAR = r"(\d{4})(?:\.0*|年.*|[-/.]\d.*)?"
_FIRST_YEAR = 1900
_LARGEST_EXACT = 1e15
_NO_TEXT: dict[int, str | None] = {
    **dict.fromkeys([*range(0x09), *range(0x0E, 0x20), *range(0x7F, 0xA0)]),  # controls
    **dict.fromkeys([*range(0xD800, 0xE000), *range(0xFDD0, 0xFDF0), 0xFFFE, 0xFFFF]),  # no characters at all
    0x0B: " ", 0x0C: " ", 0x85: " ",  # ends of lines and pages
}


class Parsed(NamedTuple):
    """The values on the cells' index, and for each wrong cell why it is wrong (its value is then unknown)."""

    series: pd.Series
    wrong: pd.Series


def as_text(cells: pd.Series) -> pd.Series:
    """Cells as they are shown: whole numbers without ``.0``, dates as ISO, outer spaces off, nothing as ``""``.

    Control characters, which nobody sees and no page may hold, are left out.
    """
    return cells.map(_shown).astype("object")


def folded(text: pd.Series) -> pd.Series:
    """Text with full-width forms, case and all spaces folded, to be looked up in a list of words."""
    return text.map(lambda one: "".join(unicodedata.normalize("NFKC", one).casefold().split())).astype("object")


def as_number(cells: pd.Series, unknown: frozenset[str], *, negative: bool = False) -> Parsed:
    """Finite numbers; thousands may be parted by commas; negative ones are wrong unless ``negative``."""
    text = folded(as_text(cells))
    empty = text.isin({"", *unknown})
    shaped = text.str.fullmatch(_NUMBER).astype(bool) & ~cells.map(lambda cell: isinstance(cell, bool)).astype(bool)
    values = pd.Series(np.nan, index=cells.index, dtype="float64")
    values[shaped] = text[shaped].str.replace(",", "").astype("float64")
    endless = values.abs() == np.inf
    below = (values < 0) & ~endless & (not negative)
    return _parsed(values, {
        say("this is not a number"): ~shaped & ~empty, say("this is too large to be a number"): endless,
        say("this is below zero"): below})


def as_year(cells: pd.Series, unknown: frozenset[str], last_year: int) -> Parsed:
    """Years from 1900 to ``last_year``; of a date or ``1998年5月`` the year is taken."""
    text = folded(as_text(cells))
    empty = text.isin({"", *unknown})
    digits = text.str.extract(f"^{_YEAR}$", expand=False)
    values = pd.Series(pd.to_numeric(digits), index=cells.index, dtype="float64")
    outside = values.notna() & ~values.between(_FIRST_YEAR, last_year)
    return _parsed(values, {
        say("this is not a year"): values.isna() & ~empty,
        say("this is not between {first} and {last}", first=_FIRST_YEAR, last=last_year): outside})


def as_yes_no(cells: pd.Series, unknown: frozenset[str], yes: frozenset[str], no: frozenset[str]) -> Parsed:
    """1 for yes, 0 for no."""
    text = folded(as_text(cells))
    values = pd.Series(np.select([text.isin(yes), text.isin(no)], [1.0, 0.0], np.nan), index=cells.index)
    return _parsed(values, {say("this is neither yes nor no"): values.isna() & ~text.isin({"", *unknown})})


def as_choice(
    cells: pd.Series, unknown: frozenset[str], words: Mapping[str, str], *, empty: str, otherwise: str | None,
) -> Parsed:
    """One of a closed list; ``words`` maps folded words to values, ``otherwise`` (None: wrong) takes all others."""
    text = folded(as_text(cells))
    blank = text.isin({"", *unknown})
    known = text.map(words)
    values = known.where(known.notna(), empty if otherwise is None else otherwise).mask(blank, empty).astype("object")
    strange = known.isna() & ~blank & (otherwise is None)
    return _parsed(values, {say("this is not a word this program knows"): strange}, empty)


def as_date(cells: pd.Series, unknown: frozenset[str]) -> Parsed:
    """Calendar days; a time of day is dropped."""
    text = as_text(cells).str.replace(r"[年月/.]", "-", regex=True).str.replace("日", "")
    blank = folded(text).isin({"", *unknown})
    values = pd.to_datetime(text.mask(blank), errors="coerce", format="mixed").dt.normalize()
    return _parsed(values, {say("this is not a date"): values.isna() & ~blank}, pd.NaT)


def _parsed(values: pd.Series, faults: Mapping[Words, pd.Series], unknown: Any = np.nan) -> Parsed:
    wrong: Any = pd.Series("", index=values.index, dtype="object")
    for why, where in faults.items():
        wrong[where] = why
    bad = wrong != ""
    return Parsed(values.mask(bad, unknown), wrong[bad])


def _shown(cell: Any) -> str:
    if cell is None or cell is pd.NaT or cell is pd.NA:
        return ""
    if isinstance(cell, float | np.floating):
        number = float(cell)
        whole = number.is_integer() and abs(number) < _LARGEST_EXACT
        return "" if np.isnan(number) else str(int(number)) if whole else str(number)
    if isinstance(cell, dt.datetime) and cell.time() == dt.time():
        return cell.date().isoformat()
    if isinstance(cell, dt.date | dt.time):
        return cell.isoformat()
    return printable(str(cell)).strip()


def printable(text: str) -> str:
    """Text without control characters; tabs and line ends stay."""
    return text.translate(_NO_TEXT)
