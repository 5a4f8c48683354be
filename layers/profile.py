"""How many households and people has an estate where nobody counted, by floor area and the shares of the place?"""

from dataclasses import dataclass, fields

import geopandas as gpd
import numpy as np
import pandas as pd

from gis.errors import InputError, Problem
from gis.intervals import Interval
from gis.tables import Buildings, Estates
from layers.people import fill, homes_of

BANDS = {"residents_60plus": "share_60plus", "residents_under3": "share_under3", "residents_3to5": "share_3to5",
         "residents_6to11": "share_6to11"}
"""People columns of an age band, and the share of the residents in a profile that stands for each."""
_CONFIDENCES = ("A", "B", "C", "D")
_DUST = 1e-9


@dataclass(frozen=True, kw_only=True)
class Profile:
    """Assumptions of a place about floor area and people, used only where nothing better is known.

    Args:
        floor_area_per_household_m2: gross floor area that stands for one household; None: households stay unknown.
        residents_per_household: None: residents stay unknown.
        share_60plus: residents aged 60 and over, 0..1; None: unknown. The same for the other bands.
        share_under3: residents under three.
        share_3to5: residents from three to five.
        share_6to11: residents from six to eleven.
        storeys_if_unknown: storeys of a building that does not say; None: its floor area is unknown.
        spread: how far off each step of an estimate may be, as a share 0..1 of it; the steps multiply.
        source: where the figures come from.
        confidence: A to D.

    Raises:
        InputError: figures out of range, all of them listed.
    """

    floor_area_per_household_m2: float | None = None
    residents_per_household: float | None = None
    share_60plus: float | None = None
    share_under3: float | None = None
    share_3to5: float | None = None
    share_6to11: float | None = None
    storeys_if_unknown: float | None = None
    spread: float
    source: str = ""
    confidence: str = "D"

    def __post_init__(self) -> None:
        problems = []
        for entry in fields(self):
            value, is_share = getattr(self, entry.name), entry.name.startswith(("share", "spread"))
            top, least = (1.0 if is_share else np.inf), (0.0 if entry.name == "spread" else np.nextafter(0, 1))
            if isinstance(value, int | float) and not (least <= value <= top and np.isfinite(value)):
                problems.append(Problem(
                    column=f"profile.{entry.name}", value=str(value), why="this is out of range",
                    fix="give a number above 0 and at most 1" if is_share else "give a number above 0"))
        if self.confidence not in _CONFIDENCES:
            problems.append(Problem(column="profile.confidence", value=str(self.confidence), why="unknown confidence",
                                    fix="give A, B, C or D"))
        shares = [getattr(self, name) or 0.0 for name in BANDS.values()]
        if not problems and sum(shares) > 1 + _DUST:
            problems.append(Problem(column="profile", value=f"{sum(shares):g}",
                                    why="the shares of the age bands add up to more than 1",
                                    fix="give shares of all residents, such as 0.25 for a quarter"))
        if problems:
            raise InputError(problems)


def estimate_people(
    estates: Estates, buildings: Buildings, profile: Profile | None, *, registered_spread: float
) -> Estates:
    """Fill what is still unknown, step by step; figures and intervals that are known do not change.

    1. Households are floor area ÷ area per household, floor area being footprint × storeys of residential buildings
       (``floor_area``). Estates without buildings, or with floor area unknown, stay unknown.
    2. Residents are households × residents per household (``profile``).
    3. Residents are the registered ones (``registered``). Hukou and home are not the same: many are registered where
       they no longer live, and tenants are not. It is the last resort, never exact and never more than an assumption.
    4. Age bands are residents × share (``profile``), at most all residents.

    Args:
        estates: the estates.
        buildings: with the estate each stands in.
        profile: None leaves out steps 1, 2 and 4.
        registered_spread: how far the residents may be from the registered ones, as a share 0..1.
    """
    frame = estates.frame.copy()
    if profile and profile.floor_area_per_household_m2 is not None:
        fill(frame, "households", _households(frame.index, homes_of(buildings), profile), "floor_area")
    if profile and profile.residents_per_household is not None:
        fill(frame, "residents", Interval.of(frame, "households").times(
            profile.residents_per_household, profile.spread), "profile")
    fill(frame, "residents", Interval.of(frame, "residents_registered").times(1.0, registered_spread), "registered")
    residents = Interval.of(frame, "residents")
    for name, column in BANDS.items():
        share = getattr(profile, column) if profile else None
        if profile and share is not None:
            fill(frame, name, _at_most(residents.times(share, profile.spread), residents), "profile")
    return Estates.of(frame)


def _households(estates: pd.Index, homes: gpd.GeoDataFrame, profile: Profile) -> Interval:
    levels = homes["levels"].fillna(np.nan if profile.storeys_if_unknown is None else profile.storeys_if_unknown)
    floor_area_m2 = (homes.geometry.area * levels).groupby(homes["estate_id"]).agg(lambda part: part.sum(skipna=False))
    households = floor_area_m2.reindex(estates) / profile.floor_area_per_household_m2
    return Interval(households, households, households).times(1.0, profile.spread)


def _at_most(part: Interval, whole: Interval) -> Interval:
    return Interval(part.value, part.low, part.high.clip(upper=whole.high))
