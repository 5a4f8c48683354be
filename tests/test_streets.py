"""Files of lines as streets: what joins, what does not, and what is kept on the way."""

import itertools

import geopandas as gpd
import networkx as nx
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gis.errors import InputError, ProblemLog
from layers.line_noding import node_lines
from layers.placing.places import Town
from layers.reading.files import Source
from layers.streets import read_streets

CRS = "EPSG:4549"
X, Y = 550_000.0, 3_460_000.0


def line(*points):
    return shapely.LineString([(X + x, Y + y) for x, y in points])


def read(tmp_path, lines, log=None, **columns):
    path = tmp_path / "streets.gpkg"
    gpd.GeoDataFrame(columns, geometry=lines, crs=CRS).to_file(path)
    return read_streets(Source(path), town=Town(CRS), log=ProblemLog() if log is None else log)


def graph(streets):
    made = nx.MultiGraph()
    for row in streets.frame.itertuples():
        made.add_edge(row.u, row.v, length=row.geometry.length)
    return made


def test_two_streets_that_cross_are_joined_where_they_cross(tmp_path):
    streets = read(tmp_path, [line((0, 0), (10, 0)), line((5, -5), (5, 5))], highway=["primary", "footway"],
                   name=["人民路", "支弄"])
    assert sorted(streets.frame.length.round(9)) == [5, 5, 5, 5]
    assert sorted(dict(graph(streets).degree).values()) == [1, 1, 1, 1, 4]
    assert streets.frame[["street_class", "name"]].value_counts().to_dict() == {
        ("primary", "人民路"): 2, ("footway", "支弄"): 2}


def test_a_street_that_ends_on_another_splits_it(tmp_path):
    streets = read(tmp_path, [line((0, 0), (10, 0)), line((4, 0), (4, 7))])
    assert sorted(streets.frame.length.round(9)) == [4, 6, 7]
    assert sorted(dict(graph(streets).degree).values()) == [1, 1, 1, 3]


def test_streets_that_share_ends_come_out_as_they_are(tmp_path):
    lines = [line((0, 0), (3, 1), (10, 0)), line((10, 0), (10, 10)), line((0, 0), (10, 10))]
    streets = read(tmp_path, lines)
    assert list(streets.frame.index) == ["line/0#0", "line/1#0", "line/2#0"]
    for given_line, kept in zip(lines, streets.frame.geometry, strict=True):
        assert kept.equals_exact(given_line, 0)


@pytest.mark.parametrize(("column", "values"), [
    ("layer", ["0", "1"]), ("layer", [0, 1]), ("bridge", ["F", "T"]), ("bridge", [None, "yes"]),
    ("tunnel", ["no", "yes"]), ("桥梁", ["否", "是"]),
])
def test_a_bridge_or_tunnel_joins_nothing_it_crosses(tmp_path, column, values):
    streets = read(tmp_path, [line((0, 0), (10, 0)), line((5, -5), (5, 5))], **{column: values})
    assert sorted(streets.frame.length) == [10, 10]
    assert nx.number_connected_components(graph(streets)) == 2


def test_a_bridge_joins_the_streets_at_its_ends_even_in_their_middle(tmp_path):
    ramp, over = line((0, 0), (5, 0), (10, 0)), line((-5, 5), (15, 5))
    bridge, beyond = line((5, 0), (5, 10)), line((5, 10), (5, 20))
    streets = read(tmp_path, [ramp, over, bridge, beyond], bridge=["no", "no", "yes", "no"])
    parts = [len(part) for part in nx.connected_components(graph(streets))]
    assert sorted(parts) == [2, 5]
    assert len(streets) == 5


def test_a_line_that_crosses_itself_is_cut_there(tmp_path):
    streets = read(tmp_path, [line((0, 0), (10, 0), (10, 5), (5, 5), (5, -5))], name=["圈"])
    assert sorted(streets.frame.length) == [5, 5, 20]
    assert [streets.frame.loc[f"line/0#{k}"].geometry.length for k in range(3)] == [5, 20, 5]
    assert (streets.frame["name"] == "圈").all()


def test_a_stretch_given_twice_counts_once_and_is_said(tmp_path):
    log = ProblemLog()
    streets = read(tmp_path, [line((0, 0), (10, 0)), line((4, 0), (14, 0))], log=log)
    assert sorted(streets.frame.length.round(9)) == [4, 4, 6]
    assert [problem.value for problem in log] == ["1"]


def test_a_closed_street_is_kept(tmp_path):
    streets = read(tmp_path, [line((0, 0), (10, 0), (10, 10), (0, 0))])
    assert len(streets) == 1
    assert streets.frame["u"].tolist() == streets.frame["v"].tolist()


@pytest.mark.parametrize(("given_class", "street_class", "foot"), [
    ("主干路", "primary", True), ("快速路", "trunk", True), ("高速公路", "motorway", False),
    ("步行道", "footway", True),
    ("motorway_link", "motorway_link", False), ("['residential', 'service']", "residential", True),
    ("track_grade3", "track", True), ("construction", "construction", False),
])
def test_street_classes_are_brought_to_one_vocabulary(tmp_path, given_class, street_class, foot):
    streets = read(tmp_path, [line((0, 0), (10, 0))], 类别=[given_class], 名称=["支路"])
    assert streets.frame.iloc[0][["street_class", "foot", "name"]].tolist() == [street_class, foot, "支路"]


def test_a_foot_column_overrides_the_class(tmp_path):
    streets = read(tmp_path, [line((k, 0), (k, 10)) for k in range(3)], fclass=["motorway", "footway", "footway"],
                   foot=["yes", "no", None])
    assert streets.frame["foot"].tolist() == [True, False, True]


def test_a_file_that_names_its_nodes_is_taken_at_its_word(tmp_path):
    lines = [line((0, 0), (10, 0)), line((5, -5), (5, 5)), line((10, 0), (0, 0)), line((20, 0), (10, 0))]
    streets = read(tmp_path, lines, u=[7, 1, 9, 9], v=[9, 2, 7, 4])
    assert streets.frame[["u", "v"]].to_numpy().tolist() == [[7, 9], [1, 2], [4, 9]]


def test_columns_u_and_v_that_name_no_nodes_are_not_believed(tmp_path):
    streets = read(tmp_path, [line((0, 0), (10, 0)), line((5, -5), (5, 5))], u=[1, 1], v=[2, 2])
    assert len(streets) == 4


def test_what_is_no_line_is_left_out_and_counted(tmp_path):
    log = ProblemLog()
    shapes = [line((0, 0), (10, 0)), shapely.Point(X, Y), line((3, 3), (3, 3)), None,
              shapely.MultiLineString([line((0, 5), (5, 5)), line((6, 5), (9, 5))])]
    path = tmp_path / "mixed.geojson"
    gpd.GeoDataFrame({"name": list("abcde")}, geometry=shapes, crs=CRS).to_crs(4326).to_file(path)
    streets = read_streets(Source(path), town=Town(CRS), log=log)
    assert sorted(streets.frame.length.round(3)) == [3, 5, 10]
    assert sorted(problem.value for problem in log) == ["1", "2"]
    assert {problem.severity for problem in log} == {"warning"}


def test_a_file_without_lines_is_refused(tmp_path):
    with pytest.raises(InputError, match="holds no lines"):
        read(tmp_path, [shapely.Point(X, Y)])


def brute_force(segments):
    """Pieces of straight segments, cut at every place where two of them meet: worked out pair by pair."""
    pieces = []
    for a, one in enumerate(segments):
        at = {0.0, 1.0}
        for b, other in enumerate(segments):
            if a != b:
                shared = one.intersection(other)
                ends = [shared] if shared.geom_type == "Point" else [shapely.Point(c) for c in shared.coords]
                at |= {round(one.project(point, normalized=True), 9) for point in ends if not point.is_empty}
        stops = sorted(at)
        pieces += [round((high - low) * one.length, 6) for low, high in itertools.pairwise(stops)]
    return sorted(piece for piece in pieces if piece > 0.002)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(*[st.integers(0, 8)] * 4), min_size=1, max_size=8,
                unique_by=lambda quad: frozenset([quad[:2], quad[2:]])))
def test_noding_agrees_with_the_pairwise_intersections_of_random_segments(quads):
    segments = [shapely.LineString([quad[:2], quad[2:]]) for quad in quads if quad[:2] != quad[2:]]
    if not segments:
        return
    noded = node_lines(np.array(segments, dtype=object), np.zeros(len(segments), dtype=np.int64))
    lengths = sorted(shapely.length(noded.pieces["geometry"].to_numpy()).round(6))
    union = shapely.union_all(segments)
    assert sum(lengths) == pytest.approx(union.length, abs=1e-4)
    if noded.repeated == 0:
        assert lengths == pytest.approx(brute_force(segments), abs=1e-5)
    connected = nx.Graph(list(noded.pieces[["u", "v"]].itertuples(index=False, name=None)))
    touching = nx.Graph()
    touching.add_nodes_from(range(len(segments)))
    touching.add_edges_from((a, b) for a in range(len(segments)) for b in range(a)
                            if segments[a].distance(segments[b]) < 1e-6)
    assert nx.number_connected_components(connected) == nx.number_connected_components(touching)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(*[st.integers(0, 8)] * 4), min_size=1, max_size=10), st.floats(0, 360))
def test_turning_a_town_changes_no_joint(quads, degrees):
    """Turned lines touch only up to rounding, which must not part them."""
    lines = [shapely.LineString([quad[:2], quad[2:]]) for quad in quads if quad[:2] != quad[2:]]
    if not lines:
        return
    lines = shapely.transform(np.array(lines, dtype=object), lambda xy: xy * 100)
    angle = np.radians(degrees)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    ground = np.zeros(len(lines), dtype=np.int64)
    here = node_lines(lines, ground)
    there = node_lines(shapely.transform(lines, lambda xy: xy @ turn + [X, Y]), ground)
    graphs = [nx.MultiGraph(list(noded.pieces[["u", "v"]].itertuples(index=False, name=None)))
              for noded in (here, there)]
    assert sorted(dict(graphs[0].degree).values()) == sorted(dict(graphs[1].degree).values())
    lengths = [sorted(shapely.length(noded.pieces["geometry"].to_numpy())) for noded in (here, there)]
    assert lengths[0] == pytest.approx(lengths[1], abs=0.005)


def test_singapore_lines_keep_their_course_names_and_length(shared_data):
    path = shared_data / "singapore-central" / "roads_wide.geojson.gz"
    log = ProblemLog()
    streets = read_streets(Source(path), town=Town("EPSG:3414"), log=log)
    raw = gpd.read_file(f"/vsigzip/{path.resolve()}").to_crs(3414)
    raw = raw[raw.length > 0]
    assert {problem.severity for problem in log} == {"warning"}
    ground = raw[raw["layer"] == 0].union_all()
    source = raw.reset_index(drop=True)
    assert streets.frame.length.sum() == pytest.approx(raw.groupby("layer").geometry.agg(
        lambda part: shapely.union_all(part.to_numpy()).length).sum(), rel=1e-4)
    assert streets.frame.length.sum() > ground.length
    row = streets.frame.index.str.extract(r"line/(\d+)#", expand=False).astype(int)
    middle = streets.frame.geometry.interpolate(0.5, normalized=True)
    was = source["name"].fillna("").str.strip().iloc[row].to_numpy()
    off_m = shapely.distance(middle.to_numpy(), source.geometry.iloc[row].to_numpy())
    assert off_m.max() < 0.002
    assert (streets.frame["name"].to_numpy() == was).all()
