"""How sure are the facts of an estate, apart from any rule?"""

import numpy as np
import pandas as pd

from gis.tables import Estates

SURVEYED = "A"
ASSUMED = "D"


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
