"""Do the old people of an estate have day care within their walk, and is there a place for them?"""

from dataclasses import dataclass
from functools import partial

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
class ElderlyCareRule(Rule):
    """``walk_*`` are walks on the network (``net``), ``radius_m`` is a straight line (``line``)."""

    places_per_1000_aged_60: float
    walk_good_m: float
    walk_limit_m: float
    radius_m: float


@analysis(title="elderly_care", unit="people", retrofit_class="upgrade")
def elderly_care(
    estates: Estates, doors: Doors, elderly_care_sites: Facilities, walk: StreetNetwork, *, rule: ElderlyCareRule
) -> AnalysisResult:
    """Count the old people for whom no day-care place is left within the walk, and how many have a centre in reach.

    Need is the residents aged 60 and over × places per 1000 of them; the places are shared out so that most are
    served. Both official reach modes stand beside: walk from the door, and land within the radius.
    """
    need = doors.frame["residents_60plus"] * rule.places_per_1000_aged_60 / 1000
    whole = need_interval(estates, "residents_60plus", rule.places_per_1000_aged_60 / 1000)
    facts = people_confidence(estates, "residents_60plus_basis")
    walkers = Walkers(estates, doors, walk)
    near = walkers.within(elderly_care_sites, rule.walk_limit_m)
    share = partial(reach_measure, walkers=walkers, facilities=elderly_care_sites, people="residents_60plus",
                    unit="people_60plus")
    rows = [
        unserved_measure("people_unserved", need, elderly_care_sites, walkers, whole=whole, walk_m=rule.walk_limit_m,
                         unit="people",
                         confidence=weakest(facts, rule.confidence("places_per_1000_aged_60", "walk_limit_m"))),
        share("reach_net_good", walkers.within(elderly_care_sites, rule.walk_good_m),
              confidence=rule.confidence("walk_good_m")),
        share("reach_net", near, confidence=rule.confidence("walk_limit_m")),
        area_measure("reach_area", elderly_care_sites, radius_m=rule.radius_m, estates=estates,
                     confidence=rule.confidence("radius_m")),
    ]
    evidence = walkers.evidence(near, {rule.walk_limit_m: elderly_care_sites.placed})
    return AnalysisResult(pd.concat(rows), "people_unserved", frozenset(), evidence)
