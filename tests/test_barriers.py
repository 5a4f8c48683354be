"""Water, railways, motorways and fences between a door and a street: worked out on paper, read from OSM as bytes."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from gis.attach import Barriers
from gis.errors import ProblemLog
from gis.network import StreetNetwork
from gis.tables import Estates, Gates, Streets
from layers.barriers import read_barriers
from layers.osm import read_osm
from layers.placing.places import Town
from layers.reading.files import Source
from layers.streets import read_streets, streets_of_osm
from tests.test_network import CRS, SETTINGS, distance, estates, gates, points, streets
from tests.test_osm_files import node, square, way, write

RIVER = shapely.box(-100, 10, 1100, 30)
TWO_BANKS = [[(0, 0), (0, 60)], [(0, 60), (1000, 60)], [(0, 0), (1000, 0)]]
"""Streets on both banks of a river 20 m wide, joined by a bridge at the western end."""


def network(lines, *barriers, the_estates=None, the_gates=None):
    return StreetNetwork.build(
        streets(lines), the_estates or Estates.empty(CRS), the_gates or Gates.empty(CRS), SETTINGS,
        barriers=barriers_of(barriers) if barriers else None)


def barriers_of(closed=(), fences=()):
    drawn = ([shapely.LineString(one) if isinstance(one, list) else one for one in some] for some in (closed, fences))
    return Barriers(*(gpd.GeoSeries(some, crs=CRS) for some in drawn))


def fenced(lines, *fences, **tables):
    """The streets with fences along these courses."""
    empty = {"estates": Estates.empty(CRS), "gates": Gates.empty(CRS)}
    drawn = barriers_of(fences=fences)
    return StreetNetwork.build(streets(lines), *(empty | tables).values(), SETTINGS, barriers=drawn)


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
    found = read_barriers(roads, None, extract).closed
    assert found.crs == roads.crs
    assert sorted(found.geom_type) == ["LineString"] + ["MultiLineString"] * 3 + ["Polygon"]
    own = gpd.GeoDataFrame({"kind": ["river"]}, geometry=[RIVER], crs=CRS)
    river = gpd.GeoDataFrame({"kind": ["river"]}, geometry=[shapely.LineString([(0, 0), (9, 9)])], crs=CRS)
    of_lines = read_barriers(roads, river, extract).closed
    assert "LineString" in set(of_lines.geom_type.iloc[-1:]), "a file of lines counts too"
    with_own = read_barriers(roads, own, extract).closed
    assert sorted(with_own.geom_type) == ["LineString", "MultiLineString", "MultiLineString", "Polygon"]


def test_without_osm_motorways_of_the_file_and_its_water_are_in_the_way():
    frame = streets(TWO_BANKS, classes=["motorway", "motorway", "residential"]).frame
    frame["ground"] = pd.Series([True, False, True], frame.index)
    own = gpd.GeoDataFrame({"kind": ["river"]}, geometry=[RIVER], crs=CRS)
    assert list(read_barriers(Streets.of(frame), own, None).closed) == [frame.geometry.iloc[0], RIVER]
    nothing = read_barriers(Streets.empty(CRS), None, None)
    assert (len(nothing.closed), len(nothing.fences)) == (0, 0)


def test_a_door_goes_round_a_fence_to_another_street_if_there_is_one():
    """South 20 m off behind the fence, north 40 m off: north. The door 8 m from the southern street has no other."""
    doors = points("door_id", [("both", 500, 20, ""), ("one", 500, 8, "")])
    shop = points("facility_id", [("f", 600, 60, "")])
    assert distance(fenced(TWO_BANKS, [(-50, 5), (1050, 5)]), doors, shop) == {
        ("both", "f"): 40 + 100, ("one", "f"): 8 + 500 + 60 + 600}
    gap = fenced(TWO_BANKS, [(-50, 5), (499, 5)], [(501, 5), (1050, 5)])
    assert distance(gap, doors.loc[["both"]], shop) == {("both", "f"): 20 + 500 + 60 + 600}


def test_water_behind_a_fence_stays_in_the_way():
    door = points("door_id", [("d", 500, 32, "")])
    both = barriers_of([RIVER], [[(-50, 31), (1050, 31)]])
    only_south = StreetNetwork.build(streets([[(0, 0), (1000, 0)]]), Estates.empty(CRS), Gates.empty(CRS), SETTINGS,
                                     barriers=both)
    assert only_south.access(door).to_dict() == {"d": "no_street"}


@pytest.mark.parametrize(("fence_y", "snap_mm"), [(-3, 20_000), (-8, 30_000)])
def test_a_fence_along_an_outline_is_the_wall_of_the_estate_and_its_gate_leads_through(fence_y, snap_mm):
    """Gate 20 m from the southern street; the western is 30 m off. Fences within 5 m of the outline are its own."""
    town = estates(E=(400, 0, 600, 100))
    net = fenced([[(0, -20), (1000, -20)], [(370, -20), (370, 200)]], [(-50, fence_y), (1050, fence_y)],
                 estates=town, gates=gates(("g", 400, 0, "E")))
    assert net.gate_streets.snap_mm.tolist() == [snap_mm]


def test_fences_are_read_from_osm(tmp_path):
    """Five lines of walls and fences, one of them a ring, one on a bridge; a kerb is none."""
    kinds = ["wall", "fence", "hedge", "retaining_wall", "kerb"]
    nodes = [node(10 * k + end, end, k) for k in range(1, len(kinds) + 2) for end in (1, 2)]
    field, ring = square(500, 20, 20, 2)
    path = write(tmp_path, *nodes, *field, way(998, ring, barrier="fence", landuse="grass"),
                 *(way(k, [10 * k + 1, 10 * k + 2], barrier=kind) for k, kind in enumerate(kinds, 1)),
                 way(997, [61, 62], barrier="fence", bridge="yes"), way(996, [11, 21], highway="residential"))
    extract = read_osm(path)
    assert extract.fences["kind"].to_dict() == {
        "way/1": "wall", "way/2": "fence", "way/3": "hedge", "way/4": "retaining_wall", "way/998": "fence",
        "way/997": "fence"}
    found = read_barriers(streets_of_osm(extract, CRS), None, extract).fences
    assert len(found) == 5
    assert found.crs == CRS


def test_a_railway_among_the_lines_of_a_file_is_no_street_and_lies_in_the_way(tmp_path):
    """South 20 m off behind the railway, north 40 m off; a tunnel of the underground is in nobody's way."""
    lines = [*TWO_BANKS, [(-50, 10), (1050, 10)], [(-50, 30), (1050, 30)]]
    kinds = ["支路", "支路", "支路", "铁路", "地铁"]
    shapes = gpd.GeoSeries([shapely.LineString(np.add(line, (500_000, 3_470_000))) for line in lines], crs=CRS)
    gpd.GeoDataFrame({"道路类别": kinds}, geometry=shapes).to_file(tmp_path / "道路.gpkg")
    roads = read_streets(Source(tmp_path / "道路.gpkg"), town=Town(CRS), log=ProblemLog())
    net = StreetNetwork.build(roads, Estates.empty(CRS), Gates.empty(CRS), SETTINGS,
                              barriers=read_barriers(roads, None, None))
    doors = points("door_id", [("d", 500_500, 3_470_020, "")])
    shops = points("facility_id", [("f", 500_600, 3_470_060, "")])
    assert distance(net, doors, shops) == {("d", "f"): 40 + 100}
    assert net.edges["street_class"].unique().tolist() == ["tertiary"]
