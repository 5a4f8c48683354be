"""Is the estate one of the old ones that the renewal programmes are for?"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analyses.methods.contract import analysis
from analyses.methods.rules import Rule
from gis.results import AnalysisResult, measure
from gis.tables import Estates


@dataclass(frozen=True, kw_only=True)
class BuildAgeRule(Rule):
    """``last_year_of_old_estates`` is inclusive."""

    last_year_of_old_estates: float


@analysis(title="build_age", unit="estates", retrofit_class="basic", independent=True)
def build_age(estates: Estates, *, rule: BuildAgeRule) -> AnalysisResult:
    """An estate completed in or before the last year of old estates wants renewal; a later one does not."""
    year = estates.frame["build_year"]
    old = (year <= rule.last_year_of_old_estates).astype(float).where(year.notna())
    rows = measure(
        "old_estate", required=old, provided=old * 0, unit="estates",
        basis=pd.Series(np.where(year.notna(), "surveyed", "no_survey"), estates.ids),
        confidence=rule.confidence("last_year_of_old_estates"))
    return AnalysisResult(rows, "old_estate")
