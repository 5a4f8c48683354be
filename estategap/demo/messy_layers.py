"""What becomes of tidy layers in other people's programs? Shapefiles in GBK, shifted maps, broken rings, no .prj."""

import io
import zipfile
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely

from estategap.demo.messy_faults import ID_IN_OUTLINES, outlines_with_faults
from estategap.demo.write import DATA_DATE
from gis.china_offset import moved_into

_WGS84: Final = "EPSG:4326"
_NAME_BYTES: Final = 10
_LANGUAGE_AT: Final = 29
_INITIALS: Final = {"楼栋编号": "FWBH", "小区编号": "XQBH", "楼栋名称": "LDMC", "层数": "DSCS", "高度": "JZGD",
                    "户数": "ZHS", "用途": "FWLB"}
"""Columns of a cadastre, by the initials of 房屋编号, 小区编号, 楼栋名称, 地上层数, 建筑高度, 总户数, 房屋类别."""
_ENDINGS: Final = (".shp", ".shx", ".dbf", ".prj")
_SPIKE_EACH, _DOUBLE_EACH = 4, 3
_HEIGHT_M: Final = 4.0
_KNOT_EACH, _KNOT_AT, _KNOT_WIDE = 5, 1, 4e-9
"""Every which outline ties a knot, from which on, and how wide it is: degrees, about half a millimetre."""
DRAWN_IN_ROSTER: Final = ("QHW009", "QHW031")
"""Estates whose outlines stand as text in a cell of the roster and in no layer."""


def write_layers(tidy: Path, folder: Path, *, faulty: bool) -> None:
    """Write the outlines, streets, buildings and what is drawn behind them into ``folder``."""
    roster = pd.read_excel(tidy / "小区名册.xlsx", engine="calamine").set_index("小区编号")
    outlines = gpd.read_file(tidy / "小区边界.gpkg")
    outlines = outlines[~outlines["小区编号"].isin(DRAWN_IN_ROSTER)].reset_index(drop=True)
    outlines = outlines_with_faults(outlines) if faulty else outlines
    shapes = moved_into(outlines.to_crs(_WGS84).geometry, "GCJ-02")
    untidy = [_untidy(shape, number) for number, shape in enumerate(shapes)]
    table = pd.DataFrame({
        "小区编号（必填）": outlines["小区编号"], "小区名称": outlines["小区名称"],
        "所属居委会名称": outlines["所属居委"],
        "3岁以下人口数": outlines["小区编号"].map(roster["3岁以下"])})
    if faulty:
        table["小区编号（必填）"] = table["小区编号（必填）"].replace(*ID_IN_OUTLINES)
    write_gbk(gpd.GeoDataFrame(table, geometry=untidy, crs=_WGS84), folder / "小区边界.shp")
    buildings = gpd.read_file(tidy / "楼栋.gpkg")
    write_gbk(buildings.rename(columns=_INITIALS).to_crs("EPSG:4528"), folder / "楼栋.shp")
    (folder / "楼栋.prj").unlink()
    doors = gpd.read_file(tidy / "单元门.gpkg")
    doors = doors.rename(columns={"单元门编号": "單元門編號", "楼栋编号": "樓棟編號", "小区编号": "小區編號"})
    degrees = doors.to_crs(_WGS84).set_crs(doors.crs, allow_override=True)
    write_gbk(degrees, folder / "单元门.shp")
    _write_packed(gpd.read_file(tidy / "道路.gpkg"), folder / "道路.zip")
    water, green = (gpd.read_file(tidy / f"{name}.gpkg").to_crs(_WGS84) for name in ("水系", "绿地"))
    pyogrio.write_dataframe(water.rename(columns={"名称": "Name"}), folder / "水系.kml", driver="KML")
    pyogrio.write_dataframe(green, folder / "绿地.geojson", driver="GeoJSON")


def write_gbk(frame: gpd.GeoDataFrame, path: Path) -> None:
    """Write a Shapefile as older programs do: text in GBK, names cut off after 10 bytes, and no .cpg to say so."""
    names = [str(name) for name in frame.columns if name != "geometry"]
    plain = frame.rename(columns={name: f"F{place}" for place, name in enumerate(names)})
    pyogrio.write_dataframe(plain, path, driver="ESRI Shapefile", encoding="GBK",
                            layer_options={"DBF_DATE_LAST_UPDATE": DATA_DATE.isoformat()})
    path.with_suffix(".cpg").unlink()
    data = bytearray(path.with_suffix(".dbf").read_bytes())
    data[_LANGUAGE_AT] = 0  # which would say what the text is in
    for place, name in enumerate(names, start=1):
        data[32 * place : 32 * place + 11] = name.encode("gb18030")[:_NAME_BYTES].ljust(11, b"\0")
    path.with_suffix(".dbf").write_bytes(data)


def _untidy(shape: shapely.Polygon, number: int) -> Any:
    """The same area with heights, doubled corners and, now and then, a knot or a needle that goes out and back."""
    xy = np.array(shape.exterior.coords)[:-1]
    if number % _KNOT_EACH == _KNOT_AT:
        xy = np.vstack([xy[:1], _knot(xy[0], xy[1]), xy[1:]])
    if number % _DOUBLE_EACH == 0:
        xy = np.repeat(xy, 2, axis=0)
    if number % _SPIKE_EACH == 0:
        along = xy[1] - xy[0] if (xy[1] != xy[0]).any() else xy[2] - xy[0]
        xy = np.vstack([xy[:1], xy[0] - 0.1 * along, xy[:1], xy[1:]])
    ring = np.vstack([xy, xy[:1]])
    return shapely.Polygon(np.column_stack([ring, np.full(len(ring), _HEIGHT_M)]))


def _knot(start: Any, end: Any) -> Any:
    """Corners between two others by which the line goes too far, turns back on one side and crosses itself."""
    along = end - start
    aside = _KNOT_WIDE * np.array([-along[1], along[0]]) / np.hypot(*along)
    ahead, behind = start + 0.502 * along, start + 0.5 * along
    return np.vstack([ahead, ahead + aside, behind + aside, behind - aside])


def _write_packed(frame: gpd.GeoDataFrame, path: Path) -> None:
    """A Shapefile in an archive, its names in GBK as Chinese archivers write them."""
    loose, inside = path.with_suffix(".shp"), io.BytesIO()
    write_gbk(frame, loose)
    name = f"{path.stem}数据/{path.stem}".encode("gb18030")
    placeholder = b"#" * len(name)
    with zipfile.ZipFile(inside, "w", zipfile.ZIP_DEFLATED) as archive:
        for ending in _ENDINGS:
            part = loose.with_suffix(ending)
            day = (DATA_DATE.year, DATA_DATE.month, DATA_DATE.day, 0, 0, 0)
            archive.writestr(zipfile.ZipInfo(placeholder.decode() + ending, day), part.read_bytes(),
                             zipfile.ZIP_DEFLATED)
            part.unlink()
    path.write_bytes(inside.getvalue().replace(placeholder, name))
