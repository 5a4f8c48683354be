"""What every analysis returns: amounts required, provided and short, per estate and measure, with what is unknown."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import geopandas as gpd
import numpy as np
import pandas as pd

from gis.errors import InputError, Problem, Words, say

COLUMNS = (
    "required", "provided", "shortfall", "low", "high", "unit", "coverage", "severity", "status", "basis", "confidence",
    "severity_low", "severity_high",
)
"""The columns of a result table; ``confidence`` is the weakest of the facts and rules a row rests on, A to D.

``severity_low`` and ``severity_high`` bound the severity as ``low`` and ``high`` bound the shortfall; an unknown row
has 0 and 1.
"""


class Status(StrEnum):
    """The closed set of answers. Unknown is never zero and never scores as good."""

    MET = "met"
    SHORT = "short"
    UNKNOWN = "unknown"
    NOT_APPLICABLE = "not_applicable"


@dataclass(frozen=True)
class AnalysisResult:
    """One analysis's answer for every estate and every measure.

    Args:
        table: on MultiIndex ``(estate_id, measure)``, columns ``COLUMNS``. ``shortfall``, ``low`` and ``high`` are in
            ``unit``; ``coverage`` and ``severity`` are shares 0..1; ``basis`` is a code of the text catalogues.
        headline: the measure that enters the ranking.
        safety: measures whose shortage is a matter of safety (基础类).
        evidence: named map layers, each with a ``geometry`` and, where it applies, ``estate_id``.

    Raises:
        InputError: a row breaks the promises above, all of them listed.
    """

    table: pd.DataFrame
    headline: str
    safety: frozenset[str] = frozenset()
    evidence: Mapping[str, gpd.GeoDataFrame] = field(default_factory=dict)

    def __post_init__(self) -> None:
        problems = [Problem(why=say("AnalysisResult: {why}", why=why), fix="build it with gis.results.measure")
                    for why in self._broken()]
        if problems:
            raise InputError(problems)

    def _broken(self) -> list[Words]:
        table = self.table
        if list(table.index.names) != ["estate_id", "measure"] or tuple(table.columns) != COLUMNS:
            return [say("the table has the wrong index or columns")]
        measures = set(table.index.get_level_values("measure"))
        status, shortfall = table["status"], table["shortfall"]
        checks = {
            say("an estate has a measure twice"): table.index.has_duplicates,
            say("the headline {name!r} is not a measure", name=self.headline): self.headline not in measures,
            say("a safety measure is not a measure"): not self.safety <= measures,
            say("a status is outside the closed set"): not status.isin(list(Status)).all(),
            say("an unknown row has a shortfall"): shortfall[status == Status.UNKNOWN].notna().any(),
            say("a met row is short"): (shortfall[status == Status.MET] != 0).any(),
            say("a short row is not short"): not (shortfall[status == Status.SHORT] > 0).all(),
            say("low exceeds high"): (table["low"] > table["high"]).any(),
            say("a confidence is not A, B, C or D"): not table["confidence"].isin(list("ABCD")).all(),
        }
        return [why for why, broken in checks.items() if broken]

    def of(self, measure: str) -> pd.DataFrame:
        """The rows of one measure, on ``estate_id``."""
        return pd.DataFrame(self.table.xs(measure, level="measure"))


def measure(
    name: str, *, required: pd.Series, provided: pd.Series, unit: str, basis: pd.Series | str,
    confidence: pd.Series | str, unknown: pd.Series | None = None, not_applicable: pd.Series | None = None,
    low: pd.Series | None = None, high: pd.Series | None = None, full_scale: pd.Series | None = None,
) -> pd.DataFrame:
    """Make one measure's rows: the only place where shortfall, status and severity are worked out.

    Args:
        name: the measure's name.
        required: amount needed, on ``estate_id``; NaN is unknown.
        provided: amount there is, same index; NaN is unknown.
        unit: code of the unit of both.
        basis: code of where the figures come from or why they are unknown.
        confidence: weakest confidence of the facts and rules used, A to D.
        unknown: estates that are unknown although both amounts stand.
        not_applicable: estates the measure does not concern.
        low: least the shortfall can be, where it is not exactly known; default 0 where the need is known.
        high: most the shortfall can be; default the need.
        full_scale: shortfall at which severity is 1, where that is not ``required``.

    Returns:
        rows on ``(estate_id, measure)`` in the order of ``required``. shortfall = max(0, required − provided), so who
        needs nothing is met whatever there is; severity = clip(shortfall ÷ required) and 0 where nothing is required;
        coverage = provided ÷ required, at most 1.
    """
    index = required.index
    need, have = required.astype(float), provided.reindex(index).astype(float)
    short = (need - have).clip(lower=0).mask(need == 0, 0.0)
    off = _mask(not_applicable, index)
    dark = (_mask(unknown, index) | short.isna()) & ~off
    hidden = dark | off
    full = need if full_scale is None else full_scale.reindex(index).astype(float)
    share = (have / need.where(need > 0)).clip(0, 1).where(need > 0, 1.0)
    status = np.select([off, dark, short > 0], [Status.NOT_APPLICABLE, Status.UNKNOWN, Status.SHORT], Status.MET)
    exact = short.mask(hidden)
    bounds = exact.fillna(0.0).mask(need.isna() | off), exact.fillna(need).mask(off)
    least, most = (
        bound if given is None else given.reindex(index).mask(off).fillna(bound)
        for given, bound in zip((low, high), bounds, strict=True))
    rows = pd.DataFrame(
        {
            "required": need.mask(off),
            "provided": have.mask(off),
            "shortfall": exact,
            "low": least,
            "high": most,
            "unit": unit,
            "coverage": share.mask(hidden),
            "severity": _severity(exact, full),
            "status": pd.Series(status, index).astype(str),
            "basis": basis,
            "confidence": confidence,
            "severity_low": _severity(least, full).mask(dark, 0.0),
            "severity_high": _severity(most, full).mask(dark, 1.0),
        },
        index=index,
    )
    rows.index = pd.MultiIndex.from_product([index, [name]], names=["estate_id", "measure"])
    return rows[list(COLUMNS)]


def _severity(shortfall: pd.Series, full: pd.Series) -> pd.Series:
    """Shortfall as a share of the full scale, at most 1; 0 where there is nothing to fall short of."""
    return (shortfall / full.where(full > 0)).clip(0, 1).where(full > 0, 0.0).mask(shortfall.isna())


def _mask(flags: pd.Series | None, index: pd.Index) -> pd.Series:
    if flags is None:
        return pd.Series(data=False, index=index)
    return flags.reindex(index).fillna(value=False).astype(bool)
