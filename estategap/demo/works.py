"""What do schools, malls and hospitals look like from above? Templates that take the shape of their parcel."""

from typing import Final

import numpy as np
import shapely
from shapely.affinity import rotate, translate

from estategap.demo import plan
from estategap.demo.curves import largest, long_axis_angle
from estategap.demo.housing import AGES
from estategap.demo.rows import lay_rows

Box = tuple[float, float, float, float, int]
"""West, south, east and north as shares of the parcel's rectangle, and storeys."""

TEMPLATES: Final[dict[str, tuple[Box, ...]]] = {
    "学校": ((0.06, 0.82, 0.56, 0.93, 4), (0.06, 0.62, 0.50, 0.73, 4), (0.06, 0.62, 0.13, 0.93, 4),
           (0.06, 0.42, 0.40, 0.53, 5), (0.66, 0.78, 0.92, 0.94, 2)),
    "商场": ((0.08, 0.10, 0.92, 0.62, 5), (0.10, 0.68, 0.36, 0.92, 22), (0.60, 0.70, 0.90, 0.92, 4)),
    "办公": ((0.10, 0.10, 0.40, 0.34, 18), (0.58, 0.12, 0.88, 0.36, 22), (0.12, 0.62, 0.40, 0.88, 12),
           (0.56, 0.58, 0.90, 0.88, 6)),
    "医院": ((0.10, 0.08, 0.90, 0.26, 5), (0.20, 0.40, 0.84, 0.54, 14), (0.46, 0.26, 0.56, 0.40, 3),
           (0.12, 0.68, 0.46, 0.80, 8), (0.60, 0.66, 0.88, 0.90, 4)),
    "市场": ((0.12, 0.14, 0.88, 0.72, 2), (0.14, 0.80, 0.86, 0.92, 3)),
    "商业": ((0.06, 0.04, 0.94, 0.20, 3), (0.06, 0.28, 0.22, 0.96, 3), (0.78, 0.28, 0.94, 0.96, 2),
           (0.32, 0.40, 0.66, 0.80, 4)),
    "文化": ((0.16, 0.18, 0.62, 0.66, 3), (0.68, 0.24, 0.88, 0.84, 4)),
    "消防": ((0.14, 0.44, 0.80, 0.72, 3), (0.64, 0.14, 0.84, 0.30, 5)),
    "厂房": ((0.06, 0.06, 0.46, 0.22, 2), (0.54, 0.06, 0.94, 0.22, 2), (0.06, 0.30, 0.46, 0.46, 2),
           (0.54, 0.30, 0.94, 0.46, 2), (0.06, 0.54, 0.46, 0.70, 1), (0.54, 0.54, 0.94, 0.70, 2),
           (0.08, 0.80, 0.60, 0.92, 4)),
    "单位": ((0.10, 0.78, 0.90, 0.92, 6), (0.10, 0.12, 0.26, 0.66, 5), (0.44, 0.26, 0.88, 0.42, 4)),
    "公园": ((0.44, 0.82, 0.56, 0.88, 1),),
}
_GREATEST_TURN_DEG = 30.0
_LEAST_SHARE = 0.5


def raise_parcel(outline: shapely.Polygon, use: str, age: str) -> list[tuple[shapely.Polygon, int]]:
    """The buildings of a parcel; shops in the old quarter stand in the small rows of the lanes around them."""
    if use == "商业" and age == plan.OLD_TOWN:
        shops, _ = lay_rows(outline, AGES[age], np.random.default_rng(round(outline.area)))
        return [(shop.footprint, shop.storeys) for shop in shops]
    return raise_works(outline, use)


def lake(outline: shapely.Polygon) -> shapely.Polygon:
    """The lake of a park, a sixth of its ground: an egg with a wavy shore, clear of the pavilion in the north."""
    radius = float(np.sqrt(outline.area / 6.0 / np.pi))
    turn = np.linspace(0.0, 2 * np.pi, 72, endpoint=False)
    reach = radius * (1.0 + 0.22 * np.cos(2 * turn + 0.6) + 0.10 * np.sin(3 * turn) + 0.05 * np.cos(5 * turn))
    centre = outline.centroid
    shore = np.column_stack([centre.x + reach * np.cos(turn), centre.y - 0.25 * radius + reach * np.sin(turn)])
    return shapely.Polygon(shore).intersection(outline.buffer(-8.0))


def raise_works(outline: shapely.Polygon, use: str) -> list[tuple[shapely.Polygon, int]]:
    """The buildings of a parcel that is not housing, each with its storeys; none overlaps another."""
    angle = float(np.clip(long_axis_angle(outline), -_GREATEST_TURN_DEG, _GREATEST_TURN_DEG))
    pivot = outline.centroid
    upright = rotate(outline, -angle, origin=pivot)
    room = upright.buffer(-4.0, join_style="mitre")
    west, south, east, north = upright.bounds
    width, height = east - west, north - south
    built, raised = shapely.Polygon(), []
    for low_x, low_y, high_x, high_y, storeys in TEMPLATES.get(use, ()):
        box = shapely.box(west + low_x * width, south + low_y * height, west + high_x * width, south + high_y * height)
        shape = largest(box.intersection(room).difference(built.buffer(0.02, join_style="mitre")))
        if shape.area > _LEAST_SHARE * box.area and shape.area > 60.0:
            raised.append((rotate(shape, angle, origin=pivot), storeys))
            built = built.union(shape)
    return raised


def grounds(outline: shapely.Polygon, use: str) -> tuple[str, shapely.Geometry] | None:
    """The green of such a parcel with its kind: the whole of a park, a running track in a school, else None."""
    if use == "公园":
        return "公园", outline.difference(lake(outline).buffer(1.0))
    if use == "绿化":
        return "街头绿地", outline
    return ("运动场", _track(outline)) if use == "学校" else None


def _track(outline: shapely.Polygon) -> shapely.Polygon:
    """The largest running track that fits beside the teaching blocks, along the parcel or across it."""
    room = outline.buffer(-4.0)
    for shape, _ in raise_works(outline, "学校"):
        room = room.difference(shape.buffer(6.0))
    west, south, east, north = outline.bounds
    along = long_axis_angle(outline)
    centres = [(x, y) for y in np.linspace(south, north, 25) for x in np.linspace(west, east, 25)]
    for radius, straight in ((30.0, 74.0), (26.0, 62.0), (22.0, 52.0), (18.0, 44.0), (15.0, 32.0), (12.0, 20.0)):
        for angle in (along, along + 90.0):
            lane = shapely.LineString([(-straight / 2, 0.0), (straight / 2, 0.0)])
            track = rotate(lane.buffer(radius), angle, origin=(0, 0))
            fits = [(x, y) for x, y in centres if room.contains(translate(track, x, y))]
            if fits:
                return translate(track, *fits[len(fits) // 2])
    return shapely.Polygon()
