"""How do people write what a cell means? The same number, word or name, as ten hands would type it."""

import datetime as dt
import functools
import re
from collections.abc import Callable, Sequence
from typing import Any, Final, Literal

import opencc
import pandas as pd

_WIDE: Final = str.maketrans("0123456789,.", "０１２３４５６７８９，．")
_UNKNOWN: Final = ("不详", "—", "", "/", "待查", "暂缺")
_YES_NO: Final = {"是": ("是", "有", "√", "Y", "1"), "否": ("否", "无", "×", "N", "0")}
_STATUS: Final = ("现状", "現狀", "已建成", "运营中", "")
_DAYS: Final[tuple[Callable[[dt.date], Any], ...]] = (
    lambda day: f"{day:%Y-%m-%d}", lambda day: f"{day.year}年{day.month}月{day.day}日",
    lambda day: f"{day.year}.{day.month}.{day.day}", lambda day: f"{day:%Y/%m/%d} 8:05",
    lambda day: f"{day:%d.%m.%Y}", lambda day: f"{day:%Y%m%d}", lambda day: (day - dt.date(1899, 12, 30)).days)
_MAPS: Final[tuple[tuple[str, Literal["", "GCJ-02", "BD-09"]], ...]] = (
    ("高德", "GCJ-02"), ("百度地图", "BD-09"), ("天地图", ""), ("GCJ-02", "GCJ-02"), ("bd09", "BD-09"), ("WGS84", ""),
    ("国家2000坐标系", ""))
_LANE: Final = re.compile("(.+?)([0-9]+)弄")
_SPELLED: Final = str.maketrans("0123456789", "〇一二三四五六七八九")
_ENDING: Final = "小区"
_NUMERALS: Final = {"一": ("1", "壹"), "二": ("2", "贰"), "三": ("3", "叁")}


def traditional(text: str) -> str:
    """The text in traditional characters."""
    return str(_converter().convert(text))


@functools.cache
def _converter() -> opencc.OpenCC:
    return opencc.OpenCC("s2t")


def typed_number(value: Any, row: int, unit: str) -> Any:
    """A whole number as the hand of this row writes it, exactly the same number; unknown in as many ways."""
    if pd.isna(value):
        return _UNKNOWN[row % len(_UNKNOWN)]
    number = int(value)
    ways: tuple[Any, ...] = (
        number, f"{number}{unit}", f"{number:,}", str(number).translate(_WIDE), f"{number:,}".translate(_WIDE),
        f"{f'{number:,}'.replace(',', ' ')} as at 31.12.2025", f"共{number}{unit}", f"截至2025年12月31日{number}{unit}",
        str(number))
    return ways[row % len(ways)]


def typed_year(value: Any, row: int) -> Any:
    """A year, with a month, or followed by that of a later phase."""
    year = int(value)
    ways: tuple[Any, ...] = (year, f"{year}年", f"{year}年5月", f"{year}、{year + 1}", str(year).translate(_WIDE),
                             f"{year}.6", f"建于{year}年")
    return ways[row % len(ways)]


def typed_yes_no(value: str, row: int) -> str:
    """是 or 否 in another word or sign for it."""
    ways = _YES_NO.get(value, (value,))
    return ways[row % len(ways)]


def system_of(row: int) -> Literal["", "GCJ-02", "BD-09"]:
    """The shifted system of the map this row was taken from; ``""`` for a true one."""
    return _MAPS[row % len(_MAPS)][1]


def typed_map(row: int) -> str:
    """How this row names that map."""
    return _MAPS[row % len(_MAPS)][0]


def typed_status(row: int) -> str:
    """What stands today, in some word for it or none."""
    return _STATUS[row % len(_STATUS)]


def typed_day(text: str, row: int) -> Any:
    """A day (ISO) in another order, or as the number a spreadsheet keeps."""
    return _DAYS[row % len(_DAYS)](dt.date.fromisoformat(text))


def typed_name(name: str, row: int, street: str = "") -> str:
    """An estate's name in another spelling that means the same for certain."""
    last = name[-1]
    if lane := _LANE.fullmatch(name):
        return _lane_name(lane[1], lane[2], row)
    if len(name) > 2 and name[-2] in _NUMERALS:
        digit, formal = _NUMERALS[name[-2]]
        ways: Sequence[str] = (name[:-2] + digit + last, f"{name[:-2]}（{name[-2:]}）" if last == "区" else
                               name[:-2] + formal + last, f"{name[:-2]} {digit.translate(_WIDE)} {last}")
    else:
        bare = name.removesuffix(_ENDING)
        ways = (name, traditional(name), f"{name}{_ENDING}" if bare == name else bare, f"{name[:2]}　{name[2:]}",
                f"{street}{name}", name.replace("村", "邨"), f" {name}\n")
    return ways[row % len(ways)]


def _lane_name(road: str, number: str, row: int) -> str:
    """A lane's number in words or wide digits, 弄 in another character, or with spaces and a dot between."""
    ways = (f"{road}{number.translate(_SPELLED)}弄", f"{road}{number.translate(_WIDE)}弄", f"{road}{number}衖",
            traditional(f"{road}{number}弄"), f"{road} {number} 弄", f"{road}{number}弄{_ENDING}")
    return ways[row % len(ways)]


def typed_degrees(value: float, letters: str = "") -> str:
    """Degrees with minutes and seconds to five places, about 0.3 mm."""
    hundred_thousandths = round(abs(value) * 3600 * 100_000)
    whole, seconds = divmod(hundred_thousandths, 60 * 100_000)
    degrees, minutes = divmod(whole, 60)
    return f"{letters}{degrees}°{minutes:02d}′{seconds / 100_000:08.5f}″"
