"""Small whole lists of the sections that offices keep as tables, with places in every form that a cell may have."""

import datetime as dt
import io
from collections.abc import Sequence
from pathlib import Path

import geopandas as gpd
import pandas as pd
import shapely
import whole_files
import xlsxwriter

from gis.china_offset import from_wgs84

Table = tuple[Sequence[str], Sequence[Sequence[object]]]
SQUARE = "120.55,31.87;120.551,31.87;120.551,31.871;120.55,31.871"
LIFTS: Table = (
    ("小区编号", "所属小区", "楼号", "电梯编号", "投用年份", "安全评估日期"),
    (("A1", "", "1号楼", "DT-1", 2004, "2024-05-20"), ("", "兰苑", "2号楼", "1#", "2011年", ""),
     ("", "密云路454弄", "3幢", "", "1998.5", "2023年6月1日"), ("A9", "无此小区", "", "DT-4", "不详", "45000")))
UNITS: Table = (
    ("事项", "社区", "责任单位", "备注"),
    (("停车", "", "城管办", ""), ("养老", "东居委会", "民政办", "x"), ("parking", "西居委", "", ""),
     ("绿化", "全部", "绿化所", "")))
TASKS: Table = (
    ("任务编号", "完成时限", "完成日期", "进展说明"),
    (("T-1", "2026-12-31", "", "已立项"), ("T-2", "2026年6月", "2026/6/30", ""), ("T-3", "46000", "待定", "="),
     ("T-1", "", "2027-01-01", "重复")))
GATES = ("出入口编号", "小区编号", "名称", "行人", "机动车", "关闭", "开放时间", "经度（GCJ-02）", "纬度（GCJ-02）")
DOORS = ("门编号", "楼栋编号", "小区编号", "坐标", "坐标系")
LOCATED = ("小区编号", "小区名称", "所属居委", "所属街道", "地址", "经度", "纬度", "坐标系", "备注")
SITES = ("设施编号", "名称", "容量", "lng_bd09", "lat_bd09", "坐标系")
CALLS = ("工单编号", "受理日期", "类别", "件数", "经纬度", "坐标系")


def write_lists(folder: Path) -> None:
    """Write the lists, the same bytes each time."""
    outlines = whole_files.outlines().to_crs("EPSG:4326")
    for name, table in {"lifts": LIFTS, "responsibilities": UNITS, "progress": TASKS, **_placed(outlines)}.items():
        _csv(folder / f"{name}.csv", table, "gb18030")
        _xlsx(folder / f"{name}.xlsx", table)
    metric = outlines.to_crs(whole_files.CRS).geometry
    ewkb = [shapely.to_wkb(shapely.set_srid(one, 4549), hex=True, include_srid=True) for one in metric]
    cells = {
        "outlines_wkt": ("geometry", outlines.to_wkt().geometry), "outlines_pairs": ("边界坐标", [SQUARE] * 5),
        "outlines_ewkt": ("the_geom", [f"SRID=4549;{one.wkt}" for one in metric]), "outlines_ewkb": ("wkb", ewkb),
        "outlines_json": ("geojson", [shapely.to_geojson(one) for one in outlines.geometry])}
    for name, (header, shapes) in cells.items():
        rows = [(key, f"小区{key}", 100 * n, shape) for n, (key, shape) in
                enumerate(zip(whole_files.IDS, shapes, strict=True))]
        _csv(folder / f"{name}.csv", (("小区编号", "小区名称", "户数", header), rows), "utf-8")
    outlines[["geometry"]].assign(name="河", kind="water").to_file(folder / "basemap.geojson")
    outlines[["geometry"]].assign(名称="公园").to_file(folder / "basemap.fgb", driver="FlatGeobuf")


def _placed(outlines: gpd.GeoDataFrame) -> dict[str, Table]:
    """The lists whose rows have a place: in two columns, in one cell, in degrees and minutes, as a shape."""
    at = outlines.representative_point()
    gcj, bd = (list(zip(*from_wgs84(at.x, at.y, system), strict=True)) for system in ("GCJ-02", "BD-09"))
    pairs = [f"{x:.7f},{y:.7f}" for x, y in zip(at.x, at.y, strict=True)]
    texts = [pairs[0], f"POINT({at.x[1]} {at.y[1]})", "120°33′04″,31°52′14″", shapely.to_geojson(at[3]), ""]
    systems = ["WGS84", "", "CGCS2000", "GPS", "高德"]
    gates = [(f"G{n}", key, "东门", "是", "否", "", "6:00-22:00", *gcj[n]) for n, key in enumerate(whole_files.IDS)]
    doors = [(f"D{n}", "", key, texts[n], systems[n]) for n, key in enumerate(whole_files.IDS)]
    located = [(key, f"小区{key}", "", "", "", *bd[n], ("百度", "BD-09", "GCJ-02", "", "WGS84")[n], "")
               for n, key in enumerate(whole_files.IDS)]
    sites = [(f"F{n}", f"站{n}", 10 * n, *bd[n], ("", "BD-09", "高德", "WGS84", "")[n]) for n in range(5)]
    calls = [(str(n), "2026-03-01", "停车", 1, texts[n], systems[n]) for n in range(5)]
    return {"gates": (GATES, gates), "doors": (DOORS, doors), "located": (LOCATED, located),
            "sites_said": (SITES, sites), "calls_said": (CALLS, calls)}


def _csv(path: Path, table: Table, encoding: str) -> None:
    heads, rows = table
    path.write_bytes(pd.DataFrame(rows, columns=heads).to_csv(index=False, lineterminator="\r\n").encode(encoding))


def _xlsx(path: Path, table: Table) -> None:
    heads, rows = table
    data = io.BytesIO()
    with xlsxwriter.Workbook(data) as book:
        book.set_properties({"created": dt.datetime(2026, 10, 31)})  # noqa: DTZ001 - a workbook knows no zone
        sheet = book.add_worksheet("清单")
        for row, cells in enumerate((heads, *rows)):
            sheet.write_row(row, 0, cells)
    path.write_bytes(data.getvalue())
