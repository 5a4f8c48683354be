"""Can the estate's e-bikes be charged safely, near the door, without flying wires?"""

from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

from analyses.methods.contract import analysis
from analyses.methods.facts import SURVEYED, people_confidence, weakest
from analyses.methods.reach import Walkers, reach_measure
from analyses.methods.rules import Rule
from gis.network import StreetNetwork
from gis.results import AnalysisResult, measure
from gis.tables import Doors, Estates, Facilities


@dataclass(frozen=True, kw_only=True)
class EbikeChargingRule(Rule):
    """``ebikes_per_household`` None: need is unknown where the bikes are not counted."""

    bikes_per_port: float
    ebikes_per_household: float | None
    sites_per_estate: float
    walk_good_m: float
    walk_limit_m: float


@analysis(title="ebike_charging", unit="ports", retrofit_class="improvement", independent=True)
def ebike_charging(
    estates: Estates, doors: Doors, ebike_chargers: Facilities, walk: StreetNetwork, *, rule: EbikeChargingRule
) -> AnalysisResult:
    """Compare charging ports with e-bikes, and count the households whose door is near a charging point.

    Ports are the roster's count, else those of the charging points in the estate when the list is complete. Bikes
    are counted, else households × bikes per household. Ports needed are bikes ÷ bikes per port, rounded up.
    """
    need, need_basis, sure = _ports_needed(estates, rule)
    ports, sites = _ports(estates, ebike_chargers)
    walkers = Walkers(estates, doors, walk)
    near = walkers.within(ebike_chargers, rule.walk_limit_m)
    wanted = pd.Series(rule.sites_per_estate, estates.ids)
    share = partial(reach_measure, walkers=walkers, people="households", unit="households",
                    complete=ebike_chargers.complete)
    rows = [
        measure("ports_missing", required=need, provided=ports, unit="ports", confidence=sure,
                basis=need_basis.where(ports.notna() | need.isna(), "no_supply")),
        measure("site_present", required=wanted, provided=sites.clip(upper=rule.sites_per_estate), unit="sites",
                basis=pd.Series(np.where(sites.notna(), "surveyed", "no_survey"), estates.ids),
                confidence=rule.confidence("sites_per_estate")),
        share("door_reach_good", walkers.within(ebike_chargers, rule.walk_good_m),
              confidence=rule.confidence("walk_good_m")),
        share("door_reach", near, confidence=rule.confidence("walk_limit_m")),
    ]
    evidence = walkers.evidence(near, ebike_chargers, rule.walk_limit_m)
    return AnalysisResult(pd.concat(rows), "ports_missing", frozenset(), evidence)


def _ports_needed(estates: Estates, rule: EbikeChargingRule) -> tuple[pd.Series, pd.Series, pd.Series]:
    frame = estates.frame
    ratio = np.nan if rule.ebikes_per_household is None else rule.ebikes_per_household
    bikes = frame["ebikes"].fillna(frame["households"] * ratio)
    basis = np.select([frame["ebikes"].notna(), bikes.notna()], ["ebikes_counted", "ebikes_per_household"], "no_demand")
    facts = weakest(people_confidence(estates, "households_basis"), rule.confidence("ebikes_per_household"))
    facts = facts.where(frame["ebikes"].isna(), SURVEYED)
    return (np.ceil(bikes / rule.bikes_per_port), pd.Series(basis, estates.ids),
            weakest(facts, rule.confidence("bikes_per_port")))


def _ports(estates: Estates, chargers: Facilities) -> tuple[pd.Series, pd.Series]:
    """Ports and sites of each estate's own; NaN where neither the roster nor a complete list tells."""
    own = chargers.existing.groupby("estate_id")
    listed = own["capacity"].agg(lambda part: part.sum(skipna=False)).reindex(estates.ids)
    sites = own.size().reindex(estates.ids).astype(float)
    if chargers.complete:
        listed, sites = listed.where(sites.notna(), 0.0), sites.fillna(0.0)
    roster = estates.frame["ebike_ports"]
    at_least = (roster > 0).astype(float).where(roster.notna())
    return roster.fillna(listed), sites.fillna(at_least).where(~(roster > 0), sites.clip(lower=1).fillna(1.0))
