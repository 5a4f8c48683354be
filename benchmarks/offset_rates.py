"""How often the offset of a layer is told right, wrong or not at all, from 10, 30 and 100 shapes, and how fast.

Needs the folder ESTATEGAP_TEST_DATA (default ../shared/data) for Shanghai and Wuhan; the district is generated.
"""

import os
import platform
import sys
import time
from collections import Counter
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from offset_places import as_shown, offset_places

from gis.offset_fit import fit_offset
from gis.offset_odds import SYSTEMS

COUNTS, ROUNDS, RANDOM_LAYERS = (10, 30, 100), 10, 200


def main():
    data = Path(os.environ.get("ESTATEGAP_TEST_DATA", Path(__file__).parents[2] / "shared" / "data"))
    with TemporaryDirectory() as folder:
        places = offset_places(data, Path(folder))
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores; {ROUNDS} layers per line, drawn by chance")
    print(f"{'place':22} {'layer':10} {'system':7} shapes right wrong cannot tell  s/fit")
    total = {count: Counter() for count in COUNTS}
    for place, (reference, layers) in places.items():
        for kind, layer in layers.items():
            for system in SYSTEMS:
                for count in COUNTS:
                    said, seconds = rates(layer, system, count, reference)
                    total[count] += said
                    line = " ".join((f"{place:22} {kind:10} {system:7} {count:6}", row(said), f"{seconds:6.2f}"))
                    print(line, flush=True)
    for count, said in total.items():
        print(f"{'all':22} {'':10} {'':7} {count:6} {row(said)}")
    put_together(places)
    at_random(places)
    thousand_shapes(places)


def rates(layer, system, count, reference):
    """Answers for layers of ``count`` shapes in ``system``, and seconds per fit."""
    drawn = [as_shown(layer.sample(min(count, len(layer)), random_state=seed), system) for seed in range(ROUNDS)]
    start = time.perf_counter()
    answers = [fit_offset(one, reference).system for one in drawn]
    seconds = (time.perf_counter() - start) / ROUNDS
    return Counter("right" if said == system else "wrong" if said else "cannot tell" for said in answers), seconds


def row(said):
    return f"{said['right']:5} {said['wrong']:5} {said['cannot tell']:11}"


def put_together(places):
    """Layers of which a part lies in another system: how often that is told, and how often of layers in one system."""
    print(f"{'place':22} {'layer':10} {'part':12} shapes  told as two")
    parts = [("", 0.0), ("GCJ-02", 0.25), ("GCJ-02", 0.5), ("BD-09", 0.33)]
    for place, (reference, layers) in places.items():
        for kind, layer in layers.items():
            for (system, share), count in product(parts, COUNTS):
                drawn = (mixed(layer, system, share, count, seed) for seed in range(ROUNDS))
                told = sum(fit_offset(one, reference).because == "mixed" for one in drawn)
                print(f"{place:22} {kind:10} {share:4.0%} {system:7} {count:6} {told:5} of {ROUNDS}", flush=True)


def mixed(layer, system, share, count, seed):
    drawn = layer.sample(min(count, len(layer)), random_state=seed)
    moved = round(share * len(drawn))
    parts = [as_shown(drawn[:moved], system), drawn[moved:]] if moved else [drawn]
    return gpd.GeoSeries(pd.concat(parts), crs=layer.crs)


def at_random(places):
    """Points placed without regard to streets, in WGS84: how often they are taken for moved ones."""
    rng = np.random.default_rng(1)
    for place, (reference, layers) in places.items():
        west, south, east, north = next(iter(layers.values())).total_bounds
        said = Counter()
        for turn in range(RANDOM_LAYERS):
            spots = rng.uniform((west, south), (east, north), (COUNTS[turn % len(COUNTS)], 2))
            said[fit_offset(gpd.GeoSeries(shapely.points(spots), crs=reference.crs), reference).system] += 1
        wrong = said["GCJ-02"] + said["BD-09"]
        print(f"{place:22} {RANDOM_LAYERS} layers of points at random: {wrong} taken for moved ones")


def thousand_shapes(places):
    for place in ("district", "district with outlines"):
        reference, layers = places[place]
        layer = layers["buildings"][:1000]
        start = time.perf_counter()
        fit_offset(layer, reference)
        print(f"{place:22} {len(layer)} buildings: {time.perf_counter() - start:.2f} s")


if __name__ == "__main__":
    main()
