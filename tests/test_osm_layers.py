"""From an OSM extract, or a planner's list, to buildings, doors, gates, estates, facilities and a base map."""

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from gis.errors import InputError, ProblemLog
from gis.tables import Buildings, Estates, Gates
from layers.basemap_osm import basemap_of_osm
from layers.buildings import buildings_in_estates, buildings_of_osm, read_buildings
from layers.doors import doors_of_osm, read_doors
from layers.estates_osm import estates_of_osm
from layers.facilities_osm import facilities_of_osm
from layers.gates import gates_of_osm, read_gates
from layers.osm import read_osm
from layers.placing.places import Town
from layers.reading.files import Source
from layers.streets import streets_of_osm

CRS = "EPSG:4549"
X, Y = 550_000.0, 3_460_000.0
"""South-west corner of the hand-drawn town; the file holds degrees, so places come back within a centimetre."""


def lon_lat(points):
    frame = gpd.GeoSeries([shapely.Point(X + x, Y + y) for x, y in points], crs=CRS).to_crs(4326)
    return list(zip(frame.x, frame.y, strict=True))


def marks(tags):
    return "".join(f'<tag k="{key.replace("__", ":")}" v="{value}"/>' for key, value in tags.items())


class Sketch:
    """An OSM file drawn in metres."""

    def __init__(self):
        self.nodes, self.ways, self.number = [], [], 0

    def node(self, x, y, **tags):
        self.number += 1
        self.nodes.append((self.number, x, y, tags))
        return self.number

    def way(self, number, refs, **tags):
        self.ways.append((number, refs, tags))

    def box(self, number, west, south, east, north, **tags):
        refs = [self.node(x, y) for x, y in ((west, south), (east, south), (east, north), (west, north))]
        self.way(number, [*refs, refs[0]], **tags)

    def read(self, folder):
        places = lon_lat([(x, y) for _, x, y, _ in self.nodes])
        rows = [f'<node id="{number}" lon="{lon:.7f}" lat="{lat:.7f}">{marks(tags)}</node>'
                for (number, _, _, tags), (lon, lat) in zip(self.nodes, places, strict=True)]
        rows += [f'<way id="{number}">' + "".join(f'<nd ref="{ref}"/>' for ref in refs) + marks(tags) + "</way>"
                 for number, refs, tags in self.ways]
        path = folder / "town.osm"
        lons, lats = zip(*places, strict=True)
        bounds = (f'<bounds minlon="{min(lons):.7f}" minlat="{min(lats):.7f}" maxlon="{max(lons):.7f}" '
                  f'maxlat="{max(lats):.7f}"/>')
        path.write_text('<osm version="0.6">' + bounds + "".join(rows) + "</osm>", encoding="utf-8")
        return read_osm(path)


@pytest.fixture
def town(tmp_path):
    """Two estates that share a wall at x = 100, one block inside the first, a house with doors, gates and a canal."""
    town = Sketch()
    town.box(1, 0, 0, 100, 100, landuse="residential", name="和平新村")
    town.box(2, 100, 0, 200, 100, landuse="residential")
    town.box(3, 10, 10, 40, 40, landuse="residential", name="和平新村一区")
    corner = [town.node(*place) for place in ((20, 20), (30, 20), (30, 35), (20, 35))]
    staircase = town.node(25, 20, entrance="staircase")
    garage = town.node(22, 20, entrance="garage")
    shut = town.node(28, 20, entrance="main", access="no")
    front = [corner[0], garage, staircase, shut]
    town.way(4, [*front, *corner[1:], corner[0]], building="apartments", building__levels="6")
    town.box(5, 120, 20, 140, 40, building="yes")
    town.box(6, 160, 20, 180, 40, building="school")
    town.node(170, 20, entrance="main")
    town.node(50, -4, barrier="gate")
    town.node(50, 94, barrier="gate", access="no")
    town.node(100, 50, barrier="gate", foot="yes", motor_vehicle="no")
    town.node(200, 50, entrance="yes")
    town.node(300, 300, barrier="gate")
    ends = [town.node(-50, -4), town.node(250, -4)]
    town.way(7, ends, highway="primary")
    town.way(8, [town.node(-50, 150), town.node(250, 150)], waterway="canal", name="运河")
    town.way(9, [town.node(-50, 160), town.node(250, 160)], railway="tram")
    town.box(10, 210, 0, 240, 40, amenity="parking", capacity="80")
    return town.read(tmp_path)


@pytest.fixture
def estates(town):
    return estates_of_osm(town, CRS, edge_margin_m=1, log=ProblemLog())


def test_residential_areas_are_estates_and_nested_ones_are_said(town):
    log = ProblemLog()
    estates = estates_of_osm(town, CRS, edge_margin_m=1, log=log)
    assert estates.frame["name"].to_dict() == {"way/1": "和平新村", "way/2": "住区 way/2", "way/3": "和平新村一区"}
    assert estates.frame.area.round(0).tolist() == [10_000, 10_000, 900]
    assert estates.frame["walled"].all()
    assert estates.frame["households"].isna().all()
    assert [problem.value for problem in log] == ["和平新村一区"]


def test_an_estate_near_the_rim_of_the_extract_is_marked(town):
    """The southern rim is 4 to 6 m from the two estates and 14 to 16 m from the block inside the first."""
    marked = {margin: estates_of_osm(town, CRS, edge_margin_m=margin, log=ProblemLog()).frame["edge_of_data"].tolist()
              for margin in (1, 12, 60)}
    assert marked == {1: [False, False, False], 12: [True, True, False], 60: [True, True, True]}


def test_buildings_stand_in_the_smallest_estate_that_holds_them(town, estates):
    buildings = buildings_in_estates(buildings_of_osm(town, CRS, log=ProblemLog()), estates, log=ProblemLog())
    assert buildings.frame["estate_id"].to_dict() == {"way/4": "way/3", "way/5": "way/2", "way/6": "way/2"}
    assert buildings.frame["use"].to_dict() == {"way/4": "residential", "way/5": "", "way/6": "other"}
    assert buildings.frame.loc["way/4", "levels"] == 6
    assert buildings.frame.area.round(0).tolist() == [150, 400, 400]


def test_a_building_keeps_the_estate_its_row_names_unless_nobody_knows_it(estates):
    frame = gpd.GeoDataFrame({"estate_id": ["way/2", "gone", ""]}, index=["a", "b", "c"], crs=CRS,
                             geometry=[shapely.box(X + x, Y + 50, X + x + 5, Y + 55) for x in (60, 60, 500)])
    log = ProblemLog()
    buildings = buildings_in_estates(Buildings.of(frame), estates, log=log)
    assert buildings.frame["estate_id"].to_dict() == {"a": "way/2", "b": "way/1", "c": ""}
    assert [problem.value for problem in log] == ["gone"]


def test_doors_are_the_open_entrances_on_the_outlines_of_homes(town, estates):
    buildings = buildings_in_estates(buildings_of_osm(town, CRS, log=ProblemLog()), estates, log=ProblemLog())
    doors = doors_of_osm(town, buildings)
    assert doors.frame[["building_id", "estate_id"]].to_numpy().tolist() == [["way/4", "way/3"]]
    assert doors.frame.geometry.iloc[0].distance(shapely.Point(X + 25, Y + 20)) < 0.02


def test_gates_on_an_outline_belong_to_the_estate_and_on_a_shared_wall_to_both(town, estates):
    gates = gates_of_osm(town, estates).frame
    found = {(row.estate_id, row.foot, row.vehicle, row.closed) for row in gates.itertuples()}
    assert found == {("way/1", True, True, False), ("way/1", True, False, False), ("way/2", True, False, False),
                     ("", True, True, False), ("", False, False, True)}
    shared = [name for name in gates.index if "@" in name]
    assert len(gates) == 6
    assert shared == [f"{shared[0].split('@')[0]}@way/2"]


def test_facilities_keep_their_size_and_never_claim_to_be_complete(town):
    parks = facilities_of_osm(town, "car_parks", CRS)
    assert (parks.kind, parks.complete) == ("car_parks", False)
    row = parks.frame.loc["way/10"]
    assert (row["capacity"], row["origin"], row["status"]) == (80, "osm", "existing")
    assert row["area_m2"] == pytest.approx(30 * 40, abs=1)
    assert shapely.box(X + 210, Y, X + 240, Y + 40).contains(row.geometry)
    assert len(facilities_of_osm(town, "nurseries", CRS)) == 0
    with pytest.raises(InputError, match="car_parks"):
        facilities_of_osm(town, "casinos", CRS)


def test_the_base_map_has_streets_rails_water_and_buildings(town):
    base = basemap_of_osm(town, CRS)
    assert base.streets["kind"].tolist() == ["major", "rail"]
    assert base.water["name"].tolist() == ["运河"]
    assert base.water.area.iloc[0] == pytest.approx(300 * 10, rel=0.05)
    assert len(base.buildings) == 3
    assert base.green.empty
    assert base.attribution == ("© OpenStreetMap contributors",)


def test_a_closed_gate_cuts_the_street_in_the_table_of_streets_too(tmp_path):
    town = Sketch()
    refs = [town.node(0, 0), town.node(10, 0, barrier="gate", access="no"), town.node(20, 0)]
    town.way(1, refs, highway="service")
    frame = streets_of_osm(town.read(tmp_path), CRS).frame
    assert len({*frame["u"], *frame["v"]}) == 4
    assert frame.length.sum() == pytest.approx(20, abs=0.05)


def outlines():
    return Estates.of(gpd.GeoDataFrame({"name": ["甲", "乙"]}, index=["A1", "B2"], crs=CRS, geometry=[
        shapely.box(X, Y, X + 100, Y + 100), shapely.box(X + 200, Y, X + 300, Y + 100)]))


def test_planners_buildings_are_read_by_their_chinese_columns(tmp_path):
    path = tmp_path / "楼栋.gpkg"
    bow_tie = shapely.Polygon([(X, Y), (X + 10, Y + 10), (X + 10, Y), (X, Y + 10)])
    gpd.GeoDataFrame(
        {"楼栋编号": ["1号", "1号", None], "小区编号": ["A1", "A1", None], "层数": ["6", "x", "18"],
         "高度": [18.0, 9.0, None], "户数": [36, 12, None], "用途": ["住宅", "住宅", "商业"],
         "业主姓名": ["张三", "李四", "王五"]},
        geometry=[shapely.box(X, Y, X + 10, Y + 10), shapely.box(X, Y, X + 1, Y + 1), bow_tie], crs=CRS).to_file(path)
    log = ProblemLog()
    frame = read_buildings(Source(path), town=Town(CRS), log=log).frame
    assert list(frame.index) == ["1号", "building-3"]
    assert frame.loc["1号", ["estate_id", "use", "levels", "height_m", "households"]].tolist() == [
        "A1", "residential", 6, 18, 36]
    assert frame.loc["building-3", "use"] == "other"
    assert frame.loc["building-3"].geometry.area == pytest.approx(50)
    assert {(problem.row, problem.value) for problem in log.errors} == {(2, "x"), (2, "1号")}
    assert "张三" not in "".join(map(str, log))


def test_planners_doors_find_their_building_by_name_or_by_place(tmp_path):
    buildings = Buildings.of(gpd.GeoDataFrame(
        {"estate_id": ["A1", "A1"], "use": "residential"}, index=["1", "2"], crs=CRS,
        geometry=[shapely.box(X, Y, X + 10, Y + 10), shapely.box(X + 50, Y, X + 60, Y + 10)]))
    path = tmp_path / "单元门.csv"
    near, far = lon_lat([(55, -1), (500, 500)])
    rows = pd.DataFrame({"单元门编号": ["d1", "d2", "d3", "d4"], "楼栋编号": ["1", "", "", ""],
                         "经度": [near[0], near[0], far[0], ""], "纬度": [near[1], near[1], far[1], ""]})
    rows.to_csv(path, index=False)
    log = ProblemLog()
    doors = read_doors(Source(path), buildings, town=Town(CRS), log=log).frame
    assert doors["building_id"].to_dict() == {"d1": "1", "d2": "2", "d3": ""}
    assert doors["estate_id"].to_dict() == {"d1": "A1", "d2": "A1", "d3": ""}
    assert [problem.row for problem in log.errors] == [5]


def test_planners_gates_find_their_estate_by_name_or_by_place(tmp_path):
    path = tmp_path / "出入口.gpkg"
    gpd.GeoDataFrame(
        {"出入口编号": list("abcd"), "小区编号": ["A1", None, "gone", None], "步行": ["是", "否", None, "是"],
         "车行": ["否", "是", None, "是"], "关闭": ["否", "否", "是", None],
         "开放时间": ["全天", None, None, "6:00-22:00"]},
        geometry=[shapely.Point(X + x, Y + y) for x, y in ((500, 0), (210, -20), (100, 50), (150, 50))], crs=CRS,
    ).to_file(path)
    log = ProblemLog()
    gates = read_gates(Source(path), outlines(), town=Town(CRS), log=log)
    assert gates.frame["estate_id"].to_dict() == {"a": "A1", "b": "B2", "c": "A1", "d": ""}
    assert gates.frame[["foot", "vehicle", "closed"]].to_numpy().tolist() == [
        [True, False, False], [False, True, False], [True, True, True], [True, True, False]]
    assert list(gates.open_to("foot").index) == ["a", "d"]
    assert [(problem.severity, problem.row) for problem in log] == [("warning", 4)]


def test_no_gates_at_all_is_an_empty_table(tmp_path):
    town = Sketch()
    town.way(1, [town.node(0, 0), town.node(10, 0)], highway="service")
    assert isinstance(gates_of_osm(town.read(tmp_path), outlines()), Gates)
    assert len(gates_of_osm(town.read(tmp_path), outlines())) == 0
