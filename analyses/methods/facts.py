"""How sure are the facts of an estate, apart from any rule, and how far can a need be off that rests on them?

Who was not counted is estimated, and every estimate is an interval (``gis.tables.Estates``). It goes into every gap by
one way: ``need_interval`` makes the need, ``need_measure`` (or ``doubted``, for rows made otherwise) its rows. The
figure decides the status; ``low`` and ``high`` say how far the shortfall can be off, and where they lie on both sides
of the line between met and short the row's confidence is D.
"""

from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
import pandas as pd

from gis.intervals import Interval
from gis.results import Status, measure
from gis.tables import Estates

SURVEYED = "A"
ASSUMED = "D"
APPROXIMATE = "approximate"
"""Basis code of a roster's figure that is not exact ("约1200户")."""


@dataclass(frozen=True)
class Need(Interval):
    """What the estates need, on ``estate_id``; ``basis`` says where the people come from, ``""`` where all is exact."""

    basis: pd.Series

    def unless(self, counted: pd.Series) -> Self:
        """The same, but where the need itself was counted that figure holds, exactly."""
        said = counted.notna()
        return replace(self, value=counted.fillna(self.value), low=counted.fillna(self.low),
                       high=counted.fillna(self.high), basis=self.basis.mask(said, ""))


def need_interval(estates: Estates, people: str, factor: float = 1.0) -> Need:
    """A need in proportion to people: ``factor`` per person or household.

    Args:
        estates: whose people.
        people: one of ``gis.tables.PEOPLE``.
        factor: NaN: the need is unknown.
    """
    amount, code = Interval.of(estates.frame, people), estates.frame[f"{people}_basis"]
    roster = pd.Series(np.where(amount.open, APPROXIMATE, ""), estates.ids)
    return Need(amount.value, amount.low, amount.high, roster.where(code == "roster", code)).times(factor)


def need_measure(
    name: str, need: Need, *, provided: pd.Series, at_least: pd.Series | None = None, **more: Any
) -> pd.DataFrame:
    """Rows of a measure whose supply is a figure: the shortfall lies between least and most need, less the supply.

    Args:
        name: the measure's name.
        need: amount needed.
        provided: amount there is, NaN unknown.
        at_least: amount there surely is where ``provided`` is unknown; default 0.
        more: as ``gis.results.measure`` takes it.
    """
    there = (provided if at_least is None else provided.fillna(at_least)).fillna(0.0)
    rows = measure(name, required=need.value, provided=provided, low=(need.low - provided).clip(lower=0),
                   high=(need.high - there).clip(lower=0), **more)
    return doubted(rows, need)


def doubted(rows: pd.DataFrame, need: Need) -> pd.DataFrame:
    """One measure's rows with the doubt of their need: bounds of severity, confidence and basis.

    Severity is short of what is needed, so its bounds are ``low`` ÷ least need and ``high`` ÷ most need. Rows that are
    unknown keep their bounds; where the people are known, the basis says where from, whatever else is unknown. Rows
    whose need is exact and counted stay as they are.

    Args:
        rows: of one measure, on ``(estate_id, measure)`` in the order of ``need``.
        need: the full scale of the severity, with ``basis``.
    """
    known = rows["status"].isin([Status.MET, Status.SHORT]).to_numpy()
    wide, found = known & need.open.to_numpy(), rows.copy()
    least, most = (_share(rows[end], amount) for end, amount in (("low", need.low), ("high", need.high)))
    found["severity_low"] = rows["severity_low"].mask(wide, np.minimum(least, rows["severity"]))
    found["severity_high"] = rows["severity_high"].mask(wide, np.maximum(most, rows["severity"]))
    found["confidence"] = rows["confidence"].mask(wide & (rows["low"] == 0) & (rows["high"] > 0), ASSUMED)
    code = need.basis.set_axis(rows.index)
    counted = known | rows["required"].notna().to_numpy()
    found["basis"] = rows["basis"].where(~counted | (code == ""), rows["basis"] + "+" + code)
    return found


def _share(amount: pd.Series, full: pd.Series) -> pd.Series:
    whole = full.set_axis(amount.index)
    return (amount / whole.where(whole > 0)).clip(0, 1).fillna(0.0)


def weakest(*confidences: pd.Series | str) -> pd.Series:
    """The weakest of several confidences, row by row; at least one must be a series."""
    index = next(one.index for one in confidences if isinstance(one, pd.Series))
    letters = [one.reindex(index).to_numpy("U1") if isinstance(one, pd.Series) else np.full(len(index), one, "U1")
               for one in confidences]
    codes = np.maximum.reduce([letter.view(np.uint32) for letter in letters])
    return pd.Series(codes.view("U1").astype(object), index)


def people_confidence(estates: Estates, column: str) -> pd.Series:
    """A where a roster counted the people, D where they are estimated. ``column`` is a basis column of ``Estates``."""
    return pd.Series(np.where(estates.frame[column] == "roster", SURVEYED, ASSUMED), estates.ids)


def place_confidence(estates: Estates) -> pd.Series:
    """A where the outline is the estate's own, D where it is assumed."""
    return pd.Series(np.where(estates.frame["outline_assumed"], ASSUMED, SURVEYED), estates.ids)
