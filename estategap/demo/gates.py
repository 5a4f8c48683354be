"""Where does an estate open to the street? Gates on its wall, the best street first, some of them closed."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely

from estategap.demo import plan
from estategap.demo.curves import Floats

_STEP_M = 3.0
_GREATEST_TO_STREET_M = 21.0
_CLEAR_OF_CORNER_M = 14.0
_GREATEST_TURN_DEG = 24.0
_CLEAR_OF_HOUSE_M = 5.0
_APART_M = 55.0
_PLEASANT = {plan.LOCAL: 1.0, plan.LANE: 0.9, plan.SECONDARY: 0.8, plan.MAIN: 0.35}
_SIDES = ("东门", "北门", "西门", "南门")


@dataclass(frozen=True)
class Gate:
    """A gate: its place on the wall, its name, who may pass and when."""

    point: shapely.Point
    name: str
    foot: bool = True
    vehicle: bool = True
    closed: bool = False
    hours: str = "全天"


def open_gates(
    outline: shapely.Polygon, built: shapely.Geometry, streets: gpd.GeoDataFrame, count: int, rng: np.random.Generator
) -> list[Gate]:
    """Up to ``count`` gates, at least one of them open to people on foot; the first is the main gate.

    Args:
        outline: the wall, local metres.
        built: what stands inside; a gate keeps 5 m clear of it.
        streets: pieces with ``类别``; a gate lies within 21 m of one that is no bridge.
        count: how many gates are wanted; fewer where the wall touches little street.
        rng: the estate's own random stream.
    """
    points, merit = _places(outline, built, streets, rng)
    chosen: list[int] = []
    while len(chosen) < count:
        apart = np.min([shapely.distance(points, points[i]) for i in chosen] or [np.full(len(points), 1e3)], axis=0)
        score = np.where(apart > _APART_M, merit * np.minimum(apart, 260.0), -1.0)
        best = int(np.argmax(score))
        if score[best] <= 0:
            break
        chosen.append(best)
    return _kinds([points[i] for i in chosen], outline, rng)


def _places(
    outline: shapely.Polygon, built: shapely.Geometry, streets: gpd.GeoDataFrame, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Possible places on the wall and how good each is; the limits are dropped one by one where none is left."""
    wall = outline.exterior
    along = np.arange(0.0, wall.length, _STEP_M)
    points = shapely.line_interpolate_point(wall, along)
    lines = streets.geometry.values
    (_, near), to_street = shapely.STRtree(lines).query_nearest(points, return_distance=True, all_matches=False)
    on_street = (to_street < _GREATEST_TO_STREET_M) & (streets["桥梁"].to_numpy()[near] == "否")
    clear_corner = _turn_deg(wall, along) < _GREATEST_TURN_DEG
    clear_house = shapely.distance(points, built) > _CLEAR_OF_HOUSE_M
    for allowed in (on_street & clear_corner & clear_house, on_street & clear_corner, on_street):
        if allowed.any():
            pleasant = streets["类别"].map(_PLEASANT).to_numpy(float)[near]
            merit = np.where(allowed, pleasant * rng.uniform(0.75, 1.0, len(points)), 0.0)
            return points, merit
    raise ValueError("an estate of the generated district touches no street")


def _turn_deg(wall: shapely.LinearRing, along: Floats) -> Floats:
    """How much a wall turns within 14 m on either side of places along it, degrees."""
    before, here, after = (
        shapely.get_coordinates(shapely.line_interpolate_point(wall, (along + step) % wall.length))
        for step in (-_CLEAR_OF_CORNER_M, 0.0, _CLEAR_OF_CORNER_M))
    first, second = here - before, after - here
    cross, dot = first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0], (first * second).sum(axis=1)
    turn: Floats = np.abs(np.degrees(np.arctan2(cross, dot)))
    return turn


def _kinds(points: list[shapely.Point], outline: shapely.Polygon, rng: np.random.Generator) -> list[Gate]:
    """The first gate is open to all; of the others some are for people only, for cars only, or shut."""
    centre = outline.centroid
    gates: list[Gate] = []
    for number, point in enumerate(points):
        quarter = round(np.degrees(np.arctan2(point.y - centre.y, point.x - centre.x)) / 90.0) % 4
        name = _SIDES[quarter]
        taken = sum(gate.name.startswith(name) for gate in gates)
        name = name if taken == 0 else f"{name}{taken + 1}"
        if number == 0:
            gates.append(Gate(point, name))
            continue
        kind = rng.choice(["both", "foot", "vehicle", "closed"], p=[0.3, 0.4, 0.1, 0.2])
        hours = "06:00-22:00" if kind == "foot" else "全天"
        gates.append(Gate(point, name, foot=kind != "vehicle", vehicle=kind in ("both", "vehicle", "closed"),
                          closed=bool(kind == "closed"), hours="" if kind == "closed" else hours))
    return gates
