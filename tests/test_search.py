"""Searches on contracted chains give what networkx gives on the graph as it is, to the millimetre."""

import itertools

import geopandas as gpd
import networkx as nx
import numpy as np
import pytest
import shapely
import shapely.ops
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gis.chains import Chains
from gis.geometry import substrings
from gis.network import _whole_mm
from gis.search import Portals, nearest_within, pairs_within, parts_within
from layers.osm import read_osm
from layers.streets import streets_of_osm


class Plain:
    """The graph as it is, each place a node on its edge; ways in and out of points lead one way."""

    def __init__(self, u, v, length_mm, places, ways=None):
        """``places``: edge and offset of each place; ``ways``: 1 from ``u`` to ``v``, 2 back, 3 (or nothing) both."""
        self.graph = nx.DiGraph()
        on_edge = {edge: [] for edge in range(len(u))}
        for number, (edge, offset) in enumerate(places):
            on_edge[int(edge)].append((int(offset), ("place", number)))
        for edge, stops in on_edge.items():
            row = [(0, int(u[edge])), *sorted(stops), (int(length_mm[edge]), int(v[edge]))]
            for (a, one), (b, two) in itertools.pairwise(row):
                free = 3 if ways is None or a == b else ways[edge]
                for way, link in ((1, (one, two)), (2, (two, one))):
                    if free & way:
                        self._link(*link, b - a)

    def _link(self, one, two, mm):
        if one != two and (not self.graph.has_edge(one, two) or self.graph[one][two]["mm"] > mm):
            self.graph.add_edge(one, two, mm=mm)

    def point(self, name, ways, *, out):
        """A point with its (number of a place, cost); people only leave it, or only enter it."""
        self.graph.add_node(name)
        for place, mm in ways:
            self._link(*((name, ("place", place)) if out else (("place", place), name)), mm)

    def within(self, sources, targets, limit_mm):
        wanted, found = set(targets), {}
        for source in sources:
            reached = nx.single_source_dijkstra_path_length(self.graph, source, cutoff=limit_mm, weight="mm")
            found |= {(source, to): mm for to, mm in reached.items() if to in wanted}
        return found


def chains_of(u, v, length_mm, nodes, *, seed=0, ways=None):
    edges = (np.asarray(column, dtype=np.int64) for column in (u, v, length_mm))
    return Chains.of(*edges, np.random.default_rng(seed).permutation(nodes), ways)


def portals(chains, rows, ways):
    """Of (row, edge, offset, cost)."""
    row, edge, offset, mm = np.array(ways, dtype=np.int64).reshape(-1, 4).T
    return Portals(rows, row, chains.chain[edge], chains.position_mm(edge, offset), mm)


def pairs_of(chains, sources, targets, limit):
    found = pairs_within(chains, sources, targets, limit_mm=limit)
    return {(one, two): mm for one, two, mm in zip(*(part.tolist() for part in found), strict=True)}


def named(kind, count):
    return [(kind, row) for row in range(count)]


def case(seed):
    """A small graph with loops, parallel and empty edges, rings and dead ends, and points with up to three ways.

    In every other one some streets go one way, some of them in part only.
    """
    rng = np.random.default_rng(seed)
    nodes, edges = int(rng.integers(1, 12)), int(rng.integers(1, 18))
    u, v = rng.integers(0, nodes, (2, edges))
    bends = np.arange(nodes, nodes + 2 * edges).reshape(edges, 2)  # every edge is three
    u, v = np.concatenate([u, bends[:, 0], bends[:, 1]]), np.concatenate([bends[:, 0], bends[:, 1], v])
    length = rng.integers(0, 30, len(u)) * rng.integers(0, 2, len(u))
    sides = []
    for count in rng.integers(1, 6, 2):
        at = rng.integers(0, len(u), (count, 3))
        sides.append([(row, int(edge), int(rng.integers(0, length[edge] + 1)), int(rng.integers(0, 9)))
                      for row in range(count) for edge in at[row, : rng.integers(0, 4)]])
    ways = np.full(len(u), 3)
    if seed % 2:
        ways = np.tile(rng.choice([1, 2, 3, 3], edges), 3)
        ways[edges : 2 * edges] = np.where(rng.random(edges) < 0.2, 3, ways[edges : 2 * edges])
    return u, v, length, ways, nodes + 2 * edges, sides, int(rng.integers(0, 80))


def both_ways(seed):
    """The engine's chains and portals, and the plain graph with the same points."""
    u, v, length, ways, nodes, sides, limit = case(seed)
    chains = chains_of(u, v, length, nodes, seed=seed, ways=ways)
    counts = [max((way[0] for way in side), default=0) + 1 for side in sides]
    plain = Plain(u, v, length, [(edge, offset) for side in sides for _, edge, offset, _ in side], ways)
    number = itertools.count()
    for kind, side, count in zip("st", sides, counts, strict=True):
        ways = [(row, next(number), mm) for row, _, _, mm in side]
        for row in range(count):
            plain.point((kind, row), [(place, mm) for at, place, mm in ways if at == row], out=kind == "s")
    return chains, [portals(chains, *one) for one in zip(counts, sides, strict=True)], plain, counts, limit


@settings(max_examples=300, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
@example(seed=0)
def test_pairs_of_any_graph_are_those_of_networkx(seed):
    chains, (sources, targets), plain, counts, limit = both_ways(seed)
    found = pairs_of(chains, sources, targets, limit)
    expected = plain.within(named("s", counts[0]), named("t", counts[1]), limit)
    assert found == {(one, two): mm for ((_, one), (_, two)), mm in expected.items()}


@settings(max_examples=300, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_the_nearest_of_any_graph_is_that_of_networkx_and_the_first_of_equals(seed):
    chains, (origins, places), plain, counts, limit = both_ways(seed)
    row, mm = nearest_within(chains, origins, places, limit_mm=limit)
    found = {one: (int(mm[one]), int(row[one])) for one in range(counts[0]) if row[one] >= 0}
    expected = {}
    for ((_, one), (_, two)), way in plain.within(named("s", counts[0]), named("t", counts[1]), limit).items():
        expected[one] = min(expected.get(one, (way, two)), (way, two))
    assert found == expected


@settings(max_examples=200, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_every_place_of_a_reached_part_is_reached_and_no_other(seed):
    """Every whole millimetre of every edge, by networkx on a graph cut there."""
    u, v, length, ways, nodes, (side, _), limit = case(seed)
    chains = chains_of(u, v, length, nodes, seed=seed, ways=ways)
    where = [(edge, offset) for edge in range(len(u)) for offset in range(int(length[edge]) + 1)]
    plain = Plain(u, v, length, [*where, *((edge, offset) for _, edge, offset, _ in side)], ways)
    plain.point("all", [(len(where) + k, mm) for k, (*_, mm) in enumerate(side)], out=True)
    reached = nx.single_source_dijkstra_path_length(plain.graph, "all", cutoff=limit, weight="mm")
    chain, low, high = parts_within(chains, portals(chains, 5, side), limit_mm=limit)
    for number, (edge, offset) in enumerate(where):
        at = chains.position_mm(np.array([edge]), np.array([offset]))[0]
        inside = ((chain == chains.chain[edge]) & (low <= at) & (at <= high)).any()
        # a part has a length: what is reached and goes no farther is none, nor is the end of a street one may not enter
        near = reached.get(("place", number), limit + 1)
        end = at in {0, chains.graph.length_mm[chains.chain[edge]]} and not (ways == 3).all()
        assert inside == (near < limit) or near == limit or length[edge] == 0 or (end and not inside)


def test_a_ring_without_a_junction_is_walked_both_ways():
    chains = chains_of([0, 1, 2, 3], [1, 2, 3, 0], [10, 20, 30, 40], 4)
    assert (chains.junctions, chains.count) == (1, 1)
    targets = portals(chains, 3, [(0, 1, 1, 0), (1, 3, 39, 7), (2, 2, 15, 0)])
    # 5 and 1 along; 5 and 1 against, and 7 to get in; 5, 20 and 15 along, which is shorter than 5, 40 and 15
    assert pairs_of(chains, portals(chains, 1, [(0, 0, 5, 0)]), targets, 1000) == {(0, 0): 6, (0, 1): 13, (0, 2): 40}


def test_no_street_and_no_point_have_no_pairs():
    chains = chains_of([], [], [], 0)
    nobody = portals(chains, 0, [])
    assert [len(part) for part in pairs_within(chains, nobody, nobody, limit_mm=9)] == [0, 0, 0]
    assert nearest_within(chains, portals(chains, 2, []), nobody, limit_mm=9)[0].tolist() == [-1, -1]


def test_a_street_too_long_for_the_arithmetic_is_refused():
    with pytest.raises(ValueError, match="longer than 1,000 km"):
        chains_of([0, 1], [1, 2], [600_000_000, 600_000_000], 3)


NETWORKS = {"las-palmas": "las_palmas.osm.pbf", "heidelberg": "heidelberg.osm.pbf", "shanghai-tongji": "tongji.osm",
            "singapore-central": "roads_core.osm.pbf"}
CRS_OF = {"las-palmas": "EPSG:32628", "heidelberg": "EPSG:32632", "shanghai-tongji": "EPSG:4549",
          "singapore-central": "EPSG:3414"}


def edges_of(name, folder):
    """Node numbers and lines of a real network."""
    if name == "wuhan":
        lines = gpd.read_parquet(folder / "wuhan-roads" / "wuhan_roads.parquet")
    else:
        lines = streets_of_osm(read_osm(folder / name / NETWORKS[name]), CRS_OF[name]).frame
    keys, ends = np.unique(lines[["u", "v"]].to_numpy(), return_inverse=True)
    u, v = ends.reshape(-1, 2).T
    return u, v, shapely.length(lines.geometry.to_numpy()), len(keys)


@pytest.mark.parametrize("name", ["wuhan", *NETWORKS])
def test_real_networks_to_the_millimetre(name, shared_data):
    """Thousands of pairs from places on edges to places on edges; and with metres as they are, half a mm per edge."""
    u, v, length_m, nodes = edges_of(name, shared_data)
    length = np.rint(length_m * 1000).astype(np.int64)
    chains = chains_of(u, v, length, nodes)
    rng = np.random.default_rng(1)
    edge = np.concatenate([rng.integers(0, len(u), 40), rng.integers(0, len(u), 4000)])
    edge[40:60] = edge[:20]  # some stand on one edge
    offset = (rng.random(len(edge)) * (length[edge] + 1)).astype(np.int64)
    ways = [(k, int(e), int(o), 0) for k, (e, o) in enumerate(zip(edge, offset, strict=True))]
    sources, targets = portals(chains, 40, ways[:40]), portals(chains, 4000, [(k - 40, *way) for k, *way in ways[40:]])
    limit = 4_000_000
    found = pairs_of(chains, sources, targets, limit)
    plain = Plain(u, v, length, zip(edge, offset, strict=True))
    expected = plain.within([("place", k) for k in range(40)], [("place", k) for k in range(40, len(edge))], limit)
    assert found == {(one[1], two[1] - 40): way for (one, two), way in expected.items()}
    assert len(found) > 2000
    row, near = nearest_within(chains, targets, sources, limit_mm=limit)
    by_target = {}
    for (one, two), way in found.items():
        by_target[two] = min(by_target.get(two, (way, one)), (way, one))
    assert {k: (int(near[k]), int(row[k])) for k in np.flatnonzero(row >= 0)} == by_target


def test_millimetres_differ_from_metres_by_half_a_millimetre_per_edge_at_most(shared_data):
    u, v, length_m, nodes = edges_of("wuhan", shared_data)
    chains = chains_of(u, v, np.rint(length_m * 1000).astype(np.int64), nodes)
    metres = nx.Graph()
    for one, two, long in zip(u.tolist(), v.tolist(), length_m.tolist(), strict=True):
        if not metres.has_edge(one, two) or metres[one][two]["m"] > long:
            metres.add_edge(one, two, m=long, mm=round(long * 1000))
    rng = np.random.default_rng(2)
    edge = rng.integers(0, len(u), 1020)
    ways = [(k, int(e), 0, 0) for k, e in enumerate(edge)]
    targets = portals(chains, 1000, [(k - 20, *way) for k, *way in ways[20:]])
    ours = pairs_of(chains, portals(chains, 20, ways[:20]), targets, 6_000_000)
    exact, whole = ({k: nx.single_source_dijkstra(metres, int(u[edge[k]]), cutoff=6100 * scale, weight=weight)
                     for k in range(20)} for weight, scale in (("m", 1), ("mm", 1000)))
    assert len(ours) > 500
    for (source, target), way in ours.items():
        to = int(u[edge[20 + target]])
        edges = max(len(found[source][1][to]) for found in (exact, whole)) - 1
        assert abs(way - exact[source][0][to] * 1000) <= 0.5 * edges + 1e-6


def test_parts_of_lines_are_those_of_shapely():
    rng = np.random.default_rng(4)
    lines = np.array([shapely.LineString(rng.uniform(0, 100, (rng.integers(2, 9), 2))) for _ in range(200)])
    low, high = np.sort(rng.uniform(0, 1, (2, 200)), axis=0) * shapely.length(lines)
    expected = [shapely.ops.substring(*one) for one in zip(lines, low, high, strict=True)]
    assert (shapely.hausdorff_distance(substrings(lines, low, high), expected) < 1e-9).all()


def test_a_limit_of_whole_millimetres_holds_them_all_and_one_without_end_is_the_longest_walk():
    assert [_whole_mm(mm / 1000) for mm in range(50_000)] == [*range(50_000)]
    assert (_whole_mm(0.0009), _whole_mm(float("inf"))) == (0, 1_000_000_000)
