"""Service areas on a real city beside the way osmnx shows: the same places and radii, areas compared.

Needs the street network of Wuhan in the folder ESTATEGAP_TEST_DATA (default ../shared/data). The area of osmnx's
examples is a subgraph within a radius, its edges drawn with a width; an edge of which only a part is reached is left
out, so that it is smaller. ``reference`` cuts edges at the exact spot with shapely and unites them without any saving.
"""

import argparse
import os
import platform
import resource
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import networkx as nx
import numpy as np
import shapely
import shapely.ops

from analyses.standards import load_pack
from estategap.walking import WalkingRule
from gis.geometry import line_ends
from gis.network import StreetNetwork
from gis.tables import Estates, Gates, Streets
from layers.osmnx_bridge import to_graph

DATA = Path(os.environ.get("ESTATEGAP_TEST_DATA", Path(__file__).parents[2] / "shared" / "data"))
CRS = "EPSG:32650"
RADII_M = (300, 500, 1000)
BUFFER_M = 25.0
NEAR = 0.003
"""Share of the reference area by which ours may differ."""

Areas = np.ndarray
"""Shape (places, radii)."""


def wuhan() -> Streets:
    """Its streets, each pair of nodes joined once, no loops, drawn from ``u`` to ``v``."""
    shapes = gpd.read_parquet(DATA / "wuhan-roads" / "wuhan_roads.parquet").geometry.to_numpy()
    ends = np.concatenate(line_ends(shapes)).round(3)
    u, v = np.unique(ends, axis=0, return_inverse=True)[1].reshape(2, -1)
    pair, m = np.sort(np.stack([u, v], axis=1), axis=1), shapely.length(shapes)
    order = np.lexsort((m, pair[:, 1], pair[:, 0]))
    fresh = np.r_[True, (pair[order][1:] != pair[order][:-1]).any(axis=1)]
    kept = order[fresh & (u != v)[order]]
    return Streets.of(gpd.GeoDataFrame({"u": u[kept], "v": v[kept], "street_class": "residential"}, crs=CRS,
                                       geometry=shapes[kept], index=[f"s{k}" for k in range(len(kept))]))


def by_osmnx(graph: nx.MultiDiGraph, nodes: list[int]) -> Areas:
    """As osmnx's examples do on osmnx's graph, which has each street twice, once for each direction.

    A subgraph for each place and radius; its nodes as points, its edges looked up one by one, and all buffered.
    """
    found = np.empty((len(nodes), len(RADII_M)), dtype=object)
    for row, node in enumerate(nodes):
        for column, radius in enumerate(RADII_M):
            part = nx.ego_graph(graph, node, radius=radius, distance="length")
            points = gpd.GeoSeries({one: shapely.Point(data["x"], data["y"]) for one, data in part.nodes(data=True)})
            lines = [graph.get_edge_data(one, other)[0]["geometry"] for one, other in part.edges()]
            strips = [*points.buffer(BUFFER_M), *gpd.GeoSeries(lines, dtype=object).buffer(BUFFER_M)]
            found[row, column] = gpd.GeoSeries(strips).union_all()
    return found


def by_networkx(graph: nx.Graph, nodes: list[int]) -> Areas:
    """The same without what is not needed: each street once, and no node but the place."""
    found = np.empty((len(nodes), len(RADII_M)), dtype=object)
    for row, node in enumerate(nodes):
        for column, radius in enumerate(RADII_M):
            part = nx.ego_graph(graph, node, radius=radius, distance="length")
            shapes = [data["geometry"] for *_, data in part.edges(data=True)]
            found[row, column] = shapely.union_all(shapely.buffer([*shapes, graph.nodes[node]["place"]], BUFFER_M))
    return found


def reference(graph: nx.Graph, nodes: list[int]) -> Areas:
    """Each edge cut by shapely where the walk ends, buffered finely, and all united at once."""
    found = np.empty((len(nodes), len(RADII_M)), dtype=object)
    for row, node in enumerate(nodes):
        far = nx.single_source_dijkstra_path_length(graph, node, cutoff=max(RADII_M), weight="length")
        for column, radius in enumerate(RADII_M):
            parts = [graph.nodes[node]["place"]]
            for u, v, data in graph.edges((one for one, length in far.items() if length < radius), data=True):
                line = data["geometry"]
                start, stop = (u, v) if data["first"] == u else (v, u)
                left = [max(radius - far.get(end, radius), 0.0) for end in (start, stop)]
                parts += [shapely.ops.substring(line, 0, left[0])] if left[0] else []
                parts += [shapely.ops.substring(line, max(line.length - left[1], 0), line.length)] if left[1] else []
            found[row, column] = shapely.union_all(shapely.buffer(np.array(parts), BUFFER_M, quad_segs=64))
    return found


def seconds(ask: Callable[[], Areas], rounds: int) -> tuple[list[float], Areas]:
    """How long each of several rounds took, and the last answer."""
    took = []
    for _ in range(rounds):
        start = time.perf_counter()
        answer = ask()
        took.append(time.perf_counter() - start)
    return took, answer


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--quick", action="store_true")
    count, checked = (10, 2) if options.parse_args().quick else (200, 10)
    if not (DATA / "wuhan-roads" / "wuhan_roads.parquet").exists():
        sys.exit(f"no street network of Wuhan in {DATA}: say where it is with ESTATEGAP_TEST_DATA")
    streets = wuhan()
    rule = load_pack("cn-national").rule("walking", WalkingRule)
    settings = WalkingRule(**vars(rule) | {"service_area_buffer_m": BUFFER_M})
    network = StreetNetwork.build(streets, Estates.empty(CRS), Gates.empty(CRS), settings)
    edges = network.edges[network.main]
    graph = nx.Graph()
    for u, v, line in zip(edges["u"], edges["v"], edges.geometry, strict=True):
        graph.add_edge(u, v, length=line.length, geometry=line, first=u)
        for node, at in ((u, 0), (v, -1)):
            graph.nodes[node]["place"] = shapely.Point(line.coords[at])
    of_osmnx = to_graph(Streets.of(edges))
    nodes = np.random.default_rng(1).choice(sorted(graph.nodes), count, replace=False).tolist()
    places = gpd.GeoDataFrame({"estate_id": ""}, index=[f"f{k}" for k in range(count)], crs=CRS,
                              geometry=[graph.nodes[node]["place"] for node in nodes]).rename_axis("facility_id")

    def ours() -> Areas:
        return network.service_areas(places, radii_m=RADII_M).geometry.to_numpy().reshape(count, -1)

    ours()
    mine, found = seconds(ours, 2 if count < 100 else 5)
    theirs, osmnx = seconds(lambda: by_osmnx(of_osmnx, nodes), 1)
    lean_s, lean = seconds(lambda: by_networkx(graph, nodes), 1)
    exact_s, exact = seconds(lambda: reference(graph, nodes[:checked]), 1)
    print(f"{platform.python_version()}, {os.cpu_count()} cores, {platform.machine()}; Wuhan: {len(edges):,} edges; "
          f"{count} places × {RADII_M} m, {BUFFER_M:.0f} m to either side")
    ours_s = statistics.median(mine)
    print(f"estategap {ours_s:.3f} s ({min(mine):.3f}–{max(mine):.3f})")
    print(f"osmnx     {theirs[0]:.2f} s  {theirs[0] / ours_s:.1f} ×")
    print(f"networkx  {lean_s[0]:.2f} s  {lean_s[0] / ours_s:.1f} ×")
    assert np.allclose(shapely.area(lean[:, -1]), shapely.area(osmnx[:, -1]), rtol=0.02)
    print(f"reference {exact_s[0] * count / checked:.2f} s  {exact_s[0] * count / checked / ours_s:.1f} × "
          f"(from {checked} places)")
    for column, radius in enumerate(RADII_M):
        area = [shapely.area(one[:checked, column]).sum() for one in (found, osmnx, exact)]
        off = np.abs(shapely.area(found[:checked, column]) / shapely.area(exact[:, column]) - 1).max()
        assert off <= NEAR, f"an area of {radius} m is {off:.2%} off"
        print(f"{radius} m: ours {area[0] / area[2] - 1:+.3%} of the reference, each within {off:.3%}; "
              f"osmnx {area[1] / area[2] - 1:+.1%}")
    print(f"peak memory of all together: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20:.2f} GiB")


if __name__ == "__main__":
    main()
