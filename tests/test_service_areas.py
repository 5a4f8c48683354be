"""Service areas on real streets: as large as they should be, and nothing in them that nobody reaches in time."""

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import pytest
import shapely
import shapely.ops

from gis.network import StreetNetwork
from gis.tables import Estates, Gates
from layers.osm import read_osm
from layers.streets import streets_of_osm
from tests.test_network import CRS, SETTINGS, points, streets

BUFFER_M = SETTINGS.service_area_buffer_m


@pytest.fixture(scope="module")
def tongji(shared_data):
    streets = streets_of_osm(read_osm(shared_data / "shanghai-tongji" / "tongji.osm"), CRS)
    return StreetNetwork.build(streets, Estates.empty(CRS), Gates.empty(CRS), SETTINGS)


def on_streets(net, count, seed):
    """Facilities a few metres beside streets that are walked."""
    rng = np.random.default_rng(seed)
    lines = net.edges.geometry.to_numpy()[rng.choice(np.flatnonzero(net.usable), count)]
    xy = shapely.get_coordinates(shapely.line_interpolate_point(lines, rng.random(count), normalized=True))
    return points("facility_id", [(f"f{k}", x, y, "") for k, (x, y) in enumerate(xy + rng.uniform(-4, 4, (count, 2)))])


def walked_parts(net, place, radius_m):
    """Clipped lines by networkx and shapely: each street as far as the walk goes from either end, metres as floats."""
    graph, frame = nx.MultiGraph(), net.edges[net.usable]
    for key, (u, v, line) in enumerate(zip(frame["u"], frame["v"], frame.geometry, strict=True)):
        graph.add_edge(u, v, key=key, length=line.length)
    lines = frame.geometry.to_numpy()
    first = int(shapely.distance(lines, place).argmin())
    at, step = shapely.line_locate_point(lines[first], place), shapely.distance(lines[first], place)
    start = {frame["u"].iloc[first]: step + at, frame["v"].iloc[first]: step + lines[first].length - at}
    graph.add_node("place")
    for node, far in start.items():
        graph.add_edge("place", node, length=far)
    far = nx.single_source_dijkstra_path_length(graph, "place", cutoff=radius_m, weight="length")
    parts = [shapely.ops.substring(lines[first], max(at - (radius_m - step), 0), at + radius_m - step)]
    for u, v, line in zip(frame["u"], frame["v"], lines, strict=True):
        left = [radius_m - far.get(node, radius_m) for node in (u, v)]
        parts += [shapely.ops.substring(line, 0, left[0])] if left[0] > 0 else []
        parts += [shapely.ops.substring(line, max(line.length - left[1], 0), line.length)] if left[1] > 0 else []
    return np.array([part for part in parts if part.length > 0])


@pytest.mark.parametrize("radius_m", [150.0, 300.0, 500.0])
def test_an_area_is_that_of_the_walked_parts_and_holds_nothing_beyond(tongji, radius_m):
    rng = np.random.default_rng(7)
    for facility in range(8):
        one = on_streets(tongji, 8, seed=3).iloc[[facility]]
        place, area = one.geometry.iloc[0], tongji.service_area(one, radius_m=radius_m)
        parts = walked_parts(tongji, place, radius_m)
        exact = shapely.union_all(shapely.buffer(np.append(parts, place), BUFFER_M, quad_segs=256))
        assert area.area == pytest.approx(exact.area, rel=0.003)
        spots = shapely.points(rng.uniform(area.bounds[:2], area.bounds[2:], (500, 2)))
        inside = spots[shapely.contains(area, spots)]
        reached = np.append(parts, place)
        near = shapely.STRtree(reached).query_nearest(inside, return_distance=True, all_matches=False)[1]
        assert near.max() <= BUFFER_M + 0.001, "a walk of the radius and a step of the buffer lead to every point"


def test_what_no_street_leads_to_has_no_area(tongji):
    west, south, *_ = tongji.edges.total_bounds
    nowhere = points("facility_id", [("f", west - 500, south - 500, "")])
    assert tongji.service_area(nowhere, radius_m=300).is_empty
    some = gpd.GeoDataFrame(pd.concat([nowhere, on_streets(tongji, 1, seed=1).rename({"f0": "g"})]))
    assert tongji.service_area(some, radius_m=300).equals(tongji.service_area(some.iloc[[1]], radius_m=300))


def test_each_place_has_the_areas_of_a_network_asked_for_it_alone(tongji):
    some = gpd.GeoDataFrame(pd.concat([on_streets(tongji, 12, seed=5), points("facility_id", [("far", 0, 0, "")])]))
    radii = [500.0, 12.0, 150.0]
    found = tongji.service_areas(some.rename_axis("facility_id"), radii_m=radii)
    assert found.index.names == ["facility_id", "radius_m"]
    assert found.index.get_level_values("radius_m").tolist() == sorted(radii) * 13
    for (key, radius_m), area in found.geometry.items():
        alone = tongji.service_area(some.loc[[key]], radius_m=radius_m)
        assert area.symmetric_difference(alone).area <= 1e-6 * alone.area
    assert found.loc["far"].is_empty.all()


@pytest.mark.parametrize("seed", range(10))
def test_areas_of_one_way_streets_are_those_of_all_places_asked_together(seed):
    """Random towns driven in one direction here and there; the area of several places is the union of theirs."""
    rng = np.random.default_rng(seed)
    spots = rng.integers(0, 20, (14, 2)) * 25.0
    joins = {tuple(sorted(pair)) for pair in rng.integers(0, 14, (26, 2)).tolist()
             if (spots[pair[0]] != spots[pair[1]]).any()}
    town = streets([[tuple(spots[a]), tuple(spots[b])] for a, b in sorted(joins)])
    town.frame["oneway"] = rng.integers(-1, 2, len(town.frame))
    net = StreetNetwork.build(town, Estates.empty(CRS), Gates.empty(CRS), SETTINGS, mode="car")
    some = points("facility_id", [(f"f{k}", *rng.uniform(0, 500, 2), "") for k in range(4)])
    each = net.service_areas(some, radii_m=[100, 300])
    for radius_m in (100, 300):
        together = net.service_area(some, radius_m=radius_m)
        union = shapely.union_all(each.xs(radius_m, level="radius_m").geometry.to_numpy())
        assert union.symmetric_difference(together).area <= 1e-6 * max(together.area, 1)


def test_nobody_is_served_by_no_places(tongji):
    none = on_streets(tongji, 1, seed=1).iloc[:0]
    assert tongji.service_area(none, radius_m=300).is_empty
    assert tongji.service_areas(none, radii_m=[300]).empty
