"""Files with several layers or folders, with damaged shapes, or with links alone: which is read, and what is said."""

import gzip
import json
import zipfile

import geopandas as gpd
import pytest
import shapely

from gis.errors import InputError, ProblemLog
from layers.placing.places import Town
from layers.reading.files import Source, read_raw, read_vector
from layers.rosters import read_side

HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n<kml xmlns="http://www.opengis.net/kml/2.2"><Document><name>图</name>'
END = "</Document></kml>"
CORNERS = [[121.5, 31.28], [121.501, 31.28], [121.501, 31.281], [121.5, 31.28]]


def area(name, data=""):
    corners = " ".join(f"{x},{y},0" for x, y in CORNERS)
    return (f"<Placemark><name>{name}</name>{data}<Polygon><outerBoundaryIs><LinearRing><coordinates>{corners}"
            "</coordinates></LinearRing></outerBoundaryIs></Polygon></Placemark>")


def point(name):
    return f"<Placemark><name>{name}</name><Point><coordinates>121.5,31.28</coordinates></Point></Placemark>"


def kml(folder, **folders):
    text = "".join(f"<Folder><name>{name}</name>{places}</Folder>" for name, places in folders.items())
    (folder / "a.kml").write_text(HEAD + text + END, "utf-8")
    return folder / "a.kml"


def refused(path, **kwargs):
    with pytest.raises(InputError) as caught:
        read_raw(Source(path, **kwargs), "roster")
    assert len(caught.value.problems) == 1
    return str(caught.value.problems[0])


def test_the_folders_of_a_kml_are_one_layer_and_their_names_communities(tmp_path):
    path = kml(tmp_path, 和平居委会=area("春里") + area("兰里"), 光明社区=area("竹里"), 空=point("") * 0)
    log = ProblemLog()
    rows = read_side(Source(path), "estates", town=Town("EPSG:4549"), log=log)
    assert rows.fields[["name", "community"]].to_numpy().tolist() == [
        ["春里", "和平居委会"], ["兰里", "和平居委会"], ["竹里", "光明社区"]]
    (said,) = [one for one in log if "folders" in str(one.why)]
    assert said.severity == "warning"
    assert str(said) == ("a.kml: 2 folders are read as one layer: 和平居委会, 光明社区 → "
                         'nothing; or name one of them: layer = "…"')


def test_one_folder_of_a_kml_can_be_named_and_other_names_are_no_communities(tmp_path):
    path = kml(tmp_path, 现状=area("春里") + point("春里"), 规划=area("竹里"))
    assert read_vector(path, layer="规划")["Name"].tolist() == ["竹里"]
    both = read_vector(path)
    assert both.columns.tolist() == ["Name", "geometry"]
    assert both["Name"].tolist() == ["春里", "春里", "竹里"]
    assert both.crs.to_epsg() == 4326


def test_a_community_that_the_places_say_themselves_holds(tmp_path):
    data = '<ExtendedData><Data name="社区"><value>兰花</value></Data></ExtendedData>'
    path = kml(tmp_path, 和平社区=area("春里", data), 光明社区=area("竹里", data))
    rows = read_side(Source(path), "estates", town=Town("EPSG:4549"), log=ProblemLog())
    assert rows.fields["community"].tolist() == ["兰花", "兰花"]


def test_of_folders_with_areas_and_points_the_areas_are_proposed(tmp_path):
    path = kml(tmp_path, 标注=point("春里"), 边界=area("春里"))
    assert refused(path) == 'a.kml: the file has 2 layers (标注, 边界) → say which, for example layer = "边界"'


def test_a_kml_of_links_alone_says_so(tmp_path):
    link = "<NetworkLink><Link><href>http://example.invalid/a.kml</href></Link></NetworkLink>"
    (tmp_path / "a.kml").write_text(HEAD + link + END, "utf-8")
    assert refused(tmp_path / "a.kml") == (
        "a.kml: the file holds only links to other files and no places itself → "
        "open it in its own program and save the places themselves as KML")


def squares(**columns):
    shapes = [shapely.box(x, 31, x + 0.01, 31.01) for x in (121, 121.1)]
    return gpd.GeoDataFrame(columns, geometry=shapes, crs="EPSG:4326")


def test_a_layer_without_features_is_never_what_is_meant(tmp_path):
    squares(小区名称=["a", "b"])[:0].to_file(tmp_path / "a.gpkg", layer="a_empty")
    squares(小区名称=["a", "b"]).to_file(tmp_path / "a.gpkg", layer="小区")
    assert len(read_vector(tmp_path / "a.gpkg")) == 2
    assert "the layer has no rows" in refused(tmp_path / "a.gpkg", layer="a_empty")
    squares(小区名称=["c", "d"]).to_file(tmp_path / "a.gpkg", layer="小区二")
    assert refused(tmp_path / "a.gpkg") == (
        'a.gpkg: the file has 2 layers (小区, 小区二) → say which, for example layer = "小区"')


def test_the_layer_that_has_most_of_the_columns_asked_for_is_proposed(tmp_path):
    squares(名称=["a", "b"], 种类=["x", "x"]).to_file(tmp_path / "a.gpkg", layer="绿地")
    squares(小区名称=["a", "b"], 户数=[1, 2]).to_file(tmp_path / "a.gpkg", layer="居住")
    assert refused(tmp_path / "a.gpkg") == (
        'a.gpkg: the file has 2 layers (绿地, 居住) → say which, for example layer = "居住"')


def geojson(*shapes):
    features = [{"type": "Feature", "properties": {"小区名称": f"里{number}"}, "geometry": shape}
                for number, shape in enumerate(shapes)]
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


WHOLE = {"type": "Polygon", "coordinates": [CORNERS]}
NULL = [*CORNERS[:1], None, *CORNERS[1:]]
HALF = [*CORNERS[:1], [121.501, None], *CORNERS[1:]]


@pytest.mark.parametrize("damaged", [
    {"type": "Polygon", "coordinates": [NULL]}, {"type": "Polygon", "coordinates": [HALF]},
    {"type": "Polygon", "coordinates": [CORNERS, HALF]}, {"type": "MultiPolygon", "coordinates": [[CORNERS], [NULL]]},
    {"type": "GeometryCollection", "geometries": [{"type": "Polygon", "coordinates": [NULL]}]},
    {"type": "Polygon", "coordinates": [[["一", "二"], *CORNERS]]},
])
@pytest.mark.parametrize("ending", ["geojson", "geojson.gz"])
def test_a_shape_with_a_corner_that_is_none_is_said_to_be_damaged_with_its_row(tmp_path, damaged, ending):
    data = geojson(WHOLE, None, damaged, WHOLE)
    path = tmp_path / f"a.{ending}"
    path.write_bytes(gzip.compress(data) if ending.endswith("gz") else data)
    assert refused(path) == (f"a.{ending}, row 3: 1 shapes are damaged: a corner is missing or no number → "
                             "redraw these shapes, or export them again")


def test_a_feature_without_a_shape_is_not_damaged(tmp_path):
    nowhere = [None, {"type": "Polygon", "coordinates": []}, {"type": "Point", "coordinates": [None, None]}]
    (tmp_path / "a.geojson").write_bytes(geojson(WHOLE, *nowhere))
    read = read_vector(tmp_path / "a.geojson")
    assert read["小区名称"].tolist() == ["里0", "里1", "里2", "里3"]
    assert [one is None or one.is_empty for one in read.geometry] == [False, True, True, True]


def test_a_damaged_shape_in_an_archive_is_of_the_archive(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("小区.geojson", geojson(WHOLE, {"type": "Polygon", "coordinates": [NULL]}))
    with pytest.raises(InputError) as caught:
        read_vector(tmp_path / "a.zip")
    (said,) = caught.value.problems
    assert [(one.file, one.row) for one in (said, *said.cells)] == [("a.zip", 2)] * 2


def test_no_message_shows_where_gdal_keeps_a_file(tmp_path):
    (tmp_path / "a.kml").write_text('<?xml version="1.0" encoding="UTF-8"?><kml><Folder/></kml>', "utf-8")
    (tmp_path / "a.geojson").write_text('{"type": "FeatureCollection", "features": [1, ', "gbk")
    (tmp_path / "b.geojson").write_bytes('{"type": "小区", "features": ['.encode("gbk"))
    (tmp_path / "a.geojson.gz").write_bytes(gzip.compress(b'{"type": '))
    for name in ("a.kml", "a.geojson", "b.geojson", "a.geojson.gz"):
        said = refused(tmp_path / name)
        assert "/vsi" not in said
        assert "pyogrio" not in said
        assert str(tmp_path) not in said


@pytest.mark.parametrize("name", ["id", "Id"])
def test_the_number_of_a_feature_is_passed_over_where_another_column_is_the_id(tmp_path, name):
    own = [{"小区编号": "A1", "小区名称": "春里"}, {"小区编号": "A2", "小区名称": "兰里"}]
    features = [{"type": "Feature", "properties": {**said, **({} if name == "id" else {name: f"w{number}"})},
                 "geometry": {"type": "Polygon", "coordinates": [[[x + number, y] for x, y in CORNERS]]},
                 **({"id": f"w{number}"} if name == "id" else {})} for number, said in enumerate(own)]
    path = tmp_path / "a.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), "utf-8")
    log = ProblemLog()
    rows = read_side(Source(path), "estates", town=Town("EPSG:4549"), log=log)
    assert rows.fields["estate_id"].tolist() == ["A1", "A2"]
    assert [str(one) for one in log] == []


def test_the_number_of_a_feature_is_its_id_where_nothing_else_is(tmp_path):
    path = tmp_path / "a.geojson"
    path.write_text(json.dumps({"type": "Feature", "id": "w1", "properties": {"小区名称": "春里"}, "geometry": WHOLE}))
    rows = read_side(Source(path), "estates", town=Town("EPSG:4549"), log=ProblemLog())
    assert rows.fields["estate_id"].tolist() == ["w1"]
