"""Who shares places with whom, and between what least and most stays unserved where needs are estimates?"""

from dataclasses import replace

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from analyses.methods.facts import Need
from gis.allocation import assign
from gis.intervals import Interval
from gis.tables import sum_by_estate

_DUST = 1e-6
"""People below this are rounding of the solver."""


def together(
    pairs: pd.Index, doors: pd.Series, facilities: pd.Series, *, taking: pd.Series, offering: pd.Series
) -> pd.Series:
    """The doors that share, directly or through others, with a marked door or facility.

    Args:
        pairs: (door, facility) within a walk.
        doors: flag per door: marked.
        facilities: flag per facility: marked.
        taking: flag per door; one that needs nothing shares nothing.
        offering: flag per facility; one that has nothing shares nothing.
    """
    door = doors.index.get_indexer(pairs.get_level_values(0))
    facility = facilities.index.get_indexer(pairs.get_level_values(1))
    shares = taking.to_numpy()[door] & offering.to_numpy()[facility]
    door, facility = door[shares], facility[shares] + len(doors)
    size = len(doors) + len(facilities)
    _, group = connected_components(
        coo_array((np.ones(len(door)), (door, facility)), shape=(size, size)), directed=False
    )
    marked = np.concatenate([doors, facilities]).astype(bool)
    return pd.Series(np.isin(group[: len(doors)], group[marked]), doors.index)


def unserved_between(
    need: pd.Series, whole: Need, estate_of: pd.Series, unserved: pd.Series, capacity: pd.Series, pairs: pd.Series,
) -> Interval:
    """Bounds of what stays unserved per estate, whatever the needs within their intervals are.

    An estate gets no more than if it came alone (``low``), and no less than what the others leave when each of them
    takes the most it may need wherever it can go (``high``): most are served, so nobody goes without while places
    stay free. An estate that shares with no estimate has no bounds (NaN): its figure is exact.

    Args:
        need: amount wanted per door, NaN unknown.
        whole: the same per estate, with its interval.
        estate_of: estate per door.
        unserved: what stays unserved per estate at the figures themselves.
        capacity: per facility; NaN is unknown, and may be anything.
        pairs: walks on (door, facility).
    """
    doors = _at_doors(need, whole, estate_of)
    touched = together(pairs.index, doors.open, capacity.isna() & False, taking=doors.high != 0, offering=capacity != 0)
    estates = whole.value.index
    among = estates.isin(estate_of[touched])
    if not among.any():
        nothing = pd.Series(np.nan, estates)
        return Interval(unserved, nothing, nothing)
    here = estate_of.index[estate_of.isin(estates[among])]
    ways = _ways(pairs[pairs.index.get_level_values(0).isin(here)], estate_of)
    low, high = (end[here].fillna(0.0) for end in (doors.low, doors.high))
    wanted = doors.high.fillna(np.inf).reindex(ways["door"])
    taken, own = (wanted.groupby(ways[name].to_numpy()).sum() for name in ("facility", "copy"))
    copies = ways.drop_duplicates("copy").set_index("copy").sort_index()
    offered = copies["facility"].map(capacity).astype("float64")
    left = (offered - (copies["facility"].map(taken).astype("float64") - own)).clip(lower=0)
    alone = _unserved(low, offered.fillna(low.sum()), ways)
    last = _unserved(high, left.fillna(0.0), ways)
    least, most = (sum_by_estate(part, estate_of[here], estates).where(among) for part in (alone, last))
    return Interval(unserved, least.clip(upper=unserved), most.clip(lower=unserved))


def _at_doors(need: pd.Series, whole: Need, estate_of: pd.Series) -> Interval:
    """The doors' needs with the interval of their estate; where nobody is known to live the doors share the most."""
    ends = (end.reindex(estate_of).set_axis(need.index) for end in (whole.value, whole.low, whole.high))
    spread = Interval(*ends)
    doors_there = estate_of.groupby(estate_of).transform("size")
    return replace(spread, high=spread.high.mask(spread.value == 0, spread.high / doors_there)).part(need)


def _ways(pairs: pd.Series, estate_of: pd.Series) -> pd.DataFrame:
    """The pairs as rows of door and facility, with the number of the facility's copy for the door's estate."""
    ways = pairs.index.to_frame(index=False).set_axis(["door", "facility"], axis=1)
    ways["copy"] = ways.groupby([ways["door"].map(estate_of), "facility"], sort=True).ngroup()
    return ways


def _unserved(need: pd.Series, capacity: pd.Series, ways: pd.DataFrame) -> pd.Series:
    """What stays unserved per door when every estate has the facilities to itself."""
    apart = pd.Series(0.0, pd.MultiIndex.from_frame(ways[["door", "copy"]]))
    served = assign(need, capacity, apart).groupby(level=0).sum().reindex(need.index, fill_value=0.0)
    left = need - served
    return left.mask(left < _DUST, 0.0)
