"""Which facilities does the town have? The lists offices keep: car parks, charging, care, nurseries, fire posts."""

from dataclasses import dataclass, field
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely.ops import nearest_points

from estategap.demo import plan
from estategap.demo.blocks import Parcel, district_outline
from estategap.demo.curves import Point
from estategap.demo.estates import Estate

_OCCUPANCY: Final = {"商场": (0.78, 0.22), "办公": (0.88, 0.12), "医院": (0.95, 0.38), "学校": (0.90, 0.05),
                     "市场": (0.80, 0.18), "文化": (0.62, 0.10), "单位": (0.85, 0.15), "公园": (0.55, 0.20),
                     "商业": (0.72, 0.35), "路侧": (0.66, 0.82), "厂房": (0.70, 0.15)}
"""Share of spaces taken by day and by night, by what the car park belongs to; invented magnitudes."""
_SPACES_PER_HA: Final = {"商场": 150.0, "办公": 105.0, "医院": 68.0, "学校": 14.0, "市场": 55.0, "文化": 40.0,
                         "单位": 26.0, "公园": 18.0, "商业": 20.0, "厂房": 22.0}


_NOT_SHARED: Final = ("学校", "厂房")


@dataclass
class _List:
    """A facility list in the making; ids count up with a prefix."""

    prefix: str
    rows: list[dict[str, Any]] = field(default_factory=list)

    def add(self, name: str, point: shapely.Point, estate: Estate | None = None, **more: Any) -> None:
        """Note one facility that stands today, in local metres."""
        self.rows.append({
            "编号": f"{self.prefix}{len(self.rows) + 1:03d}", "名称": name,
            "所属小区": estate.name if estate else None, "小区编号": estate.estate_id if estate else None,
            "geometry": point, "状态": "现状", **more})

    def table(self) -> gpd.GeoDataFrame:
        """The list with points in local metres."""
        return gpd.GeoDataFrame(self.rows, geometry="geometry")


def list_facilities(
    parcels: list[Parcel], estates: list[Estate], roster: pd.DataFrame, streets: gpd.GeoDataFrame, seed: int
) -> dict[str, gpd.GeoDataFrame]:
    """All lists by the name of their sheet, points in local metres; a few charging sheds have unknown ports."""
    rng = np.random.default_rng([seed, 30])
    outside = _kerbs(streets, rng, outside=True)
    return {
        "停车场": _car_parks(parcels, streets, outside, rng),
        "电动自行车充电点": _chargers(estates, roster, parcels, streets, rng),
        "养老服务设施": _elderly_care(estates, parcels, streets, outside, rng),
        "托育机构": _nurseries(estates, parcels, streets, outside, rng),
        "幼儿园": _kindergartens(estates, outside, rng),
        "微型消防站": _micro_fire_stations(estates, parcels, streets, rng),
        "消防站": _fire_stations(parcels, streets, outside),
    }


def entrance(outline: shapely.Polygon, streets: gpd.GeoDataFrame) -> shapely.Point:
    """The point on a parcel's edge nearest to a street."""
    edge = shapely.line_interpolate_point(outline.exterior, np.linspace(0.1, 0.9, 41), normalized=True)
    distance = shapely.distance(edge, shapely.union_all(streets.geometry.values))
    return edge[int(np.argmin(np.round(distance, 1)))]


def inside(estate: Estate, share: float = 0.0) -> shapely.Point:
    """Open ground in an estate beside its main gate, or that share of the way to the middle of the estate."""
    gate = estate.gates[0].point
    built = shapely.union_all([house.footprint for house in estate.houses])
    room = estate.outline.buffer(-3.5).difference(built.buffer(3.5)).difference(estate.court)
    aim = shapely.LineString([gate, estate.outline.centroid]).interpolate(share, normalized=True)
    return nearest_points(room, aim)[0]


def _kerbs(streets: gpd.GeoDataFrame, rng: np.random.Generator, *, outside: bool) -> list[shapely.Point]:
    """Points beside streets in random order, 40 to 320 m outside the district or inside it."""
    district = district_outline(streets)
    usable = streets[(streets["桥梁"] == "否") & (streets.length > 70.0)]
    middles = shapely.line_interpolate_point(usable.geometry.values, 0.5, normalized=True)
    away = shapely.distance(middles, district)
    chosen = middles[(away > 40.0) & (away < 320.0)] if outside else middles[away == 0.0]
    return [shapely.Point(p.x + 7.0, p.y + 5.0) for p in chosen[rng.permutation(len(chosen))]]


def _near(points: list[shapely.Point], place: Point) -> shapely.Point:
    """Take the point nearest to a place out of a list."""
    best = min(range(len(points)), key=lambda i: points[i].distance(shapely.Point(place)))
    return points.pop(best)


def _car_parks(
    parcels: list[Parcel], streets: gpd.GeoDataFrame, outside: list[shapely.Point], rng: np.random.Generator
) -> gpd.GeoDataFrame:
    table = _List("TC")

    def add(name: str, point: shapely.Point, owner: str, spaces: int) -> None:
        day, night = (float(np.clip(round(share + rng.normal(0, 0.04), 2), 0.02, 0.98)) for share in _OCCUPANCY[owner])
        table.add(name, point, 泊位数=spaces, 类型=owner, 白天占用率=day, 夜间占用率=night,
                  夜间空余泊位=round(spaces * (1 - night)),
                  错时开放="否" if owner in _NOT_SHARED else "是",
                  错时开放时段="全天" if owner == "路侧" else "18:00-08:00")

    for parcel in parcels:
        if parcel.use in _SPACES_PER_HA:
            spaces = max(12, round(parcel.outline.area / 1e4 * _SPACES_PER_HA[parcel.use] * rng.uniform(0.9, 1.1)))
            add(f"{parcel.name}停车场", entrance(parcel.outline, streets), parcel.use, spaces)
    for number, point in enumerate(_kerbs(streets, rng, outside=False)[:9], start=1):
        add(f"路侧泊位{number:02d}段", point, "路侧", int(rng.integers(16, 46)))
    add("南站换乘停车场", _near(outside, (300, -1050)), "市场", 160)
    add("城北商业停车场", _near(outside, (-100, 1050)), "商业", 120)
    return table.table()


def _chargers(
    estates: list[Estate], roster: pd.DataFrame, parcels: list[Parcel], streets: gpd.GeoDataFrame,
    rng: np.random.Generator,
) -> gpd.GeoDataFrame:
    """Points in an estate share out the ports of its roster row; where that is unknown so are those of its shed."""
    ports_of = roster.set_index("小区编号")["充电端口数"]
    table = _List("CD")
    for estate in estates:
        if pd.isna(ports_of[estate.estate_id]):
            table.add(f"{estate.name}充电棚", inside(estate, 0.12), estate, 端口数=None)
            continue
        ports = int(ports_of[estate.estate_id])
        points = int(np.clip(round(ports / 30), 1, 4)) if ports else 0
        shares = [ports // points + (i < ports % points) for i in range(points)]
        for number, share in enumerate(shares):
            label = f"{estate.name}充电棚" if points == 1 else f"{estate.name}{number + 1}号充电棚"
            table.add(label, inside(estate, 0.12 + number * 0.5), estate, 端口数=share)
    public = [parcel for parcel in parcels if parcel.use in ("市场", "商业", "商场", "文化", "公园")]
    for parcel in public[:7]:
        table.add(f"{parcel.name}公共充电点", entrance(parcel.outline, streets), 端口数=int(rng.integers(5, 11)) * 2)
    return table.table()


def _pick(estates: list[Estate], count: int, rng: np.random.Generator, ages: tuple[str, ...] = ()) -> list[Estate]:
    """Some estates (of some ages), spread over the communities, in their own order."""
    pool = [estate for estate in estates if not ages or estate.age in ages]
    chosen = rng.permutation(len(pool))[:count]
    return [pool[i] for i in sorted(chosen)]


def _elderly_care(
    estates: list[Estate], parcels: list[Parcel], streets: gpd.GeoDataFrame, outside: list[shapely.Point],
    rng: np.random.Generator,
) -> gpd.GeoDataFrame:
    table = _List("YL")
    for estate in _pick(estates, 12, rng, (plan.OLD_TOWN, plan.WORKERS, plan.SLABS_1985, plan.RESETTLED)):
        places = int(rng.integers(6, 13)) * 5
        table.add(f"{estate.name}日间照料中心", inside(estate, 0.15), estate, 床位数=places, 建筑面积=places * 8 + 60)
    culture = next(parcel for parcel in parcels if parcel.use == "文化")
    table.add("清河湾综合为老服务中心", entrance(culture.outline, streets), 床位数=60, 建筑面积=1150)
    table.add("城南日间照料中心", _near(outside, (-300, -1080)), 床位数=40, 建筑面积=420)
    table.add("东郊日间照料中心", _near(outside, (1000, 300)), 床位数=30, 建筑面积=360)
    return table.table()


def _nurseries(
    estates: list[Estate], parcels: list[Parcel], streets: gpd.GeoDataFrame, outside: list[shapely.Point],
    rng: np.random.Generator,
) -> gpd.GeoDataFrame:
    table = _List("TY")
    for estate in _pick(estates, 10, rng, (plan.SLABS_1985, plan.MIDRISE, plan.HIGHRISE, plan.RESETTLED)):
        table.add(f"{estate.name}托育园", inside(estate, 0.1), estate, 托位数=int(rng.integers(8, 17)) * 5)
    for parcel in [one for one in parcels if one.use in ("商场", "办公")][:2]:
        table.add(f"{parcel.name}托育中心", entrance(parcel.outline, streets), 托位数=int(rng.integers(4, 9)) * 5)
    table.add("城北托育园", _near(outside, (200, 1050)), 托位数=60)
    return table.table()


def _kindergartens(
    estates: list[Estate], outside: list[shapely.Point], rng: np.random.Generator
) -> gpd.GeoDataFrame:
    table = _List("YE")
    for label, _ in plan.COMMUNITIES:
        homes = [estate for estate in estates if estate.community == label]
        for estate in _pick(homes, 1 if len(homes) < 8 else 2, rng):
            table.add(f"{estate.name}幼儿园", inside(estate, 0.2), estate, 学位数=int(rng.integers(9, 15)) * 30)
    table.add("城西幼儿园", _near(outside, (-1000, -200)), 学位数=270)
    return table.table()


def _micro_fire_stations(
    estates: list[Estate], parcels: list[Parcel], streets: gpd.GeoDataFrame, rng: np.random.Generator
) -> gpd.GeoDataFrame:
    """Most high-rise estates keep a post at the property office by the gate; of the others about every second."""
    table = _List("WX")
    high = [estate for estate in estates if max(house.storeys for house in estate.houses) > 9]
    low = [estate for estate in estates if estate not in high]
    for estate in [*high[:-2], *_pick(low, len(low) // 2, rng)]:
        table.add(f"{estate.name}微型消防站", inside(estate), estate, 出动时间=60)
    for parcel in [one for one in parcels if one.use in ("商场", "医院", "市场")]:
        table.add(f"{parcel.name}微型消防站", entrance(parcel.outline, streets), 出动时间=60)
    return table.table()


def _fire_stations(
    parcels: list[Parcel], streets: gpd.GeoDataFrame, outside: list[shapely.Point]
) -> gpd.GeoDataFrame:
    table = _List("XF")
    station = next(parcel for parcel in parcels if parcel.use == "消防")
    table.add(station.name, entrance(station.outline, streets), 出动时间=60)
    table.add("城北消防救援站", _near(outside, (500, 1050)), 出动时间=60)
    return table.table()
