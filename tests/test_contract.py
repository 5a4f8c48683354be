"""What every analysis there is, and there will ever be, has to keep."""

import hashlib
import pickle
from dataclasses import fields, replace

import numpy as np
import pandas as pd
import pytest
import town
from hypothesis import given, settings
from hypothesis import strategies as st

from analyses.methods.contract import analysis
from analyses.methods.discovery import discover
from analyses.methods.rules import Rule
from gis.errors import InputError
from gis.results import AnalysisResult, Status
from gis.tables import PEOPLE, Estates, Facilities, Table

ANALYSES = discover()
every_analysis = pytest.mark.parametrize("one", ANALYSES, ids=[one.name for one in ANALYSES])
NUMBERS = [name for name, default in Estates.columns.items() if isinstance(default, float)]


def random_town(seed, shift=(0.0, 0.0)):
    """Facts and facilities drawn at random, each possibly unknown."""
    rng = np.random.default_rng(seed)
    perhaps = lambda value: np.nan if rng.random() < 0.15 else float(value)
    facts = {key: {"resident_cars": perhaps(rng.integers(0, 200)), "night_cars": perhaps(rng.integers(0, 200)),
                   "parking_spaces": perhaps(rng.integers(0, 200)), "parking_on_fire_lane": perhaps(rng.integers(0, 9)),
                   "ebikes": perhaps(rng.integers(0, 200)), "ebike_ports": perhaps(rng.integers(0, 60)),
                   "build_year": perhaps(rng.integers(1960, 2020)), "high_rise": perhaps(rng.integers(0, 2)),
                   "complaints": perhaps(rng.integers(0, 10)), "residents_60plus": perhaps(rng.integers(0, 300)),
                   "residents": perhaps(rng.integers(300, 600))} for key in town.GATE_X}
    places = {
        kind: {
            f"{kind}{k}": (rng.uniform(-300, 1300), rng.uniform(-20, 5), {"capacity": perhaps(rng.integers(1, 30))})
            for k in range(rng.integers(0, 4))
        }
        for kind in town.KINDS
    }
    return town.layers(facts, places, shift=shift, complete=bool(rng.random() < 0.7))


def print_of(layer):
    return hashlib.sha256(pickle.dumps(layer.frame if isinstance(layer, Table) else layer.edges)).hexdigest()


@every_analysis
@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_every_estate_has_every_measure_in_order_and_inputs_stay_as_they_were(one, seed):
    layers = random_town(seed)
    before = {name: print_of(layers[name]) for name in one.layers}
    table = town.answer(one, layers).table
    for _, rows in table.groupby(level="measure", sort=False):
        assert list(rows.index.get_level_values("estate_id")) == list(layers["estates"].ids)
    assert set(table["status"]) <= set(Status)
    assert before == {name: print_of(layers[name]) for name in one.layers}


@every_analysis
def test_unknown_inputs_never_score_as_met(one):
    """No number known of any estate, no source complete, no facility: nothing may be called met."""
    layers = town.layers({key: dict.fromkeys(NUMBERS, np.nan) for key in town.GATE_X}, complete=False)
    assert Status.MET not in set(town.answer(one, layers).table["status"])


@every_analysis
@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_more_capacity_never_raises_the_total_shortfall(one, seed):
    layers = random_town(seed)
    more = layers | {kind: Facilities.of(table.frame.assign(capacity=table.frame["capacity"] * 2), kind=kind,
                                         complete=table.complete)
                     for kind, table in layers.items() if isinstance(table, Facilities)}
    no_worse(town.answer(one, layers), town.answer(one, more), one.independent)


@every_analysis
@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_a_longer_walk_never_raises_the_total_shortfall(one, seed):
    layers = random_town(seed)
    wider = {field.name: 1.5 * getattr(town.PACK.rule(one.name, one.rule, leave_out=frozenset({"weight"})), field.name)
             for field in fields(one.rule) if field.name.endswith(("walk_m", "limit_m", "good_m", "radius_m"))}
    no_worse(town.answer(one, layers), town.answer(one, layers, **wider), one.independent)


@every_analysis
@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_a_wider_interval_of_people_never_narrows_the_shortfall_nor_moves_it(one, seed):
    """Each estate's figures off by up to a random share, then by at least as much; what is not known stays so."""
    layers, rng = random_town(seed), np.random.default_rng(seed)
    frame = layers["estates"].frame
    shares = [pd.DataFrame(rng.uniform(0, 0.6, (len(frame), 2)) * (rng.random((len(frame), 2)) < 0.6), frame.index)]
    shares.append((shares[0] + rng.uniform(0, 0.4, (len(frame), 2))).clip(upper=1))
    exact, narrow, wide = (
        town.answer(one, layers | {"estates": doubted_estates(frame, share)}).table
        for share in (0 * shares[0], *shares))
    pd.testing.assert_frame_equal(exact, town.answer(one, layers).table)
    fixed = ["required", "provided", "shortfall", "severity", "status", "coverage", "unit"]
    for less, more in ((exact, narrow), (narrow, wide)):
        pd.testing.assert_frame_equal(less[fixed], more[fixed])
        assert (more["low"].fillna(-1) <= less["low"].fillna(-1) + 1e-6).all()
        assert (more["high"].fillna(np.inf) >= less["high"].fillna(np.inf) - 1e-6).all()
        assert (more["severity_low"].fillna(0) <= less["severity_low"].fillna(0) + 1e-6).all()
        assert (more["severity_high"].fillna(1) >= less["severity_high"].fillna(1) - 1e-6).all()
        assert (more["confidence"] >= less["confidence"]).all()
    known = wide[wide["shortfall"].notna()]
    assert ((known["low"] <= known["shortfall"]) & (known["shortfall"] <= known["high"])).all()
    assert ((known["severity_low"] <= known["severity"]) & (known["severity"] <= known["severity_high"])).all()


def doubted_estates(frame, share):
    """The estates with every figure of people somewhere from × (1 − share) to × (1 + share) of its own side."""
    ends = {f"{name}_{end}": frame[name] * (1 + sign * share[side])
            for name in PEOPLE for side, (end, sign) in enumerate((("low", -1), ("high", 1)))}
    return Estates.of(frame.assign(**ends))


def no_worse(before: AnalysisResult, after: AnalysisResult, independent: bool):
    """Compare where both are known: in sum, and row by row where estates do not compete."""
    known = before.table["shortfall"].notna() & after.table["shortfall"].notna()
    was, now = before.table.loc[known, "shortfall"], after.table.loc[known, "shortfall"]
    if independent:
        assert (now <= was + 1e-6).all()
    elif known.all():
        assert (now.groupby(level="measure").sum() <= was.groupby(level="measure").sum() + 1e-6).all()


@every_analysis
@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_moving_the_whole_town_changes_nothing(one, seed):
    here, there = (town.answer(one, random_town(seed, shift)).table for shift in ((0.0, 0.0), (4321.0, -1234.0)))
    numbers = ["required", "provided", "shortfall", "low", "high", "coverage", "severity"]
    pd.testing.assert_frame_equal(here.drop(columns=numbers), there.drop(columns=numbers))
    pd.testing.assert_frame_equal(here[numbers], there[numbers], rtol=1e-6, atol=1e-3)


@every_analysis
def test_every_value_of_the_rule_has_a_source(one):
    rule = town.PACK.rule(one.name, one.rule, leave_out=frozenset({"weight"}))
    assert all(citation.source.strip() and citation.confidence in "ABCD" for citation in rule.citations.values())


def malformed(**changes):
    """A well-formed analysis with one thing spoiled."""
    spec = {"name": "test_contract", "doc": "A rule.", "first": Estates, "rule": Rule, "answer": AnalysisResult,
            "retrofit_class": "basic"} | changes

    def function(estates, *, rule):
        return estates, rule

    function.__name__, function.__doc__ = spec["name"], spec["doc"]
    function.__annotations__ = {"estates": spec["first"], "rule": spec["rule"], "return": spec["answer"]}
    return analysis(title="t", unit="people", retrofit_class=spec["retrofit_class"])(function)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"name": "other"}, "call it test_contract"),
        ({"doc": None}, "docstring"),
        ({"first": Facilities}, "annotated Estates"),
        ({"rule": int}, "subclass of Rule"),
        ({"answer": pd.DataFrame}, "must return AnalysisResult"),
        ({"retrofit_class": "nice"}, "basic, improvement, upgrade"),
    ],
)
def test_a_malformed_analysis_is_refused_with_the_fix(changes, says):
    malformed()
    with pytest.raises(TypeError, match=says):
        malformed(**changes)


def test_a_rule_names_every_missing_and_wrong_value_at_once():
    one = next(one for one in ANALYSES if one.name == "parking")
    citations = [
        replace(citation, value="abc") for citation in town.PACK.tables[one.name].values() if citation.name != "weight"
    ]
    with pytest.raises(InputError, match="not a") as caught:
        one.rule.of(citations[1:], "pack")
    assert len(caught.value.problems) == len(citations)
