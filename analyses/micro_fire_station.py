"""Is the micro fire-station's crew at the farthest door within three minutes?"""

from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

from analyses.methods.contract import analysis
from analyses.methods.facts import SURVEYED, place_confidence, weakest
from analyses.methods.reach import Walkers, reach_measure
from analyses.methods.rules import Rule
from gis.network import StreetNetwork
from gis.results import AnalysisResult, measure
from gis.tables import Buildings, Doors, Estates, Facilities


@dataclass(frozen=True, kw_only=True)
class MicroFireStationRule(Rule):
    """The three-minute clock starts at the alarm: turn-out and run both count."""

    arrival_s: float
    turnout_s: float
    run_speed_mps: float
    gate_delay_s: float
    high_rise_over_m: float
    high_rise_storeys: float
    own_station_for_high_rise: float
    tier_good_m: float
    tier_limit_m: float


@analysis(title="micro_fire_station", unit="households", retrofit_class="basic", independent=True)
def micro_fire_station(
    estates: Estates, buildings: Buildings, doors: Doors, micro_fire_stations: Facilities, walk: StreetNetwork, *,
    rule: MicroFireStationRule,
) -> AnalysisResult:
    """Count the households whose door no crew reaches in time, run and gates included.

    A high-rise estate needs a station of its own; another may be reached by a neighbour's. Where nobody knows how
    high an estate is, a neighbour's crew leaves it unknown.
    """
    high, high_confidence = high_rise(estates, buildings, rule)
    walkers = Walkers(estates, doors, walk)
    run_m = _run_m(micro_fire_stations, rule)
    own, any_station = _in_time(walkers, micro_fire_stations, run_m, rule)
    tall = doors.frame["estate_id"].map(high)
    reached, perhaps = own | (any_station & (tall == 0)), own | any_station
    used = rule.confidence("arrival_s", "turnout_s", "run_speed_mps", "gate_delay_s")
    share = partial(
        reach_measure, walkers=walkers, facilities=micro_fire_stations, people="households", unit="households"
    )
    strict, lenient = (
        share("households_not_reached", in_time, confidence=weakest(high_confidence.where(high != 0, SURVEYED), used))
        for in_time in (reached, perhaps))
    tiers = {"reach_good": rule.tier_good_m, "reach_limit": rule.tier_limit_m}
    rows = [
        _doubt_of_height(strict, lenient, high),
        _own_station(walkers, micro_fire_stations, high, high_confidence, rule),
        *(share(name, walkers.within(micro_fire_stations, walk_m),
                confidence=rule.confidence("tier_good_m", "tier_limit_m")) for name, walk_m in tiers.items()),
    ]
    areas = {
        float(metres): micro_fire_stations.placed.loc[run_m.index[run_m == metres]] for metres in sorted(run_m.unique())
    }
    safety = frozenset({"own_station", "households_not_reached"})
    return AnalysisResult(pd.concat(rows), "households_not_reached", safety, walkers.evidence(reached, areas))


def high_rise(estates: Estates, buildings: Buildings, rule: MicroFireStationRule) -> tuple[pd.Series, pd.Series]:
    """1, 0 or NaN per estate, and how sure: the survey, else its tallest building's height, else its storeys."""
    frame = buildings.frame[buildings.frame["use"] != "other"]
    by_storeys = (frame["levels"] >= rule.high_rise_storeys).astype(float).where(frame["levels"] > 0)
    tall = (frame["height_m"] > rule.high_rise_over_m).astype(float).where(frame["height_m"].notna(), by_storeys)
    groups = tall.groupby(frame["estate_id"])
    known = tall.notna().groupby(frame["estate_id"]).all()
    built = groups.max().where(groups.max().eq(1) | known)
    measured = frame["height_m"].notna().groupby(frame["estate_id"]).all().reindex(estates.ids).eq(other=True)
    surveyed = estates.frame["high_rise"]
    answer = surveyed.fillna(built.reindex(estates.ids))
    sure = np.select([surveyed.notna(), measured],
                     [SURVEYED, rule.confidence("high_rise_over_m")], rule.confidence("high_rise_storeys"))
    return answer, pd.Series(sure, estates.ids)


def _run_m(stations: Facilities, rule: MicroFireStationRule) -> pd.Series:
    """How far each placed station's crew can run in the time its turn-out leaves; one without any time is left out."""
    left_s = rule.arrival_s - stations.placed["turnout_s"].fillna(rule.turnout_s)
    run_m: pd.Series = left_s[left_s >= 0] * rule.run_speed_mps
    return run_m


def _in_time(
    walkers: Walkers, stations: Facilities, run_m: pd.Series, rule: MicroFireStationRule
) -> tuple[pd.Series, pd.Series]:
    """Doors reached in time by a station of the estate's own, and by any."""
    doors, placed = walkers.doors, stations.placed.loc[run_m.index]
    pairs = walkers.walk.pairs(doors.frame, placed, cutoff_m=float(run_m.max()) if len(run_m) else 0.0,
                               gate_cost_m=rule.gate_delay_s * rule.run_speed_mps).reset_index()
    pairs = pairs[pairs["distance_m"] <= pairs["facility_id"].map(run_m)]
    homes = pd.DataFrame({"door_id": pairs["door_id"], "estate_id": pairs["door_id"].map(doors.frame["estate_id"]),
                          "holder_id": pairs["facility_id"].map(placed["estate_id"])})
    own = homes.merge(_own(walkers), on=["estate_id", "holder_id"])["door_id"]
    return (pd.Series(doors.ids.isin(own), doors.ids), pd.Series(doors.ids.isin(pairs["door_id"]), doors.ids))


def _own(walkers: Walkers) -> pd.DataFrame:
    """Whose stations count as each estate's own: its own, and those of the estates it stands in."""
    ids = walkers.estates.ids
    itself = pd.DataFrame({"estate_id": ids, "holder_id": ids})
    return pd.concat([itself, walkers.walk.holders]).drop_duplicates()


def _doubt_of_height(strict: pd.DataFrame, lenient: pd.DataFrame, high: pd.Series) -> pd.DataFrame:
    """Where the height is unknown the answer lies between needing one's own station and not needing it."""
    unsure = high.isna().reindex(strict.index.get_level_values("estate_id")).to_numpy()
    differ = unsure & (strict["provided"] != lenient["provided"]).to_numpy() & strict["required"].notna().to_numpy()
    rows = strict.copy()
    rows.loc[differ, ["provided", "shortfall", "coverage", "severity"]] = np.nan
    rows.loc[differ, "low"] = lenient.loc[differ, "low"]
    rows.loc[differ, "high"] = strict.loc[differ, "high"]
    rows.loc[differ, ["status", "basis"]] = ["unknown", "height_unknown"]
    rows.loc[differ, ["severity_low", "severity_high"]] = [0.0, 1.0]
    return rows


def _own_station(
    walkers: Walkers, stations: Facilities, high: pd.Series, confidence: pd.Series, rule: MicroFireStationRule
) -> pd.DataFrame:
    estates = walkers.estates
    existing = stations.existing.groupby("estate_id").size()
    own = _own(walkers)
    count = own["holder_id"].map(existing).fillna(0.0).groupby(own["estate_id"]).sum().reindex(estates.ids)
    short = count < rule.own_station_for_high_rise
    doubt = short & (high.isna() | (not stations.complete) | ~estates.located)
    basis = np.select([doubt & ~estates.located, doubt & high.isna(), doubt],
                      ["no_outline", "height_unknown", "incomplete_source"], "surveyed")
    return measure(
        "own_station", required=pd.Series(rule.own_station_for_high_rise, estates.ids), provided=count.mask(doubt),
        unit="stations", basis=pd.Series(basis, estates.ids), not_applicable=high == 0,
        confidence=weakest(confidence, place_confidence(estates), rule.confidence("own_station_for_high_rise")))
