"""Which estates go first, how firm is that, and what is known too badly to say?"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from analyses.methods.rules import Rule
from gis.errors import InputError, Problem, say
from gis.results import AnalysisResult, Status

_SCORE_DECIMALS = 9
"""Scores that agree to this many decimals are tied; below lies only the noise of floating-point sums."""


@dataclass(frozen=True, kw_only=True)
class RankingRule(Rule):
    """How unknowns count and how firmness is sampled; percentiles in percent."""

    draws: int
    weight_concentration: float
    low_percentile: float
    high_percentile: float
    unknown_weight_limit: float
    unknown_midpoint: float

    def __post_init__(self) -> None:
        ranges = {"draws": (1, 100_000), "weight_concentration": (1, 1e6), "low_percentile": (0, 50),
                  "high_percentile": (50, 100), "unknown_weight_limit": (0, 1), "unknown_midpoint": (0, 1)}
        problems = [
            Problem(column=name, value=str(getattr(self, name)), why="the value is out of range",
                    fix=say("give a number from {low} to {high}", low=f"{low:g}", high=f"{high:g}"))
            for name, (low, high) in ranges.items() if not low <= getattr(self, name) <= high]
        if problems:
            raise InputError(problems)


@dataclass(frozen=True)
class _Severities:
    """Severity of every estate (rows) in every ranked analysis (columns); not applicable is NaN throughout."""

    ids: pd.Index
    value: np.ndarray
    low: np.ndarray
    high: np.ndarray
    unknown: np.ndarray


def rank(
    results: Mapping[str, AnalysisResult], weights: Mapping[str, float], rule: RankingRule, *, seed: int
) -> pd.DataFrame:
    """Score and rank all estates.

    score = 100 Σ weight × severity over headline measures. A measure that is not applicable leaves its weight to the
    others; an unknown one counts as the midpoint of its interval; an estate with more unknown weight than the limit
    gets no rank. ``rank_low`` and ``rank_high`` are percentiles over draws of the weights (Dirichlet around the
    chosen ones) and of each value within its interval, widened where needed to hold the rank itself; an estate's
    stream of values depends on its id alone. Who gets no rank is to be verified, unless it is urgent.

    Args:
        results: per analysis, all on the same estates.
        weights: per analysis, positive; scaled to sum to 1.
        rule: the ranking's own numbers.
        seed: of all draws.

    Returns:
        on ``estate_id``: rank, score, rank_low, rank_high, tied, unknown_weight, schedule and a
        ``contribution_<analysis>`` per analysis; contributions sum to the score.
    """
    names = [name for name in results if weights.get(name, 0) > 0]
    share = np.array([weights[name] for name in names], dtype=float)
    severities = _severities([results[name] for name in names], rule)
    own = _own_weights(share / share.sum(), severities.value)
    contribution = 100 * own * np.nan_to_num(severities.value)
    unknown_weight = (own * severities.unknown).sum(axis=1)
    score = np.round(contribution.sum(axis=1), _SCORE_DECIMALS)
    ranked = (unknown_weight <= rule.unknown_weight_limit) & (own.sum(axis=1) > 0)
    table = pd.DataFrame({"score": score, "unknown_weight": unknown_weight}, index=severities.ids)
    table["rank"] = pd.array([pd.NA] * len(table), dtype="Int64")
    table["rank_low"], table["rank_high"] = table["rank"], table["rank"]
    table.loc[ranked, "rank"] = rankdata(-score[ranked], method="min").astype(int)
    table["tied"] = table["rank"].notna() & table["rank"].duplicated(keep=False)
    if ranked.any():
        low, high = _rank_interval(severities, share / share.sum(), ranked, rule, seed)
        place = table.loc[ranked, "rank"].to_numpy(int)
        table.loc[ranked, "rank_low"], table.loc[ranked, "rank_high"] = np.minimum(low, place), np.maximum(high, place)
    plan = schedule(results)
    table["schedule"] = plan.where(ranked | (plan == "urgent"), "verify")
    for column, name in enumerate(names):
        table[f"contribution_{name}"] = contribution[:, column]
    leading = ["rank", "score", "rank_low", "rank_high", "tied", "unknown_weight", "schedule"]
    return table[[*leading, *(f"contribution_{name}" for name in names)]]


def schedule(results: Mapping[str, AnalysisResult]) -> pd.Series:
    """``urgent`` (限时解决), ``verify`` (建议核查), ``effort`` (尽力解决) or ``none`` per estate.

    Only a safety shortage that rests on surveyed facts and rules of confidence A or B is urgent; one that an
    assumption triggers is to be verified first.
    """
    ids = next(iter(results.values())).of(next(iter(results.values())).headline).index
    urgent, verify, any_short = (pd.Series(data=False, index=ids) for _ in range(3))
    for result in results.values():
        any_short |= result.of(result.headline)["status"] == Status.SHORT
        for name in sorted(result.safety):
            rows = result.of(name)
            short, firm = rows["status"] == Status.SHORT, rows["confidence"].isin(["A", "B"])
            urgent |= short & firm
            verify |= short & ~firm
    codes = np.select([urgent, verify, any_short], ["urgent", "verify", "effort"], "none")
    return pd.Series(codes, ids)


def _severities(results: list[AnalysisResult], rule: RankingRule) -> _Severities:
    rows = [result.of(result.headline) for result in results]
    ids = rows[0].index
    unknown = np.column_stack([row["status"] == Status.UNKNOWN for row in rows])
    low, high, value = (
        np.column_stack([row[name].reindex(ids).to_numpy(float) for row in rows])
        for name in ("severity_low", "severity_high", "severity"))
    value = np.where(unknown, rule.unknown_midpoint, value)
    return _Severities(ids, value, low, high, unknown)


def _own_weights(share: np.ndarray, value: np.ndarray) -> np.ndarray:
    """Each estate's weights: those of measures that do not apply go to the others in proportion."""
    applies = ~np.isnan(value)
    total = (share * applies).sum(axis=1, keepdims=True)
    own: np.ndarray = np.divide(share * applies, total, out=np.zeros_like(value), where=total > 0)
    return own


def _rank_interval(
    severities: _Severities, share: np.ndarray, ranked: np.ndarray, rule: RankingRule, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    draws = np.random.default_rng([seed, 0]).dirichlet(rule.weight_concentration * share, rule.draws)
    scores = np.zeros((int(ranked.sum()), rule.draws))
    total = np.zeros_like(scores)
    rows = np.flatnonzero(ranked)
    value, low, high = (part[rows] for part in (severities.value, severities.low, severities.high))
    applies, open_ = ~np.isnan(value), high > low
    for column in range(len(share)):
        scores += np.outer(np.nan_to_num(value[:, column]), draws[:, column])
        total += np.outer(applies[:, column], draws[:, column])
    for at in np.flatnonzero(open_.any(axis=1)):
        spots = np.flatnonzero(open_[at])
        uniform = _stream(seed, str(severities.ids[rows[at]])).random((len(share), rule.draws))[spots]
        drawn = low[at, spots, None] + uniform * (high - low)[at, spots, None]
        scores[at] += ((drawn - value[at, spots, None]) * draws[:, spots].T).sum(axis=0)
    order = rankdata(-np.round(scores / total, _SCORE_DECIMALS), method="min", axis=0)
    low_high = np.percentile(order, [rule.low_percentile, rule.high_percentile], axis=1, method="inverted_cdf")
    return low_high[0].astype(int), low_high[1].astype(int)


def _stream(seed: int, estate_id: str) -> np.random.Generator:
    """An estate's own random numbers: the same whatever row it stands in and whoever its neighbours are."""
    digest = hashlib.sha256(f"{seed}:{estate_id}".encode()).digest()
    return np.random.Generator(np.random.Philox(key=int.from_bytes(digest[:16], "big")))
