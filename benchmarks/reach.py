"""Walks within 1 km on a whole city: this program beside networkx, same work, answers compared.

Needs the Las Palmas extract in the folder ESTATEGAP_TEST_DATA (default ../shared/data).
"""

import os
import platform
import statistics
import time
from pathlib import Path

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import shapely

from analyses.standards import load_pack
from estategap.walking import WalkingRule
from gis.crs import metric_crs_of
from gis.network import StreetNetwork
from gis.tables import Estates, Gates
from layers.osm import read_osm
from layers.streets import streets_of_osm

CUTOFF_M, DOORS, PLACES, ROUNDS = 1000.0, 2000, 200, 3


def main():
    data = Path(os.environ.get("ESTATEGAP_TEST_DATA", Path(__file__).parents[2] / "shared" / "data"))
    start = time.perf_counter()
    extract = read_osm(data / "las-palmas" / "las_palmas.osm.pbf")
    streets = streets_of_osm(extract, metric_crs_of(extract.streets))
    read_s = time.perf_counter() - start
    start = time.perf_counter()
    settings = load_pack("cn-national").rule("walking", WalkingRule)
    network = StreetNetwork.build(streets, Estates.empty(streets.crs), Gates.empty(streets.crs), settings)
    build_s = time.perf_counter() - start
    doors, places = sample(network, DOORS, "door_id"), sample(network, PLACES, "facility_id")
    graph = graph_of(network)
    ours, theirs = [], []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        found = network.pairs(doors, places, cutoff_m=CUTOFF_M)["distance_m"]
        ours.append(time.perf_counter() - start)
        start = time.perf_counter()
        expected = by_networkx(graph, doors, places)
        theirs.append(time.perf_counter() - start)
    assert set(found.index) == set(expected)
    assert all(abs(found[key] - metres) < 0.001 for key, metres in expected.items())
    mine, peer = statistics.median(ours), statistics.median(theirs)
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores; Las Palmas, {len(network.edges):,} edges, "
          f"{network.chains.junctions:,} junctions; read {read_s:.1f} s, build {build_s:.2f} s")
    print(f"{DOORS} doors × {PLACES} places within {CUTOFF_M:.0f} m: {len(found):,} pairs, answers equal")
    print(f"estategap {mine:.2f} s · networkx {peer:.2f} s · {peer / mine:.1f} × (both at nodes; medians of {ROUNDS})")


def sample(network, count, name):
    """Nodes of the mainland as points, so that both sides do the same work."""
    rng = np.random.default_rng(1)
    usable = network.edges[network.usable]
    rows = rng.choice(len(usable), count, replace=False)
    ends = shapely.get_point(usable.geometry.values[rows], 0)
    return gpd.GeoDataFrame(
        {"estate_id": "", "node": usable["u"].to_numpy()[rows]},
        geometry=ends,
        crs=network.edges.crs,
        index=pd.Index([f"{name[0]}{k}" for k in range(count)], name=name),
    )


def graph_of(network):
    graph = nx.Graph()
    for u, v, mm in zip(network.edges["u"], network.edges["v"], network.length_mm, strict=True):
        if not graph.has_edge(u, v) or graph[u][v]["mm"] > mm:
            graph.add_edge(int(u), int(v), mm=int(mm))
    return graph


def by_networkx(graph, doors, places):
    doors_at = doors.groupby("node").groups
    answer = {}
    for place, node in places["node"].items():
        reached = nx.single_source_dijkstra_path_length(graph, node, cutoff=CUTOFF_M * 1000, weight="mm")
        for at in reached.keys() & doors_at.keys():
            answer |= {(door, place): reached[at] / 1000 for door in doors_at[at]}
    return answer


if __name__ == "__main__":
    main()
