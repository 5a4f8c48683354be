"""What lies around the district? Enough of the neighbours that the map does not end at the ring roads."""

import geopandas as gpd
import numpy as np
import shapely

from estategap.demo import plan
from estategap.demo.blocks import district_outline, ground_between
from estategap.demo.housing import AGES
from estategap.demo.rows import lay_rows
from estategap.demo.terrain import Terrain
from estategap.demo.works import raise_works

_KINDS = ("田", "厂房", "住宅", "住宅", "单位")
_SHARES = (0.18, 0.18, 0.44, 0.10, 0.10)
_AGES = (plan.SLABS_1985, plan.MIDRISE)


def draw_surroundings(
    terrain: Terrain, streets: gpd.GeoDataFrame, rng: np.random.Generator
) -> tuple[list[tuple[shapely.Polygon, int]], list[shapely.Polygon]]:
    """Buildings with storeys and fields on the ground outside the ring roads, local metres."""
    district = district_outline(streets)
    corridors = shapely.union_all([terrain.river_corridor.buffer(2.0), terrain.canal_corridor.buffer(2.0)])
    buildings: list[tuple[shapely.Polygon, int]] = []
    fields: list[shapely.Polygon] = []
    for outline in ground_between(terrain, streets):
        middle = outline.representative_point()
        if district.contains(middle) or corridors.contains(middle) or outline.area < 4_000.0:
            continue
        kind = rng.choice(len(_KINDS), p=_SHARES)
        if _KINDS[kind] == "田":
            fields.append(outline)
        elif _KINDS[kind] == "住宅":
            houses, _ = lay_rows(outline, AGES[_AGES[kind - 2]], rng)
            buildings.extend((house.footprint, house.storeys) for house in houses)
        else:
            buildings.extend(raise_works(outline, _KINDS[kind]))
    return buildings, fields
