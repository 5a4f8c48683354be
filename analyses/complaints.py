"""How loudly do the residents ask for change?"""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from analyses.methods.contract import analysis
from analyses.methods.facts import ASSUMED, Need, doubted, need_interval, people_confidence, weakest
from analyses.methods.rules import Rule
from gis.results import AnalysisResult, measure
from gis.tables import Estates
from layers.complaint_themes import theme_columns


@dataclass(frozen=True, kw_only=True)
class ComplaintsRule(Rule):
    """Severity is 1 at this many complaints per 100 households."""

    full_scale_per_100_households: float


@analysis(title="complaints", unit="complaints", retrofit_class="improvement", independent=True)
def complaints(estates: Estates, *, rule: ComplaintsRule) -> AnalysisResult:
    """All complaints of the period are to be settled; their number per household says how severe the matter is.

    The more households there may be, the less severe it may be. Complaints that nobody can place may be of any estate,
    which the bounds say. Each theme that anybody complains of is a measure of
    its own, on the same scale; only all together enter the ranking.
    """
    scale = need_interval(estates, "households", rule.full_scale_per_100_households).each(lambda calls: calls / 100)
    frame = estates.frame
    sure = weakest(people_confidence(estates, "households_basis"), rule.confidence("full_scale_per_100_households"))
    themes = [name for name in theme_columns() if name in frame and (frame[name] > 0).any()]
    rows = [_received("complaints_received", frame["complaints"], frame["complaints_more"], scale, sure),
            *(_received(name, frame[name], frame["complaints_more"], scale, sure) for name in themes)]
    return AnalysisResult(pd.concat(rows), "complaints_received")


def _received(name: str, count: pd.Series, more: pd.Series, scale: Need, sure: pd.Series) -> pd.DataFrame:
    """At least ``count``, and ``more`` where complaints without a day or a place may be of the estate."""
    full = scale.value
    basis = np.select([count.isna() & (more > 0), count.isna(), (count > 0) & ~(full > 0)],
                      ["no_match", "no_survey", "no_people"], "surveyed")
    rows = measure(name, required=count, provided=count * 0, unit="complaints", full_scale=full, high=count + more,
                   unknown=(count > 0) & ~(full > 0), basis=pd.Series(basis, count.index),
                   confidence=sure.mask((count == 0) & (more > 0), ASSUMED))
    return doubted(rows, replace(scale, low=scale.high, high=scale.low))
