"""Exact assignment against scipy's solver on random cases, and conservation."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from gis.allocation import assign


def case(need, capacity, pairs):
    index = pd.MultiIndex.from_tuples(list(pairs), names=["door_id", "facility_id"])
    return (
        pd.Series(need, dtype=float),
        pd.Series(capacity, dtype=float),
        pd.Series(list(pairs.values()), index, dtype=float),
    )


def test_a_place_goes_where_it_lets_most_people_be_served():
    """a could take either place, b only the near one: a must give way although it is closer."""
    served = assign(*case({"a": 10, "b": 10}, {"near": 10, "far": 10},
                          {("a", "near"): 10, ("a", "far"): 400, ("b", "near"): 100}))
    assert served.to_dict() == pytest.approx({("a", "near"): 0, ("a", "far"): 10, ("b", "near"): 10})


def test_shared_capacity_is_given_once():
    served = assign(*case({"a": 30, "b": 30}, {"f": 40}, {("a", "f"): 10, ("b", "f"): 20}))
    assert served.to_dict() == pytest.approx({("a", "f"): 30, ("b", "f"): 10})


def test_no_pairs_serve_nobody():
    empty = pd.Series([], index=pd.MultiIndex.from_arrays([[], []]), dtype=float)
    assert assign(pd.Series({"a": 3.0}), pd.Series({"f": 3.0}), empty).empty


def test_an_unknown_amount_is_refused():
    with pytest.raises(ValueError, match="capacity"):
        assign(*case({"a": 1}, {"f": np.nan}, {("a", "f"): 1}))


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 100_000))
def test_random_cases_equal_scipy_and_conserve(seed):
    rng = np.random.default_rng(seed)
    need, capacity = rng.integers(0, 20, 6) / 2, rng.integers(0, 25, 4) / 2
    reach = rng.random((6, 4)) < 0.6
    walk = rng.integers(1, 500, (6, 4))
    pairs = {(f"d{i}", f"f{j}"): walk[i, j] for i, j in np.argwhere(reach)}
    if not pairs:
        return
    served = assign(
        *case({f"d{i}": x for i, x in enumerate(need)}, {f"f{j}": x for j, x in enumerate(capacity)}, pairs)
    )
    rows, cols = np.nonzero(reach)
    limits = np.vstack([rows == i for i in range(6)] + [cols == j for j in range(4)]).astype(float)
    bounds = np.concatenate([need, capacity])
    most = -linprog(-np.ones(len(rows)), limits, bounds).fun
    least = linprog(walk[rows, cols], np.vstack([limits, -np.ones(len(rows))]), np.append(bounds, -most + 1e-9)).fun
    assert served.sum() == pytest.approx(most, abs=1e-6)
    assert (served.to_numpy() * np.array(list(pairs.values()))).sum() == pytest.approx(least, abs=1e-3)
    assert (served >= 0).all()
    for level, amounts, name in ((0, need, "d"), (1, capacity, "f")):
        given_away = served.groupby(level=level).sum()
        assert all(total <= amounts[int(key.removeprefix(name))] + 1e-6 for key, total in given_away.items())
