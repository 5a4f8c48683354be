"""How do lists of places reach an office? Exchanged, scaled, in some zone, in Baidu's map, in one cell, in UTF-16."""

from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
from pyproj import Transformer

from estategap.demo.messy_cells import (
    system_of,
    typed_day,
    typed_degrees,
    typed_map,
    typed_name,
    typed_number,
    typed_status,
    typed_yes_no,
)
from estategap.demo.messy_sheets import Form, write_forms
from estategap.demo.write import write_text
from gis.china_offset import from_wgs84

Degrees = tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]
_WGS84: Final = "EPSG:4326"
_ZONES: Final = ("EPSG:4528", "EPSG:4529")
_UNZONED: Final = "EPSG:4549"
_OWNER: Final = ("联系人01", "000-0000")
_STREET: Final = "清河湾街道"
_KINDS_IN_OSM: Final = {"停车场": "parking", "幼儿园": "kindergarten", "消防站": "fire_station"}
_TWICE: Final = 3


def write_lists(tidy: Path, folder: Path) -> None:
    """Write every list of points and the work orders of the hot line into ``folder``."""
    lists = {name: pd.read_excel(tidy / f"{name}.xlsx", engine="calamine") for name in (
        "停车场", "电动自行车充电点", "养老服务设施", "托育机构", "幼儿园", "微型消防站", "消防站")}
    _write_gates(tidy, folder)
    _write_car_parks(lists["停车场"], folder)
    _write_chargers(lists["电动自行车充电点"], folder)
    _write_care(lists["养老服务设施"], folder)
    _write_nurseries(lists["托育机构"], folder)
    _write_kindergartens(lists["幼儿园"], folder)
    _write_micro_stations(lists["微型消防站"], folder)
    _write_stations(lists["消防站"], folder)
    _write_orders(tidy, folder)
    write_text(_osm(lists), folder / "地图.osm")


def _write_gates(tidy: Path, folder: Path) -> None:
    """Taken from Baidu's map, in GB18030; both coordinates in one cell."""
    gates = gpd.read_file(tidy / "出入口.gpkg").to_crs(_WGS84)
    lon, lat = from_wgs84(gates.geometry.x, gates.geometry.y, "BD-09")
    table = pd.DataFrame({
        "编号": gates["出入口编号"], "小區編號": gates["小区编号"], "出入口名称": gates["名称"],
        **{new: [typed_yes_no(cell, row) for row, cell in enumerate(gates[old])]
           for old, new in (("步行", "人行"), ("车行", "車行"), ("关闭", "常闭"))},
        "开放时段": gates["开放时间"], "门卫联系人": _OWNER[0], "门卫电话": _OWNER[1],
        "坐标": [f"{x:.9f},{y:.9f}" for x, y in zip(lon, lat, strict=True)]})
    _write_csv(table, folder / "出入口.csv", "gb18030")


def _write_car_parks(parks: pd.DataFrame, folder: Path) -> None:
    """Longitude under 纬度 and the other way round, each row from some map; last year's list; a total; plans."""
    rows = [[park["编号"], park["名称"], *_on_map(park, row)[::-1], typed_map(row), typed_status(row),
             typed_number(park["泊位数"], row, "个"), *_OWNER] for row, (_, park) in enumerate(parks.iterrows())]
    plan = ["TC901", "城北规划停车场", 31.8801, 120.5561, "天地图", "規劃", "120个", *_OWNER]
    closed = ["TC902", "纺机路原停车场", 31.8641, 120.5462, "手持GPS", "停用", 80, *_OWNER]
    total = ["合计", "", "", "", "", "", int(parks["泊位数"].sum()), "", ""]
    names = ("编号", "停车场名称", "经度", "纬度", "坐标来源", "建设状态", "泊位数（个）", "负责人", "联系电话")
    heads = [("", name) for name in names]
    ends = ("填表人：联系人01", "联系电话：000-0000", "注：白天对外开放的以现场公示为准。")
    title = f"{_STREET}公共停车场一览表（演示数据）"
    write_forms(folder / "停车场.xlsx", {
        "2026年": Form(heads, [*rows, plan, closed, [], total], titles=(title,), ends=ends, numbered=True),
        "2025年": Form(heads, [[*row[:6], 1, *_OWNER] for row in rows], titles=(title,), ends=ends)})


def _on_map(one: pd.Series, row: int) -> tuple[float, float]:
    """The place of a row in the degrees of the map that ``typed_map`` names."""
    system = system_of(row)
    lon, lat = from_wgs84(one["经度"], one["纬度"], system) if system else (one["经度"], one["纬度"])
    return float(lon), float(lat)


def _write_chargers(chargers: pd.DataFrame, folder: Path) -> None:
    """Coordinates of Amap; and a ledger of some of the same points by estate, without a place, under initials."""
    lon, lat = from_wgs84(chargers["经度"], chargers["纬度"], "GCJ-02")
    names = chargers["所属小区"].fillna("")
    rows = [[one["编号"], one["名称"], typed_name(names[row], row) if names[row] else "", lon[row], lat[row],
             typed_number(one["端口数"], row, "个")] for row, (_, one) in enumerate(chargers.iterrows())]
    heads = [("", "編號"), ("", "站点名称"), ("", "所屬小區"), ("位置", "经度"), ("位置", "纬度"), ("", "充电端口数")]
    title = "电动自行车集中充电设施明细（演示数据）"
    write_forms(folder / "电动自行车充电点.xlsx", {"明细": Form(heads, rows, titles=(title, "单位：个"))})
    again = chargers[chargers["所属小区"].notna()].drop_duplicates("所属小区").iloc[:_TWICE]
    table = pd.DataFrame({"mc": again["名称"], "xqmc": again["所属小区"], "dks": again["端口数"],
                          "经办人": _OWNER[0]})
    _write_csv(table, folder / "充电点台账.csv", "gb18030")


def _write_care(sites: pd.DataFrame, folder: Path) -> None:
    """A survey's metres: northing under X, easting under Y, the zone before it, every third row in the next zone."""
    grids = [Transformer.from_crs(_WGS84, zone, always_xy=True) for zone in _ZONES]
    rows = []
    for row, (_, site) in enumerate(sites.iterrows()):
        east, north = grids[row % 3 == 2].transform(site["经度"], site["纬度"])
        beds = typed_number(site["床位数"], row, "张床位")
        rows.append([site["编号"], site["名称"], round(north, 4), round(east, 4), beds,
                     f"{site['建筑面积（平方米）']}㎡", typed_status(row), *_OWNER])
    heads = ("編號", "機構名稱", "X坐标", "Y坐标", "床位數", "建築面積（平方米）", "狀態", "院长姓名", "联系方式")
    write_forms(folder / "养老服务设施.xlsx", {"Sheet1": Form([("", name) for name in heads], rows)})


def _write_nurseries(sites: pd.DataFrame, folder: Path) -> None:
    """UTF-16 with tabs, as a spreadsheet saves Unicode text; degrees and minutes, and the header says of which map."""
    lon, lat = from_wgs84(sites["经度"], sites["纬度"], "GCJ-02")
    table = pd.DataFrame({
        "机构名称": sites["名称"], "编号": sites["编号"], "经度（GCJ-02）": [typed_degrees(one, "E") for one in lon],
        "纬度（GCJ-02）": [typed_degrees(one) for one in lat],
        "托位数（个）": [typed_number(one, row, "个托位") for row, one in enumerate(sites["托位数"])],
        "负责人": _OWNER[0]})
    _write_csv(table, folder / "托育机构.csv", "utf-16", separator="\t")


def _write_kindergartens(sites: pd.DataFrame, folder: Path) -> None:
    """Degrees times a million, to whole numbers; one that has closed has zeros for a place."""
    rows: list[list[Any]] = []
    for row, (_, one) in enumerate(sites.iterrows()):
        places = typed_number(one["学位数"], row, "个学位")
        rows.append([row + 1, one["编号"], one["名称"], "", round(one["经度"] * 1e6), round(one["纬度"] * 1e6), places,
                     typed_status(row)])
    rows += [[len(rows) + 1, "YE901", "棉纺新村原幼儿园", "棉纺新村", 0, 0, "", "停用"], []]
    names = ("序号", "编号", "园所名称", "所属小区", "经度", "纬度", "学位", "现状/规划")
    heads = [("", name) for name in names]
    write_forms(folder / "幼儿园.xlsx", {"幼儿园": Form(heads, rows, titles=("幼儿园基本情况表（演示数据）",))})


def _write_micro_stations(sites: pd.DataFrame, folder: Path) -> None:
    """Metres without a zone, and the time to turn out as it is said."""
    grid = Transformer.from_crs(_WGS84, _UNZONED, always_xy=True)
    rows = []
    for row, (_, site) in enumerate(sites.iterrows()):
        east, north = grid.transform(site["经度"], site["纬度"])
        seconds = int(site["出动时间（秒）"])
        said = (f"{seconds}秒", "1分钟" if seconds == 60 else seconds, seconds)
        rows.append([site["编号"], site["名称"], round(east, 4), round(north, 4), said[row % 3], *_OWNER])
    heads = [("", name) for name in ("编号", "名称", "横坐标", "纵坐标", "出動時間", "站长", "手机")]
    write_forms(folder / "微型消防站.xlsx", {"Sheet1": Form(heads, rows)})


def _write_stations(sites: pd.DataFrame, folder: Path) -> None:
    rows = [[one["编号"], one["名称"], f"E{one['经度']}", f"{one['纬度']}N", f"{one['出动时间（秒）']}秒"]
            for _, one in sites.iterrows()]
    heads = [("", name) for name in ("编号", "名称", "经度", "纬度", "出动时间（秒）")]
    write_forms(folder / "消防站.xlsx", {"Sheet1": Form(heads, rows)})


def _write_orders(tidy: Path, folder: Path) -> None:
    """The hot line's export: names as callers say them, days in any order, blank lines, estates of other streets."""
    orders = pd.read_csv(tidy / "12345工单.csv", dtype=str)
    table = pd.DataFrame({
        "工单编号": orders["工单编号"],
        "受理时间": [typed_day(one, row) for row, one in enumerate(orders["受理日期"])],
        "涉及小区": [typed_name(one, row, _STREET) for row, one in enumerate(orders["小区名称"])],
        "诉求类型": orders["类别"], "诉求内容": orders["内容"], "来电人": orders["联系人"],
        "来电号码电话": orders["联系电话"]})
    elsewhere = pd.DataFrame({"工单编号": ["202610300998", "202610300999"],
                              "涉及小区": ["外滩十八号大院", "外滩二十号公寓"], "诉求类型": ["停车", "充电"],
                              "来电人": [_OWNER[0]] * 2, "来电号码电话": [_OWNER[1]] * 2})
    blank = pd.DataFrame([{}, {}], columns=table.columns)
    _write_csv(pd.concat([table.iloc[:200], blank, table.iloc[200:], elsewhere]), folder / "12345工单.csv", "gb18030")


def _write_csv(table: pd.DataFrame, path: Path, encoding: str, separator: str = ",") -> None:
    path.write_bytes(table.to_csv(index=False, sep=separator, lineterminator="\r\n").encode(encoding))


def _osm(lists: dict[str, pd.DataFrame]) -> str:
    """A map that has some of the listed facilities too, a step beside them, and nothing else."""
    nodes: list[str] = []
    for kind, amenity in _KINDS_IN_OSM.items():
        for _, one in lists[kind].iloc[:_TWICE].iterrows():
            place = f'id="{len(nodes) + 1}" version="1" lat="{one["纬度"] + 2e-5:.7f}" lon="{one["经度"]:.7f}"'
            tags = f'<tag k="amenity" v="{amenity}"/><tag k="name" v="{one["名称"]}"/>'
            nodes.append(f"<node {place}>{tags}</node>\n")
    head = '<?xml version="1.0" encoding="UTF-8"?>\n<osm version="0.6" generator="演示数据">\n'
    bounds = '<bounds minlat="31.855" minlon="120.53" maxlat="31.89" maxlon="120.57"/>\n'
    return f"{head}{bounds}{''.join(nodes)}</osm>\n"
