"""How does the package reach the disk? GeoPackages, workbooks and a CSV whose bytes depend on the seed alone."""

import datetime as dt
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import pandas as pd
import pyogrio
import xlsxwriter
from pyproj import Transformer

from estategap.demo import plan
from estategap.demo.curves import rounded

DATA_DATE: Final = dt.date(2026, 10, 31)
_STAMP: Final = "2026-10-31T00:00:00.000Z"
_NOTE: Final = "演示数据：全部由程序生成，地名、人口和设施均为虚构"


def to_map(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Local metres moved to EPSG:4549, rounded to the centimetre."""
    moved = frame.geometry.translate(*plan.ORIGIN)
    return frame.set_geometry(gpd.GeoSeries([rounded(one) for one in moved], index=frame.index), crs=plan.CRS)


def write_layer(frame: gpd.GeoDataFrame, path: Path) -> None:
    """Write one GeoPackage layer named after its file, with a fixed time of change."""
    with _fixed_clock():
        pyogrio.write_dataframe(
            to_map(frame), path, driver="GPKG", layer=path.stem, promote_to_multi=False,
            layer_options={"IDENTIFIER": path.stem, "DESCRIPTION": _NOTE})


@contextmanager
def _fixed_clock() -> Iterator[None]:
    """GDAL writes the time into a GeoPackage; within the block it is the data date."""
    before = pyogrio.get_gdal_config_option("OGR_CURRENT_DATE")
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": _STAMP})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": before})


def with_degrees(frame: gpd.GeoDataFrame) -> pd.DataFrame:
    """A list of points as an office keeps it: 经度 and 纬度 in degrees in place of the geometry."""
    x, y = frame.geometry.x.to_numpy() + plan.ORIGIN[0], frame.geometry.y.to_numpy() + plan.ORIGIN[1]
    lon, lat = Transformer.from_crs(plan.CRS, "EPSG:4490", always_xy=True).transform(x, y)
    table = pd.DataFrame(frame.drop(columns="geometry"))
    place = min(4, len(table.columns))
    table.insert(place, "经度", pd.Series(lon, index=frame.index).round(7))
    table.insert(place + 1, "纬度", pd.Series(lat, index=frame.index).round(7))
    table["备注"] = "演示数据"
    return table


def write_sheet(table: pd.DataFrame, path: Path, units: Mapping[str, str] | None = None) -> None:
    """Write a workbook of one sheet named after its file: header frozen, filter on, unknown cells empty.

    ``units`` adds a unit in brackets to a header, as 出动时间（秒）.
    """
    heads = [f"{name}（{units[name]}）" if units and name in units else str(name) for name in table.columns]
    book = xlsxwriter.Workbook(str(path))
    book.set_properties({"title": path.stem, "comments": _NOTE, "created": dt.datetime.combine(DATA_DATE, dt.time())})
    sheet = book.add_worksheet(path.stem)
    bold = book.add_format({"bold": True, "bg_color": "#DDEBF7", "border": 1, "text_wrap": True, "valign": "vcenter"})
    for column, (head, values) in enumerate(zip(heads, table.to_numpy(dtype=object).T, strict=True)):
        sheet.write_string(0, column, head, bold)
        for row, value in enumerate(values, start=1):
            _write_cell(sheet, row, column, value)
        widest = max([len(head) * 2, *(len(str(value).encode("gbk", "replace")) for value in values)])
        sheet.set_column(column, column, min(widest + 2, 34))
    sheet.freeze_panes(1, 2)
    sheet.autofilter(0, 0, len(table), len(heads) - 1)
    book.close()


def _write_cell(sheet: Any, row: int, column: int, value: Any) -> None:
    if pd.isna(value):
        return
    if isinstance(value, str):
        sheet.write_string(row, column, value)
    else:
        sheet.write_number(row, column, float(value))


def write_csv(table: pd.DataFrame, path: Path) -> None:
    """Write UTF-8 with a byte order mark, as the hot line's export does."""
    path.write_bytes(table.to_csv(index=False, lineterminator="\r\n").encode("utf-8-sig"))


def write_text(text: str, path: Path) -> None:
    """Write UTF-8 with plain line ends on every system."""
    path.write_bytes(text.encode("utf-8"))
