"""Who is served by which facility when places are limited: exact, by linear programming."""

import highspy
import numpy as np
import pandas as pd

_DUST = 1e-7
"""Amounts below the solver's own tolerance are nothing."""


def assign(need: pd.Series, capacity: pd.Series, distance_m: pd.Series) -> pd.Series:
    """Serve as much need as possible, and of all ways to do so the one with the least walking.

    Args:
        need: amount wanted per origin, finite, not negative.
        capacity: amount on offer per facility, finite, not negative.
        distance_m: walk on MultiIndex (origin, facility); only these pairs may be used.

    Returns:
        the amount served per pair, same index as ``distance_m``. For each origin the sum is at most its need, for
        each facility at most its capacity; the total is the greatest possible.

    Raises:
        ValueError: an amount is negative or not finite.
        RuntimeError: the solver did not prove an optimum, or its answer breaks a limit.
    """
    for name, amounts in (("need", need), ("capacity", capacity)):
        if not (np.isfinite(amounts).all() and (amounts >= 0).all()):
            raise ValueError(f"{name} must be finite and not negative")
    if distance_m.empty:
        return pd.Series(0.0, index=distance_m.index, name="served")
    origin = need.index.get_indexer(distance_m.index.get_level_values(0))
    facility = capacity.index.get_indexer(distance_m.index.get_level_values(1))
    model = _transport(origin, facility, need.to_numpy(float), capacity.to_numpy(float))
    most = _solve(model, -np.ones(len(distance_m)))
    pairs = np.arange(len(distance_m), dtype=np.int32)
    model.addRow(most.sum(), highspy.kHighsInf, len(pairs), pairs, np.ones(len(pairs)))
    served = np.clip(_solve(model, distance_m.to_numpy(float)), 0, None)
    _assert_conserved(served, origin=origin, facility=facility, need=need.to_numpy(float),
                      capacity=capacity.to_numpy(float), most=most.sum())
    return pd.Series(np.where(served < _DUST, 0.0, served), index=distance_m.index, name="served")


def _transport(origin: np.ndarray, facility: np.ndarray, need: np.ndarray, capacity: np.ndarray) -> highspy.Highs:
    """One column per pair; a row per origin and a row per facility that bound what passes."""
    columns, origins = len(origin), len(need)
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = columns, origins + len(capacity)
    lp.col_cost_ = np.zeros(columns)
    lp.col_lower_, lp.col_upper_ = np.zeros(columns), np.full(columns, highspy.kHighsInf)
    lp.row_lower_ = np.full(lp.num_row_, -highspy.kHighsInf)
    lp.row_upper_ = np.concatenate([need, capacity])
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_ = np.arange(0, 2 * columns + 1, 2)
    lp.a_matrix_.index_ = np.column_stack([origin, origins + facility]).ravel()
    lp.a_matrix_.value_ = np.ones(2 * columns)
    model = highspy.Highs()
    model.setOptionValue("output_flag", False)
    model.setOptionValue("threads", 1)
    model.setOptionValue("random_seed", 0)
    model.passModel(lp)
    return model


def _solve(model: highspy.Highs, cost: np.ndarray) -> np.ndarray:
    columns = np.arange(len(cost), dtype=np.int32)
    model.changeColsCost(len(cost), columns, cost)
    model.run()
    if model.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        raise RuntimeError(f"the assignment was not solved: {model.modelStatusToString(model.getModelStatus())}")
    return np.array(model.getSolution().col_value)


def _assert_conserved(
    served: np.ndarray, *, origin: np.ndarray, facility: np.ndarray, need: np.ndarray, capacity: np.ndarray, most: float
) -> None:
    slack = 1e-6 * max(1.0, most)
    kept = (
        (np.bincount(origin, served, len(need)) <= need + slack).all()
        and (np.bincount(facility, served, len(capacity)) <= capacity + slack).all()
        and abs(served.sum() - most) <= slack)
    if not kept:
        raise RuntimeError("the assignment gives away more than there is, or less than it could")
