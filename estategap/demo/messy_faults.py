"""What do people get wrong that only they can put right? Ids and estates that stand twice, lines that are crossed."""

from collections.abc import Mapping
from typing import Any, Final

import geopandas as gpd
import numpy as np
import shapely

LISTED_TWICE: Final = "QHW015"
"""The estate that has two rows in the roster."""
ID_IN_ROSTER: Final = ("QHW031", "QHW009")
ID_IN_OUTLINES: Final = ("QHW019", "QHW018")
"""An estate, and the one whose id stands in its row."""
OVERLAPS: Final[Mapping[tuple[str, str], tuple[float, float]]] = {
    ("QHW025", "QHW026"): (40.0, 20.0), ("QHW039", "QHW040"): (30.0, 0.5)}
"""Estates drawn across the street into another, how wide and how deep (m): a real piece and a sliver."""
_ID_AT: Final = 2
"""Column of the roster that holds the id."""


def rows_with_faults(estate_id: str, row: list[Any]) -> list[list[Any]]:
    """The rows that the roster has for an estate."""
    wrong, taken = ID_IN_ROSTER
    typed = [*row[:_ID_AT], taken, *row[_ID_AT + 1 :]] if estate_id == wrong else row
    return [typed, row] if estate_id == LISTED_TWICE else [typed]


def outlines_with_faults(outlines: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Outlines of which two reach into a neighbour; in metres, their ids still right."""
    shapes = outlines.set_index("小区编号").geometry
    for (one, other), (wide_m, deep_m) in OVERLAPS.items():
        shapes[one] = shapely.union(shapes[one], _across(shapes[one], shapes[other], wide_m, deep_m))
    return outlines.set_geometry(shapes.to_numpy(), crs=outlines.crs)


def _across(one: Any, other: Any, wide_m: float, deep_m: float) -> Any:
    """A strip from the middle of one outline that ends so deep in the other."""
    near, there = np.array(shapely.shortest_line(one, other).coords)
    along = (there - near) / np.hypot(*(there - near))
    return shapely.LineString([near - wide_m * along, there + deep_m * along]).buffer(wide_m / 2, cap_style="flat")
