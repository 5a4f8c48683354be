"""An OSM extract of Shanghai through the whole job: its estates are walled, and most of them are cut by its edge."""

import dataclasses
import xml.etree.ElementTree as ET

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from footways import (
    AGREE_M,
    Footways,
    farthest_apart,
    outside,
    pieces_of_ways,
    shut_nodes,
    walkable,
    ways_of_xml,
    within,
)
from places import read_place, run, tongji_project
from rich.console import Console

from estategap.job import check_project
from estategap.progress import Progress

CRS = "EPSG:4549"
WHOLE = {"密云路454弄", "同济国康公寓", "原林小区"}


@pytest.fixture(scope="module")
def tongji(shared_data, tmp_path_factory):
    """With households estimated from floor area, so that reach is not unknown for want of people."""
    return read_place(tongji_project(shared_data, tmp_path_factory.mktemp("tongji"), profile=True))


@pytest.fixture(scope="module")
def bare(shared_data, tmp_path_factory):
    """The folder of the project that has nothing but the extract."""
    return tongji_project(shared_data, tmp_path_factory.mktemp("bare"))


@pytest.fixture(scope="module")
def tables(bare):
    return run(bare)


@pytest.fixture(scope="module")
def outlines(bare):
    """The residential areas as GDAL reads them, by name."""
    areas = pyogrio.read_dataframe(bare / "tongji.osm", layer="multipolygons", columns=["name"],
                                   where="landuse = 'residential'")
    return areas.set_index("name").to_crs(CRS).geometry


@pytest.fixture(scope="module")
def bounds(bare):
    """The area of the extract that its header names."""
    box = ET.parse(bare / "tongji.osm").getroot().find("bounds")  # noqa: S314 - our own file
    degrees = shapely.box(*(float(box.get(edge)) for edge in ("minlon", "minlat", "maxlon", "maxlat")))
    return gpd.GeoSeries([degrees], crs=4326).to_crs(CRS).iloc[0]


@pytest.fixture(scope="module")
def footways(tongji, outlines):
    """The streets outside the walls: what lies more than the tolerance inside an outline is closed to walkers."""
    path, rule = tongji.folder / "tongji.osm", tongji.plan.walking
    ways = [way for way in ways_of_xml(path) if walkable(way[0])]
    through = [tags["highway"] in rule.through_classes for tags, refs, _ in ways for _ in refs[1:]]
    walls = outlines.buffer(-rule.wall_tolerance_m, join_style="mitre").union_all()
    return tongji.footways(outside(pieces_of_ways(ways, shut_nodes(path), CRS), walls, through), walls=walls)


@pytest.fixture(scope="module")
def paths(tongji):
    """The ways inside each walled estate, by its id: residents walk private ones too."""
    rule = tongji.plan.walking
    mine = [({**tags, "access": "yes"} if tags.get("access") == "private" and tags.get("foot") != "no" else tags, *rest)
            for tags, *rest in ways_of_xml(tongji.folder / "tongji.osm")]
    mine = [way for way in mine if walkable(way[0])]
    through = [tags["highway"] in rule.through_classes for tags, refs, _ in mine for _ in refs[1:]]
    pieces = pieces_of_ways(mine, shut_nodes(tongji.folder / "tongji.osm"), CRS)
    return {estate: Footways(within(pieces, area.buffer(-rule.wall_tolerance_m, join_style="mitre"), through),
                             max_snap_m=rule.path_snap_m, min_island_m=0)
            for estate, area in tongji.inputs.estates.frame.geometry.items()}


def through_gates(place, footways, paths, origins, destinations, *, cutoff_m):
    """Metres from door to gate, along the streets, and in by a gate where there are walls.

    Within walls: along the ways inside where both ends are within 30 m of some that join, else 1.3 × straight line.

    An estate that lies in another for 90 % shares its gates.
    """
    areas = place.inputs.estates.frame.geometry
    around = {
        inner: [outer for outer, b in areas.items() if a.intersection(b).area >= 0.9 * a.area and a.area <= b.area]
        for inner, a in areas.items()
    }
    gates = place.walk.gates.open_to("foot")
    gates = gates[gates["estate_id"] != ""]
    in_walls = destinations["estate_id"].isin(place.inputs.estates.ids)
    targets = pd.concat([gates.geometry, destinations.geometry[~in_walls]])
    legs = footways.walks(gates.geometry, targets, cutoff_m)

    places = pd.concat([origins.geometry, destinations.geometry[in_walls], gates.geometry])
    by_path = {estate: inner.walks(places, places, np.inf) if inner.pieces else {} for estate, inner in paths.items()}

    def walk(estate, one, other):
        straight = places[one].distance(places[other]) * place.plan.walking.internal_detour
        return by_path[estate].get((one, other), straight)

    def inside(estate, key):
        own = gates[gates["estate_id"].isin(around[estate])]
        return [(gate, walk(holder, key, gate)) for gate, holder in own["estate_id"].items()]

    found = {}
    for door in origins.itertuples():
        for goal in destinations.itertuples():
            ends = inside(goal.estate_id, goal.Index) if in_walls[goal.Index] else [(goal.Index, 0.0)]
            walks = [out + legs.get((gate, end), cutoff_m + 1) + last
                     for gate, out in inside(door.estate_id, door.Index) for end, last in ends]
            walks += [walk(both, door.Index, goal.Index)
                      for both in set(around[door.estate_id]) & set(around.get(goal.estate_id, []))]
            if min(walks, default=cutoff_m + 1) <= cutoff_m:
                found[door.Index, goal.Index] = min(walks)
    return found


def test_all_15_named_residential_areas_are_in_the_tables(tables, outlines):
    gaps, ranking = tables
    assert len(outlines) == 15
    assert sorted(ranking["name"]) == sorted(outlines.index)
    assert (gaps.groupby(level=["analysis", "measure"])["name"].nunique() == 15).all()
    assert ranking["rank"].isna().all()


def test_three_estates_lie_wholly_inside_and_all_are_near_enough_to_the_edge_to_be_doubted(tongji, outlines, bounds):
    share = outlines.intersection(bounds).area / outlines.area
    assert set(share.index[share > 0.99]) == WHOLE
    assert ((share > 0.25) & (share < 0.6)).sum() == 6
    assert (share < 0.1).sum() == 6
    near = outlines.disjoint(bounds) | ~outlines.within(bounds.buffer(-tongji.plan.walking.edge_margin_m))
    estates = tongji.inputs.estates.frame.set_index("name")
    assert estates["edge_of_data"].to_dict() == near.to_dict()
    assert near.all()
    for name, outline in outlines.items():
        assert estates.geometry[name].symmetric_difference(outline).area < 0.01


def test_estates_inside_another_are_named_when_the_project_is_checked(bare, outlines):
    warned = check_project(bare, Progress(Console(quiet=True))).problems
    nested = {(inner, outer) for inner, a in outlines.items() for outer, b in outlines.items()
              if inner != outer and a.intersection(b).area > 0.9 * a.area}
    assert len(nested) == 3
    assert {(one.value, str(one.why).split("the estate ")[1].split(";")[0]) for one in warned
            if "lies inside the estate" in str(one.why)} == nested
    assert {outer for _, outer in nested} == {"巴林小区"}


def test_nothing_is_met_and_nothing_short_where_only_the_extract_speaks(tables):
    """No people, no years, no capacities and no complete list: the answer is unknown, 15 times for each measure."""
    rows = tables[0]
    assert set(rows["status"]) == {"unknown"}
    reasons = rows.groupby(level=["analysis", "measure"])["basis"].agg(set)
    assert reasons["parking", "night_gap"] == {"no_demand"}
    assert reasons["elderly_care", "people_unserved"] == {"no_people"}
    assert reasons["childcare", "children_unserved"] == {"no_people"}
    assert reasons["ebike_charging", "ports_missing"] == {"no_demand"}
    assert reasons["elderly_care", "reach_area"] == {"incomplete_source"}
    assert reasons["micro_fire_station", "own_station"] == {"height_unknown"}


def test_households_are_the_floor_area_of_homes_and_marked(tongji):
    """Footprint × storeys (6 where unknown) ÷ 90 m² for the homes whose inner point lies in the estate."""
    frame = pyogrio.read_dataframe(tongji.folder / "tongji.osm", layer="multipolygons").to_crs(CRS)
    estates = tongji.inputs.estates.frame
    assert set(estates.loc[estates["households"].notna(), "households_basis"]) == {"floor_area"}
    name = "密云路454弄"
    homes = frame[frame["building"].isin(["yes", "apartments", "residential", "house"]) & frame["amenity"].isna()]
    outline = estates.set_index("name").geometry[name]
    homes = homes[homes.representative_point().within(outline)]
    said = homes["other_tags"].fillna("").str.extract(r'"building:levels"=>"(\d+)"')[0].astype(float)
    floor_m2 = (homes.area * said.fillna(6)).sum()
    assert estates.set_index("name")["households"][name] == pytest.approx(floor_m2 / 90, rel=1e-6)


def test_gates_are_the_mapped_ones_on_an_outline_else_assumed_on_it(tongji, outlines, bare):
    root = ET.parse(bare / "tongji.osm").getroot()  # noqa: S314 - our own file
    mapped = {f"node/{one.get('id')}": shapely.Point(float(one.get("lon")), float(one.get("lat")))
              for one in root.iter("node") for tag in one.iter("tag") if tag.attrib == {"k": "barrier", "v": "gate"}}
    places = gpd.GeoSeries(mapped, crs=4326).to_crs(CRS)
    names = tongji.inputs.estates.frame["name"]
    near = {(gate, name) for gate, place in places.items() for name, outline in outlines.items()
            if outline.boundary.distance(place) <= 5}
    gates = tongji.walk.gates.frame
    known, assumed = (gates[(gates["assumed"] == flag) & (gates["estate_id"] != "")] for flag in (False, True))
    assert set(zip(known.index, known["estate_id"].map(names), strict=True)) == near
    assert len(places) == 16
    assert not set(assumed["estate_id"]) & set(known.loc[known["foot"], "estate_id"])
    for gate in assumed.itertuples():
        assert outlines[names[gate.estate_id]].boundary.distance(gate.geometry) < 0.001


def test_walks_through_gates_agree_with_networkx(tongji, footways, paths):
    doors = tongji.inputs.doors.frame
    parks = tongji.inputs.facilities["car_parks"].placed[["estate_id", "geometry"]]
    buildings = tongji.inputs.buildings.frame
    others = buildings[buildings["estate_id"] == ""].iloc[::10]
    others = others.assign(geometry=others.representative_point())[["estate_id", "geometry"]]
    goals = pd.concat([parks, others]).rename_axis("facility_id").sort_index()
    theirs = through_gates(tongji, footways, paths, doors, goals, cutoff_m=3000)
    ours = tongji.walk.pairs(doors, goals, cutoff_m=3000)["distance_m"].to_dict()
    assert len(theirs) > 500
    assert farthest_apart(ours, theirs, 3000) < AGREE_M


def test_beyond_reach_is_never_short_where_the_data_end(tongji, footways, paths):
    """The ten car parks taken as a complete list: still nobody is said to be without one."""
    parks = tongji.inputs.facilities["car_parks"]
    whole = {**tongji.inputs.facilities, "car_parks": dataclasses.replace(parks, complete=True)}
    place = dataclasses.replace(tongji, inputs=dataclasses.replace(tongji.inputs, facilities=whole))
    rows = place.answer("parking").of("car_park_reach")
    limit_m = place.plan.rules["parking"].car_park_walk_m
    doors = place.inputs.doors.frame
    walks = pd.Series(through_gates(place, footways, paths, doors, parks.placed, cutoff_m=limit_m))
    reached = pd.Series(doors.index.isin(walks.index.get_level_values(0)), doors.index)
    peopled = place.inputs.estates.frame["households"].notna()
    met = reached.groupby(doors["estate_id"]).all().reindex(rows.index) & peopled
    assert peopled.sum() == 12
    assert rows["status"].to_dict() == {estate: "met" if all_reach else "unknown" for estate, all_reach in met.items()}
    assert set(rows.loc[~peopled, "basis"]) == {"no_people"}
    assert set(rows.loc[peopled & ~met, "basis"]) <= {"edge_of_data+floor_area", "no_way_out+floor_area"}
    assert len(parks) == 10
