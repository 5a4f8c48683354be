"""Reading an OpenStreetMap file beside other programs: seconds, memory, and what each finds.

Each program reads in a process of its own, so that its memory is its own. Needs Las Palmas in the folder
ESTATEGAP_TEST_DATA (default ../shared/data). ``--copies 16`` puts so many of it side by side. What gives up is
named with its reason; osmnx, which reads XML alone, is not asked.
"""

import argparse
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import osmium

DATA = Path(os.environ.get("ESTATEGAP_TEST_DATA", Path(__file__).parents[2] / "shared" / "data"))
IDS, DEGREES = 10**11, 0.5
"""How far the ids of two copies are from each other, and how far they lie apart."""


def copied(source: Path, target: Path, copies: int) -> None:
    """Write the file so many times side by side, sorted: nodes, ways, relations."""
    with osmium.SimpleWriter(str(target)) as writer:
        for kind in (osmium.osm.NODE, osmium.osm.WAY, osmium.osm.RELATION):
            for copy in range(copies):
                for thing in osmium.FileProcessor(str(source), kind):
                    shift = copy * IDS
                    if kind == osmium.osm.NODE:
                        place = (thing.location.lon + copy * DEGREES, thing.location.lat)
                        writer.add_node(thing.replace(id=thing.id + shift, location=place))
                    elif kind == osmium.osm.WAY:
                        nodes = [node.ref + shift for node in thing.nodes]
                        writer.add_way(thing.replace(id=thing.id + shift, nodes=nodes))
                    else:
                        members = [(one.type, one.ref + shift, one.role) for one in thing.members]
                        writer.add_relation(thing.replace(id=thing.id + shift, members=members))


def by_estategap(path: Path) -> dict[str, int]:
    """Streets as edges of a graph, buildings, facilities, gates, water, green … with relations, in one pass."""
    from layers.osm import read_osm  # noqa: PLC0415
    found = read_osm(path)
    return {"street edges": len(found.streets), "buildings": len(found.buildings),
            "of relations": int(found.buildings.index.str.startswith("relation/").sum()),
            "other things": sum(found.counts.values()) - len(found.streets) - len(found.buildings)}


def by_pyrosm(path: Path) -> dict[str, int]:
    """Its walking network with nodes, its buildings, and amenities."""
    import pyrosm  # noqa: PLC0415
    osm = pyrosm.OSM(str(path))
    _, edges = osm.get_network(network_type="walking", nodes=True)
    buildings = osm.get_buildings()
    return {"street edges": len(edges), "buildings": len(buildings),
            "of relations": int((buildings["osm_type"] == "relation").sum()),
            "other things": len(osm.get_pois(custom_filter={"amenity": True}))}


def by_gdal(path: Path) -> dict[str, int]:
    """Its layers of lines, areas and points, with pyogrio; streets are not cut where they meet."""
    import pyogrio  # noqa: PLC0415
    streets = pyogrio.read_dataframe(path, layer="lines", where="highway IS NOT NULL", on_invalid="ignore")
    buildings = pyogrio.read_dataframe(path, layer="multipolygons", where="building IS NOT NULL", on_invalid="ignore")
    return {"street edges": len(streets), "buildings": len(buildings),
            "of relations": int(buildings["osm_id"].notna().sum()),
            "other things": len(pyogrio.read_dataframe(path, layer="points"))}


PROGRAMS: dict[str, Callable[[Path], dict[str, int]]] = {
    "estategap": by_estategap, "pyrosm": by_pyrosm, "gdal": by_gdal}


def alone(name: str, path: Path) -> None:
    """Read the file twice with one program and print seconds of the second time, peak memory in GiB and counts."""
    read = PROGRAMS[name]
    read(path)
    start = time.perf_counter()
    counts = read(path)
    took = time.perf_counter() - start
    print(json.dumps([took, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20, counts]))


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--copies", type=int, default=1)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--alone", nargs=2, help=argparse.SUPPRESS)
    given = options.parse_args()
    if given.alone:
        alone(given.alone[0], Path(given.alone[1]))
        return
    source = DATA / "las-palmas" / "las_palmas.osm.pbf"
    if not source.exists():
        sys.exit(f"no Las Palmas in {DATA}: say where it is with ESTATEGAP_TEST_DATA")
    with tempfile.TemporaryDirectory() as folder:
        path = source
        if given.copies > 1:
            path = Path(folder) / "copies.osm.pbf"
            copied(source, path, given.copies)
        print(f"{platform.python_version()}, {os.cpu_count()} cores, {platform.machine()}; "
              f"Las Palmas × {given.copies}: {path.stat().st_size / 1e6:.1f} MB; "
              f"medians of {given.rounds} processes, each reading a second time")
        found: dict[str, list[tuple[float, float, dict[str, int]]]] = {name: [] for name in PROGRAMS}
        for _ in range(given.rounds):
            for name, runs in found.items():
                said = subprocess.run([sys.executable, __file__, "--alone", name, str(path)], check=False,
                                      capture_output=True, text=True)
                if said.returncode:
                    print(f"{name} gave up: {said.stderr.splitlines()[-1]}")
                else:
                    runs.append(json.loads(said.stdout.splitlines()[-1]))
        for name, runs in found.items():
            if not runs:
                continue
            seconds, memory = (statistics.median(run[at] for run in runs) for at in (0, 1))
            print(f"{name:10} {seconds:6.2f} s  {memory:5.2f} GiB  "
                  + ", ".join(f"{count:,} {what}" for what, count in runs[0][2].items()))


if __name__ == "__main__":
    main()
