"""A street that is not built yet: what-ifs worked out on paper, and random towns against unary_union and networkx."""

import numpy as np
import pytest
import shapely
from footways import Footways
from hypothesis import given, settings
from hypothesis import strategies as st

from gis.attach import to_mm
from gis.network import StreetNetwork
from gis.tables import Estates, Gates
from tests.test_network import CRS, SETTINGS, distance, estates, gates, network, points, streets

LADDER = [[(0, 0), (1000, 0)], [(0, 0), (0, 100)], [(0, 100), (1000, 100)]]
"""Two streets 100 m apart that are joined at their western ends."""
DOOR = points("door_id", [("d", 600, 0, "")])
SHOP = points("facility_id", [("f", 600, 100, "")])


def line(*corners):
    return shapely.LineString(corners)


@pytest.mark.parametrize(("start_y", "end_y", "link_m", "walk_m"), [
    (0, 100, 0, 100 + 100 + 100),  # along to x=500, across and back
    (3, 98, 5, 100 + 100 + 100),  # drawn short of both streets and led there
    (3, 98, 1, 600 + 100 + 600),  # too short to join them: the old way
    (-4, 105, 0, 100 + 100 + 100),  # drawn across both
    (0, 60, 5, 600 + 100 + 600),  # a dead end
])
def test_a_path_between_two_streets_shortens_the_way_if_it_joins_them(start_y, end_y, link_m, walk_m):
    net = network(LADDER)
    before = distance(net, DOOR, SHOP)
    tried = net.with_street(line((500, start_y), (500, end_y)), link_within_m=link_m)
    assert distance(tried, DOOR, SHOP) == {("d", "f"): walk_m}
    assert distance(net, DOOR, SHOP) == before == {("d", "f"): 1300}


def test_doors_stand_on_the_new_street_as_on_any_other():
    tried = network(LADDER).with_street(line((500, 0), (500, 100)), link_within_m=1)
    door = points("door_id", [("d", 520, 50, "")])
    assert network(LADDER).nearest(door, SHOP, cutoff_m=5000)["distance_m"].tolist() == [50 + 520 + 100 + 600]
    assert tried.nearest(door, SHOP, cutoff_m=5000)["distance_m"].tolist() == [20 + 50 + 100]


def test_a_bridge_is_joined_only_where_the_new_street_ends_on_it():
    """The third street of the ladder is a bridge over the new one's course; a fourth lies beyond it."""
    town = streets([*LADDER, [(1000, 100), (1000, 200)], [(0, 200), (1000, 200)]])
    shop = points("facility_id", [("f", 800, 100, "")])
    town.frame["ground"] = [True, True, False, True, True]
    net = StreetNetwork.build(town, Estates.empty(CRS), Gates.empty(CRS), SETTINGS)
    over = net.with_street(line((500, 0), (500, 200)), link_within_m=1)
    assert distance(over, DOOR, shop) == {("d", "f"): 100 + 200 + 500 + 100 + 200}
    onto = net.with_street(line((500, 0), (500, 100)), link_within_m=1)
    assert distance(onto, DOOR, shop) == {("d", "f"): 100 + 100 + 300}


def test_what_lies_within_walls_is_no_street_and_gates_stay():
    """E lies between the streets across the course of the new one: no way leads through."""
    town, known = estates(E=(450, 20, 550, 80)), gates(("g", 500, 20, "E"))
    net = network(LADDER, town, known)
    tried = net.with_street(line((500, 0), (500, 100)), link_within_m=1)
    assert distance(tried, DOOR, SHOP) == {("d", "f"): 1300}
    assert tried.gates is net.gates
    home = points("door_id", [("h", 500, 30, "E")])
    assert distance(tried, home, DOOR.rename_axis("facility_id")) == {("h", "d"): 13 + 20 + 100}


def test_a_street_along_another_adds_no_way_and_loses_none():
    net = network(LADDER)
    tried = net.with_street(line((200, 0), (700, 0)), link_within_m=1)
    assert distance(tried, DOOR, SHOP) == {("d", "f"): 1300}
    assert tried.length_mm.sum() == net.length_mm.sum() + 500_000


def test_a_street_that_joins_nothing_carries_nobody():
    net = network(LADDER)
    far = net.with_street(line((3000, 3000), (3000, 3040)), link_within_m=5)
    assert far.access(points("door_id", [("d", 3000, 3001, "")])).to_dict() == {"d": "no_street"}
    assert distance(far, DOOR, SHOP) == {("d", "f"): 1300}


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 100_000))
def test_random_towns_with_a_new_street_agree_with_unary_union_and_networkx(seed):
    draw = np.random.default_rng(seed)
    ends = draw.integers(0, 40, (14, 2, 2)) * 25.0
    old = [shapely.LineString(pair) for pair in ends if (pair[0] != pair[1]).any()]
    noded = [[tuple(xy) for xy in one.coords] for one in shapely.get_parts(shapely.unary_union(old))]
    course = shapely.LineString(draw.uniform(0, 1000, (int(draw.integers(2, 5)), 2)))
    net = network(noded)
    tried = net.with_street(course, link_within_m=0)
    table = lambda name, count: points(name, [(f"{name[0]}{k}", *draw.uniform(0, 1000, 2), "") for k in range(count)])
    doors, shops = table("door_id", 6), table("facility_id", 5)
    found = distance(tried, doors, shops, cutoff_m=3000)
    whole = shapely.get_parts(shapely.unary_union([*(shapely.LineString(one) for one in noded), course]))
    keys = [[tuple(np.round(xy, 4)) for xy in (one.coords[0], one.coords[-1])] for one in whole]
    ways = Footways([(one, *key) for one, key in zip(whole, keys, strict=True)], SETTINGS.max_snap_m,
                    SETTINGS.min_island_m)
    theirs = ways.walks(doors.geometry, shops.geometry, 3000)
    assert {pair for pair in found.keys() ^ theirs.keys() if {**found, **theirs}[pair] < 2999.9} == set()
    assert all(abs(found[pair] - theirs[pair]) < 0.05 for pair in found.keys() & theirs.keys())


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 100_000))
def test_edges_stay_as_long_as_they_were_and_no_order_of_streets_matters(seed):
    draw = np.random.default_rng(seed)
    lines = [[tuple(xy) for xy in draw.uniform(0, 500, (3, 2))] for _ in range(8)]
    course = shapely.LineString(draw.uniform(0, 500, (3, 2)))
    net, other = network(lines), network([lines[k] for k in draw.permutation(8)])
    tried, same = (one.with_street(course, link_within_m=30) for one in (net, other))
    old = tried.edges.index.str.startswith("new:")
    assert tried.length_mm[~old].sum() == net.length_mm.sum()
    assert to_mm(tried.edges.length.to_numpy()) == pytest.approx(tried.length_mm, abs=1.5)
    assert tried.edges.geometry.to_wkb().tolist() == same.edges.geometry.to_wkb().tolist()
    assert tried.length_mm.tolist() == same.length_mm.tolist()
    assert tried.edges.crs == CRS


def test_every_edge_has_a_name_of_its_own_after_several_new_streets():
    tried = network(LADDER)
    for x in (200, 500, 800):
        tried = tried.with_street(line((x, -50), (x, 150)), link_within_m=1)
    tried = tried.with_street(line((100, 50), (900, 50)), link_within_m=1)
    assert tried.edges.index.is_unique
    assert len(tried.edges) == 3 + 3 * 5 + 4 + 3  # three of 3 pieces cut 2 edges each, one of 4 cuts 3


@pytest.mark.parametrize("nothing", [shapely.LineString(), line((5, 5), (5, 5))])
def test_a_street_without_length_is_refused(nothing):
    with pytest.raises(ValueError, match="a course of some length"):
        network(LADDER).with_street(nothing, link_within_m=1)
