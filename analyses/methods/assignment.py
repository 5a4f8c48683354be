"""How many people can no facility serve? Exact where capacities are known, unknown with bounds where they are not."""

import numpy as np
import pandas as pd

from analyses.methods.facts import Need, doubted, weakest
from analyses.methods.reach import Walkers
from analyses.methods.sharing import together, unserved_between
from gis.allocation import assign
from gis.network import StreetNetwork
from gis.results import measure
from gis.tables import Doors, Facilities, sum_by_estate

_DUST = 1e-6
"""People below this are rounding of the solver."""


def unserved_measure(
    name: str, need: pd.Series, facilities: Facilities, walkers: Walkers, *, whole: Need, walk_m: float, unit: str,
    confidence: pd.Series,
) -> pd.DataFrame:
    """People whom no facility within the walk has a place for, when places are shared out as well as can be.

    Where a facility of unknown capacity, or an estate of unknown need, takes part in the sharing, all that share
    with it are unknown; so is an estate with unserved people behind a door without a way out. The people who surely
    reach no facility at all are the least, all people the most that can be short. The total served is the greatest
    there is; where several ways to share it cost the same walk, which of two estates goes short is a convention.

    Where a need is an estimate, ``low`` and ``high`` hold for its estate and for all that share with it, whatever the
    true needs within their intervals are: at least what stays when nobody else comes, at most what stays when all the
    others take what they may need first.

    Args:
        name: the measure's name.
        need: amount wanted per door, NaN unknown.
        facilities: existing ones share their ``capacity``; one without a place serves its own estate only.
        walkers: whose doors.
        whole: the same need per estate, with its interval; the doors of an estate go up and down together.
        walk_m: longest walk on the network.
        unit: code of the unit of ``need``.
        confidence: of the need's facts and rules, per estate.
    """
    estates, doors = walkers.estates, walkers.doors
    ids, estate_of = estates.ids, doors.frame["estate_id"]
    pairs = _pairs(doors, facilities, walkers.walk, walk_m)
    capacity = facilities.existing["capacity"]
    blocked = together(pairs.index, need.isna(), capacity.isna(), taking=need != 0, offering=capacity != 0)
    served = _served(need, blocked, capacity, pairs)
    total = sum_by_estate(need, estate_of, ids).where(ids.isin(estate_of))
    provided = sum_by_estate(served.where(~blocked), estate_of, ids)
    stuck = walkers.stuck()
    nothing = ~need.index.isin(pairs.index.get_level_values(0)) & ~stuck
    dark, lost = (
        pd.Series(ids.isin(estate_of[doors_in_doubt]), ids) for doors_in_doubt in (blocked, stuck & (served < need))
    )
    edge, short = estates.frame["edge_of_data"], ~(total - provided <= 0)
    doubt = short & (dark | lost | edge | (not facilities.complete))
    basis = np.select(
        [~estates.located, total.isna(), lost, short & (not facilities.complete), short & edge, dark],
        ["no_outline", "no_people", "no_way_out", "incomplete_source", "edge_of_data", "unknown_capacity"],
        "assignment",
    )
    least = sum_by_estate(need.where(nothing, 0.0), estate_of, ids).where(facilities.complete & ~edge, 0.0)
    firm = unserved_between(need, whole, estate_of, (total - provided).clip(lower=0), capacity, pairs)
    rows = measure(
        name,
        required=total,
        provided=provided.where(estates.located),
        unit=unit,
        basis=pd.Series(basis, ids),
        unknown=doubt | ~estates.located,
        low=whole.part(least).low.where(doubt, firm.low),
        high=whole.part(total).high.where(doubt, firm.high),
        confidence=weakest(confidence, walkers.confidence()),
    )
    return doubted(rows, whole.part(total))


def _served(need: pd.Series, blocked: pd.Series, capacity: pd.Series, pairs: pd.Series) -> pd.Series:
    """How much of each door's need finds a place; only doors that share with nothing unknown take part."""
    offered = pairs.index.get_level_values(1).isin(capacity.index[capacity.notna()])
    known = pairs[offered & ~pairs.index.get_level_values(0).isin(need.index[blocked])]
    served = (
        assign(need[~blocked], capacity[capacity.notna()], known)
        .groupby(level=0)
        .sum()
        .reindex(need.index, fill_value=0.0)
    )
    return served.where(served < need - _DUST, need)


def _pairs(doors: Doors, facilities: Facilities, walk: StreetNetwork, walk_m: float) -> pd.Series:
    """Walks from doors to facilities; one that is only counted for an estate is at the doors of that estate."""
    walks = walk.pairs(doors.frame, facilities.placed, cutoff_m=walk_m)["distance_m"]
    counted = facilities.existing.drop(facilities.placed.index)[["estate_id"]]
    own = doors.frame[["estate_id"]].reset_index().merge(counted.reset_index(), on="estate_id")
    own = own[own["estate_id"] != ""]
    at_home = pd.Series(0.0, pd.MultiIndex.from_frame(own[["door_id", "facility_id"]]), name="distance_m")
    return pd.concat([walks, at_home]).sort_index() if len(at_home) else walks
