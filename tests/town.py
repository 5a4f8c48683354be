"""A town small enough to work out on paper.

One road along y = 0. Estates A, B and C stand north of it, 200 m square from y = 10, their gates at the middle of the
southern wall, 10 m from the road. Each has a near door 10 m inside the gate (13 m at the detour factor of 1.3) and a
far one 100 m inside (130 m). On foot from the road's point in front of the gate: near door 23 m, far door 140 m.
"""

from dataclasses import replace
from itertools import pairwise

import geopandas as gpd
import pandas as pd
import shapely

from analyses.standards import load_pack
from estategap.walking import WalkingRule
from gis.network import StreetNetwork
from gis.tables import Buildings, Doors, Estates, Facilities, Gates, Streets

CRS = "EPSG:4549"
PACK = load_pack("cn-national")
GATE_X = {"A": 100, "B": 500, "C": 900}
KINDS = ("car_parks", "ebike_chargers", "elderly_care_sites", "nurseries", "kindergartens", "micro_fire_stations",
         "fire_stations")


def frame(name, rows, shift=(0.0, 0.0)):
    """Rows of ``id: (geometry, {column: value})``."""
    shapes = [
        shapely.transform(shape, lambda xy: xy + shift) if shape is not None else None for shape, _ in rows.values()
    ]
    data = pd.DataFrame([facts for _, facts in rows.values()], index=pd.Index(list(rows), name=name))
    return gpd.GeoDataFrame(data, geometry=gpd.GeoSeries(shapes, index=data.index, crs=CRS))


def estates(facts=None, shift=(0.0, 0.0)):
    base = {"households": 100.0, "residents": 400.0, "residents_60plus": 200.0, "residents_under3": 20.0,
            "households_basis": "roster", "residents_basis": "roster",
            "residents_60plus_basis": "roster", "residents_under3_basis": "roster", "community": "甲"}
    rows = {key: (shapely.box(x - 100, 10, x + 100, 210), base | {"name": key} | (facts or {}).get(key, {}))
            for key, x in GATE_X.items()}
    return Estates.of(frame("estate_id", rows, shift))


def doors(the_estates, shift=(0.0, 0.0)):
    people = the_estates.frame[["households", "residents", "residents_60plus", "residents_under3"]] / 2
    rows = {f"{key}-{name}": (shapely.Point(x, y), {"estate_id": key, "basis": "roster", **people.loc[key]})
            for key, x in GATE_X.items() for name, y in (("near", 20), ("far", 110))}
    return Doors.of(frame("door_id", rows, shift))


def streets(shift=(0.0, 0.0)):
    xs = [-2000, 0, 300, 700, 3000]
    rows = {f"s{k}": (shapely.LineString([(a, 0), (b, 0)]), {"u": k, "v": k + 1, "street_class": "residential"})
            for k, (a, b) in enumerate(pairwise(xs))}
    return Streets.of(frame("edge_id", rows, shift))


def gates(shift=(0.0, 0.0)):
    return Gates.of(
        frame("gate_id", {f"g{key}": (shapely.Point(x, 10), {"estate_id": key}) for key, x in GATE_X.items()}, shift)
    )


def facilities(kind, rows=None, *, complete=True, shift=(0.0, 0.0)):
    """Rows of ``id: (x, y, {column: value})``."""
    if not rows:
        return Facilities.empty(CRS, kind=kind, complete=complete)
    placed = {key: (shapely.Point(x, y), facts) for key, (x, y, facts) in rows.items()}
    return Facilities.of(frame("facility_id", placed, shift), kind=kind, complete=complete)


def layers(facts=None, places=None, *, complete=True, shift=(0.0, 0.0), buildings=None):
    """Everything an analysis may ask for; ``places`` are facility rows per kind."""
    the_estates = estates(facts, shift)
    walking = PACK.rule("walking", WalkingRule)
    return {
        "estates": the_estates, "doors": doors(the_estates, shift), "gates": gates(shift),
        "buildings": Buildings.of(frame("building_id", buildings, shift)) if buildings else Buildings.empty(CRS),
        "walk": StreetNetwork.build(streets(shift), the_estates, gates(shift), walking),
        **{kind: facilities(kind, (places or {}).get(kind), complete=complete, shift=shift) for kind in KINDS},
    }


def answer(analysis, given, **rule_values):
    """Run an analysis on layers with the national rules, some of them replaced."""
    rule = PACK.rule(analysis.name, analysis.rule, leave_out=frozenset({"weight"}))
    return analysis(*(given[name] for name in analysis.layers), rule=replace(rule, **rule_values))


def column(result, measure, name):
    return result.of(measure)[name].to_dict()
