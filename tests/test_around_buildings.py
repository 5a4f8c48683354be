"""Walks inside the walls go round the buildings: worked out on paper; drawn estates against shapely and networkx."""

import itertools
from math import hypot

import geopandas as gpd
import networkx as nx
import numpy as np
import pytest
import shapely
import shapely.affinity

from gis.around_buildings import AroundBuildings
from gis.inner_paths import NO_PATH_MM, Points
from gis.network import StreetNetwork
from gis.tables import Buildings
from tests.test_network import CRS, SETTINGS, distance, estates, gates, points, streets

STREET = [[(-500, -20), (700, -20)]]
GATE = gates(("g", 100, 0, "E"))
SHOP = points("facility_id", [("f", 100, -20, "")])


def walk(*buildings, door=(100, 150), town=None):
    """Metres from a door to a shop 20 m before the gate at (100, 0) of an estate of 200 m × 200 m, less these 20 m."""
    shapes = [shapely.box(*one) if isinstance(one, tuple) else one for one in buildings]
    net = StreetNetwork.build(
        streets(STREET), town or estates(E=(0, 0, 200, 200)), GATE, SETTINGS,
        buildings=Buildings.of(gpd.GeoDataFrame(geometry=shapes, index=[f"b{k}" for k in range(len(shapes))], crs=CRS)))
    return distance(net, points("door_id", [("d", *door, "E")]), SHOP)["d", "f"] - 20


SLAB = hypot(80, 40) + 10 + hypot(80, 100)
"""From (100, 150) round the corners (20, 110) and (20, 100) of a slab to (100, 0)."""


@pytest.mark.parametrize(("buildings", "way"), [
    ([], 1.3 * 150),
    ([(20, 100, 180, 110)], SLAB),
    ([(20, 100, 190, 110)], SLAB),  # the eastern end is nearer to the wall, but farther to go round
    ([(90, 100, 110, 110)], 1.3 * 150),  # round it is 152 m: no longer than paths are anyway
    ([(20, 100, 180, 110), (300, 0, 400, 100)], SLAB),  # a house elsewhere
    ([(20, 100, 100, 110), (100, 100, 180, 110)], SLAB),  # wall to wall
    ([(20, 100, 99.7, 110), (100.3, 100, 180, 110)], SLAB),  # a gap of 60 cm
    ([(20, 100, 99, 110), (101, 100, 180, 110)], 1.3 * 150),  # a gap of 2 m
])
def test_the_way_round_buildings_counts_where_it_is_longer(buildings, way):
    assert walk(*buildings) == pytest.approx(way, abs=0.15)


def test_a_door_inside_its_building_comes_out_on_any_side():
    """The inner point of the slab stands for its door: 105 m × 1.3 to the gate, nothing in between."""
    assert walk((20, 100, 180, 110), door=(100, 105)) == pytest.approx(1.3 * 105, abs=0.01)
    behind = walk((20, 100, 180, 110), (20, 50, 180, 60), door=(100, 105))
    assert behind == pytest.approx(hypot(80, 45) + 10 + hypot(80, 50), abs=0.15)


@pytest.mark.parametrize(("form", "low", "high", "way"), [
    (shapely.box(50, 50, 110, 110), (50, 50), (110, 110), 120),
    (shapely.box(50, 50, 110, 110), (30, 30), (130, 130), 2 * hypot(20, 80)),
    (shapely.Polygon([(100, 40), (160, 100), (100, 160), (40, 100)]), (100, 20), (100, 180), 2 * hypot(60, 80)),
    (shapely.Polygon([(100, 40), (160, 100), (100, 160), (40, 100)]), (20, 100), (180, 100), 2 * hypot(60, 80)),
])
@pytest.mark.parametrize("east", [0, 350_000])
def test_no_way_leads_through_a_building_by_its_corners(form, low, high, way, east):
    """Along the diagonal of a square the straight way crosses no side but in its ends."""
    ground, form, *ends = (shapely.affinity.translate(one, east) for one in (
        shapely.box(0, 0, 200, 200), form, shapely.Point(low), shapely.Point(high)))
    around = AroundBuildings.of(gpd.GeoSeries([form], crs=CRS), gpd.GeoSeries([ground], index=["E"], crs=CRS),
                                passage_m=1, wall_tolerance_m=2, most_corners=2000)
    found = around.between_mm(Points(np.array(ends), np.array([0, 1])), Points(np.array(ends), np.array([1, 0])),
                              np.array(["E", "E"], dtype=object))
    assert found / 1000 == pytest.approx([way, way], abs=0.15)


def test_no_way_leads_out_of_the_estate():
    """A U open above: from its right arm to the gate on its left one by the bottom, cutting corners by 2 m at most."""
    form = shapely.Polygon([(90, 0), (300, 0), (300, 200), (260, 200), (260, 40), (130, 40), (130, 200), (90, 200)])
    town = estates(E=(0, 0, 1, 1))
    town.frame.loc["E", "geometry"] = form
    shed = Buildings.of(gpd.GeoDataFrame(geometry=[shapely.box(200, 10, 201, 11)], index=["b"], crs=CRS))
    net = StreetNetwork.build(streets([[(-500, 220), (700, 220)]]), town, gates(("g", 100, 200, "E")), SETTINGS,
                              buildings=shed)
    found = distance(net, points("door_id", [("d", 280, 190, "E")]), points("facility_id", [("f", 100, 220, "")]))
    way = hypot(20, 150) + 130 + hypot(30, 160)
    assert way - 8 < found["d", "f"] - 20 < way


def test_where_no_way_leads_round_the_straight_line_counts():
    """A ring of houses from wall to wall leaves no way; a mapped path would have to show the gate through it."""
    assert walk((-10, 100, 210, 110)) == pytest.approx(1.3 * 150, abs=0.01)


def test_a_mapped_path_goes_before():
    shapes = gpd.GeoDataFrame(geometry=[shapely.box(20, 100, 180, 110)], index=["b"], crs=CRS)
    path = [*STREET, [(100, 150), (10, 150)], [(10, 150), (10, 50)], [(10, 50), (100, 0)]]
    net = StreetNetwork.build(streets(path), estates(E=(0, 0, 200, 200)), GATE, SETTINGS,
                              buildings=Buildings.of(shapes))
    found = distance(net, points("door_id", [("d", 100, 150, "E")]), SHOP)
    assert found["d", "f"] == pytest.approx(90 + 100 + hypot(90, 50) + 20, abs=0.01)


def drawn(rng):
    """Houses of many forms at least 2 m apart in an estate with a bay, and places between and inside them."""
    ground = shapely.Polygon([(0, 0), (300, 0), (300, 200), (180, 200), (150, 110), (120, 200), (0, 200)])
    houses = []
    while len(houses) < 14:
        form = shapely.box(0, 0, *rng.uniform(8, 60, 2)) if rng.random() < 0.7 else shapely.Polygon(
            [(0, 0), (40, 0), (40, 12), (12, 12), (12, 40), (0, 40)])
        one = shapely.affinity.translate(shapely.affinity.rotate(form, rng.uniform(0, 90)), *rng.uniform(-10, 280, 2))
        if all(one.distance(other) > 2 for other in houses):
            houses.append(one)
    places = [shapely.Point(xy) for xy in rng.uniform((0, 0), (300, 200), (60, 2))]
    return ground, houses, [one for one in places if ground.buffer(-1).contains(one)][:14]


def by_networkx(ground, houses, places):
    """Every two corners or places that see each other are joined; a place in a house does not see this house."""
    room = ground.buffer(2.05, join_style="mitre")
    solid = [house.buffer(-0.05, join_style="mitre") for house in houses]
    corners = [xy for house in houses for xy in house.exterior.coords[:-1]]
    corners += list(ground.buffer(2, join_style="mitre").exterior.coords[:-1])
    nodes = [shapely.Point(xy) for xy in corners if room.contains(shapely.Point(xy))] + places
    own = [next((k for k, house in enumerate(solid) if house.contains(node)), None) for node in nodes]
    graph = nx.Graph()
    graph.add_nodes_from(range(len(nodes)))
    for a, b in itertools.combinations(range(len(nodes)), 2):
        line = shapely.LineString([nodes[a], nodes[b]])
        free = all(k in (own[a], own[b]) or line.intersection(house).length < 1e-6 for k, house in enumerate(solid))
        if (own[a] is not None and own[a] == own[b]) or (free and room.covers(line)):
            graph.add_edge(a, b, weight=line.length)
    return graph, range(len(nodes) - len(places), len(nodes))


@pytest.mark.parametrize("seed", range(12))
def test_ways_in_drawn_estates_are_those_of_networkx(seed):
    ground, houses, places = drawn(np.random.default_rng(seed))
    around = AroundBuildings.of(gpd.GeoSeries(houses, crs=CRS), gpd.GeoSeries([ground], index=["E"], crs=CRS),
                                passage_m=1, wall_tolerance_m=2, most_corners=2000)
    pairs = list(itertools.permutations(range(len(places)), 2))
    ends = (Points(np.array(places), np.array(rows)) for rows in zip(*pairs, strict=True))
    ours = around.between_mm(*ends, np.full(len(pairs), "E", dtype=object))
    graph, of = by_networkx(ground, houses, places)
    expected = []
    for a, b in pairs:  # no place lies on the way of another, as one inside a house would lead through it
        part = graph.subgraph({*graph} - {of[k] for k in range(len(places)) if k not in (a, b)})
        joined = nx.has_path(part, of[a], of[b])
        expected.append(nx.dijkstra_path_length(part, of[a], of[b]) if joined else None)
    assert sum(one is not None for one in expected) > 50
    for mm, metres in zip(ours, expected, strict=True):
        assert (mm == NO_PATH_MM) == (metres is None)
        assert metres is None or abs(mm / 1000 - metres) < 0.02


def test_the_same_question_is_answered_once():
    around = AroundBuildings.of(gpd.GeoSeries([shapely.box(20, 100, 180, 110)], crs=CRS),
                                estates(E=(0, 0, 200, 200)).frame.geometry, passage_m=1, wall_tolerance_m=2,
                                most_corners=2000)
    ends = Points(shapely.points([(100, 150), (100, 20)]), np.array([0])), Points(
        shapely.points([(100, 150), (100, 20)]), np.array([1]))
    first = around.between_mm(*ends, np.array(["E"], dtype=object))
    assert around.between_mm(*ends, np.array(["E"], dtype=object)) is first
    assert around.between_mm(*ends, np.array(["X"], dtype=object)).tolist() == [NO_PATH_MM]


@pytest.mark.parametrize(("most", "metres"), [(4, SLAB), (3, None)])
def test_an_estate_with_more_corners_than_the_rules_allow_is_left_to_the_straight_line(most, metres):
    around = AroundBuildings.of(
        gpd.GeoSeries([shapely.box(20, 100, 180, 110)], crs=CRS), estates(E=(0, 0, 200, 200)).frame.geometry,
        passage_m=1, wall_tolerance_m=2, most_corners=most)
    ends = (Points(shapely.points([xy]), np.array([0])) for xy in [(100, 150), (100, 0)])
    (mm,) = around.between_mm(*ends, np.array(["E"], dtype=object))
    assert mm == (NO_PATH_MM if metres is None else pytest.approx(metres * 1000, abs=150))
