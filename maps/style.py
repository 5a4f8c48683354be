"""Which colour, hatch or symbol stands for which answer? One language for maps and report.

The ramp runs from pale to dark in even steps of lightness, so that it survives colour blindness and grey printing;
what is not known is hatched, never coloured.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from gis.results import Status

RAMP = ("#f9e4b7", "#f4b87a", "#e5805a", "#b9445c", "#6e2150")
"""Need, from least to most. Lightness falls evenly; the last two carry white lettering."""

MET = "#a9cfc4"
NOT_APPLICABLE = "#e4e2dc"
UNKNOWN = "#ece9e3"
DARK_FROM = 3
"""First step of the ramp that needs white lettering."""

SEVERITY_STEPS = (0.2, 0.4, 0.6, 0.8, 1.0)
TIERS = len(RAMP)


@dataclass(frozen=True)
class Symbol:
    """A facility kind's sign: the name of a glyph in ``assets/symbols.j2`` and its colour."""

    glyph: str
    colour: str


SYMBOLS = {
    "car_parks": Symbol("parking", "#2f6db5"),
    "ebike_chargers": Symbol("bolt", "#2e8b57"),
    "elderly_care_sites": Symbol("elderly", "#8a5aa8"),
    "nurseries": Symbol("child", "#c2668f"),
    "kindergartens": Symbol("school", "#b07d1a"),
    "micro_fire_stations": Symbol("flame", "#d0492f"),
    "fire_stations": Symbol("truck", "#9c2a1c"),
}
OTHER_SYMBOL = Symbol("dot", "#4a5a68")

EVIDENCE_COLOURS = ("#2f7f93", "#1f2d38", "#4f7d63", "#9a6b3f", "#7a6a9c")


def severity_class(severity: pd.Series, status: pd.Series) -> pd.Series:
    """Class numbers of the severity legend: 0..4 along the ramp, 5 met, 6 unknown, 7 not applicable."""
    step = np.searchsorted(np.asarray(SEVERITY_STEPS), severity.fillna(1.0).to_numpy() - 1e-9, side="left")
    answer = np.select(
        [status == Status.MET, status == Status.UNKNOWN, status == Status.NOT_APPLICABLE],
        [TIERS, TIERS + 1, TIERS + 2], np.minimum(step, TIERS - 1),
    )
    return pd.Series(answer, severity.index, dtype="int64")


def priority_class(rank: pd.Series) -> pd.Series:
    """Class numbers of the priority legend: 0 for the first fifth of the ranks to 4 for the last, 5 without a rank."""
    ranked = int(rank.notna().sum())
    place = rank.astype("float64").to_numpy(dtype="float64", na_value=np.nan)
    tier = np.floor((place - 1) * TIERS / max(ranked, 1)).clip(0, TIERS - 1)
    return pd.Series(np.nan_to_num(tier, nan=TIERS).astype("int64"), rank.index)
