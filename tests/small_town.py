"""A small project as a planner holds it: twelve walled estates on a grid of streets, written as real files.

Estate number ``n`` stands in column ``n % 4`` and row ``n // 4``; it is 160 m wide and 120 m deep, with a building, a
door, a gate on its south side, and streets all around. Every text that comes from an input can be given.
"""

import csv
import io
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import geopandas as gpd
import openpyxl
from shapely.geometry import LineString, box

CRS = "EPSG:4549"
X0, Y0 = 552_000.0, 3_527_000.0
COUNT = 12
NAMES = tuple(f"{word}里" for word in "春兰竹菊松梅桃李杏柳枫槐")
IDS = tuple(f"X{number:02d}" for number in range(COUNT))

PROJECT = """[project]
name = {title}
data_date = 2026-10-31
crs = "EPSG:4549"
seed = 7

[estates]
file = "小区边界.gpkg"

[roster]
file = "小区名册.xlsx"
sheet = "名册"

[streets]
file = "道路.gpkg"
complete_around = true

[buildings]
file = "楼栋.gpkg"

[doors]
file = "单元门.csv"
crs = "EPSG:4549"

[gates]
file = "出入口.csv"
crs = "EPSG:4549"

[complaints]
file = "工单.csv"

[basemap]
water = "水系.gpkg"

[[facilities]]
kind = "car_parks"
file = "停车场.xlsx"
sheet = "清单"
crs = "EPSG:4549"
surveyed = true

[[facilities]]
kind = "elderly_care_sites"
file = "养老.csv"
crs = "EPSG:4549"
surveyed = true

[[facilities]]
kind = "micro_fire_stations"
file = "微型消防站.csv"
crs = "EPSG:4549"
surveyed = true
"""


def command(*arguments: object) -> list[str]:
    """The real program as a command line."""
    return [sys.executable, "-m", "estategap", *map(str, arguments)]


def surroundings(home: Path, **more: str) -> Mapping[str, str]:
    """What a process sees of the machine: a home of its own, and this checkout."""
    return {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1]), "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONUTF8": "1", "HOME": str(home), **more}


def estategap(*arguments: object, home: Path) -> subprocess.CompletedProcess[str]:
    """Run the program to its end in a working folder of its own."""
    return subprocess.run(command(*arguments), cwd=home, env=surroundings(home), check=False, capture_output=True,
                          text=True, encoding="utf-8", timeout=300)


def tree(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, by its path from there."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def corner(number: int) -> tuple[float, float]:
    """South-west corner of an estate."""
    return X0 + 200 * (number % 4) + 20, Y0 + 160 * (number // 4) + 20


def write_town(folder: Path, names: Sequence[str] = NAMES, ids: Sequence[str] = IDS) -> Path:
    """Write all files of the project; ``names`` and ``ids`` are those of the estates and of everything else there."""
    folder.mkdir(parents=True, exist_ok=True)
    _areas(folder, names, ids)
    _lines(folder, names)
    _lists(folder, names, ids)
    title = '"' + "".join(f"\\U{ord(sign):08X}" for sign in names[1]) + '"'
    (folder / "project.toml").write_bytes(PROJECT.format(title=title).encode())
    return folder


def _areas(folder: Path, names: Sequence[str], ids: Sequence[str]) -> None:
    corners = [corner(number) for number in range(COUNT)]
    estates = [box(x, y, x + 160, y + 120) for x, y in corners]
    houses = [box(x + 60, y + 50, x + 100, y + 62) for x, y in corners]
    layer = {"小区编号": list(ids), "小区名称": list(names)}
    gpd.GeoDataFrame(layer, geometry=estates, crs=CRS).to_file(folder / "小区边界.gpkg")
    layer = {"楼栋编号": [f"{key}#1" for key in ids], "名称": list(names), "用途": ["住宅"] * COUNT,
             "层数": [6 + number for number in range(COUNT)]}
    gpd.GeoDataFrame(layer, geometry=houses, crs=CRS).to_file(folder / "楼栋.gpkg")
    river = box(X0 - 100, Y0 - 90, X0 + 900, Y0 - 50)
    gpd.GeoDataFrame({"name": [names[1]]}, geometry=[river], crs=CRS).to_file(folder / "水系.gpkg")


def _lines(folder: Path, names: Sequence[str]) -> None:
    across = [LineString([(X0, Y0 + 160 * row), (X0 + 800, Y0 + 160 * row)]) for row in range(4)]
    along = [LineString([(X0 + 200 * column, Y0), (X0 + 200 * column, Y0 + 480)]) for column in range(5)]
    streets = [*across, *along]
    layer = {"highway": ["residential"] * len(streets), "name": [names[number] for number in range(len(streets))]}
    gpd.GeoDataFrame(layer, geometry=streets, crs=CRS).to_file(folder / "道路.gpkg")


def _lists(folder: Path, names: Sequence[str], ids: Sequence[str]) -> None:
    numbers, corners = range(COUNT), [corner(number) for number in range(COUNT)]
    head = ("小区编号", "小区名称", "居委会", "户数", "常住人口", "60岁以上", "3岁以下", "建成年份", "停车位",
            "居民车辆", "电动自行车", "充电端口数")
    roster = [
        (ids[n], names[n], names[-n], 200 + 10 * n, 500 + 20 * n, 150, 15, 1990 + n, 60, 100 + 5 * n, 120, 4 * n)
        for n in numbers]
    workbook(folder / "小区名册.xlsx", "名册", [head, *roster])
    table(folder / "单元门.csv", ("单元门编号", "楼栋编号", "x", "y"),
          [(f"{ids[n]}/1", f"{ids[n]}#1", corners[n][0] + 80, corners[n][1] + 50) for n in numbers])
    table(folder / "出入口.csv", ("出入口编号", "小区编号", "名称", "开放时间", "x", "y"),
          [(f"g{ids[n]}", ids[n], names[n], names[n], corners[n][0] + 80, corners[n][1]) for n in numbers])
    table(folder / "工单.csv", ("小区编号", "小区名称", "诉求类型"), [(ids[n], "", names[n]) for n in numbers])
    place = ("设施编号", "名称", "容量", "x", "y")
    sites = [(f"f{ids[n]}", names[n], 10 + n, corners[n][0] - 20, corners[n][1] + 30) for n in numbers]
    workbook(folder / "停车场.xlsx", "清单", [place, *sites])
    table(folder / "养老.csv", place, sites[::3])
    table(folder / "微型消防站.csv", (*place, "出动时间"), [(*site, 60) for site in sites[::4]])


def table(path: Path, head: Sequence[str], rows: Sequence[Sequence[object]]) -> Path:
    """Write a CSV table as UTF-8."""
    text = io.StringIO()
    csv.writer(text).writerows([head, *rows])
    path.write_bytes(text.getvalue().encode())
    return path


def workbook(path: Path, sheet: str, rows: Sequence[Sequence[object]]) -> Path:
    """Write one sheet; text stays text, whatever it begins with."""
    book = openpyxl.Workbook()
    page = book.active
    page.title = sheet
    for at, row in enumerate(rows, start=1):
        for place, value in enumerate(row, start=1):
            cell = page.cell(at, place, value)
            if isinstance(value, str):
                cell.data_type = "s"
    book.save(path)
    return path
