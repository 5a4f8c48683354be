"""Scores, ties, unknowns and rank intervals, worked out on paper."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyses.decisions.ranking import RankingRule, rank
from gis.results import AnalysisResult, measure

RULE = RankingRule(draws=2000, weight_concentration=100.0, low_percentile=5.0, high_percentile=95.0,
                   unknown_weight_limit=0.5, unknown_midpoint=0.5)


def result(severities, *, not_applicable=(), confidence="A", safety=(), spread=0.0):
    """A result whose headline severity is given: required 100, provided 100 − 100 × severity; None is unknown."""
    ids = pd.Index(list(severities), name="estate_id")
    short = pd.Series([np.nan if value is None else 100.0 * value for value in severities.values()], ids)
    off = pd.Series(ids.isin(not_applicable), ids)
    rows = measure("gap", required=pd.Series(100.0, ids), provided=100 - short, unit="people", basis="paper",
                   confidence=confidence, not_applicable=off,
                   low=(short - spread).clip(0, 100), high=(short + spread).clip(0, 100))
    return AnalysisResult(rows, "gap", frozenset(safety))


def test_the_score_is_the_weighted_sum_of_severities():
    """a: 100 × (0.75 × 0.4 + 0.25 × 1.0) = 55; b: 100 × (0.75 × 0.6 + 0) = 45."""
    table = rank({"p": result({"a": 0.4, "b": 0.6}), "q": result({"a": 1.0, "b": 0.0})}, {"p": 3, "q": 1}, RULE, seed=1)
    assert table["score"].to_dict() == pytest.approx({"a": 55, "b": 45})
    assert table["rank"].to_dict() == {"a": 1, "b": 2}
    assert table.loc["a", ["contribution_p", "contribution_q"]].tolist() == pytest.approx([30, 25])


def test_what_does_not_apply_leaves_its_weight_to_the_others():
    """q does not apply to a: its score is 100 × 0.4."""
    table = rank({"p": result({"a": 0.4, "b": 0.4}), "q": result({"a": 0, "b": 0}, not_applicable=["a"])},
                 {"p": 1, "q": 1}, RULE, seed=1)
    assert table["score"].to_dict() == pytest.approx({"a": 40, "b": 20})


def test_unknown_counts_as_the_midpoint_and_never_as_good():
    table = rank(
        {"p": result({"a": None, "b": 0.0}), "q": result({"a": 0.0, "b": 0.0})}, {"p": 1, "q": 3}, RULE, seed=1
    )
    assert table["score"].to_dict() == pytest.approx({"a": 12.5, "b": 0})
    assert table["unknown_weight"].to_dict() == pytest.approx({"a": 0.25, "b": 0})


def test_too_little_known_gives_no_rank():
    """Exactly half unknown is still ranked; more is not."""
    table = rank({"p": result({"a": None, "b": None, "c": 0.1}), "q": result({"a": 0.5, "b": None, "c": 0.1})},
                 {"p": 1, "q": 1}, RULE, seed=1)
    assert table["rank"].isna().to_dict() == {"a": False, "b": True, "c": False}
    assert table.loc["b", ["rank_low", "rank_high"]].isna().all()


def test_equal_estates_tie_and_the_next_rank_is_skipped():
    table = rank({"p": result({"a": 0.5, "b": 0.5, "c": 0.1})}, {"p": 1}, RULE, seed=1)
    assert table["rank"].to_dict() == {"a": 1, "b": 1, "c": 3}
    assert table["tied"].to_dict() == {"a": True, "b": True, "c": False}
    assert table[["rank_low", "rank_high"]].to_numpy().tolist() == [[1, 1], [1, 1], [3, 3]]


def test_the_interval_of_two_estates_that_only_weights_decide():
    """a leads where w_p > ½. With w_p ~ Beta(50, 50) each leads half the time, so both intervals are 1 to 2."""
    table = rank({"p": result({"a": 1.0, "b": 0.0}), "q": result({"a": 0.0, "b": 1.0})}, {"p": 1, "q": 1}, RULE, seed=1)
    assert table[["rank_low", "rank_high"]].to_numpy().tolist() == [[1, 2], [1, 2]]


def test_narrower_data_give_narrower_intervals():
    """0.5 ± 0.02 against fixed 0.49 and 0.51 may pass both; 0.5 exactly stays second."""
    others = {"b": 0.49, "c": 0.51}
    wide = rank({"p": result({"a": 0.5, **others}, spread=2.0)}, {"p": 1}, RULE, seed=1)
    exact = rank({"p": result({"a": 0.5, **others})}, {"p": 1}, RULE, seed=1)
    assert wide.loc["a", ["rank_low", "rank_high"]].tolist() == [1, 3]
    assert exact.loc["a", ["rank_low", "rank_high"]].tolist() == [2, 2]


@settings(max_examples=25, deadline=None)
@given(st.permutations(list("abcdef")), st.integers(0, 1000))
def test_row_order_changes_nothing(order, seed):
    severities = {"a": 0.1, "b": 0.2, "c": None, "d": 0.4, "e": 0.4, "f": 0.9}
    straight = rank(
        {"p": result(severities), "q": result(dict.fromkeys(severities, 0.5))}, {"p": 1, "q": 2}, RULE, seed=seed
    )
    shuffled = rank({"p": result({key: severities[key] for key in order}), "q": result(dict.fromkeys(order, 0.5))},
                    {"p": 1, "q": 2}, RULE, seed=seed)
    pd.testing.assert_frame_equal(straight, shuffled.loc[straight.index])


def test_only_firm_safety_gaps_are_urgent():
    """a: a safety gap on surveyed facts; b: none; the same gap resting on an assumption is to be verified."""
    firm = rank({"p": result({"a": 0.4, "b": 0.0}, safety=["gap"])}, {"p": 1}, RULE, seed=1)
    assumed = rank({"p": result({"a": 0.4, "b": 0.0}, safety=["gap"], confidence="D")}, {"p": 1}, RULE, seed=1)
    ordinary = rank({"p": result({"a": 0.4, "b": 0.0})}, {"p": 1}, RULE, seed=1)
    assert [table["schedule"].tolist() for table in (firm, assumed, ordinary)] == [
        ["urgent", "none"], ["verify", "none"], ["effort", "none"]]


def test_one_estates_missing_value_never_poisons_another():
    whole = {"p": result({"a": 0.3, "b": 0.6}), "q": result({"a": 0.2, "b": 0.1})}
    holed = {"p": result({"a": 0.3, "b": None}), "q": result({"a": 0.2, "b": 0.1})}
    one, two = (rank(results, {"p": 1, "q": 1}, RULE, seed=1) for results in (whole, holed))
    assert one.loc["a", "score"] == two.loc["a", "score"]


def test_an_interval_holds_the_rank_it_belongs_to():
    """Twenty half-known estates pass the known one in most draws; its rank of 1 still stands in its interval."""
    known = {"e00": 0.6} | {f"e{k:02}": 0.69 for k in range(1, 21)}
    half = {"e00": 0.6} | dict.fromkeys([f"e{k:02}" for k in range(1, 21)])
    table = rank({"p": result(known), "q": result(half)}, {"p": 1, "q": 1}, RULE, seed=1)
    assert table.loc["e00", "rank"] == 1
    assert table.loc["e00", "rank_low"] == 1
    assert table.loc["e00", "rank_high"] > 5


def test_who_gets_no_rank_is_to_be_verified():
    table = rank({"p": result({"a": None, "b": 0.0})}, {"p": 1}, RULE, seed=1)
    assert table["schedule"].to_dict() == {"a": "verify", "b": "none"}
