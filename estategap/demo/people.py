"""Who lives in each estate, and what do they own? The roster a street office keeps, with a few honest gaps."""

from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from estategap.demo import plan
from estategap.demo.estates import Estate
from estategap.demo.housing import AGES

UNPLACED: Final = ("QHW900", "河滨小筑", "东岸居委会")
"""The estate that stands in the roster and on no map."""

POINT_ONLY: Final = (
    ("QHW901", "城北新苑", (-120.0, 882.0), 168), ("QHW902", "渡口新苑", (235.0, 915.0), 240),
    ("QHW903", "南站公寓", (620.0, -885.0), 132))
"""Estates of which only a point is known: id, name, the place whose nearest house outside it is, and households."""

_CARS_UNKNOWN, _PORTS_UNKNOWN = 2, 3
_LANE_BLOCKED_SHARE = 0.4
"""Share of the estates in which cars stand on the fire lane at all."""


def make_roster(estates: list[Estate], seed: int) -> pd.DataFrame:
    """One row per estate with Chinese headers; unknown cells are missing.

    Five estates keep no car register and were counted at night; two know neither; three do not know their charging
    ports. One estate more stands in the roster than has an outline.
    """
    rows = [_row(estate, np.random.default_rng([seed, 20, int(estate.estate_id[3:])])) for estate in estates]
    roster = pd.DataFrame([*rows, _unplaced_row()])
    rng = np.random.default_rng([seed, 21])
    drawn = rng.permutation(len(estates))
    counted, unknown = drawn[:5], drawn[5 : 5 + _CARS_UNKNOWN]
    ports_unknown = drawn[7 : 7 + _PORTS_UNKNOWN]
    roster.loc[np.concatenate([counted, unknown]), "居民车辆"] = pd.NA
    roster.loc[np.setdiff1d(np.arange(len(estates)), counted), "夜间停车数"] = pd.NA
    roster.loc[ports_unknown, "充电端口数"] = pd.NA
    numbers = [name for name in roster if roster[name].map(lambda cell: isinstance(cell, int | np.integer)).any()]
    return roster.astype(dict.fromkeys(numbers, "Int64"))


def _row(estate: Estate, rng: np.random.Generator) -> dict[str, Any]:
    age = AGES[estate.age]
    households = sum(estate.households)
    residents = round(households * rng.uniform(*age.occupancy) * rng.uniform(*age.residents))
    elderly = round(residents * rng.uniform(*age.share_60plus))
    infants = round(residents * rng.uniform(*age.share_under3))
    cars = round(households * rng.uniform(*age.cars))
    return {
        "小区编号": estate.estate_id, "小区名称": estate.name, "所属居委": estate.community,
        "建成年份": estate.build_year, "楼栋数": len(estate.houses), "户数": households, "常住人口": residents,
        "60岁以上": elderly, "3岁以下": infants,
        "高层": "是" if max(house.storeys for house in estate.houses) > 9 else "否", "封闭管理": "是",
        "停车位": round(households * rng.uniform(*age.spaces)),
        "占用消防通道车位": round(households * rng.uniform(*age.fire_lane)) * int(rng.random() < _LANE_BLOCKED_SHARE),
        "居民车辆": cars, "夜间停车数": round(cars * rng.uniform(0.86, 0.96)),
        "电动自行车数": round(households * rng.uniform(*age.ebikes)),
        "充电端口数": 2 * round(households * rng.uniform(*age.ports) / 2),
        "备注": "演示数据",
    }


def make_point_only(houses: list[shapely.Polygon]) -> gpd.GeoDataFrame:
    """Rows of the roster for ``POINT_ONLY``, each at a house outside the district, local metres."""
    middles = shapely.centroid(houses)
    rows = []
    for estate_id, name, place, households in POINT_ONLY:
        point = middles[int(np.argmin(shapely.distance(middles, shapely.Point(place))))]
        rows.append({
            **_unplaced_row(), "小区编号": estate_id, "小区名称": name,
            "所属居委": plan.nearest_label(plan.COMMUNITIES, (point.x, point.y)), "楼栋数": households // 42,
            "户数": households, "常住人口": households * 9 // 4, "60岁以上": households * 5 // 8,
            "3岁以下": households // 24, "封闭管理": "否", "停车位": households // 5, "居民车辆": households // 2,
            "电动自行车数": households * 4 // 5, "充电端口数": 0, "备注": "演示数据", "geometry": point})
    return gpd.GeoDataFrame(rows, geometry="geometry")


def _unplaced_row() -> dict[str, Any]:
    age = AGES[plan.SLABS_1985]
    return {
        "小区编号": UNPLACED[0], "小区名称": UNPLACED[1], "所属居委": UNPLACED[2], "建成年份": age.years[0] + 5,
        "楼栋数": 5, "户数": 210, "常住人口": 486, "60岁以上": 158, "3岁以下": 8, "高层": "否", "封闭管理": "是",
        "停车位": 46, "占用消防通道车位": 5, "居民车辆": 101, "夜间停车数": None, "电动自行车数": 187,
        "充电端口数": 16, "备注": "演示数据；尚无边界",
    }
