"""No file, however spoilt, makes a traceback, a crash, an endless wait or endless memory: a result or a message."""

import io
import json
import os
import re
import subprocess
import sys
import zipfile
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from real_pieces import LARGEST, write_pieces
from rich.console import Console
from sections import section_of
from small_town import CRS, X0, Y0, write_town

from estategap.job import check_project
from estategap.progress import Progress
from gis.errors import InputError, ProblemLog
from layers.estates import read_estates
from layers.facilities import read_facilities
from layers.placing.places import Town
from layers.reading.files import Source
from maps.texts import problem_line

PER_FILE, PER_SECTION, PARTS = 40, 150, 2
SECTIONS = (
    "estates", "roster", "streets", "buildings", "doors", "gates", "complaints", "facilities", "lifts",
    "responsibilities", "progress", "located", "population", "basemap", "osm", "project")
TOWN = Town(CRS, (120.54, 31.86, 120.57, 31.9))
MANY = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def fuzzed(folder: Path, part: int) -> tuple[Counter[str], list[dict[str, str]]]:
    """The number of spoilt files of each section in a part of all cases, and the cases that failed."""
    here = Path(__file__).parent
    command = [sys.executable, str(here / "fuzzing.py"), str(folder), *map(str, (PER_FILE, PER_SECTION, part, PARTS))]
    surroundings = {**os.environ, "PYTHONPATH": str(here.parent), "PYTHONUTF8": "1", "RUST_BACKTRACE": "0"}
    done = subprocess.run(command, env=surroundings, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    *failed, last = map(json.loads, done.stdout.splitlines())
    return Counter(last["cases"]), failed


def test_more_than_2000_spoilt_files_spread_over_all_sections_give_a_result_or_say_what_is_wrong(tmp_path):
    """Generated files of every kind and, where the real data is, pieces of it."""
    with ThreadPoolExecutor(PARTS) as pool:
        found = list(pool.map(lambda part: fuzzed(tmp_path / str(part), part), range(PARTS)))
    cases = sum((cases for cases, _ in found), Counter())
    assert cases.total() > 2000
    assert set(cases) == set(SECTIONS)
    assert {name: count for name, count in cases.items() if count < PER_SECTION} == {}
    failed = [one for _, failures in found for one in failures]
    assert not failed, "\n\n".join(f"{one['replay']}\n{one['failure']}" for one in failed)


def test_the_pieces_of_real_files_are_of_every_kind_and_small(shared_data, tmp_path):
    write_pieces(shared_data, tmp_path)
    pieces = {path.name: path.stat().st_size for path in tmp_path.iterdir()}
    assert all(0 < size < LARGEST for size in pieces.values()), pieces
    assert {name.split(".", 1)[1] for name in pieces} == {"csv", "geojson", "osm", "osm.pbf", "parquet", "tif"}
    assert {section_of(name) for name in pieces} == {
        "estates", "roster", "streets", "buildings", "doors", "gates", "facilities", "population", "basemap", "osm"}


def test_a_whole_project_is_checked_whatever_happened_to_one_of_its_files(tmp_path):
    """The same through ``check``, for each file of a small town in turn; the others are still looked at."""
    from mutations import mutated

    town = write_town(tmp_path / "town")
    whole = {path.name: path.read_bytes() for path in sorted(town.iterdir())}
    for number, name in enumerate(whole, start=1):
        for file, data in mutated(name, number, whole, (name,)).items():
            (town / file).write_bytes(data)
        try:
            found = check_project(town, Progress(Console(file=io.StringIO())))
            assert all(problem_line(one, "zh") for one in found.problems)
        except InputError as error:
            said(error, name == "project.toml")
        (town / name).write_bytes(whole[name])


def test_a_workbook_whose_parts_name_an_encoding_that_nobody_knows_is_damaged(tmp_path):
    from mutations import packed

    whole = written(tmp_path, ["小区编号", "小区名称"], [["A1", "春里"]], ".xlsx")
    with zipfile.ZipFile(whole) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    for part in ("xl/workbook.xml", "xl/_rels/workbook.xml.rels"):
        assert b"UTF-8" in parts[part]
        whole.write_bytes(packed(parts | {part: parts[part].replace(b"UTF-8", b"UTF-1e308")}))
        with pytest.raises(InputError) as caught:
            read_estates(outlines=None, roster=Source(whole), walled_default=True, log=ProblemLog(), town=TOWN)
        (problem,) = caught.value.problems
        assert problem.file == "a.xlsx"
        assert str(problem.why).startswith("the file is damaged or incomplete (unknown encoding")


WORDS = (
    "约1200户", "1,280", "８００", "8 200 as at 31.12.2025", "2010、2011", "98年", "1.2万", "#N/A", "不详", "合计",
    "示例小区", "是", "×", "120.55,31.87", "=1+1", "联系人01", "000-0000", "1200-1300", "\x00", "鞍山3村")
HEADS = (
    "小区编号", "小区名稱", "小区名称", "别名", "户数（户）", "60岁以上", "建成年份", "高层", "停车位", "经度", "纬度",
    "坐标", "联系人", "联系电话", "序号", "所属小区", "容量", "状态", "名称", "编号", "X坐标", "Y坐标", "hs")
cells = st.one_of(
    st.none(), st.booleans(), st.integers(-10, 10**12), st.floats(), st.text(max_size=12), st.datetimes(),
    st.sampled_from(WORDS))
headers = st.one_of(st.text(max_size=10), st.none(), st.sampled_from(HEADS))
tables = st.integers(1, 6).flatmap(lambda width: st.tuples(
    st.lists(headers, min_size=width, max_size=width),
    st.lists(st.lists(cells, min_size=width, max_size=width), min_size=0, max_size=6)))


def written(folder: Path, heads: Sequence[object], rows: Sequence[Sequence[object]], suffix: str) -> Path:
    """The table as a file of that kind; what a kind cannot hold is written as text."""
    path = folder / f"a{suffix}"
    frame = pd.DataFrame([heads, *rows], dtype=object)
    if suffix == ".csv":
        path.write_bytes(frame.to_csv(index=False, header=False).encode("utf-8", "replace"))
        return path
    with xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "strings_to_numbers": False,
                                         "nan_inf_to_errors": True, "remove_timezone": True}) as book:
        sheet = book.add_worksheet()
        for row, line in enumerate([heads, *rows]):
            for column, cell in enumerate(line):
                plain = cell if isinstance(cell, bool | int | float) or cell is None else str(cell)
                sheet.write(row, column, plain.encode("utf-8", "replace").decode() if isinstance(plain, str) else plain)
    return path


def said(error: InputError, expected: bool = True) -> None:
    """A refusal says why, and not that rows were lost."""
    assert expected, error
    assert error.problems
    assert not any("does not balance" in str(one) for one in error.problems)


def balanced(log: ProblemLog) -> None:
    """The account of every file that was read adds up, and every message can be said in Chinese."""
    for one in log.readings:
        assert one.rows_in == one.rows_used + sum(map(len, one.left_out.values()))
    assert all(problem_line(one, "zh") for one in log)


@MANY
@given(table=tables, suffix=st.sampled_from([".csv", ".xlsx"]))
def test_any_table_at_all_is_read_as_a_roster_or_refused_in_words(tmp_path, table, suffix):
    log = ProblemLog()
    try:
        read_estates(outlines=None, roster=Source(written(tmp_path, *table, suffix)), walled_default=True, log=log,
                     town=TOWN, data_year=2026)
    except InputError as error:
        said(error)
    else:
        assert len(log.readings) == 1
    balanced(log)


@pytest.fixture(scope="module")
def estates(tmp_path_factory):
    folder = tmp_path_factory.mktemp("estates")
    squares = [shapely.box(X0 + east, Y0, X0 + east + 100, Y0 + 100) for east in (0, 200)]
    frame = gpd.GeoDataFrame({"小区编号": ["A1", "A2"], "小区名称": ["春里", "鞍山三村"]}, crs=CRS, geometry=squares)
    frame.to_file(folder / "a.gpkg")
    source = Source(folder / "a.gpkg")
    return read_estates(outlines=source, roster=None, walled_default=True, log=ProblemLog(), town=TOWN)


@MANY
@given(table=tables, suffix=st.sampled_from([".csv", ".xlsx"]),
       kind=st.sampled_from(["car_parks", "micro_fire_stations"]))
def test_any_table_at_all_is_read_as_facilities_or_refused_in_words(tmp_path, estates, table, suffix, kind):
    log = ProblemLog()
    try:
        found = read_facilities(Source(written(tmp_path, *table, suffix)), kind=kind, surveyed=True, estates=estates,
                                town=TOWN, log=log)
    except InputError as error:
        said(error)
    else:
        assert len(found.frame) == sum(one.rows_used for one in log.readings)
    balanced(log)


numbers = st.one_of(st.floats(-1e3, 1e3), st.floats(), st.sampled_from([1e15, -1e300, 120.55, 31.87, 40_552_000.0]))
points = st.tuples(numbers, numbers)
rings = st.lists(points, min_size=3, max_size=7).filter(
    lambda xy: not np.isnan(xy[0]).any()).map(lambda xy: [*xy, xy[0]])
shapes = st.one_of(
    st.none(), st.just(shapely.Polygon()), points.map(shapely.Point), st.just(shapely.Point()),
    st.lists(points, min_size=2, max_size=5).map(shapely.LineString), rings.map(shapely.Polygon),
    st.tuples(rings, rings).map(lambda two: shapely.Polygon(two[0], [two[1]])),
    st.lists(rings, min_size=1, max_size=3).map(lambda parts: shapely.MultiPolygon([(one, []) for one in parts])),
    st.tuples(rings, points).map(
        lambda two: shapely.GeometryCollection([shapely.Polygon(two[0]), shapely.Point(two[1])])))


@MANY
@given(layer=st.lists(shapes, min_size=1, max_size=5), crs=st.sampled_from([CRS, "EPSG:4490", "EPSG:3857"]),
       town=st.booleans())
def test_shapes_of_any_kind_and_size_are_outlines_or_refused_in_words(tmp_path, layer, crs, town):
    """Broken, empty, mixed, not finite and beyond the globe."""
    path = tmp_path / "a.parquet"
    gpd.GeoDataFrame({"小区编号": [f"A{n}" for n in range(len(layer))]}, geometry=layer, crs=crs).to_parquet(path)
    log = ProblemLog()
    try:
        found = read_estates(outlines=Source(path), roster=None, walled_default=True, log=log,
                             town=TOWN if town else Town())
    except InputError as error:
        said(error)
    else:
        outlines = found.frame.geometry[found.located]
        assert outlines.is_valid.all()
        assert np.isfinite(outlines.bounds).all(axis=None)
    balanced(log)


names = st.text(st.characters(codec="gb18030", categories=["Lo", "Nd"]), min_size=2, max_size=8).filter(
    lambda name: not re.search("[村居]委|社区|街道|[镇鄉乡区县市计計]$", name))  # a sum


estates_as_typed = st.lists(st.tuples(names, st.integers(1, 9999), st.integers(1900, 2026), st.booleans()), min_size=1,
                            max_size=8, unique_by=lambda row: row[0])


@MANY
@given(rows=estates_as_typed, encoding=st.sampled_from(["utf-8", "utf-8-sig", "gb18030", "utf-16"]))
def test_what_is_written_plainly_is_read_as_it_was_written(tmp_path, rows, encoding):
    head = ["小区编号", "小区名称", "户数", "建成年份", "高层"]
    table = pd.DataFrame([(f"A{n}", *row) for n, row in enumerate(rows)], columns=head)
    path, log = tmp_path / "a.csv", ProblemLog()
    said_high = table["高层"].map({True: "是", False: "否"})
    path.write_bytes(table.assign(高层=said_high).to_csv(index=False).encode(encoding))
    found = read_estates(outlines=None, roster=Source(path), walled_default=True, log=log, town=TOWN, data_year=2026)
    assert found.frame.index.tolist() == table["小区编号"].tolist()
    for ours, theirs in zip(("name", "households", "build_year", "high_rise"), head[1:], strict=True):
        assert found.frame[ours].tolist() == table[theirs].tolist()
    balanced(log)
