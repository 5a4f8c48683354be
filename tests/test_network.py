"""Walking distances: hand-drawn towns worked out on paper, and random towns against networkx."""

from itertools import pairwise

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gis.network import StreetNetwork
from gis.tables import Estates, Gates, Streets
from gis.walk_settings import WalkSettings

CRS = "EPSG:4549"
SETTINGS = WalkSettings(max_snap_m=50, internal_detour=1.3, most_corners=2000, passage_m=1, path_snap_m=30,
                        fence_on_wall_m=5, wall_tolerance_m=2, min_island_m=50, merge_gates_m=15,
                        through_classes=frozenset({"primary"}), as_drawn_m=0.5, nested_share=0.9,
                        service_area_buffer_m=10, steps_factor=1, crossing_factor=1)


def streets(lines, foot=True, classes=None):
    """Lines that join where they share an end point."""
    ends = [(line[0], line[-1]) for line in lines]
    keys = {point: k for k, point in enumerate(sorted({p for pair in ends for p in pair}))}
    return Streets.of(gpd.GeoDataFrame(
        {"u": [keys[a] for a, _ in ends], "v": [keys[b] for _, b in ends], "foot": foot,
         "street_class": classes or "residential", "geometry": [shapely.LineString(line) for line in lines]},
        index=[f"s{k}" for k in range(len(lines))], crs=CRS))


def points(name, rows):
    """Rows of (id, x, y, estate_id)."""
    return gpd.GeoDataFrame(
        {"estate_id": [row[3] for row in rows], "geometry": [shapely.Point(row[1], row[2]) for row in rows]},
        geometry="geometry", index=pd.Index([row[0] for row in rows], name=name), crs=CRS)


def estates(**outlines):
    frame = gpd.GeoDataFrame({"geometry": [shapely.box(*box) for box in outlines.values()]},
                             index=list(outlines), crs=CRS)
    return Estates.of(frame)


def gates(*rows):
    frame = points("gate_id", [row[:4] for row in rows])
    return Gates.of(frame.assign(closed=[len(row) > 4 and row[4] == "closed" for row in rows]))


def distance(network, origin, destination, cutoff_m=10_000):
    found = network.pairs(origin, destination, cutoff_m=cutoff_m)
    return found["distance_m"].to_dict()


ROAD = [[(0, 0), (1000, 0)]]


def network(lines=ROAD, the_estates=None, the_gates=None, **kwargs):
    the_estates = the_estates or Estates.empty(CRS)
    return StreetNetwork.build(streets(lines, **kwargs), the_estates, the_gates or Gates.empty(CRS), SETTINGS)


def test_points_walk_to_the_nearest_place_of_an_edge_not_to_a_node():
    """10 m to the road at x = 300, 400 m along it, 20 m to the place at x = 700: 430 m."""
    found = distance(network(), points("door_id", [("d", 300, 10, "")]), points("facility_id", [("f", 700, -20, "")]))
    assert found == {("d", "f"): 430.0}


def test_the_cut_off_is_inclusive_and_a_millimetre_beyond_is_out():
    door, place = points("door_id", [("d", 100, 0, "")]), points("facility_id", [("f", 400, 0, "")])
    assert len(network().pairs(door, place, cutoff_m=300.0)) == 1
    assert len(network().pairs(door, place, cutoff_m=299.999)) == 0


def test_a_point_beyond_the_snap_distance_has_no_street_and_says_so():
    far = points("door_id", [("near", 10, 50, ""), ("far", 10, 50.001, "")])
    assert network().access(far).to_dict() == {"near": "street", "far": "no_street"}
    assert list(distance(network(), far, points("facility_id", [("f", 0, 0, "")]))) == [("near", "f")]


WALLED = estates(E=(400, 10, 600, 210))
GATE = gates(("g", 600, 110, "E"))
RING = [[(0, 0), (610, 0)], [(610, 0), (1000, 0)], [(610, 0), (610, 110)], [(610, 110), (610, 300)]]


def test_people_leave_a_walled_estate_only_through_its_gate():
    """Door (500, 20) is 20 m from the southern road but the gate is east: inside √(100² + 90²) × 1.3 = 174.897 m,
    gate to street 10 m, 110 m south, 310 m west: 604.897 m in all."""
    net = network(RING, WALLED, GATE)
    found = distance(net, points("door_id", [("d", 500, 20, "E")]), points("facility_id", [("f", 300, 0, "")]))
    inside = round(1000 * 1.3 * (100**2 + 90**2) ** 0.5) / 1000
    assert found == {("d", "f"): pytest.approx(inside + 10 + 110 + 310, abs=1e-9)}


def test_a_facility_behind_a_wall_is_reached_through_the_gate_too():
    net = network(RING, WALLED, GATE)
    found = distance(net, points("door_id", [("d", 300, 0, "")]), points("facility_id", [("f", 500, 110, "E")]))
    assert found == {("d", "f"): pytest.approx(310 + 110 + 10 + 130, abs=1e-9)}


def test_neighbours_inside_one_estate_need_no_gate():
    net = network(RING, WALLED, gates(("g", 600, 110, "E", "closed")))
    door = points("door_id", [("d", 450, 50, "E")])
    assert distance(net, door, points("facility_id", [("f", 550, 50, "E")])) == {("d", "f"): 130.0}
    assert net.access(door).to_dict() == {"d": "no_gate"}


def test_nobody_walks_through_an_estate_from_gate_to_gate():
    """Two gates, west and east: going round is the only way for strangers, 310 m instead of 220."""
    lines = [[(0, 0), (400, 0)], [(400, 0), (400, 100)], [(400, 0), (610, 0)], [(610, 0), (610, 100)]]
    net = network(lines, estates(E=(405, 5, 605, 205)), gates(("w", 405, 100, "E"), ("e", 605, 100, "E")))
    found = distance(net, points("door_id", [("d", 400, 100, "")]), points("facility_id", [("f", 610, 100, "")]))
    assert found == {("d", "f"): 410.0}
    through = points("door_id", [("in", 505, 100, "E")])
    assert distance(net, through, points("facility_id", [("f", 610, 100, "")])) == {("in", "f"): 100 * 1.3 + 5}


def test_a_street_through_a_walled_estate_is_cut_but_a_main_road_is_not():
    lines = [[(0, 100), (1000, 100)], [(0, 0), (0, 100)], [(1000, 0), (1000, 100)], [(0, 0), (1000, 0)]]
    door, place = points("door_id", [("d", 0, 100, "")]), points("facility_id", [("f", 1000, 100, "")])
    town = estates(E=(400, 50, 600, 150))
    lane = network(lines, town, classes=["residential"] * 4)
    assert distance(lane, door, place) == {("d", "f"): 1200.0}
    road = network(lines, town, classes=["primary", *["residential"] * 3])
    assert distance(road, door, place) == {("d", "f"): 1000.0}


def test_the_cost_of_a_gate_is_paid_once_for_each_gate_passed():
    net = network(RING, WALLED, GATE)
    origin, place = points("door_id", [("d", 500, 110, "E")]), points("facility_id", [("f", 610, 0, "")])
    assert net.pairs(origin, place, cutoff_m=1000)["distance_m"].iloc[0] == 130 + 10 + 110
    assert net.pairs(origin, place, cutoff_m=1000, gate_cost_m=25)["distance_m"].iloc[0] == 130 + 10 + 110 + 25


def test_a_scrap_of_footway_catches_no_door():
    net = network([*ROAD, [(300, 20), (320, 20)]])
    found = distance(net, points("door_id", [("d", 310, 21, "")]), points("facility_id", [("f", 310, 0, "")]))
    assert found == {("d", "f"): 21.0}


def test_streets_closed_to_walkers_are_not_walked():
    door, place = points("door_id", [("d", 0, 0, "")]), points("facility_id", [("f", 1000, 0, "")])
    net = network([*ROAD, [(0, 0), (0, 100), (1000, 100), (1000, 0)]], foot=[False, True])
    assert distance(net, door, place) == {("d", "f"): 1200.0}


def test_parallel_edges_loops_and_zero_edges_take_the_shortest():
    lines = [[(0, 0), (500, 400), (1000, 0)], [(0, 0), (1000, 0)], [(0, 0), (50, 50), (0, 50), (0, 0)]]
    found = distance(network(lines), points("door_id", [("d", 0, 0, "")]), points("facility_id", [("f", 1000, 0, "")]))
    assert found == {("d", "f"): 1000.0}


def test_nearest_breaks_ties_by_id():
    near = network().nearest(points("door_id", [("d", 500, 0, "")]),
                             points("facility_id", [("b", 400, 0, ""), ("a", 600, 0, "")]), cutoff_m=500)
    assert near.loc["d"].to_dict() == {"facility_id": "a", "distance_m": 100.0}


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000))
def test_nearest_is_the_least_of_all_pairs(seed):
    rng = np.random.default_rng(seed)
    net = network([*RING, [(0, 0), (0, 300), (610, 300)]], WALLED, GATE)
    spread = lambda name, n: points(name, [
        (f"{name[0]}{k}", *(rng.integers(0, 70, 2) * 10.0), "") for k in range(n)] + [("in", 500, 100, "E")])
    doors, places = spread("door_id", 8), spread("facility_id", 5)
    pairs = net.pairs(doors, places, cutoff_m=400).reset_index().sort_values(["distance_m", "facility_id"])
    expected = pairs.drop_duplicates("door_id").set_index("door_id").sort_index()
    found = net.nearest(doors, places, cutoff_m=400).sort_index()
    pd.testing.assert_frame_equal(found, expected[["facility_id", "distance_m"]], check_dtype=False)


def test_a_service_area_ends_where_the_walk_ends():
    """300 m along a straight road from its middle: 600 m of road, widened by 10 m with round ends, around the place."""
    area = network().service_area(points("facility_id", [("f", 500, 0, "")]), radius_m=300)
    assert area.area == pytest.approx(600 * 20 + np.pi * 100, rel=0.01)
    assert area.bounds == pytest.approx((190, -10, 810, 10))


def assumed_gates(lines, town, known=None):
    frame = network(lines, town, known).gates.frame
    return {key: (round(point.x, 3), round(point.y, 3)) for key, point in frame.loc[frame["assumed"]].geometry.items()}


def test_an_estate_without_known_gates_gets_them_where_streets_cross_its_outline():
    """Two lanes 6 m apart enter E from the road: one gate. F is 30 m from the road: the nearest place of its wall."""
    lines = [
        [(0, 0), (500, 0)],
        [(500, 0), (500, 60)],
        [(500, 0), (506, 0)],
        [(506, 0), (506, 60)],
        [(506, 0), (900, 0)],
    ]
    found = assumed_gates(lines, estates(E=(400, 10, 600, 210), F=(700, 30, 800, 90)))
    assert list(found) == ["assumed:E:1", "assumed:F:1"]
    assert found["assumed:E:1"] == (500, 10)
    assert found["assumed:F:1"][1] == 30


def test_a_path_that_never_meets_the_wall_makes_no_gate():
    inside = [*ROAD, [(450, 100), (550, 100)]]
    assert [y for _, y in assumed_gates(inside, estates(E=(400, 10, 600, 210))).values()] == [10]


def test_an_estate_with_a_known_gate_on_foot_gets_none_but_one_with_a_drive_only_does():
    town = estates(E=(400, 10, 600, 210))
    assert assumed_gates(ROAD, town, gates(("shut", 500, 10, "E", "closed"))) == {}
    drive = Gates.of(gates(("drive", 500, 10, "E")).frame.assign(foot=False))
    assert list(assumed_gates(ROAD, town, drive)) == ["assumed:E:1"]


def test_a_lane_between_two_estates_is_no_gate_to_the_world():
    """A lane crosses the wall that E and F share and ends inside both: that is no gate, and through E F has no way."""
    lines = [[(0, 0), (1000, 0)], [(1000, 0), (1000, 400)], [(500, 100), (500, 300)]]
    town = estates(E=(400, 10, 600, 200), F=(400, 200, 645, 400))
    found = network(lines, town)
    assert found.gates.frame["estate_id"].tolist() == ["E"], "F is 200 m from the nearest street"
    door = points("door_id", [("f", 500, 390, "F")])
    assert found.access(door).to_dict() == {"f": "no_gate"}


def test_a_gate_does_not_reach_through_the_estate_to_the_street_behind():
    """The gate is on the northern wall, 30 m from the road through the estate: that is no way out."""
    thin = estates(E=(400, 10, 600, 30))
    net = network(ROAD, thin, gates(("north", 500, 30, "E")))
    assert net.access(points("door_id", [("d", 500, 20, "E")])).to_dict() == {"d": "no_gate"}


@pytest.mark.parametrize("off_m", [0, 2, 8, -8])
def test_a_gate_drawn_some_metres_off_its_wall_still_opens_on_the_street(off_m):
    """It is moved onto the wall: 90 m inside × 1.3 to (500, 10), 10 m to the road."""
    net = network(ROAD, WALLED, gates(("g", 500, 10 + off_m, "E")))
    found = distance(net, points("door_id", [("d", 500, 100, "E")]), points("facility_id", [("f", 500, 0, "")]))
    assert found == {("d", "f"): 127.0}


def test_an_open_block_inside_a_walled_estate_leaves_through_its_gate():
    frame = estates(E=(400, 10, 600, 210), I=(480, 50, 520, 90)).frame.assign(walled=[True, False])
    net = network(ROAD, Estates.of(frame), gates(("g", 500, 10, "E")))
    found = distance(net, points("door_id", [("d", 500, 60, "I")]), points("facility_id", [("f", 500, 0, "")]))
    assert found == {("d", "f"): 75.0}


def test_a_point_takes_the_street_on_its_side_of_a_wall():
    """10 m to the lane behind the wall, 40 m to the road on this side: the road counts."""
    lines = [[(0, 0), (1000, 0)], [(0, 0), (0, 50), (1000, 50), (1000, 0)]]
    wall = estates(E=(300, 10, 700, 45))
    net = network(lines, wall, gates(("g", 500, 10, "E")))
    shop = points("facility_id", [("f", 500, 8, "")])
    assert net.pairs(points("door_id", [("d", 500, 0, "")]), shop, cutoff_m=100)["distance_m"].tolist() == [8.0]
    tall = points("facility_id", [("f", 500, 46, "")])
    assert net.pairs(points("door_id", [("d", 500, 50, "")]), tall, cutoff_m=100)["distance_m"].tolist() == [4.0]
    behind = network([[(0, 0), (1000, 0)]], wall, gates(("g", 500, 10, "E")))
    assert behind.access(points("door_id", [("d", 500, 46, "")])).to_dict() == {"d": "no_street"}


def test_people_of_an_estate_inside_another_leave_through_the_outer_gate():
    """Inner I stands in E and has no gate to the street: from (500, 60) it is 50 × 1.3 to E's gate and 10 m on."""
    town = estates(E=(400, 10, 600, 210), I=(480, 50, 520, 90))
    net = network(ROAD, town, gates(("g", 500, 10, "E")))
    assert list(net.gates.ids) == ["g"], "no gate is assumed whose way to the street would cross E"
    door = points("door_id", [("d", 500, 60, "I")])
    assert distance(net, door, points("facility_id", [("f", 500, 0, "")])) == {("d", "f"): 75.0}
    assert distance(net, door, points("facility_id", [("f", 500, 110, "E")])) == {("d", "f"): 65.0}


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000))
@example(209)  # two edges in one line, of which the last bit of the distance chose
def test_random_towns_agree_with_networkx(seed):
    rng = np.random.default_rng(seed)
    spots = rng.integers(0, 40, (12, 2)) * 25.0
    joins = {
        tuple(sorted(pair))
        for pair in rng.integers(0, 12, (24, 2)).tolist()
        if (spots[pair[0]] != spots[pair[1]]).any()
    }
    lines = [[tuple(spots[a]), tuple(spots[b])] for a, b in sorted(joins)]
    net = network(lines)
    spread = lambda name, n: points(name, [(f"{name[0]}{k}", *rng.uniform(0, 1000, 2), "") for k in range(n)])
    doors, places = spread("door_id", 6), spread("facility_id", 5)
    found = net.pairs(doors, places, cutoff_m=900)["distance_m"]
    expected = by_networkx(net, doors, places, 900)
    assert set(found.index) == set(expected)
    assert all(abs(found[key] - expected[key]) < 0.02 for key in expected)
    back = net.pairs(places.rename_axis("door_id"), doors.rename_axis("facility_id"), cutoff_m=900)["distance_m"]
    assert {(b, a): value for (a, b), value in back.items()} == found.to_dict()


def by_networkx(net, doors, places, cutoff_m):
    """Split every edge in float metres at every point by shapely, then let networkx walk."""
    usable = net.edges[net.usable]
    graph, stops = nx.MultiGraph(), {key: [] for key in usable.index}
    for table in (doors, places):
        for key, point in table.geometry.items():
            gap = usable.distance(point)
            if gap.min() <= SETTINGS.max_snap_m:
                edge = gap.index[gap.round(6).argmin()]
                stops[edge].append((usable.geometry[edge].project(point), ("road", key)))
                graph.add_edge(("road", key), key, weight=gap.min())
    for key, row in net.edges.iterrows():
        chain = sorted(
            [(0.0, row["u"]), *stops.get(key, []), (row.geometry.length, row["v"])], key=lambda stop: stop[0]
        )
        for (a, left), (b, right) in pairwise(chain):
            graph.add_edge(left, right, weight=b - a)
    answer = {}
    for door in doors.index[doors.index.isin(list(graph))]:
        reached = nx.single_source_dijkstra_path_length(graph, door, cutoff=cutoff_m, weight="weight")
        answer |= {(door, place): reached[place] for place in places.index if place in reached}
    return answer


def test_the_order_of_rows_changes_nothing():
    lines = [[(0, 0), (500, 0)], [(500, 0), (1000, 0)], [(500, 0), (500, 300)]]
    doors = points("door_id", [("d", 500, 5, ""), ("e", 20, 3, "")])
    places = points("facility_id", [("f", 510, 290, ""), ("g", 900, 1, "")])
    one, other = network(lines), network(lines[::-1])
    assert distance(one, doors, places) == distance(other, doors.iloc[::-1], places.iloc[::-1])
