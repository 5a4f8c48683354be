"""Layers in GCJ-02 or BD-09 stop the run with the line to add; with that line the result is the true one."""

import re

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from rich.console import Console

from estategap.demo.samples import write_sample
from estategap.job import check_project
from estategap.progress import Progress
from gis.china_offset import from_wgs84, moved_into
from gis.china_offset import moved as moved_out_of

CAR_PARKS, CRS = "停车场.xlsx", "EPSG:4326"


@pytest.fixture(scope="module")
def district(tmp_path_factory):
    folder = tmp_path_factory.mktemp("district")
    write_sample("district", folder)
    return folder


def checked(folder):
    return check_project(folder, Progress(Console(quiet=True)))


def errors(found):
    return {(one.file, str(one.why), str(one.fix)) for one in found.problems if one.severity == "error"}


def said(found):
    return {one.file: (one.converted, str(one.offset)) for one in found.readings}


def rewrite(folder, name, text):
    """The section of a file in project.toml, with a line more."""
    project = folder / "project.toml"
    before = project.read_text("utf-8")
    assert f'file = "{name}"' in before
    project.write_text(before.replace(f'file = "{name}"', f'file = "{name}"\n{text}'), "utf-8")


@pytest.fixture
def moved(district, tmp_path):
    """The district with its buildings as Amap would show them and its car parks as Baidu would."""
    for one in district.iterdir():
        if one.is_file():
            (tmp_path / one.name).write_bytes(one.read_bytes())
    houses = gpd.read_file(tmp_path / "楼栋.gpkg").to_crs(CRS)
    houses.geometry = moved_into(houses.geometry, "GCJ-02")
    (tmp_path / "楼栋.gpkg").unlink()
    houses.to_file(tmp_path / "楼栋.gpkg")
    parks = pd.read_excel(tmp_path / CAR_PARKS, dtype=object, engine="openpyxl")
    placed = parks["经度"].notna()
    lon, lat = from_wgs84(parks.loc[placed, "经度"].astype(float), parks.loc[placed, "纬度"].astype(float), "BD-09")
    parks.loc[placed, "经度"], parks.loc[placed, "纬度"] = lon, lat
    parks.to_excel(tmp_path / CAR_PARKS, index=False, sheet_name="停车场")
    return tmp_path


def test_layers_that_are_where_they_say_raise_no_error_and_the_account_says_they_fit(district):
    found = checked(district)
    assert errors(found) == set()
    assert said(found)["楼栋.gpkg"] == ("", "fits the streets as WGS-84")
    assert said(found)["消防站.xlsx"] == ("", "cannot tell: too few places")
    (asked,) = [one for one in found.problems if "cannot be told by the streets" in str(one.why)]
    assert asked.severity == "warning"
    assert "消防站.xlsx" in asked.value


def test_what_is_moved_and_does_not_say_so_stops_the_run_with_the_line_to_add(moved):
    """GCJ-02 lies 400 to 600 m off in the east of China, BD-09 about 1 km."""
    found = {file: (why, fix) for file, why, fix in errors(checked(moved))}
    assert set(found) == {"楼栋.gpkg", CAR_PARKS}
    for file, system, low, high in (("楼栋.gpkg", "GCJ-02", 400, 700), (CAR_PARKS, "BD-09", 800, 1500)):
        why, fix = found[file]
        assert why.startswith(f"the places fit the streets only as {system}: they lie ")
        assert low < int(why.split("they lie ")[1].split(" m")[0]) < high
        assert f'crs = "{system}"' in fix
        assert "offset_checked = true" in fix


def test_complaints_by_points_alone_are_compared_too(district, tmp_path):
    """Work orders have no names of estates where a map placed them: half a kilometre off they count elsewhere."""
    for one in district.iterdir():
        if one.is_file():
            (tmp_path / one.name).write_bytes(one.read_bytes())
    doors = gpd.read_file(tmp_path / "楼栋.gpkg").to_crs(CRS).geometry.representative_point().iloc[::3]
    for system, wanted in ((None, set()), ("GCJ-02", {"工单.csv"})):
        lon, lat = (doors.x, doors.y) if system is None else from_wgs84(doors.x, doors.y, system)
        pd.DataFrame({"工单编号": range(len(doors)), "诉求类型": "停车", "经度": lon, "纬度": lat}).to_csv(
            tmp_path / "工单.csv", index=False)
        project = (district / "project.toml").read_text("utf-8")
        project = re.sub(r"\[complaints\]\nfile = .*\n(?:sheet = .*\n)?", '[complaints]\nfile = "工单.csv"\n', project)
        (tmp_path / "project.toml").write_text(project, "utf-8")
        found = errors(checked(tmp_path))
        assert {file for file, _, _ in found} == wanted
        assert all(why.startswith("the places fit the streets only as GCJ-02") for _, why, _ in found)


def test_with_the_lines_that_check_asks_for_the_places_are_the_true_ones_and_the_account_says_so(moved):
    rewrite(moved, "楼栋.gpkg", 'crs = "GCJ-02"')
    rewrite(moved, CAR_PARKS, 'crs = "bd09"')
    found = checked(moved)
    assert errors(found) == set()
    assert said(found)["楼栋.gpkg"] == ("GCJ-02", "fits the streets as GCJ-02")
    assert said(found)[CAR_PARKS] == ("BD-09", "fits the streets as BD-09")


def test_a_declaration_that_is_wrong_is_an_error_and_a_look_at_the_map_overrules_it(moved):
    rewrite(moved, "楼栋.gpkg", 'crs = "BD-09"')
    rewrite(moved, CAR_PARKS, "offset_checked = true")
    found = checked(moved)
    assert {(file, why) for file, why, _ in errors(found)} == {
        ("楼栋.gpkg", "the places fit the streets as GCJ-02, not as BD-09")}
    assert said(found)[CAR_PARKS] == ("", "not compared: the project says that it has been checked")


def test_outlines_that_cross_themselves_do_not_stop_the_comparison(moved):
    outlines = gpd.read_file(moved / "小区边界.gpkg")
    knot = shapely.Polygon(np.array([(0, 0), (60, 60), (60, 0), (0, 60)]) + outlines.geometry.iloc[0].bounds[:2])
    outlines.loc[0, "geometry"] = knot
    (moved / "小区边界.gpkg").unlink()
    outlines.to_file(moved / "小区边界.gpkg")
    assert {file for file, _, _ in errors(checked(moved))} == {"楼栋.gpkg", CAR_PARKS}


def copied(district, folder):
    folder.mkdir(exist_ok=True)
    for one in district.iterdir():
        if one.is_file():
            (folder / one.name).write_bytes(one.read_bytes())
    return folder


def shift(folder, name, system, *, back=False):
    """A layer as a map of ``system`` shows it; or, ``back``, a true one converted as if it had been one."""
    if name.endswith(".xlsx"):
        rows = pd.read_excel(folder / name, dtype=object, engine="openpyxl")
        placed = rows["经度"].notna()
        points = gpd.GeoSeries(gpd.points_from_xy(rows.loc[placed, "经度"], rows.loc[placed, "纬度"]), crs=CRS)
        there = (moved_out_of if back else moved_into)(points, system)
        rows.loc[placed, "经度"], rows.loc[placed, "纬度"] = there.x.to_numpy(), there.y.to_numpy()
        rows.to_excel(folder / name, index=False, sheet_name=name.removesuffix(".xlsx"))
        return
    layer = gpd.read_file(folder / name).to_crs(CRS)
    layer.geometry = (moved_out_of if back else moved_into)(layer.geometry, system)
    (folder / name).unlink()
    layer.to_file(folder / name)


@pytest.mark.parametrize(("system", "low", "high"), [("GCJ-02", 400, 700), ("BD-09", 800, 1500)])
def test_where_all_else_disagrees_with_the_streets_these_are_to_be_declared(district, tmp_path, system, low, high):
    folder = copied(district, tmp_path)
    shift(folder, "道路.gpkg", system)
    ((file, why, fix),) = errors(checked(folder))
    assert file == "道路.gpkg"
    assert f" fit the streets only if these are in {system}, " in why
    assert low < int(why.split(f"in {system}, ")[1].split(" m off")[0]) < high
    assert f'if the streets are from a web map add the line crs = "{system}" to [streets]' in fix
    assert "as they were before they were converted" in fix
    rewrite(folder, "道路.gpkg", f'crs = "{system}"')
    found = checked(folder)
    assert errors(found) == set()
    assert said(found)["楼栋.gpkg"] == ("", "fits the streets as WGS-84")


def test_streets_that_say_a_system_no_other_file_says_are_asked_about_together_with_all_others(district, tmp_path):
    """True streets said to be GCJ-02, or all of it from one web map and only the streets say so: nobody can tell."""
    wrong, half = copied(district, tmp_path / "a"), copied(district, tmp_path / "b")
    for name in ("道路.gpkg", "小区边界.gpkg", "楼栋.gpkg", "出入口.gpkg"):
        shift(half, name, "GCJ-02")
    for folder in (wrong, half):
        rewrite(folder, "道路.gpkg", 'crs = "GCJ-02"')
    ((file, why, fix),) = errors(checked(wrong))
    assert file == "道路.gpkg"
    assert "fit the streets only if they are in GCJ-02 too, as the streets say that they are" in why
    assert 'add the line crs = "GCJ-02" to the sections of those files' in fix
    assert "else remove the line crs of [streets]" in fix
    assert {file for file, why, _ in errors(checked(half)) if "fit the streets only as GCJ-02" in why} == {
        "小区边界.gpkg", "楼栋.gpkg", "出入口.gpkg"}, "the lists are true and fit the streets: these say for themselves"


@pytest.mark.parametrize("names", [["楼栋.gpkg"], ["楼栋.gpkg", "小区边界.gpkg", "出入口.gpkg", "停车场.xlsx"]])
def test_files_moved_the_other_way_leave_open_which_was_converted(district, tmp_path, names):
    folder = copied(district, tmp_path)
    for name in names:
        shift(folder, name, "GCJ-02", back=True)
    ((file, why, fix),) = errors(checked(folder))
    assert file == "道路.gpkg"
    assert all(name in why.split("; ")[0] for name in names)
    assert "fit them as they are" in why
    assert "before they were converted" in fix


def test_streets_and_the_outlines_drawn_over_them_are_both_to_be_declared(district, tmp_path):
    folder = copied(district, tmp_path)
    for name in ("道路.gpkg", "小区边界.gpkg"):
        shift(folder, name, "GCJ-02")
    ((file, why, fix),) = errors(checked(folder))
    assert file == "道路.gpkg"
    assert why.endswith("; 小区边界.gpkg fit them as they are")
    assert 'crs = "GCJ-02" to [streets] in project.toml and to the sections of 小区边界.gpkg' in fix


@pytest.fixture
def half_moved(district, tmp_path):
    """The district, with every third outline in GCJ-02."""
    copied(district, tmp_path)
    outlines = gpd.read_file(tmp_path / "小区边界.gpkg")
    degrees = outlines.to_crs(4326)
    there = shapely.transform(
        degrees.geometry.to_numpy()[::3], lambda xy: np.column_stack(from_wgs84(xy[:, 0], xy[:, 1], "GCJ-02")))
    shapes = degrees.geometry.to_numpy().copy()
    shapes[::3] = there
    (tmp_path / "小区边界.gpkg").unlink()
    degrees.set_geometry(gpd.GeoSeries(shapes, index=degrees.index, crs=4326)).to_file(tmp_path / "小区边界.gpkg")
    return tmp_path


def test_check_stops_at_outlines_of_two_systems_and_says_how_many_and_which(half_moved):
    found = checked(half_moved)
    (problem,) = [one for one in found.problems if one.severity == "error" and one.file == "小区边界.gpkg"]
    why = str(problem.why)
    count = len(gpd.read_file(half_moved / "小区边界.gpkg"))
    assert "partly as WGS-84 and partly, about 30 in 100 and surely these rows, as GCJ-02" in why
    assert 400 < int(re.search(r"(\d+) m off", why)[1]) < 700
    moved_rows = {row + 1 for row in range(0, count, 3)}  # the first feature of a layer is row 1
    named = {cell.row for cell in problem.cells}
    assert named <= moved_rows
    assert len(named) > len(moved_rows) * 0.8
    (account,) = [one for one in found.readings if one.file == "小区边界.gpkg"]
    assert str(account.offset) == "lies partly in WGS-84, partly in GCJ-02"
