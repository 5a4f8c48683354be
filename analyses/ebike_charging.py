"""Can the estate's e-bikes be charged safely, near the door, without flying wires?"""

from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

from analyses.methods.contract import analysis
from analyses.methods.facts import (
    SURVEYED,
    Need,
    need_interval,
    need_measure,
    people_confidence,
    place_confidence,
    weakest,
)
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
    listed = _listed(estates, ebike_chargers)
    roster = estates.frame["ebike_ports"]
    ports, has_site = roster.fillna(listed["ports"]), (roster > 0) | (listed["sites"] > 0)
    sites, doubt = has_site.astype(float), roster.isna() & listed["more"] & ~(ports >= need.value)
    walkers = Walkers(estates, doors, walk)
    near = walkers.within(ebike_chargers, rule.walk_limit_m)
    wanted = pd.Series(rule.sites_per_estate, estates.ids)
    share = partial(reach_measure, walkers=walkers, facilities=ebike_chargers, people="households", unit="households",
                    nowhere=(roster > 0) & (listed["sites"] == 0))
    rows = [
        need_measure(
            "ports_missing",
            need,
            provided=ports.mask(doubt),
            at_least=ports,
            unit="ports",
            confidence=sure,
            basis=need_basis.mask(doubt & need.value.notna(), "no_supply"),
        ),
        measure(
            "site_present",
            required=wanted,
            provided=sites * rule.sites_per_estate,
            unit="sites",
            unknown=~has_site & roster.isna() & listed["more"],
            basis=pd.Series(
                np.where(has_site | roster.notna() | ~listed["more"], "surveyed", "no_survey"), estates.ids
            ),
            confidence=weakest(place_confidence(estates), rule.confidence("sites_per_estate")),
        ),
        share(
            "door_reach_good",
            walkers.within(ebike_chargers, rule.walk_good_m),
            confidence=rule.confidence("walk_good_m"),
        ),
        share("door_reach", near, confidence=rule.confidence("walk_limit_m")),
    ]
    evidence = walkers.evidence(near, {rule.walk_limit_m: ebike_chargers.placed})
    return AnalysisResult(pd.concat(rows), "ports_missing", frozenset(), evidence)


def _ports_needed(estates: Estates, rule: EbikeChargingRule) -> tuple[Need, pd.Series, pd.Series]:
    frame = estates.frame
    ratio = np.nan if rule.ebikes_per_household is None else rule.ebikes_per_household
    bikes = need_interval(estates, "households", ratio).unless(frame["ebikes"])
    basis = np.select(
        [frame["ebikes"].notna(), bikes.value.notna()], ["ebikes_counted", "ebikes_per_household"], "no_demand")
    facts = weakest(people_confidence(estates, "households_basis"), rule.confidence("ebikes_per_household"))
    facts = facts.where(frame["ebikes"].isna(), SURVEYED)
    return (bikes.each(lambda count: np.ceil(count / rule.bikes_per_port)), pd.Series(basis, estates.ids),
            weakest(facts, rule.confidence("bikes_per_port")))


def _listed(estates: Estates, chargers: Facilities) -> pd.DataFrame:
    """Ports and sites that the lists name for each estate, and whether there may be more than they name.

    There may be more where a listed site does not say its ports, the source is incomplete, or the estate has no
    outline by which its sites could be told.
    """
    own = chargers.existing.groupby("estate_id")["capacity"]
    found = pd.DataFrame({"ports": own.sum(), "sites": own.size(), "silent": own.size() - own.count()})
    found = found.reindex(estates.ids, fill_value=0).astype(float)
    found["more"] = (found["silent"] > 0) | (not chargers.complete) | ~estates.located
    return found
