"""Water, railways and motorways lie between a door and a street: worked out on paper, read from OSM as bytes."""

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from gis.network import StreetNetwork
from gis.tables import Estates, Gates, Streets
from layers.barriers import read_barriers
from layers.osm import read_osm
from layers.streets import streets_of_osm
from tests.test_network import CRS, SETTINGS, distance, estates, gates, points, streets
from tests.test_osm_files import node, square, way, write

RIVER = shapely.box(-100, 10, 1100, 30)
TWO_BANKS = [[(0, 0), (0, 60)], [(0, 60), (1000, 60)], [(0, 0), (1000, 0)]]
"""Streets on both banks of a river 20 m wide, joined by a bridge at the western end."""


def network(lines, *barriers, the_estates=None, the_gates=None):
    return StreetNetwork.build(
        streets(lines), the_estates or Estates.empty(CRS), the_gates or Gates.empty(CRS), SETTINGS,
        barriers=gpd.GeoSeries(list(barriers), crs=CRS) if barriers else None)


@pytest.mark.parametrize("barrier", [RIVER, shapely.LineString([(-50, 20), (1050, 20)])])
def test_a_door_takes_the_street_on_its_bank(barrier):
    """The door 32 m north of the southern street and 28 m south of the northern one: each bank has its own way."""
    shop = points("facility_id", [("f", 500, 60, "")])
    door = points("door_id", [("south", 500, 8, ""), ("north", 500, 35, "")])
    assert distance(network(TWO_BANKS, barrier), door, shop) == {
        ("south", "f"): 8 + 500 + 60 + 500, ("north", "f"): 25}
    near_south = points("door_id", [("d", 500, 31, "")])
    assert distance(network(TWO_BANKS), near_south, shop) == {("d", "f"): 29}
    lane = [*TWO_BANKS, [(0, 60), (-60, 60), (-60, 200), (500, 200)]]
    behind = points("door_id", [("d", 500, 32, "")])
    only_south = network(lane[2:3], barrier)
    assert only_south.access(behind).to_dict() == {"d": "no_street"}
    assert network(lane[2:3]).access(behind).to_dict() == {"d": "street"}


def test_who_lives_on_the_water_or_beside_a_street_drawn_into_it_is_not_cut_off():
    """A house on piles begins in the water; a promenade drawn 5 m into the river is still on this bank."""
    house = points("door_id", [("pile", 500, 20, ""), ("bank", 500, 40, "")])
    shop = points("facility_id", [("f", 600, 0, "")])
    assert distance(network([[(0, 0), (1000, 0)]], RIVER), house, shop) == {("pile", "f"): 20 + 100}
    promenade = network([[(0, 0), (0, 25), (1000, 25)], [(0, 0), (1000, 0)]], RIVER)
    assert distance(promenade, house.loc[["bank"]], shop) == {("bank", "f"): 15 + 500 + 25 + 600}


def test_a_house_at_the_waters_edge_and_a_quay_at_the_other_are_on_their_own_banks():
    """The door touches the river at y=30, a street at y=10 touches it on the other side; one at y=60 is 30 m off."""
    door, shop = points("door_id", [("d", 500, 30, "")]), points("facility_id", [("f", 600, 60, "")])
    assert distance(network([[(0, 60), (1000, 60)]], RIVER), door, shop) == {("d", "f"): 30 + 100}
    for far_bank in (10, 0):
        assert network([[(0, far_bank), (1000, far_bank)]], RIVER).access(door).to_dict() == {"d": "no_street"}


def test_a_gate_and_an_assumed_gate_open_on_no_street_across_the_water():
    town = estates(E=(400, 35, 600, 100))
    known = network([[(0, 0), (1000, 0)]], RIVER, the_estates=town, the_gates=gates(("g", 500, 35, "E")))
    door = points("door_id", [("d", 500, 60, "E")])
    assert known.access(door).to_dict() == {"d": "no_gate"}
    assert len(network([[(0, 0), (1000, 0)]], RIVER, the_estates=town).gates) == 0
    assert len(network([[(0, 0), (1000, 0)]], the_estates=town).gates) == 1


def test_an_assumed_gate_opens_on_the_nearest_street_that_is_not_across_the_water():
    """The river's street is 35 m off and across, the other 45 m off on E's own bank."""
    river, town = shapely.box(-290, 110, 500, 130), estates(E=(0, 0, 100, 100))
    net = network([[(-300, 135), (600, 135)], [(-300, -45), (600, -45)], [(600, -45), (600, 135)]], river,
                  the_estates=town)
    assert [(point.y, assumed) for point, assumed in zip(net.gates.frame.geometry, net.gates.frame["assumed"],
                                                         strict=True)] == [(0, True)]


def test_each_part_of_a_dissolved_water_layer_is_water_by_itself():
    """The door stands at a pond's edge, the street lies across the river, and one MultiPolygon holds both waters."""
    waters = shapely.MultiPolygon([RIVER, shapely.box(490, 33, 510, 37)])
    door = points("door_id", [("d", 500, 34, "")])
    assert network([[(0, 0), (1000, 0)]], waters).access(door).to_dict() == {"d": "no_street"}


def test_a_track_on_the_course_of_a_street_hides_no_door():
    """The slanting line's places are rounded: each way to the street ends on the track, give or take a hair."""
    course = [(0, 0), (1000, 317.3)]
    doors = points("door_id", [(f"d{k}", 10 + 4.9 * k, 0.3173 * (10 + 4.9 * k) + 20, "") for k in range(200)])
    assert set(network([course], shapely.LineString(course)).access(doors)) == {"street"}


def test_what_is_in_the_way_is_read_from_osm(tmp_path):
    """Of 8 lines 4 are in the way: a bridge, a tunnel, another layer and a brook are not; the pond is."""
    lines = [{"railway": "rail"}, {"railway": "rail", "bridge": "yes"}, {"railway": "light_rail", "layer": "-1"},
             {"railway": "rail", "bridge": "no"}, {"highway": "motorway"}, {"highway": "motorway", "bridge": "viaduct"},
             {"waterway": "canal"}, {"waterway": "stream"}, {"highway": "trunk"}, {"railway": "tram"}]
    nodes = [node(10 * k + end, end, k) for k in range(1, len(lines) + 1) for end in (1, 2)]
    pond, ring = square(500, 20, 20, 2)
    path = write(tmp_path, *nodes, *pond, way(999, ring, natural="water"),
                 *(way(k, [10 * k + 1, 10 * k + 2], **tags) for k, tags in enumerate(lines, 1)))
    extract = read_osm(path)
    roads = streets_of_osm(extract, CRS)
    assert roads.frame.set_index("osm_id")["ground"].to_dict() == {5: True, 6: False, 9: True}
    found = read_barriers(roads, None, extract)
    assert found.crs == roads.crs
    assert sorted(found.geom_type) == ["LineString"] + ["MultiLineString"] * 3 + ["Polygon"]
    own = gpd.GeoDataFrame({"kind": ["river"]}, geometry=[RIVER], crs=CRS)
    river = gpd.GeoDataFrame({"kind": ["river"]}, geometry=[shapely.LineString([(0, 0), (9, 9)])], crs=CRS)
    assert "LineString" in set(read_barriers(roads, river, extract).geom_type.iloc[-1:]), "a file of lines counts too"
    with_own = read_barriers(roads, own, extract)
    assert sorted(with_own.geom_type) == ["LineString", "MultiLineString", "MultiLineString", "Polygon"]


def test_without_osm_motorways_of_the_file_and_its_water_are_in_the_way():
    frame = streets(TWO_BANKS, classes=["motorway", "motorway", "residential"]).frame
    frame["ground"] = pd.Series([True, False, True], frame.index)
    own = gpd.GeoDataFrame({"kind": ["river"]}, geometry=[RIVER], crs=CRS)
    assert list(read_barriers(Streets.of(frame), own, None)) == [frame.geometry.iloc[0], RIVER]
    assert len(read_barriers(Streets.empty(CRS), None, None)) == 0
