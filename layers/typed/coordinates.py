"""What number did a planner type for a coordinate: 121.4737, 121°28′25.3″, 东经121度28分, E121.47, or two in a cell?"""

import re
import unicodedata

import numpy as np
import pandas as pd

from layers.typed.cells import as_text, folded

_PLAIN = (str, int, float, np.number, type(None))
"""Types of cells that may be a number as they stand; a bool is none of them, though Python counts it as an int."""
_MARKS = str.maketrans({
    **dict.fromkeys("º˚度", "°"), **dict.fromkeys("′’‘´`＇分", "'"), **dict.fromkeys("″”“＂秒", '"'),
    **dict.fromkeys("−–—﹣－", "-"), **dict.fromkeys("，、；;|/", ","), "經": "经", "緯": "纬", "東": "东",
})
_HEMISPHERES = {"东经": "e", "西经": "w", "北纬": "n", "南纬": "s", "经度": "e", "纬度": "n"}
_AXIS = {"e": "lon", "w": "lon", "n": "lat", "s": "lat"}
_THOUSANDS = re.compile(r"[+-]?\d{1,3}(?:,\d{3})+(?:\.\d*)?")
_DECIMAL = r"\d+(?:\.\d*)?"
_SHAPE = re.compile(rf"""
    (?P<head>[ewns]?)[\s:]* (?P<sign>[+-]?)
    (?: (?P<plain>{_DECIMAL}(?:e[+-]?\d+)?)\s*°?
      | (?P<degrees>\d{{1,3}})(?:\s*[°:-]\s*|\s+)(?P<minutes>{_DECIMAL})
        (?: \s*' | (?:\s*[':-]\s*|\s+)(?P<seconds>{_DECIMAL})\s*"? )? )
    \s*(?P<tail>[ewns]?)""", re.VERBOSE)
_PAIRS = (
    re.compile(r"([^,]+),([^,]+)"),  # 121.4737,31.2304
    re.compile(r"([+-]?\d+\.\d+)\s+([+-]?\d+\.\d+)"),  # decimals in the first part: not degrees and minutes
    re.compile(r"([ewns][^ewns]+)([ewns][^ewns]+)"), re.compile(r"([^ewns]+[ewns])([^ewns]+[ewns])"),
)


def as_typed(cells: pd.Series, unknown: frozenset[str] = frozenset()) -> pd.DataFrame:
    """The numbers of cells, degrees where they are written with minutes or a hemisphere.

    Args:
        cells: numbers as they are, or text.
        unknown: folded words that stand for an empty cell.

    Returns:
        on the same index ``value`` (NaN where there is none), ``axis`` (``lon`` or ``lat`` where the cell says it, else
        ``""``), ``empty`` and ``readable`` (false where there is text but no number in it).
    """
    value = plain_numbers(cells)
    rest = value.isna()
    text = as_text(cells[rest])
    blank = folded(text).isin({"", *unknown})
    truth = cells[rest].map(lambda cell: isinstance(cell, bool | np.bool_)).astype(bool)
    typed = [(np.nan, "") if void else _one(_normal(one)) for one, void in zip(text, blank | truth, strict=True)]
    found = pd.DataFrame({"value": value, "axis": "", "empty": False, "readable": True}, index=cells.index)
    found["axis"] = found["axis"].astype("object")
    found.loc[rest, "value"] = np.array([one for one, _ in typed], dtype="float64")
    found.loc[rest, "axis"] = np.array([one for _, one in typed], dtype="object")
    found.loc[rest, "empty"] = blank.to_numpy()
    found["readable"] = found["value"].notna() | found["empty"]
    return found


def plain_numbers(cells: pd.Series) -> pd.Series:
    """The finite numbers among cells, also those written with ASCII digits only, NaN for all else."""
    if pd.api.types.is_float_dtype(cells) or pd.api.types.is_integer_dtype(cells):
        value = cells.astype("float64")
    else:
        strange = [kind for kind in set(map(type, cells)) if kind is bool or not issubclass(kind, _PLAIN)]
        numbers = cells.mask(cells.map(type).isin(strange)) if strange else cells
        value = pd.to_numeric(numbers, errors="coerce").astype("float64")
    return value.mask(value.abs() == np.inf)


def split_pair(text: pd.Series) -> pd.DataFrame:
    """Two coordinates in one cell, such as ``121.4737,31.2304``, as text ``x`` and ``y`` in the order they stand.

    Both are None where a cell does not hold exactly two; which is the longitude is for the numbers to say. Two whole
    numbers with a space between may be degrees and minutes, so they are no pair.
    """
    found = [_pair(_normal(one)) for one in as_text(text)]
    return pd.DataFrame(found, columns=["x", "y"], index=text.index, dtype="object")


def _normal(text: str) -> str:
    short = unicodedata.normalize("NFKC", text.translate(_MARKS)).translate(_MARKS).casefold().replace("''", '"')
    for word, letter in _HEMISPHERES.items():
        short = short.replace(word, letter)
    return " ".join(short.split())


def _pair(text: str) -> tuple[str | None, str | None]:
    bare = re.sub(r"^point\s*|[\[\](){}]", "", text).strip(" ,")
    match = next((match for match in (shape.fullmatch(bare) for shape in _PAIRS) if match), None)
    if match is None or not all(_SHAPE.fullmatch(part.strip()) for part in match.groups()):
        return None, None
    return match[1].strip(), match[2].strip()


def _one(text: str) -> tuple[float, str]:
    """The value and axis of one cell in normal form, NaN where it is not one number."""
    if _THOUSANDS.fullmatch(text):
        return float(text.replace(",", "")), ""
    match = _SHAPE.fullmatch(text)
    if match is None or (match["head"] and match["tail"]):
        return np.nan, ""
    letter = match["head"] or match["tail"]
    sign = (-1 if match["sign"] == "-" else 1) * (-1 if letter in {"w", "s"} else 1)
    if match["plain"]:
        value = float(match["plain"])
        return (sign * value if np.isfinite(value) else np.nan), _AXIS.get(letter, "")
    minutes, seconds = float(match["minutes"]), float(match["seconds"] or 0)
    if minutes >= 60 or seconds >= 60 or (match["seconds"] and "." in match["minutes"]):
        return np.nan, ""
    return sign * (float(match["degrees"]) + minutes / 60 + seconds / 3600), _AXIS.get(letter, "")
