"""The walking rules of the pack, as the network takes them."""

from dataclasses import dataclass

from analyses.methods.rules import Rule
from gis.errors import InputError, Problem
from gis.network import WalkSettings


@dataclass(frozen=True, kw_only=True)
class WalkingRule(Rule):
    """Table ``walking`` of a rule pack; ``edge_margin_m`` is how near the rim of the data an estate is doubted."""

    max_snap_m: float
    internal_detour: float
    wall_tolerance_m: float
    min_island_m: float
    merge_gates_m: float
    through_classes: frozenset[str]
    nested_share: float
    edge_margin_m: float
    service_area_buffer_m: float

    def __post_init__(self) -> None:
        if self.max_snap_m <= 0:
            raise InputError(Problem(column="max_snap_m", value=str(self.max_snap_m), fix="give a distance above 0 m",
                                     why="nothing lies within 0 m of a street"))

    @property
    def settings(self) -> WalkSettings:
        """What the network needs of it."""
        return WalkSettings(
            max_snap_m=self.max_snap_m, internal_detour=self.internal_detour, wall_tolerance_m=self.wall_tolerance_m,
            min_island_m=self.min_island_m, merge_gates_m=self.merge_gates_m, through_classes=self.through_classes,
            nested_share=self.nested_share, service_area_buffer_m=self.service_area_buffer_m)
