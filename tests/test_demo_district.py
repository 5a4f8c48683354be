"""The generated demonstration district: a town that holds together, the same for the same seed."""

import tomllib

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import pytest
import shapely

from estategap.demo.district import write_district

SEED = 20261031
FILES = {
    "project.toml", "说明.txt", "小区边界.gpkg", "小区名册.xlsx", "道路.gpkg", "楼栋.gpkg", "单元门.gpkg",
    "出入口.gpkg", "水系.gpkg", "绿地.gpkg", "停车场.xlsx", "电动自行车充电点.xlsx", "养老服务设施.xlsx",
    "托育机构.xlsx", "幼儿园.xlsx", "微型消防站.xlsx", "消防站.xlsx", "12345工单.csv", "电梯.xlsx", "责任分工.xlsx",
    "任务进度.xlsx",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("district")
    write_district(path, SEED)
    return path


@pytest.fixture(scope="module")
def other_town(tmp_path_factory):
    path = tmp_path_factory.mktemp("other")
    write_district(path, 7)
    return path


def layer(folder, name):
    return gpd.read_file(folder / f"{name}.gpkg")


def sheet(folder, name):
    return pd.read_excel(folder / f"{name}.xlsx", sheet_name=name, engine="calamine")


def test_the_same_seed_gives_the_same_bytes_and_another_seed_another_town(folder, other_town, tmp_path):
    write_district(tmp_path, SEED)
    assert {path.name for path in folder.iterdir()} == FILES
    for name in FILES:
        assert (folder / name).read_bytes() == (tmp_path / name).read_bytes(), name
    assert (folder / "小区边界.gpkg").read_bytes() != (other_town / "小区边界.gpkg").read_bytes()


def test_every_file_the_project_names_is_there(folder):
    project = tomllib.loads((folder / "project.toml").read_text(encoding="utf-8"))
    assert project["project"]["synthetic"] is True
    assert project["project"]["seed"] == SEED
    named = [part["file"] for part in project.values() if isinstance(part, dict) and "file" in part]
    named += [part["file"] for part in project["facilities"]] + list(project["basemap"].values())
    assert len(named) == 19
    assert all((folder / name).is_file() for name in named)


def test_everything_says_that_it_is_synthetic(folder):
    assert "演示数据" in (folder / "project.toml").read_text(encoding="utf-8")
    assert "演示数据" in (folder / "说明.txt").read_text(encoding="utf-8")
    for path in folder.glob("*.xlsx"):
        assert pd.read_excel(path, engine="calamine")["备注"].str.startswith("演示数据").all(), path.name
    for path in folder.glob("*.gpkg"):
        assert "演示数据".encode() in path.read_bytes(), path.name


def test_there_are_about_forty_estates_in_five_or_six_communities_and_none_overlap(folder):
    estates = layer(folder, "小区边界")
    assert 36 <= len(estates) <= 44
    assert estates["小区编号"].is_unique
    assert estates["小区名称"].is_unique
    assert estates["所属居委"].nunique() in (5, 6)
    assert estates.is_valid.all()
    pairs = gpd.overlay(estates, estates, keep_geom_type=True)
    assert (pairs["小区编号_1"] == pairs["小区编号_2"]).all()


def test_the_place_is_as_large_as_a_street_office(folder):
    west, south, east, north = layer(folder, "小区边界").total_bounds
    assert 1400 < east - west < 2000
    assert 1600 < north - south < 2200
    left, bottom, right, top = layer(folder, "道路").total_bounds
    assert min(west - left, south - bottom, right - east, top - north) > 250


def test_gates_stand_on_the_wall_near_a_street_and_each_estate_can_be_left_on_foot(folder):
    estates = layer(folder, "小区边界").set_index("小区编号")
    gates, streets = layer(folder, "出入口"), layer(folder, "道路").union_all()
    walls = estates.geometry.boundary.loc[gates["小区编号"]]
    assert gates.distance(gpd.GeoSeries(walls.values, index=gates.index, crs=gates.crs)).max() <= 0.5
    assert gates.distance(streets).max() <= 25.0
    open_on_foot = gates[(gates["步行"] == "是") & (gates["关闭"] == "否")]
    assert set(open_on_foot["小区编号"]) == set(estates.index)
    assert gates["小区编号"].value_counts().between(1, 4).all()
    assert {"是", "否"} == set(gates["关闭"]) == set(gates["步行"]) == set(gates["车行"])


def test_buildings_stand_inside_their_estates_clear_of_each_other(folder):
    estates = layer(folder, "小区边界").set_index("小区编号")
    buildings = layer(folder, "楼栋")
    assert buildings.is_valid.all()
    assert buildings["楼栋编号"].is_unique
    homes = buildings[buildings["用途"] == "住宅"]
    outlines = gpd.GeoSeries(estates.geometry.loc[homes["小区编号"]].values, index=homes.index, crs=homes.crs)
    assert homes.within(outlines).all()
    first, second = homes.sindex.query(homes.geometry, predicate="dwithin", distance=3.0)
    assert (first == second).all()
    one, two = buildings.sindex.query(buildings.geometry, predicate="intersects")
    shapes = buildings.geometry
    shared = [shapes[i].intersection(shapes[j]).area for i, j in zip(one, two, strict=True) if i < j]
    assert max(shared, default=0.0) < 0.5
    streets, water = layer(folder, "道路"), layer(folder, "水系")
    assert not buildings.intersects(streets.union_all()).any()
    assert not buildings.intersects(water.union_all()).any()


def test_doors_are_on_the_walls_of_their_buildings_facing_north(folder):
    buildings = layer(folder, "楼栋").set_index("楼栋编号")
    doors = layer(folder, "单元门")
    assert set(doors["楼栋编号"]) == set(buildings.index[buildings["用途"] == "住宅"])
    home = gpd.GeoSeries(buildings.geometry.loc[doors["楼栋编号"]].values, index=doors.index, crs=doors.crs)
    assert doors.distance(home.boundary).max() < 0.03
    assert doors.translate(0, -1).within(home).all()
    assert not doors.translate(0, 1).intersects(home).any()


def test_the_streets_are_one_network_whose_pieces_meet_at_their_ends(folder):
    streets = layer(folder, "道路")
    graph = nx.Graph()
    graph.add_edges_from((line.coords[0], line.coords[-1]) for line in streets.geometry)
    assert nx.number_connected_components(graph) == 1
    one, two = streets.sindex.query(streets.geometry, predicate="intersects")
    lines = streets.geometry
    for i, j in zip(one, two, strict=True):
        if i < j:
            shared = {lines[i].coords[0], lines[i].coords[-1]} & {lines[j].coords[0], lines[j].coords[-1]}
            meeting = shapely.get_parts(lines[i].intersection(lines[j]))
            assert {point.coords[0] for point in meeting} <= shared
    assert set(streets["类别"]) == {"主干路", "次干路", "支路", "街巷"}


def test_only_bridges_cross_the_water_and_a_bridge_crosses_nothing_else(folder):
    streets, water = layer(folder, "道路"), layer(folder, "水系").union_all()
    over = streets.intersects(water)
    assert (over == (streets["桥梁"] == "是")).all()
    assert over.sum() >= 5
    ends = shapely.get_point(streets.geometry[over].values, 0), shapely.get_point(streets.geometry[over].values, -1)
    assert min(shapely.distance(np.concatenate(ends), water)) > 1.0


def test_households_of_the_roster_are_those_of_the_buildings(folder):
    roster = sheet(folder, "小区名册").set_index("小区编号")
    built = layer(folder, "楼栋").dropna(subset=["小区编号"]).groupby("小区编号")["户数"].sum()
    located = layer(folder, "小区边界")["小区编号"]
    assert set(built.index) == set(located)
    assert (roster.loc[located, "户数"] == built[located]).all()
    assert set(roster.index) - set(located) == {"QHW900", "QHW901", "QHW902", "QHW903"}
    assert (roster["60岁以上"] + roster["3岁以下"] < roster["常住人口"]).all()


def test_only_estates_without_an_outline_have_coordinates_and_lie_in_no_outline(folder):
    roster, outlines = sheet(folder, "小区名册").set_index("小区编号"), layer(folder, "小区边界")
    points = roster.dropna(subset=["经度", "纬度"])
    assert list(points.index) == ["QHW901", "QHW902", "QHW903"]
    places = gpd.GeoSeries(gpd.points_from_xy(points["经度"], points["纬度"]), crs="EPSG:4490").to_crs(outlines.crs)
    assert places.distance(outlines.union_all()).min() > 10


def test_a_house_from_eight_storeys_has_a_lift_for_each_of_its_doors(folder):
    lifts, buildings, doors = sheet(folder, "电梯"), layer(folder, "楼栋"), layer(folder, "单元门")
    high = buildings[buildings["小区编号"].notna() & (buildings["层数"] >= 8)]
    wanted = doors[doors["楼栋编号"].isin(high["楼栋编号"])].groupby("小区编号").size()
    assert lifts.groupby("小区编号").size().to_dict() == wanted.to_dict()
    assert lifts["电梯编号"].is_unique
    built = sheet(folder, "小区名册").set_index("小区编号")["建成年份"]
    assert (lifts["投用年份"].to_numpy() == built[lifts["小区编号"]].to_numpy()).all()
    assert 0 < lifts["安全评估日期"].notna().sum() < len(lifts)


def test_unknown_cells_are_empty_and_few(folder):
    roster = sheet(folder, "小区名册").set_index("小区编号")
    cars_unknown = roster["居民车辆"].isna() & roster["夜间停车数"].isna()
    assert 2 <= cars_unknown.sum() <= 3
    assert 2 <= roster["充电端口数"].isna().sum() <= 3
    assert roster["居民车辆"].isna().sum() > cars_unknown.sum()
    assert roster.drop(columns=["居民车辆", "夜间停车数", "充电端口数", "经度", "纬度"]).notna().all().all()


def test_old_estates_lack_spaces_and_ports_and_are_older(folder):
    roster = sheet(folder, "小区名册")
    old, new = roster[roster["建成年份"] < 1990], roster[roster["建成年份"] > 2011]
    assert (old["停车位"].sum() / old["户数"].sum()) < 0.3 < (new["停车位"].sum() / new["户数"].sum())
    assert (old["60岁以上"].sum() / old["常住人口"].sum()) > 1.5 * (new["60岁以上"].sum() / new["常住人口"].sum())
    assert old["占用消防通道车位"].sum() > 0


def test_listed_ports_of_an_estate_are_those_of_its_roster_row(folder):
    points = sheet(folder, "电动自行车充电点")
    roster = sheet(folder, "小区名册").set_index("小区编号")["充电端口数"].dropna().drop("QHW900")
    listed = points.dropna(subset=["小区编号", "端口数"]).groupby("小区编号")["端口数"].sum()
    assert listed.equals(roster[roster > 0].astype(listed.dtype).rename_axis("小区编号").rename("端口数").sort_index())


@pytest.mark.parametrize(("name", "capacity", "least"), [
    ("停车场", "泊位数", 15), ("电动自行车充电点", "端口数", 30), ("养老服务设施", "床位数", 8),
    ("托育机构", "托位数", 5), ("幼儿园", "学位数", 6), ("微型消防站", "出动时间（秒）", 12),
    ("消防站", "出动时间（秒）", 2)])
def test_facility_lists_are_complete_and_beside_a_street_or_in_their_estate(folder, name, capacity, least):
    table = sheet(folder, name)
    assert len(table) >= least
    assert table["编号"].is_unique
    unknown = table[capacity].isna()
    assert (table[capacity][~unknown] > 0).all()
    assert unknown.sum() == (3 if name == "电动自行车充电点" else 0)
    points = gpd.GeoSeries(gpd.points_from_xy(table["经度"], table["纬度"]), crs="EPSG:4490").to_crs("EPSG:4549")
    estates = layer(folder, "小区边界").set_index("小区编号")
    inside = table["小区编号"].notna()
    outlines = gpd.GeoSeries(estates.geometry.loc[table["小区编号"][inside]].values, index=points[inside].index,
                             crs=points.crs)
    assert points[inside].within(outlines).all()
    assert points[~inside].distance(layer(folder, "道路").union_all()).max() < 30.0
    assert not points.intersects(layer(folder, "楼栋").union_all().buffer(-0.1)).any()


def test_work_orders_name_known_estates_and_no_person(folder):
    raw = (folder / "12345工单.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    orders = pd.read_csv(folder / "12345工单.csv", encoding="utf-8-sig", dtype=str)
    assert len(orders) == 400
    assert orders["工单编号"].is_unique
    assert set(orders["小区名称"]) <= set(sheet(folder, "小区名册")["小区名称"])
    assert orders["联系人"].str.fullmatch(r"联系人\d\d").all()
    assert (orders["联系电话"] == "000-0000").all()
    assert orders["受理日期"].max() <= "2026-10-31"


def test_another_seed_holds_together_too(other_town):
    assert 36 <= len(layer(other_town, "小区边界")) <= 44
    test_gates_stand_on_the_wall_near_a_street_and_each_estate_can_be_left_on_foot(other_town)
    test_buildings_stand_inside_their_estates_clear_of_each_other(other_town)
    test_only_estates_without_an_outline_have_coordinates_and_lie_in_no_outline(other_town)
    test_a_house_from_eight_storeys_has_a_lift_for_each_of_its_doors(other_town)
    test_the_streets_are_one_network_whose_pieces_meet_at_their_ends(other_town)
    test_only_bridges_cross_the_water_and_a_bridge_crosses_nothing_else(other_town)
