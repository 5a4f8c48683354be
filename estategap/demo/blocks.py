"""What stands on each block? Parks, schools, a mall, and else housing of the age its surroundings have."""

from dataclasses import dataclass, replace
from typing import Final

import geopandas as gpd
import numpy as np
import shapely

from estategap.demo import plan
from estategap.demo.curves import Point, largest
from estategap.demo.subdivide import halve
from estategap.demo.terrain import Terrain

HOUSING: Final = "住宅"
ESTATE_COUNT: Final = 42
_WALL_GAP_M: Final = 2.0
_GRID_M: Final = 0.001
_ROOM_BY_AGE: Final = {plan.OLD_TOWN: 1.85, plan.WORKERS: 1.5, plan.SLABS_1985: 1.15}
_IN_TOWN: Final = (("商业", "沿街商铺"), ("绿化", "街心花园"), ("单位", "办公楼"))
_AT_THE_EDGE: Final = (("绿化", "防护林"), ("单位", "仓储"), ("空地", "待建地块"), ("绿化", "苗圃"))
_EDGE_M: Final = 120.0


@dataclass(frozen=True)
class Parcel:
    """A walled piece of ground: its outline in local metres, its use, and the age of housing around it."""

    outline: shapely.Polygon
    use: str
    age: str = ""
    name: str = ""

    @property
    def middle(self) -> Point:
        """A point well inside the outline."""
        centre = self.outline.centroid
        inner = centre if self.outline.contains(centre) else self.outline.representative_point()
        return inner.x, inner.y


@dataclass(frozen=True)
class _Wish:
    use: str
    name: str
    near: Point
    area_m2: float


_WISHES: Final[tuple[_Wish, ...]] = (
    _Wish("公园", "清河湾公园", (-70, 20), 42_000), _Wish("商场", "清河湾购物中心", (130, 330), 26_000),
    _Wish("办公", "望桥商务中心", (-80, 300), 22_000), _Wish("医院", "清河湾医院", (-180, 560), 26_000),
    _Wish("学校", "柳湾小学", (-700, -430), 20_000), _Wish("学校", "纺机中学", (-480, -620), 30_000),
    _Wish("学校", "北桥小学", (200, 560), 20_000), _Wish("学校", "东岸实验学校", (640, 720), 34_000),
    _Wish("学校", "安澜小学", (570, -500), 20_000), _Wish("市场", "柳湾菜市场", (-250, -330), 7_000),
    _Wish("商业", "老街商业街区", (-420, -190), 8_000), _Wish("市场", "安澜集贸市场", (330, -480), 9_000),
    _Wish("公园", "安澜公园", (560, 60), 20_000), _Wish("文化", "清河湾文化活动中心", (-760, 300), 10_000),
    _Wish("办公", "街道便民服务中心", (-500, 560), 10_000), _Wish("消防", "清河湾消防救援站", (130, -620), 8_000),
    _Wish("厂房", "都市工业园", (-740, -860), 30_000), _Wish("商业", "东岸邻里中心", (480, 330), 10_000),
    _Wish("公园", "纺机公园", (-120, -860), 14_000))


def district_outline(streets: gpd.GeoDataFrame) -> shapely.Polygon:
    """The ground inside the four ring roads."""
    ring = streets[streets["名称"].isin(["西环路", "环城北路", "东环路", "环城南路"])]
    areas = shapely.get_parts(shapely.polygonize([shapely.union_all(ring.geometry.values)]))
    return next(area for area in areas if area.contains(shapely.Point(0.0, 0.0)))


def lay_out(terrain: Terrain, streets: gpd.GeoDataFrame, rng: np.random.Generator) -> list[Parcel]:
    """All parcels of the district: wished-for uses first, and exactly ``ESTATE_COUNT`` of housing."""
    parcels = _walled_blocks(terrain, streets)
    for wish in _WISHES:
        parcels = _grant(wish, parcels, rng)
    return _housing_counted(parcels, streets, rng)


def _walled_blocks(terrain: Terrain, streets: gpd.GeoDataFrame) -> list[Parcel]:
    """The ground between the streets of the district, set back from their middle lines by class."""
    district = district_outline(streets)
    corridors = shapely.union_all([terrain.river_corridor.buffer(2.0), terrain.canal_corridor.buffer(2.0)])
    parcels = []
    for outline in ground_between(terrain, streets):
        middle = outline.representative_point()
        if district.contains(middle) and not corridors.contains(middle) and outline.area > 1_200.0:
            parcels.append(Parcel(outline, HOUSING, plan.nearest_label(plan.AGES, (middle.x, middle.y))))
    return parcels


def ground_between(terrain: Terrain, streets: gpd.GeoDataFrame) -> list[shapely.Polygon]:
    """All ground between streets, in the district and around it, less pavements and banks."""
    reach = streets["类别"].map(plan.SETBACK_M).to_numpy()
    kept_free = shapely.union_all(shapely.buffer(streets.geometry.values, reach, quad_segs=3))
    ground = terrain.frame.difference(kept_free).difference(terrain.water.buffer(9.0, quad_segs=3))
    outlines = [clean(part) for part in shapely.get_parts(ground)]
    return [outline for outline in outlines if not outline.is_empty]


def clean(area: shapely.Geometry) -> shapely.Polygon:
    """The largest part of an area without spikes, drawn with as few corners as a wall has."""
    opened = area.buffer(-5.0, join_style="mitre").buffer(5.0, join_style="mitre", mitre_limit=2.0)
    whole = shapely.Polygon(largest(_common(opened, area)).exterior)
    cornered = whole.buffer(-4.0, join_style="mitre").buffer(4.0, quad_segs=2)
    return largest(_common(cornered, whole)).simplify(0.9)


def _common(one: shapely.Geometry, other: shapely.Geometry) -> shapely.Geometry:
    """The common ground, on a grid of a millimetre: outlines that nearly coincide do not break the overlay."""
    return shapely.intersection(shapely.make_valid(one), shapely.make_valid(other), grid_size=_GRID_M)


def _grant(wish: _Wish, parcels: list[Parcel], rng: np.random.Generator) -> list[Parcel]:
    """Give a use the nearest housing block large enough, cut down to size when the block is far larger."""
    here = shapely.Point(wish.near)
    open_to = [i for i, parcel in enumerate(parcels)
               if parcel.use == HOUSING and parcel.outline.area > 0.55 * wish.area_m2]
    away = [parcels[i].outline.distance(here) + 0.3 * parcels[i].outline.centroid.distance(here) for i in open_to]
    chosen = open_to[int(np.argmin(away))]
    parcel, rest = parcels[chosen], [*parcels[:chosen], *parcels[chosen + 1:]]
    share = wish.area_m2 / parcel.outline.area
    halves = _halves(parcel, share, rng) if share < 0.5 else None
    if halves is None:
        return [*rest, replace(parcel, use=wish.use, name=wish.name)]
    small, large = sorted(halves, key=lambda one: one.outline.area)
    return [*rest, replace(small, use=wish.use, name=wish.name), large]


def _halves(parcel: Parcel, share: float, rng: np.random.Generator) -> tuple[Parcel, Parcel] | None:
    """Two parcels with a wall between them, the smaller with about that share of the ground."""
    line = halve(parcel.outline, min(share, 1.0 - share), rng)
    if line is None:
        return None
    beside_wall = parcel.outline.difference(line.buffer(_WALL_GAP_M / 2, cap_style="square"))
    parts = [clean(part) for part in shapely.get_parts(beside_wall) if part.area > 800.0]
    return (replace(parcel, outline=parts[0]), replace(parcel, outline=parts[1])) if len(parts) == 2 else None


def _housing_counted(parcels: list[Parcel], streets: gpd.GeoDataFrame, rng: np.random.Generator) -> list[Parcel]:
    """Exactly ``ESTATE_COUNT`` parcels of housing: the smallest get other uses, the largest are halved by a wall."""
    housing = sorted((p for p in parcels if p.use == HOUSING), key=_room)
    others = [p for p in parcels if p.use != HOUSING]
    rim = district_outline(streets).boundary
    for number, small in enumerate(housing[: max(0, len(housing) - ESTATE_COUNT)]):
        kinds = _AT_THE_EDGE if small.outline.distance(rim) < _EDGE_M else _IN_TOWN
        use, name = kinds[number % len(kinds)]
        street = streets["名称"].iloc[int(streets.distance(small.outline.centroid).to_numpy().argmin())]
        others.append(replace(small, use=use, name=street + name))
    housing = housing[max(0, len(housing) - ESTATE_COUNT):]
    tried = 0
    while len(housing) < ESTATE_COUNT and tried < 4 * ESTATE_COUNT:
        largest = housing.pop()
        halves = _halves(largest, rng.uniform(0.38, 0.5), rng)
        housing.extend(halves or (largest,))
        housing.sort(key=_room)
        tried += 1
    return [*others, *housing]


def _room(parcel: Parcel) -> float:
    """The ground a parcel offers housing of its age: lanes of two storeys do with half of what others need."""
    return float(parcel.outline.area) * _ROOM_BY_AGE.get(parcel.age, 1.0)
