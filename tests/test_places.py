"""Singapore through the whole job; every fact is worked out again from the raw files with other tools."""

import itertools

import geopandas as gpd
import networkx as nx
import numpy as np
import osmium
import pandas as pd
import pytest
import shapely
from footways import AGREE_M, farthest_apart, pieces_of_lines, pieces_of_ways, shut_nodes, ways_of_pbf
from places import (
    FACILITIES_BEYOND_M,
    OUTLINE_BUFFER_M,
    SAME_ESTATE_M,
    SINGAPORE_CRS,
    read_place,
    run,
    singapore_extent,
    singapore_project,
)


@pytest.fixture(scope="module")
def singapore(shared_data, tmp_path_factory):
    return read_place(singapore_project(shared_data, tmp_path_factory.mktemp("singapore")))


@pytest.fixture(scope="module")
def tables(singapore):
    return run(singapore.folder)


@pytest.fixture(scope="module")
def blocks(shared_data):
    """The raw rows of the residential blocks of the core, by block and street, as points."""
    raw = pd.read_csv(shared_data / "singapore-central" / "hdb_blocks_sg.csv", dtype={"blk_no": str})
    raw = raw.query("in_core == 1 and residential == 't'")
    raw = raw.set_index(raw["blk_no"] + " " + raw["street"])
    place = gpd.GeoSeries.from_xy(raw["longitude"], raw["latitude"], index=raw.index, crs=4326).to_crs(SINGAPORE_CRS)
    return gpd.GeoDataFrame(raw, geometry=place)


@pytest.fixture(scope="module")
def groups(blocks):
    """Connected components of the blocks, joined where two of a street are at most 150 m apart."""
    graph = nx.Graph()
    graph.add_nodes_from(blocks.index)
    for a, b in itertools.combinations(blocks[["street", "geometry"]].itertuples(), 2):
        if a.street == b.street and a.geometry.distance(b.geometry) <= SAME_ESTATE_M:
            graph.add_edge(a.Index, b.Index)
    return [frozenset(group) for group in nx.connected_components(graph)]


@pytest.fixture(scope="module")
def estate_of(singapore):
    """The estate of each block, as the product has it."""
    return singapore.inputs.buildings.frame["estate_id"]


@pytest.fixture(scope="module")
def footways(singapore):
    path = singapore.folder / "roads_core.osm.pbf"
    pieces = pieces_of_ways(ways_of_pbf(path), shut_nodes(path), SINGAPORE_CRS)
    return singapore.footways(pieces)


def nearest_walks(footways, doors, sites, limit_m):
    """Metres from each door to the nearest site, infinite beyond the limit; none is too near the limit to tell."""
    found = pd.Series(footways.walks(doors, sites, limit_m + 1)).groupby(level=0).min().reindex(doors.index)
    assert not found.between(limit_m - AGREE_M, limit_m + AGREE_M).any()
    return found.where(found <= limit_m, np.inf)


def test_blocks_of_a_street_within_150_m_are_one_estate(estate_of, groups):
    made = {frozenset(names) for names in estate_of.groupby(estate_of).groups.values()}
    assert made == set(groups)
    assert (len(estate_of), len(groups)) == (184, 44)


def test_an_outline_is_the_assumed_buffer_of_the_hull_of_its_blocks(singapore, estate_of, blocks, tables):
    estates = singapore.inputs.estates.frame
    assert estates["outline_assumed"].all()
    assert not estates["walled"].any()
    for estate, names in estate_of.groupby(estate_of).groups.items():
        hull = shapely.MultiPoint(list(blocks.geometry[names])).convex_hull.buffer(OUTLINE_BUFFER_M)
        assert estates.geometry[estate].symmetric_difference(hull).area < 0.01
    for measure in (("childcare", "kindergarten_reach_net"), ("elderly_care", "reach_area")):
        assert (tables[0].loc[measure, "confidence"] == "D").all()


def test_every_dwelling_stands_at_the_door_of_its_block(singapore, estate_of, blocks, tables):
    doors = singapore.inputs.doors.frame.set_index("building_id")
    assert doors["households"].to_dict() == pytest.approx(blocks["total_dwelling_units"].to_dict())
    assert blocks["total_dwelling_units"].sum() == doors["households"].sum() == 21_295
    assert doors.geometry.distance(blocks.geometry.reindex(doors.index)).max() < 0.01
    assert doors["provisional"].all()
    by_estate = blocks["total_dwelling_units"].groupby(estate_of).sum()
    assert tables[1]["households"].to_dict() == by_estate.to_dict()
    assert tables[0].loc[("parking", "norm_gap"), "required"].to_dict() == by_estate.to_dict()


def test_an_estate_is_old_if_its_median_block_was_completed_by_2000(estate_of, blocks, tables):
    """All but the age is unknown: weight 0.9 at its midpoint gives 45, and an old estate has 10 more."""
    gaps, ranking = tables
    years = blocks["year_completed"].groupby(estate_of).apply(lambda part: sorted(part)[(len(part) - 1) // 2])
    old = years <= 2000
    assert gaps.loc[("build_age", "old_estate"), "status"].to_dict() == {
        estate: "short" if is_old else "met" for estate, is_old in old.items()}
    assert old.sum() == 40
    assert ranking["score"].to_dict() == pytest.approx({estate: 55 if is_old else 45 for estate, is_old in old.items()})
    assert ranking["unknown_weight"].tolist() == pytest.approx([0.9] * 44)
    assert ranking["rank"].isna().all()


def test_car_parks_of_the_core_have_11397_lots_and_14_do_not_say(singapore, shared_data):
    found = singapore.inputs.facilities["car_parks"]
    listed = found.frame[found.frame["origin"] == "surveyed"]
    here = listed[listed.within(singapore_extent(shared_data, "core"))]
    raw = pd.read_csv(shared_data / "singapore-central" / "hdb_carparks_sg.csv").query("in_core == 1")
    assert set(here.index) == set(raw["car_park_no"])
    assert (len(here), here["capacity"].sum(), here["capacity"].isna().sum()) == (50, 11_397, 14)
    assert raw["total_car_lots"].sum() == 11_397
    assert not found.complete


def test_car_parks_of_the_map_are_added_unless_the_list_has_them(singapore):
    path = str(singapore.folder / "roads_core.osm.pbf")
    mapped = [(node.location.lon, node.location.lat) for node in osmium.FileProcessor(path, osmium.osm.NODE)
              if node.tags.get("amenity") == "parking"]
    assert len(mapped) == 16
    frame = singapore.inputs.facilities["car_parks"].frame
    listed, added = (frame[frame["origin"] == origin] for origin in ("surveyed", "osm"))
    places = gpd.GeoSeries(gpd.points_from_xy(*zip(*mapped, strict=True)), crs=4326).to_crs(SINGAPORE_CRS)
    apart_m = places.apply(lambda point: listed.distance(point).min())
    assert len(added) == (apart_m > 15).sum() == 14
    assert added["capacity"].isna().all()


@pytest.mark.parametrize(("kind", "file", "inside"), [
    ("elderly_care_sites", "eldercare.geojson", 10), ("nurseries", "preschools.geojson", 59),
    ("kindergartens", "preschools.geojson", 59)])
def test_every_site_in_and_around_the_core_is_there_without_a_capacity(singapore, shared_data, kind, file, inside):
    core = singapore_extent(shared_data, "core")
    raw = gpd.read_file(shared_data / "singapore-central" / file).to_crs(SINGAPORE_CRS)
    found = singapore.inputs.facilities[kind]
    assert len(found) == (raw.distance(core) <= FACILITIES_BEYOND_M).sum()
    assert found.frame.within(core).sum() == raw.within(core).sum() == inside
    assert found.frame["capacity"].isna().all()
    assert found.complete


@pytest.mark.parametrize(("analysis", "measure", "reason"), [
    ("elderly_care", "people_unserved", "no_people"), ("childcare", "children_unserved", "no_people"),
    ("parking", "night_gap", "no_demand"), ("parking", "norm_gap", "no_supply"),
    ("parking", "fire_lane_spaces", "no_survey"), ("ebike_charging", "ports_missing", "no_demand"),
    ("ebike_charging", "site_present", "no_survey"), ("complaints", "complaints_received", "no_survey")])
def test_what_no_file_tells_is_unknown_and_says_why(tables, analysis, measure, reason):
    rows = tables[0].loc[(analysis, measure)]
    assert len(rows) == 44
    assert set(rows["status"]) == {"unknown"}
    assert set(rows["basis"]) == {reason}
    assert rows[["shortfall", "coverage", "severity"]].isna().all(axis=None)


def test_a_tenth_storey_makes_a_high_rise_that_wants_a_fire_station_of_its_own(estate_of, blocks, tables):
    """Nobody lists micro fire-stations there, so a high-rise estate's station is unknown, not missing."""
    storeys = blocks["max_floor_lvl"].groupby(estate_of).max()
    assert tables[0].loc[("micro_fire_station", "own_station"), "status"].to_dict() == {
        estate: "unknown" if tallest >= 10 else "not_applicable" for estate, tallest in storeys.items()}
    assert "short" not in set(tables[0].loc["micro_fire_station", "status"])


def test_estates_within_500_m_of_the_rim_of_the_streets_are_at_the_edge_of_data(singapore, shared_data):
    """The file names no bounds: what its streets cover is estimated, and held against the known rim of the core.

    Nobody well inside is doubted, and nearly all who are within 500 m of the true rim are.
    """
    rim = singapore_extent(shared_data, "core").boundary
    estates = singapore.inputs.estates.frame
    to_rim_m = estates.geometry.distance(rim)
    near, far = estates["edge_of_data"][to_rim_m < 500], estates["edge_of_data"][to_rim_m > 1000]
    assert near.mean() > 0.8
    assert len(far) > 3
    assert not far.any()


def test_the_share_of_households_that_reach_a_kindergarten_is_that_of_networkx(
        singapore, estate_of, blocks, footways, tables):
    limit_m = singapore.plan.rules["childcare"].kindergarten_walk_m
    sites = singapore.inputs.facilities["kindergartens"].placed.geometry
    near = nearest_walks(footways, blocks.geometry, sites, limit_m) <= limit_m
    stuck = ~blocks.index.isin(list(footways.snapped(blocks.geometry)))
    homes = blocks["total_dwelling_units"]
    served = (homes * near).groupby(estate_of).sum()
    share = served / homes.groupby(estate_of).sum()
    rows = tables[0].loc[("childcare", "kindergarten_reach_net")]
    assert rows["provided"].to_dict() == pytest.approx(served.to_dict())
    lost = (pd.Series(stuck, blocks.index) & ~near).groupby(estate_of).any()
    edge = singapore.inputs.estates.frame["edge_of_data"]
    doubt = (share < 1) & (lost | edge)
    assert rows["status"].to_dict() == {
        estate: "met" if share[estate] == 1 else "unknown" if doubt[estate] else "short" for estate in share.index}
    assert rows["coverage"].dropna().to_dict() == pytest.approx(share[~doubt].to_dict(), abs=1e-6)
    assert set(rows["status"]) == {"met", "short", "unknown"}


def test_land_within_300_m_of_elderly_care_is_that_of_shapely(singapore, shared_data, tables):
    radius_m = singapore.plan.rules["elderly_care"].radius_m
    sites = gpd.read_file(shared_data / "singapore-central" / "eldercare.geojson").to_crs(SINGAPORE_CRS)
    circles = sites.buffer(radius_m, quad_segs=300).union_all()
    share = singapore.inputs.estates.frame.intersection(circles).area / singapore.inputs.estates.frame.area
    rows = tables[0].loc[("elderly_care", "reach_area")]
    assert rows["coverage"].to_dict() == pytest.approx(share.to_dict(), abs=1e-3)
    assert share.between(0.01, 0.99).any()


def test_with_people_assumed_the_unknown_capacity_is_what_leaves_elderly_care_unknown(
        shared_data, tmp_path, estate_of, blocks, footways):
    """3 persons per dwelling, a quarter of them old, 40 places per 1000: 0.03 places per dwelling.

    Who reaches no site is short for certain; whoever reaches one may or may not find a place there.
    """
    place = read_place(singapore_project(shared_data, tmp_path, profile=True))
    rows = place.answer("elderly_care").of("people_unserved")
    rule = place.plan.rules["elderly_care"]
    limit_m = rule.walk_limit_m
    sites = place.inputs.facilities["elderly_care_sites"].placed.geometry
    near = nearest_walks(footways, blocks.geometry, sites, limit_m) <= limit_m
    need = blocks["total_dwelling_units"] * 3 * 0.25 * rule.places_per_1000_aged_60 / 1000
    total, beyond = need.groupby(estate_of).sum(), (need * ~near).groupby(estate_of).sum()
    stuck = ~blocks.index.isin(list(footways.snapped(blocks.geometry)))
    sure = ~place.inputs.estates.frame["edge_of_data"] & ~pd.Series(stuck, blocks.index).groupby(estate_of).any()
    some = near.groupby(estate_of).any()
    assert rows["required"].to_dict() == pytest.approx(total.to_dict())
    assert set(rows.loc[some, "status"]) == {"unknown"}
    assert set(rows.loc[some & sure, "basis"]) == {"unknown_capacity+profile"}
    assert rows.loc[sure, "low"].to_dict() == pytest.approx(beyond[sure].to_dict())
    assert rows.loc[sure, "high"].to_dict() == pytest.approx(total[sure].to_dict())
    assert set(rows.loc[sure & ~some, "status"]) == {"short"}
    assert set(rows.loc[~sure, "status"]) == {"unknown"}


def test_walks_in_the_core_agree_with_networkx(singapore, footways):
    doors = singapore.inputs.doors.frame
    sites = singapore.inputs.facilities["elderly_care_sites"].placed
    theirs = footways.walks(doors.geometry, sites.geometry, 2500)
    ours = singapore.walk.pairs(doors, sites, cutoff_m=2500)["distance_m"].to_dict()
    assert len(theirs) > 1000
    assert farthest_apart(ours, theirs, 2500) < AGREE_M
    on_street = singapore.walk.access(doors) == "street"
    assert set(doors.index[on_street]) == set(footways.snapped(doors.geometry))


def test_walks_on_lines_that_had_to_be_noded_agree_with_unary_union_and_networkx(shared_data, tmp_path):
    """The wide extent: 50,348 lines, no junctions given; 1,294 blocks, 338 car parks with 82,612 lots."""
    place = read_place(singapore_project(shared_data, tmp_path, extent="wide"))
    parks = place.inputs.facilities["car_parks"].frame
    parks = parks[parks.within(singapore_extent(shared_data, "wide"))]
    assert (len(parks), parks["capacity"].count(), parks["capacity"].sum()) == (410, 338, 82_612)
    assert (len(place.inputs.doors), place.inputs.doors.frame["households"].sum()) == (1294, 169_046)
    path = shared_data / "singapore-central" / "roads_wide.geojson.gz"
    footways = place.footways(pieces_of_lines(path, SINGAPORE_CRS))
    doors = place.inputs.doors.frame.iloc[::10]
    sites = place.inputs.facilities["elderly_care_sites"].placed.iloc[::4]
    theirs = footways.walks(doors.geometry, sites.geometry, 3000)
    ours = place.walk.pairs(doors, sites, cutoff_m=3000)["distance_m"].to_dict()
    assert len(theirs) > 300
    assert farthest_apart(ours, theirs, 3000) < AGREE_M
