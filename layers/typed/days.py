"""Which year or day does a cell mean: 1998年5月, 98年, 2010、2011, 90年代, 35916, 31.12.2025, 2025年12月?

Several years have the oldest as their value, which is when the first people moved in. A decade has no value, any year
of it would be a guess; it has its first and last year as bounds. Nothing is read that can be read in two ways.
"""

import calendar
import datetime as dt
import functools
import re

from gis.errors import Words, say
from layers.typed.characters import DIGITS, ONE_TO_TEN, digits_of, number_of, tidied
from layers.typed.numbers import has_odd_digits
from layers.typed.words import FIRST_YEAR, SHEET_FAULT, Typed, any_of, day_of, day_of_serial, months, words_of

_NOT_A_YEAR, _NOT_A_DATE = say("this is not a year"), say("this is not a date")
_LONGEST = 80
_LAST_OF_REPUBLIC = 38  # 1949
_DIGIT = f"[{DIGITS}]"
_MONTH, _DAY = "(?:0?[1-9]|1[0-2])", "(?:0?[1-9]|[12][0-9]|3[01])"
_WEEKDAY = r"(?:[(,]?(?:星期|周|礼拜)[一二三四五六日天]\)?)?"
_HALF = "(?:上午|下午|凌晨|早上|中午|晚上|am|pm)?"
_TIME = (rf"{_WEEKDAY}(?:[t ,-]?{_HALF}[0-9]{{1,2}}(?:[:时点分][0-9]{{1,2}}){{1,2}}[分秒]?(?:[.,][0-9]+)?{_HALF}"
         rf"(?:z|[+-][0-9]{{2}}:?[0-9]{{2}})?|[t ]?[0-9]{{1,2}}[时点](?:整)?)?{_WEEKDAY}")
_BETWEEN_YEARS = re.compile("[、,;/和及与至到~–—-]| ")
_MISTYPED = range(19_000, 21_000)
"""Numbers of five digits that are rather a year with a digit too many than a day of the fifties."""
_DECADE = ("(?:(20|21)世纪|(上个?世纪)|(19|20))?([0-9])0(?:(?:[、,-]|至|到)?([0-9])0)?"
           "(?:年代(?:[初中末]|[初中末后]期|中后期)?|s)")
_SHORT_YEARS = re.compile("([0-9]{2})年?(?:(?:[、,/~–—-]|至|到|和)([0-9]{2}))?年"
                          f"(?:{any_of('year', 'built')})?")
_IN_BRACKETS = re.compile(r"\((.*)\)")
_YEAR_OF_MANY = re.compile(f"([0-9]{{4}})年?(?:{_MONTH}月)?(?:{any_of('year', 'built')})?")
_SERIAL = re.compile(r"([0-9]{5})(?:\.[0-9]*)?")
_COMPACT = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})(?:(?:[01][0-9]|2[0-3])[0-5][0-9](?:[0-5][0-9])?"
                      rf"|(?=\D){_TIME})?")
_YEAR_FIRST = re.compile(rf"([0-9]{{4}})[年./-]({_MONTH})[月./-]({_DAY})日?{_TIME}")
_DAY_FIRST = re.compile(rf"([0-9]{{1,2}})([./-])([0-9]{{1,2}})\2([0-9]{{4}}){_TIME}")
_MONTH_ONLY = re.compile(r"([0-9]{4})(?:年([0-9]{1,2})月|[/-]([0-9]{1,2})|\.([0-9]{2}|[2-9]))|"
                         r"([0-9]{2}(?:1[3-9]|[2-9][0-9]))(0[1-9]|1[0-2])")
"""Also 202603, but not 201103, which may be a day of 2020; 2024.3, but not 2024.1, which sheets make of 2024.10."""
_NO_YEAR = re.compile(r"0+(?:\.0*)?")
"""What layers hold for a year that nobody knows: a whole number of theirs cannot be empty."""

_DAY_OR_BLANK = re.compile(r"\d{2,4}\s*[年./-]\s*\d{1,2}\s*(?:[月./-]\s*(?:\d{1,2}\s*日?)?)?|年\s*月\s*日")
MONTH_AND_DAY = "[0-9]{1,2}月[0-9]{1,2}日"
_STARTS_WITH_YEAR = re.compile(r"\d{4}(年.*|[-./]\d.*)?")
PERIOD = f"(?:[0-9]{{1,2}}|[{ONE_TO_TEN}]{{1,2}})月份?$|[1-4{ONE_TO_TEN[:4]}]季度?|^q[1-4]$|^(?:19|20)[0-9]{{2}}年?$"
"""A pattern of a month, a quarter or a year in the name of a column."""


def is_day_or_blank(text: str) -> bool:
    """True of a day or month alone, as below a signature, or the blanks left for one (年 月 日)."""
    return _DAY_OR_BLANK.fullmatch(text) is not None


def starts_with_year(text: str) -> bool:
    """True of a year in digits and whatever is said after it: 2025, 2025年底, 2025-10."""
    return _STARTS_WITH_YEAR.fullmatch(text) is not None


def read_year(typed: str, last_year: int) -> Typed:
    """One cell's text as a year from 1900 to ``last_year``; of a day the year is taken. 0 is no year, it is unknown."""
    text = _dated(typed)
    if _NO_YEAR.fullmatch(text) or text in words_of("number", "faults"):
        return Typed(why=SHEET_FAULT if text in words_of("number", "faults") else None)
    if re.match(any_of("year", "other_calendar"), text):
        return Typed(why=say("this is a year of another calendar"))
    if found := _year_pattern().fullmatch(text):
        return _within([int(found["year"])], last_year, vague=bool(found["about"] or found["after"]))
    for read in (_decade, _short_years, _serial_year, _year_and_month, _several_years, _several_decades):
        if said := read(text, last_year):
            return said
    day = _day(text)
    return _within([day.year], last_year) if isinstance(day, dt.date) else Typed(why=_NOT_A_YEAR)


def read_day(typed: str) -> Typed:
    """One cell's text as a day; a time of day is dropped. A month is its first day, within its bounds.

    That there is none (未评估, 未完成) is an answer and no fault.
    """
    text = _dated(typed)
    if text in words_of("day", "none"):
        return Typed()
    if text in words_of("number", "faults"):
        return Typed(why=SHEET_FAULT)
    day = _day(text)
    if isinstance(day, Words):
        return Typed(why=day)
    if day is not None:
        return Typed(day)
    found = _MONTH_ONLY.fullmatch(text)
    first = day_of(found[1] or found[5], found[2] or found[3] or found[4] or found[6], 1) if found else None
    if first is not None:
        last = first.replace(day=calendar.monthrange(first.year, first.month)[1])
        return Typed(first, first, last, approximate=True)
    serial = _serial(text)
    return Typed(why=_NOT_A_DATE) if serial is None else Typed(serial)


def _dated(typed: str) -> str:
    """The text tidied, with 一九九八年五月 in digits; nothing where no year or day can be in it."""
    if len(typed) > _LONGEST or has_odd_digits(typed):
        return ""
    bare = _IN_BRACKETS.sub(r"\1", text) if _IN_BRACKETS.fullmatch(text := tidied(typed)) else text
    text = re.sub(f"^({_DIGIT}{{4}}|{_DIGIT}{{2}})(?=年|$)", lambda found: digits_of(found[0]), bare)
    text = re.sub("^二十(一?)世纪", lambda found: f"2{len(found[1])}世纪", text)
    text = re.sub("([二三四五六七八九])[、,至到]?([三四五六七八九])(?:十|0)(?=年代)",
                  lambda found: f"{digits_of(found[1])}0、{digits_of(found[2])}0", text)
    text = re.sub("([二三四五六七八九])(?:十|0)(?=年代)", lambda found: digits_of(found[1]) + "0", text)
    return re.sub(f"[{ONE_TO_TEN}]{{1,3}}(?=[月日])", lambda found: f"{number_of(found[0]) or 0:.0f}", text)


@functools.cache
def _year_pattern() -> re.Pattern[str]:
    said, about = any_of("year", "after"), any_of("year", "about")
    rest = rf"\.0*|年?(?:{said})?|年{_MONTH}月(?:{_DAY}日)?(?:{said})?|[-/.]{_MONTH}(?:[-/.]{_DAY}{_TIME})?"
    return re.compile(f"(?:{any_of('year', 'before')})?(?P<about>{about})?(?P<year>[0-9]{{4}})(?:{rest})"
                      f"(?P<after>{any_of('year', 'about_after')})?")


def _within(years: list[int], last_year: int, *, vague: bool = False) -> Typed:
    first, last = min(years), max(years)
    if first < FIRST_YEAR or last > last_year:
        return Typed(why=say("this is not between {first} and {last}", first=FIRST_YEAR, last=last_year))
    return Typed(first, approximate=vague) if first == last else Typed(first, first, last, approximate=True)


def _decade(text: str, last_year: int) -> Typed | None:
    found = _decade_pattern().fullmatch(text)
    if found is None:
        return None
    century = int(found[1]) - 1 if found[1] else 19 if found[2] else int(found[3] or 0)
    first = _full_year(int(found[4]) * 10, last_year) if century == 0 else century * 100 + int(found[4]) * 10
    if isinstance(first, Words):
        return Typed(why=first)
    until = first + 9 if found[5] is None else first - first % 100 + int(found[5]) * 10 + 9
    if until < first:
        return Typed(why=_NOT_A_YEAR)
    bounds = _within([first, max(first, min(until, last_year))], last_year)
    return bounds if bounds.why else Typed(low=first, high=min(until, last_year), approximate=True)


@functools.cache
def _decade_pattern() -> re.Pattern[str]:
    """One decade or two: 90年代, 建于80、90年代, 1990s."""
    before, after = f"{any_of('year', 'before')}|{any_of('year', 'about')}", any_of("year", "after")
    return re.compile(f"(?:{before})*{_DECADE}(?:{after}|{any_of('year', 'about_after')})*")


def _short_years(text: str, last_year: int) -> Typed | None:
    """98年, 98-99年."""
    found = _SHORT_YEARS.fullmatch(text)
    if found is None:
        return None
    years = [_full_year(int(digits), last_year) for digits in found.groups() if digits]
    wrong = [year for year in years if isinstance(year, Words)]
    return Typed(why=wrong[0]) if wrong else _within([year for year in years if isinstance(year, int)], last_year,
                                                     vague=True)


def _full_year(year: int, last_year: int) -> int | Words:
    """98 is 1998 because 2098 is still to come; 05 may be 1905 or 2005, and 30 a year of the Republic (民国)."""
    return 1900 + year if 2000 + year > last_year and year > _LAST_OF_REPUBLIC else say("two digits may mean two years")


def _serial_year(text: str, last_year: int) -> Typed | None:
    day = _serial(text)
    return None if day is None else _within([day.year], last_year, vague=True)


def _serial(text: str) -> dt.date | None:
    found = _SERIAL.fullmatch(text)
    return None if found is None or int(found[1]) in _MISTYPED else day_of_serial(int(found[1]))


def _several_years(text: str, last_year: int) -> Typed | None:
    every = [_YEAR_OF_MANY.fullmatch(part) for part in _BETWEEN_YEARS.split(text)]
    years = [int(found[1]) for found in every if found]
    return _within(years, last_year) if len(years) == len(every) > 1 else None


def _year_and_month(text: str, last_year: int) -> Typed | None:
    """198805."""
    found = _MONTH_ONLY.fullmatch(text)
    return _within([int(found[5])], last_year) if found and found[5] else None


def _several_decades(text: str, last_year: int) -> Typed | None:
    """80年代、90年代, or 80年代和1995年: from the first year of one to the last year of another."""
    parts = _BETWEEN_YEARS.split(text)
    every = [_decade(part, last_year) or _year_of_many(part, last_year) for part in parts]
    said = [one for one in every if one is not None and one.why is None]
    if len(every) < 2 or len(said) < len(every):
        return None
    return Typed(low=min(one.low for one in said), high=max(one.high for one in said), approximate=True)


def _year_of_many(text: str, last_year: int) -> Typed | None:
    found = _YEAR_OF_MANY.fullmatch(text)
    if found is None:
        return None
    year = _within([int(found[1])], last_year)
    return year if year.why else Typed(low=year.value, high=year.value)


def _day(text: str) -> dt.date | Words | None:
    """The one day that is written, or that two may be meant."""
    if found := _YEAR_FIRST.fullmatch(text):
        return day_of(found[1], found[2], found[3])
    if found := _COMPACT.fullmatch(text):
        return day_of(found[1], found[2], found[3])
    if found := _DAY_FIRST.fullmatch(text):
        days = {day_of(found[4], found[3], found[1])}
        days |= set() if found[2] == "." else {day_of(found[4], found[1], found[3])}
        days.discard(None)
        return say("this may be either of two days") if len(days) > 1 else next(iter(days), None)
    return _english_day(text)


def _english_day(text: str) -> dt.date | None:
    names = "|".join(sorted(months(), key=len, reverse=True))
    day_first = re.fullmatch(rf"([0-9]{{1,2}})[-. ]?({names})[-., ]*([0-9]{{4}})", text)
    if day_first:
        return day_of(day_first[3], months()[day_first[2]], day_first[1])
    found = re.fullmatch(rf"({names})\.?([0-9]{{1,2}})[, ]+([0-9]{{4}})", text)
    return day_of(found[3], months()[found[1]], found[2]) if found else None
