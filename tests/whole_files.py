"""One small whole file of every kind that a project may name, the same bytes each time."""

import datetime as dt
import io
import warnings
import zipfile
from pathlib import Path

import geopandas as gpd
import networkx as nx
import numpy as np
import osmium
import pandas as pd
import pyogrio
import rasterio
import shapely
import xlsxwriter
import xlwt
from rasterio.transform import from_origin

CRS, X0, Y0 = "EPSG:4549", 552_000.0, 3_527_000.0
IDS = ("A1", "A2", "A3", "A4", "A5")
HEADS = ("小区编号", "小区名称", "别名", "所属居委", "建成年份", "户数（户）", "60岁以上", "高层", "停车位", "备注")
ROWS = (
    ("A1", "春里", "", "东居委会", 1988, 1280, 300, "否", 60, "x"),
    ("A2", "兰里小区", "兰苑、幽兰里", "东居委会", "1998年5月", "1,200户", "约200", "是", 0, ""),
    ("A3", "密云路454弄", "", "西居委会", "2010、2011", "８００", "", "√", "—", ""),
    ("A4", "鞍山三村", "", "西居委会", 1975, "1200-1300", 12.0, "有(2个)", "", 'a,"b"'),
    ("A5", "鞍山（四）村", "", "", "", "1.2万", "不详", "", 7, ""),
)
PLACES = ("编号", "名称", "经度", "纬度", "所属小区", "容量", "状态", "出动时间（秒）", "建筑面积")
SITES = (
    ("F1", "一站", 120.55, 31.87, "春里", 40, "现状", 60, 350),
    ("F2", "二站", "120°33′00.5″", "31°52′12″", "", "", "規劃", "", ""),
    ("F3", "三站", 120551000, 31871000, "", "20个", "", 90, "300平方米"),
    ("F4", "四站", "", "", "兰里", 5, "已建", 1, ""),
    ("F5", "五站", "120.552,31.872", "", "鞍山5村", 0, "停用", "", 1),
)
ORDERS = ("工单编号", "受理日期", "小区名称", "类别", "联系人", "联系电话")
CALLS = (("1", "2026-01-05", "春里", "停车", "联系人01", "000-0000"),
         ("2", "2026年3月", "蘭里", "充电", "联系人02", "000-0000"),
         ("3", "46000", "鞍山3村", "停车", "联系人03", "000-0000"))
_CLOCK = "2026-10-31T00:00:00.000Z"
_DAY = (2026, 10, 31, 0, 0, 0)
OSM = """<?xml version="1.0" encoding="UTF-8"?><osm version="0.6" generator="x">
<bounds minlat="31.86" minlon="120.54" maxlat="31.90" maxlon="120.57"/>
<node id="1" lat="31.8700" lon="120.5500"/><node id="2" lat="31.8700" lon="120.5520"/>
<node id="3" lat="31.8715" lon="120.5520"><tag k="barrier" v="gate"/></node>
<node id="4" lat="31.8715" lon="120.5500"><tag k="entrance" v="main"/></node>
<node id="5" lat="31.8710" lon="120.5510"><tag k="amenity" v="kindergarten"/><tag k="capacity" v="90"/></node>
<way id="1"><nd ref="1"/><nd ref="2"/><nd ref="3"/><tag k="highway" v="residential"/><tag k="name" v="春路"/></way>
<way id="2"><nd ref="1"/><nd ref="2"/><nd ref="3"/><nd ref="4"/><nd ref="1"/>
<tag k="landuse" v="residential"/><tag k="name" v="春里"/></way>
<way id="3"><nd ref="1"/><nd ref="2"/><nd ref="4"/><nd ref="1"/><tag k="building" v="apartments"/>
<tag k="building:levels" v="6"/></way>
<way id="4"><nd ref="2"/><nd ref="3"/><nd ref="4"/><nd ref="2"/><tag k="amenity" v="parking"/>
<tag k="capacity" v="40"/></way>
<relation id="1"><member type="way" ref="3" role="outer"/><tag k="type" v="multipolygon"/><tag k="natural" v="water"/>
</relation></osm>"""


def write_whole_files(folder: Path) -> dict[str, tuple[str, ...]]:
    """Write one file of each kind and say of each which files belong to it; the first is the one a project names."""
    before = pyogrio.get_gdal_config_option("OGR_CURRENT_DATE")
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": _CLOCK})
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that names are cut off is as it should be
            _write_layers(folder, outlines())
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": before})
    _write_tables(folder)
    _write_osm(folder)
    with rasterio.open(folder / "people.tif", "w", driver="GTiff", width=12, height=9, count=1, dtype="float32",
                       crs=CRS, transform=from_origin(X0 - 50, Y0 + 300, 60, 60), nodata=-1) as raster:
        raster.write(np.arange(108, dtype="float32").reshape(1, 9, 12))
    (folder / "project.toml").write_bytes(PROJECT.encode())
    shapefile = tuple(f"outlines{ending}" for ending in (".shp", ".dbf", ".shx", ".prj", ".cpg"))
    alone = sorted(path.name for path in folder.iterdir() if path.is_file() and path.name not in shapefile)
    return {"outlines.shp": shapefile, **{name: (name,) for name in alone}}


def outlines() -> gpd.GeoDataFrame:
    """Five estates: squares, one with a hole, one of two parts, one in three dimensions, one that crosses itself."""
    square = [shapely.box(X0 + 120 * n, Y0, X0 + 120 * n + 100, Y0 + 90) for n in range(5)]
    square[1] = square[1].difference(square[1].centroid.buffer(9, quad_segs=2))
    square[2] = shapely.MultiPolygon([square[2], shapely.box(X0, Y0 + 120, X0 + 40, Y0 + 160)])
    west, south, east, north = square[4].bounds
    square[4] = shapely.Polygon([(west, south), (east, north), (east, south), (west, north), (west, south)])
    frame = pd.DataFrame(ROWS, columns=HEADS)[["小区编号", "小区名称", "所属居委"]]
    return gpd.GeoDataFrame(frame.assign(户数=[5, 6, 7, None, 9.5]), geometry=square, crs=CRS)


def _write_layers(folder: Path, frame: gpd.GeoDataFrame) -> None:
    frame.to_file(folder / "outlines.shp", encoding="gb18030")
    table = bytearray((folder / "outlines.dbf").read_bytes())
    table[1:4] = bytes((126, 10, 31))
    (folder / "outlines.dbf").write_bytes(table)
    pack(folder / "outlines.zip", {f"小区边界{ending}": (folder / f"outlines{ending}").read_bytes()
                                   for ending in (".shp", ".dbf", ".shx", ".prj")})
    degrees = frame.to_crs("EPSG:4490")
    frame.to_file(folder / "outlines.gpkg", layer="小区")
    degrees.to_file(folder / "outlines.geojson")
    frame.to_file(folder / "outlines.fgb", driver="FlatGeobuf")
    frame.to_parquet(folder / "outlines.parquet", compression="none")
    degrees.to_crs("EPSG:4326").to_file(folder / "outlines.kml", driver="KML")
    pack(folder / "outlines.kmz", {"doc.kml": (folder / "outlines.kml").read_bytes()})
    lines = [shapely.LineString([(X0 - 20, Y0 + y), (X0 + 640, Y0 + y)]) for y in (-10, 100, 210)]
    lines += [shapely.LineString([(X0 + x, Y0 - 10), (X0 + x, Y0 + 210)]) for x in (-20, 110, 350, 640)]
    streets = gpd.GeoDataFrame({"highway": "residential", "name": list("甲乙丙丁戊己庚"), "layer": 0}, geometry=lines,
                               crs=CRS)
    streets.to_file(folder / "streets.gpkg", layer="道路")
    streets.to_crs("EPSG:4326").to_file(folder / "streets.geojson")
    _write_graphml(folder / "streets.graphml")


def _write_graphml(path: Path) -> None:
    graph = nx.MultiDiGraph(crs="EPSG:4326", simplified=True, created_date="2026-10-31")
    for n in range(4):
        graph.add_node(n, x=f"{120.55 + 0.001 * n:.4f}", y=f"{31.87 + 0.0005 * (n % 2):.4f}")
    for n in range(3):
        for u, v in ((n, n + 1), (n + 1, n)):
            graph.add_edge(u, v, key=0, osmid=str(n), highway="residential", name="春路", oneway="False",
                           length="100.0", reversed="False")
    nx.write_graphml(graph, path)


def _write_tables(folder: Path) -> None:
    _workbook(folder / "roster.xlsx", HEADS, ROWS, title="小区基本情况登记表")
    _workbook(folder / "sites.xlsx", PLACES, SITES)
    old = xlwt.Workbook(encoding="utf-8")
    page = old.add_sheet("名册")
    for row, cells in enumerate((HEADS, *ROWS)):
        for column, cell in enumerate(cells):
            page.write(row, column, cell)
    old.save(str(folder / "roster.xls"))
    for name, heads, rows, encoding in (
        ("roster.csv", HEADS, ROWS, "utf-8-sig"), ("roster_gb.csv", HEADS, ROWS, "gb18030"),
        ("roster_utf16.csv", HEADS, ROWS, "utf-16"), ("sites.csv", PLACES, SITES, "gb18030"),
        ("calls.csv", ORDERS, CALLS, "utf-8"),
    ):
        text = pd.DataFrame(rows, columns=heads).to_csv(index=False, lineterminator="\r\n")
        (folder / name).write_bytes(text.encode(encoding))


def _workbook(path: Path, heads: tuple[str, ...], rows: tuple[tuple[object, ...], ...], title: str = "") -> None:
    book = xlsxwriter.Workbook(str(path))
    book.set_properties({"created": dt.datetime(*_DAY)})  # noqa: DTZ001 - a workbook knows no zone
    sheet = book.add_worksheet("清单")
    start = 0
    if title:
        sheet.merge_range(0, 0, 0, len(heads) - 1, title)
        start = 1
    for row, cells in enumerate((heads, *rows), start=start):
        for column, cell in enumerate(cells):
            if cell != "":
                sheet.write(row, column, cell)
    sheet.write_formula(start + len(rows) + 1, 5, "=SUM(F2:F6)", None, "")
    book.add_worksheet("空").hide()
    book.close()


def _write_osm(folder: Path) -> None:
    (folder / "map.osm").write_bytes(OSM.encode())
    for name, packing in (("map.osm.pbf", "none"), ("map_packed.osm.pbf", "zlib")):
        where = osmium.io.File(str(folder / name), f"pbf,pbf_compression={packing}")
        with osmium.SimpleWriter(where) as writer:
            for one in osmium.FileProcessor(str(folder / "map.osm")):
                writer.add(one)


def pack(path: Path, files: dict[str, bytes]) -> None:
    """A ZIP archive with these files, whatever the time."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, _DAY), content, zipfile.ZIP_DEFLATED)
    path.write_bytes(data.getvalue())


PROJECT = """# 项目
[project]
name = "春街道"
data_date = 2026-10-31
synthetic = true
standards = "cn-national"
seed = 7
crs = "EPSG:4549"

[estates]
file = "outlines.gpkg"
walled = true

[roster]
file = "roster.xlsx"
sheet = "清单"

[streets]
file = "streets.gpkg"
complete_around = true

[complaints]
file = "calls.csv"

[[population]]
file = "people.tif"
people = "residents_60plus"
spread = 0.25

[profile]
residents_per_household = 2.5
share_60plus = 0.25
source = "假设"
confidence = "D"

[weights]
parking = 2.0

[rules.parking]
search_radius_m = { value = 300, reason = "试算" }

[[facilities]]
kind = "nurseries"
file = "sites.csv"
crs = "EPSG:4490"
surveyed = true
"""
