"""What do planners write around a number, a year or a day? The words are data: ``layers/typed_words.toml``."""

import datetime as dt
import functools
import re
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from gis.errors import Words, say
from layers.data import data_of

FIRST_YEAR, LAST_YEAR = (int(data_of("typed_words")["year"][name]["value"]) for name in ("first", "last"))
"""Years that are believed."""
SHEET_FAULT = say("this is a fault of the spreadsheet, not a value")
_SERIAL_START = dt.date(1899, 12, 30)


class Typed(NamedTuple):
    """What one cell says: a value, or bounds of it, or why it is wrong. What is not known is NaN.

    ``approximate``: read with a reservation, such as 约1200, 1200-1300, 98年. ``as_of``: the day that was written with
    a number, as ISO text as far as it was given.
    """

    value: float | dt.date = np.nan
    low: float | dt.date = np.nan
    high: float | dt.date = np.nan
    approximate: bool = False
    as_of: str = ""
    why: Words | None = None


def words_of(part: str, name: str) -> frozenset[str]:
    """A list of words of the file."""
    return frozenset(data_of("typed_words")[part][name])


@functools.cache
def any_of(part: str, *names: str) -> str:
    """A pattern of any word of these lists, the longest first."""
    every = {word for name in names for word in data_of("typed_words")[part][name]}
    return "|".join(map(re.escape, sorted(every, key=lambda word: (-len(word), word))))


def units_of(unit: str) -> Mapping[str, float]:
    """The words that may follow a number of this unit, and what one of them is in the unit."""
    return dict(data_of("typed_words")["units"].get(unit, {}))


@functools.cache
def any_unit() -> str:
    """A pattern of any word of any unit, the longest first."""
    every = {word for words in data_of("typed_words")["units"].values() for word in words}
    return "|".join(map(re.escape, sorted(every, key=lambda word: (-len(word), word))))


def zeros_of(word: str) -> int:
    """How many zeros a word such as 万 stands for; none where there is no word."""
    return int(data_of("typed_words")["number"]["zeros"].get(word, 0))


def months() -> Mapping[str, int]:
    """The months by their English names, short and long."""
    return dict(data_of("typed_words")["months"])


def day_of(year: str | int, month: str | int, day: str | int) -> dt.date | None:
    """The day of the calendar, None where there is none or it is not of this age."""
    try:
        found = dt.date(int(year), int(month), int(day))
    except ValueError:
        return None
    return found if FIRST_YEAR <= found.year <= LAST_YEAR else None


def day_of_serial(number: float) -> dt.date | None:
    """The day that a spreadsheet's number of five digits stands for (35916 is 1998-05-01)."""
    return _SERIAL_START + dt.timedelta(days=int(number)) if 10_000 <= number < 73_416 else None
