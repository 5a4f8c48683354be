"""On foot, on a crew's e-bike, in a fire engine, by car: who may go where, in which direction, through which gate."""

import geopandas as gpd
import pytest
import shapely

from gis.errors import InputError, ProblemLog
from gis.modes import MODES
from gis.network import StreetNetwork
from gis.tables import Estates, Gates, Streets
from layers.osm import read_osm
from layers.osmnx_bridge import write_graphml
from layers.placing.places import Town
from layers.reading.files import Source
from layers.streets import read_streets
from tests.test_network import CRS, SETTINGS, distance, estates, gates, points, streets
from tests.test_osm_files import node, way, write


@pytest.mark.parametrize(("tags", "who"), [
    ({"highway": "residential"}, "foot ebike fire_engine car"),
    ({"highway": "service", "access": "private"}, "ebike fire_engine"),
    ({"highway": "service", "access": "no", "emergency": "no"}, ""),
    ({"highway": "steps"}, "foot"),
    ({"highway": "footway"}, "foot ebike"),
    ({"highway": "footway", "emergency": "yes"}, "foot ebike fire_engine"),
    ({"highway": "pedestrian"}, "foot ebike fire_engine"),
    ({"highway": "pedestrian", "motor_vehicle": "yes"}, "foot ebike fire_engine car"),
    ({"highway": "motorway"}, "fire_engine car"),
    ({"highway": "motorway", "access": "yes"}, "fire_engine car"),
    ({"highway": "steps", "access": "yes"}, "foot"),
    ({"highway": "footway", "access": "permissive"}, "foot ebike"),
    ({"highway": "residential", "vehicle": "no"}, "foot ebike fire_engine"),
    ({"highway": "residential", "access": "no", "motorcar": "yes"}, "ebike fire_engine car"),
])
def test_tags_say_who_may_use_a_street(tmp_path, tags, who):
    row = read_osm(write(tmp_path, node(1, 0, 0), node(2, 1, 0), way(10, [1, 2], **tags))).streets.iloc[0]
    assert [mode for mode in MODES if row[mode]] == who.split()


@pytest.mark.parametrize(("tags", "oneway"), [
    ({}, 0), ({"oneway": "yes"}, 1), ({"oneway": "1"}, 1), ({"oneway": "-1"}, -1), ({"oneway": "reverse"}, -1),
    ({"oneway": "no"}, 0), ({"junction": "roundabout"}, 1), ({"junction": "roundabout", "oneway": "-1"}, -1),
    ({"oneway": "reversible"}, 0)])
def test_tags_say_in_which_direction_cars_go(tmp_path, tags, oneway):
    path = write(tmp_path, node(1, 0, 0), node(2, 1, 0), way(10, [1, 2], highway="residential", **tags))
    assert read_osm(path).streets["oneway"].tolist() == [oneway]


def test_a_motorway_goes_one_way_unless_it_says_otherwise(tmp_path):
    path = write(tmp_path, node(1, 0, 0), node(2, 1, 0), node(3, 1, 1), way(10, [1, 2], highway="motorway"),
                 way(11, [2, 3], highway="motorway", oneway="no"))
    assert read_osm(path).streets["oneway"].tolist() == [1, 0]


def test_a_file_of_lines_says_direction_and_use_in_its_columns(tmp_path):
    """Geofabrik writes F along the line, T against it, B both ways."""
    lines = [shapely.LineString([(500_000 + 100 * k, 3_400_000), (500_100 + 100 * k, 3_400_000)]) for k in range(5)]
    frame = gpd.GeoDataFrame({
        "fclass": ["residential", "residential", "footway", "residential", "steps"],
        "oneway": ["F", "T", "B", "", None], "car": ["", "no", "yes", None, ""]}, geometry=lines, crs=CRS)
    frame.to_file(tmp_path / "道路.gpkg")
    read = read_streets(Source(tmp_path / "道路.gpkg"), town=Town(CRS), log=ProblemLog()).frame
    assert read["oneway"].tolist() == [1, -1, 0, 0, 0]
    assert read["car"].tolist() == [True, False, True, True, False]
    assert read["ebike"].tolist() == [True, True, True, True, False]


def test_whole_numbers_beside_a_blank_are_directions_all_the_same(tmp_path):
    lines = [shapely.LineString([(500_000, 3_400_000 + k), (500_100, 3_400_000 + k)]) for k in (0, 50, 100)]
    gpd.GeoDataFrame({"oneway": [1, -1, None]}, geometry=lines, crs=CRS).to_file(tmp_path / "道路.gpkg")
    read = read_streets(Source(tmp_path / "道路.gpkg"), town=Town(CRS), log=ProblemLog()).frame
    assert read["oneway"].tolist() == [1, -1, 0]


def test_where_no_street_is_open_to_a_mode_nobody_gets_anywhere():
    network, door = net(block(0, car=False), "car"), points("door_id", [("d", 50, 0, "")])
    shop = points("facility_id", [("f", 30, 0, "")])
    assert network.access(door).to_dict() == {"d": "no_street"}
    assert (len(network.pairs(door, shop, cutoff_m=99)), len(network.nearest(door, shop, cutoff_m=99))) == (0, 0)
    assert network.service_area(shop, radius_m=99).is_empty
    assert not network.apart(door).any()


def test_the_area_of_a_car_is_from_where_it_gets_there():
    """A street one way east, 600 m to the shop: the area lies west of it."""
    frame = streets([[(0, 0), (1000, 0)]]).frame.assign(oneway=1)
    shop = points("facility_id", [("f", 600, 0, "")])
    area = net(Streets.of(frame), "car").service_area(shop, radius_m=300)
    assert area.bounds == pytest.approx((290, -10, 610, 10))


def test_a_gate_taken_away_lets_no_crew_through():
    frame = gates(("s", 50, 10, "E")).frame.assign(emergency=True, closed=True)
    network = net(block(0), "fire_engine", estates(E=(10, 10, 90, 90)), Gates.of(frame))
    door = points("door_id", [("d", 50, 50, "E")])
    assert network.access(door).to_dict() == {"d": "gate"}
    assert network.without_gate("s").access(door).to_dict() == {"d": "no_gate"}


def test_the_streets_may_be_an_osm_file_of_their_own(tmp_path):
    path = write(tmp_path, node(1, 0, 0), node(2, 1, 0), node(3, 2, 0), way(10, [1, 2, 3], highway="residential"),
                 way(11, [2, 3], highway="steps"))
    log = ProblemLog()
    read = read_streets(Source(path), town=Town(CRS), log=log)
    assert read.frame["street_class"].tolist() == ["residential", "residential", "steps"]
    assert read.extent is not None
    assert read_streets(Source(path), town=Town(CRS), log=log, complete_around=True).extent is None
    assert [(one.file, one.part, one.rows_in, one.rows_used) for one in log.readings] == [
        ("town.osm", "streets", 3, 3)] * 2
    with pytest.raises(InputError, match=r"town.osm: the file holds no lines"):
        read_streets(Source(write(tmp_path, node(1, 0, 0, amenity="parking"))), town=Town(CRS), log=log)


def block(oneway, **more):
    """A square of four streets of 100 m, numbered round from the south-west corner; ``oneway`` of each."""
    corners = [(0, 0), (100, 0), (100, 100), (0, 100)]
    frame = streets([[corners[k], corners[(k + 1) % 4]] for k in range(4)]).frame
    return Streets.of(frame.assign(oneway=oneway, **more))


def net(roads, mode, town=None, known=None):
    return StreetNetwork.build(roads, town or Estates.empty(CRS), known or Gates.empty(CRS), SETTINGS, mode=mode)


def test_cars_go_round_the_block_and_nobody_else_does():
    """From the middle of the southern street 20 m back west: a car drives on, round three corners, 380 m."""
    roads = block([1, 1, 1, 1])
    here, back = points("door_id", [("d", 50, 0, "")]), points("facility_id", [("f", 30, 0, "")])
    assert distance(net(roads, "car"), here, back) == {("d", "f"): 380.0}
    assert {mode: distance(net(roads, mode), here, back)["d", "f"] for mode in ("foot", "ebike", "fire_engine")} == (
        dict.fromkeys(("foot", "ebike", "fire_engine"), 20.0))
    assert distance(net(block([-1] * 4), "car"), here, back) == {("d", "f"): 20.0}
    nearest = net(roads, "car").nearest(here, back, cutoff_m=1000)
    assert nearest["distance_m"].to_dict() == {"d": 380.0}
    assert net(roads, "car").nearest(here, back, cutoff_m=379.9).empty


def test_a_one_way_street_that_ends_at_a_wall_keeps_its_direction():
    """The street runs east through E's ground, which cuts it; what is left of it on either side runs east still."""
    line = streets([[(0, 0), (1000, 0)], [(0, 0), (0, 500), (1000, 500)], [(1000, 500), (1000, 0)]])
    town = estates(E=(400, -50, 600, 50))
    for along, first, second in ((1, 100.0, 1900.0), (-1, 1900.0, 100.0)):
        roads = Streets.of(line.frame.assign(oneway=[along, 0, 0]))
        car = net(roads, "car", town, gates(("g", 400, 0, "E")))
        west, east = points("door_id", [("w", 200, 0, "")]), points("facility_id", [("e", 300, 0, "")])
        found = distance(car, west, east)
        assert found == ({("w", "e"): first} if along == 1 else {})
        found = distance(car, points("door_id", [("d", 800, 0, "")]), points("facility_id", [("f", 700, 0, "")]))
        assert found == ({} if along == 1 else {("d", "f"): second})


@pytest.mark.parametrize(("mode", "way_out"), [("foot", "n"), ("ebike", "s"), ("fire_engine", "s"), ("car", "w")])
def test_each_passes_the_gates_that_let_it_pass(mode, way_out):
    """North is for people, west for vehicles, south for crews on call; 50 m × 1.3 to each and 10 m on."""
    frame = gates(("n", 50, 90, "E"), ("s", 50, 10, "E"), ("w", 10, 50, "E")).frame
    frame["foot"] = [True, False, False]
    frame["vehicle"] = [False, True, True]
    frame["emergency"] = [False, True, False]
    frame["closed"] = [False, True, False]
    network = net(block(0), mode, estates(E=(10, 10, 90, 90)), Gates.of(frame))
    door = points("door_id", [("d", 50, 50, "E")])
    places = points("facility_id", [("n", 50, 100, ""), ("s", 50, 0, ""), ("w", 0, 50, "")])
    found = distance(network, door, places)
    assert found["d", way_out] == 40 * 1.3 + 10
    assert (mode == "ebike") == (found["d", "n"] == found["d", "s"] == found["d", "w"])
    shut = {"foot": "s", "car": "n", "fire_engine": "n"}
    assert mode not in shut or found["d", shut[mode]] > 62.0


def test_graphml_keeps_directions_and_uses(tmp_path):
    frame = block([1, -1, 0, 0], car=[True, True, False, True]).frame
    roads = Streets.of(frame.set_geometry(frame.translate(500_000, 3_400_000)))
    write_graphml(roads, tmp_path / "a.graphml")
    again = read_streets(Source(tmp_path / "a.graphml"), town=Town(CRS), log=ProblemLog()).frame
    assert again.loc[roads.ids, ["oneway", *MODES]].equals(roads.frame[["oneway", *MODES]])
