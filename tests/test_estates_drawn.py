"""Estates drawn by hand, with the walks between them worked out on paper, and what gates added or closed change."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely

from gis.crs import metric_crs_of
from gis.network import StreetNetwork
from gis.tables import Estates, Gates, Streets
from layers.osm import read_osm
from tests.test_network import SETTINGS, distance, estates, gates, network, points, streets
from tests.test_osm_files import node, way, write

AROUND = [[(0, 0), (1000, 0)], [(1000, 0), (1000, 300)], [(0, 300), (580, 300)], [(580, 300), (1000, 300)],
          [(0, 0), (0, 300)]]
"""A block of streets, 1,000 m × 300 m; inside it E lies 10 m from the southern street and 90 m from the northern."""
E = {"E": (400, 10, 600, 210)}
DOOR = points("door_id", [("d", 500, 110, "E")])
SHOP = points("facility_id", [("f", 500, 300, "")])
TO_GATE, STEP = 1.3 * 100, 10


def test_the_only_gate_lies_on_the_far_side_of_where_people_want_to_go():
    """130 m to the southern gate, 10 m on, 500 m to a corner, 300 m up, 500 m back; 190 m as the crow flies."""
    assert distance(network(AROUND, estates(**E), gates(("s", 500, 10, "E"))), DOOR, SHOP) == {
        ("d", "f"): TO_GATE + STEP + 500 + 300 + 500}


def test_of_two_gates_the_way_takes_the_one_that_is_shorter_in_all_not_the_nearer_one():
    """The gate in the north is the farther one: 1.3 × √(80² + 100²) m there, 90 m on, 80 m along."""
    net = network([*AROUND, [(580, 210), (580, 300)]], estates(**E), gates(("s", 500, 10, "E"), ("n", 580, 210, "E")))
    assert distance(net, DOOR, SHOP)["d", "f"] == pytest.approx(1.3 * np.hypot(80, 100) + 90 + 80, abs=0.001)


@pytest.mark.parametrize("shut", ["closed", "vehicles only"])
def test_a_closed_gate_and_one_for_vehicles_let_nobody_out_on_foot(shut):
    frame = gates(("s", 500, 10, "E"), ("n", 500, 210, "E")).frame
    frame.loc["n", "closed" if shut == "closed" else "foot"] = shut == "closed"
    net = StreetNetwork.build(streets(AROUND), estates(**E), Gates.of(frame), SETTINGS)
    assert distance(net, DOOR, SHOP) == {("d", "f"): TO_GATE + STEP + 500 + 300 + 500}
    alone = Gates.of(frame.drop("s"))
    if shut == "closed":
        only = StreetNetwork.build(streets(AROUND), estates(**E), alone, SETTINGS)
        assert only.access(DOOR).to_dict() == {"d": "no_gate"}


def test_an_emergency_gate_of_osm_is_closed_to_people_on_an_ordinary_day(tmp_path):
    path = write(tmp_path, node(1, 0, 0), node(2, 1, 0, barrier="gate", access="emergency", emergency="yes"),
                 node(3, 2, 0), way(9, [1, 3], highway="residential"))
    assert read_osm(path).gates[["closed", "foot", "vehicle"]].to_numpy().tolist() == [[True, False, False]]


def test_an_estate_within_an_estate_passes_both_walls_through_the_outer_gate():
    """I's people walk straight to E's gate: 1.3 × 100 m; a stranger to E's ground walks there too, the other way."""
    town = estates(**E, I=(450, 90, 550, 130))
    net = network(AROUND, town, gates(("s", 500, 10, "E")))
    inner = points("door_id", [("i", 500, 110, "I"), ("e", 500, 110, "E")])
    south = points("facility_id", [("f", 500, 0, "")])
    assert distance(net, inner, south) == {("i", "f"): 140.0, ("e", "f"): 140.0}


def test_a_building_outside_its_outline_steps_straight_to_the_street():
    """The door is E's by its list, and stands 40 m west of the wall: 30 m to the street, not through a gate."""
    town = network(AROUND, estates(**E), gates(("n", 500, 210, "E")))
    outside = points("door_id", [("o", 360, 30, "E"), ("i", 500, 110, "E")])
    south = points("facility_id", [("f", 500, 0, "")])
    assert distance(town, outside, south) == {("o", "f"): 30 + 140}
    assert town.access(outside)["o"] == "street"


def test_an_estate_on_the_border_of_two_zones_is_measured_as_on_the_ground():
    """121.5° E parts the zones 40 and 41 of 3 degrees: 1.5° off its meridian the plane stretches by 0.03 %."""
    geod = pyproj.Geod(ellps="WGS84")
    lon, lat = 121.5, 31.23

    def at(east_m, north_m):
        bearing, far = np.degrees(np.arctan2(east_m, north_m)), np.hypot(east_m, north_m)
        return shapely.Point(geod.fwd(lon, lat, bearing, far)[:2])

    corners = [at(x, y) for x, y in ((-200, 10), (200, 10), (200, 210), (-200, 210))]
    outline = gpd.GeoSeries([shapely.Polygon(corners)], index=["E"], crs="EPSG:4326")
    crs = metric_crs_of(outline)
    frame = gpd.GeoDataFrame(geometry=outline.to_crs(crs))
    road = gpd.GeoSeries([shapely.LineString([at(-600, 0), at(0, 0), at(600, 0)])], index=["s"], crs="EPSG:4326")
    net = StreetNetwork.build(
        Streets.of(gpd.GeoDataFrame({"u": [0], "v": [1]}, geometry=road.to_crs(crs), index=["s"])), Estates.of(frame),
        Gates.of(gpd.GeoDataFrame({"estate_id": ["E"]}, index=["g"], geometry=gpd.GeoSeries(
            [at(-100, 10)], index=["g"], crs="EPSG:4326").to_crs(crs))), SETTINGS)

    def placed(name, key, point, estate):
        spot = gpd.GeoSeries([point], index=pd.Index([key], name=name), crs="EPSG:4326").to_crs(crs)
        return gpd.GeoDataFrame({"estate_id": [estate]}, index=spot.index, geometry=spot)

    walk = distance(net, placed("door_id", "d", at(-100, 110), "E"), placed("facility_id", "f", at(400, 0), ""))
    assert walk["d", "f"] == pytest.approx(1.3 * 100 + 10 + 500, rel=5e-4)


# What if there were another gate, or one less?


def test_a_gate_more_is_the_network_built_with_it_and_a_gate_less_the_one_without():
    town, known = estates(**E), gates(("s", 500, 10, "E"))
    both = gates(("s", 500, 10, "E"), ("n", 580, 210, "E"))
    lane = [*AROUND, [(580, 210), (580, 300)]]
    net = network(lane, town, known)
    before = distance(net, DOOR, SHOP)
    more = net.with_gate("n", "E", shapely.Point(580, 210))
    assert distance(more, DOOR, SHOP) == distance(network(lane, town, both), DOOR, SHOP) != before
    assert distance(more.without_gate("n"), DOOR, SHOP) == distance(net, DOOR, SHOP) == before
    assert net.without_gate("s").access(DOOR).to_dict() == {"d": "no_gate"}
    assert more.chains is net.chains


def test_a_gate_that_cannot_be_is_refused():
    net = network(AROUND, estates(**E), gates(("s", 500, 10, "E")))
    for gate, estate in (("s", "E"), ("x", "nowhere")):
        with pytest.raises(ValueError, match="an id of its own and a walled estate"):
            net.with_gate(gate, estate, shapely.Point(500, 210))
    with pytest.raises(ValueError, match="no such gate"):
        net.without_gate("x")
