"""Walks within walls follow the paths that are mapped there; worked out on paper, and by networkx on drawn grids."""

import itertools
from dataclasses import replace

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import pytest
import shapely

from gis.inner_paths import NO_PATH_MM, InnerPaths, Points
from gis.network import StreetNetwork
from tests.test_network import CRS, SETTINGS, distance, estates, gates, network, points, streets

ROAD = [(0, 0), (1000, 0)]
E = {"E": (400, 10, 600, 210)}
GATE = ("s", 500, 10, "E")
LANE = [(420, 190), (420, 20), (500, 20), (500, 10), (500, 0)]
"""From the north-west corner along the western wall to the gate in the south, and out to the road."""
SHOP = points("facility_id", [("f", 500, 0, "")])


def door(x, y, estate="E"):
    return points("door_id", [("d", x, y, estate)])


def walk(lines, at, **kwargs):
    return distance(network([ROAD, *lines], estates(**E), gates(GATE), **kwargs), at, SHOP)["d", "f"]


def test_a_door_beside_a_lane_walks_along_it_to_the_gate():
    """10 m to the lane, 170 m down, 80 m across, 8 m to where it leaves the estate, 2 m to the gate and 10 m on."""
    assert walk([LANE], door(430, 190)) == pytest.approx(10 + 170 + 80 + 10 + 10)


def test_a_door_far_from_every_path_walks_straight_with_a_detour():
    """The nearest path is 31 m away: 1.3 × √(49² + 180²) m to the gate."""
    assert walk([LANE], door(451, 190)) == pytest.approx(1.3 * np.hypot(49, 180) + 10, abs=0.001)


def test_a_path_that_does_not_lead_to_the_gate_is_no_way_to_it():
    """A scrap beside the door joins nothing: 1.3 × √(80² + 180²) m."""
    assert walk([[(420, 150), (420, 200)]], door(420, 190)) == pytest.approx(1.3 * np.hypot(80, 180) + 10, abs=0.001)


def test_a_street_along_the_wall_is_public_and_no_inner_path():
    """It runs 1 m inside the western outline, and 1 m is no more than the tolerance of 2 m."""
    along = [(401, 200), (401, 0)]
    assert walk([along], door(410, 190)) == pytest.approx(1.3 * np.hypot(90, 180) + 10, abs=0.001)


def test_a_lane_of_the_neighbour_is_on_the_other_side_of_the_wall():
    town = estates(**E, W=(200, 10, 400, 210))
    net = network([ROAD, [(395, 190), (395, 20), (300, 20), (300, 0)]], town, gates(GATE, ("w", 300, 10, "W")))
    assert distance(net, door(405, 190), SHOP)["d", "f"] == pytest.approx(1.3 * np.hypot(95, 180) + 10, abs=0.001)


def test_residents_walk_private_lanes_and_strangers_do_not_pass_through():
    private = streets([ROAD, LANE, [(500, 20), (500, 300)], [(0, 300), (1000, 300)], [(0, 0), (0, 300)]], foot=True)
    frame = private.frame.assign(private=[False, True, True, False, False])
    frame.loc[frame["private"], "foot"] = False
    net = StreetNetwork.build(type(private).of(frame), estates(**E), gates(GATE, ("n", 500, 210, "E")), SETTINGS)
    assert distance(net, door(430, 190), SHOP)["d", "f"] == pytest.approx(10 + 170 + 80 + 10 + 10)
    stranger = points("door_id", [("d", 500, 300, "")])
    assert distance(net, stranger, SHOP)["d", "f"] == pytest.approx(500 + 300 + 500)


def test_a_facility_in_the_estate_is_reached_along_its_paths():
    """10 m to the lane, 170 m down, 40 m across, 5 m to the door of the hall."""
    hall = points("facility_id", [("h", 460, 25, "E")])
    net = network([ROAD, LANE], estates(**E), gates(GATE))
    assert distance(net, door(430, 190), hall)["d", "h"] == pytest.approx(10 + 170 + 40 + 5)


def test_a_main_road_through_an_outline_is_public():
    net = network([ROAD, [(500, 300), (500, 0)]], estates(**E), gates(GATE), classes=["residential", "primary"])
    assert len(net.inner.edges) == 0


def test_people_of_an_inner_estate_walk_along_the_outer_ones_paths():
    """I lies in E and shares its gate; the lane runs past I's wall."""
    town = estates(**E, I=(430, 100, 480, 150))
    net = network([ROAD, LANE], town, gates(GATE))
    assert distance(net, door(440, 120, "I"), SHOP)["d", "f"] == pytest.approx(20 + 100 + 80 + 10 + 10)


def test_a_gate_that_is_tried_out_is_reached_along_the_paths_too():
    net = network([ROAD, LANE, [(420, 190), (420, 300)], [(0, 300), (420, 300)], [(0, 0), (0, 300)]], estates(**E),
                  gates(GATE))
    north = points("facility_id", [("f", 420, 300, "")])
    tried = net.with_gate("n", "E", shapely.Point(420, 210))
    assert distance(tried, door(430, 150), north)["d", "f"] == pytest.approx(10 + 40 + 20 + 90)


def test_the_order_of_the_streets_changes_nothing():
    lines = [ROAD, LANE, [(420, 190), (580, 190)], [(580, 190), (580, 20)], [(580, 20), (500, 20)]]
    doors = points("door_id", [(f"d{k}", 430 + 10 * k, 180, "E") for k in range(12)])
    walks = [distance(network(order, estates(**E), gates(GATE)), doors, SHOP)
             for order in (lines, lines[::-1], [lines[k] for k in (2, 0, 4, 1, 3)])]
    assert walks[0] == walks[1] == walks[2]


def drawn(draw):
    """Paths of a grid of 9 × 9 corners, 20 m apart, a third of them missing, in one outline; and points beside them."""
    corners = [(10 + 20 * x, 10 + 20 * y) for x, y in itertools.product(range(9), repeat=2)]
    lines = [[a, b] for a, b in itertools.combinations(corners, 2)
             if abs(a[0] - b[0]) + abs(a[1] - b[1]) == 20 and draw.random() < 0.67]
    places = shapely.points(draw.uniform(5, 175, (40, 2)))
    return lines, places


def by_networkx(lines, places, reach_m):
    """Metres between each two places along the lines, from the nearest place on the nearest line."""
    tree, graph, stops = [shapely.LineString(line) for line in lines], nx.Graph(), {}
    joined = {}
    for number, place in enumerate(places):
        away, near = min((line.distance(place), k) for k, line in enumerate(tree))
        if away <= reach_m:
            stops.setdefault(near, []).append((tree[near].project(place), ("stop", number)))
            joined[number] = away
    for number, line in enumerate(lines):
        chain = [(0.0, line[0]), *sorted(stops.get(number, []), key=lambda stop: stop[0]), (20.0, line[1])]
        for (a, one), (b, other) in itertools.pairwise(chain):
            graph.add_edge(one, other, length=b - a)
    far = {number: nx.single_source_dijkstra_path_length(graph, ("stop", number), weight="length") for number in joined}
    return {(a, b): joined[a] + joined[b] + far[a][("stop", b)] for a in joined for b in joined
            if ("stop", b) in far[a]}


@pytest.mark.parametrize("seed", range(25))
def test_walks_on_drawn_grids_are_those_of_networkx(seed):
    lines, places = drawn(np.random.default_rng(seed))
    outline = gpd.GeoSeries([shapely.box(-20, -20, 200, 200)], index=["E"], crs=CRS)
    inner = InnerPaths.of(streets(lines), outline, replace(SETTINGS, path_snap_m=6), "foot")
    rows = pd.MultiIndex.from_product([range(len(places))] * 2)
    one, other = (Points(places, rows.get_level_values(level).to_numpy()) for level in (0, 1))
    ours = inner.between_mm(one, other, np.full(len(rows), "E", dtype=object))
    theirs = by_networkx(lines, places, 6)
    assert len(theirs) > 100
    assert {pair for pair, mm in zip(rows, ours, strict=True) if mm != NO_PATH_MM} == set(theirs)
    assert all(abs(mm / 1000 - theirs[pair]) < 0.01 for pair, mm in zip(rows, ours, strict=True) if pair in theirs)
