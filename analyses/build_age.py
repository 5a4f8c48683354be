"""Is the estate one of the old ones that the renewal programmes are for?"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analyses.methods.contract import analysis
from analyses.methods.facts import ASSUMED
from analyses.methods.rules import Rule
from gis.results import AnalysisResult, measure
from gis.tables import Estates


@dataclass(frozen=True, kw_only=True)
class BuildAgeRule(Rule):
    """``last_year_of_old_estates`` is inclusive."""

    last_year_of_old_estates: float


@analysis(title="build_age", unit="estates", retrofit_class="basic", independent=True)
def build_age(estates: Estates, *, rule: BuildAgeRule) -> AnalysisResult:
    """An estate completed in or before the last year of old estates wants renewal; a later one does not.

    Where only bounds of the year are known (九十年代), that is enough if both lie on one side. Where the year is the
    median of the estate's buildings and not all of them lie on one side, somebody has to look at it.
    """
    year = estates.frame["build_year"]
    first, last = (year.fillna(estates.frame[f"build_year_{end}"]) for end in ("low", "high"))
    surely, surely_not = last <= rule.last_year_of_old_estates, first > rule.last_year_of_old_estates
    known = surely | surely_not
    old = surely.astype(float).where(known)
    of_buildings = estates.frame["build_year_basis"] == "buildings"
    earliest, latest = (estates.frame[f"build_year_{end}"] for end in ("low", "high"))
    mixed = of_buildings & (earliest <= rule.last_year_of_old_estates) & (latest > rule.last_year_of_old_estates)
    rows = measure(
        "old_estate", required=old, provided=old * 0, unit="estates",
        basis=pd.Series(np.select([~known, of_buildings], ["no_survey", "buildings"], "surveyed"), estates.ids),
        confidence=pd.Series(rule.confidence("last_year_of_old_estates"), estates.ids).mask(mixed, ASSUMED))
    return AnalysisResult(rows, "old_estate")
