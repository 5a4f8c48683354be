"""The walking rules of the pack: what the network takes, and how near the rim of the data an estate is doubted."""

from dataclasses import dataclass

from analyses.methods.rules import Rule
from gis.errors import InputError, Problem
from gis.walk_settings import WalkSettings

_MOST = 100


@dataclass(frozen=True, kw_only=True)
class WalkingRule(Rule, WalkSettings):
    """Table ``walking`` of a rule pack; an estate within ``edge_margin_m`` of the rim is doubted."""

    edge_margin_m: float

    def __post_init__(self) -> None:
        if self.max_snap_m <= 0:
            raise InputError(Problem(column="max_snap_m", value=str(self.max_snap_m), fix="give a distance above 0 m",
                                     why="nothing lies within 0 m of a street"))
        for name in ("steps_factor", "crossing_factor"):
            if not 1 <= getattr(self, name) <= _MOST:
                raise InputError(Problem(
                    column=name, value=str(getattr(self, name)), fix="give a number from 1 to 100",
                    why="a way counts at least as long as it is"))
