"""Is there a nursery place for the youngest, and a kindergarten within reach?"""

from dataclasses import dataclass

import pandas as pd

from analyses.methods.assignment import unserved_measure
from analyses.methods.contract import analysis
from analyses.methods.facts import need_interval, people_confidence, weakest
from analyses.methods.reach import Walkers, area_measure, reach_measure
from analyses.methods.rules import Rule
from gis.network import StreetNetwork
from gis.results import AnalysisResult
from gis.tables import Doors, Estates, Facilities


@dataclass(frozen=True, kw_only=True)
class ChildcareRule(Rule):
    """``*_walk_m`` are walks on the network (``net``), ``*_radius_m`` straight lines (``line``)."""

    places_per_1000_residents: float
    walk_limit_m: float
    radius_m: float
    kindergarten_walk_m: float
    kindergarten_radius_m: float


@analysis(title="childcare", unit="children", retrofit_class="upgrade")
def childcare(
    estates: Estates, doors: Doors, nurseries: Facilities, kindergartens: Facilities, walk: StreetNetwork, *,
    rule: ChildcareRule,
) -> AnalysisResult:
    """Count the children for whom no nursery place is left within the walk; reach of nurseries and kindergartens.

    Need is residents × places per 1000; the places are shared out so that most are served.
    """
    need = doors.frame["residents"] * rule.places_per_1000_residents / 1000
    whole = need_interval(estates, "residents", rule.places_per_1000_residents / 1000)
    facts = people_confidence(estates, "residents_basis")
    walkers = Walkers(estates, doors, walk)
    near = walkers.within(nurseries, rule.walk_limit_m)
    school = walkers.within(kindergartens, rule.kindergarten_walk_m)
    rows = [
        unserved_measure("children_unserved", need, nurseries, walkers, whole=whole, walk_m=rule.walk_limit_m,
                         unit="children",
                         confidence=weakest(facts, rule.confidence("places_per_1000_residents", "walk_limit_m"))),
        reach_measure("nursery_reach_net", near, walkers, nurseries, people="residents_under3", unit="children_under3",
                      confidence=rule.confidence("walk_limit_m")),
        area_measure("nursery_reach_area", nurseries, radius_m=rule.radius_m, estates=estates,
                     confidence=rule.confidence("radius_m")),
        reach_measure("kindergarten_reach_net", school, walkers, kindergartens, people="households", unit="households",
                      confidence=rule.confidence("kindergarten_walk_m")),
        area_measure("kindergarten_reach_area", kindergartens, radius_m=rule.kindergarten_radius_m, estates=estates,
                     confidence=rule.confidence("kindergarten_radius_m")),
    ]
    evidence = walkers.evidence(near, {rule.walk_limit_m: nurseries.placed})
    return AnalysisResult(pd.concat(rows), "children_unserved", frozenset(), evidence)
