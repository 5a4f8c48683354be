"""Where do the residents' cars stand at night, and how many spaces are missing?"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analyses.methods.contract import analysis
from analyses.methods.facts import SURVEYED, Need, need_interval, need_measure, people_confidence, weakest
from analyses.methods.reach import Walkers, reach_measure
from analyses.methods.rules import Rule
from gis.network import StreetNetwork
from gis.results import AnalysisResult, measure
from gis.tables import Doors, Estates, Facilities


@dataclass(frozen=True, kw_only=True)
class ParkingRule(Rule):
    """``cars_per_household`` None: demand is unknown where neither cars nor a night count are known."""

    cars_per_household: float | None
    norm_spaces_per_household: float
    car_park_walk_m: float


@analysis(title="parking", unit="spaces", retrofit_class="improvement", independent=True)
def parking(
    estates: Estates, doors: Doors, car_parks: Facilities, walk: StreetNetwork, *, rule: ParkingRule
) -> AnalysisResult:
    """Compare the cars that stay the night with the estate's own legal spaces.

    Demand is the residents' cars, else the night count, else households × cars per household. Spaces on fire lanes
    are never supply: they are a measure of their own, a matter of safety. The building norm stands beside, and who
    has a car park within a walk.
    """
    demand, basis, sure = _demand(estates, rule)
    frame = estates.frame
    own = frame["parking_spaces"]
    counted = people_confidence(estates, "households_basis")
    walkers = Walkers(estates, doors, walk)
    reached = walkers.within(car_parks, rule.car_park_walk_m)
    lane = frame["parking_on_fire_lane"]
    rows = [
        need_measure("night_gap", demand, provided=own, unit="spaces", confidence=sure,
                     basis=basis.where(own.notna() | demand.value.isna(), "no_supply")),
        need_measure("norm_gap", need_interval(estates, "households", rule.norm_spaces_per_household), provided=own,
                     unit="spaces", basis=_norm_basis(frame["households"], own),
                     confidence=weakest(counted, rule.confidence("norm_spaces_per_household"))),
        measure("fire_lane_spaces", required=lane, provided=lane * 0, unit="spaces", confidence=SURVEYED,
                basis=pd.Series(np.where(lane.notna(), "surveyed", "no_survey"), estates.ids)),
        reach_measure("car_park_reach", reached, walkers, car_parks, people="households", unit="households",
                      confidence=rule.confidence("car_park_walk_m")),
    ]
    evidence = walkers.evidence(reached, {rule.car_park_walk_m: car_parks.placed})
    return AnalysisResult(pd.concat(rows), "night_gap", frozenset({"fire_lane_spaces"}), evidence)


def _demand(estates: Estates, rule: ParkingRule) -> tuple[Need, pd.Series, pd.Series]:
    """Cars at night, where the figure comes from, and how sure it is."""
    frame = estates.frame
    ratio = np.nan if rule.cars_per_household is None else rule.cars_per_household
    cars = need_interval(estates, "households", ratio).unless(frame["resident_cars"].fillna(frame["night_cars"]))
    steps = [frame["resident_cars"].notna(), frame["night_cars"].notna(), cars.value.notna()]
    basis = pd.Series(
        np.select(steps, ["resident_cars", "night_count", "cars_per_household"], "no_demand"), estates.ids
    )
    guess = weakest(people_confidence(estates, "households_basis"), rule.confidence("cars_per_household"))
    return cars, basis, guess.where(~(steps[0] | steps[1]), SURVEYED)


def _norm_basis(households: pd.Series, own: pd.Series) -> pd.Series:
    code = np.select([households.isna(), own.isna()], ["no_people", "no_supply"], "norm")
    return pd.Series(code, households.index)
