"""How loudly do the residents ask for change?"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analyses.methods.contract import analysis
from analyses.methods.facts import people_confidence, weakest
from analyses.methods.rules import Rule
from gis.results import AnalysisResult, measure
from gis.tables import Estates


@dataclass(frozen=True, kw_only=True)
class ComplaintsRule(Rule):
    """Severity is 1 at this many complaints per 100 households."""

    full_scale_per_100_households: float


@analysis(title="complaints", unit="complaints", retrofit_class="improvement", independent=True)
def complaints(estates: Estates, *, rule: ComplaintsRule) -> AnalysisResult:
    """All complaints of the period are to be settled; their number per household says how severe the matter is."""
    frame = estates.frame
    count, full = frame["complaints"], frame["households"] * rule.full_scale_per_100_households / 100
    basis = np.select([count.isna(), (count > 0) & ~(full > 0)], ["no_survey", "no_people"], "surveyed")
    rows = measure(
        "complaints_received", required=count, provided=count * 0, unit="complaints", full_scale=full,
        unknown=(count > 0) & ~(full > 0), basis=pd.Series(basis, estates.ids),
        confidence=weakest(people_confidence(estates, "households_basis"),
                           rule.confidence("full_scale_per_100_households")))
    return AnalysisResult(rows, "complaints_received")
