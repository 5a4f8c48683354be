"""Hand-written OSM files: what is read, what is cut, what is refused."""

import datetime as dt

import pytest
import shapely

from gis.errors import InputError
from layers.osm import read_osm
from layers.osm_tags import osm_tags, read_tags

LON, LAT = 121.5, 31.25
STEP = 0.001


def node(number, x, y, **tags):
    place = f'lon="{LON + x * STEP:.7f}" lat="{LAT + y * STEP:.7f}"'
    return f'<node id="{number}" version="1" {place}>{marks(tags)}</node>'


def way(number, refs, **tags):
    return f'<way id="{number}" version="1">' + "".join(f'<nd ref="{ref}"/>' for ref in refs) + marks(tags) + "</way>"


def relation(number, members, **tags):
    rows = "".join(f'<member type="way" ref="{ref}" role="{role}"/>' for ref, role in members)
    return f'<relation id="{number}" version="1">{rows}{marks(tags)}</relation>'


def marks(tags):
    pairs = ((key.replace("__", ":"), value) for key, value in tags.items())
    return "".join(f'<tag k="{key}" v="{value}"/>' for key, value in pairs)


def write(folder, *things, head=""):
    path = folder / "town.osm"
    path.write_text('<?xml version="1.0" encoding="UTF-8"?><osm version="0.6" generator="hand">'
                    + head + "".join(things) + "</osm>", encoding="utf-8")
    return path


def square(first, x, y, side):
    """Four corner nodes from ``first`` and the refs of the ring."""
    corners = [(x, y), (x + side, y), (x + side, y + side), (x, y + side)]
    ring = [first, first + 1, first + 2, first + 3, first]
    return [node(ref, *corner) for ref, corner in zip(ring, corners, strict=False)], ring


def ends(extract):
    return extract.streets[["u", "v"]].apply(tuple, axis=1).to_dict()


def test_streets_split_only_at_shared_nodes_and_a_bridge_joins_nothing(tmp_path):
    places = [(0, 0), (1, 0), (2, 0), (1, 1), (1, -1), (0.5, 1), (0.5, -1)]
    cross = [node(number, *place) for number, place in enumerate(places, start=1)]
    extract = read_osm(write(
        tmp_path, *cross, way(10, [1, 2, 3], highway="residential", name="人民路"),
        way(11, [4, 2, 5], highway="footway"), way(12, [6, 7], highway="footway", bridge="yes", layer="1")))
    assert ends(extract) == {"way/10#0": (1, 2), "way/10#1": (2, 3), "way/11#0": (4, 2), "way/11#1": (2, 5),
                             "way/12#0": (6, 7)}
    assert extract.streets.loc["way/10#1", "name"] == "人民路"
    assert list(extract.streets.loc["way/10#1", "geometry"].coords) == [
        pytest.approx((LON + STEP, LAT)), pytest.approx((LON + 2 * STEP, LAT))]


def test_a_loop_keeps_its_course_and_splits_where_another_street_leaves_it(tmp_path):
    nodes, ring = square(1, 0, 0, 1)
    extract = read_osm(write(tmp_path, *nodes, node(9, 2, 2), way(10, ring, highway="service"),
                             way(11, [3, 9], highway="service")))
    assert ends(extract) == {"way/10#0": (1, 3), "way/10#1": (3, 1), "way/11#0": (3, 9)}
    assert shapely.length(extract.streets.geometry.to_numpy()[:2]).sum() == pytest.approx(4 * STEP)


def test_a_lone_loop_is_one_edge_from_a_node_to_itself(tmp_path):
    nodes, ring = square(1, 0, 0, 1)
    extract = read_osm(write(tmp_path, *nodes, way(10, ring, highway="service")))
    assert ends(extract) == {"way/10#0": (1, 1)}


def test_a_way_that_lacks_nodes_ends_at_the_hole_and_is_listed(tmp_path):
    extract = read_osm(write(tmp_path, node(1, 0, 0), node(2, 1, 0), node(4, 3, 0), node(5, 4, 0), node(7, 6, 0),
                             way(10, [1, 2, 3, 4, 5, 6, 7], highway="residential")))
    assert ends(extract) == {"way/10#0": (1, 2), "way/10#1": (4, 5)}
    assert shapely.length(extract.streets.geometry.to_numpy()).sum() == pytest.approx(2 * STEP)
    assert extract.cut.values.tolist() == [["way/10", "streets", 2]]


def test_water_and_rail_lines_are_not_drawn_across_a_hole(tmp_path):
    extract = read_osm(write(tmp_path, *(node(k, k, 0) for k in (1, 2, 4, 5)),
                             way(10, [1, 2, 3, 4, 5], waterway="river"), way(11, [1, 2, 3], railway="rail"),
                             way(12, [1, 2], waterway="stream", tunnel="culvert")))
    assert shapely.length(extract.waterways.geometry.to_numpy()) == pytest.approx([2 * STEP])
    assert shapely.length(extract.railways.geometry.to_numpy()) == pytest.approx([STEP])
    assert extract.cut.values.tolist() == [["way/10", "waterways", 1], ["way/11", "railways", 1]]


def test_a_file_name_in_chinese_is_read(tmp_path):
    path = write(tmp_path, node(1, 0, 0), node(2, 1, 0), way(10, [1, 2], highway="path"))
    assert read_osm(path.rename(tmp_path / "街道 路网.osm")).file == "街道 路网.osm"


def test_an_area_that_lacks_nodes_or_members_is_listed_and_never_closed(tmp_path):
    nodes, ring = square(1, 0, 0, 1)
    cut_ring = [1, 2, 3, 99, 1]
    extract = read_osm(write(
        tmp_path, *nodes, way(10, ring, landuse="residential", name="完整"), way(11, cut_ring, landuse="residential"),
        relation(20, [(10, "outer"), (77, "outer")], building="yes", type="multipolygon"),
        relation(21, [(11, "outer")], leisure="park", type="multipolygon")))
    assert list(extract.estates.index) == ["way/10"]
    assert extract.buildings.empty
    assert extract.cut.values.tolist() == [
        ["relation/20", "buildings", 1], ["relation/21", "green", 1], ["way/11", "estates", 1]]


def test_a_multipolygon_keeps_its_hole(tmp_path):
    outer, outer_ring = square(1, 0, 0, 4)
    inner, inner_ring = square(11, 1, 1, 1)
    extract = read_osm(write(
        tmp_path, *outer, *inner, way(10, outer_ring), way(11, inner_ring),
        relation(20, [(10, "outer"), (11, "inner")], type="multipolygon", building="apartments", building__levels="6",
                 height="18.5 m", name="一号楼", building__flats="48")))
    assert list(extract.buildings.index) == ["relation/20"]
    row = extract.buildings.loc["relation/20"]
    assert row.geometry.area == pytest.approx((16 - 1) * STEP**2)
    assert (row["use"], row["levels"], row["height_m"], row["households"], row["name"]) == (
        "residential", 6, 18.5, 48, "一号楼")


def test_an_outer_way_that_repeats_the_tags_counts_once(tmp_path):
    outer, outer_ring = square(1, 0, 0, 4)
    inner, inner_ring = square(11, 1, 1, 1)
    extract = read_osm(write(
        tmp_path, *outer, *inner, way(10, outer_ring, building="yes"), way(11, inner_ring),
        relation(20, [(10, "outer"), (11, "inner")], type="multipolygon", building="yes")))
    assert list(extract.buildings.index) == ["relation/20"]
    assert [(problem.value, problem.severity) for problem in extract.problems] == [("way/10", "warning")]


def test_an_area_that_is_not_closed_is_a_warning_not_an_area(tmp_path):
    extract = read_osm(write(tmp_path, node(1, 0, 0), node(2, 1, 0), node(3, 1, 1), way(10, [1, 2, 3], building="yes"),
                             way(11, [1, 2], highway="path")))
    assert extract.buildings.empty
    assert extract.cut.empty
    assert [problem.value for problem in extract.problems] == ["way/10"]


@pytest.mark.parametrize(("tags", "foot"), [
    ({"highway": "residential"}, True),
    ({"highway": "motorway"}, False),
    ({"highway": "motorway", "foot": "yes"}, True),
    ({"highway": "trunk"}, True),
    ({"highway": "trunk", "motorroad": "yes"}, False),
    ({"highway": "footway", "foot": "no"}, False),
    ({"highway": "service", "access": "private"}, False),
    ({"highway": "path", "access": "no", "foot": "yes"}, True),
    ({"highway": "primary", "oneway": "yes"}, True),
])
def test_who_walks_where(tmp_path, tags, foot):
    extract = read_osm(write(tmp_path, node(1, 0, 0), node(2, 1, 0), way(10, [1, 2], **tags)))
    assert extract.streets["foot"].tolist() == [foot]


@pytest.mark.parametrize("tags", [
    {"highway": "construction"}, {"highway": "proposed"}, {"highway": "footway", "indoor": "yes"}, {"highway": "no"},
    {"highway": "corridor"}, {"highway": "platform"},
])
def test_what_is_no_street_of_today_is_left_out(tmp_path, tags):
    extract = read_osm(write(tmp_path, node(1, 0, 0), node(2, 1, 0), way(10, [1, 2], **tags),
                             way(11, [1, 2], highway="path")))
    assert extract.streets["osm_id"].tolist() == [11]


def test_an_unknown_class_is_a_footpath_and_is_named(tmp_path):
    extract = read_osm(write(tmp_path, node(1, 0, 0), node(2, 1, 0), way(10, [1, 2], highway="wobble")))
    assert extract.streets["foot"].tolist() == [True]
    assert [(problem.column, problem.value) for problem in extract.problems] == [("highway", "wobble")]


def test_nobody_walks_through_a_closed_gate(tmp_path):
    extract = read_osm(write(
        tmp_path, node(1, 0, 0), node(2, 1, 0, barrier="gate", access="no"), node(3, 2, 0),
        node(4, 3, 0, barrier="gate", access="private"), node(5, 4, 0), way(10, [1, 2, 3, 4, 5], highway="service")))
    assert ends(extract) == {"way/10#0": (1, -3), "way/10#1": (-2, 5)}
    assert extract.gates[["closed", "foot", "vehicle"]].to_numpy().tolist() == [
        [True, False, False], [False, True, True]]


@pytest.mark.parametrize(("tags", "closed", "foot", "vehicle"), [
    ({}, False, True, True),
    ({"access": "private"}, False, True, True),
    ({"access": "private", "foot": "yes", "motor_vehicle": "no"}, False, True, False),
    ({"access": "private", "foot": "no"}, False, False, True),
    ({"locked": "yes"}, True, True, True),
    ({"locked": "yes", "access": "private"}, False, True, True),
    ({"access": "no", "foot": "yes"}, False, True, False),
    ({"access": "no", "emergency": "yes", "foot": "no"}, True, False, False),
])
def test_gates_of_each_kind(tmp_path, tags, closed, foot, vehicle):
    extract = read_osm(write(tmp_path, node(1, 0, 0, barrier="lift_gate", opening_hours="06:00-22:00", **tags)))
    row = extract.gates.loc["node/1"]
    assert (row["closed"], row["foot"], row["vehicle"], row["hours"]) == (closed, foot, vehicle, "06:00-22:00")


def test_two_nodes_on_one_spot_become_one_and_the_piece_between_them_goes(tmp_path):
    extract = read_osm(write(tmp_path, node(1, 0, 0), node(2, 1, 0), node(3, 1, 0), node(4, 2, 0),
                             *(way(10 + k, [1 + k, 2 + k], highway="path") for k in range(3))))
    assert ends(extract) == {"way/10#0": (1, 2), "way/12#0": (2, 4)}
    assert extract.counts["zero_length"] == 1


def test_facilities_by_kind_and_capacity_read_strictly(tmp_path):
    nodes, ring = square(1, 0, 0, 1)
    extract = read_osm(write(
        tmp_path, *nodes, way(10, ring, amenity="parking", capacity="120", name="东停车场"),
        node(20, 2, 2, amenity="parking", capacity="about 50"), node(21, 2, 3, amenity="parking"),
        node(22, 2, 4, amenity="charging_station", bicycle="yes", capacity="10"),
        node(23, 2, 5, amenity="charging_station", motorcar="yes"),
        node(24, 2, 6, amenity="social_facility", social_facility__for="disabled;senior"),
        node(25, 2, 7, amenity="fire_station", name="和平里微型消防站"), node(26, 2, 8, amenity="fire_station")))
    parks = extract.facilities["car_parks"]
    assert list(parks.index) == ["node/20", "node/21", "way/10"]
    assert parks["capacity"].isna().tolist() == [True, True, False]
    assert parks.loc["way/10", "capacity"] == 120
    assert {kind: list(frame.index) for kind, frame in extract.facilities.items() if kind != "car_parks"} == {
        "ebike_chargers": ["node/22"], "elderly_care_sites": ["node/24"], "nurseries": [], "kindergartens": [],
        "micro_fire_stations": ["node/25"], "fire_stations": ["node/26"]}
    assert [(problem.column, problem.value) for problem in extract.problems] == [("capacity", "about 50")]


def test_order_of_objects_in_the_file_changes_nothing(tmp_path):
    outer, outer_ring = square(1, 0, 0, 4)
    things = [*outer, node(30, 9, 9), way(10, outer_ring, building="yes"), way(11, [1, 30], highway="path"),
              way(12, [3, 30], highway="path")]
    forward = read_osm(write(tmp_path, *things))
    backward = read_osm(write(tmp_path, *reversed(things)))
    for name in ("streets", "buildings"):
        assert getattr(forward, name).equals(getattr(backward, name)), name
    assert backward.cut.empty
    assert read_osm(write(tmp_path, *things, *things)).streets.equals(forward.streets)


def test_extent_is_the_bounding_box_else_the_hull_and_an_absurd_box_is_not_believed(tmp_path):
    street = [node(1, 0, 0), node(2, 1, 0), node(3, 1, 1), way(10, [1, 2, 3], highway="path")]
    box = f'<bounds minlon="{LON - STEP}" minlat="{LAT - STEP}" maxlon="{LON + 2 * STEP}" maxlat="{LAT + 2 * STEP}"/>'
    assert read_osm(write(tmp_path, *street, head=box)).extent.area == pytest.approx(9 * STEP**2)
    assert read_osm(write(tmp_path, *street)).extent.area == pytest.approx(0.5 * STEP**2)
    absurd = read_osm(write(tmp_path, *street, head='<bounds minlon="0" minlat="0" maxlon="180" maxlat="90"/>'))
    assert absurd.extent.area == pytest.approx(0.5 * STEP**2)
    assert len(absurd.problems) == 1


def test_the_data_are_as_old_as_the_newest_object(tmp_path):
    old = way(10, [1, 2], highway="path").replace('version="1"', 'version="1" timestamp="2024-02-29T23:30:00Z"')
    new = way(11, [1, 2], highway="path").replace('version="1"', 'version="1" timestamp="2025-03-01T08:00:00Z"')
    nodes = [node(1, 0, 0), node(2, 1, 0)]
    assert read_osm(write(tmp_path, *nodes, old, new)).timestamp == dt.date(2025, 3, 1)
    assert read_osm(write(tmp_path, *nodes, way(10, [1, 2], highway="path"))).timestamp is None


BOMB = (b'<?xml version="1.0"?><!DOCTYPE osm [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">'
        b'<!ENTITY f SYSTEM "file:///etc/passwd">]><osm version="0.6"><node id="1" lat="1" lon="1">'
        b'<tag k="barrier" v="gate"/><tag k="name" v="&b;"/></node></osm>')
WHOLE = b'<osm version="0.6"><node id="1" lat="1" lon="1"/><node id="2" lat="1" lon="2"/></osm>'


@pytest.mark.parametrize(("name", "content"), [
    ("empty.osm", b""), ("garbage.osm", b"garbage"), ("garbage.osm.pbf", b"garbage garbage garbage"),
    ("page.osm", b"<html></html>"), ("cut.osm", WHOLE[:60]), ("nothing.osm", WHOLE), ("bomb.osm", BOMB),
    ("picture.osm.pbf", b"\x89PNG\r\n\x1a\n" + bytes(100)), ("town.txt", WHOLE), ("zero.osm.pbf", bytes(64)),
])
def test_a_bad_file_gives_one_message_that_names_it(tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        read_osm(path)
    assert [problem.file for problem in caught.value.problems] == [name]
    assert "root:" not in str(caught.value)


def test_a_missing_file_and_a_folder_give_one_message(tmp_path):
    for path in (tmp_path / "none.osm", tmp_path):
        with pytest.raises(InputError) as caught:
            read_osm(path)
        assert len(caught.value.problems) == 1


def test_a_hostile_name_stays_text(tmp_path):
    nodes, ring = square(1, 0, 0, 1)
    extract = read_osm(write(tmp_path, *nodes, way(
        10, ring, landuse="residential", name="&lt;script&gt;alert(1)&lt;/script&gt; &#x1F600; =1+1")))
    assert extract.estates["name"].tolist() == ["<script>alert(1)</script> 😀 =1+1"]


def test_every_shape_that_is_read_is_valid(tmp_path):
    nodes, ring = square(1, 0, 0, 1)
    bow_tie = [1, 2, 4, 3, 1]
    extract = read_osm(write(tmp_path, *nodes, way(10, ring, building="yes"), way(11, bow_tie, building="yes")))
    assert shapely.is_valid(extract.buildings.geometry.to_numpy()).all()
    assert set(extract.buildings.index) | {problem.value for problem in extract.problems} == {"way/10", "way/11"}


def test_the_tag_mapping_is_checked():
    assert set(osm_tags().facilities) == {"car_parks", "ebike_chargers", "elderly_care_sites", "nurseries",
                                          "kindergartens", "micro_fire_stations", "fire_stations"}
    with pytest.raises(InputError, match="missing or of the wrong form"):
        read_tags("[names]\nkeys = ['name']\n")
