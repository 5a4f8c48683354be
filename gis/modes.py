"""How does one move, and whom do gates and the ends of streets let pass?"""

from typing import Literal, TypeAlias, get_args

import numpy as np
import pandas as pd

Mode: TypeAlias = Literal["foot", "ebike", "fire_engine", "car"]
MODES: tuple[Mode, ...] = get_args(Mode)
"""How one moves on streets and through gates: columns of ``Streets``. One-way streets bind cars alone."""


def lets_pass(gates: pd.DataFrame, mode: Mode) -> "pd.Series[bool]":
    """Which gates, with the columns of ``Gates`` that say so, somebody passes who moves so."""
    on_call = gates["emergency"] & (mode in {"ebike", "fire_engine"})
    return meant_for(gates, mode) & (~gates["closed"] | on_call)


def meant_for(gates: pd.DataFrame, mode: Mode) -> "pd.Series[bool]":
    """Which gates are wide enough for and meant for a way of moving, open or closed."""
    foot, vehicle, emergency = (gates[name] for name in ("foot", "vehicle", "emergency"))
    wide: dict[Mode, pd.Series[bool]] = {
        "foot": foot & ~emergency, "car": vehicle & ~emergency, "ebike": foot | vehicle | emergency,
        "fire_engine": vehicle | emergency}
    return wide[mode]


def shut_bit(mode: Mode) -> int:
    """The bit of ``u_shut`` and ``v_shut`` that stands for a mode."""
    return 1 << MODES.index(mode)


def ends_for(edges: pd.DataFrame, mode: Mode) -> np.ndarray:
    """Node keys (n, 2) of both ends of streets as one who moves so finds them: an end that is shut joins no other."""
    ends = edges[["u", "v"]].to_numpy().copy()
    shut = (edges[["u_shut", "v_shut"]].to_numpy() & shut_bit(mode)) != 0
    ends[shut] = ends.min(initial=0) - 1 - np.arange(int(shut.sum()))
    return ends
