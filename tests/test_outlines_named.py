"""Estates of a roster without outlines get those of OSM's residential areas that bear their names, and only those."""

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
import shapely
from rich.console import Console

from estategap.inputs import look_through
from estategap.job import check_project
from estategap.plan import walking_of
from estategap.progress import Progress
from estategap.project import read_project
from gis.errors import ProblemLog

CRS = "EPSG:4549"
PROJECT = """
[project]
name = "同济周边"
data_date = 2026-03-31

[roster]
file = "名册.xlsx"

[osm]
file = "tongji.osm"
"""


def project(folder, rows):
    (folder / "project.toml").write_text(PROJECT, "utf-8")
    pd.DataFrame(rows).to_excel(folder / "名册.xlsx", index=False)
    return folder


@pytest.fixture
def tongji(shared_data, tmp_path):
    (tmp_path / "tongji.osm").write_bytes((shared_data / "shanghai-tongji" / "tongji.osm").read_bytes())
    return tmp_path


def read(folder):
    log, opened = ProblemLog(), read_project(folder)
    found = look_through(opened, walking_of(opened), log).estates.frame
    return found.to_crs(CRS), {str(one.why): one for one in log}


def drawn(folder):
    """The residential areas as GDAL reads them, by name."""
    areas = pyogrio.read_dataframe(folder / "tongji.osm", layer="multipolygons", columns=["name"],
                                   where="landuse = 'residential'")
    return areas.set_index("name").to_crs(CRS).geometry


def test_names_that_are_surely_the_same_bring_the_outline_and_are_listed(tongji):
    rows = [("A", "密云路454弄"), ("B", "同濟國康公寓"), ("C", "原林小區"), ("D", "巴林"), ("E", "火星花园")]
    frame, said = read(project(tongji, [{"小区编号": key, "小区名称": name, "户数": 500} for key, name in rows]))
    areas = drawn(tongji)
    for key, name in (("A", "密云路454弄"), ("B", "同济国康公寓"), ("C", "原林小区"), ("D", "巴林小区")):
        assert frame.geometry[key].symmetric_difference(areas[name]).area < 0.01, key
    assert frame["outline_basis"].to_dict() == {**dict.fromkeys("ABCD", "osm_landuse"), "E": ""}
    assert frame["households"].eq(500).all()
    taken = said["4 estates without an outline have one of their name in OSM, which was taken"]
    assert (taken.severity, taken.file) == ("warning", "名册.xlsx")
    assert [(one.row, one.value) for one in taken.cells][:2] == [
        (2, "密云路454弄 (A) → 密云路454弄 way/433248140"), (3, "同濟國康公寓 (B) → 同济国康公寓 way/930192494")]
    (nowhere,) = [one for why, one in said.items() if "neither outline nor coordinates" in why]
    assert [(one.row, one.value) for one in nowhere.cells] == [(6, "火星花园 (E)")]


def test_a_name_that_only_looks_alike_is_offered_and_not_joined(tongji):
    frame, said = read(project(tongji, [{"小区编号": "A", "小区名称": "密云小区东区", "户数": 1},
                                        {"小区编号": "B", "小区名称": "赤峰小区", "户数": 1}]))
    assert frame["outline_basis"].to_dict() == {"A": "", "B": "osm_landuse"}
    (offer,) = [one for why, one in said.items() if "may be residential areas of OSM of another name" in why]
    assert "密云小区 - 西区" in offer.value


def test_an_area_far_from_the_coordinates_of_its_name_is_not_taken(tongji):
    west, south, _, _ = drawn(tongji)[["赤峰小区"]].to_crs(4326).total_bounds
    places = {"A": ("赤峰小区", west + 0.02, south), "B": ("书香公寓", None, None)}
    frame, said = read(project(tongji, [{"小区编号": key, "小区名称": name, "经度": lon, "纬度": lat}
                                        for key, (name, lon, lat) in places.items()]))
    assert frame.geometry["A"].disjoint(drawn(tongji)["赤峰小区"])
    assert frame["outline_basis"]["B"] == "osm_landuse"
    assert any("lie more than 500 m from its coordinates" in why for why in said)


def test_what_two_share_is_nobodys(tongji):
    rows = [{"小区编号": "A", "小区名称": "赤峰小区", "街道": "甲街道"},
            {"小区编号": "B", "小区名称": "赤峰小区", "街道": "乙街道"}, {"小区编号": "C", "小区名称": "原林小区"}]
    frame, said = read(project(tongji, rows))
    assert frame["outline_basis"].to_dict() == {"A": "", "B": "", "C": "osm_landuse"}
    (several,) = [one for why, one in said.items() if why.startswith("the names of 2 estates without an outline")]
    assert [one.row for one in several.cells] == [2, 3]


def test_outlines_of_a_file_come_before_those_of_osm_and_its_gaps_are_filled_by_name(tongji):
    areas = drawn(tongji)
    other = areas["通远大楼"].buffer(3)
    gpd.GeoDataFrame({"小区名称": ["原林小区"]}, geometry=[other], crs=CRS).to_file(tongji / "边界.gpkg")
    project(tongji, [{"小区名称": name, "户数": 1} for name in ("原林小区", "书香公寓")])
    text = PROJECT + '\n[estates]\nfile = "边界.gpkg"\n'
    (tongji / "project.toml").write_text(text, "utf-8")
    frame, _ = read(tongji)
    assert frame["outline_basis"].to_dict() == {"原林小区": "outline", "书香公寓": "osm_landuse"}
    assert frame.geometry["原林小区"].symmetric_difference(other).area < 0.01
    assert frame.geometry["书香公寓"].symmetric_difference(areas["书香公寓"]).area < 0.01


def test_check_counts_them_as_located(tongji):
    found = check_project(project(tongji, [{"小区名称": "密云路454弄", "户数": 1}]), Progress(Console(quiet=True)))
    assert found.located == {"total": 1, "outlined": 1, "assumed": 0, "nowhere": 0}
    assert [str(one.why) for one in found.problems if one.severity == "error"] == []


@pytest.mark.parametrize("case", ["on the outline of another", "around the point of another", "far from all others"])
def test_an_area_that_cannot_be_the_estates_is_listed_and_not_taken(tongji, case):
    areas = drawn(tongji)
    rows = [{"小区编号": "A", "小区名称": "原林小区"}, {"小区编号": "B", "小区名称": "别的小区"}]
    place = areas["原林小区"].representative_point()
    if case == "on the outline of another":
        wide = areas["原林小区"].buffer(20)
        gpd.GeoDataFrame({"小区编号": ["B"]}, geometry=[wide], crs=CRS).to_file(tongji / "边界.gpkg")
    elif case == "far from all others":
        far = shapely.affinity.translate(areas["原林小区"], 26_000, 0)
        gpd.GeoDataFrame({"小区编号": ["B"]}, geometry=[far], crs=CRS).to_file(tongji / "边界.gpkg")
    else:
        lon, lat = gpd.GeoSeries([place], crs=CRS).to_crs(4326).iloc[0].coords[0]
        rows[1] |= {"经度": lon, "纬度": lat}
    project(tongji, rows)
    if case != "around the point of another":
        (tongji / "project.toml").write_text(PROJECT + '\n[estates]\nfile = "边界.gpkg"\n', "utf-8")
    frame, said = read(tongji)
    assert frame["outline_basis"]["A"] == ""
    (odd,) = [one for why, one in said.items() if "lie on the outline of another, around the coordinates" in why]
    assert [one.value for one in odd.cells] == ["原林小区 (A) → 原林小区 way/1385162447"]
