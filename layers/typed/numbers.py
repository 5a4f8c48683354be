"""Which number does a cell mean: 1，200, 约1200户, 1.2万, 三百二十, 1200-1300, 8 200 as at 31.12.2025?

The grammar is closed: what it does not cover is wrong and said so. A bound (1200以上) is no number. A range has no
value, its middle would be a guess; it has its two bounds.
"""

import functools
import math
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field

from gis.errors import Words, say
from layers.typed.characters import NUMERALS, number_of, tidied
from layers.typed.words import SHEET_FAULT, Typed, any_of, any_unit, day_of, words_of, zeros_of

NOT_ONE_NUMBER = say("this is a bound, not a number")
NONE_OR_UNKNOWN = say("this may mean none or not known")
_NOT_A_NUMBER = say("this is not a number")
_PLAIN = r"(?:[0-9]{1,3}(?:(?:,[0-9]{3})+|(?: [0-9]{3})+)|[0-9]+)(?:\.[0-9]*)?(?:e[+-]?[0-9]+)?"
_NUMBER = re.compile(rf"[+-]?{_PLAIN}")
_LONGEST = 80
_MAYBE_THOUSANDS = re.compile(r"[1-9][0-9]{0,2}\.[0-9]{3}")
_AND = re.compile("[、,;/]|和|及|与")
_MORE = re.compile(r"([0-9]+)\+([0-9])")
_TO = "(?:-{1,2}|—{1,2}|[–‐~〜∼至到])"
_DAY = (r"(?:(?P<year>[0-9]{4})(?:年|[-/.])(?P<month>[0-9]{1,2})"
        r"(?:(?:月|[-/.])(?P<day>[0-9]{1,2})(?![0-9])日?|月[底末]?)"
        r"|(?P<day_2>[0-9]{1,2})\.(?P<month_2>[0-9]{1,2})\.(?P<year_2>[0-9]{4})|(?P<end>[0-9]{4})年[底末])")


@dataclass(frozen=True)
class NumberRule:
    """What a column's numbers may be: words of its ``units`` with their factors, below zero or not.

    ``whole``: the column counts things, so that 1.200 may be a thousand and is not read. ``bare``: nothing but a
    number, for coordinates, which nobody rounds in words. ``several``: a cell may hold one for each of several things
    (6、11、18), of which the least and the most are its bounds, and 6+1 for storeys that only some of them have.
    """

    units: Mapping[str, float] = field(default_factory=dict)
    negative: bool = False
    whole: bool = False
    bare: bool = False
    several: bool = False


def read_number(typed: str, rule: NumberRule) -> Typed:
    """One cell's text as a number of the column's unit."""
    text = tidied(typed) if len(typed) <= _LONGEST and not has_odd_digits(typed) else ""
    if _NUMBER.fullmatch(text):
        if rule.whole and _MAYBE_THOUSANDS.fullmatch(text):
            return Typed(why=say("this may be a fraction or thousands"))
        return checked(Typed(_value(text)), rule)
    without_day, as_of = _without_day(text)
    found = None if rule.bare else _single(without_day, rule) or _between(without_day, rule)
    if found is None and rule.several:
        found = _several(text, rule)
    if found is not None:
        return checked(found._replace(as_of=as_of), rule)
    why = _why_not(text)
    return Typed(why=why)


def _why_not(text: str) -> Words:
    if text in words_of("number", "none_or_unknown"):
        return NONE_OR_UNKNOWN
    if text in words_of("number", "faults"):
        return SHEET_FAULT
    bound = _pattern("bound").fullmatch(text)
    return NOT_ONE_NUMBER if bound and (bound["before"] or bound["after"]) else _NOT_A_NUMBER


def checked(found: Typed, rule: NumberRule) -> Typed:
    """The number, or why it cannot be one of the column."""
    numbers = [float(one) for one in found[:3] if isinstance(one, float | int) and not math.isnan(one)]
    if any(map(math.isinf, numbers)):
        return Typed(why=say("this is too large to be a number"))
    if not rule.negative and any(one < 0 for one in numbers):
        return Typed(why=say("this is below zero"))
    return found


def _single(text: str, rule: NumberRule) -> Typed | None:
    found = _pattern("single").fullmatch(text)
    value = _amount(found, "", rule) if found else None
    if found is None or value is None or isinstance(value, Words):
        return Typed(why=value) if isinstance(value, Words) else None
    more, nearly = bool(found["more"]), bool(found["nearly"])
    if more and nearly:
        return None
    vague = more or nearly or any(found[name] for name in ("about", "some", "after")) or _is_rounded(found)
    return Typed(value, low=value if more else math.nan, high=value if nearly else math.nan, approximate=bool(vague))


def _between(text: str, rule: NumberRule) -> Typed | None:
    found = _pattern("between").fullmatch(text)
    if found is None or (found["tens_2"] and not found["tens"]):  # 1-2万 may begin at one or at ten thousand
        return None
    low, high = _amount(found, "", rule, found["unit_2"]), _amount(found, "_2", rule, found["unit"])
    if isinstance(low, Words) or isinstance(high, Words):
        return Typed(why=low if isinstance(low, Words) else high if isinstance(high, Words) else None)
    return None if low is None or high is None or low >= high else Typed(low=low, high=high, approximate=True)


def _several(text: str, rule: NumberRule) -> Typed | None:
    """The least and the most of several numbers: 6、11、18层 is 6 to 18, and 6+1 is 6 to 7."""
    ends: list[float] = []
    for part in _AND.split(text):
        more = _MORE.fullmatch(part) or _MORE.fullmatch(part.rstrip("".join(rule.units)))
        said = Typed(low=float(more[1]), high=float(more[1]) + float(more[2])) if more else (
            _between(part, rule) or _single(part, rule))
        if said is None or said.why is not None:
            return said
        ends += [float(one) for one in said[:3] if isinstance(one, float | int) and not math.isnan(one)]
    return Typed(low=min(ends), high=max(ends), approximate=True) if ends and min(ends) < max(ends) else None


def _amount(found: re.Match[str], place: str, rule: NumberRule, unit: str | None = None) -> float | Words | None:
    """The number in the column's unit, why its unit is wrong, or None where there is no number.

    ``unit`` is the other bound's, for a bound that has none of its own.
    """
    numeral, unit = found["chinese" + place], found["unit" + place] or unit
    value = (number_of(numeral) if numeral
             else _value(found["plain" + place]) * 10 ** zeros_of(found["tens" + place] or ""))
    if value is None or not unit or unit in rule.units:
        return None if value is None else _clean(value * rule.units[unit]) if unit else _clean(value)
    return say("the unit {unit} does not fit this column", unit=unit)


def _clean(value: float) -> float:
    """The number as written: 1.1万 is 11000, not 11000.000000000002."""
    return float(f"{value:.15g}")


def _is_rounded(found: re.Match[str]) -> bool:
    """True for 1.2万, whose last digit stands for a thousand; 1.2345万 is exact."""
    return zeros_of(found["tens"] or "") > len((found["plain"] or "").partition(".")[2])


def _without_day(text: str) -> tuple[str, str]:
    """The text without the day that its number is of, and that day as ISO text; as it stands where there is none."""
    for name in ("day_before", "day_after"):
        found = _pattern(name).fullmatch(text)
        if found and (found["word"] or found["end"] or (name == "day_after" and found["open"])):
            day = _iso_day(found)
            return (found["rest"], day) if day else (text, "")
    return text, ""


def _iso_day(found: re.Match[str]) -> str:
    if found["end"]:
        return f"{found['end']}-12-31"
    year, month, day = (found[name] or found[name + "_2"] for name in ("year", "month", "day"))
    exact = day_of(year, month, day or 1)
    return "" if exact is None else exact.isoformat() if day else exact.isoformat()[:7]


def _value(text: str) -> float:
    return float(text.replace(",", "").replace(" ", ""))


def has_odd_digits(typed: str) -> bool:
    """Raised, ringed or broken digits (1200², ①, ½), which would be taken for plain ones; those of m² are meant."""
    return not typed.isascii() and any(unicodedata.category(one) == "No" for one in typed.replace("m²", "m2"))


@functools.cache
def _pattern(name: str) -> re.Pattern[str]:
    def amount(place: str, between: str = "") -> str:
        return (rf"(?:(?P<plain{place}>{_PLAIN})(?P<tens{place}>[百千万亿])?|(?P<chinese{place}>[{NUMERALS}]+))"
                rf"{between}(?P<unit{place}>{any_unit()})?")

    filler, about = f"(?:{any_of('number', 'filler')})?", f"(?P<about>{any_of('number', 'about')})?"
    nearly, after = f"(?P<nearly>{any_of('number', 'nearly')})?", f"(?P<after>{any_of('number', 'about_after')})?"
    more = f"(?:(?P<more>{any_of('number', 'more')})|(?P<some>{any_of('number', 'less_exact')}))?"
    word = f"(?P<word>{any_of('number', 'as_at')})?"
    return re.compile({
        "single": f"{filler}{about}{nearly}{filler}{amount('', more)}{after}",
        "between": f"{filler}{about}{amount('')}{_TO}{amount('_2')}{after}",
        "bound": f"{filler}(?P<before>{any_of('number', 'bound')})?{amount('')}"
                 f"(?P<after>{any_of('number', 'bound_after')})?",
        "day_before": rf"{word}{_DAY}[止,:]* ?(?P<rest>.+)",
        "day_after": rf"(?P<rest>.+?)[,;]?(?P<open>\()?{word}{_DAY}止?\)?",
    }[name])
