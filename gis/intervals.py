"""Between what least and what most does an amount lie that nobody has counted exactly?"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Self

import pandas as pd


@dataclass(frozen=True)
class Interval:
    """An amount per row with the least and the most it can be, three series on one index; equal ends are exact.

    The ends are worst cases, not percentiles: what is worked out from several intervals multiplies their ends.
    """

    value: pd.Series
    low: pd.Series
    high: pd.Series

    @classmethod
    def of(cls, frame: pd.DataFrame, name: str) -> "Interval":
        """The columns ``<name>``, ``<name>_low`` and ``<name>_high``."""
        return Interval(frame[name], frame[f"{name}_low"], frame[f"{name}_high"])

    @property
    def open(self) -> pd.Series:
        """True where the two ends are known and differ."""
        flags: pd.Series = (self.low != self.high) & self.low.notna() & self.high.notna()
        return flags

    def each(self, function: Callable[[pd.Series], pd.Series]) -> Self:
        """A function that never falls, of the amount and of both ends."""
        return replace(self, value=function(self.value), low=function(self.low), high=function(self.high))

    def times(self, factor: float, spread: float = 0.0) -> Self:
        """Times a factor that itself is known to ``± spread``, a share from 0 to 1."""
        least, most = factor * (1 - spread), factor * (1 + spread)
        return replace(self, value=self.value * factor, low=self.low * least, high=self.high * most)

    def part(self, amount: pd.Series) -> Self:
        """Another amount that goes up and down with this one, such as the people behind some of the doors.

        Where this amount is 0 the other is taken as lying anywhere from 0 to the most this one can be; where this one
        is unknown the other is exact.
        """
        known = self.value > 0
        low = (amount * (self.low / self.value.where(known))).where(known, amount)
        high = (amount * (self.high / self.value.where(known))).where(known, amount)
        return replace(self, value=amount, low=low, high=high.mask((self.value == 0) & amount.notna(), self.high))
