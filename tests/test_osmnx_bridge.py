"""GraphML in and out: what an osmnx user writes we read, what we write an osmnx user reads."""

import geopandas as gpd
import networkx as nx
import osmnx
import pytest
import shapely

from gis.errors import InputError, ProblemLog
from gis.tables import Streets
from layers.osm import read_osm
from layers.osmnx_bridge import read_graphml, to_graph, write_graphml
from layers.placing.places import Town
from layers.reading.files import Source
from layers.streets import read_streets, streets_of_osm

CRS = "EPSG:4549"
X, Y = 550_000.0, 3_460_000.0
KEPT = ["u", "v", "street_class", "name", "foot"]


def town():
    """A square with a curved street, a loop at a corner, two streets between the same corners, and a motorway."""
    def line(*points):
        return shapely.LineString([(X + x, Y + y) for x, y in points])
    rows = [(1, 2, "residential", "人民路", True, line((0, 0), (50, 10), (100, 0))),
            (1, 2, "footway", "", True, line((0, 0), (100, 0))),
            (2, 3, "primary", "<b>路</b>", True, line((100, 0), (100, 100))),
            (3, 3, "service", "", False, line((100, 100), (120, 100), (120, 120), (100, 100))),
            (3, -5, "motorway", "高速", False, line((100, 100), (0, 100)))]
    frame = gpd.GeoDataFrame(rows, columns=[*KEPT, "geometry"], geometry="geometry", crs=CRS,
                             index=[f"way/{k}#0" for k in range(len(rows))])
    return Streets.of(frame)


def test_streets_come_back_from_graphml_as_they_went(tmp_path):
    streets = town()
    write_graphml(streets, tmp_path / "town.graphml")
    back = read_streets(Source(tmp_path / "town.graphml"), town=Town(CRS), log=ProblemLog())
    assert back.frame[KEPT].equals(streets.frame[KEPT])
    for went, came in zip(streets.frame.geometry, back.frame.geometry, strict=True):
        assert came.equals_exact(went, 1e-6)


def test_osmnx_opens_what_we_write_and_walks_both_ways(tmp_path):
    write_graphml(town(), tmp_path / "town.graphml")
    graph = osmnx.load_graphml(tmp_path / "town.graphml")
    assert nx.shortest_path_length(graph, 1, 3, weight="length") == pytest.approx(200)
    assert nx.shortest_path_length(graph, 3, 1, weight="length") == pytest.approx(200)
    assert nx.shortest_path(graph, -5, 1) == [-5, 3, 2, 1]
    assert len(graph) == 4
    assert graph.graph["crs"] == CRS


def test_what_osmnx_writes_is_read(tmp_path):
    graph = nx.MultiDiGraph(crs="EPSG:4326")
    places = gpd.GeoSeries([shapely.Point(X + x, Y) for x in (0, 100, 300)], crs=CRS).to_crs(4326)
    for number, point in zip((11, 12, 13), places, strict=True):
        graph.add_node(number, x=point.x, y=point.y)
    for u, v in ((11, 12), (12, 11)):
        graph.add_edge(u, v, 0, osmid=5, length=100.0, highway=["residential", "service"], name="人民路", oneway=False,
                       reversed=u == 12)
    graph.add_edge(13, 12, 0, osmid=6, length=200.0, highway="motorway", oneway=True, reversed=False)
    osmnx.save_graphml(graph, tmp_path / "osmnx.graphml")
    frame = read_graphml(Source(tmp_path / "osmnx.graphml"), Town(CRS), ProblemLog()).frame
    assert frame[KEPT].to_numpy().tolist() == [
        [11, 12, "residential", "人民路", True], [13, 12, "motorway", "", False]]
    assert frame.length.tolist() == pytest.approx([100, 200], abs=0.01)


def test_tongji_distances_are_the_same_in_osmnx(shared_data, tmp_path):
    streets = streets_of_osm(read_osm(shared_data / "shanghai-tongji" / "tongji.osm"), CRS)
    write_graphml(streets, tmp_path / "tongji.graphml")
    back = read_graphml(Source(tmp_path / "tongji.graphml"), Town(CRS), ProblemLog())
    assert back.frame[KEPT].equals(streets.frame[KEPT])
    assert back.frame.length.to_numpy() == pytest.approx(streets.frame.length.to_numpy(), abs=1e-6)
    ours = nx.Graph()
    longest_first = streets.frame.loc[streets.frame.length.sort_values(ascending=False).index]
    for row in longest_first.itertuples():
        ours.add_edge(row.u, row.v, length=row.geometry.length)
    start = max(nx.connected_components(ours), key=len)
    origin = min(start)
    theirs = nx.single_source_dijkstra_path_length(
        osmnx.load_graphml(tmp_path / "tongji.graphml"), origin, weight="length")
    mine = nx.single_source_dijkstra_path_length(ours, origin, weight="length")
    assert set(mine) == set(theirs) == start
    assert max(abs(mine[node] - theirs[node]) for node in mine) < 1e-3


def test_the_graph_of_the_streets_has_every_street_once_each_way():
    graph = to_graph(town())
    assert graph.number_of_edges() == 2 * 4 + 1
    assert sum(data["length"] for _, _, data in graph.edges(data=True)) == pytest.approx(
        2 * town().frame.length.drop("way/3#0").sum() + town().frame.loc["way/3#0"].geometry.length)


@pytest.mark.parametrize("content", [
    b"", b"garbage", b"<graphml>", b'<?xml version="1.0"?><graphml xmlns="http://graphml.graphdrawing.org/xmlns"/>',
    b"\x89PNG\r\n\x1a\n", b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><graphml>&a;</graphml>',
])
def test_a_bad_file_gives_one_message_that_names_it(tmp_path, content):
    path = tmp_path / "bad.graphml"
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        read_graphml(Source(path), Town(CRS), ProblemLog())
    assert [problem.file for problem in caught.value.problems] == ["bad.graphml"]
    assert "root:" not in str(caught.value)
