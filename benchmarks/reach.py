"""Nearest facilities and pairs within a walk on a real city, beside other programs: same work, answers compared.

Needs the street network of Wuhan in the folder ESTATEGAP_TEST_DATA (default ../shared/data). ``--copies 16`` puts so
many of them side by side, joined by one street each; ``--quick`` asks less, to see that everything runs; ``--growth``
asks this program alone for up to 1.3 million nodes and prints how its time grows with them.
"""

import argparse
import os
import platform
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import peers
import shapely

from gis.chains import Chains
from gis.search import Portals, nearest_within, pairs_within
from gis.street_cells import StreetCells

DATA = Path(os.environ.get("ESTATEGAP_TEST_DATA", Path(__file__).parents[2] / "shared" / "data"))
GAP_M = 100_000.0


def wuhan(copies: int) -> peers.Graph:
    """Its graph, so many times, each joined to the one before by a street from first node to first node."""
    lines = gpd.read_parquet(DATA / "wuhan-roads" / "wuhan_roads.parquet")
    keys, ends = np.unique(lines[["u", "v"]].to_numpy(), return_inverse=True)
    u, v = np.sort(ends.reshape(-1, 2), axis=1).T
    mm = np.maximum(np.rint(shapely.length(lines.geometry.to_numpy()) * 1000).astype(np.int64), 1)
    order = np.lexsort((mm, v, u))
    u, v, mm, shapes = u[order], v[order], mm[order], lines.geometry.to_numpy()[order]
    kept = np.r_[True, (u[1:] != u[:-1]) | (v[1:] != v[:-1])] & (u != v)
    u, v, mm, shapes = u[kept], v[kept], mm[kept], shapes[kept]
    x, y = np.zeros(len(keys)), np.zeros(len(keys))
    first = shapely.get_coordinates(shapely.get_point(lines.geometry.to_numpy(), 0))
    last = shapely.get_coordinates(shapely.get_point(lines.geometry.to_numpy(), -1))
    for side, at in ((0, first), (1, last)):
        x[ends.reshape(-1, 2)[:, side]], y[ends.reshape(-1, 2)[:, side]] = at.T
    shift = np.arange(copies) * len(keys)
    bridges = (shift[:-1], shift[1:], np.full(copies - 1, int(GAP_M * 1000)))
    columns = [np.concatenate([(part[None, :] + step[:, None]).ravel(), bridge]) for part, step, bridge in zip(
        (u, v, mm), (shift, shift, np.zeros(copies, dtype=np.int64)), bridges, strict=True)]
    return peers.Graph(*columns, np.concatenate([x + k * GAP_M for k in range(copies)]), np.tile(y, copies))


class Ours:
    """The searches of this program on the same graph."""

    def __init__(self, graph: peers.Graph) -> None:
        places = gpd.GeoSeries(shapely.points(graph.x, graph.y))
        rank = np.empty(graph.nodes, dtype=np.int64)
        rank[np.argsort(places.hilbert_distance(), kind="stable")] = np.arange(graph.nodes)
        self.chains = Chains.of(graph.u, graph.v, graph.mm, rank)
        self.edge, self.offset = np.zeros(graph.nodes, dtype=np.int64), np.zeros(graph.nodes, dtype=np.int64)
        every = np.arange(len(graph.u))
        for node, offset in ((graph.u, np.zeros_like(graph.mm)), (graph.v, graph.mm)):
            self.edge[node], self.offset[node] = every, offset
        self.every = self._at(np.arange(graph.nodes))

    def _at(self, nodes: np.ndarray) -> Portals:
        edge = self.edge[nodes]
        return Portals(len(nodes), np.arange(len(nodes)), self.chains.chain[edge],
                       self.chains.position_mm(edge, self.offset[nodes]), np.zeros(len(nodes), dtype=np.int64))

    def nearest(self, facilities: np.ndarray) -> np.ndarray:
        """The distance of every node from the nearest facility."""
        row, mm = nearest_within(self.chains, self.every, self._at(facilities), limit_mm=10**9)
        return np.where(row >= 0, mm, np.inf)

    def within(self, origins: np.ndarray, facilities: np.ndarray, limit: int) -> tuple[int, int]:
        """How many pairs there are, and the sum of their distances."""
        mm = pairs_within(self.chains, self._at(facilities), self._at(origins), limit_mm=limit)[2]
        return len(mm), int(mm.sum(dtype=np.int64))


def compared(title: str, ask: dict[str, Callable[[], Any]], same: Callable[[Any, Any], bool], rounds: int) -> None:
    """Ask all in turn, so many rounds; print medians, the spread of ours, and how many times as long others take."""
    took: dict[str, list[float]] = {name: [] for name in ask}
    expected = ask["estategap"]()
    for turn in range(rounds):
        for name, question in ask.items():
            if turn and name != "estategap" and took[name][0] > 5:  # once is enough of what takes long
                continue
            start = time.perf_counter()
            answer = question()
            took[name].append(time.perf_counter() - start)
            assert same(answer, expected), f"{name} answers otherwise"
    mine = statistics.median(took["estategap"])
    print(f"\n{title}: estategap {mine:.4f} s ({min(took['estategap']):.4f}–{max(took['estategap']):.4f})")
    for name, seconds in took.items():
        if name != "estategap":
            print(f"  {name:10} {statistics.median(seconds):9.3f} s  {statistics.median(seconds) / mine:8.1f} ×")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--copies", type=int, default=1)
    options.add_argument("--quick", action="store_true")
    options.add_argument("--growth", action="store_true")
    given = options.parse_args()
    if not (DATA / "wuhan-roads" / "wuhan_roads.parquet").exists():
        sys.exit(f"no street network of Wuhan in {DATA}: say where it is with ESTATEGAP_TEST_DATA")
    if given.growth:
        growth(np.random.default_rng(1))
        return
    rounds = 2 if given.quick else 7
    graph = wuhan(given.copies)
    draw = np.random.default_rng(1)
    start = time.perf_counter()
    ours = Ours(graph)
    first_s = time.perf_counter() - start
    start = time.perf_counter()
    ours = Ours(graph)
    print(f"{platform.python_version()}, {os.cpu_count()} cores, {platform.machine()}; Wuhan × {given.copies}: "
          f"{graph.nodes:,} nodes, {len(graph.u):,} edges, {ours.chains.junctions:,} junctions")
    print(f"build: estategap {time.perf_counter() - start:.2f} s, the first time, with machine code, {first_s:.2f} s")
    known = {"estategap": {"nearest": ours.nearest, "within": ours.within}}
    for name in ["scipy", "networkx"] if given.quick else peers.installed():
        start = time.perf_counter()
        known[name] = peers.BY_NAME[name](graph)
        print(f"build: {name} {time.perf_counter() - start:.2f} s")
    missing = sorted(set(peers.BY_NAME) - set(known))
    print(f"not compared: {', '.join(missing) or 'none'}")
    facilities = draw.choice(graph.nodes, 1000 * given.copies, replace=False)
    compared(f"nearest of {len(facilities):,} facilities for every node",
             {name: lambda one=one: one["nearest"](facilities) for name, one in known.items()},
             lambda one, two: bool(np.array_equal(one, two)), rounds)
    count = 500 if given.quick else 5000 * given.copies
    origins, places = (draw.choice(graph.nodes, size, replace=False) for size in (count, count * 2 // 5))
    for limit_m in (1000, 300):
        compared(f"pairs of {count:,} × {len(places):,} within {limit_m} m",
                 {name: lambda one=one, mm=limit_m * 1000: one["within"](origins, places, mm)
                  for name, one in known.items() if "within" in one},
                 lambda one, two: one == two, rounds)
    places_on_streets(draw, 2_000 if given.quick else 20_000, rounds)
    start = time.perf_counter()
    subprocess.run([sys.executable, "-m", "estategap", "--help"], check=True, capture_output=True)
    print(f"\nestategap --help: {time.perf_counter() - start:.2f} s")
    print(f"peak memory of all together: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20:.2f} GiB")


def questions(copies: int, draw: np.random.Generator) -> tuple[int, dict[str, Callable[[], Any]]]:
    """How many nodes there are, and what is asked of this program, with as many more facilities and origins."""
    graph = wuhan(copies)
    facilities = draw.choice(graph.nodes, 1000 * copies, replace=False)
    origins, places = (draw.choice(graph.nodes, size * copies, replace=False) for size in (5000, 2000))
    ours = Ours(graph)
    return graph.nodes, {"build": lambda: Ours(graph), "nearest": lambda: ours.nearest(facilities),
                         "pairs within 1 km": lambda: ours.within(origins, places, 1_000_000)}


def growth(draw: np.random.Generator, rounds: int = 5) -> None:
    """Seconds at five sizes, and the exponent of size that fits them."""
    sizes: list[int] = []
    took: dict[str, list[float]] = {}
    for copies in (1, 2, 4, 8, 16):
        nodes, asked = questions(copies, draw)
        sizes.append(nodes)
        for name, question in asked.items():
            seconds = []
            for _ in range(rounds):
                start = time.perf_counter()
                question()
                seconds.append(time.perf_counter() - start)
            took.setdefault(name, []).append(statistics.median(seconds))
    print(f"nodes: {', '.join(f'{size:,}' for size in sizes)}")
    for name, seconds in took.items():
        power = np.polyfit(np.log(sizes), np.log(seconds), 1)[0]
        print(f"{name}: {', '.join(f'{one:.4f}' for one in seconds)} s; grows with nodes to the power {power:.2f}")
    print(f"peak memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20:.2f} GiB")


def places_on_streets(draw: np.random.Generator, count: int, rounds: int) -> None:
    """Putting points on the nearest street within 300 m."""
    lines = gpd.read_parquet(DATA / "wuhan-roads" / "wuhan_roads.parquet").geometry
    shapes = lines.to_numpy()
    some = shapes[draw.integers(0, len(shapes), count)]
    on = shapely.line_interpolate_point(some, draw.random(count), normalized=True)
    points = shapely.points(shapely.get_coordinates(on) + draw.normal(0, 30, (count, 2)))
    start = time.perf_counter()
    cells = StreetCells.of(shapes, np.ones(len(shapes), dtype=bool))
    cells_s = time.perf_counter() - start
    start = time.perf_counter()
    tree = shapely.STRtree(shapes)
    print(f"\nbuild: cells {cells_s:.2f} s, STRtree {time.perf_counter() - start:.2f} s")
    left, right = gpd.GeoDataFrame(geometry=points, crs=lines.crs), gpd.GeoDataFrame(geometry=lines)

    def joined() -> np.ndarray:
        found = gpd.sjoin_nearest(left, right, max_distance=300, distance_col="m")
        return found.groupby(level=0)["m"].first().reindex(left.index, fill_value=np.inf).to_numpy()

    def by_tree() -> np.ndarray:
        (asked, _), apart = tree.query_nearest(points, max_distance=300, return_distance=True)
        found = np.full(count, np.inf)
        found[asked] = apart
        return found

    compared(f"nearest street of {count:,} points within 300 m",
             {"estategap": lambda: cells.nearest(points, 300.0)[2], "STRtree": by_tree, "sjoin_nearest": joined},
             lambda one, two: bool(np.allclose(one, two, rtol=0, atol=1e-6)), rounds)


if __name__ == "__main__":
    main()
