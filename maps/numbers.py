"""How is a figure written for a reader? Shortly, thousands separated, and never a number for what is unknown."""

import math
from typing import Any

import pandas as pd

from maps.texts import Texts


def known(value: Any) -> bool:
    """True for a finite number."""
    return value is not None and value is not pd.NA and math.isfinite(float(value))


def plain(value: Any) -> str:
    """An amount as a whole number, ``1,234``; ``<1`` for a part of one; a dash where nothing is known."""
    if not known(value):
        return "—"
    number = float(value)
    return "<1" if 0 < number < 0.5 else f"{number:,.0f}"


def percent(share: Any) -> str:
    """A share 0..1 in percent; what is not nothing and not all is never rounded to 0 or 100."""
    if not known(share):
        return "—"
    whole = round(float(share) * 100)
    if whole in {0, 100} and float(share) not in {0.0, 1.0}:
        return "<1%" if whole == 0 else ">99%"
    return f"{whole}%"


def interval(low: Any, high: Any, texts: Texts) -> str:
    """``3–7``, ``3`` when both ends agree, an en dash where unknown."""
    if not (known(low) and known(high)):
        return "—"
    if plain(low) == plain(high):
        return plain(low)
    return texts("punctuation.range", low=plain(low), high=plain(high))


def rounded(value: Any, digits: int = 4) -> float | int | None:
    """A number for JSON: few digits, whole numbers whole, None where unknown."""
    if not known(value):
        return None
    short = round(float(value), digits)
    return int(short) if short == int(short) else short
