"""What is assumed of how people get to a street, along it and out of an estate?"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from gis.modes import Mode


@dataclass(frozen=True, kw_only=True)
class WalkSettings:
    """How people get from a point to a street and out of an estate.

    Args:
        max_snap_m: a point farther from any street than this has no way to it.
        internal_detour: walk inside a walled estate ÷ straight line, where no mapped path joins the two points and the
            way round the buildings is no longer.
        most_corners: in an estate whose buildings have more, the way round them is not looked for.
        passage_m: nobody goes through a gap between buildings that is narrower.
        path_snap_m: a point this near a path mapped inside its walled estate walks along it.
        fence_on_wall_m: a mapped wall or fence this near a walled outline is that estate's wall.
        wall_tolerance_m: a street this little inside an outline runs along the wall, not through the estate.
        min_island_m: a connected scrap of street shorter than this carries nobody.
        merge_gates_m: street crossings of an outline closer than this are one assumed gate.
        through_classes: street classes no wall cuts.
        as_drawn_m: what is this near a barrier's line stands on it, and so short a way through water is none.
        nested_share: share of an outline inside another from which on the one estate stands in the other.
        service_area_buffer_m: how wide a reached street is drawn to either side.
        steps_factor: walk on steps ÷ their length.
        crossing_factor: walk over a crossing of a carriageway, the wait included, ÷ its length.
    """

    max_snap_m: float
    internal_detour: float
    most_corners: int
    passage_m: float
    path_snap_m: float
    fence_on_wall_m: float
    wall_tolerance_m: float
    min_island_m: float
    merge_gates_m: float
    through_classes: frozenset[str]
    as_drawn_m: float
    nested_share: float
    service_area_buffer_m: float
    steps_factor: float
    crossing_factor: float

    def stretch(self, streets: pd.DataFrame, mode: Mode) -> np.ndarray:
        """What a metre of each street costs one who moves so, in metres, shape (streets,)."""
        if mode != "foot":
            return np.ones(len(streets))
        on_foot = np.where(streets["crossing"], self.crossing_factor, 1.0)
        return np.where(streets["street_class"] == "steps", self.steps_factor, on_foot)
