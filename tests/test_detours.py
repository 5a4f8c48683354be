"""Steps and crossings count longer than they are, where the rules say so: worked out on paper."""

from dataclasses import replace

import pytest
import shapely

from analyses.standards import load_pack
from estategap.walking import WalkingRule
from gis.errors import InputError
from gis.network import StreetNetwork
from gis.tables import Estates, Gates
from layers.streets import streets_of_osm
from tests.test_network import CRS, SETTINGS, distance, estates, gates, points, streets
from tests.test_osm_layers import Sketch

SLOW = replace(SETTINGS, steps_factor=3, crossing_factor=2.5)
COURSE = [[(0, 0), (100, 0)], [(100, 0), (150, 0)], [(150, 0), (1000, 0)]]
"""100 m of street, 50 m of steps and a street again."""


def slow(lines=COURSE, classes=("residential", "steps", "residential"), mode="foot", **tables):
    tables = {"estates": Estates.empty(CRS), "gates": Gates.empty(CRS)} | tables
    return StreetNetwork.build(streets(lines, classes=list(classes)), *tables.values(), SLOW, mode=mode)


def test_a_metre_of_steps_counts_three():
    doors = points("door_id", [("west", 40, 10, ""), ("on", 120, 5, "")])
    shops = points("facility_id", [("east", 400, 0, ""), ("also on", 110, 0, "")])
    assert distance(slow(), doors, shops) == {
        ("west", "east"): 10 + 60 + 3 * 50 + 250, ("west", "also on"): 10 + 60 + 3 * 10,
        ("on", "east"): 5 + 3 * 30 + 250, ("on", "also on"): 5 + 3 * 10}
    assert slow().nearest(doors, shops, cutoff_m=99)["distance_m"].to_dict() == {"on": 35}


def test_crews_count_metres_of_crossings_as_they_are():
    net = slow(classes=["residential"] * 3)
    streets_of_crew = net.edges.assign(crossing=True)
    assert SLOW.stretch(streets_of_crew, "ebike").tolist() == [1, 1, 1]
    assert SLOW.stretch(streets_of_crew, "foot").tolist() == [2.5, 2.5, 2.5]


def test_a_service_area_ends_where_the_walk_does():
    """160 m from x=40: 60 to the steps, 100 of 150 of them: a third short of their end, 33⅓ m along."""
    area = slow().service_area(points("facility_id", [("f", 40, 0, "")]), radius_m=160)
    assert area.bounds[2] == pytest.approx(100 + 100 / 3 + SLOW.service_area_buffer_m, abs=0.01)


def test_steps_on_a_path_inside_an_estate_count_too():
    """Door and gate on a path of 80 m within the walls of which 20 m are steps."""
    town = estates(E=(400, 10, 600, 210))
    lines = [[(0, 0), (1000, 0)], [(500, 0), (500, 40)], [(500, 40), (500, 60)], [(500, 60), (500, 100)]]
    net = slow(lines, ("residential", "footway", "steps", "footway"), estates=town, gates=gates(("g", 500, 10, "E")))
    door, shop = points("door_id", [("d", 500, 90, "E")]), points("facility_id", [("f", 500, 0, "")])
    assert distance(net, door, shop) == {("d", "f"): 30 + 3 * 20 + 30 + 10}


def test_a_new_street_that_joins_steps_leaves_their_cost():
    net = slow()
    tried = net.with_street(shapely.LineString([(117, 0), (117, 300)]), link_within_m=1)
    door, shop = points("door_id", [("d", 40, 0, "")]), points("facility_id", [("f", 400, 0, "")])
    assert distance(tried, door, shop) == distance(net, door, shop) == {("d", "f"): 60 + 150 + 250}


def test_crossings_are_read_from_osm(tmp_path):
    town = Sketch()
    refs = [town.node(100 * k, 0) for k in range(5)]
    for way, tags in enumerate([{"footway": "crossing"}, {"footway": "sidewalk"}, {"cycleway": "crossing"}, {}], 1):
        town.way(way, refs[way - 1 : way + 1], highway="footway", **tags)
    frame = streets_of_osm(town.read(tmp_path), CRS).frame
    assert frame.set_index("osm_id")["crossing"].to_dict() == {1: True, 2: False, 3: True, 4: False}


@pytest.mark.parametrize("value", [0, 0.5, 101])
def test_no_way_counts_less_than_it_is_long(value):
    with pytest.raises(InputError, match="a way counts at least as long as it is"):
        replace(load_pack("cn-national").rule("walking", WalkingRule), steps_factor=value)
