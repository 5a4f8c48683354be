"""Where is the water? The meandering river, the old canal, and the corridors their banks keep free of houses."""

from dataclasses import dataclass

import numpy as np
import shapely

from estategap.demo import plan
from estategap.demo.curves import largest, smooth


@dataclass(frozen=True)
class Terrain:
    """The water and the ground along it, local metres.

    ``river`` and ``canal`` are water; ``river_line`` and ``canal_line`` their middle lines. ``river_corridor`` is the
    strip between the two riverside roads, ``canal_corridor`` between the two canal lanes.
    """

    frame: shapely.Polygon
    river: shapely.Polygon
    canal: shapely.Geometry
    river_line: shapely.LineString
    canal_line: shapely.LineString
    river_corridor: shapely.Polygon
    canal_corridor: shapely.Geometry

    @property
    def water(self) -> shapely.Geometry:
        """River and canal as one."""
        return self.river.union(self.canal)


def draw_terrain(rng: np.random.Generator) -> Terrain:
    """Draw the river and the canal inside the frame."""
    half_width, half_height = plan.FRAME_HALF_M
    frame = shapely.box(-half_width, -half_height, half_width, half_height).buffer(-220.0).buffer(220.0, quad_segs=6)
    river_line, canal_line = smooth(plan.moved(plan.RIVER, rng)), smooth(plan.moved(plan.CANAL, rng))
    river = _banks(river_line, plan.RIVER_WIDTH_M, rng).intersection(frame)
    corridor = river_line.buffer(plan.RIVERSIDE_OFFSET_M, cap_style="flat")
    canal_corridor = canal_line.buffer(plan.CANALSIDE_OFFSET_M, cap_style="flat").difference(corridor)
    canal = canal_line.buffer(plan.CANAL_WIDTH_M / 2, cap_style="flat").intersection(frame).difference(river)
    return Terrain(frame, river, canal, river_line, canal_line, corridor, largest(canal_corridor))


def _banks(line: shapely.LineString, width_m: float, rng: np.random.Generator) -> shapely.Polygon:
    """A water course whose width swells and narrows slowly, by at most a fifth."""
    along = np.arange(0.0, line.length, 20.0)
    phase = rng.uniform(0.0, 2 * np.pi, 2)
    swell = 1.0 + 0.12 * np.sin(along / 170.0 + phase[0]) + 0.07 * np.sin(along / 67.0 + phase[1])
    discs = shapely.buffer(shapely.line_interpolate_point(line, along), width_m / 2 * swell)
    hulls = shapely.convex_hull(shapely.union(discs[:-1], discs[1:]))
    return shapely.union_all(hulls).simplify(0.4)
