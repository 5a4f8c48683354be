"""What value does a planner's cell hold? Empty is unknown, a wrong one is a problem with its row, never a guess."""

import datetime as dt
import math
import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from gis.errors import Words, say
from layers.typed.chinese import simplified
from layers.typed.days import read_day, read_year
from layers.typed.numbers import NumberRule, checked, read_number
from layers.typed.words import SHEET_FAULT, Typed, any_of, any_unit, words_of

_LARGEST_EXACT = 1e15
_NO_TEXT: dict[int, str | None] = {
    **dict.fromkeys([*range(0x09), *range(0x0E, 0x20), *range(0x7F, 0xA0)]),  # controls
    **dict.fromkeys([*range(0xD800, 0xE000), *range(0xFDD0, 0xFDF0), 0xFFFE, 0xFFFF]),  # no characters at all
    0x0B: " ", 0x0C: " ", 0x85: " ",  # ends of lines and pages
}


class Parsed(NamedTuple):
    """What the cells of a column hold, all on the cells' index but ``wrong``.

    Attributes:
        series: the values; unknown (NaN, NaT, "") where the cell is empty, wrong or says bounds only.
        wrong: for each wrong cell alone, why it is wrong.
        approximate: True where a cell was read with a reservation: 约1200, 1200-1300, 98年, 2010、2011, 2025年12月.
        low: the least value where the cell says one (1200-1300, 1200余, 90年代), else unknown.
        high: the greatest value where the cell says one, else unknown.
        as_of: the day that was written with a number (8200 as at 31.12.2025) as ISO text, else "".
    """

    series: pd.Series
    wrong: pd.Series
    approximate: pd.Series
    low: pd.Series
    high: pd.Series
    as_of: pd.Series


def as_text(cells: pd.Series) -> pd.Series:
    """Cells as they are shown: whole numbers without ``.0``, dates as ISO, outer spaces off, nothing as ``""``.

    Control characters, which nobody sees and no page may hold, are left out.
    """
    codes, different = _different(cells)
    shown = np.array([*map(_shown, different), ""], dtype=object)
    return pd.Series(shown[codes], index=cells.index, dtype="object")


def as_words(cells: pd.Series) -> Parsed:
    """Text as it is shown; what a spreadsheet shows for a broken formula (#REF!) is wrong."""
    text = as_text(cells)
    fault = text.str.startswith(("#", "＃")).astype(bool)
    fault[fault] = folded(text[fault]).isin(words_of("number", "faults"))
    return _parsed(text, {SHEET_FAULT: fault}, "")


def folded(text: pd.Series) -> pd.Series:
    """Text with full-width forms, case and all spaces folded, to be looked up in a list of words."""
    return text.map(_folded).astype("object")


def _folded(text: str) -> str:
    return "".join((text.lower() if text.isascii() else unicodedata.normalize("NFKC", text).casefold()).split())


def as_number(cells: pd.Series, unknown: frozenset[str], rule: NumberRule | None = None) -> Parsed:
    """Finite numbers as people type them, in the unit of the column; what they may be is said by ``rule``."""
    allowed = rule or NumberRule()

    def read(cell: Any, text: str) -> Typed:
        if isinstance(cell, int | float):
            return checked(Typed(float(cell)), allowed)
        return read_number(text, allowed)

    return _read_each(cells, unknown, read)


def as_year(cells: pd.Series, unknown: frozenset[str], last_year: int) -> Parsed:
    """Years from 1900 to ``last_year``; of a day the year is taken, of several the oldest."""
    return _read_each(cells, unknown, lambda _, text: read_year(text, last_year))


def as_date(cells: pd.Series, unknown: frozenset[str]) -> Parsed:
    """Calendar days; a time of day is dropped, a month is its first day."""
    return _read_each(cells, unknown, lambda _, text: read_day(text), dates=True)


def as_yes_no(cells: pd.Series, unknown: frozenset[str], yes: frozenset[str], no: frozenset[str]) -> Parsed:
    """1 for yes, 0 for no; a number after yes says how many there are (有(2个)) and must not be none."""
    known = {simplified(word): value for words, value in (
        (yes | words_of("yes_no", "yes"), 1.0), (no | words_of("yes_no", "no"), 0.0)) for word in words}
    number = f"0*[1-9][0-9]*(?:{any_unit()})?"
    some = re.compile(rf"([^0-9()]+)(?:\((?:{any_of('number', 'counting')})?{number}\)|{number})")

    def read(_: Any, text: str) -> Typed:
        word = simplified(_folded(text))
        counted = some.fullmatch(word)
        if word in words_of("number", "faults"):
            return Typed(why=SHEET_FAULT)
        value = known.get(word, math.nan)
        if counted and known.get(counted[1]) == 1:
            value = 1.0
        return Typed(why=say("this is neither yes nor no")) if math.isnan(value) else Typed(value)

    return _read_each(cells, unknown, read)


def as_count_or_yes_no(
    cells: pd.Series, unknown: frozenset[str], rule: NumberRule, yes: frozenset[str], no: frozenset[str],
) -> Parsed:
    """How many there are; yes says at least one (an unknown number from 1 up), no says none."""
    number, word = as_number(cells, unknown, rule), as_yes_no(cells, unknown, yes, no)
    said = pd.Series(cells.index.isin(number.wrong.index) & ~cells.index.isin(word.wrong.index), index=cells.index)
    return number._replace(
        series=number.series.mask(said & (word.series == 0), 0.0), wrong=number.wrong[~said.loc[number.wrong.index]],
        low=number.low.mask(said & (word.series == 1), 1.0))


def as_choice(
    cells: pd.Series, unknown: frozenset[str], words: Mapping[str, str], *, empty: str, otherwise: str | None,
) -> Parsed:
    """One of a closed list; ``words`` maps folded words to values, ``otherwise`` (None: wrong) takes all others."""
    text = folded(as_text(cells))
    blank, fault = text.isin({"", *unknown}), text.isin(words_of("number", "faults"))
    plain = {simplified(word): value for word, value in words.items()}
    known = text.map(lambda word: words.get(word, plain.get(simplified(word))))
    values = known.where(known.notna(), empty if otherwise is None else otherwise).mask(blank, empty).astype("object")
    strange = known.isna() & ~blank & (otherwise is None)
    return _parsed(values, {say("this is not a word this program knows"): strange, SHEET_FAULT: fault}, empty)


def _read_each(
    cells: pd.Series, unknown: frozenset[str], read: Callable[[Any, str], Typed], *, dates: bool = False,
) -> Parsed:
    """Read each different cell once."""
    codes, different = _different(cells)
    shown = [_shown(cell) for cell in different]
    typed = [Typed() if _folded(text) in unknown or not text else read(cell, text)
             for cell, text in zip(different, shown, strict=True)]
    value, low, high, approximate, as_of, why = zip(*typed, Typed(), strict=True)

    def spread(of_each: tuple[Any, ...], dtype: str) -> pd.Series:
        return pd.Series(pd.Series(of_each, dtype=dtype).to_numpy()[codes], index=cells.index, dtype=dtype)

    kind = "datetime64[us]" if dates else "float64"
    reasons = np.array([*why, None], dtype=object)[:-1][codes]
    wrong = np.array([one is not None for one in why])[codes]
    return Parsed(
        spread(value, kind), pd.Series(reasons[wrong], index=cells.index[wrong], dtype="object"),
        spread(approximate, "bool"), spread(low, kind), spread(high, kind), spread(as_of, "object"))


def _different(cells: pd.Series) -> tuple[npt.NDArray[np.intp], list[Any]]:
    """Each different cell once, and for every cell its place in that list; empty ones have the place after the last."""
    values = cells.to_numpy(dtype=object)
    kinds = {type(cell) for cell in values}
    if kinds & {bool, np.bool_}:  # True and 1 are the same to Python, not to a planner
        values = np.array([str(cell) if isinstance(cell, bool | np.bool_) else cell for cell in values], dtype=object)
    if kinds & {list, dict, set, np.ndarray}:
        values = np.array([cell if cell is None or isinstance(cell, str) else _shown(cell) for cell in values],
                          dtype=object)
    codes, different = pd.factorize(values)
    return np.where(codes < 0, len(different), codes), list(different)


def _parsed(values: pd.Series, faults: Mapping[Words, pd.Series], unknown: Any = np.nan) -> Parsed:
    wrong: Any = pd.Series("", index=values.index, dtype="object")
    for why, where in faults.items():
        wrong[where] = why
    bad = wrong != ""
    nothing = pd.Series(np.nan, index=values.index, dtype="float64")
    return Parsed(values.mask(bad, unknown), wrong[bad], pd.Series(data=False, index=values.index, dtype="bool"),
                  nothing, nothing, pd.Series("", index=values.index, dtype="object"))


def _shown(cell: Any) -> str:
    if isinstance(cell, str):
        return cell.strip() if cell.isprintable() else printable(cell).strip()
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
